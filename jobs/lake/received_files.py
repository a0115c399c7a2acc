"""Which received file the rows of a data file came from.

The column `file_id` says it. A data file that a task of ours wrote has the rows of one received
file, whose id its name repeats, so that nobody has to read the column. OPTIMIZE, whoever runs it,
puts rows of several received files into one data file: then the column is read.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.lake.commit import DataFile
from jobs.lake.history.place import storage_of
from jobs.lake.line_writer import LineFileWriter
from jobs.storage.archive import Storage
from schemas.tables import Table

_OWN_NAME = re.compile(r"([0-9a-f]{64})-[0-9a-f]{32}\.parquet")
#: Counts rows without a `file_id`: an earlier version of the software wrote them.
UNKNOWN_FILE = ""


def file_id_of(path: str) -> str | None:
    """The received file that all rows of a data file came from; None if only its rows can say."""
    hit = _OWN_NAME.fullmatch(path.rsplit("/", 1)[-1])
    return hit[1] if hit else None


def list_merged_files(actions: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The data files whose rows may have come from several received files."""
    return [row for row in actions if file_id_of(str(row["path"])) is None]


def count_rows_by_file(
    storage: Storage, table: Table, actions: Iterable[Mapping[str, Any]]
) -> Counter[str]:
    """Rows of data files by the id of the received file, `UNKNOWN_FILE` for rows without one."""
    counts: Counter[str] = Counter()
    for row in actions:
        file_id = file_id_of(str(row["path"]))
        if file_id is not None:
            counts[file_id] += int(row["num_records"])
            continue
        of_place = storage_of(storage, row)
        path = of_place.full_path(f"{table.name}/{row['path']}")
        with of_place.fs.open_input_file(path) as source:
            parquet = pq.ParquetFile(source)
            if "file_id" not in parquet.schema_arrow.names:
                counts[UNKNOWN_FILE] += parquet.metadata.num_rows
                continue
            for batch in parquet.iter_batches(columns=["file_id"]):
                for value in pc.value_counts(batch["file_id"]).to_pylist():
                    counts[value["values"] or UNKNOWN_FILE] += int(value["counts"])
    return counts


def split_merged_files(
    storage: Storage, table: Table, actions: Iterable[Mapping[str, Any]], day: date, channel: str
) -> Iterator[DataFile]:
    """Writes the rows of data files anew, each received file's into a data file of its own.

    Nobody sees them until the lake commits them. Memory is bounded by a row group.
    """
    writers: dict[str, LineFileWriter] = {}
    for row in actions:
        with storage.fs.open_input_file(storage.full_path(f"{table.name}/{row['path']}")) as source:
            for batch in pq.ParquetFile(source).iter_batches():
                for file_id in pc.unique(batch["file_id"]).to_pylist():
                    rows = batch.filter(pc.equal(batch["file_id"], file_id))
                    writer = writers.get(file_id)
                    if writer is None:
                        writer = LineFileWriter(storage, table, channel, day, file_id)
                        writers[file_id] = writer
                    writer.write(dict(zip(rows.schema.names, rows.columns, strict=True)))
    for writer in writers.values():
        written = writer.close()
        if written is not None:
            yield DataFile(**written)
