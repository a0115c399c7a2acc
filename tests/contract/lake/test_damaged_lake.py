"""Files of a lake that are gone, cut off or merged: nobody takes them for no rows."""

import gzip
import shutil
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from jobs.exports.export_day import export_day
from jobs.ingestion.manual_review import accept_file, withdraw_file
from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf
from jobs.timeline.source_text import read_source_text
from schemas.errors import (
    ArchiveDamaged,
    CheckFailed,
    DataFilesMissing,
    LakeInconsistent,
    LogDamaged,
)
from schemas.tables import (
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    REJECTED_LINES,
    RUNS,
    SNAPSHOT_FILES,
    STATEMENT_FILES,
    STATEMENT_LINES,
    TABLES,
)
from tests.end_to_end.test_killed import Killed, kill_at_write
from tests.support.first_by_day import first_by_day
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture

LIMITS = PAGE.replace("\nlayout:", "\n  rejected_share_max: 0.5\nlayout:", 1)
ROWS = ("our_ref", "txn_id", "outcome", "reasons")


@pytest.fixture
def pipeline(lake: Lake, tmp_path: Path) -> PipelineFixture:
    """A day that is ingested and matched: one pair, one break, one rejected line."""
    pipeline = PipelineFixture(tmp_path, lake, LIMITS)
    pipeline.write_statement(0, file_line("A"), file_line("B", "9.99"), file_line("X", kind="GIFT"))
    pipeline.write_snapshot(0, file_txn("A"), file_txn("B"))
    pipeline.ingest(0)
    pipeline.match(0)
    return pipeline


def data_files(pipeline: PipelineFixture, table: str) -> list[Path]:
    """The data files in force of a table."""
    uris = DeltaTable(str(pipeline.root / "lake" / table)).file_uris()
    return [Path(uri) for uri in uris]


def reopen(pipeline: PipelineFixture) -> Lake:
    """The lake as another process sees it."""
    pipeline.lake = Lake(pipeline.lake.spark, pipeline.lake.uri)
    return pipeline.lake


@pytest.mark.sail_only
@pytest.mark.parametrize("damage", first_by_day("removed", "cut off"))
def test_missing_data_file_is_named_and_ingest_reads_the_archive_again(
    pipeline: PipelineFixture, damage: str
) -> None:
    """Lines, rejected lines and transactions in turn: reads fail by name, match writes nothing, and
    the next ingest brings the rows back though the inbox is empty.
    """
    expected = pipeline.outcomes(0, *ROWS)
    shutil.rmtree(pipeline.inbox)
    pipeline.inbox.mkdir()
    for table in (STATEMENT_LINES, REJECTED_LINES, INTERNAL_TRANSACTIONS):
        rows = sorted(map(str, pipeline.lake.read_day(table, day(0)).collect()))
        (path,) = data_files(pipeline, table.name)
        if damage == "removed":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:-9])
        lake = reopen(pipeline)
        with pytest.raises(DataFilesMissing, match=rf"{table.name}.*run `tieout ingest` for"):
            lake.read_day(table, day(0)).collect()
        if table is not REJECTED_LINES:
            version = lake.version(OUTCOMES)
            with pytest.raises(LakeInconsistent, match="run `tieout ingest`"):
                pipeline.match(0)
            assert lake.version(OUTCOMES) == version
        pipeline.ingest(0)
        assert sorted(map(str, lake.read_day(table, day(0)).collect())) == rows
        pipeline.match(0)
        assert pipeline.outcomes(0, *ROWS) == expected


@pytest.mark.sail_only
def test_missing_outcomes_stop_an_export_and_are_matched_again(pipeline: PipelineFixture) -> None:
    profile = pipeline.config.profiles["bank"]
    export_day(pipeline.lake, profile, day(0))
    expected = pipeline.outcomes(0, *ROWS)
    for path in data_files(pipeline, OUTCOMES.name):
        path.unlink()
    lake = reopen(pipeline)
    with pytest.raises(DataFilesMissing, match=f"outcomes.*run `tieout match` for {day(0)}"):
        export_day(lake, profile, day(0))
    pipeline.match(0)
    assert pipeline.outcomes(0, *ROWS) == expected


@pytest.mark.sail_only
def test_export_of_other_outcomes_than_the_run_counted_is_refused(
    pipeline: PipelineFixture,
) -> None:
    """Somebody has removed rows with Delta's own means."""
    DeltaTable(pipeline.lake.path(OUTCOMES)).delete("outcome = 'BREAK'")
    with pytest.raises(CheckFailed, match="the last match counted"):
        export_day(pipeline.lake, pipeline.config.profiles["bank"], day(0))


@pytest.mark.sail_only
def test_point_query_names_a_missing_data_file(pipeline: PipelineFixture) -> None:
    for path in data_files(pipeline, OUTCOMES.name):
        path.unlink()
    from jobs.lake.point_query import PartitionFilter, column_in

    with pytest.raises(DataFilesMissing, match="outcomes"):
        LakeAsOf(pipeline.lake).query_rows(OUTCOMES, PartitionFilter(), column_in(txn_id=["A"]))


def _log(pipeline: PipelineFixture) -> Path:
    return Path(pipeline.lake.path(OUTCOMES), "_delta_log")


def _last_commit(pipeline: PipelineFixture) -> Path:
    return max(_log(pipeline).glob("*.json"))


def _empty_last_commit(pipeline: PipelineFixture) -> None:
    _last_commit(pipeline).write_bytes(b"")


def _cut_last_commit(pipeline: PipelineFixture) -> None:
    path = _last_commit(pipeline)
    path.write_bytes(path.read_bytes()[:-20])


def _remove_a_commit(pipeline: PipelineFixture) -> None:
    DeltaTable(pipeline.lake.path(OUTCOMES)).create_checkpoint()
    pipeline.match(0)
    pipeline.match(0)
    sorted(_log(pipeline).glob("*.json"))[-2].unlink()


def _remove_the_checkpoint(pipeline: PipelineFixture) -> None:
    DeltaTable(pipeline.lake.path(OUTCOMES)).create_checkpoint()
    for path in _log(pipeline).glob("*.checkpoint.parquet"):
        path.unlink()


def _raise_the_protocol(pipeline: PipelineFixture) -> None:
    path = _last_commit(pipeline)
    following = path.with_name(f"{int(path.stem) + 1:020}.json")
    following.write_text('{"protocol":{"minReaderVersion":9,"minWriterVersion":9}}\n')


@pytest.mark.sail_only
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_empty_last_commit, "commit [0-9]+ of its log is empty"),
        (_cut_last_commit, "restore the folder _delta_log"),
        (_remove_a_commit, "restore the folder _delta_log"),
        (_remove_the_checkpoint, "restore the folder _delta_log"),
        (_raise_the_protocol, "use a version of tieout that reads it"),
    ],
)
def test_damaged_log_is_named(pipeline: PipelineFixture, damage, message: str) -> None:
    """Reads, match and export stop; nothing else of the lake changes."""
    damage(pipeline)
    lake = reopen(pipeline)
    for step in (
        lambda: lake.read_day(OUTCOMES, day(0)),
        lambda: LakeAsOf(lake).latest_date(OUTCOMES),
        lambda: pipeline.match(0),
        lambda: export_day(lake, pipeline.config.profiles["bank"], day(0)),
    ):
        with pytest.raises(LogDamaged, match=message):
            step()


def test_optimize_and_vacuum_by_anybody(pipeline: PipelineFixture) -> None:
    """All tables are compacted and vacuumed at once. Match, a new version, a withdrawn one and the
    next day give the rows that they give without it.
    """
    _merge_tables(pipeline)
    expected = pipeline.outcomes(0, *ROWS)
    pipeline.match(0)
    assert pipeline.outcomes(0, *ROWS) == expected
    pipeline.write_statement(0, file_line("A"), file_line("B"), name="again.csv")
    pipeline.ingest(0)
    _merge_tables(pipeline)
    pipeline.match(0)
    assert [row[2] for row in pipeline.outcomes(0, *ROWS)] == ["MATCHED", "MATCHED"]
    lake, profile = pipeline.lake, pipeline.config.profiles["bank"]
    row = lake.read_rows(STATEMENT_FILES, version=2)[0]
    withdraw_file(lake, profile, row, "wrong")
    assert lake.read_day(STATEMENT_LINES, day(0)).count() == 0
    pipeline.write_statement(1, file_line("N"))
    pipeline.write_snapshot(1, file_txn("N"))
    pipeline.ingest(1)
    _merge_tables(pipeline)
    pipeline.match(1)
    assert ("N", "N", "MATCHED", "") in pipeline.outcomes(1, *ROWS)


def _merge_tables(pipeline: PipelineFixture) -> None:
    lake = reopen(pipeline)
    for table in TABLES:
        delta = DeltaTable(lake.path(table))
        delta.optimize.compact()
        delta.vacuum(0, dry_run=False, enforce_retention_duration=False)


@pytest.mark.nightly
@pytest.mark.sail_only
def test_merged_lines_of_several_files_are_written_apart(
    spark: SparkSession, tmp_path: Path
) -> None:
    """A day in two parts, compacted into one data file; one part is withdrawn: the lines of the
    other stay, and the match refuses to use the file in between.
    """
    page = PAGE.replace("*.csv*", "{part}.csv").replace("layout:", '  parts: "0-1"\nlayout:', 1)
    pipeline = PipelineFixture(tmp_path, Lake(spark, str(tmp_path / "lake")).prepare(), page)
    pipeline.write_statement(0, file_line("A"), name="0.csv")
    pipeline.write_statement(0, file_line("B"), name="1.csv")
    pipeline.write_snapshot(0, file_txn("A"), file_txn("B"))
    pipeline.ingest(0)
    _merge_tables(pipeline)
    assert len(data_files(pipeline, STATEMENT_LINES.name)) == 1
    pipeline.match(0)
    assert [row[2] for row in pipeline.outcomes(0, *ROWS)] == ["MATCHED", "MATCHED"]
    (row,) = pipeline.lake.read_rows(STATEMENT_FILES, part="0")
    kill_at_write(pipeline.lake, 1, True)
    with pytest.raises(Killed):
        withdraw_file(pipeline.lake, pipeline.config.profiles["bank"], row, "wrong")
    reopen(pipeline)
    with pytest.raises(LakeInconsistent, match="lines of files not in force"):
        pipeline.match(0)
    (pipeline.inbox / "bank" / str(day(0)) / "0.csv").unlink()
    pipeline.ingest(0)
    lines = pipeline.lake.read_day(STATEMENT_LINES, day(0)).collect()
    assert [line["our_ref"] for line in lines] == ["B"]
    assert len(data_files(pipeline, STATEMENT_LINES.name)) == 1


@pytest.mark.sail_only
def test_every_read_of_the_archive_proves_the_bytes(pipeline: PipelineFixture) -> None:
    """An archived file is changed, then removed: a person cannot accept it, its lines have no text,
    and a file that ingest has to read again is quarantined with the reason.
    """
    lake, profile = pipeline.lake, pipeline.config.profiles["bank"]
    (row,) = lake.read_rows(STATEMENT_FILES)
    line = lake.read_day(STATEMENT_LINES, day(0)).collect()[0]
    assert read_source_text(lake.storage, row, [line.asDict()], profile)
    withdraw_file(lake, profile, row, "look at it")
    archived = Path(row["archived_path"])
    archived.write_bytes(archived.read_bytes().replace(b"9.99", b"9.98"))
    assert read_source_text(lake.storage, row, [line.asDict()], profile) == {}
    (row,) = lake.read_rows(STATEMENT_FILES)
    with pytest.raises(ArchiveDamaged, match="have it sent again"):
        accept_file(lake, profile, row, "right")
    archived.unlink()
    with pytest.raises(ArchiveDamaged, match="is gone"):
        accept_file(lake, profile, row, "right")
    assert lake.read_rows(STATEMENT_FILES) == [row]


@pytest.mark.sail_only
def test_killed_ingest_and_a_changed_archive(spark: SparkSession, tmp_path: Path) -> None:
    """The process dies after it has recorded the file; then somebody changes the archived bytes."""
    pipeline = PipelineFixture(tmp_path, Lake(spark, str(tmp_path / "lake")).prepare())
    path = pipeline.write_statement(0, file_line("A"))
    kill_at_write(pipeline.lake, 1, True)
    with pytest.raises(Killed):
        pipeline.ingest(0)
    inbox_bytes = path.read_bytes()
    path.unlink()
    lake = reopen(pipeline)
    (row,) = lake.read_rows(STATEMENT_FILES)
    Path(row["archived_path"]).write_bytes(gzip.compress(b"something else"))
    pipeline.ingest(0)
    (row,) = lake.read_rows(STATEMENT_FILES)
    assert row["status"] == "QUARANTINED"
    assert row["reason"].startswith("ARCHIVE_DAMAGED: ")
    path.write_bytes(inbox_bytes)
    pipeline.ingest(0)
    (row,) = lake.read_rows(STATEMENT_FILES)
    assert (row["status"], row["line_count"]) == ("ACCEPTED", 1)


@pytest.mark.sail_only
@pytest.mark.parametrize("kill_at", first_by_day(2, 1, 3))
@pytest.mark.parametrize("after", [False, True])
def test_killed_snapshot_is_read_from_the_archive(
    spark: SparkSession, tmp_path: Path, kill_at: int, after: bool
) -> None:
    """A new version of a snapshot, killed around each write: match uses the old one or none, never
    both, and the next ingest finishes the new one though the inbox is empty.
    """
    pipeline = PipelineFixture(tmp_path, Lake(spark, str(tmp_path / "lake")).prepare())
    pipeline.write_statement(0, file_line("A"))
    pipeline.write_snapshot(0, file_txn("A"))
    pipeline.ingest(0)
    shutil.rmtree(pipeline.inbox)  # a statement would be taken in by another thread
    pipeline.write_snapshot(0, file_txn("A"), file_txn("B"))
    kill_at_write(pipeline.lake, kill_at, after)
    with pytest.raises(Killed):
        pipeline.ingest(0)
    shutil.rmtree(pipeline.inbox)
    pipeline.inbox.mkdir()
    lake = reopen(pipeline)
    rows = {row["file_id"]: row for row in lake.read_rows(SNAPSHOT_FILES)}
    stored = lake.count_rows_by_file(INTERNAL_TRANSACTIONS, day(0))
    in_force = [file_id for file_id, row in rows.items() if row["status"] == "ACCEPTED"]
    if dict(stored) == {file_id: rows[file_id]["line_count"] for file_id in in_force}:
        pipeline.match(0)
        assert len(pipeline.outcomes(0, *ROWS)) == stored.total()
    else:
        with pytest.raises(LakeInconsistent):
            pipeline.match(0)
    pipeline.ingest(0)
    expected = 1 if (kill_at, after) == (1, False) else 2
    pipeline.match(0)
    assert [row[1] for row in pipeline.outcomes(0, *ROWS)] == ["A", "B"][:expected]
    assert lake.read_day(OPEN_ITEMS, day(0)).count() == expected - 1
    assert lake.read_rows(RUNS, job="match")
