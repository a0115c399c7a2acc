"""A Bloom filter of hashes, 64-bit integers: each of them sets some bits in one word of 64.

Source: B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors", 1970.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Words = npt.NDArray[np.uint64]
#: Words of a filter, as powers of two: half a gigabyte at most.
_POWER_MIN, _POWER_MAX = 10, 26
#: Bits of a hash, from the last on, that name the bits it sets in its word.
_BIT_PLACES = (0, 6, 12, 18)
#: So many hashes are looked at at once: what is made of them stays in the processor's cache.
AT_ONCE = 2**16


def empty(words: int) -> Words:
    """A filter of so many words or somewhat more, with no hash in it.

    With a word for each hash a few in ten thousand others are taken for one that was added.
    """
    power = math.ceil(math.log2(max(words, 1)))
    return np.zeros(2 ** min(max(power, _POWER_MIN), _POWER_MAX), np.uint64)


def add(words: Words, hashes: pa.Array) -> None:
    """Adds hashes, 64-bit integers, to a filter."""
    at, bits = hash_bits(words, hashes.to_numpy(zero_copy_only=False))
    np.bitwise_or.at(words, at, bits)


def contains(words: Words, columns: Sequence[pa.ChunkedArray]) -> npt.NDArray[np.int64]:
    """The places of rows of which one column is a hash that was added, or is taken for one."""
    passed = np.zeros(len(columns[0]), bool)
    for column in columns:
        valid = column.is_valid().to_numpy()
        hashes = column.fill_null(0).to_numpy()
        for start in range(0, len(hashes), AT_ONCE):
            piece = slice(start, start + AT_ONCE)
            at, bits = hash_bits(words, hashes[piece])
            passed[piece] |= ((words[at] & bits) == bits) & valid[piece]
    return np.flatnonzero(passed)


def hash_bits(words: Words, hashes: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Words]:
    """The word of each hash, and the bits that it sets there."""
    unsigned = hashes.view(np.uint64)
    power = len(words).bit_length() - 1
    at = (unsigned >> np.uint64(64 - power)).astype(np.int64)
    bits = np.zeros(len(unsigned), np.uint64)
    for place in _BIT_PLACES:
        bits |= np.uint64(1) << ((unsigned >> np.uint64(place)) & np.uint64(63))
    return at, bits
