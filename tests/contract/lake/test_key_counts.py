"""Which keys of today are not unique: the fast count, the plain definition, and the rule agree."""

import io
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.engine import task_pool
from jobs.lake.fast_path import bloom_filter, kept_hashes, key_counts
from jobs.lake.fast_path.kept_hashes import LakeKeeper
from jobs.lake.fast_path.key_counts import distinct, keys_of_repeated, keys_without_unique_partner
from jobs.lake.tables import Lake
from jobs.matching.fast_path.plain_keys import PlainKeeper
from jobs.matching.fast_path.reference_hashes import hash_references, lookup_hashes
from jobs.storage.archive import Storage
from schemas.reference_hashes import (
    HASH,
    HASHES,
    KEY,
    NO_KEY,
    OUR_HASH,
    OUT_OF_SCOPE,
    SECOND_HASH,
    VOID_MARK,
)
from schemas.table import Table
from schemas.tables import INTERNAL_TRANSACTIONS, STATEMENT_LINES
from tests.support.match_ledger import profile

Line = tuple[int | None, int | None, int | None, bool]
Transaction = tuple[int | None, int | None, int]
TRANSACTIONS_SCHEMA = ", ".join(f"{name} bigint" for name in HASHES)
LINES_SCHEMA = f"{TRANSACTIONS_SCHEMA}, {OUT_OF_SCOPE} boolean"
FEW = st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 1)))


def pairs(rows: Sequence[tuple[int, int]]) -> Any:
    """Pairs of hashes as two rows of an array."""
    return np.array(list(zip(*rows, strict=True)) or [[], []], np.int64)


@given(lines=FEW, transactions=FEW)
def test_keys_that_do_not_stand_once_on_each_side(
    lines: list[tuple[int, int]], transactions: list[tuple[int, int]]
) -> None:
    """A key is unique where one line and one transaction have it, with the same second hash."""
    rows = [(key, second, side) for side in (0, 1) for key, second in (lines, transactions)[side]]
    by_key = {key: sorted(row[2] for row in rows if row[0] == key) for key, _, _ in rows}
    seconds = {key: {row[1] for row in rows if row[0] == key} for key in by_key}
    expected = [key for key in by_key if by_key[key] != [0, 1] or len(seconds[key]) > 1]
    found = keys_without_unique_partner(pairs(lines), pairs(transactions)).tolist()
    assert sorted(found) == sorted(expected)
    numbers = Counter(number for number, _ in lines)
    repeated = {key for number, key in lines if numbers[number] > 1}
    assert keys_of_repeated(pairs(lines)).tolist() == sorted(repeated)
    assert distinct([pairs(lines)[0], pairs(lines)[0]]).tolist() == sorted(numbers)


def non_unique(
    lake: Lake,
    lines: Sequence[Line],
    transactions: Sequence[Transaction],
    also: Sequence[int],
) -> set[int]:
    """The keys that the lake counts, which are those of the plain definition."""
    spark = lake.spark
    frames = (
        spark.createDataFrame(list(lines), LINES_SCHEMA).repartition(3),
        spark.createDataFrame(list(transactions), TRANSACTIONS_SCHEMA).repartition(2),
    )
    hashes = spark.createDataFrame([(value,) for value in also], f"{HASH} bigint")
    fast = LakeKeeper(lake).keep_hashes(*frames).non_unique_keys(hashes)
    plain = PlainKeeper(lake.stage).keep_hashes(*frames).non_unique_keys(hashes)
    assert fast.columns == plain.columns == [KEY]
    keys, plain_keys = ({row[KEY] for row in frame.collect()} for frame in (fast, plain))
    assert keys == plain_keys
    return keys


def expected(
    lines: Sequence[Line], transactions: Sequence[Transaction], also: Sequence[int]
) -> set[int]:
    """The same by the rule: `plain_keys.non_unique_keys`."""
    sides = [Counter(row[:2] for row in side) for side in (lines, transactions)]
    keys = [Counter(row[0] for row in side) for side in (lines, transactions)]
    numbers = Counter(row[2] for row in lines)

    def is_unique(row: Line | Transaction) -> bool:
        once = all(count[row[0]] == 1 for count in keys)
        one_reference = all(count[row[:2]] == 1 for count in sides)
        return once and one_reference and not {*row[:3]} & {*also}

    found = {row[0] for row in (*lines, *transactions) if not is_unique(row)}
    found |= {row[0] for row in lines if row[3] or (row[2] is not None and numbers[row[2]] > 1)}
    return {key for key in found if key is not None} | {NO_KEY}


@pytest.mark.parametrize("how", ["at once", "in pieces", "by the engine's workers"])
def test_keys_of_a_day_are_counted(lake: Lake, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Six hundred rows drawn from few marks, over the whole range of numbers, some of them null."""
    if how != "at once":
        monkeypatch.setattr(key_counts, "_ROWS_OF_A_TASK", 100)
        monkeypatch.setattr(bloom_filter, "AT_ONCE", 7)
        monkeypatch.setattr(task_pool, "INLINE_BYTES", 0)
    if how == "by the engine's workers":
        monkeypatch.setattr(task_pool, "is_local", lambda spark: False)
    rng = Random(11)
    drawn = [rng.getrandbits(64) - 2**63 for _ in range(900)]
    second = {mark: rng.getrandbits(64) - 2**63 for mark in drawn}

    def marked(mark: int | None) -> tuple[int | None, int | None]:
        return mark, None if mark is None else second[mark]

    shared = drawn[:300]
    lines: list[Line] = [
        (*marked(rng.choice([None, mark, mark, mark, mark])), rng.choice([None, *drawn[300:800]]),
         rng.random() < 0.02)
        for mark in shared + rng.sample(shared, 20)
    ]  # fmt: skip
    ours: list[Transaction] = [
        (*marked(mark), mark + 1) for mark in shared[20:] + rng.sample(shared, 20)
    ]
    also = [shared[30], lines[40][2] or 0, ours[50][2], drawn[850]]
    found = non_unique(lake, lines, ours, also)
    assert found == expected(lines, ours, also)
    assert 50 < len(found) < 280 and len({*shared} - found) > 50


@pytest.mark.sail_only
def test_two_references_that_share_their_first_hash_do_not_pair(lake: Lake) -> None:
    """1 is the hash of A, which a line has, and of B, which a transaction has; 2 and 3 pair."""
    lines: list[Line] = [(1, 10, 100, False), (2, 12, 101, False), (3, 13, 102, False)]
    ours: list[Transaction] = [(1, 11, 200), (2, 12, 201), (3, 13, 202)]
    assert non_unique(lake, lines, ours, []) == {NO_KEY, 1}


@pytest.mark.sail_only
@pytest.mark.parametrize("side", ["both", "lines", "transactions", "none"])
def test_a_side_without_rows(lake: Lake, side: str) -> None:
    """A key on one side only is not unique; a day may have no rows."""
    lines: list[Line] = [(1, 10, None, False)] if side in ("both", "lines") else []
    ours: list[Transaction] = [(1, 10, 200)] if side in ("both", "transactions") else []
    one_sided = set() if side in ("both", "none") else {1}
    assert non_unique(lake, lines, ours, []) == {NO_KEY} | one_sided


def frame_of(lake: Lake, table: Table, rows: Sequence[dict[str, Any]]) -> DataFrame:
    """Rows of a table; what they do not name is null."""
    values = [tuple(row.get(name) for name in table.columns) for row in rows]
    return lake.spark.createDataFrame(values, table.schema)


def test_look_back_looks_up_the_same_hashes_by_either_keeper(lake: Lake) -> None:
    """Kept or not: the hashes of our_ref and channel_ref of lines, of txn_id, and the void mark."""
    lines = frame_of(lake, STATEMENT_LINES, [
        {"kind": "PAYMENT", "our_ref_norm": "A", "channel_ref_norm": "C", "status": "SUCCEEDED"},
        {"kind": "REFUND", "our_ref_norm": "A", "status": "SUCCEEDED"},
        {"kind": "PAYMENT", "channel_ref_norm": "A", "status": "PENDING"},
    ])  # fmt: skip
    transactions = frame_of(lake, INTERNAL_TRANSACTIONS, [
        {"txn_id": "A", "kind": "PAYMENT", "our_ref_norm": "A"},
        {"txn_id": "B", "kind": "PAYMENT"},
    ])  # fmt: skip
    hashes = hash_references(lines, transactions, profile())
    kept = LakeKeeper(lake).keep_hashes(*hashes)
    read = [
        value
        for file in kept.lookup_files
        for column in pq.read_table(file.path, columns=list(file.columns)).columns
        for value in column.drop_null().to_pylist()
    ]
    plain = PlainKeeper(lake.stage).keep_hashes(*hashes)
    frames = (lookup_hashes(lines, transactions), kept.lookup_hashes(), plain.lookup_hashes())
    listed = [sorted(row[HASH] for row in frame.collect()) for frame in frames]
    assert len(set(read)) == 7 and VOID_MARK in read
    assert listed == [sorted(read)] * 3


def test_each_reference_has_two_hashes(lake: Lake) -> None:
    """Apart from each other and by kind; none where there is no reference."""
    refs = [("PAYMENT", "A"), ("REFUND", "A"), ("PAYMENT", "B"), ("PAYMENT", None)]
    rows = [
        {"txn_id": f"t{n}", "kind": kind, "our_ref_norm": ref} for n, (kind, ref) in enumerate(refs)
    ]
    transactions = frame_of(lake, INTERNAL_TRANSACTIONS, rows)
    hashed = hash_references(frame_of(lake, STATEMENT_LINES, []), transactions, profile())[1]
    found = {(row[OUR_HASH], row[SECOND_HASH]) for row in hashed.collect()}
    assert len(found) == 4 and (None, None) in found
    values = [value for pair in found for value in pair if value is not None]
    assert len(values) == len(set(values)) == 6


class CountedFile(io.RawIOBase):
    """A file that adds the bytes read of it to a list."""

    def __init__(self, source: Any, read: list[int]) -> None:
        self._source, self._read = source, read

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return int(self._source.tell())

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._source.seek(offset, whence))

    def read(self, size: int | None = -1) -> bytes:
        data = self._source.read(None if size is None or size < 0 else size)
        self._read.append(len(data))
        return bytes(data)

    def read_at(self, size: int, offset: int) -> bytes:
        self.seek(offset)
        return self.read(size)


def bytes_per_row(lake: Lake, monkeypatch: pytest.MonkeyPatch, rows: int) -> tuple[float, int]:
    """Bytes that the tasks read of a day of so many rows a side, per row; and how many ranges."""
    read: list[int] = []
    ranges: list[int] = []

    class CountedStorage(Storage):
        def __init__(self, uri: str) -> None:
            super().__init__(uri)
            real = self.fs

            class Files:
                def __getattr__(self, name: str) -> Any:
                    return getattr(real, name)

                def open_input_file(self, path: str) -> CountedFile:
                    return CountedFile(real.open_input_file(path), read)

            self.fs = Files()

    counted = key_counts.count_range

    def count_range(task: Any) -> dict[str, Any]:
        ranges.append(1)
        return counted(task)

    with monkeypatch.context() as patch:
        patch.setattr(key_counts, "Storage", CountedStorage)
        patch.setattr(kept_hashes, "count_range", count_range)
        frame = lake.spark.range(rows)
        columns = [F.xxhash64(F.lit(salt), "id").alias(name) for salt, name in enumerate(HASHES)]
        transactions = frame.select(*columns)
        lines = frame.select(*columns, F.lit(False).alias(OUT_OF_SCOPE))
        keys = LakeKeeper(lake).keep_hashes(lines, transactions)
        found = keys.non_unique_keys(lake.spark.createDataFrame([], f"{HASH} bigint"))
        assert [row[KEY] for row in found.collect()] == [NO_KEY]
    return sum(read) / (2 * rows), len(ranges)


def test_bytes_read_per_row_do_not_grow(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day of eight times as many rows is sorted in eight times as many ranges: each row's hashes
    are read as often as before.
    """
    monkeypatch.setattr(key_counts, "_ROWS_OF_A_TASK", 5_000)
    small, few = bytes_per_row(lake, monkeypatch, 10_000)
    large, many = bytes_per_row(lake, monkeypatch, 80_000)
    assert (few, many) == (4 + 2, 32 + 16)
    assert 40 < large < small * 1.05
