"""How a task writes a data file by itself: compression, dictionaries, and Bloom filters.

A Bloom filter of a row group tells most values that are not in it, so that a reference is looked
for in few row groups whatever order its numbers have.
Source: Apache Parquet, BloomFilter.md; docs/reference/explain.md, "Cost".
"""

from typing import Any

import pyarrow as pa

from schemas.tables import Table

#: Rows of a row group, unless the file has fewer: a filter of its own has to pay for itself.
GROUP_ROWS_MIN = 2**16
#: Rows of a row group at most.
GROUP_ROWS_MAX = 2**20
#: One in so many values that are not there is taken for one that is.
_ONE_IN = 50


def writer_options(table: Table, first: pa.Table) -> dict[str, Any]:
    """Options of `pyarrow.parquet` for a table's file, of row groups such as `first` is one.

    A column that is empty in them gets no filter: it is read through where a search asks for it.
    """
    rows = min(len(first), GROUP_ROWS_MAX)
    there = {name: len(first) - first[name].null_count for name in table.lookup_columns}
    filters = {
        name: {"ndv": max(rows * count // len(first), 1), "fpp": 1 / _ONE_IN}
        for name, count in there.items()
        if count
    }
    return {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": table.dictionary_columns,
        "bloom_filter_options": filters or None,
    }
