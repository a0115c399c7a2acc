"""Which tables' shape is checked after which job, and where the pages of it go."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from jobs.lake.tables import Lake
from jobs.quality.great_expectations_checks import QualitySummary, check_day
from jobs.quality.pages import build_pages
from schemas.tables import INTERNAL_TRANSACTIONS, OUTCOMES, STATEMENT_LINES, Table


def after_ingest(lake: Lake, day: date, channels: Sequence[str]) -> dict[str, Any]:
    """Checks a date's lines and transactions; by table, what was found. No channel, no check."""
    return _checked(lake, (STATEMENT_LINES, INTERNAL_TRANSACTIONS), day, channels)


def after_match(lake: Lake, day: date, channels: Sequence[str]) -> dict[str, Any]:
    """Checks a date's outcomes."""
    return _checked(lake, (OUTCOMES,), day, channels)


def _checked(
    lake: Lake, tables: Sequence[Table], day: date, channels: Sequence[str]
) -> dict[str, Any]:
    if not channels:
        return {}
    found = [check_day(lake, table, day, channels) for table in tables]
    build_pages(lake, found)
    return {each.table: _as_json(each) for each in found}


def _as_json(found: QualitySummary) -> dict[str, Any]:
    def named(checks: Sequence[Any]) -> list[str]:
        return [
            f"QUALITY: {found.table} {found.day}: {each.column} {each.name}: {each.found}"
            for each in checks
        ]

    return {
        "result": found.result,
        "fail": named(found.failures),
        "warn": named(found.warnings),
        "seconds": found.seconds,
    }
