"""Arguments, progress and exit status, the same for every command.

Progress and logs go to stderr, with a bar where a person watches; the last line of stdout is one
JSON summary. Exit: 0 done, 1 unexpected failure, 2 arguments or configuration, 3 a gate stopped
something and the rest was done.
"""

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NoReturn

from tqdm import tqdm

from jobs import __version__
from jobs.cli_help import EPILOGS, PURPOSES
from jobs.config import Configuration, load
from schemas.errors import ConfigurationError, TieoutError
from schemas.profile import Snapshots

log = logging.getLogger("tieout")
#: Commands that only look, and those that go without a date.
LOOKING = ("explain", "diff")
DATELESS = ("explain", "decide", "files")


@dataclass(frozen=True)
class Request:
    """What a command was asked: where, what, for which dates.

    `channels` are those named, `as_of` is a moment in UTC; the rest are words of explain, diff
    and decide.
    """

    job: str
    lake: str
    inbox: str | None
    config: Configuration
    dates: tuple[date, ...]
    engine: str | None
    quality: bool
    channels: tuple[str, ...] = ()
    reference: str = ""
    as_of: datetime | None = None
    as_json: bool = False
    match_alone: bool = False
    words: tuple[str, ...] = ()
    by: str = ""
    reason: str = ""


@dataclass
class Report:
    """What a command did, as its JSON summary says it; `exit_status` is the worst of its parts."""

    body: dict[str, Any]
    lines: list[str]
    exit_status: int = 0


def parser(job: str, program: argparse.ArgumentParser | None = None) -> argparse.ArgumentParser:
    """The arguments of a command; values are checked together, by `request_of`."""
    out = program or argparse.ArgumentParser(prog=f"tieout {job}")
    out.description = f"{PURPOSES[job]}."
    out.epilog = EPILOGS[job]
    out.formatter_class = argparse.RawDescriptionHelpFormatter
    out.add_argument("--lake", help="folder or object-store URI of the tables [TIEOUT_LAKE]")
    if job not in ("diff", "decide"):
        out.add_argument("--config", help="folder with channels/, fee_schedules/ [TIEOUT_CONFIG]")
    if job in ("ingest", "run"):
        out.add_argument("--inbox", help="folder or URI where files arrive [TIEOUT_INBOX]")
    out.add_argument("--business-date", help="the accounting day, 2026-11-22")
    out.add_argument("--through", help="the last day of a range, included")
    out.add_argument("--channel", action="append", default=[], help="repeatable; default all")
    out.add_argument("--engine", help="sail (embedded), spark, or auto [TIEOUT_ENGINE]")
    if job == "explain":
        out.add_argument("reference", metavar="REF", help="any reference, ours or theirs")
        out.add_argument("--match-alone", action="store_true", help="also match it alone, now")
    if job == "decide":
        out.add_argument("step", choices=("propose", "approve", "reject", "list"))
    if job in ("decide", "files"):
        out.add_argument("about", nargs="*", help="what it is about, see below")
        out.add_argument("--by", default="", help="who says so [TIEOUT_USER]")
        out.add_argument("--reason", default="", help="why, for others to read")
    if job in LOOKING:
        out.add_argument("--as-of", help="a moment in UTC, 2026-11-20T10:00")
        out.add_argument("--json", action="store_true", help="everything as one JSON document")
    elif job not in ("export", "decide", "files"):
        out.add_argument("--no-quality", action="store_true", help="leave out the shape checks")
    out.set_defaults(job=job)
    return out


def request_of(given: argparse.Namespace) -> Request:
    """The checked request.

    Raises:
        ConfigurationError: every fault of arguments and configuration at once.
    """
    faults: list[str] = []

    def value(name: str) -> str | None:
        return getattr(given, name, None) or os.environ.get(f"TIEOUT_{name.upper()}")

    for name in ("lake", "config", "inbox"):
        if hasattr(given, name) and not value(name):
            faults.append(f"--{name} is missing; give it, or set TIEOUT_{name.upper()}")
    if hasattr(given, "reference") and not given.reference.strip():
        faults.append("REF is empty; give any reference, ours or theirs")
    days = _days(given, faults)
    as_of = _moment(getattr(given, "as_of", None), faults)
    config = _config(given, value("config"), faults)
    if faults or config is None:
        raise ConfigurationError(faults)
    return Request(
        given.job,
        value("lake") or "",
        value("inbox"),
        config,
        days,
        given.engine,
        not getattr(given, "no_quality", False),
        tuple(given.channel),
        getattr(given, "reference", ""),
        as_of,
        getattr(given, "json", False),
        getattr(given, "match_alone", False),
        (*filter(None, [getattr(given, "step", "")]), *getattr(given, "about", ())),
        getattr(given, "by", "") or os.environ.get("TIEOUT_USER", ""),
        getattr(given, "reason", ""),
    )


def _config(
    given: argparse.Namespace, folder: str | None, faults: list[str]
) -> Configuration | None:
    """The configuration, and whether the engine is one; none is asked of a command without it."""
    from jobs.session import engine_of

    config = None if hasattr(given, "config") else Configuration({}, {}, Snapshots())
    try:
        engine_of(given.engine)
    except ConfigurationError as error:
        faults.extend(error.faults)
    try:
        return load(folder, given.channel) if folder and config is None else config
    except ConfigurationError as error:
        faults.extend(error.faults)
        return None


def _days(given: argparse.Namespace, faults: list[str]) -> tuple[date, ...]:
    """The dates asked for; some jobs may go without, and then look at all of them."""
    first = _date("--business-date", given.business_date, faults)
    last = _date("--through", given.through, faults) if given.through else first
    if not given.business_date and (given.job not in DATELESS or given.through):
        faults.append("--business-date is missing; give the accounting day, such as 2026-11-22")
    if first and last and last < first:
        faults.append(f"--through {last} is before --business-date {first}")
    if first is None or last is None:
        return ()
    return tuple(first + timedelta(days=i) for i in range((last - first).days + 1))


def _moment(text: str | None, faults: list[str]) -> datetime | None:
    """A moment in UTC; one without a zone is meant in UTC."""
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        faults.append(f"--as-of {text!r} is no moment; write it as 2026-11-20T10:00, in UTC")
        return None
    return at and (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC))


def _date(name: str, text: str | None, faults: list[str]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        faults.append(f"{name} {text!r} is no date; write it as 2026-11-22")
        return None


def command(job: str, work: Callable[[Request], Report], argv: Sequence[str] | None = None) -> int:
    """Runs a command from its arguments; returns the exit status and prints the summary."""
    return carry_out(parser(job).parse_args(argv), work)


def carry_out(given: Any, work: Callable[[Any], Report], asked: Any = request_of) -> int:
    """Runs a command from its parsed arguments; see `command`."""
    _logging()
    try:
        report = work(asked(given))
    except ConfigurationError as error:
        return _failed(given.job, 2, error.faults)
    except TieoutError as error:
        return _failed(given.job, error.exit_status, [str(error)])
    except Exception as error:
        log.exception("%s failed", given.job)
        said = str(error).splitlines() or [""]
        return _failed(given.job, 1, [f"{type(error).__name__}: {said[0]}"])
    for line in report.lines:
        print(line)
    body = {"job": given.job, "exit": report.exit_status, "version": __version__, **report.body}
    print(json.dumps(body, ensure_ascii=False, default=str))
    return report.exit_status


def _failed(job: str, status: int, errors: Iterable[str]) -> int:
    errors = list(errors)
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    body = {"job": job, "exit": status, "version": __version__, "errors": errors}
    print(json.dumps(body, ensure_ascii=False))
    return status


def watched(items: Sequence[Any], what: str) -> Iterator[Any]:
    """Items one by one, with a bar where a person watches."""
    person = sys.stderr.isatty()
    yield from tqdm(items, desc=what, disable=not person, file=sys.stderr, leave=False)


def _logging() -> None:
    level = os.environ.get("TIEOUT_LOG", "WARNING" if sys.stderr.isatty() else "INFO")
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
        log.propagate = False
    log.setLevel(level)


def leave(status: int) -> NoReturn:
    """Ends the process with a status, at once: all is written and every session is closed.

    The embedded engine's threads may otherwise abort the process while Python takes itself apart,
    and a scheduler would read that as a failure.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
