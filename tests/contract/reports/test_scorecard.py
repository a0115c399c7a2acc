"""The scorecard of a month, from files to a page."""

import os
from pathlib import Path

from jobs.cli.console import Report
from jobs.export import export_dates
from jobs.lake.tables import Lake
from jobs.reports.day_page.builder import Builder
from jobs.reports.day_page.scope import Scope
from jobs.reports.html.language import Language
from jobs.reports.html.render import render_page
from jobs.reports.scorecard.figures import read_scorecards
from jobs.reports.scorecard.page import build_scorecards
from jobs.reports.scorecard.text import render_cards, to_json
from schemas.tables import SETTLEMENT_CHECKS
from tests.support.ledger import at, day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture
from tests.support.small_lake import put

DUE_PAGE = PAGE.replace("files:\n", 'files:\n  due: "10:00"\n')


def test_scorecard_counts_what_the_channel_did(lake: Lake, tmp_path: Path) -> None:
    """Five dates: in time, a minute late, re-issued, refused and sent again, missing.

    N2 is a line without a transaction. Y0 breaks on day 2 and its line comes on day 3, late; B0
    differs by 0.10.
    """
    pipeline = PipelineFixture(tmp_path, lake, DUE_PAGE)
    lines = {0: [file_line("A0"), file_line("B0", "9.90")], 1: [file_line("A1")],
             2: [file_line("A2")], 3: [file_line("A3"), file_line("Y0", "25.00")]}  # fmt: skip
    txns = {0: [file_txn("A0"), file_txn("B0"), file_txn("Y0", "25.00")]}
    came = {0: "10:00", 1: "10:01", 2: "9", 3: "9"}

    def receive(offset: int, clock: str, *rows: dict) -> None:
        path = pipeline.write_statement(offset, *rows)
        moment = at(clock, offset + 1).timestamp()
        os.utime(path, (moment, moment))
        pipeline.ingest(offset)

    for offset in range(4):
        pipeline.write_snapshot(offset, *txns.get(offset, [file_txn(f"A{offset}")]))
        if offset == 3:
            receive(offset, "8", file_line("A3", "oops"))
        receive(offset, came[offset], *lines[offset])
        if offset == 2:
            receive(offset, "15", *lines[offset], file_line("N2", "1.00"))
        pipeline.match(offset)
    pipeline.write_snapshot(4, file_txn("A4"))
    pipeline.ingest(4)
    pipeline.match(4)
    config = pipeline.config
    days = [day(n) for n in range(5)]
    export_dates(Report({}, []), lake, config.profiles["bank"], days, config.snapshots)
    batch = {"batch": "B1", "batch_no": 1, "per": "", "currency": "CNY", "expected": 1000,
             "credited": 900, "due_date": day(1), "result": "SHORT", "action": "CLAIM"}  # fmt: skip
    put(lake, SETTLEMENT_CHECKS, day(2), "bank", batch)

    month = Scope(day(-15), day(4), config, True)
    (card,) = read_scorecards(lake, month)
    assert card.lines == 7
    assert card.files.in_time == 3
    assert [one.day for one in card.files.late] == [day(1)]
    assert card.files.missing == [day(4)]
    assert (card.files.reissues, card.files.refused.total()) == (1, 1)
    assert (card.late_lines.count, card.late_lines.money) == (1, {"CNY": 2500})
    assert {reason: (one.count, one.money) for reason, one in card.breaks.items()} == {
        "AMOUNT_MISMATCH": (1, {"CNY": 10}),
        "INTERNAL_ONLY": (1, {"CNY": 2500}),
        "STATEMENT_ONLY": (1, {"CNY": 100}),
    }
    # Due on day 1: nothing is known to lack before the run of day 2, then 1.00 on two days.
    assert (card.late_money["CNY"].days_max, card.late_money["CNY"].day_money) == (2, 200)
    assert card.claims["batches paid short"].money == {"CNY": 100}

    data = to_json(card)
    assert data["breaks"]["AMOUNT_MISMATCH"]["per_million"] == "142857.1"
    text = "\n".join(render_cards([card], "2026-11", Language("en")))
    assert "3 of 5 dates in time, at most 0:01 hours late, 1 not whole" in text
    for code in ("en", "zh"):
        builder = Builder(month, Language(code), 0, ())
        page = render_page(build_scorecards(builder, [card], day(4)))
        assert "142,857.1" in page
