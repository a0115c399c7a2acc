"""The filter of hashes: all that were added pass, hardly any other."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from jobs.lake.fast_path.bloom_filter import add, contains, empty

LONGS = st.integers(-(2**63), 2**63 - 1)


def longs(values: list[int | None]) -> pa.ChunkedArray:
    """A column in two chunks."""
    middle = len(values) // 2
    return pa.chunked_array([values[:middle], values[middle:]], pa.int64())


@given(asked=st.lists(LONGS), others=st.lists(st.one_of(LONGS, st.none())))
def test_what_was_added_passes(asked: list[int], others: list[int | None]) -> None:
    """Every mark that was added is found in whichever column it stands; a null is no mark."""
    words = empty(len(asked))
    add(words, pa.array(asked, pa.int64()))
    rows = [*asked, *others]
    passed = contains(words, [longs([None] * len(rows)), longs(list(rows))]).tolist()
    assert set(range(len(asked))) <= set(passed)
    assert all(rows[place] is not None for place in passed)
    assert contains(words, [longs([None, 0])]).tolist() in ([], [1])


def test_hardly_any_other_passes() -> None:
    """Of a hundred thousand hashes that nobody asked for less than one in a thousand passes."""
    drawn = np.random.default_rng(7).integers(-(2**63), 2**63 - 1, 300_000, dtype=np.int64)
    asked, others = drawn[:200_000], drawn[200_000:]
    words = empty(len(asked))
    for start in range(0, len(asked), 65_536):
        add(words, pa.array(asked[start : start + 65_536]))
    assert len(contains(words, [pa.chunked_array([asked])])) == len(asked)
    assert len(contains(words, [pa.chunked_array([others])])) < 100
