"""`tieout profile`: a channel's page checked, tried on a statement, or taken from those shipped."""

import argparse
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import schemas
from jobs.cli.configuration import load_channel_page
from jobs.cli.console import Report
from jobs.onboarding.draft import drafted
from jobs.onboarding.names import channel_of
from jobs.onboarding.trial import tried
from schemas.errors import ConfigurationError

SHIPPED = Path(schemas.__file__).parent / "shipped_profiles"
PURPOSE = "a channel's page: check it, try it on a statement, list and show those shipped"
_EPILOG = """examples:
  tieout profile new inbox/shop/20261122.csv --out config/channels/shop.yaml
  tieout profile list
  tieout profile show bank_mt940
  tieout profile copy bank_mt940 config/channels/bank.yaml
  tieout profile check config/channels/bank.yaml
  tieout profile try config/channels/bank.yaml inbox/bank/2026-11-22/statement.sta
  tieout profile try config/channels/bank.yaml FILE --business-date 2026-11-22

Only `copy` and `new --out` write, and never over a file. `new` shows the page without --out.
exit: 0 the page is right, or the file would be accepted; 2 faults in the page,
each with its line; 3 the file would be refused, with the reasons and what may be wrong."""


def add_arguments(program: argparse.ArgumentParser) -> None:
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
    new = steps.add_parser("new", help="a page drafted from a statement, guesses as comments")
    new.add_argument("statement", metavar="STATEMENT", help="a file of the channel's")
    new.add_argument("--out", metavar="FILE.yaml", help="a page that is not there yet")
    new.add_argument("--channel", help="the channel's name [that of --out]")
    steps.add_parser("list", help="the pages that come with tieout")
    steps.add_parser("show", help="one of them").add_argument("name", metavar="NAME")
    copy = steps.add_parser("copy", help="one of them, into your configuration")
    copy.add_argument("name", metavar="NAME")
    copy.add_argument("page", metavar="FILE.yaml", help="a page that is not there yet")
    program.set_defaults(job="profile")


def execute_request(given: argparse.Namespace) -> Report:
    """Carries out a step.

    Raises:
        ConfigurationError: a page that is not there or has faults.
        FileRefused: the statement would be refused before a line is read.
    """
    steps: dict[str, Callable[[argparse.Namespace], Report]] = {
        "check": _check, "try": _try, "list": _list, "show": _show, "copy": _copy,
        "new": _new,
    }  # fmt: skip
    return steps[given.step](given)


def _check(given: argparse.Namespace) -> Report:
    profile = load_channel_page(given.page)
    said = f"{given.page}: channel {profile.channel}, dialect {profile.dialect or 'none'}: no fault"
    return Report({"step": "check", "channel": profile.channel, "faults": []}, [said])


def _try(given: argparse.Namespace) -> Report:
    statement = _statement(given)
    profile = load_channel_page(given.page)
    found = tried(profile, statement, given.business_date, given.lines)
    body: dict[str, Any] = {"step": "try", "channel": profile.channel, **found.body}
    return Report(body, found.shown, 0 if found.accepted else 3)


def _new(given: argparse.Namespace) -> Report:
    """Drafts a page, and says whether it checks as it stands."""
    statement = _statement(given)
    channel = channel_of(given.channel, given.out)
    draft = drafted(statement, channel, {page.stem: page for page in SHIPPED.glob("*.yaml")})
    faults = _faults(draft.text)
    body = {"step": "new", "channel": channel, "dialect": draft.dialect, "faults": faults,
            "open": draft.open}  # fmt: skip
    if given.out is None:
        return Report(body, draft.text.splitlines())
    _written(Path(given.out), draft.text)
    told = [f"{given.out}: written, dialect {draft.dialect}; look at every comment in it"]
    told += [f"  say {each}" for each in draft.open]
    told += [f"  {each}" for each in faults]
    return Report(body, told)


def _faults(text: str) -> list[str]:
    """What `check` would say of a page, by its lines."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.yaml"
        page.write_text(text, "utf-8")
        try:
            load_channel_page(str(page))
        except ConfigurationError as fault:
            return [each.replace(f"{page}:", "line ") for each in fault.faults]
    return []


def _statement(given: argparse.Namespace) -> Path:
    statement = Path(given.statement)
    if not statement.is_file():
        raise ConfigurationError([f"{statement}: there is no such file"])
    return statement


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
    page = Path(given.page)
    _written(page, _shipped(given.name).read_text("utf-8"))
    return Report({"step": "copy", "name": given.name}, [f"{page}: written; name your files in it"])


def _written(page: Path, text: str) -> None:
    """Writes a page where none is.

    Raises:
        ConfigurationError: there is no such folder, or the page is there.
    """
    if not page.parent.is_dir():
        raise ConfigurationError([f"{page.parent}: there is no such folder"])
    try:
        with page.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError as fault:
        raise ConfigurationError([f"{page}: it is there already; choose another name"]) from fault


def _shipped(name: str) -> Path:
    pages = {page.stem: page for page in SHIPPED.glob("*.yaml")}
    if name not in pages:
        raise ConfigurationError([f"{name}: none of {', '.join(sorted(pages))}"])
    return pages[name]
