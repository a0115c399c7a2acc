"""`tieout profile`: a channel's page checked, tried on a statement, or taken from those shipped."""

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import schemas
from jobs.cli import Report
from jobs.config import page_of
from jobs.profiles.trial import tried
from schemas.errors import ConfigurationError

SHIPPED = Path(schemas.__file__).parent / "profiles"
PURPOSE = "a channel's page: check it, try it on a statement, list and show those shipped"
_EPILOG = """examples:
  tieout profile list
  tieout profile show bank_mt940
  tieout profile copy bank_mt940 config/channels/bank.yaml
  tieout profile check config/channels/bank.yaml
  tieout profile try config/channels/bank.yaml inbox/bank/2026-11-22/statement.sta
  tieout profile try config/channels/bank.yaml FILE --business-date 2026-11-22

Only `copy` writes. exit: 0 the page is right, or the file would be accepted; 2 faults in the page,
each with its line; 3 the file would be refused, with the reasons and what may be wrong."""


def arguments(program: argparse.ArgumentParser) -> None:
    """The steps of the command and what each asks for."""
    program.description = f"{PURPOSE[0].upper()}{PURPOSE[1:]}."
    program.epilog = _EPILOG
    program.formatter_class = argparse.RawDescriptionHelpFormatter
    steps = program.add_subparsers(title="steps", metavar="STEP", required=True, dest="step")
    check = steps.add_parser("check", help="all faults of a page, with their lines")
    trial = steps.add_parser("try", help="what a statement would land as, and why it would not")
    for step in (check, trial):
        step.add_argument("page", metavar="FILE.yaml", help="a channel's page")
    trial.add_argument("statement", metavar="STATEMENT", help="a file of the channel's")
    trial.add_argument("--business-date", type=date.fromisoformat, help="the day it is of")
    trial.add_argument("--lines", type=int, default=10, help="how many lines are shown [10]")
    steps.add_parser("list", help="the pages that come with tieout")
    steps.add_parser("show", help="one of them").add_argument("name", metavar="NAME")
    copy = steps.add_parser("copy", help="one of them, into your configuration")
    copy.add_argument("name", metavar="NAME")
    copy.add_argument("page", metavar="FILE.yaml", help="a page that is not there yet")
    program.set_defaults(job="profile")


def work(given: argparse.Namespace) -> Report:
    """Carries out a step.

    Raises:
        ConfigurationError: a page that is not there or has faults.
        FileRefused: the statement would be refused before a line is read.
    """
    steps: dict[str, Callable[[argparse.Namespace], Report]] = {
        "check": _check, "try": _try, "list": _list, "show": _show, "copy": _copy,
    }  # fmt: skip
    return steps[given.step](given)


def _check(given: argparse.Namespace) -> Report:
    profile = page_of(given.page)
    said = f"{given.page}: channel {profile.channel}, dialect {profile.dialect or 'none'}: no fault"
    return Report({"step": "check", "channel": profile.channel, "faults": []}, [said])


def _try(given: argparse.Namespace) -> Report:
    statement = Path(given.statement)
    if not statement.is_file():
        raise ConfigurationError([f"{statement}: there is no such file"])
    profile = page_of(given.page)
    found = tried(profile, statement, given.business_date, given.lines)
    body: dict[str, Any] = {"step": "try", "channel": profile.channel, **found.body}
    return Report(body, found.shown, 0 if found.accepted else 3)


def _list(given: argparse.Namespace) -> Report:
    pages = sorted(SHIPPED.glob("*.yaml"))
    lines = []
    for page in pages:
        text = page.read_text("utf-8")
        first = text.split("\n", 1)[0].removeprefix("#").strip()
        lines.append(f"{page.stem:<18} {first}")
    return Report({"step": "list", "profiles": [page.stem for page in pages]}, lines)


def _show(given: argparse.Namespace) -> Report:
    text = _shipped(given.name).read_text("utf-8")
    return Report({"step": "show", "name": given.name}, text.splitlines())


def _copy(given: argparse.Namespace) -> Report:
    text, page = _shipped(given.name).read_text("utf-8"), Path(given.page)
    if not page.parent.is_dir():
        raise ConfigurationError([f"{page.parent}: there is no such folder"])
    try:
        with page.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError as fault:
        raise ConfigurationError([f"{page}: it is there already; choose another name"]) from fault
    return Report({"step": "copy", "name": given.name}, [f"{page}: written; name your files in it"])


def _shipped(name: str) -> Path:
    pages = {page.stem: page for page in SHIPPED.glob("*.yaml")}
    if name not in pages:
        raise ConfigurationError([f"{name}: none of {', '.join(sorted(pages))}"])
    return pages[name]
