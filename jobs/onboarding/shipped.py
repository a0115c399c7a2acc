"""A page drafted from one that comes with tieout, where a file is of a dialect that it is for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from ruamel.yaml import YAML

from jobs.ingestion.open_file import plan_file
from jobs.onboarding.names import pattern_of
from jobs.onboarding.page import flow, said
from jobs.onboarding.trial import tried
from jobs.statements.canonical.timestamps import day_in
from jobs.storage.archive import ArchivedFile, Storage
from schemas.errors import FileRefused
from schemas.profile.channel import Profile

#: Dialects whose files say no zone that a shipped page could know.
_ZONED = ("mt940", "camt053", "bai2", "stripe_balance")


@dataclass
class Draft:
    """A drafted page: its text, its dialect, and what is left for a person to say."""

    text: str
    dialect: str
    open: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Given:
    """A statement in a scratch storage, and what its page is to be called."""

    statement: Path
    storage: Storage
    kept: ArchivedFile
    channel: str
    shipped: Mapping[str, Path]
    pages: Mapping[str, Profile]

    @property
    def name(self) -> str:
        """The statement's own name."""
        return self.statement.name


def fitting(given: Given, plain: ArchivedFile, dialect: str) -> str | None:
    """The shipped page of a dialect that a file fits, or the first of them.

    A page with a layout must read it without a fault, for any text may be delimited.
    """
    pages = {name: page for name, page in given.pages.items() if page.dialect == dialect}
    planned_by = [name for name, page in pages.items() if _plans(given, plain, page)]
    if dialect not in ("delimited", "fixed_width"):
        return next(iter([*planned_by, *pages]), None)
    _, day = pattern_of(given.name, given.channel)
    for name in planned_by:
        seen = tried(pages[name], given.statement, day, 0)
        if seen.accepted and seen.body["lines"]:
            return name
    return None


def of_shipped(given: Given, name: str) -> Draft:
    """A shipped page with the names and dates of this channel."""
    page, left = given.pages[name], []
    pattern, day, why = _pattern(given, page)
    changes = {"channel": (flow(given.channel), "the name in every table")}
    if page.files is not None and page.files.parts:
        left.append("how the files of a day are named, and its parts (files)")
    else:
        changes["  pattern"] = (flow(pattern), f"below --inbox; {why}")
    if page.dialect in _ZONED:
        changes["zone"] = (page.zone, "say which: the file does not")
        left.append("which zone its times are in (zone)")
    seen = _day_of(given, page, day)
    if seen is not None:
        changes["first_date"] = (str(seen), "its day: nothing is expected before it")
    first, *lines = given.shipped[name].read_text("utf-8").split("\n")
    for at, line in enumerate(lines):
        key = line.split(":", 1)[0]
        if key in changes:
            value, why = changes.pop(key)
            lines[at] = said(f"{key}: {value}", why)
    top = [first, f"# Drafted from a file: it fits the page {name} that comes with tieout."]
    return Draft("\n".join([*top, *lines]), page.dialect, left)


def _pattern(given: Given, page: Profile) -> tuple[str, date | None, str]:
    """The shipped page's pattern, where the file is named so; the day that the name says."""
    own = page.files.pattern if page.files else ""
    folder, _, last = own.partition("/")[2].rpartition("/")
    day = day_in(given.name, last)
    if day is not None or ("{" not in last and fnmatchcase(given.name, last)):
        rest = f"{folder}/{last}" if folder else last
        return f"{given.channel}/{rest}", day, "named as the channel names it"
    pattern, day = pattern_of(given.name, given.channel)
    return pattern, day, "by the date in its name" if day else "say how a day's files are named"


def _plans(given: Given, plain: ArchivedFile, profile: Profile) -> bool:
    try:
        plan_file(given.storage, plain, given.name, profile)
    except FileRefused:
        return False
    return True


def _day_of(given: Given, profile: Profile, day: date | None) -> date | None:
    """The day that a name says, or of the most lines."""
    if day is not None:
        return day
    days = tried(profile, given.statement, None, 0).body.get("days", {})
    return date.fromisoformat(max(days, key=lambda each: days[each])) if days else None


def page_at(path: Path) -> Profile:
    """A shipped page."""
    return Profile.model_validate(YAML().load(path.read_text("utf-8")))
