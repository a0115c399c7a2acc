"""Today's marks: which rows do not pair at once, told from sorted numbers alone."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.engine import task_pool
from jobs.lake import bloom_filter, key_counts
from jobs.lake.key_counts import KeptMarks, LakeKeeper, distinct, uneven
from jobs.lake.tables import Lake
from jobs.matching.fast_path import exact_pairs, key_hashes
from jobs.matching.fast_path.exact_pairs import KEY, NO_KEY
from schemas.profile.channel import Scope
from schemas.tables import INTERNAL_TRANSACTIONS, STATEMENT_LINES

Line = tuple[int | None, int | None, int | None, bool]
Ours = tuple[int | None, int | None, int]
LINES = "our_mark bigint, second_mark bigint, other_mark bigint, aside boolean"
OURS = "our_mark bigint, second_mark bigint, other_mark bigint"
FEW = st.lists(st.integers(-4, 4))


@given(theirs=FEW, ours=FEW)
def test_what_does_not_stand_once_on_each_side(theirs: list[int], ours: list[int]) -> None:
    """Of two sides and of one; what stands twice on one side and not on the other is uneven too."""
    sides = [np.sort(np.array(side, np.int64)) for side in (theirs, ours)]
    of_theirs, of_ours = Counter(theirs), Counter(ours)
    both = {mark for mark in theirs + ours if (of_theirs[mark], of_ours[mark]) != (1, 1)}
    assert uneven(sides).tolist() == sorted(both)
    assert uneven(sides[:1]).tolist() == sorted(mark for mark in of_theirs if of_theirs[mark] > 1)
    assert distinct(sides).tolist() == sorted({*theirs, *ours})


def odd(lake: Lake, lines: Sequence[Line], ours: Sequence[Ours], also: Sequence[int]) -> set[int]:
    """The keys that the lake tells."""
    spark = lake.spark
    today = LakeKeeper(lake).marked(
        spark.createDataFrame(list(lines), LINES).repartition(3),
        spark.createDataFrame(list(ours), OURS).repartition(2),
    )
    found = today.odd_keys(spark.createDataFrame([(mark,) for mark in also], "mark bigint"))
    assert found.columns == [KEY]
    return {row[KEY] for row in found.collect()}


def expected(lines: Sequence[Line], ours: Sequence[Ours], also: Sequence[int]) -> set[int]:
    """The same by the rule: `TodaysMarks.odd_keys`."""
    counts = [Counter(row[at] for row in side) for at in (0, 1) for side in (lines, ours)]
    alone = Counter(row[2] for row in lines)

    def is_odd(row: Line | Ours) -> bool:
        shared = any(
            row[at] is not None and (counts[2 * at][row[at]], counts[2 * at + 1][row[at]]) != (1, 1)
            for at in (0, 1)
        )
        return shared or (row[2] is not None and alone[row[2]] > 1) or bool({*row[:3]} & {*also})

    keys = {row[0] for row in (*lines, *ours) if is_odd(row)}
    keys |= {row[0] for row in lines if row[3]}
    return {key for key in keys if key is not None} | {NO_KEY}


@pytest.mark.parametrize("how", ["at once", "in pieces", "by the engine's workers"])
def test_keys_that_are_odd(lake: Lake, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Six hundred rows drawn from few marks, over the whole range of numbers, some of them null."""
    if how != "at once":
        monkeypatch.setattr(key_counts, "_SORTED_AT_ONCE", 100)
        monkeypatch.setattr(key_counts, "AT_ONCE", 7)
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
    ours: list[Ours] = [(*marked(mark), mark + 1) for mark in shared[20:] + rng.sample(shared, 20)]
    also = [shared[30], lines[40][2] or 0, ours[50][2], drawn[850]]
    found = odd(lake, lines, ours, also)
    assert found == expected(lines, ours, also)
    assert 50 < len(found) < 280 and len({*shared} - found) > 50


def test_two_references_that_share_their_first_mark(lake: Lake) -> None:
    """1 is the mark of A, which the line bears, and of B, which ours bears; 2 and 3 are pairs."""
    lines: list[Line] = [(1, 10, 100, False), (2, 12, 101, False), (3, 13, 102, False)]
    ours: list[Ours] = [(1, 11, 200), (2, 12, 201), (3, 13, 202)]
    assert odd(lake, lines, ours, []) == {NO_KEY, 1}


@pytest.mark.parametrize("side", ["both", "lines", "transactions", "none"])
def test_a_side_without_rows(lake: Lake, side: str) -> None:
    """What stands on one side only is odd; no rows are no fault."""
    lines: list[Line] = [(1, 10, None, False)] if side in ("both", "lines") else []
    ours: list[Ours] = [(1, 10, 200)] if side in ("both", "transactions") else []
    one_sided = set() if side in ("both", "none") else {1}
    assert odd(lake, lines, ours, []) == {NO_KEY} | one_sided


def test_look_back_asks_the_marks_that_the_frames_have(lake: Lake) -> None:
    """Kept or not, the marks asked are the same: our_ref and channel_ref of lines, our txn_id."""

    def frame(table: Any, rows: list[dict[str, Any]]) -> Any:
        values = [tuple(row.get(name) for name in table.columns) for row in rows]
        return lake.spark.createDataFrame(values, table.schema)

    lines = frame(STATEMENT_LINES, [
        {"kind": "PAYMENT", "our_ref_norm": "A", "channel_ref_norm": "C", "status": "SUCCEEDED"},
        {"kind": "REFUND", "our_ref_norm": "A", "status": "SUCCEEDED"},
        {"kind": "PAYMENT", "channel_ref_norm": "A", "status": "PENDING"},
    ])  # fmt: skip
    ours = frame(INTERNAL_TRANSACTIONS, [
        {"txn_id": "A", "kind": "PAYMENT", "our_ref_norm": "A"},
        {"txn_id": "B", "kind": "PAYMENT"},
    ])  # fmt: skip
    kept = LakeKeeper(lake).marked(*exact_pairs.marked(lines, ours, Scope()))
    assert isinstance(kept, KeptMarks)
    given = [
        mark
        for file in kept.asked
        for column in pq.read_table(file.path, columns=list(file.columns)).columns
        for mark in column.drop_null().to_pylist()
    ]
    asked = [row["mark"] for row in key_hashes.asked_of(lines, ours).collect()]
    assert len(asked) == len(set(asked)) == 6
    assert sorted(given) == sorted(asked)


def test_the_marks_of_rows(lake: Lake) -> None:
    """Two marks of a reference, apart from each other and by kind; none of what is not there."""
    refs = [("PAYMENT", "A"), ("REFUND", "A"), ("PAYMENT", "B"), ("PAYMENT", None)]
    table = INTERNAL_TRANSACTIONS
    rows = [
        {"txn_id": f"t{n}", "kind": kind, "our_ref_norm": ref} for n, (kind, ref) in enumerate(refs)
    ]
    values = [tuple(row.get(name) for name in table.columns) for row in rows]
    ours = lake.spark.createDataFrame(values, table.schema)
    lines = lake.spark.createDataFrame([], STATEMENT_LINES.schema)
    of_ours = exact_pairs.marked(lines, ours, Scope())[1].orderBy("other_mark").collect()
    pairs = {(row["our_mark"], row["second_mark"]) for row in of_ours}
    assert len(pairs) == 4 and (None, None) in pairs
    found = [mark for pair in pairs for mark in pair if mark is not None]
    assert len(found) == len(set(found)) == 6
