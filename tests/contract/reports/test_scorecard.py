"""The scorecard of a month, from the tables to a page."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jobs.lake.changes.channel_days import DaysChange, change_arrow_days
from jobs.lake.tables import Lake
from jobs.lake.write_checks import rows_to_arrow
from jobs.reports.day_page.builder import Builder
from jobs.reports.day_page.scope import Scope, find_matched_part
from jobs.reports.html.language import Language
from jobs.reports.html.render import render_page
from jobs.reports.scorecard.figures import read_scorecards
from jobs.reports.scorecard.page import build_scorecards
from jobs.reports.scorecard.text import render_cards, to_json
from schemas.tables import (
    BREAKS,
    FEE_CHECKS,
    FEE_TOTALS,
    OUTCOMES,
    RUNS,
    SETTLEMENT_CHECKS,
    STATEMENT_FILES,
    STATEMENT_LINES,
)
from tests.support.ledger import at, complete_row, day, line, pair_row
from tests.support.pipeline_fixture import PAGE, PipelineFixture
from tests.support.small_lake import put

DUE_PAGE = PAGE.replace("files:\n", 'files:\n  due: "10:00"\n')
OPEN = date(9999, 12, 1)


def received(offset: int, clock: str, status: str = "ACCEPTED", **other: Any) -> dict:
    """A file of a date that came at a time of the next day."""
    values = {"channel": "bank", "business_date": day(offset), "part": "all", "status": status,
              "received_at": at(clock, offset + 1), "rejected_count": 0}  # fmt: skip
    return values | other


def opened(break_id: str, on: int, reason: str, stake: int, action: str = "REVIEW") -> dict:
    """An open break, minor units of CNY."""
    values = {"closed_month": OPEN, "channel": "bank", "break_id": break_id, "state": "OPEN",
              "opened_on": day(on), "last_event_on": day(on), "currency": "CNY",
              "reasons": [reason], "action": action, "at_stake": stake}  # fmt: skip
    return complete_row(BREAKS, values)


@pytest.mark.sail_by_day
def test_scorecard_counts_what_the_channel_did(lake: Lake, tmp_path: Path) -> None:
    """Five dates: in time, a minute late, re-issued, refused and sent again, missing."""
    config = PipelineFixture(tmp_path, lake, DUE_PAGE).config
    lake.append_rows(STATEMENT_FILES, [
        received(0, "10:00"), received(1, "10:01"),
        received(2, "9", "SUPERSEDED"), received(2, "15"),
        received(3, "8", "QUARANTINED", reason="TOTALS_DIFFER: declared 1.00, lines 2.00"),
        received(3, "9"),
    ])  # fmt: skip
    lake.append_rows(RUNS, [
        {"job": "match", "channel": "bank", "business_date": day(n), "result": "DONE"}
        for n in range(5)
    ])  # fmt: skip
    put(lake, STATEMENT_LINES, day(0), "bank", *[line(f"f:{n}", on=0) for n in range(7)])
    late = {"outcome": "MATCHED", "reasons": ["LATE"], "internal_date": day(0)}
    put(
        lake, OUTCOMES, day(3), "bank",
        pair_row("Y0", 2500, 2500, on=3, **late, statement_date=day(3)),
        # Our side was the late one: that is no late line.
        pair_row("Z0", 100, 100, on=3, **late | {"internal_date": day(3)}, statement_date=day(0)),
        pair_row("A3", 900, 900, on=3),
    )  # fmt: skip
    breaks = [opened("b1", 0, "AMOUNT_MISMATCH", 10), opened("b2", 2, "INTERNAL_ONLY", 2500),
              opened("b3", 2, "DUPLICATE_LINE", 700, "CLAIM"),
              opened("b4", -40, "INTERNAL_ONLY", 1)]  # fmt: skip
    # Closed ones count as well, but not what our own side sent anew.
    ends = {"closed_month": day(3).replace(day=1), "state": "CLOSED", "closed_on": day(3)}
    closed = [
        opened("b5", 1, "STATUS_MISMATCH", 5) | ends | {"closed_by": "REISSUED_STATEMENT"},
        opened("b6", 1, "INTERNAL_ONLY", 6) | ends | {"closed_by": "CHANGED_SNAPSHOT"},
    ]
    change = DaysChange({OPEN: rows_to_arrow(BREAKS, breaks),
                         ends["closed_month"]: rows_to_arrow(BREAKS, closed)})  # fmt: skip
    change_arrow_days(lake, BREAKS, "bank", lambda _: change)
    total = {"schedule": "all", "currency": "CNY", "lines": 7, "amount": 7000}
    put(lake, FEE_TOTALS, day(0), "bank", total | {"charged": 45, "due": 42, "difference": 3})
    check = {"line_id": "f:1", "currency": "CNY", "result": "OVERCHARGED"}
    put(lake, FEE_CHECKS, day(0), "bank", check | {"charged": 9, "due": 6, "difference": 3})
    batch = {"batch": "B1", "batch_no": 1, "per": "", "currency": "CNY", "expected": 1000,
             "credited": 900, "due_date": day(1), "result": "SHORT", "action": "CLAIM"}  # fmt: skip
    put(lake, SETTLEMENT_CHECKS, day(2), "bank", batch)

    month = find_matched_part(lake, Scope(day(-15), day(14), config, True))
    assert month is not None
    assert month.last == day(4)
    (card,) = read_scorecards(lake, month)
    assert (card.lines, card.files.in_time, card.files.missing) == (7, 3, [day(4)])
    assert [one.day for one in card.files.late] == [day(1)]
    assert (card.files.reissues, dict(card.files.refused)) == (1, {"TOTALS_DIFFER": 1})
    assert (card.late_lines.count, card.late_lines.money) == (1, {"CNY": 2500})
    assert {reason: (one.count, one.money) for reason, one in card.breaks.items()} == {
        "AMOUNT_MISMATCH": (1, {"CNY": 10}),
        "INTERNAL_ONLY": (1, {"CNY": 2500}),
        "DUPLICATE_LINE": (1, {"CNY": 700}),
        "STATUS_MISMATCH": (1, {"CNY": 5}),
    }
    assert card.fees["CNY"]["difference"] == 3
    # Due on day 1; what lacked after day 2 is late when days 3 and 4 begin.
    assert (card.late_money["CNY"].days_max, card.late_money["CNY"].day_money) == (2, 200)
    assert {cause: one.money for cause, one in card.claims.items()} == {
        "lines listed twice": {"CNY": 700},
        "fees above the rate card": {"CNY": 3},
        "batches paid short": {"CNY": 100},
    }

    assert to_json(card)["breaks"]["AMOUNT_MISMATCH"]["per_million"] == "142857.1"
    text = "\n".join(render_cards([card], "2026-11", Language("en")))
    assert "3 of 5 dates in time, at most 0:01 hours late, 1 not whole" in text
    for code in ("en", "zh"):
        builder = Builder(month, Language(code), 0, ())
        assert "142,857.1" in render_page(build_scorecards(builder, [card], month.last))
