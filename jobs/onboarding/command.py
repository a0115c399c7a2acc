"""`tieout profile`: drafts, checks and tries a channel's page; lists and copies shipped pages."""

import argparse
import re
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from jobs.cli.configuration import load_channel_page
from jobs.cli.console import Report
from jobs.onboarding.catalog import list_shipped_pages, read_shipped_page
from jobs.onboarding.draft import draft_page
from jobs.onboarding.file_names import channel_name
from jobs.onboarding.trial import try_statement
from schemas.errors import ConfigurationError

PURPOSE = "draft, check and try a channel's page; list, show and copy the shipped pages"
_EPILOG = """examples:
  tieout profile new inbox/shop/20261122.csv --out config/channels/shop.yaml
  tieout profile list
  tieout profile show bank_mt940
  tieout profile copy bank_mt940 config/channels/bank.yaml
  tieout profile check config/channels/bank.yaml
  tieout profile try config/channels/bank.yaml inbox/bank/2026-11-22/statement.sta
  tieout profile try config/channels/bank.yaml FILE --business-date 2026-11-22

Only `copy` and `new --out` write a file, and never overwrite one. Without --out, `new` prints the
page.

exit status:
  0  the page is right, or ingest would accept the file
  2  the page has faults; each is shown with its line
  3  ingest would refuse the file; the reasons and likely causes are shown"""


def add_arguments(program: argparse.ArgumentParser) -> None:
    """Adds the steps of the command and their arguments to the parser."""
    program.description = f"{PURPOSE[0].upper()}{PURPOSE[1:]}."
    program.epilog = _EPILOG
    program.formatter_class = argparse.RawDescriptionHelpFormatter
    steps = program.add_subparsers(title="steps", metavar="STEP", required=True, dest="step")
    check = steps.add_parser("check", help="show all faults of a page with their lines")
    trial = steps.add_parser("try", help="parse a statement as ingest would, and show the result")
    for step in (check, trial):
        step.add_argument("page", metavar="FILE.yaml", help="a channel's page")
    trial.add_argument("statement", metavar="STATEMENT", help="a file of the channel's")
    trial.add_argument(
        "--business-date", type=date.fromisoformat, help="the accounting date of the statement"
    )
    trial.add_argument("--lines", type=int, default=10, help="the number of lines to show [10]")
    new = steps.add_parser("new", help="draft a page from a statement; each guess has a comment")
    new.add_argument("statement", metavar="STATEMENT", help="a file of the channel's")
    new.add_argument("--out", metavar="FILE.yaml", help="the page to create")
    new.add_argument("--channel", help="the name of the channel [the name of --out]")
    steps.add_parser("list", help="list the pages that are shipped with tieout")
    steps.add_parser("show", help="print a shipped page").add_argument("name", metavar="NAME")
    copy = steps.add_parser("copy", help="copy a shipped page into your configuration")
    copy.add_argument("name", metavar="NAME")
    copy.add_argument("page", metavar="FILE.yaml", help="the page to create")
    program.set_defaults(job="profile")


def execute_request(arguments: argparse.Namespace) -> Report:
    """Runs one step of `tieout profile`.

    Raises:
        ConfigurationError: a page does not exist or has faults.
        FileRefused: ingest would refuse the statement before it reads a line.
    """
    steps: dict[str, Callable[[argparse.Namespace], Report]] = {
        "check": _check_page,
        "try": _try_page,
        "new": _draft_page,
        "list": _list_pages,
        "show": _show_page,
        "copy": _copy_page,
    }
    return steps[arguments.step](arguments)


def _check_page(arguments: argparse.Namespace) -> Report:
    profile = load_channel_page(arguments.page)
    dialect = profile.dialect or "none"
    line = f"{arguments.page}: channel {profile.channel}, dialect {dialect}: no faults"
    return Report({"step": "check", "channel": profile.channel, "faults": []}, [line])


def _try_page(arguments: argparse.Namespace) -> Report:
    statement = _statement_path(arguments)
    profile = load_channel_page(arguments.page)
    trial = try_statement(profile, statement, arguments.business_date, arguments.lines)
    body: dict[str, Any] = {"step": "try", "channel": profile.channel, **trial.body}
    return Report(body, trial.lines, 0 if trial.accepted else 3)


def _draft_page(arguments: argparse.Namespace) -> Report:
    """Drafts a page, and checks whether it is valid as drafted."""
    statement = _statement_path(arguments)
    channel = channel_name(arguments.channel, arguments.out)
    draft = draft_page(statement, channel, list_shipped_pages())
    faults = _page_faults(draft.text)
    body = {"step": "new", "channel": channel, "dialect": draft.dialect, "faults": faults,
            "open": draft.questions, "left_out": draft.left_out}  # fmt: skip
    if arguments.out is None:
        return Report(body, draft.text.splitlines())
    _write_new_page(Path(arguments.out), draft.text)
    lines = [f"{arguments.out}: written, dialect {draft.dialect}; check every comment in it"]
    lines += [f"  say {question}" for question in draft.questions]
    lines += [f"  {fault}" for fault in faults]
    return Report(body, lines)


def _page_faults(text: str) -> list[str]:
    """The faults of a page, each with its line, as `check` reports them."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.yaml"
        page.write_text(text, "utf-8")
        try:
            load_channel_page(str(page))
        except ConfigurationError as error:
            return [text.replace(f"{page}:", "line ") for text in error.faults]
    return []


def _statement_path(arguments: argparse.Namespace) -> Path:
    statement = Path(arguments.statement)
    if not statement.is_file():
        raise ConfigurationError([f"{statement}: this file does not exist"])
    return statement


def _list_pages(arguments: argparse.Namespace) -> Report:
    lines = []
    for name, page in list_shipped_pages().items():
        text = page.read_text("utf-8")
        first = text.split("\n", 1)[0].removeprefix("#").strip()
        lines.append(f"{name:<18} {first}")
    return Report({"step": "list", "profiles": [*list_shipped_pages()]}, lines)


def _show_page(arguments: argparse.Namespace) -> Report:
    text = read_shipped_page(arguments.name)
    return Report({"step": "show", "name": arguments.name}, text.splitlines())


def _copy_page(arguments: argparse.Namespace) -> Report:
    page = Path(arguments.page)
    text = read_shipped_page(arguments.name)
    channel = channel_name(None, arguments.page)
    _write_new_page(page, re.sub(r"(?m)^channel: \S+", f"channel: {channel}", text, count=1))
    return Report(
        {"step": "copy", "name": arguments.name},
        [f"{page}: written; set the names of your files in it"],
    )


def _write_new_page(page: Path, text: str) -> None:
    """Writes a new page.

    Raises:
        ConfigurationError: the folder does not exist, or the page exists already.
    """
    if not page.parent.is_dir():
        raise ConfigurationError([f"{page.parent}: this folder does not exist"])
    try:
        with page.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError as fault:
        raise ConfigurationError([f"{page}: it exists already; choose another name"]) from fault
