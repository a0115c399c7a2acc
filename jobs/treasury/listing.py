"""What a treasurer asks of a channel, from the tables: what is open, what came, what is owed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow.compute as pc

from jobs.lake.tables import Lake
from jobs.reports.text_table import render_table
from jobs.settlement.balances import CAUSES
from jobs.treasury.plan import JOB
from schemas.currencies import in_major_units
from schemas.tables import CHANNEL_BALANCES, RUNS, SETTLEMENT_CHECKS

Row = dict[str, Any]
_HEADINGS = ("CHANNEL", "BATCH", "DATE", "RESULT", "EXPECTED", "CAME", "DIFFERENCE", "DUE", "BY",
             "ACTION")  # fmt: skip
_RIGHT = ("EXPECTED", "CAME", "DIFFERENCE")


@dataclass(frozen=True)
class Listing:
    """Rows of `settlement_checks`, each batch once with its latest row, and balances.

    `settled` is the last date that was settled, by channel.
    """

    rows: Sequence[Row]
    balances: Sequence[Row]
    settled: dict[str, date]


def list_settlement(
    lake: Lake, channels: Collection[str], until: date | None, since: date | None
) -> Listing:
    """What is open after the last settled date of each channel, at the latest `until`, and was
    closed on it; with `since` also what was closed from then on.
    """
    runs = lake.read_rows(RUNS, ("channel", "business_date"), job=JOB, channel=[*channels])
    settled: dict[str, date] = {}
    for run in runs:
        name, day = run["channel"], run["business_date"]
        if until is None or day <= until:
            settled[name] = max(settled.get(name, day), day)
    rows: list[Row] = []
    balances: list[Row] = []
    for name, last in sorted(settled.items()):
        first = min(since or last, last)
        latest: dict[tuple[Any, ...], Row] = {}
        stored = lake.read_arrow(SETTLEMENT_CHECKS, first, last, name).to_pylist()
        for row in sorted(stored, key=lambda row: row["run_date"]):
            # A batch has one row, its latest; money and credits without a batch are of their date.
            is_batch = row["batch_no"] is not None
            if is_batch or row["run_date"] == last:
                latest[_name_of(row)] = row
        rows += sorted(latest.values(), key=lambda row: (str(row["batch_date"]), _name_of(row)))
        balances += lake.read_arrow(
            CHANNEL_BALANCES, last, last, name, pc.field("currency").is_valid()
        ).to_pylist()
    return Listing(rows, balances, settled)


def _name_of(row: Row) -> tuple[str, ...]:
    columns = ("batch", "batch_no", "per", "currency")
    credits = row["credit_line_ids"] if row["batch_no"] is None else ()
    return (*(str(row[name]) for name in columns), *(credits or ()))


def render_listing(listing: Listing) -> list[str]:
    """Tables for a terminal, amounts in major units."""
    if not listing.settled:
        return ["nothing is settled yet; `tieout check_settlement` settles a date"]
    lines = render_table(_HEADINGS, [_cells(row) for row in listing.rows], _RIGHT)
    lines = lines if listing.rows else ["nothing is open"]
    lines.append("")
    for row in listing.balances:
        code = row["currency"]
        causes = [f"{name} {_money(row[name], code)}" for name in CAUSES if row[name]]
        parts = [f"open {_money(row['open'], code)}", *causes]
        lines.append(
            f"{row['channel']} owes us {code} {_money(row['closing'], code)} after"
            f" {row['business_date']}: {', '.join(parts)}"
        )
    return lines


def _cells(row: Row) -> tuple[str, ...]:
    code = row["currency"]
    is_carried = row["batch_no"] is None and row["carried_out"]
    expected = row["carried_out"] if is_carried else row["expected"]
    number = f" #{row['batch_no']}" if (row["batch_no"] or 1) > 1 else ""
    per = f" {row['per']}" if row["per"] else ""
    reasons = f" ({', '.join(row['reasons'])})" if row["reasons"] else ""
    return (
        row["channel"],
        f"{row['batch'] or '-'}{number}{per}",
        str(row["batch_date"] or ""),
        f"{row['result']}{reasons}",
        f"{code} {_money(expected, code)}",
        _money(row["credited"], code),
        _money(row["difference"], code) if row["credited"] else "",
        str(row["due_date"] or ""),
        row["matched_by"] or "",
        row["action"],
    )


def _money(minor: int, currency: str) -> str:
    return in_major_units(minor, currency)
