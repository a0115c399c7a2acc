"""Options of maintain, and what is wrong with them."""

import argparse
from collections.abc import Iterator

#: A job may take days to commit what it wrote.
RETENTION_HOURS_MIN = 7 * 24
#: As long as Delta keeps a table's log: `--as-of` and `diff` read back so far.
RETENTION_HOURS = 30 * 24
MAINTAIN_EPILOG = """examples:
  tieout maintain --lake lake --dry-run           # changes nothing, says what would be removed
  tieout maintain --lake lake
  tieout maintain --lake lake --retention-hours 168
  tieout maintain --lake lake --config config --history s3://cold/lake --older-than 400 --dry-run
  tieout maintain --lake lake --config config --history s3://cold/lake --older-than 400

Run it once a week; jobs may run beside it. The command
  - joins the small files of control tables, such as runs and statement_files;
  - removes data files that no table has needed for longer than the retention: replaced versions,
    and what a killed job wrote and never committed;
  - removes staging folders and half-written files of killed processes, as old as that;
  - makes a checkpoint of each table's log.
Rows, received files (archive/) and exports stay as they are. `--as-of` and `diff` can read back as
far as the retention reaches: 720 hours (30 days), or what you give, at least 168.

With --history it first moves the rows of dates of more than --older-than days ago to a lake of
their own, table by table: copied, proved, then removed. `explain`, `report`, `export` and all else
that reads find them there. No command writes such a date again: it is named (HISTORY, exit 3) and
the other dates go on. Nothing moves from the first date on of which a job has something to do, and
fewer days than a date of today can need are refused, with the smallest number."""


def add_maintain_options(out: argparse.ArgumentParser) -> None:
    """Adds the options of maintain to a parser."""
    out.add_argument(
        "--dry-run", action="store_true", help="change nothing, say what would be removed"
    )
    out.add_argument(
        "--retention-hours",
        metavar="HOURS",
        type=int,
        default=RETENTION_HOURS,
        help=f"keep what is younger, at least {RETENTION_HOURS_MIN} hours [{RETENTION_HOURS}]",
    )
    out.add_argument(
        "--history",
        metavar="PLACE",
        default="",
        help="folder or URI of a lake of its own: move the rows of old dates there",
    )
    out.add_argument(
        "--older-than",
        metavar="DAYS",
        type=int,
        help="with --history: move dates of more than so many days ago",
    )
    out.set_defaults(business_date=None, through=None, channel=[])


def find_history_faults(arguments: argparse.Namespace) -> Iterator[str]:
    """A sentence if only one of --history and --older-than is there."""
    if arguments.job != "maintain":
        return
    if arguments.history and arguments.older_than is None:
        yield "--older-than is missing; give the days that stay in the lake, such as 400"
    if arguments.older_than is not None and not arguments.history:
        yield "--history is missing; give the place to which dates of --older-than days ago move"


def drop_config(arguments: argparse.Namespace) -> None:
    """Forgets --config of maintain without --history: it reads no page then."""
    if arguments.job == "maintain" and not arguments.history:
        del arguments.config
