"""What a profile's limits and a quarantine say: age, copies, usual volume, the line to blame.

Channel bank; T is 2026-11-16. The statement's trailer declares its totals.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.ingestion.manual_review import accept_file
from jobs.lake.tables import Lake
from schemas.tables import STATEMENT_FILES, STATEMENT_LINES
from tests.support.worlds import PAGE, World, day, line, statement_text

TOTALS = """  trailer:
    starts_with: TOTAL
    totals: {count: 2, amount: 3, fee: 4}
match:
"""
DECLARED = PAGE.replace("match:\n", TOTALS)


@pytest.fixture
def world(lake: Lake, tmp_path: Path) -> World:
    return World(tmp_path, lake)


def limited(limits: str) -> str:
    return PAGE.replace("\nlayout:", f"\n  {limits}\nlayout:", 1)


def row_of(world: World, offset: int = 0) -> dict:
    """The only file of a day."""
    (row,) = world.lake.read_rows(STATEMENT_FILES, business_date=day(offset))
    return row


def ends(world: World, trailer: str, *lines: dict) -> str:
    """The reason of a statement with a trailer of count, amount and fee."""
    world.profile(DECLARED)
    text = statement_text(lines, day(0)) + f"TOTAL,{trailer}\n"
    world.file(f"bank/{day(0)}/lines.csv", text)
    world.ingest(0)
    return row_of(world)["reason"] or ""


# ---- limits ---------------------------------------------------------------------------------


@pytest.mark.sail_only
@pytest.mark.parametrize(
    ("came", "status"), [("17T15:59", "ACCEPTED"), ("17T16:00", "QUARANTINED")]
)
def test_a_file_that_comes_too_late(world: World, came: str, status: str) -> None:
    """One day is allowed: the end of the 17th in Shanghai is 16:00 of the 17th in UTC."""
    world.profile(limited("age_days_max: 1"))
    path = world.statement(0, line("A"))
    at = datetime.fromisoformat(f"2026-11-{came}:00+00:00").astimezone(UTC).timestamp()
    os.utime(path, (at, at))
    world.ingest(0)
    row = row_of(world)
    assert row["status"] == status
    if status == "QUARANTINED":
        assert row["reason"].startswith(
            "STALE_FILE: bank/2026-11-16/lines.csv: it arrived on 2026-11-18, 2 days after"
            " 2026-11-16, and files.age_days_max is 1"
        )


@pytest.mark.sail_only
def test_late_and_smaller_at_once(world: World) -> None:
    """Both are said, so that who accepts the one has seen the other; accepted by hand, it is in
    force, and that is no warning.
    """
    world.profile(limited("shrink_max: 0.1\n  age_days_max: 1"))
    at = datetime(2026, 11, 16, 12, tzinfo=UTC).timestamp()
    path = world.statement(0, line("A"), line("B"))
    os.utime(path, (at, at))
    world.ingest(0)
    late = world.statement(0, line("A"))
    os.utime(late, (at + 5 * 86400, at + 5 * 86400))
    world.ingest(0)
    (row,) = world.lake.read_rows(STATEMENT_FILES, version=2)
    assert [each.split(":")[0] for each in row["reason"].split(" | ")] == ["STALE_FILE", "SHRUNK"]
    accept_file(world.lake, world.config.profiles["bank"], row, "now: seen")
    received = world.ingest(0)[0].channels["bank"]
    assert (received.counts["lines"], received.warnings, received.reasons) == (1, [], [])


@pytest.mark.sail_only
@pytest.mark.parametrize(("limit", "status"), [("0.4", "ACCEPTED"), ("0.39", "QUARANTINED")])
def test_copies_in_a_file(world: World, limit: str, status: str) -> None:
    """Of five lines two are copies; one of another status and one without a number are none."""
    world.profile(limited(f"duplicate_share_max: {limit}"))
    other = line("B", status="FAILED"), line("N", channel_ref=None), line("N", channel_ref=None)
    lines = (line("B"), line("B"), line("B"))
    world.statement(0, *lines, *other[:2])
    world.ingest(0)
    row = row_of(world)
    assert row["status"] == status
    if status == "QUARANTINED":
        assert row["reason"].startswith(
            "DUPLICATE_LINES: bank/2026-11-16/lines.csv:4: 2 of 5 lines are copies of another"
            " (same kind, channel_ref, status), first a copy of line 2;"
        )


@pytest.mark.sail_only
def test_an_unusual_volume_is_a_warning(world: World) -> None:
    """Four lines on each of three days, then one: accepted, with a warning in the row and the
    summary; two would do. The first days have nothing to be held against.
    """
    world.profile(limited("volume_change_warn: 0.5"))
    for offset, count in enumerate((4, 4, 4, 1, 2)):
        world.statement(offset, *[line(f"{offset}{number}") for number in range(count)])
    summaries = world.ingest(0, 1, 2, 3, 4)
    assert [len(each.channels["bank"].warnings) for each in summaries] == [0, 0, 0, 1, 0]
    row = row_of(world, 3)
    assert row["status"] == "ACCEPTED"
    assert row["reason"] == (
        "UNUSUAL_VOLUME: bank/2026-11-19/lines.csv: 1 lines, the usual number is 4"
        " (median of 3 days), -75%"
    )
    assert world.ingest(3)[0].channels["bank"].warnings == [row["reason"]]


# ---- the line to blame ----------------------------------------------------------------------

CAUSES = {
    "doubled": (
        "2,20.00,0.12",
        (line("A"), line("B"), line("A")),
        "LIKELY_CAUSE: line 4 is a copy of line 2",
    ),
    "too many": (
        "2,20.00,0.12",
        (line("A"), line("B"), line("X", "7.77", fee="0.05")),
        "LIKELY_CAUSE: line 4 is too many, its amount is 7.77",
    ),
    "rejected": (
        "3,27.77,0.18",
        (line("A"), line("B"), line("X", "7.77", kind="GIFT")),
        "LIKELY_CAUSE: line 4, which is rejected, has 7.77",
    ),
    "wrong sign": (
        "3,16.25,0.18",
        (line("A"), line("B"), line("X", "3.75")),
        "LIKELY_CAUSE: line 4 counts with the wrong sign, its amount is half",
    ),
    "a fee": (
        "3,22.00,0.12",
        (line("A"), line("B"), line("X", "2.00", fee="0.09")),
        "LIKELY_CAUSE: line 4 is too many, its fee is 0.09",
    ),
    "none": ("2,19.99,0.12", (line("A"), line("B")), ""),
    "any of many": ("4,40.00,0.24", tuple(line(f"A{n}") for n in range(5)), ""),
    "by count": (
        "2,,",
        (line("A"), line("B"), line("A")),
        "LIKELY_CAUSE: line 4 is a copy of line 2",
    ),
}


@pytest.mark.sail_only
@pytest.mark.parametrize("case", CAUSES)
def test_the_line_to_blame(world: World, case: str) -> None:
    """One line explains the difference: it is named with its number; where many could, none is."""
    trailer, lines, said = CAUSES[case]
    if case == "by count":
        world.profile(DECLARED.replace(", amount: 3, fee: 4", ""))
        world.file(f"bank/{day(0)}/lines.csv", statement_text(lines, day(0)) + f"TOTAL,{trailer}\n")
        world.ingest(0)
        reason = row_of(world)["reason"]
    else:
        reason = ends(world, trailer, *lines)
    assert "TOTALS_DIFFER" in reason
    cause = [each for each in reason.split(" | ") if each.startswith("LIKELY_CAUSE")]
    assert cause == ([said] if said else []), reason
    assert world.lake.read_day(STATEMENT_LINES, day(0)).count() == 0
