"""`tieout JOB ...` and `python -m jobs JOB ...`: one sub-command per job."""

import argparse
import importlib
from collections.abc import Sequence
from typing import NoReturn

from jobs import __version__
from jobs.cli.arguments import parser
from jobs.cli.console import carry_out, leave
from jobs.cli.help_texts import PURPOSES
from jobs.onboarding import command

_EPILOG = """a first day:
  tieout run --lake lake --config config --inbox inbox --business-date 2026-11-22

--lake, --config and --inbox may come from TIEOUT_LAKE, TIEOUT_CONFIG and TIEOUT_INBOX.
exit: 0 done (breaks are a result), 1 unexpected failure, 2 arguments or configuration,
3 a gate stopped something and the rest was done. `tieout JOB --help` shows examples."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the sub-command that the arguments name; returns its exit status."""
    program = argparse.ArgumentParser(
        prog="tieout",
        description="Daily payment reconciliation, to the cent.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    program.add_argument("--version", action="version", version=__version__)
    jobs = program.add_subparsers(title="jobs", metavar="JOB", required=True)
    for job, purpose in PURPOSES.items():
        parser(job, jobs.add_parser(job, help=purpose))
    command.arguments(jobs.add_parser("profile", help=command.PURPOSE))
    given = program.parse_args(argv)
    if given.job == "profile":
        return carry_out(given, command.work, asked=lambda asked: asked)
    return carry_out(given, importlib.import_module(f"jobs.{given.job}").work)


def tieout() -> NoReturn:
    """The console script: `main`, and the end of the process."""
    leave(main())


if __name__ == "__main__":
    tieout()
