"""Counts and sums of a day: `summary.json`, and the figures that the command reports."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.ingestion.day_state import resolve_snapshots
from jobs.matching.amount_at_risk import at_stake
from jobs.reports.money_text import money_cell
from schemas.money import sum_amounts
from schemas.profile.channel import Profile, Snapshots
from schemas.profile.day_parts import MARKER
from schemas.vocabulary import FileStatus, Outcome, RunResult

#: State of a side whose files are all accepted.
WHOLE = "WHOLE"
_FILE_SHOWN = ("part", "version", "status", "file_name", "file_id", "line_count", "reason")
_SUMS = ("internal_amount", "statement_amount", "difference", "at_stake")
_GROUP = ("outcome", "reasons", "action", "currency", "internal_currency")


def sum_groups(outcomes: DataFrame) -> DataFrame:
    """Groups outcomes by outcome, reasons, action and currencies: rows, updates, sums.

    One row per group; sums in minor units. `reasons` are joined by a space; `updates` counts the
    rows with a `txn_id`.
    """
    columns = outcomes.select(
        "outcome",
        F.concat_ws(" ", F.col("reasons")).alias("reasons"),
        "action",
        "currency",
        F.coalesce(F.col("internal_currency"), F.col("currency")).alias("internal_currency"),
        "txn_id",
        "internal_amount",
        "statement_amount",
        "difference",
        at_stake().alias("at_stake"),
    )
    return columns.groupBy(*_GROUP).agg(
        F.count(F.lit(1)).alias("rows"),
        F.count("txn_id").alias("updates"),
        *[sum_amounts(F.col(name)).cast("bigint").alias(name) for name in _SUMS],
    )


def describe_inputs(
    statements: Iterable[Mapping[str, Any]],
    snapshots: Iterable[Mapping[str, Any]],
    profile: Profile,
    expected: Snapshots,
) -> dict[str, Any]:
    """State and files of both sides, from a day's rows of `statement_files` and `snapshot_files`.

    The profile names the parts of a complete statement, `expected` those of our own side. Empty for
    a channel without statement files.
    """
    if profile.files is None:
        return {}
    files = [{name: row[name] for name in _FILE_SHOWN} for row in statements]
    files.sort(key=lambda row: [str(value) for value in row.values()])
    accepted = {row["part"] for row in files if row["status"] == FileStatus.ACCEPTED}
    is_whole = MARKER in accepted or accepted.issuperset(profile.files.parts)
    is_refused = any(
        row["status"] == FileStatus.QUARANTINED and row["part"] not in accepted for row in files
    )
    if accepted and is_whole:
        statement = WHOLE
    elif is_refused:
        statement = RunResult.STATEMENT_REFUSED
    else:
        statement = RunResult.STATEMENT_INCOMPLETE if accepted else RunResult.STATEMENT_MISSING
    in_force = [row for row in snapshots if row["status"] == FileStatus.ACCEPTED]
    _, missing = resolve_snapshots(profile.channel, in_force, expected)
    snapshot: dict[str, Any] = {"state": WHOLE}
    if missing:
        absent = RunResult.SNAPSHOT_INCOMPLETE if in_force else RunResult.SNAPSHOT_MISSING
        snapshot = {"state": str(absent)}
    if missing and expected.parts:
        snapshot["missing"] = list(missing)
    return {"statement": {"state": str(statement), "files": files}, "snapshot": snapshot}


def rows_by_outcome(groups: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Number of rows by outcome; 0 for an outcome without rows."""
    return {
        outcome.value: sum(row["rows"] for row in groups if row["outcome"] == outcome)
        for outcome in Outcome
    }


def summarize_groups(groups: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows and amounts by outcome, by reason, by action, and of every group of `sum_groups`.

    Amounts are text in major units, so that no JSON reader rounds them.

    Raises:
        KeyError: a currency is not in ISO 4217.
    """
    ordered = sorted(groups, key=lambda row: tuple(str(row[name]) for name in _GROUP))
    return {
        "rows": sum(row["rows"] for row in ordered),
        "at_stake": _format_sums(at_stake_by_currency(ordered)),
        "by_outcome": _summarize_by(ordered, lambda row: [row["outcome"]]),
        "by_reason": _summarize_by(ordered, lambda row: row["reasons"].split()),
        "by_action": _summarize_by(ordered, lambda row: [row["action"]]),
        "groups": [
            {
                **{name: row[name] for name in _GROUP},
                "reasons": row["reasons"].split(),
                "rows": row["rows"],
                **{name: _format_amount(row, name) for name in _SUMS},
            }
            for row in ordered
        ],
    }


def at_stake_by_currency(groups: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The amount at stake per currency, in minor units."""
    sums: dict[str, int] = {}
    for row in groups:
        if row["outcome"] == Outcome.BREAK and row["currency"] is not None:
            sums[row["currency"]] = sums.get(row["currency"], 0) + (row["at_stake"] or 0)
    return dict(sorted(sums.items()))


def _summarize_by(groups: Iterable[Mapping[str, Any]], names: Any) -> dict[str, Any]:
    entries: dict[str, dict[str, Any]] = {}
    for row in groups:
        for name in names(row):
            entry = entries.setdefault(name, {"rows": 0, "sums": {}})
            entry["rows"] += row["rows"]
            for column in _SUMS:
                currency, value = _currency(row, column), row[column]
                if currency is not None and value is not None:
                    sums = entry["sums"].setdefault(column, {})
                    sums[currency] = sums.get(currency, 0) + value
    return {
        name: {"rows": entry["rows"]}
        | {column: _format_sums(sums) for column, sums in sorted(entry["sums"].items())}
        for name, entry in sorted(entries.items())
    }


def _currency(row: Mapping[str, Any], column: str) -> str | None:
    name = "internal_currency" if column == "internal_amount" else "currency"
    currency: str | None = row[name]
    return currency


def _format_sums(sums: Mapping[str, int]) -> dict[str, str | None]:
    cells = {currency: money_cell(minor, currency) for currency, minor in sorted(sums.items())}
    return {currency: cell.text if cell else None for currency, cell in cells.items()}


def _format_amount(row: Mapping[str, Any], column: str) -> str | None:
    cell = money_cell(row[column], _currency(row, column))
    return cell.text if cell else None
