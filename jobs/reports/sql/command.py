"""`tieout sql`: asks the tables of a lake in SQL, or prints the views for DuckDB."""

import argparse
import csv
import io
import logging
import os
import sys
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from jobs.cli.console import Report
from jobs.cli.lake_session import open_lake
from jobs.cli.places import find_lake_faults
from jobs.reports.money_text import escape_formula
from jobs.reports.sql.query import Answer, run_query
from jobs.reports.sql.views import DUCKDB, create_views
from jobs.reports.text_table import render_table
from schemas.errors import ConfigurationError

PURPOSE = "ask the tables in SQL, with views in major units and words"
#: Rows that a table on a terminal, and a JSON summary, have at most.
ROWS_MAX = 100
log = logging.getLogger("tieout")
_EPILOG = """examples:
  tieout sql --lake lake "SELECT channel, what_is_wrong, at_stake FROM breaks WHERE state = 'OPEN'"
  tieout sql --lake lake "SELECT * FROM ageing ORDER BY channel, what" --rows 1000
  tieout sql --lake lake "SELECT * FROM fees_wrong" --csv > fees.csv
  tieout sql --views-for-duckdb > views.sql

Views: breaks, waiting, ageing, fees_wrong, settlement_late. Every table has its own name, too
(docs/reference/tables.md); the table `breaks` is breaks_table. The command only reads."""


def add_arguments(program: argparse.ArgumentParser) -> None:
    """Adds the arguments of `tieout sql`."""
    program.description = f"{PURPOSE[0].upper()}{PURPOSE[1:]}."
    program.epilog = _EPILOG
    program.formatter_class = argparse.RawDescriptionHelpFormatter
    program.add_argument("query", metavar="SELECT", nargs="?", help="the query, in quotes")
    program.add_argument("--lake", help="folder or object-store URI of the tables [TIEOUT_LAKE]")
    program.add_argument("--engine", help="sail (embedded), spark, or auto [TIEOUT_ENGINE]")
    program.add_argument(
        "--rows", type=int, help=f"at most so many rows [{ROWS_MAX}; all of them with --csv]"
    )
    shape = program.add_mutually_exclusive_group()
    shape.add_argument("--csv", action="store_true", help="print CSV alone, without a summary")
    shape.add_argument("--json", action="store_true", help="print the rows in the JSON summary")
    shape.add_argument(
        "--views-for-duckdb", action="store_true", help="print the statements that make the views"
    )
    program.set_defaults(job="sql")


def execute_request(arguments: argparse.Namespace) -> Report:
    """Runs the query.

    Raises:
        ConfigurationError: an argument is missing or wrong, or the engine refuses the query.
    """
    if arguments.views_for_duckdb:
        lines = [line for view in create_views(DUCKDB) for line in [*view.split("\n"), ";"]]
        return Report({}, lines, is_silent=True)
    lake_uri = arguments.lake or os.environ.get("TIEOUT_LAKE", "")
    faults = [] if lake_uri else ["--lake is missing; give it, or set TIEOUT_LAKE"]
    faults += [] if arguments.query else ["the query is missing; see the examples of --help"]
    faults += [*find_lake_faults(lake_uri)] if lake_uri else []
    if arguments.rows is not None and arguments.rows < 1:
        faults.append(f"--rows {arguments.rows}: give 1 or more")
    if faults:
        raise ConfigurationError(faults)
    with open_lake(lake_uri, arguments.engine, writes=False) as lake:
        rows_max = arguments.rows or (None if arguments.csv else ROWS_MAX)
        answer = run_query(lake, arguments.query, rows_max)
    return _report(answer, arguments)


def _report(answer: Answer, arguments: argparse.Namespace) -> Report:
    values = [dict(zip(answer.columns, map(_plain, row), strict=True)) for row in answer.rows]
    if arguments.csv:
        if answer.is_cut:
            log.warning("there are more rows; --rows %d cut them off", arguments.rows)
        return Report({}, list(_render_csv(answer)), shown=values, is_silent=True)
    body: dict[str, Any] = {"rows": len(answer.rows), "more": answer.is_cut}
    if arguments.json or not sys.stdout.isatty():
        return Report({**body, "result": values}, [])
    cells = [["" if cell is None else str(_plain(cell)) for cell in row] for row in answer.rows]
    numbers = [
        name
        for column, name in enumerate(answer.columns)
        if all(isinstance(row[column], int | float | Decimal | None) for row in answer.rows)
    ]
    lines = render_table([*answer.columns], cells, numbers)
    if answer.is_cut:
        lines.append(f"and more: --rows {10 * len(answer.rows)} shows ten times as many")
    return Report(body, lines, shown=values)


def _render_csv(answer: Answer) -> Iterator[str]:
    for row in (answer.columns, *answer.rows):
        text = io.StringIO()
        cells = [escape_formula(cell) if isinstance(cell, str) else _plain(cell) for cell in row]
        csv.writer(text, lineterminator="").writerow(cells)
        yield text.getvalue()


def _plain(cell: Any) -> Any:
    """A value for text and JSON: amounts exact, dates as text, lists joined."""
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, date | datetime):
        return str(cell)
    return ", ".join(map(str, cell)) if isinstance(cell, list) else cell
