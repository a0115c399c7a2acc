"""The arguments of every command, checked together: all faults at once."""

import argparse
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from jobs.cli.configuration import load
from jobs.cli.help_texts import EPILOGS, PURPOSES
from schemas.configuration import Configuration
from schemas.errors import ConfigurationError
from schemas.profile.channel import Snapshots

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
    from jobs.engine.session import engine_of

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
