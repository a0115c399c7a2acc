"""The limits of a profile and the likely causes of a quarantine.

Channel bank; T is 2026-11-16. The statement's trailer declares its totals.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.ingestion.manual_review import accept_file
from jobs.lake.tables import Lake
from schemas.tables import STATEMENT_FILES, STATEMENT_LINES
from tests.support.ledger import day, file_line
from tests.support.pipeline_fixture import PAGE, PipelineFixture, statement_text

TOTALS = """  trailer:
    starts_with: TOTAL
    totals: {count: 2, amount: 3, fee: 4}
match:
"""
DECLARED = PAGE.replace("match:\n", TOTALS)


@pytest.fixture
def pipeline(lake: Lake, tmp_path: Path) -> PipelineFixture:
    return PipelineFixture(tmp_path, lake)


def page_with_limits(limits: str) -> str:
    return PAGE.replace("\nlayout:", f"\n  {limits}\nlayout:", 1)


def only_file(pipeline: PipelineFixture, offset: int = 0) -> dict:
    """The only file of a day."""
    (row,) = pipeline.lake.read_rows(STATEMENT_FILES, business_date=day(offset))
    return row


def ingest_with_trailer(pipeline: PipelineFixture, trailer: str, *lines: dict) -> str:
    """Ingests a statement with a trailer of count, amount and fee; returns its reason."""
    pipeline.write_profile(DECLARED)
    text = statement_text(lines, day(0)) + f"TOTAL,{trailer}\n"
    pipeline.write_file(f"bank/{day(0)}/lines.csv", text)
    pipeline.ingest(0)
    return only_file(pipeline)["reason"] or ""


# ---- limits ---------------------------------------------------------------------------------


@pytest.mark.sail_only
@pytest.mark.parametrize(
    ("arrived", "status"), [("17T15:59", "ACCEPTED"), ("17T16:00", "QUARANTINED")]
)
def test_file_older_than_the_limit_is_quarantined(
    pipeline: PipelineFixture, arrived: str, status: str
) -> None:
    """The limit is one day: the 17th ends in Shanghai at 16:00 UTC of the 17th."""
    pipeline.write_profile(page_with_limits("age_days_max: 1"))
    path = pipeline.write_statement(0, file_line("A"))
    at = datetime.fromisoformat(f"2026-11-{arrived}:00+00:00").astimezone(UTC).timestamp()
    os.utime(path, (at, at))
    pipeline.ingest(0)
    row = only_file(pipeline)
    assert row["status"] == status
    if status == "QUARANTINED":
        assert row["reason"].startswith(
            "STALE_FILE: bank/2026-11-16/lines.csv: it arrived on 2026-11-18, 2 days after"
            " 2026-11-16, and files.age_days_max is 1"
        )


@pytest.mark.sail_only
def test_stale_and_shrunk_file_gives_both_reasons(pipeline: PipelineFixture) -> None:
    """The person who accepts the file sees both. The accepted file is in force, without warning."""
    pipeline.write_profile(page_with_limits("shrink_max: 0.1\n  age_days_max: 1"))
    at = datetime(2026, 11, 16, 12, tzinfo=UTC).timestamp()
    path = pipeline.write_statement(0, file_line("A"), file_line("B"))
    os.utime(path, (at, at))
    pipeline.ingest(0)
    late = pipeline.write_statement(0, file_line("A"))
    os.utime(late, (at + 5 * 86400, at + 5 * 86400))
    pipeline.ingest(0)
    (row,) = pipeline.lake.read_rows(STATEMENT_FILES, version=2)
    assert [fault.split(":")[0] for fault in row["reason"].split(" | ")] == ["STALE_FILE", "SHRUNK"]
    accept_file(pipeline.lake, pipeline.config.profiles["bank"], row, "now: seen")
    summary = pipeline.ingest(0)[0].channels["bank"]
    assert (summary.counts["lines"], summary.warnings, summary.reasons) == (1, [], [])


@pytest.mark.sail_only
@pytest.mark.parametrize(("limit", "status"), [("0.4", "ACCEPTED"), ("0.39", "QUARANTINED")])
def test_too_many_duplicate_lines_are_quarantined(
    pipeline: PipelineFixture, limit: str, status: str
) -> None:
    """Two of five lines are copies. A line with another status, or without channel_ref, is not."""
    pipeline.write_profile(page_with_limits(f"duplicate_share_max: {limit}"))
    other = (
        file_line("B", status="FAILED"),
        file_line("N", channel_ref=None),
        file_line("N", channel_ref=None),
    )
    lines = (file_line("B"), file_line("B"), file_line("B"))
    pipeline.write_statement(0, *lines, *other[:2])
    pipeline.ingest(0)
    row = only_file(pipeline)
    assert row["status"] == status
    if status == "QUARANTINED":
        assert row["reason"].startswith(
            "DUPLICATE_LINES: bank/2026-11-16/lines.csv:4: 2 of 5 lines are copies of another"
            " (same kind, channel_ref, status), first a copy of line 2;"
        )


@pytest.mark.sail_only
def test_unusual_volume_is_a_warning(pipeline: PipelineFixture) -> None:
    """Four lines on each of three days, then one: ingest accepts it, with a warning in its row
    and in the summary. Two lines give no warning, nor do the first days.
    """
    pipeline.write_profile(page_with_limits("volume_change_warn: 0.5"))
    for offset, count in enumerate((4, 4, 4, 1, 2)):
        pipeline.write_statement(
            offset, *[file_line(f"{offset}{number}") for number in range(count)]
        )
    summaries = pipeline.ingest(0, 1, 2, 3, 4)
    assert [len(summary.channels["bank"].warnings) for summary in summaries] == [0, 0, 0, 1, 0]
    row = only_file(pipeline, 3)
    assert row["status"] == "ACCEPTED"
    assert row["reason"] == (
        "UNUSUAL_VOLUME: bank/2026-11-19/lines.csv: 1 lines, the usual number is 4"
        " (median of 3 days), -75%"
    )
    assert pipeline.ingest(3)[0].channels["bank"].warnings == [row["reason"]]


# ---- likely causes --------------------------------------------------------------------------

CAUSES = {
    "repeated": (
        "2,20.00,0.12",
        (file_line("A"), file_line("B"), file_line("A")),
        "LIKELY_CAUSE: line 4 is a copy of line 2",
    ),
    "too many": (
        "2,20.00,0.12",
        (file_line("A"), file_line("B"), file_line("X", "7.77", fee="0.05")),
        "LIKELY_CAUSE: line 4 is too many, its amount is 7.77",
    ),
    "rejected": (
        "3,27.77,0.18",
        (file_line("A"), file_line("B"), file_line("X", "7.77", kind="GIFT")),
        "LIKELY_CAUSE: line 4, which is rejected, has 7.77",
    ),
    "wrong sign": (
        "3,16.25,0.18",
        (file_line("A"), file_line("B"), file_line("X", "3.75")),
        "LIKELY_CAUSE: line 4 counts with the wrong sign, its amount is half",
    ),
    "a fee": (
        "3,22.00,0.12",
        (file_line("A"), file_line("B"), file_line("X", "2.00", fee="0.09")),
        "LIKELY_CAUSE: line 4 is too many, its fee is 0.09",
    ),
    "none": ("2,19.99,0.12", (file_line("A"), file_line("B")), ""),
    "any of many": ("4,40.00,0.24", tuple(file_line(f"A{n}") for n in range(5)), ""),
    "by count": (
        "2,,",
        (file_line("A"), file_line("B"), file_line("A")),
        "LIKELY_CAUSE: line 4 is a copy of line 2",
    ),
}


@pytest.mark.sail_only
@pytest.mark.parametrize("case", CAUSES)
def test_reason_names_the_line_that_explains_the_difference(
    pipeline: PipelineFixture, case: str
) -> None:
    """If too many lines explain it, the reason names none."""
    trailer, lines, expected = CAUSES[case]
    if case == "by count":
        pipeline.write_profile(DECLARED.replace(", amount: 3, fee: 4", ""))
        pipeline.write_file(
            f"bank/{day(0)}/lines.csv", statement_text(lines, day(0)) + f"TOTAL,{trailer}\n"
        )
        pipeline.ingest(0)
        reason = only_file(pipeline)["reason"]
    else:
        reason = ingest_with_trailer(pipeline, trailer, *lines)
    assert "TOTALS_DIFFER" in reason
    causes = [part for part in reason.split(" | ") if part.startswith("LIKELY_CAUSE")]
    assert causes == ([expected] if expected else []), reason
    assert pipeline.lake.read_day(STATEMENT_LINES, day(0)).count() == 0
