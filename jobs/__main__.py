"""`tieout COMMAND ...` and `python -m jobs COMMAND ...`."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import NoReturn

from jobs import __version__
from jobs.cli.command_parser import CommandParser
from jobs.cli.console import exit_process, run_command
from jobs.cli.help_texts import PURPOSES
from jobs.cli.parser import build_parser
from jobs.onboarding import command as profile_command
from jobs.operations.place import doctor_command, init_command
from jobs.reports.sql import command as sql_command
from jobs.scheduling import command as schedule_command

#: Commands whose name a room has: the modules that run them.
_MODULES = {
    "fees": "rate_cards",
    "merchant_statements": "exports.merchants.command",
    "report": "reports.day_page.command",
    "scorecard": "reports.scorecard.command",
    "settlement": "treasury.command",
    "status": "operations.status.command",
}
#: Commands with arguments of their own: what adds them, and runs the command.
_WITH_OWN_ARGUMENTS = {
    "init": init_command,
    "doctor": doctor_command,
    "profile": profile_command,
    "schedule": schedule_command,
    "sql": sql_command,
}
_EPILOG = """your first day:
  tieout inbox --lake lake --config config --inbox inbox
  tieout run --lake lake --config config --inbox inbox --business-date 2026-11-22

Set TIEOUT_LAKE, TIEOUT_CONFIG and TIEOUT_INBOX once to leave out --lake, --config and --inbox.
`tieout COMMAND --help` explains a command and shows examples.

exit status:
  0  the command finished; breaks are a result, not an error
  1  unexpected failure
  2  the arguments or the configuration are wrong; nothing was done
  3  a check stopped a file or a channel; the command finished the rest"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command that the arguments name; returns its exit status."""
    program = CommandParser(
        prog="tieout",
        description="Daily payment reconciliation, to the cent.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    program.add_argument("--version", action="version", version=__version__)
    commands = program.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for job, purpose in PURPOSES.items():
        build_parser(job, commands.add_parser(job, help=purpose))
    for job, command in _WITH_OWN_ARGUMENTS.items():
        command.add_arguments(commands.add_parser(job, help=command.PURPOSE))
    words = sys.argv[1:] if argv is None else argv
    if not words:
        program.print_help()
        return 0
    arguments = program.parse_args(words)
    if own := _WITH_OWN_ARGUMENTS.get(arguments.job):
        return run_command(arguments, own.execute_request, build_request=lambda parsed: parsed)
    module = importlib.import_module(f"jobs.{_MODULES.get(arguments.job, arguments.job)}")
    return run_command(arguments, module.execute_request)


def tieout() -> NoReturn:
    """The console script: `main`, and the end of the process."""
    exit_process(main())


if __name__ == "__main__":
    tieout()
