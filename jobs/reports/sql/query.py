"""Runs one SELECT on the engine of the lake; it reads the tables that the query names, no more."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.errors import PySparkException

from jobs.lake.tables import Lake
from jobs.reports.sql.views import ENGINE, create_views, find_tables, name_table
from schemas.errors import ConfigurationError

_READS = re.compile(r"(\s|\(|--[^\n]*\n|/\*.*?\*/)*(select|with)\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """The columns and rows of a query; `is_cut` if there are more rows than were asked for."""

    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]
    is_cut: bool


def run_query(lake: Lake, text: str, rows_max: int | None = None) -> Answer:
    """Runs a SELECT over the views and tables; at most `rows_max` rows, all without it.

    Raises:
        ConfigurationError: the text is no SELECT, or the engine refuses it, with its message.
            Nothing has been run of a text that does more than read.
        DataFilesMissing: a data file of a table is not there.
    """
    query = text.strip().rstrip(";")
    if not _READS.match(query):
        raise ConfigurationError(
            ["the query is not one SELECT; `tieout sql` only reads, one statement at a time"]
        )
    views = create_views(ENGINE, [query])
    for table in find_tables([query, *views]):
        lake.read(table).createOrReplaceTempView(name_table(table))
    try:
        for view in views:
            lake.spark.sql(view)
        # Within brackets only a query can stand: nothing that writes, no second statement.
        _ = lake.spark.sql(f"SELECT * FROM (\n{query}\n) AS answer").schema
        frame = lake.spark.sql(query)
        wanted = frame if rows_max is None else frame.limit(rows_max + 1)
        rows = [tuple(row) for row in wanted.collect()]
    except PySparkException as error:
        message = str(error).strip().split("\n", 1)[0]
        raise ConfigurationError([f"the query: {message}"]) from error
    is_cut = rows_max is not None and len(rows) > rows_max
    return Answer(frame.columns, rows[:rows_max], is_cut)
