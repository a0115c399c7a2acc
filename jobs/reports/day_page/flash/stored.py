"""The figures of a flash as a file, so that the report can show the difference to them."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pyarrow import fs

from jobs.lake.tables import Lake
from jobs.reports.day_page.flash.own_side import OwnSide
from jobs.reports.day_page.scope import Owner, Scope
from jobs.reports.day_page.write_page import place_page
from schemas.errors import LakeInconsistent

_NAME = "flash.json"


@dataclass(frozen=True)
class StoredFlash:
    """What a flash said of a channel and currency, minor units; `accrued` is None where fees were
    not accrued.
    """

    transactions: int
    amount: int
    accrued: int | None


def read_flash(lake: Lake, scope: Scope) -> dict[Owner, StoredFlash]:
    """The flash of a date, of the channels of a report; empty without one.

    Raises:
        LakeInconsistent: the file is damaged.
    """
    stored = read_whole_flash(lake, scope)
    return {owner: one for owner, one in stored.items() if owner[0] in scope.profiles}


def read_whole_flash(lake: Lake, scope: Scope) -> dict[Owner, StoredFlash]:
    """The flash of a date, of all channels that have one.

    Raises:
        LakeInconsistent: the file is damaged.
    """
    path = lake.storage.full_path(place_page(scope, _NAME))
    if lake.storage.fs.get_file_info(path).type != fs.FileType.File:
        return {}
    with lake.storage.fs.open_input_stream(path) as source:
        content = source.read()
    try:
        rows = json.loads(content)["channels"]
        return {
            (str(row["channel"]), str(row["currency"])): StoredFlash(
                int(row["transactions"]), int(row["amount"]),
                None if row["accrued"] is None else int(row["accrued"]),
            )
            for row in rows
        }  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise LakeInconsistent(
            f"{place_page(scope, _NAME)} is no flash ({error}); remove it, the report then has no"
            " difference to the flash"
        ) from error


def store_flash(
    sides: Mapping[Owner, OwnSide],
    earlier: Mapping[Owner, StoredFlash],
    whole: Collection[str],
    channels: Collection[str],
) -> dict[Owner, StoredFlash]:
    """What is to be kept: of channels whose statement is `whole` only the earlier flash, which was
    made before the statement came; of others than `channels` the earlier one, too.
    """
    kept = {
        owner: one
        for owner, one in earlier.items()
        if owner[0] in whole or owner[0] not in channels
    }
    return kept | {
        owner: StoredFlash(*side.succeeded, side.accrued)
        for owner, side in sides.items()
        if owner[0] not in whole
    }


def render_flash(scope: Scope, stored: Mapping[Owner, StoredFlash]) -> tuple[str, str]:
    """Path below the lake and content of the file."""
    rows = [
        {"channel": channel, "currency": code, "transactions": one.transactions,
         "amount": one.amount, "accrued": one.accrued}
        for (channel, code), one in sorted(stored.items())
    ]  # fmt: skip
    content = {"business_date": str(scope.last), "channels": rows}
    return place_page(scope, _NAME), json.dumps(content, indent=2) + "\n"
