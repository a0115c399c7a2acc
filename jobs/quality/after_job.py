"""Checks the shape of the tables that a job wrote, and writes the pages of the results."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from jobs.lake.tables import Lake
from jobs.quality.great_expectations_checks import Check, QualitySummary, check_day
from jobs.quality.pages import build_pages
from schemas.tables import INTERNAL_TRANSACTIONS, OUTCOMES, STATEMENT_LINES, Table


def run_ingest_checks(lake: Lake, day: date, channels: Sequence[str]) -> dict[str, Any]:
    """Checks a date's lines and transactions; returns results by table, none without channels."""
    return _run_checks(lake, (STATEMENT_LINES, INTERNAL_TRANSACTIONS), day, channels)


def run_match_checks(lake: Lake, day: date, channels: Sequence[str]) -> dict[str, Any]:
    """Checks a date's outcomes; returns results by table, none without channels."""
    return _run_checks(lake, (OUTCOMES,), day, channels)


def _run_checks(
    lake: Lake, tables: Sequence[Table], day: date, channels: Sequence[str]
) -> dict[str, Any]:
    if not channels:
        return {}
    summaries = [check_day(lake, table, day, channels) for table in tables]
    build_pages(lake, summaries)
    return {summary.table: _to_json(summary) for summary in summaries}


def _to_json(summary: QualitySummary) -> dict[str, Any]:
    def messages(checks: Sequence[Check]) -> list[str]:
        prefix = f"QUALITY: {summary.table} {summary.day}"
        return [f"{prefix}: {check.column} {check.name}: {check.problem}" for check in checks]

    return {
        "result": summary.result,
        "fail": messages(summary.failures),
        "warn": messages(summary.warnings),
        "seconds": summary.seconds,
    }
