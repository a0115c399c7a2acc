"""One decision about many rows, limits with a second checker, and the queue, as commands.

Amounts in major units; channel bank.
"""

import json
from typing import Any

import pytest

from jobs.__main__ import main
from jobs.lake.tables import Lake
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PipelineFixture

pytestmark = pytest.mark.sail_only

#: Lines that are 1, 2, 3 and 50 fen below our 10.00; H is of another status, too.
LINES = {"B": "9.99", "C": "9.98", "D": "9.97", "E": "9.50", "H": "9.99"}


@pytest.fixture
def pipeline(lake: Lake, tmp_path) -> PipelineFixture:
    """A day of five breaks; two people may approve, and from 0.05 CNY on both must."""
    pipeline = PipelineFixture(tmp_path, lake)
    rules = "propose: [Ann]\napprove: [Bob, Eve]\nsecond_checker_above: {CNY: 5}\n"
    (tmp_path / "config" / "decisions.yaml").write_text(rules)
    lines = [file_line(name, amount) for name, amount in LINES.items() if name != "H"]
    pipeline.write_statement(0, *lines, file_line("H", "9.99", status="REVERSED"))
    pipeline.write_snapshot(0, *map(file_txn, LINES))
    pipeline.ingest(0)
    pipeline.match(0)
    return pipeline


def run(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, dict[str, Any], list[str]]:
    """Exit status, summary and lines of a `tieout decide`."""
    places = ["--lake", pipeline.lake.uri, "--config", str(pipeline.root / "config")]
    status = main(["decide", *words, *places, "--engine", "sail"])
    *lines, summary = capsys.readouterr().out.splitlines()
    return status, json.loads(summary), lines


def list_words(*more: str) -> tuple[str, ...]:
    """The words of a list of breaks in which only the amount differs."""
    place = ("--channel", "bank", "--business-date", str(day(0)))
    return ("propose", "accept", "--reason-code", "AMOUNT_MISMATCH", *place, *more,
            "--by", "ann", "--reason", "rounding")  # fmt: skip


def test_list_is_approved_at_once_and_lapses_by_item(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of B, C and D, at most 3 fen each, C is decided about already, and D changes before the
    approval: B alone is approved and accepted. The money of all needs two checkers, that of B one.
    """
    assert run(pipeline, capsys, "propose", "accept", "C", "--by", "ann", "--reason", "x")[0] == 0
    status, summary, lines = run(pipeline, capsys, *list_words("--at-most", "0.03", "CNY"))
    (proposal,) = summary["decisions"]
    assert status == 0
    assert [item["txn_id"] for item in proposal["items"]] == ["B", "D"]
    assert list(summary["left_out"]) == ["C"]
    assert "ACCEPT  bank 2026-11-16, 2 rows, 0.04 CNY" in lines[0]
    pipeline.write_snapshot(1, file_txn("D", "9.97"))
    pipeline.write_statement(1)
    pipeline.ingest(1)
    pipeline.match(1)
    status, summary, lines = run(
        pipeline, capsys, "approve", proposal["decision_id"], "--by", " BOB "
    )
    assert status == 0 and list(summary["left_out"]) == ["D"]
    assert lines[-1].startswith("    left out: D is SUCCEEDED 9.97 CNY since 2026-11-17")
    pipeline.match(1)
    matched = [row[0] for row in pipeline.outcomes(0, "txn_id", "outcome") if row[1] == "MATCHED"]
    assert matched == ["B"]
    states = {
        item["txn_id"]: item["state"]
        for row in run(pipeline, capsys, "list")[1]["decisions"]
        for item in row["items"]
    }
    assert states == {"B": "IN FORCE", "C": "PROPOSED", "D": "REJECTED"}
    status, summary, _ = run(pipeline, capsys, *list_words("--at-most", "0.02", "CNY"))
    assert status == 2 and summary["errors"][0].startswith("NOTHING_LEFT: C: d-")


@pytest.mark.nightly
def test_money_above_the_limit_needs_two_checkers(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """All four, 0.56 CNY: ann may not approve, bob alone is not enough, and says it twice."""
    status, summary, _ = run(pipeline, capsys, *list_words())
    own = summary["decisions"][0]["decision_id"]
    assert (status, len(summary["decisions"][0]["items"])) == (0, 4)
    refused = [
        (("propose", "accept", "B", "--by", "eve", "--reason", "x"), "NOT_PERMITTED: eve"),
        (("approve", own, "--by", "ann"), "NOT_PERMITTED: ann"),
        (("reject", own, "--by", "zoe", "--reason", "x"), "NOT_PERMITTED: zoe"),
    ]
    for words, text in refused:
        status, summary, _ = run(pipeline, capsys, *words)
        assert status == 2 and summary["errors"][0].startswith(text)
    for _ in range(2):
        status, summary, _ = run(pipeline, capsys, "approve", own, "--by", "bob")
        assert (status, summary["decisions"][0]["step"]) == (0, "CHECKED")
    assert summary["already"]
    _, summary, lines = run(pipeline, capsys, "queue")
    assert [row["decision_id"] for row in summary["queue"]] == [own]
    assert lines[0].split() == [
        "decision", "waits", "effect", "channel", "run", "date", "rows", "at", "stake",
        "proposed", "by", "needs",
    ]  # fmt: skip
    assert lines[1].split()[:3] == [own, "0", "min"]
    assert lines[1].endswith("4     0.56 CNY  ann          1 more, bob approved")
    pipeline.match(0)
    assert not any(row[0] == "MATCHED" for row in pipeline.outcomes(0, "outcome"))
    status, summary, _ = run(pipeline, capsys, "approve", own, "--by", "Eve")
    assert (status, summary["decisions"][0]["step"]) == (0, "APPROVED")
    pipeline.match(0)
    outcomes = [row[0] for row in pipeline.outcomes(0, "outcome")]
    assert (outcomes.count("MATCHED"), outcomes.count("BREAK")) == (4, 1)
    assert run(pipeline, capsys, "queue")[2] == ["no decision waits for approval"]


def test_names_may_come_from_the_system_only(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody may say another name then; and without --config nobody may decide at all."""
    monkeypatch.setenv("LOGNAME", "ann")
    (pipeline.root / "config" / "decisions.yaml").write_text("names: system\n")
    status, summary, _ = run(pipeline, capsys, *list_words())
    assert status == 2 and summary["errors"][0].startswith("NOT_PERMITTED: --by ann: you are ")
    words = ["decide", "propose", "accept", "B", "--reason", "x", "--lake", pipeline.lake.uri]
    monkeypatch.delenv("TIEOUT_CONFIG", raising=False)
    assert main(words) == 2
    assert "--config is missing" in capsys.readouterr().out
