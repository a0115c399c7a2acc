"""Runs of a channel as `jobs.casework.book` takes them in, without a lake."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from jobs.casework.book import BreakBook
from schemas.profile.match_rules import Window
from schemas.tables import OUTCOMES
from tests.support.ledger import T, day

Row = dict[str, Any]
Life = tuple[int, int | None, str | None]


def break_row(row: Row) -> Row:
    """A row of outcomes with what `jobs.casework.sources` adds to it."""
    amount = row.get("statement_amount") or row.get("internal_amount")
    added = {"directed_kind": row["kind"], "at_stake": amount, "traded_at_micros": None}
    references = {
        f"{name}_norm": row.get(name) if row.get("line_id") else None
        for name in ("our_ref", "channel_ref")
    }
    return {**dict.fromkeys(OUTCOMES.columns), "pair_txn_id": None, **references, **added, **row}


def take_in(*days: Iterable[Row], decided_on: dict[str, date] | None = None) -> BreakBook:
    """The book after a run of each day, from T on."""
    book = BreakBook([], Window(), decided_on or {})
    for on, rows in enumerate(days):
        book.run(day(on), [break_row(row) for row in rows])
    return book


def list_lives(rows: Iterable[Row]) -> dict[tuple[str, str], Life]:
    """By class and subject: day opened, day closed and by what; days are offsets from T."""
    return {
        (row["class"], row["txn_id"] or row["line_id"]): (
            (row["opened_on"] - T).days,
            row["closed_on"] and (row["closed_on"] - T).days,
            row["closed_by"],
        )
        for row in rows
    }


def lives_after(
    *days: Iterable[Row], decided_on: dict[str, date] | None = None
) -> dict[tuple[str, str], Life]:
    """The lives after a run of each day."""
    return list_lives(take_in(*days, decided_on=decided_on).breaks.values())
