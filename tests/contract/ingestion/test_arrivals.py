"""Whatever came: files of any date are taken in once, and what they make due is run."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs.__main__ import main
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture

pytestmark = pytest.mark.sail_only
Tieout = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def pipeline(spark: object, tmp_path: Path) -> PipelineFixture:
    """A configuration and an inbox; commands make the lake, in the session of all tests."""
    (tmp_path / "inbox").mkdir()
    return PipelineFixture(tmp_path, lake=None)  # type: ignore[arg-type]


@pytest.fixture
def tieout(pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]) -> Tieout:
    """Runs a command on the pipeline; returns its exit status and its summary."""

    def run(job: str, *words: str) -> tuple[int, dict[str, Any]]:
        root = pipeline.root
        places = ["--lake", str(root / "lake"), "--config", str(root / "config")]
        if job in ("ingest", "run", "inbox"):
            places += ["--inbox", str(pipeline.inbox)]
        if "--no-quality" not in words and job in ("ingest", "run", "match"):
            places.append("--no-quality")
        status = main([job, *places, "--engine", "sail", *words])
        return status, json.loads(capsys.readouterr().out.splitlines()[-1])

    return run


def write_day(pipeline: PipelineFixture, offset: int) -> None:
    """A statement and a snapshot that agree."""
    pipeline.write_statement(offset, file_line(f"A{offset}"))
    pipeline.write_snapshot(offset, file_txn(f"A{offset}"))


def dates_of(summary: dict[str, Any]) -> list[str]:
    return [each["business_date"] for each in summary["dates"]]


def test_new_files_are_taken_in_once(pipeline: PipelineFixture, tieout: Tieout) -> None:
    """T and T+2 came; then nothing new; then a new version of T and, with the same bytes and a new
    time, the files of T+2: only T is taken in.
    """
    write_day(pipeline, 0)
    write_day(pipeline, 2)
    status, summary = tieout("ingest")
    assert (status, dates_of(summary)) == (0, [str(day(0)), str(day(2))])
    assert tieout("ingest")[1]["dates"] == []
    pipeline.write_statement(0, file_line("A0", "9.99"))
    for path in pipeline.inbox.rglob(f"*{day(2)}/*"):
        os.utime(path, (1, 1))
    listed = {row["file"]: row["standing"] for row in tieout("inbox")[1]["files"]}
    assert listed[f"bank/{day(0)}/lines.csv"] == "changed"
    assert sorted(listed.values()) == ["changed", *["ingested"] * 3]
    assert dates_of(tieout("ingest")[1]) == [str(day(0))]


def test_run_takes_in_whatever_came_and_what_was_never_ingested(
    pipeline: PipelineFixture, tieout: Tieout
) -> None:
    """T, T+1 and T+3 lie in the inbox. Run for T+1: T first. Then without a date: T+3, and T+2 is
    recorded as looked for. Then a late file for T+2: it runs, and T+3 again.
    """
    for offset in (0, 1, 3):
        write_day(pipeline, offset)
    status, summary = tieout("run", "--business-date", str(day(1)))
    assert (status, dates_of(summary)) == (0, [str(day(0)), str(day(1))])
    assert [run["result"] for run in summary["runs"]] == ["DONE", "DONE"]
    status, summary = tieout("run")
    assert (status, dates_of(summary)) == (3, [str(day(3))])
    assert summary["faults"] == [
        f"STATEMENT_MISSING: bank {day(2)}: no file came that fits"
        " bank/{business_date:%Y-%m-%d}/*.csv*"
    ]
    runs = [(run["business_date"], run["result"]) for run in summary["runs"]]
    assert runs == [(str(day(2)), "STATEMENT_MISSING"), (str(day(3)), "DONE")]
    write_day(pipeline, 2)
    status, summary = tieout("run")
    assert (status, dates_of(summary)) == (0, [str(day(2))])
    runs = [(run["business_date"], run["result"]) for run in summary["runs"]]
    assert runs == [(str(day(2)), "DONE"), (str(day(3)), "DONE")]
    exported = [export["run_date"] for export in summary["exports"]]
    assert exported == [str(day(2)), str(day(3))], "also the later date is exported anew"
    assert tieout("run")[1]["runs"] == []


def test_ingested_dates_that_never_ran_are_due(pipeline: PipelineFixture, tieout: Tieout) -> None:
    """After ingest alone nothing in the inbox is new: run matches the date all the same."""
    write_day(pipeline, 0)
    tieout("ingest")
    status, summary = tieout("run")
    assert (status, [run["result"] for run in summary["runs"]]) == (0, ["DONE"])


def test_match_names_dates_that_were_never_ingested(
    pipeline: PipelineFixture, tieout: Tieout
) -> None:
    """Only T+1 was ingested: match ends with 3, and no day is invented."""
    write_day(pipeline, 0)
    write_day(pipeline, 1)
    tieout("ingest", "--business-date", str(day(1)))
    status, summary = tieout("match", "--business-date", str(day(1)))
    assert (status, {run["result"] for run in summary["runs"]}) == (3, {"NOT_INGESTED"})
    assert f"bank {day(0)}: never ingested" in summary["runs"][0]["faults"][0]
    status, summary = tieout("export", "--business-date", str(day(1)))
    assert (status, summary["exports"]) == (3, []), "no export of a date that was not matched"
    assert not (pipeline.root / "lake/exports").exists()


def test_files_that_are_not_taken_in_are_named(pipeline: PipelineFixture, tieout: Tieout) -> None:
    """A file that fits no pattern and one of a date to come: named, exit 3, the rest is done. With
    --channel, files of others are not looked at; with --future the date is taken in.
    """
    write_day(pipeline, 0)
    pipeline.write_statement(40_000, file_line("A9"))
    pipeline.write_file(f"bank/{day(0)}.csv", "x")
    status, summary = tieout("ingest")
    assert (status, dates_of(summary)) == (3, [str(day(0))])
    assert [fault.split(":")[0] for fault in summary["faults"]] == ["UNKNOWN_FILE", "FUTURE_FILE"]
    status, summary = tieout("ingest", "--future", "--channel", "bank")
    assert (status, dates_of(summary), summary["faults"]) == (3, [str(day(40_000))], [])


def test_inbox_needs_no_lake_and_changes_nothing(pipeline: PipelineFixture, tieout: Tieout) -> None:
    """What came, what fits no pattern, what has not come; a second channel comes in parts."""
    parts = PAGE.replace("channel: bank", "channel: hours").replace(
        '"bank/{business_date:%Y-%m-%d}/*.csv*"',
        '"hours/{business_date}_{part}.csv"\n  parts: [a, b]',
    )
    pipeline.write_profile(parts, "hours")
    write_day(pipeline, 0)
    pipeline.write_file(f"hours/{day(0)}_a.csv", "x")
    pipeline.write_file("hours/notes.txt", "x")
    status, summary = tieout("inbox", "--business-date", str(day(0)), "--through", str(day(1)))
    assert status == 0 and not (pipeline.root / "lake").exists()
    rows = [(row["channel"], row["part"], row["standing"]) for row in summary["files"]]
    assert rows == [("bank", "all", "new"), ("hours", "a", "new"), ("snapshot", "all", "new")]
    assert summary["missing"] == [
        f"missing: bank {day(1)}: bank/{{business_date:%Y-%m-%d}}/*.csv*",
        f"missing: hours {day(0)}: b: hours/{{business_date}}_{{part}}.csv",
        f"missing: hours {day(1)}: hours/{{business_date}}_{{part}}.csv",
        f"missing: our snapshot {day(1)}: internal/{{business_date:%Y-%m-%d}}/*",
    ]
    assert [text.split(":")[1] for text in tieout("inbox")[1]["unknown"]] == [" hours/notes.txt"]


@pytest.mark.parametrize("job", ["ingest", "match", "run"])
def test_date_to_come_is_refused(tieout: Tieout, pipeline: PipelineFixture, job: str) -> None:
    """Later than today in the channel's zone: exit 2, nothing made."""
    pipeline.write_profile(PAGE.replace("Asia/Shanghai", "Pacific/Kiritimati"))
    status, summary = tieout(job, "--business-date", "2999-01-01")
    assert status == 2
    assert any("2999-01-01 is later than today" in error for error in summary["errors"])
    assert not (pipeline.root / "lake").exists()
