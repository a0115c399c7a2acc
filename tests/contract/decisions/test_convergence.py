"""A late file after decisions gives the same rows as the clean order, and says what became of them.

Amounts in major units; channel bank; what has no partner breaks at once.
"""

from pathlib import Path

import pytest

from jobs.decisions.standing import list_decisions
from jobs.lake.tables import Lake
from schemas.tables import DECISIONS, OPEN_ITEMS, OUTCOMES
from schemas.vocabulary import Effect
from tests.support.decision_steps import settle
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture

pytestmark = pytest.mark.sail_only
ROW = ("outcome", "reasons", "action", "txn_id", "line_no")


def write_files(pipeline: PipelineFixture) -> None:
    """The files of three days without the statement of day 0: B is 1 fen short on day 1, nothing
    comes for N, and the line of P comes on day 2.
    """
    pipeline.write_snapshot(0, file_txn("B"), file_txn("N"))
    pipeline.write_snapshot(1, file_txn("P"))
    pipeline.write_snapshot(2)
    pipeline.write_statement(1, file_line("B", "9.99"))
    pipeline.write_statement(2, file_line("P"))


def write_late_file(pipeline: PipelineFixture) -> None:
    """The statement of day 0, with the line of N."""
    pipeline.write_statement(0, file_line("N"))


def all_rows(pipeline: PipelineFixture) -> list[tuple[object, ...]]:
    """Outcomes and open items of the three days; a time without its zone is in UTC."""
    return [
        (table.name, offset, *map(str, sorted(row.asDict().items())))
        for table in (OUTCOMES, OPEN_ITEMS)
        for offset in range(3)
        for row in sorted(pipeline.lake.read_day(table, day(offset)).collect(), key=str)
    ]


@pytest.mark.nightly
def test_late_file_after_decisions_gives_the_rows_of_the_clean_order(
    lake: Lake, tmp_path: Path
) -> None:
    """On day 1 B is accepted, N and P are written off. On day 2 the line of P overtakes its
    write-off. Then the statement of day 0 comes: N matches there, so its write-off is stale; the
    row of B is LATE now, and stays accepted.
    """
    page = PAGE.replace("{internal: 2, statement: 2}", "{internal: 0, statement: 0}")
    pipeline = PipelineFixture(tmp_path, lake, page)
    write_files(pipeline)
    pipeline.ingest(0, 1, 2)
    pipeline.match(1)
    accept = settle(lake, Effect.ACCEPT, "B")
    write_offs = [settle(lake, Effect.WRITE_OFF, name) for name in ("N", "P")]
    summaries = pipeline.match(2)
    assert [row.overtaken_decisions for row in summaries] == [(), (write_offs[1],)]
    assert ("MATCHED", "LATE", "NONE", "P", 2) in pipeline.outcomes(2, *ROW)
    assert pipeline.open_items(2, "txn_id", "written_off") == [("N", write_offs[0])]
    write_late_file(pipeline)
    pipeline.ingest(0)
    summaries = pipeline.match(2)
    assert [row.stale_decisions for row in summaries] == [(), (write_offs[0],), ()]
    assert ("MATCHED", "AMOUNT_MISMATCH+LATE", "NONE", "B", 2) in pipeline.outcomes(1, *ROW)
    assert {row["decision_id"]: row["state"] for row in list_decisions(lake, [], [])} == {
        accept: "IN FORCE",
        write_offs[0]: "STALE",
        write_offs[1]: "OVERTAKEN",
    }
    clean = PipelineFixture(
        tmp_path / "clean", Lake(lake.spark, f"{tmp_path}/second").prepare(), page
    )
    write_late_file(clean)
    write_files(clean)
    clean.lake.append_rows(DECISIONS, lake.read_rows(DECISIONS))
    clean.ingest(0, 1, 2)
    clean.match(2)
    assert all_rows(clean) == all_rows(pipeline)
