"""Rows with one of many marks: all that have one, hardly any other, read where they lie."""

from datetime import date, timedelta
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.engine import task_pool
from jobs.lake import bloom_filter, filter_by_key
from jobs.lake.bloom_filter import contains, empty
from jobs.lake.filter_by_key import filter_rows_by_key
from jobs.lake.tables import Lake
from schemas.tables import HASH_COLUMNS, OUTCOMES

DAY = date(2026, 11, 16)
COLUMNS = ("run_date", "txn_id", "kind", "reasons", "traded_at", "internal_amount", *HASH_COLUMNS)


@pytest.fixture
def rows(lake: Lake) -> list[dict[str, object]]:
    """Two days of three hundred rows in the lake; a mark in ten is not there."""
    rng, made = Random(5), []
    for offset in (0, 1):
        for number in range(300):
            row: dict[str, object] = {"run_date": DAY + timedelta(days=offset), "channel": "bank",
                   "unit_id": f"u{number}", "outcome": "MATCHED", "txn_id": f"t{number}",
                   "kind": rng.choice(["PAYMENT", "REFUND", None]), "internal_amount": number,
                   "reasons": ["LATE"] if number % 3 else []}  # fmt: skip
            row |= {name: rng.choice([None] + [rng.getrandbits(62)] * 9) for name in HASH_COLUMNS}
            made.append(row)
        values = [tuple(row.get(name) for name in OUTCOMES.columns) for row in made[-300:]]
        frame = lake.spark.createDataFrame(values, OUTCOMES.schema).repartition(3)
        lake.replace_day(OUTCOMES, frame, DAY + timedelta(days=offset), "bank")
    return made


@pytest.mark.parametrize("how", ["at once", "in pieces", "by the engine's workers"])
def test_rows_of_a_lake(
    lake: Lake,
    rows: list[dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    """Rows with a mark asked for come as they are, each once, the dates of their partition too."""
    if how != "at once":
        monkeypatch.setattr(filter_by_key, "_ROWS_OF_A_TASK", 20)
        monkeypatch.setattr(bloom_filter, "AT_ONCE", 7)
        monkeypatch.setattr(filter_by_key, "AT_ONCE", 7)
        monkeypatch.setattr(task_pool, "INLINE_BYTES", 0)
    if how == "by the engine's workers":
        monkeypatch.setattr(task_pool, "is_local", lambda spark: False)
    asked = [rows[place][name] for place in range(0, 600, 40) for name in HASH_COLUMNS]
    marks = lake.spark.createDataFrame([(each,) for each in asked if each], "reference_hash bigint")
    files = [
        each
        for offset in (0, 1)
        for each in lake.list_data_files(OUTCOMES, DAY + timedelta(days=offset), "bank")
    ]
    found = filter_rows_by_key(lake, OUTCOMES, files, marks.repartition(3), COLUMNS)
    assert found.columns == list(COLUMNS)
    staged = [each.name for each in (Path(lake.uri) / "_staging").rglob("*") if each.is_file()]
    assert staged and not [each for each in staged if each.endswith(".bits")]
    told = {(row["run_date"], row["txn_id"]): row.asDict() for row in found.collect()}
    assert found.count() == len(told) < 40
    wanted = [row for row in rows if {row[name] for name in HASH_COLUMNS} & set(asked) - {None}]
    assert len(wanted) >= 14
    for row in wanted:
        expected = {name: row.get(name) for name in COLUMNS}
        assert told[row["run_date"], row["txn_id"]] == expected


def test_nothing_asked_and_nothing_there(lake: Lake, rows: list[dict[str, object]]) -> None:
    """No marks, or no files: no rows, in the columns asked for."""
    none = lake.spark.createDataFrame([], "reference_hash bigint")
    files = lake.list_data_files(OUTCOMES, DAY, "bank")
    some = lake.spark.createDataFrame([(1,)], "reference_hash bigint")
    for given_files, asked in ((files, none), ([], some), ([], none)):
        found = filter_rows_by_key(lake, OUTCOMES, given_files, asked, COLUMNS)
        assert (found.columns, found.collect()) == (list(COLUMNS), [])


def test_columns_that_a_file_was_written_without(tmp_path: Path) -> None:
    """Rows of an earlier version of the software have no marks: null, and nobody meets them."""
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), tmp_path / "old.parquet")
    parquet = pq.ParquetFile(tmp_path / "old.parquet")
    fields = [pa.field("m", pa.int64()), pa.field("a", pa.int64()), pa.field("n", pa.string())]
    assert filter_by_key._columns(parquet, 0, fields).to_pydict() == {
        "m": [None, None],
        "a": [1, 2],
        "n": [None, None],
    }
    marks = filter_by_key._columns(parquet, 0, fields[:1])
    assert marks.to_pydict() == {"m": [None, None]}
    assert contains(empty(1), marks.columns).tolist() == []
