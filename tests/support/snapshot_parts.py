"""Our own side of a day in parts, for tests with a pipeline."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.ledger import day
from tests.support.pipeline_fixture import SNAPSHOT, PipelineFixture, date_snapshot_row

PATTERN = "internal/{business_date:%Y-%m-%d}/{part}/*"


def write_internal_page(pipeline: PipelineFixture, parts: str) -> None:
    """Writes internal.yaml, with its parts in the second line."""
    page = f'pattern: "{PATTERN}"\nparts: {parts}\n'
    (pipeline.root / "config" / "internal.yaml").write_text(page, encoding="utf-8")


def write_snapshot_part(
    pipeline: PipelineFixture, offset: int, part: str, *rows: Mapping[str, Any]
) -> None:
    """Puts a part of our own side into the inbox, from rows of `file_txn`."""
    path = pipeline.inbox / "internal" / str(day(offset)) / part / "rows.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    dated = [date_snapshot_row(row, offset) for row in rows]
    pq.write_table(pa.Table.from_pylist(dated, schema=SNAPSHOT), path)
