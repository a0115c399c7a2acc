"""One Parquet data file of lines, written by a task for the lake to commit."""

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
    """One Parquet data file of a table's day, opened once there are rows for a row group."""

    def __init__(
        self, storage: Storage, table: Table, channel: str, day: date, file_id: str
    ) -> None:
        self.channel = channel
        folder = f"{table.partitions[0]}={day}/channel={channel}"
        self.path = f"{folder}/{file_id}-{uuid.uuid4().hex}.parquet"
        self.full = storage.full_path(f"{table.name}/{self.path}")
        self.storage, self.file_id, self.rows = storage, file_id, 0
        kept = [each for each in arrow_schema(table) if each.name not in table.partitions]
        self.schema = pa.schema(kept)
        self.table = table
        self.held: list[pa.RecordBatch] = []
        self.out: pq.ParquetWriter | None = None

    def write(self, columns: dict[str, pa.Array]) -> None:
        """Adds rows; columns of the table that are not among them are null."""
        count = len(columns["line_no"])
        if not count:
            return
        columns["file_id"] = pa.repeat(self.file_id, count)
        if "line_id" in self.schema.names:
            padded = pc.utf8_lpad(columns["line_no"].cast(pa.string()), 9, "0")
            columns["line_id"] = pc.binary_join_element_wise(columns["file_id"], padded, ":")
        arrays = [
            columns[each.name].cast(each.type)
            if each.name in columns
            else pa.nulls(count, each.type)
            for each in self.schema
        ]
        self.held.append(pa.RecordBatch.from_arrays(arrays, schema=self.schema))
        self.rows += count
        if sum(len(each) for each in self.held) >= GROUP_ROWS_MIN:
            self._write_held()

    def _write_held(self) -> None:
        """Writes a row group."""
        rows = pa.Table.from_batches(self.held, self.schema)
        self.held = []
        if self.out is None:
            self.storage.fs.create_dir(self.full.rsplit("/", 1)[0], recursive=True)
            self.out = pq.ParquetWriter(
                self.full,
                self.schema,
                filesystem=self.storage.fs,
                **writer_options(self.table, rows),
            )
        self.out.write_table(rows, GROUP_ROWS_MAX)

    def close(self) -> dict[str, Any] | None:
        """Ends the file; what a `DataFile` is made from, None where no row came."""
        if self.held:
            self._write_held()
        if self.out is None:
            return None
        self.out.close()
        size = self.storage.file_size(self.full)
        return {"channel": self.channel, "path": self.path, "size": size, "rows": self.rows}
