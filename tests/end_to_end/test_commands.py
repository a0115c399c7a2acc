"""The commands as a person or a scheduler starts them: ways in, exit codes, last-line JSON."""

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
from tests.support.paths import ROOT
from tests.support.worlds import LINE_COLUMNS, World, day, line, txn


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two good days of one channel."""
    made = World(tmp_path, lake=None)  # type: ignore[arg-type]
    for offset in (0, 1):
        made.statement(offset, line(f"A{offset}"), line(f"B{offset}", "9.99"))
        made.snapshot(offset, txn(f"A{offset}"), txn(f"B{offset}"))
    return made


def arguments(world: World, job: str, *more: str) -> list[str]:
    """A command line for the world's first day."""
    given = [job, "--lake", str(world.root / "lake"), "--config", str(world.root / "config"),
             "--business-date", str(day(0)), *more]  # fmt: skip
    return given + (["--inbox", str(world.inbox)] if job in ("ingest", "run") else [])


def started(command: list[str], cwd: Path, **env: str) -> tuple[int, dict, str]:
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
def test_help_teaches(job: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each --help has its purpose and an example to paste."""
    with pytest.raises(SystemExit) as left:
        main([job, "--help"])
    said = capsys.readouterr().out
    assert left.value.code == 0
    assert PURPOSES[job] in " ".join(said.split())
    assert f"tieout {job} --lake lake" in said


def test_help_lists_the_jobs(capsys: pytest.CaptureFixture[str]) -> None:
    """`tieout --help` names every job and the exit codes."""
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(job in said for job in PURPOSES)
    assert "3 a gate stopped something" in " ".join(said.split())


@pytest.mark.sail_only
@pytest.mark.slow
def test_job_by_job_and_all_in_one_are_the_same(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Step by step, or `tieout run` in a process of its own: the same outcomes and exports."""
    for job in ("ingest", "match", "check_fees", "export"):
        status = main([*arguments(world, job), "--engine", "sail"])
        told = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert (status, told["exit"], told["job"]) == (0, 0, job)
    steps = (world.root / "lake/exports" / str(day(0)) / "bank/breaks.csv").read_bytes()
    whole = arguments(world, "run", "--engine", "sail", "--through", str(day(1)))
    whole[whole.index("--lake") + 1] = str(tmp_path / "other")
    tieout = str(Path(sys.executable).parent / "tieout")
    way = [tieout] if Path(tieout).exists() else [sys.executable, "-m", "jobs"]
    status, told, _ = started([*way, *whole], ROOT)
    assert status == 0
    counts = [(each["business_date"], each["counts"]["matched"], each["counts"]["break"])
              for each in told["runs"]]  # fmt: skip
    assert counts == [(str(day(0)), 1, 1), (str(day(1)), 1, 1)]
    at_once = tmp_path / "other/exports" / str(day(0)) / "bank/breaks.csv"
    assert at_once.read_bytes() == steps
    assert set(told["seconds"]) >= {"session", "ingest", "match", "export"}


def test_every_wrong_argument_at_once(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A bad date, a bad range, an unknown channel and engine, no lake: all named, exit 2."""
    status = main(["match", "--config", str(world.root / "config"), "--business-date", "2026-13-01",
                   "--channel", "nobody", "--engine", "duck"])  # fmt: skip
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (status, told["exit"]) == (2, 2)
    said = "\n".join(told["errors"])
    for part in ("--lake is missing", "'2026-13-01' is no date", "--channel nobody", "'duck'"):
        assert part in said


def test_no_reference_is_no_question(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty REF, as from a variable that is not set: exit 2, not every rejected line."""
    assert main(arguments(world, "explain", "  ")) == 2
    assert "REF is empty" in capsys.readouterr().out


@pytest.mark.sail_only
def test_who_only_asks_opens_no_session(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A story, received files and decisions are had without what a session costs; not what reads or
    matches lines, nor anything below `spark-submit`, where a driver without one counts as failed.
    """
    monkeypatch.setenv("TIEOUT_ENGINE", "sail")
    assert main(arguments(world, "run", "--no-quality")) == 0

    def opened(engine: str | None) -> None:
        raise ConnectionError("a session was opened")

    monkeypatch.setattr("jobs.cli.lake_session.open_session", opened)
    decisions = ["decide", "list", "--lake", str(world.root / "lake")]
    for asked in (arguments(world, "explain", "B0"), arguments(world, "files"), decisions):
        assert main(asked) == 0, asked
    assert "amount: ours 10.00, theirs 9.99" in capsys.readouterr().out
    accept = ["accept", "0" * 64, "--reason", "seen"]
    for job, *more in (["explain", "B0", "--match-alone"], ["match"], ["files", *accept]):
        assert main(arguments(world, job, *more)) == 1, job
        assert "a session was opened" in capsys.readouterr().out
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    assert main(arguments(world, "explain", "B0")) == 1


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


def test_every_configuration_fault_at_once(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong pages: every fault with file and line, exit 2, nothing made."""
    world.profile(WRONG)
    (world.root / "config/fee_schedules").mkdir()
    (world.root / "config/fee_schedules/bank.yaml").write_text(
        "channel: bank\nentries:\n  - name: all\n    rate: 0.006\n"
    )
    (world.root / "config/channels/broken.yaml").write_text("a: [1\n")
    status = main(arguments(world, "match"))
    errors = json.loads(capsys.readouterr().out.splitlines()[-1])["errors"]
    said = [error.replace(str(world.root), "") for error in errors]
    assert status == 2
    for part in ("bank.yaml:3: zone:", "bank.yaml:6: files", "bank.yaml:7: files.patern:",
                 "bank.yaml:11: match.passes[1]", "bank.yaml:12: match.window.internal:",
                 "bank.yaml:4: entries[0].rate:", "broken.yaml:"):  # fmt: skip
        assert any(part in each for each in said), f"{part} not in {said}"
    assert any("by_amount names amount without currency; add currency to `on`" in e for e in said)
    assert not (world.root / "lake").exists()


@pytest.mark.sail_only
@pytest.mark.slow
def test_a_missing_file_is_exit_3(world: World) -> None:
    """A day without a statement: the rest is done, exit 3, and it is said."""
    (world.inbox / "bank" / str(day(0)) / "lines.csv").unlink()
    status, told, said = started(
        [sys.executable, "-m", "jobs", *arguments(world, "run", "--engine", "sail")], ROOT
    )
    assert (status, told["runs"][0]["result"]) == (3, "STATEMENT_MISSING")
    assert "STATEMENT_MISSING: bank 2026-11-16" in said
    assert told["runs"][0]["counts"]["suspense"] == 2


@pytest.mark.sail_only
def test_a_day_on_which_nothing_came_is_exit_3(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No statement, no snapshot, nothing open: said so, with a line of noughts for the channel."""
    monkeypatch.setenv("TIEOUT_ENGINE", "sail")
    for folder in ("bank", "internal"):
        shutil.rmtree(world.inbox / folder)
    status = main(arguments(world, "run"))
    *lines, last = capsys.readouterr().out.splitlines()
    assert (status, json.loads(last)["runs"][0]["result"]) == (3, "STATEMENT_MISSING")
    assert lines[0].split()[:4] == [str(day(0)), "bank", "0", "lines"]


@pytest.mark.sail_only
def test_an_unexpected_failure_is_exit_1(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The lake's place is a file: exit 1, one JSON line, no half-written table."""
    (world.root / "lake").write_text("not a folder")
    status = main([*arguments(world, "ingest"), "--engine", "sail"])
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (status, told["exit"]) == (1, 1)
    assert told["errors"]


@pytest.mark.spark
@pytest.mark.slow
def test_spark_submit_is_the_same_program(world: World, tmp_path: Path) -> None:
    """spark-submit jobs/JOB.py in local[2], from another folder."""
    from jobs.engine.delta_jars import jar_paths

    jars = ",".join(str(path) for path in jar_paths())
    for job in ("ingest", "match"):
        status, told, said = started(
            ["spark-submit", "--master", "local[2]", "--jars", jars, str(ROOT / f"jobs/{job}.py"),
             *arguments(world, job, "--no-quality")[1:]], tmp_path,
        )  # fmt: skip
        assert (status, told["exit"]) == (0, 0), said[-3000:]
    assert told["runs"][0]["counts"] | {"matched": 1, "break": 1} == told["runs"][0]["counts"]


@pytest.mark.spark
@pytest.mark.slow
def test_the_package_ships_as_a_zip(world: World, tmp_path: Path) -> None:
    """On a local-cluster whose executors have only the zip: lines are read by its workers."""
    import pyspark

    from jobs.engine.delta_jars import jar_paths

    shipped = tmp_path / "tieout.zip"
    with zipfile.ZipFile(shipped, "w") as packed:
        for room in ("jobs", "schemas"):
            for path in sorted((ROOT / room).rglob("*.py")):
                packed.write(path, path.relative_to(ROOT))
    entry = tmp_path / "elsewhere" / "ingest.py"
    entry.parent.mkdir()
    entry.write_bytes((ROOT / "jobs/ingest.py").read_bytes())
    rows = "".join(f"N{i:09},C{i:09},PAYMENT,SUCCEEDED,10.00,0.06,CNY,{day(0)} 12:00:00,M1\n"
                   for i in range(250_000))  # fmt: skip
    world.file(f"bank/{day(0)}/lines.csv", ",".join(LINE_COLUMNS) + "\n" + rows)
    command = [
        "spark-submit", "--master", "local-cluster[1,1,1024]", "--conf", "spark.executor.memory=1g",
        "--jars", ",".join(str(path) for path in jar_paths()), "--py-files", str(shipped),
        str(entry), *arguments(world, "ingest", "--no-quality")[1:],
    ]  # fmt: skip
    home = str(Path(pyspark.__file__).parent)
    status, told, said = started(
        command, entry.parent, SPARK_HOME=home, PYTHONPATH="", PYTHONSAFEPATH="1",
    )  # fmt: skip
    assert (status, told["exit"]) == (0, 0), said[-3000:]
    assert told["dates"][0]["channels"]["bank"]["lines"] == 250_000
