"""Examines a place: programs, configuration, inbox and lake. It changes nothing."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

from pyarrow import fs

from jobs.engine.availability import check_java
from jobs.engine.delta_jars import jar_paths
from jobs.engine.session import close_session, open_session, resolve_engine
from jobs.ingestion.arrivals.listing import list_arrivals
from jobs.lake.listed_tables import check_listed_tables, is_lake
from jobs.lake.staging import STAGING
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.configuration import Configuration
from schemas.errors import ConfigurationError, TieoutError

#: Free space below which a lake or its disk is worth a warning, bytes.
FREE_BYTES_MIN = 5 * 2**30
#: Findings of one kind are listed up to so many.
SHOWN_MAX = 10


class Level(StrEnum):
    """How bad a finding is: a WRONG one stops the day."""

    GOOD = "ok"
    WARNING = "warning"
    WRONG = "WRONG"


@dataclass(frozen=True)
class Finding:
    """One thing that was examined, and how it is; `text` says what to do where it is not good."""

    level: Level
    topic: str
    text: str


def examine_programs(engine: str | None) -> Iterator[Finding]:
    """Python and packages; the engine answers a query."""
    good = Level.GOOD
    packages = ", ".join(f"{name} {version(name)}" for name in ("pyspark", "deltalake", "pyarrow"))
    yield Finding(good, "programs", f"Python {sys.version.split()[0]}, {packages}")
    try:
        name = resolve_engine(engine)
        if name == "spark":
            check_java()
            jar_paths()
        session = open_session(name)
        try:
            session.range(3).count()
        finally:
            close_session(session)
    except TieoutError as error:
        yield Finding(Level.WRONG, "engine", str(error))
        return
    yield Finding(good, "engine", f"{name} answers a query")


def examine_inbox(uri: str, lake_uri: str | None, config: Configuration) -> Iterator[Finding]:
    """Files that fit no pattern, channels without a file, and what is missing until yesterday."""
    inbox = Storage(uri)
    lake = Lake(lambda: open_session(None), lake_uri or f"{uri}/.no-lake")
    listing = list_arrivals(lake, config, inbox, datetime.now(UTC))
    channels = {row["channel"] for row in listing.files}
    yield Finding(Level.GOOD, "inbox", f"{uri}: {len(listing.files)} files of channels")
    for text in listing.unknown[:SHOWN_MAX]:
        yield Finding(Level.WARNING, "inbox", text)
    for text in listing.missing[:SHOWN_MAX]:
        yield Finding(Level.WARNING, "inbox", text)
    for name, profile in config.profiles.items():
        if profile.files is not None and name not in channels:
            text = f"no file of {name}; its names fit {profile.files.pattern}"
            yield Finding(Level.WARNING, "inbox", text)


def examine_channels(config: Configuration) -> Iterator[Finding]:
    """What pages leave out that a day needs: due times, rate cards, the bank of a settlement."""
    now = datetime.now(UTC)
    banks = {one.settlement.bank for one in config.all_profiles.values() if one.settlement}
    for name, profile in config.profiles.items():
        local = now.astimezone(profile.zone_info)
        text = f"{name}: first date {profile.first_date}; it is {local:%Y-%m-%d %H:%M} there"
        yield Finding(Level.GOOD, "channel", f"{text} ({profile.zone})")
        if profile.files is not None and profile.files.due is None:
            text = f"{name}: files.due is missing, so nobody knows when a file is late"
            yield Finding(Level.WARNING, "channel", text)
        if name in banks or profile.statement == "none":
            continue
        if name not in config.schedules:
            text = f"{name}: no fee_schedules/{name}.yaml, so its fees are not checked"
            yield Finding(Level.WARNING, "channel", text)
        if profile.settlement is None:
            text = f"{name}: no settlement on its page, so nobody checks that it paid"
            yield Finding(Level.WARNING, "channel", text)


def examine_lake(uri: str) -> Iterator[Finding]:
    """Whether it is one, has all its tables, may be written, and has room."""
    storage = Storage(uri)
    if not is_lake(storage):
        text = f"{uri}: there is no lake yet; `tieout ingest` and `tieout run` make it"
        yield Finding(Level.WARNING, "lake", text)
    else:
        try:
            check_listed_tables(storage)
        except TieoutError as error:
            yield Finding(Level.WRONG, "lake", str(error))
        else:
            yield Finding(Level.GOOD, "lake", f"{uri}: all its tables are there")
    staged = storage.fs.get_file_info(
        fs.FileSelector(storage.full_path(STAGING), allow_not_found=True)
    )
    if staged:
        text = (
            f"{len(staged)} folders of work in progress in {STAGING}: of running jobs, or of"
            " killed ones; the next job removes what is older than seven days"
        )
        yield Finding(Level.WARNING, "lake", text)
    if storage.is_local:
        yield from _examine_disk(Path(storage.base))


def _examine_disk(path: Path) -> Iterator[Finding]:
    place = next(one for one in (path, *path.parents) if one.exists())
    if not os.access(place, os.W_OK):
        yield Finding(Level.WRONG, "lake", f"{place} may not be written by this user")
    free = shutil.disk_usage(place).free
    level = Level.GOOD if free >= FREE_BYTES_MIN else Level.WARNING
    yield Finding(level, "lake", f"{free / 2**30:,.1f} GiB free at {place}")


def examine_configuration_faults(error: ConfigurationError) -> Iterator[Finding]:
    """One finding per fault of the pages."""
    for fault in error.faults:
        yield Finding(Level.WRONG, "configuration", fault)
