"""Decisions as lines of text: one decision with its rows, and the table of those that wait."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from jobs.decisions.outcome_search import Row
from jobs.decisions.steps import sum_stakes
from jobs.reports.money_text import Money
from schemas.currencies import exponent
from schemas.vocabulary import DecisionStep, Effect

#: Rows of a decision that are shown; the JSON summary has all.
ROWS_SHOWN = 20
_HEADINGS = (
    "decision", "waits", "effect", "channel", "run date", "rows", "at stake", "proposed by",
    "needs",
)  # fmt: skip


def format_money(sums: Mapping[str, int]) -> str:
    """Amounts in major units with their currencies, `0.03 CNY + 5 JPY`."""
    texts = [f"{Money(size, exponent(code)).text} {code}" for code, size in sorted(sums.items())]
    return " + ".join(texts) or "-"


def render_decision(row: Row, items: Sequence[Row]) -> Iterator[str]:
    """The lines of a decision: how it stands, its rows, and who took the latest step."""
    state = row.get("state", row["step"])
    status = f" {row['status_of'].lower()}" if row["status_of"] else ""
    place = f"{row['channel']} {row['run_date']}"
    money = format_money(sum_stakes(items))
    count = f", {len(items)} rows" if len(items) > 1 else ""
    yield f"{row['decision_id']}  {state:<8}  {row['effect']}{status}  {place}{count}, {money}"
    for item in items[:ROWS_SHOWN]:
        ids = " and ".join(item[name] for name in ("txn_id", "line_id") if item[name])
        own = item.get("state", item["step"])
        size = f"  {_item_money(item)}" if len(items) > 1 else ""
        yield f"    {ids}{size}" + (f"  {own}" if own != state else "")
    if len(items) > ROWS_SHOWN:
        yield f"    and {len(items) - ROWS_SHOWN} more; the JSON summary has them"
    comment = f": {row['comment']}" if row["comment"] else ""
    maker = f"proposed by {row['proposed_by']}, " if "proposed_by" in row else ""
    yield f"    {maker}{row['step']} by {row['actor']}{comment}"


def _item_money(item: Row) -> str:
    """What an item of several is about: of a PAIR its own amount."""
    if item["effect"] != Effect.PAIR:
        return format_money(sum_stakes([item]))
    _, amount, currency = (item["txn_snapshot"] or item["line_snapshot"]).split("|")
    return format_money({currency: int(amount)})


def describe_next_step(row: Row) -> str:
    """What has to happen after a step, so that the decision applies."""
    if row["step"] == DecisionStep.APPROVED:
        return "    the next `tieout match` applies it"
    if row["step"] == DecisionStep.REJECTED:
        return "    the next `tieout match` runs without it"
    is_checked = row["step"] == DecisionStep.CHECKED
    people = "one more person" if is_checked or row["checkers"] == 1 else "two people"
    return f"    {people} must approve it: tieout decide approve {row['decision_id']}"


def list_waiting(decisions: Sequence[Row], now: datetime) -> list[Row]:
    """The decisions that wait for approval, the longest first, with `waits_seconds`."""
    waiting = [row for row in decisions if row["state"] in ("PROPOSED", "CHECKED")]
    return [
        row | {"waits_seconds": max(int((now - _utc(row["proposed_at"])).total_seconds()), 0)}
        for row in sorted(waiting, key=lambda row: row["proposed_at"])
    ]


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def render_queue(waiting: Sequence[Row]) -> Iterator[str]:
    """The table of decisions that wait for approval."""
    cells = [_HEADINGS, *(tuple(_queue_cells(row)) for row in waiting)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _queue_cells(row: Row) -> Iterator[str]:
    yield row["decision_id"]
    yield _format_age(timedelta(seconds=row["waits_seconds"]))
    yield row["effect"] + (f" {row['status_of'].lower()}" if row["status_of"] else "")
    yield row["channel"]
    yield str(row["run_date"])
    yield str(len(row["items"]))
    yield format_money(sum_stakes(row["items"]))
    yield row["proposed_by"]
    is_checked = row["step"] == DecisionStep.CHECKED
    checked = f"1 more, {', '.join(row['checked_by'])} approved" if is_checked else ""
    yield checked or f"{row['checkers']} checker{'s' if row['checkers'] > 1 else ''}"


def _format_age(age: timedelta) -> str:
    hours, minutes = age.seconds // 3600, age.seconds // 60 % 60
    if age.days:
        return f"{age.days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
