"""The commands as a person or a scheduler starts them: exit status and last-line JSON."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from jobs.__main__ import main
from jobs.cli.help_texts import PURPOSES
from tests.support.ledger import day, file_line, file_txn
from tests.support.paths import ROOT
from tests.support.pipeline_fixture import LINE_COLUMNS, PipelineFixture


@pytest.fixture
def pipeline(tmp_path: Path) -> PipelineFixture:
    """Two good days of one channel."""
    new_pipeline = PipelineFixture(tmp_path, lake=None)  # type: ignore[arg-type]
    for offset in (0, 1):
        new_pipeline.write_statement(
            offset, file_line(f"A{offset}"), file_line(f"B{offset}", "9.99")
        )
        new_pipeline.write_snapshot(offset, file_txn(f"A{offset}"), file_txn(f"B{offset}"))
    return new_pipeline


def arguments(pipeline: PipelineFixture, job: str, *more: str) -> list[str]:
    """A command line for the pipeline's first day."""
    command = [
        job,
        "--lake",
        str(pipeline.root / "lake"),
        "--config",
        str(pipeline.root / "config"),
        "--business-date",
        str(day(0)),
        *more,
    ]
    return command + (["--inbox", str(pipeline.inbox)] if job in ("ingest", "run") else [])


def run_process(command: list[str], cwd: Path, **env: str) -> tuple[int, dict, str]:
    """Exit status, the last line of stdout as JSON, and stderr."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable,
             "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **env},
    )  # fmt: skip
    lines = done.stdout.strip().splitlines()
    assert lines, done.stderr[-3000:]
    return done.returncode, json.loads(lines[-1]), done.stderr


@pytest.mark.parametrize("job", sorted(PURPOSES))
def test_help_has_purpose_and_example(job: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each --help shows the purpose of the command and an example to copy."""
    with pytest.raises(SystemExit) as exit_info:
        main([job, "--help"])
    output = capsys.readouterr().out
    assert exit_info.value.code == 0
    assert f"{PURPOSES[job][0].upper()}{PURPOSES[job][1:]}." in " ".join(output.split())
    assert f"tieout {job} --lake lake" in output


def test_help_lists_commands_and_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    """`tieout --help` names every command and the exit status."""
    with pytest.raises(SystemExit):
        main(["--help"])
    output = capsys.readouterr().out
    assert all(job in output for job in PURPOSES)
    assert "3 a check stopped a file or a channel" in " ".join(output.split())


@pytest.mark.sail_only
@pytest.mark.slow
def test_single_commands_and_run_give_the_same_rows(
    pipeline: PipelineFixture, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Six commands, or `tieout run` in its own process: the same outcomes and exports."""
    jobs = ("ingest", "match", "check_fees", "export", "check_settlement", "check_orders")
    for job in jobs:
        status = main([*arguments(pipeline, job), "--engine", "sail"])
        summary = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert (status, summary["exit"], summary["job"]) == (0, 0, job)
    steps = (pipeline.root / "lake/exports" / str(day(0)) / "bank/breaks.csv").read_bytes()
    command = arguments(pipeline, "run", "--engine", "sail", "--through", str(day(1)))
    command[command.index("--lake") + 1] = str(tmp_path / "other")
    tieout = str(Path(sys.executable).parent / "tieout")
    program = [tieout] if Path(tieout).exists() else [sys.executable, "-m", "jobs"]
    status, summary, _ = run_process([*program, *command], ROOT)
    assert status == 0
    counts = [(run["business_date"], run["counts"]["matched"], run["counts"]["break"])
              for run in summary["runs"]]  # fmt: skip
    assert counts == [(str(day(0)), 1, 1), (str(day(1)), 1, 1)]
    at_once = tmp_path / "other/exports" / str(day(0)) / "bank/breaks.csv"
    assert at_once.read_bytes() == steps
    assert set(summary["seconds"]) >= {"session", "ingest", "match", "export"}


def test_all_wrong_arguments_are_reported_together(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bad date, an unknown channel and engine, no lake: all are reported, exit 2."""
    status = main(
        [
            "match",
            "--config",
            str(pipeline.root / "config"),
            "--business-date",
            "2026-13-01",
            "--channel",
            "nobody",
            "--engine",
            "duck",
        ]
    )
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (status, summary["exit"]) == (2, 2)
    output = "\n".join(summary["errors"])
    for part in ("--lake is missing", "'2026-13-01' is not a date", "--channel nobody", "'duck'"):
        assert part in output


def test_empty_reference_is_refused(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty REF, for example from an unset variable: exit 2, not a search for everything."""
    assert main(arguments(pipeline, "explain", "  ")) == 2
    assert "REF is empty" in capsys.readouterr().out


@pytest.mark.sail_only
def test_reading_commands_open_no_session(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """explain, files and decide list open no session. A command that matches or reads lines opens
    one, and every command below `spark-submit`: a cluster takes a driver without one for failed.
    """
    monkeypatch.setenv("TIEOUT_ENGINE", "sail")
    assert main(arguments(pipeline, "run", "--no-quality")) == 0

    def fail_to_open(engine: str | None) -> None:
        raise ConnectionError("a session was opened")

    monkeypatch.setattr("jobs.cli.lake_session.open_session", fail_to_open)
    list_decisions = ["decide", "list", "--lake", str(pipeline.root / "lake")]
    for command in (
        arguments(pipeline, "explain", "B0"),
        arguments(pipeline, "files"),
        list_decisions,
    ):
        assert main(command) == 0, command
    assert "amount: internal 10.00, statement 9.99" in capsys.readouterr().out
    accept = ["accept", "0" * 64, "--reason", "seen"]
    for job, *more in (["explain", "B0", "--match-alone"], ["match"], ["files", *accept]):
        assert main(arguments(pipeline, job, *more)) == 1, job
        assert "a session was opened" in capsys.readouterr().out
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    assert main(arguments(pipeline, "explain", "B0")) == 1


WRONG = """channel: bank
dialect: nosuch
zone: Asia/Peking
first_date: 2026-11-16
files:
  pattern: "bank/*.csv"
  patern: x
match:
  passes:
    - our_ref
    - {name: by_amount, on: [amount]}
  window: {internal: -1}
"""


def test_all_configuration_faults_are_reported_together(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong pages: all faults with file and line, exit 2, and no lake is created."""
    pipeline.write_profile(WRONG)
    (pipeline.root / "config/fee_schedules").mkdir()
    (pipeline.root / "config/fee_schedules/bank.yaml").write_text(
        "channel: bank\nentries:\n  - name: all\n    rate: 0.006\n"
    )
    (pipeline.root / "config/channels/broken.yaml").write_text("a: [1\n")
    status = main(arguments(pipeline, "match"))
    errors = json.loads(capsys.readouterr().out.splitlines()[-1])["errors"]
    errors = [error.replace(str(pipeline.root), "") for error in errors]
    assert status == 2
    for part in ("bank.yaml:3: zone:", "bank.yaml:6: files", "bank.yaml:7: files.patern:",
                 "bank.yaml:11: match.passes[1]", "bank.yaml:12: match.window.internal:",
                 "bank.yaml:4: entries[0].rate:", "broken.yaml:"):  # fmt: skip
        assert any(part in error for error in errors), f"{part} not in {errors}"
    assert any(
        "by_amount names amount without currency; add currency to `on`" in error for error in errors
    )
    assert not (pipeline.root / "lake").exists()


@pytest.mark.sail_only
@pytest.mark.slow
def test_missing_statement_exits_with_3(pipeline: PipelineFixture) -> None:
    """A day without a statement: the command finishes the rest, reports it and exits with 3."""
    (pipeline.inbox / "bank" / str(day(0)) / "lines.csv").unlink()
    status, summary, stderr = run_process(
        [sys.executable, "-m", "jobs", *arguments(pipeline, "run", "--engine", "sail")], ROOT
    )
    assert (status, summary["runs"][0]["result"]) == (3, "STATEMENT_MISSING")
    assert "STATEMENT_MISSING: bank 2026-11-16" in stderr
    lake = str(pipeline.root / "lake")
    assert (summary["new_lake"], f"made a new lake at {lake}" in stderr) == (lake, True)
    assert summary["runs"][0]["counts"]["suspense"] == 2


@pytest.mark.sail_only
def test_day_without_any_file_exits_with_3(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No statement, no snapshot, nothing open: a line of zeros for the channel, exit 3."""
    monkeypatch.setenv("TIEOUT_ENGINE", "sail")
    for folder in ("bank", "internal"):
        shutil.rmtree(pipeline.inbox / folder)
    status = main(arguments(pipeline, "run"))
    *lines, last = capsys.readouterr().out.splitlines()
    assert (status, json.loads(last)["runs"][0]["result"]) == (3, "STATEMENT_MISSING")
    assert lines[0].split()[:4] == [str(day(0)), "bank", "0", "lines"]


@pytest.mark.sail_only
def test_unexpected_failure_exits_with_1(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table's log is damaged: exit 1 and one JSON line with the error."""
    log = pipeline.root / "lake/statement_files/_delta_log/00000000000000000000.json"
    log.parent.mkdir(parents=True)
    log.write_text("no JSON")
    status = main([*arguments(pipeline, "ingest"), "--engine", "sail"])
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (status, summary["exit"]) == (1, 1)
    assert summary["errors"]


@pytest.mark.spark
@pytest.mark.slow
def test_command_runs_under_spark_submit(pipeline: PipelineFixture, tmp_path: Path) -> None:
    """`spark-submit jobs/match.py` in local[2], from another folder, after an ingest on Sail."""
    from jobs.engine.delta_jars import jar_paths

    ingest = [sys.executable, "-m", "jobs", *arguments(pipeline, "ingest", "--engine", "sail")]
    status, _, stderr = run_process([*ingest, "--no-quality"], ROOT)
    assert status == 0, stderr[-3000:]
    status, summary, stderr = run_process(
        ["spark-submit", "--master", "local[2]",
         "--jars", ",".join(str(path) for path in jar_paths()), str(ROOT / "jobs/match.py"),
         *arguments(pipeline, "match", "--no-quality")[1:]], tmp_path,
    )  # fmt: skip
    assert (status, summary["exit"]) == (0, 0), stderr[-3000:]
    assert summary["runs"][0]["counts"] | {"matched": 1, "break": 1} == summary["runs"][0]["counts"]


@pytest.mark.spark
@pytest.mark.slow
def test_executors_run_from_the_packed_zip(pipeline: PipelineFixture, tmp_path: Path) -> None:
    """On a local-cluster whose executors have only the zip, its workers parse the lines."""
    import pyspark

    from jobs.engine.delta_jars import jar_paths

    package = tmp_path / "tieout.zip"
    with zipfile.ZipFile(package, "w") as archive:
        for room in ("jobs", "schemas"):
            for path in sorted((ROOT / room).rglob("*.py")):
                archive.write(path, path.relative_to(ROOT))
    entry = tmp_path / "elsewhere" / "ingest.py"
    entry.parent.mkdir()
    entry.write_bytes((ROOT / "jobs/ingest.py").read_bytes())
    rows = "".join(f"N{i:09},C{i:09},PAYMENT,SUCCEEDED,10.00,0.06,CNY,{day(0)} 12:00:00,M1\n"
                   for i in range(250_000))  # fmt: skip
    pipeline.write_file(f"bank/{day(0)}/lines.csv", ",".join(LINE_COLUMNS) + "\n" + rows)
    command = [
        "spark-submit", "--master", "local-cluster[1,1,1024]", "--conf", "spark.executor.memory=1g",
        "--jars", ",".join(str(path) for path in jar_paths()), "--py-files", str(package),
        str(entry), *arguments(pipeline, "ingest", "--no-quality")[1:],
    ]  # fmt: skip
    home = str(Path(pyspark.__file__).parent)
    status, summary, stderr = run_process(
        command, entry.parent, SPARK_HOME=home, PYTHONPATH="", PYTHONSAFEPATH="1",
    )  # fmt: skip
    assert (status, summary["exit"]) == (0, 0), stderr[-3000:]
    assert summary["dates"][0]["channels"]["bank"]["lines"] == 250_000
