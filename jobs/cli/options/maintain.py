"""Options of maintain."""

import argparse

#: A job may take days to commit what it wrote.
RETENTION_HOURS_MIN = 7 * 24
#: As long as Delta keeps a table's log: `--as-of` and `diff` read back so far.
RETENTION_HOURS = 30 * 24


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
    out.set_defaults(business_date=None, through=None, channel=[])
