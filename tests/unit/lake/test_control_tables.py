"""Control tables stay in few files, whatever is written beside; rows are found by their values."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from jobs.lake.maintenance import join_files
from jobs.lake.partitions import read_rows_where
from jobs.lake.tables import Lake
from schemas.tables import RUNS, SNAPSHOT_FILES, STATEMENT_FILES
from tests.support.ledger import day


def open_session() -> Any:
    raise AssertionError("control tables need no session")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake without a session."""
    return Lake(open_session, str(tmp_path))


def file_row(offset: int, channel: str | None, **other: Any) -> Mapping[str, Any]:
    return {"business_date": day(offset), "channel": channel, "status": "ACCEPTED", **other}


def data_files(lake: Lake, name: str) -> int:
    return len(DeltaTable(f"{lake.uri}/{name}").file_uris())


def test_many_writes_leave_few_files_and_all_rows(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each write of a row makes a file; from the fourth on a writer joins them."""
    monkeypatch.setattr(join_files, "FILES_MAX", 4)
    for number in range(11):
        lake.append_rows(RUNS, [{"run_id": str(number), "counts": {"lines": number}}])
        assert data_files(lake, "runs") < 4
    rows = {row["run_id"]: row["counts"] for row in lake.read_rows(RUNS)}
    assert rows == {str(number): {"lines": number} for number in range(11)}
    for number in range(6):
        lake.replace_rows(
            STATEMENT_FILES, [file_row(number, "bank", version=1)], day(number), "bank"
        )
        lake.replace_rows(
            STATEMENT_FILES, [file_row(number, "bank", version=2)], day(number), "bank"
        )
    assert data_files(lake, "statement_files") < 4
    found = sorted(
        (row["business_date"], row["version"]) for row in lake.read_rows(STATEMENT_FILES)
    )
    assert found == [(day(number), 2) for number in range(6)]


def test_an_earlier_version_is_read_after_files_were_joined(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(join_files, "FILES_MAX", 3)
    versions = [lake.append_rows(RUNS, [{"run_id": str(number)}]) for number in range(3)]
    earlier = DeltaTable(lake.path(RUNS), version=versions[1])
    rows = read_rows_where(earlier, RUNS, {}, ["run_id"])
    assert sorted(row["run_id"] for row in rows) == ["0", "1"]


def test_writers_at_once_lose_no_row_and_double_none(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writers replace their rows again and again and join files in passing: each of them may
    find that the other has just removed the file that it is about to remove.
    """
    monkeypatch.setattr(join_files, "FILES_MAX", 2)
    lake.create(STATEMENT_FILES)

    def write(channel: str) -> None:
        for version in range(1, 4):
            for offset in range(3):
                rows = [file_row(offset, channel, version=version)]
                lake.replace_rows(STATEMENT_FILES, rows, day(offset), channel)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, ["alpha", "bravo"]))
    found = [(row["channel"], row["business_date"], row["version"])
             for row in lake.read_rows(STATEMENT_FILES)]  # fmt: skip
    expected = [(name, day(offset), 3) for name in ("alpha", "bravo") for offset in range(3)]
    assert sorted(found) == expected


def test_rows_are_found_by_values_lists_and_nulls(lake: Lake) -> None:
    lake.replace_rows(SNAPSHOT_FILES, [file_row(0, None, channels={"bank": 2})], day(0), None)
    lake.append_rows(SNAPSHOT_FILES, [file_row(1, "bank"), file_row(2, "cash", status="RECEIVED")])

    def days_where(**where: Any) -> list[Any]:
        rows = lake.read_rows(SNAPSHOT_FILES, ["business_date"], **where)
        return sorted(row["business_date"] for row in rows)

    assert days_where() == [day(0), day(1), day(2)]
    assert days_where(channel="bank") == [day(1)]
    assert days_where(channel=["bank", "cash"], status="ACCEPTED") == [day(1)]
    assert days_where(channel=None) == [day(0)]
    assert days_where(channel=[None, "bank"]) == [day(0), day(1)]
    assert days_where(channel=[]) == []
    assert lake.read_rows(SNAPSHOT_FILES, ["channel", "channels"], business_date=day(0)) == [
        {"channel": None, "channels": {"bank": 2}}
    ]


def test_logs_have_checkpoints_those_of_earlier_lakes_too(lake: Lake) -> None:
    """A table of an earlier version had one at every hundred versions."""
    lake.create(RUNS)
    DeltaTable(lake.path(RUNS)).alter.set_table_properties({"delta.checkpointInterval": "100"})
    again = Lake(open_session, lake.uri)
    while again.append_rows(RUNS, [{"run_id": "1"}]) < 40:
        pass
    checkpoints = list(Path(lake.path(RUNS), "_delta_log").glob("*.checkpoint.parquet"))
    assert len(checkpoints) == 2
