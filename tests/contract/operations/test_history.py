"""`tieout maintain --history`: old dates move to a lake of their own, whatever happens meanwhile.

One channel, six days, 200 days ago. L0 to L5 agree on their days. `cut` is ours on day 1 and theirs
on day 2; `lone` is ours only; `again` agrees on day 0 and is listed once more on day 4; `old` is
sent again on day 4, as it was on day 0. Days 3 and later stay.
"""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.__main__ import main
from jobs.lake.changes.channel_days import DaysChange, change_arrow_days
from jobs.lake.commit import write_arrow_file
from jobs.lake.fast_path.filter_by_key import filter_rows_by_key
from jobs.lake.history import move as moving
from jobs.lake.history.dated_tables import HISTORY_TABLES
from jobs.lake.history.place import PLACE_FILE, HistoryPlace, read_place
from jobs.lake.partitions import list_add_actions
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from jobs.operations.history import move_history as move_history_module
from jobs.operations.history.move_history import HistoryMove, move_history
from schemas.errors import (
    CheckFailed,
    ConfigurationError,
    DataFilesMissing,
    DateMoved,
    HistoryUnreadable,
)
from schemas.reference_hashes import HASH
from schemas.tables import (
    CANDIDATES,
    HASH_COLUMNS,
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    REJECTED_LINES,
    RUNS,
    STATEMENT_FILES,
    STATEMENT_LINES,
    Table,
)
from tests.support.ledger import at, day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture

#: Delta's log is read and written without an engine: one lane is enough.
ENGINE_FREE = pytest.mark.sail_only
#: The first date: long enough ago that the smallest number of days allows to move it.
BASE = -200
KEPT = BASE + 3
LAST = BASE + 5
DAYS_KEPT = 60
TODAY = day(KEPT) + timedelta(days=DAYS_KEPT)
CARD = 'channel: bank\nentries:\n  - {name: standard, rate: "0.0060"}\n'


@pytest.fixture(scope="module")
def finished(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The six days, ingested and matched; each test has a copy."""
    root = tmp_path_factory.mktemp("finished_days")
    page = PAGE.replace("2026-11-16", str(day(BASE)))
    pipeline = PipelineFixture(root, Lake(spark, str(root / "lake")).prepare(), page)
    for n, offset in enumerate(range(BASE, LAST + 1)):
        lines, ours = [file_line(f"L{n}")], [file_txn(f"L{n}")]
        if n == 0:
            lines += [file_line("again"), file_line("old", "5.00")]
            ours += [file_txn("again"), file_txn("old", "5.00"), file_txn("lone", "3.00")]
        if n == 1:
            ours.append(file_txn("cut", "8.00"))
        if n == 2:
            lines.append(file_line("cut", "8.00"))
        if n == 4:
            lines.append(file_line("again"))
            ours.append(file_txn("old", "5.00", occurred_at=at("12", BASE)))
        pipeline.write_statement(offset, *lines)
        pipeline.write_snapshot(offset, *ours)
    pipeline.ingest(*range(BASE, LAST + 1))
    pipeline.match(*range(BASE, LAST + 1))
    pipeline.lake.remove_staged()
    return root


@pytest.fixture
def pipeline(finished: Path, spark: SparkSession, tmp_path: Path) -> Iterator[PipelineFixture]:
    """A copy of the finished days."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    lake = Lake(spark, str(tmp_path / "lake"))
    yield PipelineFixture(tmp_path, lake, (tmp_path / "config/channels/bank.yaml").read_text())
    lake.remove_staged()


def move(pipeline: PipelineFixture, dry_run: bool = False) -> HistoryMove:
    """Moves the dates before day 3 to the folder `cold`."""
    place = str(pipeline.root / "cold")
    return move_history(pipeline.lake, pipeline.config, place, DAYS_KEPT, TODAY, dry_run)


def run_command(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str], job: str, *words: str
) -> tuple[int, dict[str, Any]]:
    """Exit status and JSON summary of a command on the pipeline's lake."""
    place = ["--lake", pipeline.lake.uri, "--config", str(pipeline.root / "config")]
    place += ["--inbox", str(pipeline.inbox)] if job in ("ingest", "run", "inbox") else []
    capsys.readouterr()
    status = main([job, *place, "--engine", "sail", *words])
    summary: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return status, summary


def explain(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str], reference: str
) -> dict[str, Any]:
    """The timeline of a reference."""
    status, timeline = run_command(pipeline, capsys, "explain", reference, "--json")
    assert status == 0
    return timeline


def every_row(lake: Lake, *tables: Table) -> dict[str, list[str]]:
    """All rows of tables as text, sorted."""
    return {
        table.name: sorted(
            json.dumps(row, default=str)
            for row in lake.read_arrow(table, date.min, date.max).to_pylist()
        )
        for table in tables or HISTORY_TABLES
    }


def old_files(lake: Lake, table: Table) -> list[str]:
    """Paths of the data files that the lake itself has of dates before day 3."""
    log, last = DeltaTable(lake.path(table)), day(KEPT) - timedelta(days=1)
    return sorted(row["path"] for row in list_add_actions(log, table, date.min, last))


def remove_old_files(lake: Lake) -> None:
    """Removes the data files that moved, as `maintain` does after the retention."""
    for table in HISTORY_TABLES:
        log = DeltaTable(lake.path(table))
        log.vacuum(0, dry_run=False, enforce_retention_duration=False, full=True)


def every_file(folder: Path) -> set[tuple[str, int]]:
    """Names and times of all files below a folder."""
    return {
        (str(path.relative_to(folder)), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.sail_by_day
def test_moved_dates_are_read_and_explained_as_before(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    before = every_row(pipeline.lake)
    timelines = {name: explain(pipeline, capsys, name) for name in ("L0", "again", "cut", "lone")}
    assert all(timeline["found"] for timeline in timelines.values())

    moved = move(pipeline)

    assert (moved.wanted, moved.before, moved.held) == (day(KEPT), day(KEPT), [])
    rows = {each.table: each.rows for each in moved.tables}
    assert rows[STATEMENT_LINES.name] == 6
    assert rows[INTERNAL_TRANSACTIONS.name] == 7
    assert {len(each.dates) for each in moved.tables if each.table == OUTCOMES.name} == {3}
    assert not any(old_files(pipeline.lake, table) for table in HISTORY_TABLES)
    assert every_row(pipeline.lake) == before
    remove_old_files(pipeline.lake)
    assert every_row(pipeline.lake) == before
    assert {name: explain(pipeline, capsys, name) for name in timelines} == timelines
    assert pipeline.lake.count_rows(STATEMENT_LINES, day(BASE), "bank") == 3
    frame = pipeline.lake.read(OUTCOMES)
    assert frame.where(frame.run_date < day(KEPT)).count() == rows[OUTCOMES.name]


@ENGINE_FREE
def test_second_call_moves_nothing_and_later_dates_follow(pipeline: PipelineFixture) -> None:
    before = every_row(pipeline.lake)
    move(pipeline)
    assert move(pipeline).tables == []
    later = TODAY + timedelta(days=1)
    place = str(pipeline.root / "cold")
    moved = move_history(pipeline.lake, pipeline.config, place, DAYS_KEPT, later)
    assert {each.dates for each in moved.tables} == {(day(KEPT),)}
    assert every_row(pipeline.lake) == before
    back = move_history(pipeline.lake, pipeline.config, place, DAYS_KEPT, TODAY)
    assert (back.before, back.tables) == (day(KEPT + 1), [])


def test_replay_of_kept_dates_gives_the_same_rows(pipeline: PipelineFixture) -> None:
    """`again` is a copy of a line, and `old` was closed, of dates that have moved."""
    before = every_row(pipeline.lake)
    reasons = pipeline.outcomes(BASE + 4, "txn_id", "outcome", "reasons")
    assert (None, "BREAK", "DUPLICATE_LINE") in reasons
    assert ("old", "EXCLUDED", "ALREADY_RECONCILED") in reasons
    move(pipeline)
    remove_old_files(pipeline.lake)
    runs = pipeline.match(*range(KEPT, LAST + 1))
    assert [run.business_date for run in runs] == [day(n) for n in range(KEPT, LAST + 1)]
    assert every_row(pipeline.lake) == before


@ENGINE_FREE
def test_new_rules_run_kept_dates_only(pipeline: PipelineFixture) -> None:
    """What would run every date anew runs the kept ones, after the moved ones as they are."""
    move(pipeline)
    page = (pipeline.root / "config/channels/bank.yaml").read_text()
    pipeline.write_profile(page.replace("statement: 2}", "statement: 1}"))
    runs = pipeline.match(LAST)
    assert [run.business_date for run in runs] == [day(n) for n in range(KEPT, LAST + 1)]
    assert [run.why for run in runs[:2]] == ["inputs changed", "inputs changed"]


@ENGINE_FREE
def test_file_that_an_ingest_took_in_during_the_move_runs_no_later_date(
    pipeline: PipelineFixture,
) -> None:
    """A moved date stays as it was last run, whatever came for it."""
    move(pipeline)
    files = pipeline.lake.read_rows(STATEMENT_FILES, business_date=day(BASE))
    pipeline.lake.append_rows(STATEMENT_FILES, [files[0] | {"file_id": "f" * 64, "version": 2}])
    assert [run.business_date for run in pipeline.match(LAST)] == [day(LAST)]


class Killed(Exception):
    """Stands for the end of the process."""


@ENGINE_FREE
@pytest.mark.parametrize("step", ["copy_file", "_keep_in_history", "_prove", "_remove"])
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_killed_move_ends_like_one_that_was_not(
    pipeline: PipelineFixture, monkeypatch: pytest.MonkeyPatch, step: str, is_done: bool
) -> None:
    """Killed before or after a step of the second table; meanwhile readers see every row once."""
    before, real, calls = every_row(pipeline.lake), getattr(moving, step), list[str]()

    def kill(*arguments: Any) -> Any:
        calls.append(step)
        if len(calls) < 5 if step == "copy_file" else len(calls) < 2:
            return real(*arguments)
        if is_done:
            real(*arguments)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(moving, step, kill)
        with pytest.raises(Killed):
            move(pipeline)
    assert every_row(pipeline.lake) == before
    assert read_place(pipeline.lake.storage) is not None

    move(pipeline)
    assert every_row(pipeline.lake) == before
    assert not any(old_files(pipeline.lake, table) for table in HISTORY_TABLES)
    history = Lake(pipeline.lake.spark, str(pipeline.root / "cold"))
    for table in (STATEMENT_LINES, OUTCOMES, OPEN_ITEMS):
        rows = history.read_arrow(table, date.min, date.max)
        moved = [row for row in before[table.name] if json.loads(row)[table.partitions[0]] <
                 str(day(KEPT))]  # fmt: skip
        assert len(rows) == len(moved), table.name


@ENGINE_FREE
def test_damaged_copy_is_noticed_before_anything_is_removed(
    pipeline: PipelineFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = moving.copy_file

    def lose_the_end(source: Any, target: Any, relative: str) -> None:
        real(source, target, relative)
        path = Path(target.full_path(relative))
        path.write_bytes(path.read_bytes()[:-1])

    monkeypatch.setattr(moving, "copy_file", lose_the_end)
    before = old_files(pipeline.lake, STATEMENT_LINES)
    with pytest.raises(DataFilesMissing):
        move(pipeline)
    assert old_files(pipeline.lake, STATEMENT_LINES) == before


@ENGINE_FREE
def test_surplus_rows_in_history_are_noticed(
    pipeline: PipelineFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody writes into the history lake between the copy and the proof."""
    real = moving._prove

    def write_first(history: Lake, table: Table, *more: Any) -> None:
        rows = history.read_arrow(table, day(BASE), day(BASE), "bank")
        file = write_arrow_file(history.storage, table, rows, day(BASE), "bank")
        history.commit_files(table, day(BASE), [file], lambda *_: False)
        real(history, table, *more)

    monkeypatch.setattr(moving, "_prove", write_first)
    with pytest.raises(CheckFailed, match=r"6 rows were copied .* and 9 are there"):
        move(pipeline)
    assert old_files(pipeline.lake, STATEMENT_LINES)


@ENGINE_FREE
def test_match_that_commits_during_the_copy_is_moved_with_its_rows(
    pipeline: PipelineFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A running match replaces a date after its files were copied: the table is done again."""
    real, replaced = moving._remove, list[Table]()
    expected = every_row(pipeline.lake)

    def match_first(delta: DeltaTable, table: Table, *more: Any) -> None:
        if table is OUTCOMES and not replaced:
            replaced.append(table)
            rows = pipeline.lake.read_day(OUTCOMES, day(BASE), "bank")
            pipeline.lake.replace_day(OUTCOMES, rows, day(BASE), "bank")
        real(delta, table, *more)

    paths = old_files(pipeline.lake, OUTCOMES)
    monkeypatch.setattr(moving, "_remove", match_first)
    move(pipeline)
    assert replaced
    assert every_row(pipeline.lake) == expected
    history = Lake(pipeline.lake.spark, str(pipeline.root / "cold"))
    moved = [row["path"] for row in history.list_data_files(OUTCOMES, day(BASE), "bank")]
    assert moved
    assert not {*moved} & {*paths}


@ENGINE_FREE
@pytest.mark.parametrize("writer", ["of a channel", "of all channels", "of several dates"])
def test_rows_that_come_during_the_copy_move_too(
    pipeline: PipelineFixture, monkeypatch: pytest.MonkeyPatch, writer: str
) -> None:
    """An ingest adds a data file to a date and removes none: the move begins anew, by its turn."""
    lake, real, added = pipeline.lake, moving._remove, list[str]()
    rows = lake.read_arrow(STATEMENT_LINES, day(BASE), day(BASE), "bank")

    def add_first(delta: DeltaTable, table: Table, *more: Any) -> None:
        if table is STATEMENT_LINES and not added:
            added.append(writer)
            if writer == "of several dates":
                change = DaysChange({day(BASE): rows})
                change_arrow_days(lake, table, "bank", lambda _: change)
            else:
                file = write_arrow_file(lake.storage, table, rows, day(BASE), "bank")
                key = "bank" if writer == "of a channel" else ""
                lake.commit_files(table, day(BASE), [file], lambda *_: False, key)
        real(delta, table, *more)

    monkeypatch.setattr(moving, "_remove", add_first)
    move(pipeline)
    assert added
    assert old_files(lake, STATEMENT_LINES) == []
    moved = lake.read_arrow(STATEMENT_LINES, day(BASE), day(BASE), "bank")
    assert len(moved) == 2 * len(rows)


@ENGINE_FREE
def test_match_that_began_before_the_move_commits_nothing(
    pipeline: PipelineFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The date moves while the match computes: the match is refused, and the rows stay as moved."""
    before, real = every_row(pipeline.lake), Lake.write_files

    def move_first(self: Lake, table: Table, *more: Any) -> Any:
        files = real(self, table, *more)
        if table is OUTCOMES:
            move(pipeline)
        return files

    monkeypatch.setattr(Lake, "write_files", move_first)
    with pytest.raises(DateMoved, match=f"HISTORY: outcomes: {day(BASE + 1)}"):
        pipeline.match(BASE + 1)
    assert every_row(pipeline.lake) == before


@ENGINE_FREE
def test_moved_dates_are_refused_by_name_and_others_go_on(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    (pipeline.root / "config/fee_schedules").mkdir()
    (pipeline.root / "config/fee_schedules/bank.yaml").write_text(CARD)
    config = pipeline.root / "config"
    span = ["--business-date", str(day(BASE + 2)), "--through", str(day(KEPT))]
    assert run_command(pipeline, capsys, "check_fees", *span)[0] == 0
    (config / "fee_schedules/bank.yaml").unlink()
    move(pipeline)
    before = every_row(pipeline.lake)
    (config / "fee_schedules/bank.yaml").write_text(CARD)
    for job in ("ingest", "match", "check_fees", "check_orders", "run"):
        quality = [] if job in ("check_orders", "check_fees") else ["--no-quality"]
        status, summary = run_command(pipeline, capsys, job, *span, *quality)
        (text,) = [one["message"] for one in summary["stopped"] if "HISTORY" in one["message"]]
        assert status == 3
        assert text.startswith(f"HISTORY: {day(BASE + 2)}: the rows moved to the history lake")
    done = {row["job"] for row in pipeline.lake.read_rows(RUNS, business_date=day(KEPT))}
    assert {"ingest", "match", "check_fees", "check_orders", "export"} <= done
    tables = [table.name for table in HISTORY_TABLES if not table.name.startswith(("fee", "order"))]
    now = every_row(pipeline.lake)
    assert {name: now[name] for name in tables} == {name: before[name] for name in tables}


@ENGINE_FREE
def test_late_files_and_reviews_of_moved_dates_are_refused(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    files = run_command(pipeline, capsys, "files", "--business-date", str(day(BASE)))[1]["files"]
    file_id = files[0]["file_id"]
    lone = pipeline.outcomes(BASE + 2, "txn_id", "outcome")
    assert ("lone", "BREAK") in lone
    move(pipeline)
    before = every_row(pipeline.lake)

    assert run_command(pipeline, capsys, "run", "--no-quality")[0] == 0
    pipeline.write_statement(BASE, file_line("L0", "9.99"), name="late.csv")
    pipeline.write_statement(LAST + 1, file_line("L6"))
    pipeline.write_snapshot(LAST + 1, file_txn("L6"))
    listed = run_command(pipeline, capsys, "inbox")[1]
    standings = {row["file"]: row["standing"] for row in listed["files"]}
    assert standings[f"bank/{day(BASE)}/late.csv"] == "moved"
    assert standings[f"bank/{day(LAST + 1)}/lines.csv"] == "new"
    status, summary = run_command(pipeline, capsys, "run", "--no-quality")
    texts = [one["message"] for one in summary["stopped"]]
    assert (status, len(texts)) == (3, 1)
    assert texts[0].startswith(f"HISTORY: bank/{day(BASE)}/late.csv: {day(BASE)}: the rows moved")
    assert [run["business_date"] for run in summary["runs"]] == [str(day(LAST + 1))]

    words = ("withdraw", file_id, "--reason", "wrong")
    status, summary = run_command(pipeline, capsys, "files", *words)
    assert (status, summary["errors"][0][:9]) == (3, "HISTORY: ")
    words = ("propose", "write-off", "lone", "--by", "Ada", "--reason", "gone")
    status, summary = run_command(pipeline, capsys, "decide", *words)
    assert (status, summary["errors"][0][:9]) == (2, "HISTORY: ")
    now = every_row(pipeline.lake)
    assert all({*before[name]} <= {*now[name]} for name in before)


@ENGINE_FREE
def test_run_without_a_date_takes_no_moved_one(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Channel shop was ingested on a moved date, while it moved, and never matched."""
    page = (pipeline.root / "config/channels/bank.yaml").read_text()
    pipeline.write_profile(page.replace("bank", "shop"), "shop")
    move(pipeline)
    record_runs(pipeline.lake, Run("ingest", "shop", day(BASE)))
    status, summary = run_command(pipeline, capsys, "run", "--no-quality")
    assert (status, summary["dates"], summary["runs"]) == (0, [], [])


@ENGINE_FREE
def test_readers_of_moved_dates_work(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Export writes the same breaks, status says done, and nothing is asked for again."""
    date_of = ("--business-date", str(day(BASE + 2)))
    assert run_command(pipeline, capsys, "export", *date_of)[0] == 0
    folder = Path(pipeline.lake.uri, "exports", str(day(BASE + 2)), "bank")
    breaks = (folder / "breaks.csv").read_bytes()
    (shown,) = run_command(pipeline, capsys, "status", *date_of)[1]["days"]
    move(pipeline)
    assert run_command(pipeline, capsys, "export", *date_of)[0] == 0
    assert (folder / "breaks.csv").read_bytes() == breaks
    (now,) = run_command(pipeline, capsys, "status", *date_of)[1]["days"]
    assert (now["statement"], now["match"]) == (shown["statement"], shown["match"])
    assert run_command(pipeline, capsys, "match", "--business-date", str(day(LAST)),
                       "--no-quality")[1]["runs"][0]["business_date"] == str(day(LAST))  # fmt: skip


@ENGINE_FREE
def test_dates_that_a_job_has_to_do_stay(pipeline: PipelineFixture) -> None:
    """A late line of day 1 is ingested and not matched yet: only day 0 moves, then the others."""
    pipeline.write_statement(BASE + 1, file_line("L1"), file_line("late"), name="more.csv")
    pipeline.ingest(BASE + 1)
    assert move(pipeline, dry_run=True).before == day(BASE + 1)
    moved = move(pipeline)
    assert moved.before == day(BASE + 1)
    assert [held.first for held in moved.held] == [day(BASE + 1)]
    assert moved.held[0].why == "bank: the match is due (inputs changed); run `tieout run`"
    pipeline.match(BASE + 1)
    assert move(pipeline).before == day(KEPT)


@ENGINE_FREE
def test_date_that_becomes_due_before_the_move_stays(
    pipeline: PipelineFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ingest that was running takes a file in after the command has looked what is due."""
    real = move_history_module.claim_place

    def ingest_after(*arguments: Any) -> HistoryPlace:
        place = real(*arguments)
        pipeline.write_statement(BASE + 1, file_line("L1"), file_line("late"), name="more.csv")
        pipeline.ingest(BASE + 1)
        return place

    monkeypatch.setattr(move_history_module, "claim_place", ingest_after)
    moved = move(pipeline)
    assert (moved.before, [held.first for held in moved.held]) == (day(BASE + 1), [day(BASE + 1)])
    place = read_place(pipeline.lake.storage)
    assert place is not None
    assert place.limit == day(BASE + 1)
    assert [run.why for run in pipeline.match(LAST)][:2] == ["inputs changed", "inputs changed"]


@ENGINE_FREE
def test_dry_run_changes_nothing_and_says_what_would_move(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    before = every_file(pipeline.root)
    older_than = (datetime.now(UTC).date() - day(KEPT)).days
    words = ("--history", str(pipeline.root / "cold"), "--older-than", str(older_than))
    place = ["--lake", pipeline.lake.uri, "--config", str(pipeline.root / "config")]
    capsys.readouterr()
    assert main(["maintain", *place, *words, "--dry-run"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert every_file(pipeline.root) == before
    history = json.loads(last)["history"]
    lines_move = history["tables"]["statement_lines"]
    assert lines_move["dates"] == [str(day(n)) for n in range(BASE, KEPT)]
    assert (lines_move["rows"], lines_move["bytes"] > 0) == (6, True)
    (line,) = [line for line in lines if line.startswith("statement_lines") and "to move" in line]
    assert f"{day(BASE)} to {day(KEPT - 1)}" in line
    assert "6 rows" in line

    assert main(["maintain", *place, *words]) == 0
    done = json.loads(capsys.readouterr().out.splitlines()[-1])["history"]
    assert done == history
    assert json.loads(Path(pipeline.lake.uri, PLACE_FILE).read_text())["before"] == str(day(KEPT))


@ENGINE_FREE
def test_too_few_days_and_wrong_places_are_refused(pipeline: PipelineFixture) -> None:
    def faults(place: Path, days: int = DAYS_KEPT) -> str:
        with pytest.raises(ConfigurationError) as error:
            move_history(pipeline.lake, pipeline.config, str(place), days, TODAY)
        return str(error.value)

    root = pipeline.root
    assert faults(root / "cold", 39) == (
        "--older-than 39: a date can need what is 40 days older (bank: match.window 2, match.late"
        " 30 and match.lookback 7, one after the other); give 40 or more"
    )
    assert "give a place outside of the lake" in faults(root / "lake" / "cold")
    assert "give a place outside of the lake" in faults(root / "lake")
    with pytest.raises(ConfigurationError, match="it cannot be opened"):
        move_history(pipeline.lake, pipeline.config, "nowhere://x", DAYS_KEPT, TODAY)
    with pytest.raises(ConfigurationError, match="the s3 URI has credentials"):
        move_history(pipeline.lake, pipeline.config, "s3://key:secret@b/x", DAYS_KEPT, TODAY)
    Lake(pipeline.lake.spark, str(root / "other")).prepare()
    assert "it is a lake itself" in faults(root / "other")
    assert not Path(pipeline.lake.uri, PLACE_FILE).exists()
    move(pipeline)
    assert "the history of this lake is in" in faults(root / "elsewhere")
    Path(pipeline.lake.uri, PLACE_FILE).unlink()
    assert "it has the history of another lake" in faults(root / "cold")


@ENGINE_FREE
def test_history_that_cannot_be_read_is_named(pipeline: PipelineFixture) -> None:
    """Only what reaches back needs it: a kept date with nothing older matches without it."""
    move(pipeline)
    (pipeline.root / "cold").rename(pipeline.root / "elsewhere")
    with pytest.raises(HistoryUnreadable, match=r"are in the history lake .*cold, which cannot be"):
        pipeline.lake.read_day(STATEMENT_LINES, day(BASE))
    assert pipeline.lake.count_rows(STATEMENT_LINES, day(KEPT), "bank") == 1
    (pipeline.root / "elsewhere").rename(pipeline.root / "cold")
    assert pipeline.lake.count_rows(STATEMENT_LINES, day(BASE), "bank") == 3


@ENGINE_FREE
def test_history_lake_is_maintained_and_not_written_to(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    before = every_row(pipeline.lake)
    move(pipeline)
    cold = str(pipeline.root / "cold")
    assert main(["maintain", "--lake", cold, "--engine", "sail"]) == 0
    place = ["--lake", cold, "--config", str(pipeline.root / "config")]
    capsys.readouterr()
    assert main(["match", *place, "--business-date", str(day(BASE))]) == 2
    error = json.loads(capsys.readouterr().out.splitlines()[-1])["errors"][0]
    assert f"it has the history of {pipeline.lake.uri}; name that lake" in error
    assert every_row(pipeline.lake) == before


@ENGINE_FREE
def test_anybody_may_optimize_and_vacuum(pipeline: PipelineFixture) -> None:
    """Neither touches what says where the rows are."""
    before = every_row(pipeline.lake)
    move(pipeline)
    for uri in (pipeline.lake.uri, str(pipeline.root / "cold")):
        for table in (STATEMENT_LINES, OUTCOMES, OPEN_ITEMS):
            log = DeltaTable(f"{uri}/{table.name}")
            log.optimize.compact()
            log = DeltaTable(f"{uri}/{table.name}")
            log.create_checkpoint()
            log.vacuum(0, dry_run=False, enforce_retention_duration=False, full=True)
    assert every_row(pipeline.lake) == before
    assert REJECTED_LINES in HISTORY_TABLES
    assert CANDIDATES in HISTORY_TABLES


@pytest.mark.sail_by_day
def test_rows_are_filtered_by_key_in_the_history_lake(pipeline: PipelineFixture) -> None:
    """The fast look-back of large days reads data files of both lakes."""
    lake = pipeline.lake

    def filter_rows() -> list[tuple[Any, ...]]:
        files = lake.list_data_files(OUTCOMES, day(LAST), "bank", since=day(BASE))
        marks = lake.read_day(OUTCOMES, day(BASE)).select(F.col("our_mark").alias(HASH))
        columns = ("run_date", "txn_id", "line_id", *HASH_COLUMNS)
        keys = marks.where(F.col(HASH).isNotNull())
        rows = filter_rows_by_key(lake, OUTCOMES, files, keys, columns).collect()
        return sorted((tuple(row) for row in rows), key=str)

    before = filter_rows()
    assert {row[0] for row in before} >= {day(BASE), day(BASE + 4)}
    move(pipeline)
    remove_old_files(lake)
    assert filter_rows() == before
