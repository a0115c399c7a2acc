"""The report of a date: its numbers are those of the tables, and every one leads to its rows."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html
from pyspark.sql import SparkSession

from jobs.cli.console import Report
from jobs.export import export_dates
from jobs.lake.changes.channel_days import DaysChange, change_arrow_days
from jobs.lake.tables import Lake
from jobs.lake.write_checks import rows_to_arrow
from jobs.reports.day_page.movements import BreakFigures, read_break_figures
from jobs.reports.day_page.outcomes import read_totals
from jobs.reports.day_page.page import BYTES_MAX, Figures, read_figures, render_report
from jobs.reports.day_page.scope import Scope
from jobs.reports.html.language import Language
from schemas.tables import BREAKS, OUTCOMES
from tests.support.ledger import complete_row, day, file_line, file_txn
from tests.support.pipeline_fixture import PipelineFixture

#: The views in SQL are compared on both engines.
pytestmark = pytest.mark.sail_by_day


@dataclass(frozen=True)
class Story:
    """Days 0 to 3 are run up to the export, day 4 is matched without a statement and not exported.

    `as_of_day_2` are the breaks of day 2 as they were reported before day 3 was run.
    """

    pipeline: PipelineFixture
    as_of_day_2: BreakFigures

    @property
    def lake(self) -> Lake:
        """Where it stands."""
        return self.pipeline.lake


@pytest.fixture(scope="module")
def story(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Days of one channel with a break of each sort on the way; nothing changes it.

    A matches daily. B0 has another amount (breaks on day 0). X0 is a line without a transaction and
    Y0 a transaction without a line: both break on day 2; the line of Y0 comes on day 3. R0 has a
    name that is markup.
    """
    root = tmp_path_factory.mktemp("story")
    made = PipelineFixture(root, Lake(spark, str(root / "lake")).prepare())
    for offset in range(4):
        lines, txns = [file_line(f"A{offset}")], [file_txn(f"A{offset}")]
        if offset == 0:
            lines += [file_line("B0", "9.90"), file_line("X0", "7.00"), file_line("<b>R0", "1.00")]
            txns += [file_txn("B0"), file_txn("Y0", "25.00"), file_txn("<b>R0", "3.00")]
        if offset == 3:
            lines.append(file_line("Y0", "25.00"))
        made.write_statement(offset, *lines)
        made.write_snapshot(offset, *txns)
    run(made, 0, 1, 2)
    as_of_day_2 = read_break_figures(made.lake, scope(made, 2))
    run(made, 3)
    made.write_snapshot(4, file_txn("A4"))
    made.ingest(4)
    made.match(4)
    return Story(made, as_of_day_2)


def run(pipeline: PipelineFixture, *offsets: int) -> None:
    """Runs days up to the export."""
    for offset in offsets:
        pipeline.ingest(offset)
        pipeline.match(offset)
        config = pipeline.config
        page = config.profiles["bank"]
        export_dates(Report({}, []), pipeline.lake, page, [day(offset)], config.snapshots)


def scope(pipeline: PipelineFixture, first: int, last: int | None = None) -> Scope:
    """A date, or the dates of a month."""
    is_month = last is not None
    return Scope(day(first), day(last or first), pipeline.config, is_month)


def read_page(figures: Figures, code: str = "en") -> Any:
    """The rendered page as a tree."""
    return lxml_html.fromstring(render_report(figures, Language(code)))


def summarize(figures: Any) -> dict[str, tuple[int, int]]:
    """Breaks and money of each part of the movement, in CNY."""
    parts = ("opening", "new", "reopened", "cleared", "closing")
    return {part: (figures.total(part), figures.money(part).get("CNY", 0)) for part in parts}


def test_movement_goes_from_one_day_to_the_next(story: Story) -> None:
    """The late line of Y0 clears its break on day 3; the older ones stay."""
    days = [summarize(read_break_figures(story.lake, scope(story.pipeline, n))) for n in range(4)]
    older = (2, 10 + 200)
    assert days[0] == {"opening": (0, 0), "new": older, "reopened": (0, 0), "cleared": (0, 0),
                       "closing": older}  # fmt: skip
    assert days[1]["opening"] == days[1]["closing"] == older
    assert days[2]["new"] == (2, 700 + 2500)
    assert days[3] == {"opening": (4, 3410), "new": (0, 0), "reopened": (0, 0),
                       "cleared": (1, 2500), "closing": (3, 910)}  # fmt: skip
    month = summarize(read_break_figures(story.lake, scope(story.pipeline, 0, 3)))
    assert month == {"opening": (0, 0), "new": (4, 3410), "reopened": (0, 0),
                     "cleared": (1, 2500), "closing": (3, 910)}  # fmt: skip


def test_report_of_a_past_date_does_not_change(story: Story) -> None:
    """Day 2, reported before and after day 3 was run, has the same breaks, not today's."""
    before = story.as_of_day_2
    after = read_break_figures(story.lake, scope(story.pipeline, 2))
    assert after.movements == before.movements
    assert after.cells == before.cells
    assert before.total("closing") == 4


def test_break_that_a_file_sent_anew_closed_is_in_no_earlier_report(
    lake: Lake, tmp_path: Path
) -> None:
    """The runs of the earlier dates were repeated and say nothing of it; the day that closed it
    shows it go. A break that a late line closed stays in the reports of its days."""
    pipeline = PipelineFixture(tmp_path, lake)
    month = day(3).replace(day=1)
    rows = [
        {"closed_month": month, "channel": "bank", "break_id": closed_by, "state": "CLOSED",
         "opened_on": day(0), "closed_on": day(3), "closed_by": closed_by, "at_stake": 100,
         "last_event_on": day(3), "currency": "CNY", "reasons": ["INTERNAL_ONLY"]}
        for closed_by in ("REISSUED_STATEMENT", "CHANGED_SNAPSHOT", "LATE_MATCH")
    ]  # fmt: skip
    complete = [complete_row(BREAKS, row) for row in rows]
    change = DaysChange({month: rows_to_arrow(BREAKS, complete)})
    change_arrow_days(lake, BREAKS, "bank", lambda _: change)
    days = [summarize(read_break_figures(lake, scope(pipeline, n))) for n in range(4)]
    assert [one["closing"] for one in days] == [(1, 100), (1, 100), (1, 100), (0, 0)]
    assert days[3]["opening"] == days[3]["cleared"] == (3, 300)


def test_numbers_are_those_of_the_tables(story: Story) -> None:
    """Both are added up: the tables row by row in Python, the report by the engine."""
    figures = read_figures(story.lake, scope(story.pipeline, 0, 3))
    rows = story.lake.read_arrow(OUTCOMES, day(0), day(3)).to_pylist()
    rows = [row for row in rows if row["outcome"] != "SUSPENSE" or row["run_date"] == day(3)]
    counts = Counter(row["outcome"] for row in rows)
    assert {outcome: n for (_, outcome), n in figures.totals.rows.items()} == dict(counts)
    for side, own_id, amount in (("ours", "txn_id", "internal_amount"),
                                 ("theirs", "line_id", "statement_amount")):  # fmt: skip
        for outcome in counts:
            own = [row for row in rows if row["outcome"] == outcome and row[own_id]]
            tally = figures.totals.tally(side, [outcome])
            assert (tally.items, tally.money) == (len(own), sum(abs(row[amount]) for row in own))
    breaks = story.lake.read_arrow(BREAKS, date.min, date.max).to_pylist()
    stake = sum(row["at_stake"] for row in breaks if row["state"] == "OPEN")
    assert figures.breaks.money("closing") == {"CNY": stake}
    assert sum(money for _, money in figures.breaks.cells.values()) == stake
    assert figures.files.lines == figures.files.matched_lines == {"bank": 8}
    text = read_page(figures).text_content()
    assert "CNY 9.10" in text
    assert stake == 910


def test_waiting_money_is_that_of_each_run(story: Story) -> None:
    """X0 and Y0 wait after days 0 and 1, and break on day 2."""
    totals = read_totals(story.lake, scope(story.pipeline, 2))
    waiting = {day: (one.items, one.money) for (day, _, _), one in totals.waiting.items()}
    assert waiting == {day(0): (2, 3200), day(1): (2, 3200)}


def test_every_link_leads_to_rows_and_text_is_escaped(story: Story) -> None:
    """Numbers lead to lists that are there; a reference that is markup is shown as it is."""
    figures = read_figures(story.lake, scope(story.pipeline, 3))
    for code in ("en", "zh"):
        page = read_page(figures, code)
        ids = page.xpath("//@id")
        assert len(ids) == len({*ids})
        anchors = {href[1:] for href in page.xpath("//a/@href") if href.startswith("#")}
        assert anchors - {*ids} == set()
        assert len([one for one in anchors if one.startswith("rows-")]) > 5
        assert "<b>R0" in page.xpath("//td/text()")
        assert page.xpath("//b") == []


def test_gaps_are_named_before_any_figure(story: Story) -> None:
    """A date whose statement did not come, and breaks that do not follow the latest match."""
    figures = read_figures(story.lake, scope(story.pipeline, 4))
    notices = read_page(figures).xpath("//div[@class='notices']//li/text()")
    assert notices[0].startswith(f"bank {day(4)}: statement missing (bank/{day(4)}/")
    assert any("does not follow the latest match" in one for one in notices)
    unmatched = read_figures(story.lake, scope(story.pipeline, 5))
    assert unmatched.files.unmatched == {"bank": [day(5)]}
    assert "not matched" in read_page(unmatched).text_content()


@pytest.mark.slow
@pytest.mark.sail_only
def test_page_with_100_000_breaks_is_below_a_megabyte(lake: Lake, tmp_path: Path) -> None:
    """Lists are cut; their sums and the counts of the rest are whole."""
    pipeline = PipelineFixture(tmp_path, lake)
    known = complete_row(BREAKS, {
        "closed_month": date(9999, 12, 1), "channel": "bank", "class": "PAIR", "state": "OPEN",
        "opened_on": day(0), "last_event_on": day(0), "kind": "PAYMENT", "currency": "CNY",
        "reasons": ["AMOUNT_MISMATCH"], "action": "REVIEW",
    })  # fmt: skip
    rows = [
        known | {"break_id": f"b{n:015}", "at_stake": n, "our_ref": f"R{n:030}",
                 "channel_ref": f"C{n:040}"}
        for n in range(100_000)
    ]  # fmt: skip
    change = DaysChange({known["closed_month"]: rows_to_arrow(BREAKS, rows)})
    change_arrow_days(lake, BREAKS, "bank", lambda _: change)
    figures = read_figures(lake, scope(pipeline, 0))
    page = render_report(figures, Language("en"))
    assert len(page.encode()) < BYTES_MAX
    assert figures.breaks.money("closing") == {"CNY": sum(range(100_000))}
    shown = re.findall(r"([\d,]+) more rows, smaller ones", page)
    assert "99,950" in shown
