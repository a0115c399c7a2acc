"""Data files that landing writes by itself: their row groups, and which columns have a filter."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.lake.line_writer import LineFileWriter
from jobs.lake.parquet_options import GROUP_ROWS_MIN, writer_options
from jobs.lake.write_checks import arrow_schema
from jobs.storage.archive import Storage
from schemas.tables import INTERNAL_TRANSACTIONS, REJECTED_LINES, STATEMENT_LINES

DAY = date(2026, 11, 22)


def written(tmp_path: Path, *blocks: int) -> tuple[pq.FileMetaData, pa.Table]:
    """A file of lines from blocks of so many; every tenth has an order_ref, none a batch_ref."""
    out = LineFileWriter(Storage(str(tmp_path)), STATEMENT_LINES, "bank", DAY, "f")
    first = 1
    for count in blocks:
        numbers = range(first, first + count)
        refs = pa.array([f"R{each * 7919 % 10_000_019}" for each in numbers])
        orders = pa.array([None if each % 10 else f"O{each}" for each in numbers])
        out.write({"line_no": pa.array(numbers, pa.int64()), "our_ref": refs,
                   "our_ref_norm": refs, "order_ref_norm": orders})  # fmt: skip
        first += count
    told = out.close()
    assert told is not None
    assert told["rows"] == first - 1
    path = tmp_path / STATEMENT_LINES.name / told["path"]
    assert path.stat().st_size == told["size"]
    return pq.read_metadata(path), pq.ParquetFile(path).read()


def filters(meta: pq.FileMetaData, group: int = 0) -> dict[str, int]:
    """Bytes of the filters of a row group, by column."""
    columns = [meta.row_group(group).column(each) for each in range(meta.num_columns)]
    return {each.path_in_schema: each.bloom_filter_length for each in columns
            if each.bloom_filter_offset is not None}  # fmt: skip


@pytest.mark.parametrize(
    ("blocks", "groups"),
    [
        ((3,), [3]),
        ((20_000, 20_000), [40_000]),
        ((15_000, 60_000, 60_000, 60_000, 5), [75_000, 120_000, 5]),
        ((GROUP_ROWS_MIN, 1), [GROUP_ROWS_MIN, 1]),
    ],
)
def test_small_blocks_share_a_row_group(
    blocks: tuple[int, ...], groups: list[int], tmp_path: Path
) -> None:
    """Blocks of 15,000 and 60,000 lines make one row group; every line is there, in order."""
    meta, rows = written(tmp_path, *blocks)
    assert [meta.row_group(each).num_rows for each in range(meta.num_row_groups)] == groups
    assert rows["line_no"].to_pylist() == list(range(1, sum(blocks) + 1))


def test_what_people_look_for_has_a_filter(tmp_path: Path) -> None:
    """Normalized references that are there have one, a tenth as large where a tenth is there."""
    meta, _ = written(tmp_path, 70_000, 70_000)
    assert set(filters(meta)) == {"our_ref_norm", "order_ref_norm"} == set(filters(meta, 1))
    assert filters(meta)["order_ref_norm"] * 4 < filters(meta)["our_ref_norm"] < 2 * 70_000


def test_a_first_group_without_a_value(tmp_path: Path) -> None:
    """A column that is empty in the first row group has no filter in the others either."""
    out = LineFileWriter(Storage(str(tmp_path)), STATEMENT_LINES, "bank", DAY, "f")
    numbers = pa.array(range(GROUP_ROWS_MIN), pa.int64())
    nothing = pa.nulls(GROUP_ROWS_MIN, pa.string())
    out.write({"line_no": numbers, "original_ref_norm": nothing})
    out.write({"line_no": numbers, "original_ref_norm": numbers.cast(pa.string())})
    told = out.close()
    assert told is not None
    meta = pq.read_metadata(tmp_path / STATEMENT_LINES.name / told["path"])
    assert (filters(meta, 0), filters(meta, 1)) == ({}, {})


def test_no_row_no_file(tmp_path: Path) -> None:
    """A file without lines is not written."""
    out = LineFileWriter(Storage(str(tmp_path)), REJECTED_LINES, "bank", DAY, "f")
    out.write({"line_no": pa.array([], pa.int64())})
    assert out.close() is None
    assert not list(tmp_path.iterdir())


def test_columns_with_a_filter() -> None:
    """References in each side's own columns, and ids of ours; a line's begins with its file's."""
    columns = INTERNAL_TRANSACTIONS.lookup_columns
    ids = [name for name in columns if not name.endswith("_ref_norm")]
    assert ids == ["txn_id", "original_txn_id"]
    assert "line_id" not in STATEMENT_LINES.lookup_columns
    assert "our_ref" not in STATEMENT_LINES.lookup_columns
    assert not REJECTED_LINES.lookup_columns
    nothing = arrow_schema(INTERNAL_TRANSACTIONS).empty_table()
    assert writer_options(INTERNAL_TRANSACTIONS, nothing)["bloom_filter_options"] is None
