"""Our own side of a date in parts: each is taken, refused or replaced by itself."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.ingestion.snapshot import overridden
from jobs.lake.tables import Lake
from schemas.errors import ConfigurationError
from schemas.tables import INTERNAL_TRANSACTIONS, SNAPSHOT_FILES
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture
from tests.support.snapshot_parts import write_internal_page, write_snapshot_part

HEADER = "txn_id,channel,kind,status,amount,currency,occurred_at\n"


@pytest.fixture
def pipeline(spark: SparkSession, tmp_path: Path) -> PipelineFixture:
    """Parts `a`, `b` and `c` make our side of a day whole."""
    made = PipelineFixture(tmp_path, Lake(spark, str(tmp_path / "lake")).prepare())
    write_internal_page(made, "[a, b, c]")
    return made


def parts(pipeline: PipelineFixture) -> list[tuple[Any, ...]]:
    """Part, version, status, rows of the part, rows in force by channel."""
    return sorted(
        (row["part"], row["version"], row["status"], row["line_count"], row["channels"] or {})
        for row in pipeline.lake.read_rows(SNAPSHOT_FILES)
    )


def states(pipeline: PipelineFixture) -> list[tuple[str, str]]:
    """Id and status of the transactions in force."""
    rows = pipeline.lake.read_day(INTERNAL_TRANSACTIONS, day(0)).collect()
    return sorted((row["txn_id"], row["status"]) for row in rows)


def test_each_part_is_taken_when_it_comes(pipeline: PipelineFixture) -> None:
    """Part a comes, then c; the day waits for b, and part a comes anew without T2."""
    pipeline.write_statement(0, file_line("T1"))
    write_snapshot_part(pipeline, 0, "a", file_txn("T1"), file_txn("T2"))
    (summary,) = pipeline.ingest(0)
    assert (summary.states["bank"].result, summary.states["bank"].snapshot_missing) == (
        "SNAPSHOT_INCOMPLETE",
        ("b", "c"),
    )
    assert summary.faults == [
        "SNAPSHOT_INCOMPLETE: bank 2026-11-16: of our own side these parts are not in force: b, c"
    ]
    assert summary.describe_snapshot() == {
        "parts": {"ACCEPTED": 1},
        "missing": {"bank": ["b", "c"]},
    }
    write_snapshot_part(pipeline, 0, "c", file_txn("T3"))
    pipeline.ingest(0)
    write_snapshot_part(pipeline, 0, "a", file_txn("T1"))
    pipeline.ingest(0)
    write_snapshot_part(pipeline, 0, "b", file_txn("T4"))
    assert pipeline.ingest(0)[0].states["bank"].result == "DONE"
    assert [row for row in parts(pipeline) if row[2] != "DUPLICATE"] == [
        ("a", 1, "SUPERSEDED", 2, {"bank": 2}),
        ("a", 2, "ACCEPTED", 1, {"bank": 1}),
        ("b", 1, "ACCEPTED", 1, {"bank": 1}),
        ("c", 1, "ACCEPTED", 1, {"bank": 1}),
    ]
    assert [txn_id for txn_id, _ in states(pipeline)] == ["T1", "T3", "T4"]


@pytest.mark.sail_only
@pytest.mark.parametrize(("order", "compare_all"), [("abc", True), ("cba", False), ("bca", False)])
def test_a_transaction_is_taken_from_the_part_listed_last(
    pipeline: PipelineFixture, monkeypatch: pytest.MonkeyPatch, order: str, compare_all: bool
) -> None:
    """T1 stands in all three parts; when b and c come anew without it, the state of a counts."""
    if not compare_all:  # as on a day of millions, where only the new parts are compared
        monkeypatch.setattr(overridden, "INLINE_ROWS_MAX", 3)
    rows = {
        "a": [file_txn("T1", status="PENDING"), file_txn("A")],
        "b": [file_txn("T1", status="FAILED"), file_txn("T2", status="PENDING")],
        "c": [file_txn("T1"), file_txn("T2"), file_txn("C")],
    }
    for part in order:
        write_snapshot_part(pipeline, 0, part, *rows[part])
        pipeline.ingest(0)
    accepted = [row for row in parts(pipeline) if row[2] == "ACCEPTED"]
    assert accepted == [
        ("a", 1, "ACCEPTED", 2, {"bank": 1}),
        ("b", 1, "ACCEPTED", 2, {}),
        ("c", 1, "ACCEPTED", 3, {"bank": 3}),
    ]
    done = "SUCCEEDED"
    assert states(pipeline) == [("A", done), ("C", done), ("T1", done), ("T2", done)]
    write_snapshot_part(pipeline, 0, "c", file_txn("C"))
    pipeline.ingest(0)
    assert states(pipeline) == [("A", done), ("C", done), ("T1", "FAILED"), ("T2", "PENDING")]
    write_snapshot_part(pipeline, 0, "b")
    pipeline.ingest(0)
    assert states(pipeline) == [("A", done), ("C", done), ("T1", "PENDING")]
    assert pipeline.match(0)[0].counts["transactions"] == 3


@pytest.mark.sail_only
def test_the_same_bytes_under_two_parts(pipeline: PipelineFixture) -> None:
    """With rows the second is refused, and taken when it comes right; without rows both count."""
    for part in ("a", "b"):
        text = f"{HEADER}T1,bank,PAYMENT,SUCCEEDED,10.00,CNY,2026-11-16T04:00:00Z\n"
        pipeline.write_file(f"internal/{day(0)}/{part}/rows.csv", text)
    pipeline.write_file(f"internal/{day(0)}/c/rows.csv", HEADER)
    (summary,) = pipeline.ingest(0)
    (reason,) = [row["reason"] for row in summary.snapshot_parts if row["status"] == "QUARANTINED"]
    assert reason.startswith("DUPLICATE_CONTENT: internal/2026-11-16/b/rows.csv: these bytes are in"
                             " force as snapshot 2026-11-16 a;")  # fmt: skip
    assert reason in summary.faults
    assert summary.states["bank"].snapshot_missing == ("b",)
    pipeline.write_file(f"internal/{day(0)}/b/rows.csv", HEADER)
    assert pipeline.ingest(0)[0].states["bank"].snapshot_missing == ()
    assert states(pipeline) == [("T1", "SUCCEEDED")]


@pytest.mark.sail_only
def test_a_fault_refuses_its_part_alone(pipeline: PipelineFixture) -> None:
    """Part b has an unknown kind, and d is not listed: a stays in force."""
    write_snapshot_part(pipeline, 0, "a", file_txn("T1"))
    write_snapshot_part(pipeline, 0, "b", file_txn("T2", kind="GIFT"))
    write_snapshot_part(pipeline, 0, "d", file_txn("T3"))
    reasons = [row["reason"] for row in pipeline.ingest(0)[0].snapshot_parts if row["reason"]]
    assert [reason.split(":")[0] for reason in sorted(reasons)] == ["BAD_SNAPSHOT", "UNKNOWN_PART"]
    assert states(pipeline) == [("T1", "SUCCEEDED")]


@pytest.mark.sail_only
def test_channels_wait_for_their_parts_only(pipeline: PipelineFixture) -> None:
    """Part b holds cash alone: bank does not wait for it, and it may have no row of bank."""
    page = PAGE.replace("channel: bank", "channel: cash").replace('"bank/', '"cash/')
    pipeline.write_profile(page, "cash")
    write_internal_page(pipeline, "[{name: a}, {name: b, channels: [cash]}]")
    write_snapshot_part(pipeline, 0, "a", file_txn("T1"), file_txn("T2", channel="cash"))
    missing = {name: state.snapshot_missing for name, state in pipeline.ingest(0)[0].states.items()}
    assert missing == {"bank": (), "cash": ("b",)}
    write_snapshot_part(pipeline, 0, "b", file_txn("T3"))
    (row,) = [row for row in pipeline.ingest(0)[0].snapshot_parts if row["part"] == "b"]
    assert "part b has rows of bank, which its `channels` do not name" in row["reason"]
    write_internal_page(pipeline, "[{name: b, channels: [cash]}]")
    with pytest.raises(ConfigurationError, match=r"internal\.yaml:2: no part holds channel bank"):
        pipeline.ingest(0)


@pytest.mark.sail_only
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[a, a]", "a part is named twice: a"),
        ("[all, b]", "'all' is the name of a snapshot that comes in one"),
        ("[{channels: [bank]}]", "name"),
        ('"00-2"', "both ends of a range are equally wide"),
    ],
)
def test_faults_of_the_page(pipeline: PipelineFixture, text: str, fault: str) -> None:
    """Each is named with its place."""
    write_internal_page(pipeline, text)
    with pytest.raises(ConfigurationError, match=r"internal\.yaml:2") as error:
        _ = pipeline.config
    assert fault in str(error.value)


@pytest.mark.sail_only
def test_rows_that_are_gone_are_read_again_from_the_archive(pipeline: PipelineFixture) -> None:
    """The data file of part a is removed: the next ingest restores it, without what b has."""
    write_snapshot_part(pipeline, 0, "a", file_txn("T1", status="PENDING"), file_txn("A"))
    write_snapshot_part(pipeline, 0, "b", file_txn("T1"))
    pipeline.ingest(0)
    before = states(pipeline)
    for file in (pipeline.root / "lake" / "internal_transactions").rglob("*.parquet"):
        file.unlink()
    shutil.rmtree(pipeline.inbox)
    pipeline.inbox.mkdir()
    pipeline.ingest(0)
    assert states(pipeline) == before == [("A", "SUCCEEDED"), ("T1", "SUCCEEDED")]


@pytest.mark.sail_only
def test_a_snapshot_that_came_in_one_stays_whole(pipeline: PipelineFixture) -> None:
    """Parts are listed only after the date came in one; part a then has the later state."""
    page = pipeline.root / "config/internal.yaml"
    in_parts = page.read_text()
    page.unlink()
    pipeline.write_snapshot(0, file_txn("T1", status="PENDING"), file_txn("T2"))
    pipeline.ingest(0)
    shutil.rmtree(pipeline.inbox)
    page.write_text(in_parts)
    write_snapshot_part(pipeline, 0, "a", file_txn("T1"))
    assert pipeline.ingest(0)[0].states["bank"].snapshot_missing == ()
    assert states(pipeline) == [("T1", "SUCCEEDED"), ("T2", "SUCCEEDED")]
