"""A date whose statement comes in parts: what a run reuses of the run before.

An exact pair stays as it is until a new line shares a reference with it. So a run looks at the new
lines, at today's items without an exact pair, and at the pairs whose reference a new line has; the
data files of all other pairs stay in the table. `matched_parts` holds the state that a run saved. A
run matches the whole day if any other input has changed, or a data file of that state is not there.
Source: docs/reference/rules.md, "A day in parts".
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.ingestion.day_state import DayState
from jobs.lake.partitions import count_rows
from jobs.lake.tables import Lake
from jobs.matching.fast_path.reference_hashes import list_hashes
from jobs.matching.items import (
    LINE_COLUMNS,
    TRANSACTION_COLUMNS,
    lines_from_items,
    transactions_from_items,
)
from jobs.matching.match_day import MatchResult
from schemas.profile.channel import Profile
from schemas.reference_hashes import HASH
from schemas.tables import (
    INTERNAL_TRANSACTIONS,
    MATCHED_PARTS,
    OPEN_ITEMS,
    OUTCOMES,
    SETTLED_ITEMS,
    STATEMENT_LINES,
)
from schemas.vocabulary import Side

#: Raised when the saved JSON changes; a run that finds another version matches the whole day.
STATE_VERSION = 2
#: Tables whose data files a run on the next part relies on.
STATE_TABLES = (OUTCOMES, OPEN_ITEMS, SETTLED_ITEMS)


@dataclass(frozen=True)
class PairFiles:
    """Data files of `outcomes` that hold exact pairs of one run, and their sums.

    `sums` are the rows of `conservation.sum_outcomes` as plain values.
    """

    paths: tuple[str, ...]
    rows: int
    sums: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class PartialRun:
    """What a run looks at of its date: lines and transactions, `items` in all.

    `pairs` stay as they are. `rewritten` are the other outcomes of data files that lost a pair: the
    run writes these `rewritten_rows` rows anew.
    """

    lines: DataFrame
    transactions: DataFrame
    items: int
    pairs: tuple[PairFiles, ...]
    rewritten: DataFrame | None = None
    rewritten_rows: int = 0


def has_parts(profile: Profile) -> bool:
    """Whether a day of the channel comes in several parts."""
    return profile.files is not None and len(profile.files.parts) > 1


def is_waiting_for_parts(profile: Profile, state: DayState) -> bool:
    """Whether more parts of a date's statement are waited for, while our side is there."""
    return has_parts(profile) and not state.is_complete and state.snapshot_id is not None


def resume(lake: Lake, profile: Profile, state: DayState, base: str) -> PartialRun | None:
    """What a run has to look at after the latest run of this date; None means the whole day.

    `base` is the fingerprint of all inputs except the date's files.
    """
    day, channel = state.business_date, profile.channel
    rows = lake.read_rows(MATCHED_PARTS, channel=channel, business_date=day)
    saved = json.loads(rows[-1]["state_json"]) if rows else {}
    if saved.get("version") != STATE_VERSION or saved["base"] != base:
        return None
    known_files = {(part, file_id) for part, file_id in saved["files"]}
    if not known_files <= set(state.files) or saved["paths"] != _paths(lake, day, channel):
        return None
    pairs = [
        PairFiles(tuple(files["paths"]), files["rows"], tuple(files["sums"]))
        for files in saved["pairs"]
    ]
    new = [file_id for part, file_id in state.files if (part, file_id) not in known_files]
    files = lake.list_data_files(STATEMENT_LINES, day, channel, new) if new else []
    items = lake.read_day(SETTLED_ITEMS, day, channel).unionByName(
        lake.read_day(OPEN_ITEMS, day, channel).where(F.col("item_date") == F.lit(day))
    )
    counts = {row["side"]: row["rows"] for row in items.groupBy("side").agg(_rows()).collect()}
    lines = counts.get(Side.STATEMENT.value, 0) + count_rows(files)
    transactions = counts.get(Side.INTERNAL.value, 0)
    paired = sum(files.rows for files in pairs)
    if (paired + lines, paired + transactions) != (state.line_count, state.snapshot_rows):
        return None
    new_lines = lake.read_files(STATEMENT_LINES, files).select(*LINE_COLUMNS)
    partial = PartialRun(
        new_lines.unionByName(lines_from_items(items)),
        transactions_from_items(items),
        lines + transactions,
        tuple(pairs),
    )
    return _opened(lake, state, channel, partial, new_lines) if files and pairs else partial


def _opened(
    lake: Lake, state: DayState, channel: str, taken: PartialRun, fresh: DataFrame
) -> PartialRun:
    """Takes the pairs that new lines touch into what is looked at, by any reference they share."""
    day = state.business_date
    touched = _touched(lake, _rows_of(lake, day, channel, taken.pairs), fresh)
    if touched is None:
        return taken
    ids = touched.select("txn_id", "line_id", "file_id").collect()
    own = [
        _rows_of(lake, day, channel, [each]).select("txn_id", F.lit(place).alias("place"))
        for place, each in enumerate(taken.pairs)
    ]
    met = _united(own).join(touched.select("txn_id"), on="txn_id", how="left_semi")
    hit = {row["place"] for row in met.groupBy("place").agg(_rows()).collect()}
    lost = [each for place, each in enumerate(taken.pairs) if place in hit]
    stay = [each for place, each in enumerate(taken.pairs) if place not in hit]
    parts = sorted({row["file_id"] for row in ids})
    theirs = lake.read_files(
        STATEMENT_LINES, lake.list_data_files(STATEMENT_LINES, day, channel, parts)
    )
    theirs = theirs.select(*LINE_COLUMNS)
    theirs = theirs.join(touched.select("line_id"), on="line_id", how="left_semi")
    ours = lake.read_day(INTERNAL_TRANSACTIONS, day, channel).select(*TRANSACTION_COLUMNS)
    ours = ours.join(touched.select("txn_id"), on="txn_id", how="left_semi")
    rest = _rows_of(lake, day, channel, lost).join(
        touched.select("txn_id"), on="txn_id", how="left_anti"
    )
    return replace(
        taken,
        lines=taken.lines.unionByName(theirs),
        transactions=taken.transactions.unionByName(ours),
        items=taken.items + 2 * len(ids),
        pairs=tuple(stay),
        rewritten=rest,
        rewritten_rows=sum(each.rows for each in lost) - len(ids),
    )


def _touched(lake: Lake, pairs: DataFrame, fresh: DataFrame) -> DataFrame | None:
    """Ids of pairs whose line shares our_ref or channel_ref with a new line, and its file; None
    where there are none, which marks alone tell.
    """
    references = {"our_mark": "our_ref_norm", "channel_mark": "channel_ref_norm"}
    asked = {column: list_hashes(fresh, reference) for column, reference in references.items()}
    met = [
        given.join(_marked(pairs, column), on=HASH, how="inner").select(HASH)
        for column, given in asked.items()
    ]
    hit = lake.stage(_united(met).groupBy(HASH).agg(_rows()).select(HASH), "hit")
    if hit.isEmpty():
        return None
    found = [hit.join(_marked(pairs, column, "txn_id", "line_id"), on=HASH, how="inner")
             .select("txn_id", "line_id") for column in asked]  # fmt: skip
    either = _united(found).groupBy("txn_id", "line_id").agg(_rows())
    file_id = F.substring_index("line_id", ":", 1)
    touched = either.select("txn_id", "line_id", file_id.alias("file_id"))
    return lake.stage(touched, "touched")


def _marked(pairs: DataFrame, column: str, *ids: str) -> DataFrame:
    return pairs.select(F.col(column).alias(HASH), *ids)


def _rows() -> Any:
    return F.count("*").alias("rows")


def _united(frames: Sequence[DataFrame]) -> DataFrame:
    out = frames[0]
    for each in frames[1:]:
        out = out.unionByName(each)
    return out


def _rows_of(lake: Lake, day: date, channel: str, pairs: Sequence[PairFiles]) -> DataFrame:
    paths = {path for each in pairs for path in each.paths}
    there = [row for row in lake.list_data_files(OUTCOMES, day, channel) if row["path"] in paths]
    return lake.read_files(OUTCOMES, there)


def _paths(lake: Lake, day: date, channel: str) -> dict[str, list[str]]:
    return {
        table.name: sorted(row["path"] for row in lake.list_data_files(table, day, channel))
        for table in STATE_TABLES
    }


def to_plain_rows(found: Sequence[Any]) -> tuple[Mapping[str, Any], ...]:
    """Rows of `conservation.sum_outcomes` as JSON can hold them."""
    return tuple(
        {
            name: int(value) if isinstance(value, Decimal) else value
            for name, value in row.asDict().items()
        }
        for row in found
    )


def save_state(
    lake: Lake,
    profile: Profile,
    state: DayState,
    base: str,
    made: MatchResult,
    pairs: Sequence[PairFiles],
) -> None:
    """Saves the state for the run on the next part; deletes it once no part is missing."""
    day, channel = state.business_date, profile.channel
    if is_waiting_for_parts(profile, state) and pairs:
        lake.replace_day(SETTLED_ITEMS, made.settled_items, day, channel)
        saved = {
            "version": STATE_VERSION,
            "base": base,
            "files": state.files,
            "paths": _paths(lake, day, channel),
            "pairs": [asdict(files) for files in pairs],
        }
        row = {"channel": channel, "business_date": day, "state_json": json.dumps(saved)}
        lake.replace_rows(MATCHED_PARTS, [row], day, channel)
    elif lake.read_rows(MATCHED_PARTS, channel=channel, business_date=day):
        lake.replace_day(SETTLED_ITEMS, made.settled_items.limit(0), day, channel)
        lake.replace_rows(MATCHED_PARTS, [], day, channel)
