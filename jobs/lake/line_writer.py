"""Writes a Parquet data file of lines in a task; the lake commits it."""

import uuid
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.lake.parquet_options import GROUP_ROWS_MAX, GROUP_ROWS_MIN, writer_options
from jobs.lake.write_checks import arrow_schema
from jobs.storage.archive import Storage
from schemas.tables import Table


class LineFileWriter:
    """Writes one Parquet data file of a table's day; opens it with the first row group."""

    def __init__(
        self, storage: Storage, table: Table, channel: str, day: date, file_id: str
    ) -> None:
        self.channel = channel
        folder = f"{table.partitions[0]}={day}/channel={channel}"
        self.path = f"{folder}/{file_id}-{uuid.uuid4().hex}.parquet"
        self.full_path = storage.full_path(f"{table.name}/{self.path}")
        self.storage, self.file_id, self.rows = storage, file_id, 0
        fields = [field for field in arrow_schema(table) if field.name not in table.partitions]
        self.schema = pa.schema(fields)
        self.table = table
        self.pending_batches: list[pa.RecordBatch] = []
        self.parquet_writer: pq.ParquetWriter | None = None

    def write(self, columns: dict[str, pa.Array]) -> None:
        """Adds rows; a column of the table without an array is null."""
        count = len(columns["line_no"])
        if not count:
            return
        columns["file_id"] = pa.repeat(self.file_id, count)
        if "line_id" in self.schema.names:
            padded = pc.utf8_lpad(columns["line_no"].cast(pa.string()), 9, "0")
            columns["line_id"] = pc.binary_join_element_wise(columns["file_id"], padded, ":")
        arrays = [
            columns[field.name].cast(field.type)
            if field.name in columns
            else pa.nulls(count, field.type)
            for field in self.schema
        ]
        self.pending_batches.append(pa.RecordBatch.from_arrays(arrays, schema=self.schema))
        self.rows += count
        if sum(len(batch) for batch in self.pending_batches) >= GROUP_ROWS_MIN:
            self._write_row_group()

    def _write_row_group(self) -> None:
        """Writes the pending rows as a row group."""
        rows = pa.Table.from_batches(self.pending_batches, self.schema)
        self.pending_batches = []
        if self.parquet_writer is None:
            self.storage.fs.create_dir(self.full_path.rsplit("/", 1)[0], recursive=True)
            self.parquet_writer = pq.ParquetWriter(
                self.full_path,
                self.schema,
                filesystem=self.storage.fs,
                **writer_options(self.table, rows),
            )
        self.parquet_writer.write_table(rows, GROUP_ROWS_MAX)

    def close(self) -> dict[str, Any] | None:
        """Closes the file; returns the values of a `DataFile`, or None if there were no rows."""
        if self.pending_batches:
            self._write_row_group()
        if self.parquet_writer is None:
            return None
        self.parquet_writer.close()
        size = self.storage.file_size(self.full_path)
        return {"channel": self.channel, "path": self.path, "size": size, "rows": self.rows}
