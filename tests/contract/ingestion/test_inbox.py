"""What lies in the inbox and is no plain file with a plain name: it stops nobody else."""

import os
from datetime import date
from pathlib import Path

import pytest

from jobs.ingestion.arrivals.due_dates import find_due_dates
from jobs.ingestion.inbox import find_files
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.tables import SNAPSHOT_FILES, STATEMENT_FILES
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture

OTHER_PAGE = PAGE.replace("channel: bank", "channel: shop").replace('"bank/', '"shop/')


@pytest.fixture
def pipeline(lake: Lake, tmp_path: Path) -> PipelineFixture:
    """Channels bank and shop; shop and our side have their files of the first day."""
    new_pipeline = PipelineFixture(tmp_path, lake)
    new_pipeline.write_profile(OTHER_PAGE, "shop")
    good = new_pipeline.write_statement(0, file_line("A"))
    (new_pipeline.inbox / "shop" / str(day(0))).mkdir(parents=True)
    good.rename(new_pipeline.inbox / "shop" / str(day(0)) / "lines.csv")
    new_pipeline.write_snapshot(0, file_txn("A", channel="shop"))
    return new_pipeline


@pytest.mark.sail_only
def test_links_are_named_and_not_followed(pipeline: PipelineFixture) -> None:
    """A linked file and a linked folder: nothing behind them is archived; shop goes on."""
    outside = pipeline.root / "outside"
    outside.mkdir()
    secret = outside / "secret.csv"
    secret.write_text("nobody may read this\n")
    folder = pipeline.inbox / "bank" / str(day(0))
    (folder / "link.csv").symlink_to(secret)
    pipeline.write_file(f"bank/{day(1)}", b"").unlink()
    (pipeline.inbox / "bank" / str(day(1))).symlink_to(outside, target_is_directory=True)
    first, second = pipeline.ingest(0, 1)
    assert first.channels["shop"].counts["ACCEPTED"] == 1
    assert [fault for fault in first.faults if fault.startswith("LINK_IN_INBOX")] == [
        f"LINK_IN_INBOX: bank/{day(0)}/link.csv: this is a link, and ingest follows none;"
        " put the file itself in its place"
    ]
    assert any(fault.startswith(f"LINK_IN_INBOX: bank/{day(1)}: ") for fault in second.faults)
    assert pipeline.lake.read_rows(STATEMENT_FILES, channel="bank") == []
    archived = [path for path in (pipeline.root / "lake" / "archive").rglob("*") if path.is_file()]
    assert b"nobody may read this\n" not in [path.read_bytes() for path in archived]


@pytest.mark.sail_only
def test_a_snapshot_with_a_link_is_not_taken(pipeline: PipelineFixture) -> None:
    """Without the file behind the link, transactions would be missing."""
    place = pipeline.inbox / "internal" / str(day(0))
    (place / "part-1.parquet").symlink_to(place / "part-0.parquet")
    (summary,) = pipeline.ingest(0)
    assert pipeline.lake.read_rows(SNAPSHOT_FILES) == []
    (link_fault,) = [fault for fault in summary.faults if "LINK_IN_INBOX" in fault]
    assert f"internal/{day(0)}/part-1.parquet" in link_fault


@pytest.mark.sail_only
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("对账.csv".encode("gbk"), "\\xb6\\xd4\\xd5\\xcb.csv"),
        (b"a\nb\x1b[31m.csv", "a\nb\x1b[31m.csv"),
    ],
    ids=["not-utf-8", "control-characters"],
)
def test_any_file_name_is_taken(pipeline: PipelineFixture, name: bytes, shown: str) -> None:
    """A name is kept as it is; its bytes that are not UTF-8 are escaped."""
    good = pipeline.write_statement(0, file_line("B"))
    os.rename(os.fsencode(good), os.fsencode(good.parent) + b"/" + name)
    (summary,) = pipeline.ingest(0)
    assert [summary.channels[name].counts["ACCEPTED"] for name in ("bank", "shop")] == [1, 1]
    (row,) = pipeline.lake.read_rows(STATEMENT_FILES, channel="bank")
    assert row["file_name"] == f"bank/{day(0)}/{shown}"
    inbox = Storage(str(pipeline.inbox))
    assert not find_due_dates(pipeline.lake, pipeline.config, inbox, [], None).channels


@pytest.mark.sail_only
@pytest.mark.parametrize("name", ["账.parquet".encode("gbk"), b"a\nb.parquet"])
def test_any_name_of_a_snapshot_is_taken(pipeline: PipelineFixture, name: bytes) -> None:
    """It stops no channel, and finding out what lies in the inbox reads it, too."""
    pipeline.write_statement(0, file_line("B"))
    good = pipeline.write_snapshot(0, file_txn("B"))
    os.rename(os.fsencode(good), os.fsencode(good.parent) + b"/" + name)
    for _ in range(2):
        (summary,) = pipeline.ingest(0)
        assert summary.snapshot and summary.snapshot["status"] == "ACCEPTED"
        assert summary.channels["bank"].counts["ACCEPTED"] == 1
    inbox = Storage(str(pipeline.inbox))
    due = find_due_dates(pipeline.lake, pipeline.config, inbox, [], None)
    assert not due.channels


def test_only_folders_of_the_pattern_are_searched(tmp_path: Path) -> None:
    """A link elsewhere in the inbox is nobody's; one on the way is named once."""
    for place in ("a/2026-11-16/x.csv", "b/2026-11-16/x.csv", "a/2026-11-17/x.csv", "x.csv"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(b"x")
    (tmp_path / "elsewhere").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "2026-11-16" / "deeper").symlink_to(tmp_path / "b")
    os.mkfifo(tmp_path / "a" / "2026-11-16" / "pipe.csv")
    inbox, on = Storage(str(tmp_path)), date(2026, 11, 16)
    found = find_files(inbox, "a/{business_date:%Y-%m-%d}/*.csv", on)
    assert ([file.name for file in found.files], found.links) == (["a/2026-11-16/x.csv"], [])
    both = find_files(inbox, "*/{business_date:%Y-%m-%d}/*.csv", on)
    assert [file.name for file in both.files] == ["a/2026-11-16/x.csv", "b/2026-11-16/x.csv"]
    assert both.links == ["elsewhere"]
    slashes = find_files(inbox, "{first_date:%Y/%m/%d}-{last_date:%Y/%m/%d}.csv", on)
    assert slashes.files == []


def test_a_local_inbox_may_have_any_name(tmp_path: Path) -> None:
    """No engine reads it: characters of patterns, escapes and line breaks are plain characters."""
    inbox = tmp_path / "in[b]o?x*%20\n"
    (inbox / "a").mkdir(parents=True)
    (inbox / "a" / "2026-11-16.csv").write_bytes(b"x")
    storage = Storage(str(inbox))
    (file,) = find_files(storage, "a/{business_date}.csv", date(2026, 11, 16)).files
    with storage.open_received(file.path) as source:
        assert source.read() == b"x"
