"""`tieout status`: how far a date is, what is missing, what runs again, what to do next."""

import json
import re
from typing import Any

import pytest

from jobs.__main__ import main
from jobs.lake.tables import Lake
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PipelineFixture

CARD = 'channel: bank\nentries:\n  - {name: standard, rate: "0.0060"}\n'


def status(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str], *words: str
) -> dict[str, Any]:
    """The JSON summary of the command."""
    place = ["--lake", pipeline.lake.uri, "--config", str(pipeline.root / "config")]
    assert main(["status", *place, *words]) == 0
    summary: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return summary


@pytest.mark.sail_only
def test_status_follows_the_day(
    lake: Lake, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A day without a statement, with a refused one, with a right one, and after a late change of
    the day before: each time the screen names what is missing, and the command to run.
    """
    pipeline = PipelineFixture(tmp_path, lake)
    (tmp_path / "config/fee_schedules").mkdir()
    (tmp_path / "config/fee_schedules/bank.yaml").write_text(CARD)
    place = ["--lake", lake.uri, "--config", str(tmp_path / "config")]
    run = ["run", *place, "--inbox", str(pipeline.inbox), "--no-quality"]
    pipeline.write_statement(0, file_line("A", fee="0.08"), file_line("B", "9.99"))
    pipeline.write_snapshot(0, file_txn("A"), file_txn("B"))
    pipeline.write_snapshot(1, file_txn("C"))
    assert main([*run, "--business-date", str(day(0)), "--through", str(day(1))]) == 3
    capsys.readouterr()

    absent = status(pipeline, capsys)
    (one,) = absent["days"]
    assert (one["business_date"], one["statement"]["state"]) == (str(day(1)), "absent")
    assert (one["our_side"]["rows"], one["closed"]) == (1, False)
    assert absent["next"][0]["text"].startswith("the statement is absent: bank/2026-11-17/*.csv*")
    assert absent["next"][0]["command"] == f"tieout run --business-date {day(1)} --channel bank"

    assert (one["statement"]["due_at"], one["statement"]["is_late"]) == (None, False)
    page = tmp_path / "config/channels/bank.yaml"
    with_due = re.sub(r"( *)(\"?pattern)", r'\1due: "09:30"\n\1\2', page.read_text(), count=1)
    page.write_text(with_due)
    late = status(pipeline, capsys)
    assert late["days"][0]["statement"]["is_late"]
    assert "; it was due at 2026-11-18 01:30 UTC" in late["next"][0]["text"]

    before = status(pipeline, capsys, "--business-date", str(day(0)))
    (one,) = before["days"]
    assert one["closed"]
    assert (one["match"]["counts"]["matched"], one["match"]["counts"]["break"]) == (1, 1)
    assert one["match"]["amounts"] == {"CNY": 1}
    assert [step["text"] for step in before["next"]] == [
        "breaks: 1, CNY 0.01 at stake",
        "wrong fees: 1, CNY +0.02 in sum",
    ]

    pipeline.write_file(f"bank/{day(0)}/again.csv", "our_ref,amount\nA,ten\n")
    pipeline.ingest(0)
    again = status(pipeline, capsys, "--business-date", str(day(0)))
    (one,) = again["days"]
    assert (one["statement"]["state"], one["match"]["state"], one["closed"]) == (
        "whole", "done", False,
    )  # fmt: skip
    assert again["next"][0]["text"].startswith(
        "a newer file was refused, the older one is in force: "
    )
    (pipeline.inbox / f"bank/{day(0)}/again.csv").unlink()

    pipeline.write_file(f"bank/{day(1)}/lines.csv", "our_ref,amount\nC,ten\n")
    pipeline.ingest(1)
    refused = status(pipeline, capsys)
    (one,) = refused["days"]
    assert (one["statement"]["state"], len(one["statement"]["refused_ids"])) == ("refused", 1)
    assert "put a right file into the inbox" in refused["next"][0]["text"]

    pipeline.write_statement(1, file_line("C"), name="right.csv")
    (pipeline.inbox / f"bank/{day(1)}/lines.csv").unlink()
    pipeline.write_statement(0, file_line("A"), file_line("B", "10.00"))
    pipeline.ingest(0, 1)
    both = status(pipeline, capsys, "--business-date", str(day(0)), "--through", str(day(1)))
    assert [one["match"]["state"] for one in both["days"]] == ["stale", "stale"]
    assert {step["command"] for step in both["next"]} >= {
        f"tieout match --channel bank --business-date {day(0)} --through {day(1)}"
    }
    pipeline.match(0, 1)
    matched = status(pipeline, capsys, "--business-date", str(day(0)))
    (one,) = matched["days"]
    assert [one[step]["state"] for step in ("match", "fees", "export")] == [
        "done",
        "stale",
        "stale",
    ]


def test_screen_on_a_terminal(
    lake: Lake, tmp_path: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A channel of which nothing has run yet."""
    pipeline = PipelineFixture(tmp_path, lake.prepare())
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    place = ["--lake", lake.uri, "--config", str(tmp_path / "config")]
    assert main(["status", *place, "--business-date", str(day(0))]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{day(0)} Monday: 0 of 1 channels are done")
    assert lines[2].split() == [
        "bank", "absent", "0", "absent", *["not", "run"] * 4, "-", "-", "not", "run"
    ]  # fmt: skip
    assert "Next:" in lines
    assert pipeline.lake.uri not in "\n".join(lines)
