"""`tieout init`: makes a place to work in."""

import argparse
from datetime import date, datetime
from pathlib import Path

from jobs.cli.configuration import load_channel_page
from jobs.cli.console import Report
from jobs.onboarding.catalog import read_shipped_page
from jobs.operations.place.make_place import SETTINGS, make_place
from schemas.errors import ConfigurationError

PURPOSE = "make a place to work in: folders, pages, and the settings for your shell"
_EPILOG = """examples:
  tieout init shop
  tieout init shop --from bank_camt053 --channel giro
  source shop/tieout.env && tieout doctor

It makes FOLDER with config/, inbox/ and tieout.env, which names these for every command, and one
channel's page from a shipped one (`tieout profile list` lists them). A file that is there is kept
as it is. The lake is made by the first `tieout run`."""


def add_arguments(program: argparse.ArgumentParser) -> None:
    """Adds the arguments of `tieout init`."""
    program.description = f"{PURPOSE[0].upper()}{PURPOSE[1:]}."
    program.epilog = _EPILOG
    program.formatter_class = argparse.RawDescriptionHelpFormatter
    program.add_argument("folder", metavar="FOLDER", help="the folder to make")
    program.add_argument(
        "--from", dest="shipped", metavar="NAME", default="wechat",
        help="the shipped page to start from [wechat]",
    )  # fmt: skip
    program.add_argument("--channel", metavar="NAME", help="the channel's name [that of --from]")
    program.add_argument(
        "--first-date", metavar="DATE", type=date.fromisoformat, default=None,
        help="the first date to reconcile [today]",
    )  # fmt: skip
    program.set_defaults(job="init")


def execute_request(arguments: argparse.Namespace) -> Report:
    """Makes the place.

    Raises:
        ConfigurationError: no shipped page has the name, or the folder cannot be made.
    """
    page = read_shipped_page(arguments.shipped)
    channel = arguments.channel or arguments.shipped.replace("_", "-")
    root = Path(arguments.folder)
    try:
        first_date = arguments.first_date or datetime.now().astimezone().date()
        place = make_place(root, channel, page, first_date)
    except OSError as error:
        raise ConfigurationError([f"{root}: {error.strerror}; name another folder"]) from error
    load_channel_page(str(root / "config" / "channels" / f"{channel}.yaml"))
    lines = [f"made {root / name}" for name in place.created]
    lines += [f"kept {root / name}: it was there" for name in place.kept]
    lines += [
        "",
        f"1. read config/channels/{channel}.yaml, and change what is not so",
        f"2. put statements below {root}/inbox/{channel}/, our snapshots below"
        f" {root}/inbox/internal/",
        f"3. source {root / SETTINGS} && tieout doctor && tieout inbox && tieout run",
    ]
    return Report({"folder": str(root), "made": place.created, "kept": place.kept}, lines)
