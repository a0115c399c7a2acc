"""Finds rows by hash in data files: all that have one of many hashes, and hardly any other."""

from datetime import date, timedelta
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.engine import task_pool
from jobs.lake.fast_path import bloom_filter, filter_by_key
from jobs.lake.fast_path.bloom_filter import contains, empty
from jobs.lake.fast_path.filter_by_key import filter_rows_by_key
from jobs.lake.tables import Lake
from jobs.matching.fast_path.plain_keys import rows_with_keys
from schemas.reference_hashes import HASH
from schemas.tables import HASH_COLUMNS, OUTCOMES

DAY = date(2026, 11, 16)
COLUMNS = ("run_date", "txn_id", "kind", "reasons", "traded_at", "internal_amount", *HASH_COLUMNS)


@pytest.fixture
def rows(lake: Lake) -> list[dict[str, object]]:
    """Two days of three hundred rows in the lake; one hash in ten is null."""
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
def test_rows_that_have_a_hash_are_found(
    lake: Lake,
    rows: list[dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    """Each row once and whole, the dates of its partition too; the plain definition finds the same
    rows, without the few that pass the filter by chance.
    """
    if how != "at once":
        monkeypatch.setattr(filter_by_key, "_ROWS_OF_A_TASK", 20)
        monkeypatch.setattr(bloom_filter, "AT_ONCE", 7)
        monkeypatch.setattr(filter_by_key, "AT_ONCE", 7)
        monkeypatch.setattr(task_pool, "INLINE_BYTES", 0)
    if how == "by the engine's workers":
        monkeypatch.setattr(task_pool, "is_local", lambda spark: False)
    values = [rows[place][name] for place in range(0, 600, 40) for name in HASH_COLUMNS]
    keys = lake.spark.createDataFrame([(value,) for value in values if value], f"{HASH} bigint")
    files = [
        file
        for offset in (0, 1)
        for file in lake.list_data_files(OUTCOMES, DAY + timedelta(days=offset), "bank")
    ]
    found = filter_rows_by_key(lake, OUTCOMES, files, keys.repartition(3), COLUMNS)
    assert found.columns == list(COLUMNS)
    staged = [path.name for path in (Path(lake.uri) / "_staging").rglob("*") if path.is_file()]
    assert staged and not [name for name in staged if name.endswith(".bits")]
    by_id = {(row["run_date"], row["txn_id"]): row.asDict() for row in found.collect()}
    assert found.count() == len(by_id) < 40
    wanted = [row for row in rows if {row[name] for name in HASH_COLUMNS} & set(values) - {None}]
    assert len(wanted) >= 14
    for row in wanted:
        expected = {name: row.get(name) for name in COLUMNS}
        assert by_id[row["run_date"], row["txn_id"]] == expected
    plain = rows_with_keys(lake.read_files(OUTCOMES, files), keys, COLUMNS)
    assert plain.columns == list(COLUMNS)
    plain_rows = [row.asDict() for row in plain.collect()]
    assert len(plain_rows) == len(wanted)
    assert all(by_id[row["run_date"], row["txn_id"]] == row for row in plain_rows)


@pytest.mark.sail_only
def test_without_keys_or_files_no_row_is_found(lake: Lake, rows: list[dict[str, object]]) -> None:
    """No rows, in the columns asked for."""
    none = lake.spark.createDataFrame([], f"{HASH} bigint")
    files = lake.list_data_files(OUTCOMES, DAY, "bank")
    some = lake.spark.createDataFrame([(1,)], f"{HASH} bigint")
    for some_files, keys in ((files, none), ([], some), ([], none)):
        found = filter_rows_by_key(lake, OUTCOMES, some_files, keys, COLUMNS)
        assert (found.columns, found.collect()) == (list(COLUMNS), [])


def test_columns_that_a_file_lacks_are_null(tmp_path: Path) -> None:
    """Rows that an earlier version of the software wrote have no hashes, and match no key."""
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"]}), tmp_path / "old.parquet")
    parquet = pq.ParquetFile(tmp_path / "old.parquet")
    fields = [pa.field("m", pa.int64()), pa.field("a", pa.int64()), pa.field("n", pa.string())]
    assert filter_by_key._columns(parquet, 0, fields).to_pydict() == {
        "m": [None, None],
        "a": [1, 2],
        "n": [None, None],
    }
    hashes = filter_by_key._columns(parquet, 0, fields[:1])
    assert hashes.to_pydict() == {"m": [None, None]}
    assert contains(empty(1), hashes.columns).tolist() == []
