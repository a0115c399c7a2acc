"""Breaks as text for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.casework.listing import Listing
from jobs.reports.labels import ACTION_LABELS, REASON_LABELS
from jobs.reports.text_table import render_table
from schemas.currencies import in_major_units
from schemas.vocabulary import BreakState

Row = dict[str, Any]

_HEADINGS = ("BREAK", "AGE", "DUE", "AT STAKE", "CHANNEL", "WHAT IS WRONG", "REFERENCE", "OWNER",
             "STATE")  # fmt: skip
#: Columns with numbers, which end at the right.
_RIGHT = ("AGE", "AT STAKE")
#: A longer reference is cut; `tieout breaks show` has all of it.
_REFERENCE_LENGTH = 32


def render_listing(listing: Listing) -> list[str]:
    """A table, and a last line with the sums; amounts in major units."""
    if not listing.rows:
        return ["no breaks fit; `tieout run` and `tieout export` keep the list up to date"]
    lines = render_table(_HEADINGS, [_cells(row) for row in listing.rows], _RIGHT)
    more = listing.count - len(listing.rows)
    lines.append("")
    if more:
        lines.append(f"and {more:,} more, with less money; give a filter, or --limit")
    return [*lines, f"{listing.count:,} breaks, {render_stakes(listing.at_stake)} at stake"]


def render_stakes(at_stake: Mapping[str, int]) -> str:
    """Amounts by currency, such as `CNY 1,802.57, USD 3.00`."""
    texts = [f"{code} {in_major_units(minor, code)}" for code, minor in sorted(at_stake.items())]
    return ", ".join(texts) or "nothing"


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row["break_id"],
        f"{row['age_days']} d",
        str(row["due_on"] or ""),
        _money(row["at_stake"], row["currency"]),
        row["channel"],
        _reasons(row["reasons"]),
        _reference(row)[:_REFERENCE_LENGTH],
        row["owner"] or "",
        _state(row),
    )


def _money(minor: int | None, currency: str | None) -> str:
    return "" if minor is None or not currency else f"{currency} {in_major_units(minor, currency)}"


def _reasons(codes: Sequence[str] | None) -> str:
    return "; ".join(REASON_LABELS[code] for code in codes or ())


def _reference(row: Row) -> str:
    names = ("our_ref", "channel_ref", "order_ref", "txn_id", "line_id")
    return next((str(row[name]) for name in names if row[name]), "")


def _state(row: Row) -> str:
    if row["state"] == BreakState.OPEN:
        return "open"
    return f"closed {row['closed_on']} by {row['closed_by'].lower().replace('_', ' ')}"


def _values(event: Row) -> str:
    """What both sides said then, such as `ours SUCCEEDED CNY 10.00, theirs SUCCEEDED CNY 9.00`."""
    sides = {
        "ours": ("internal_status", "internal_amount", "internal_currency"),
        "theirs": ("statement_status", "statement_amount", "currency"),
    }
    values = {name: [event[column] for column in columns] for name, columns in sides.items()}
    return ", ".join(
        f"{name} {status} {_money(amount, currency)}".rstrip()
        for name, (status, amount, currency) in values.items()
        if status or amount is not None
    )


def render_life(row: Row, events: Sequence[Row], notes: Sequence[Row]) -> list[str]:
    """A break, its events and what people wrote about it."""
    lines = [
        f"{row['break_id']}  {row['channel']}  {row['class'].lower().replace('_', ' ')}"
        f"  {_state(row)}",
        f"    {_reasons(row['reasons'])}: {ACTION_LABELS[row['action']]}",
        f"    {_money(row['at_stake'], row['currency'])} at stake, opened {row['opened_on']}"
        + (f", due {row['due_on']}" if row["due_on"] else "")
        + (f", {row['owner']} looks after it" if row["owner"] else ""),
    ]
    named = ("txn_id", "line_id", "pair_txn_id", "our_ref", "channel_ref", "order_ref")
    lines += [f"    {name:<12} {row[name]}" for name in named if row[name]]
    for event in events:
        by = f" ({event['matched_by']})" if event["matched_by"] else ""
        what = event["event"].lower().replace("_", " ")
        lines.append(f"  {event['run_date']}  {what:<12} {_values(event)}{by}")
    for note in notes:
        what = f"assigned to {note['owner']}" if note["owner"] else "note"
        text = f": {note['comment']}" if note["comment"] else ""
        by = f" by {note['actor']}" if note["actor"] else ""
        lines.append(f"  {note['created_at']:%Y-%m-%d %H:%M} UTC  {what}{by}{text}")
    return lines
