"""The arguments of every command. All faults are checked and reported together."""

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from jobs.cli.configuration import load_configuration
from jobs.cli.options.maintain import (
    RETENTION_HOURS,
    RETENTION_HOURS_MIN,
    drop_config,
    find_history_faults,
)
from jobs.cli.options.pages import MONTHLY, PageOptions, parse_period
from jobs.cli.parser import (
    DATE_OPTIONAL,
    FEE_OPTIONS,
    NOT_NEEDED,
    ROWS_SHOWN,
    RUN_DATES,
)
from schemas.configuration import Configuration
from schemas.errors import ConfigurationError
from schemas.profile.channel import Snapshots


@dataclass(frozen=True)
class Request:
    """The checked arguments of a command.

    `channels` is empty where no `--channel` was given, `as_of` is in UTC. `positionals` are the
    words without an option: of decide the step and its ids, of files the step and the file id.
    `stale`: also the dates that match ran again since the job was done. `incomplete`: also publish
    dates that are not whole. `status_of`, `reason_codes` and `at_most` (amounts in major units, and
    their currencies) are those of decide; `open_only`, `since`, `older_than` (days), `owner` and
    `limit` those of breaks; `history` and `older_than` also of maintain; `fee_options` those of
    fees, as typed, by name; `bridge` the batch of settlement to explain. `page` are the options of
    a page; its `dates` are the date, or the days of the month.
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
    positionals: tuple[str, ...] = ()
    actor: str = ""
    reason: str = ""
    future: bool = False
    stale: bool = False
    incomplete: bool = False
    dry_run: bool = False
    retention_hours: int = RETENTION_HOURS
    history: str = ""
    status_of: str = ""
    reason_codes: tuple[str, ...] = ()
    at_most: tuple[tuple[str, str], ...] = ()
    open_only: bool = False
    since: date | None = None
    older_than: int | None = None
    owner: str = ""
    limit: int = ROWS_SHOWN
    fee_options: Mapping[str, str] = field(default_factory=dict)
    bridge: str = ""
    page: PageOptions = field(default_factory=PageOptions)


def build_request(arguments: argparse.Namespace) -> Request:
    """Returns the checked request; loads the configuration where the command takes one.

    Raises:
        ConfigurationError: all faults of the arguments and the configuration, together.
    """
    # These import the libraries of the lake, and --help does without them.
    from jobs.cli.date_words import resolve_date_words
    from jobs.cli.places import find_place_faults

    faults: list[str] = []

    def value_of(name: str) -> str | None:
        return getattr(arguments, name, None) or os.environ.get(f"TIEOUT_{name.upper()}")

    drop_config(arguments)
    optional = NOT_NEEDED.get((arguments.job, getattr(arguments, "step", "")))
    for name in ("lake", "config", "inbox"):
        if hasattr(arguments, name) and name != optional and not value_of(name):
            faults.append(f"--{name} is missing; give it, or set TIEOUT_{name.upper()}")
    if hasattr(arguments, "reference") and not arguments.reference.strip():
        faults.append("REF is empty; give any internal or channel reference")
    page_faults = list[str]()
    config = _load_configuration(arguments, value_of("config"), page_faults, optional == "config")
    lake = None if optional == "lake" else value_of("lake")
    inbox = value_of("inbox") if hasattr(arguments, "inbox") else None
    resolve_date_words(arguments, config, lake, faults)
    days = _parse_dates(arguments, faults)
    hours = _check_hours(arguments, faults)
    since = parse_date("--since", getattr(arguments, "since", None), faults)
    as_of = _parse_moment(getattr(arguments, "as_of", None), faults)
    faults.extend([*find_place_faults(arguments.job, lake, inbox), *page_faults])
    if config and arguments.job in RUN_DATES and not getattr(arguments, "future", False):
        faults.extend(_find_future_dates(config, days))
    if faults or config is None:
        raise ConfigurationError(faults)
    return Request(
        job=arguments.job,
        lake=lake or "",
        inbox=inbox,
        config=config,
        dates=days,
        engine=arguments.engine,
        quality=not getattr(arguments, "no_quality", False),
        channels=tuple(arguments.channel),
        reference=getattr(arguments, "reference", ""),
        as_of=as_of,
        as_json=getattr(arguments, "json", False),
        match_alone=getattr(arguments, "match_alone", False),
        positionals=_list_positionals(arguments),
        actor=getattr(arguments, "by", "") or os.environ.get("TIEOUT_USER", ""),
        reason=getattr(arguments, "reason", ""),
        future=getattr(arguments, "future", False),
        stale=getattr(arguments, "stale", False),
        incomplete=getattr(arguments, "publish_incomplete", False),
        dry_run=getattr(arguments, "dry_run", False),
        retention_hours=hours,
        history=getattr(arguments, "history", ""),
        status_of=getattr(arguments, "status", None) or "",
        reason_codes=tuple(getattr(arguments, "reason_code", ())),
        open_only=getattr(arguments, "open", False),
        since=since,
        older_than=getattr(arguments, "older_than", None),
        owner=getattr(arguments, "to", "") or getattr(arguments, "owner", ""),
        limit=getattr(arguments, "limit", ROWS_SHOWN),
        at_most=tuple((amount, code) for amount, code in getattr(arguments, "at_most", ())),
        fee_options={name: getattr(arguments, name.replace("-", "_"), "") for name in FEE_OPTIONS},
        bridge=getattr(arguments, "bridge", ""),
        page=PageOptions.read(arguments),
    )


def _list_positionals(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The step of a command, if it has steps, and what the step is about."""
    step = getattr(arguments, "step", "")
    return (*([step] if step else []), *getattr(arguments, "about", ()))


def _check_hours(arguments: argparse.Namespace, faults: list[str]) -> int:
    faults.extend(find_history_faults(arguments))
    hours: int = getattr(arguments, "retention_hours", RETENTION_HOURS)
    if hours < RETENTION_HOURS_MIN:
        faults.append(
            f"--retention-hours {hours} is below {RETENTION_HOURS_MIN}: a running job, or a reader,"
            f" may still need what is so young; give {RETENTION_HOURS_MIN} or more"
        )
    return hours


def _find_future_dates(config: Configuration, days: Sequence[date]) -> Iterator[str]:
    """One sentence per zone in which the last date has not begun yet."""
    names_by_zone: dict[str, list[str]] = {}
    for name, profile in config.profiles.items():
        names_by_zone.setdefault(profile.zone, []).append(name)
    for zone, names in names_by_zone.items():
        today = datetime.now(ZoneInfo(zone)).date()
        if days and days[-1] > today:
            yield (
                f"{days[-1]} is later than today, {today}, in {zone} ({', '.join(names)});"
                " give an earlier date, or --future to run it all the same"
            )


def _load_configuration(
    arguments: argparse.Namespace, folder: str | None, faults: list[str], is_optional: bool
) -> Configuration | None:
    """Loads the configuration (an empty one for a command without --config); checks the engine."""
    from jobs.engine.session import resolve_engine

    has_none = not hasattr(arguments, "config") or (is_optional and not folder)
    config = Configuration({}, {}, Snapshots()) if has_none else None
    try:
        resolve_engine(arguments.engine)
    except ConfigurationError as error:
        faults.extend(error.faults)
    try:
        return (
            load_configuration(folder, arguments.channel) if folder and config is None else config
        )
    except ConfigurationError as error:
        faults.extend(error.faults)
        return None


def _parse_dates(arguments: argparse.Namespace, faults: list[str]) -> tuple[date, ...]:
    """The dates of the request; empty where the command needs none and then reads all dates."""
    if arguments.job in MONTHLY:
        return parse_period(arguments, faults, parse_date)
    first = parse_date("--business-date", arguments.business_date, faults)
    last = parse_date("--through", arguments.through, faults) if arguments.through else first
    if not arguments.business_date and (arguments.job not in DATE_OPTIONAL or arguments.through):
        faults.append("--business-date is missing; give the accounting date, such as 2026-11-22")
    if first and last and last < first:
        faults.append(f"--through {last} is before --business-date {first}")
    if first is None or last is None:
        return ()
    return tuple(first + timedelta(days=i) for i in range((last - first).days + 1))


def _parse_moment(text: str | None, faults: list[str]) -> datetime | None:
    """Parses a time; one without a zone is in UTC."""
    try:
        time = datetime.fromisoformat(text) if text else None
    except ValueError:
        faults.append(f"--as-of {text!r} is not a time; write it as 2026-11-20T10:00, in UTC")
        return None
    return time and (time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC))


def parse_date(name: str, text: str | None, faults: list[str]) -> date | None:
    """The date of an option, None without one; adds to `faults` what is no date."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        faults.append(f"{name} {text!r} is not a date; write it as 2026-11-22")
        return None
