"""A page drafted from one that comes with tieout, where a file is of a dialect that it is for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ruamel.yaml import YAML

from jobs.archive import Archived, Storage
from jobs.profiles.names import pattern_of
from jobs.profiles.page import flow, said
from jobs.profiles.trial import tried
from jobs.reading import planned
from jobs.statements.moments import day_in
from schemas.errors import FileRefused
from schemas.profile import Profile

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
    kept: Archived
    channel: str
    shipped: Mapping[str, Path]
    pages: Mapping[str, Profile]

    @property
    def name(self) -> str:
        """The statement's own name."""
        return self.statement.name


def of_shipped(given: Given, plain: Archived, dialect: str) -> Draft:
    """A shipped page of a dialect, with the names and dates of this channel."""
    pages = {name: page for name, page in given.pages.items() if page.dialect == dialect}
    fitting = [name for name, page in pages.items() if _plans(given, plain, page)]
    name = [*fitting, *pages][0]
    page, left = pages[name], []
    pattern, day = pattern_of(given.name, given.channel)
    changes = {"channel": (flow(given.channel), "the name in every table")}
    if not _takes(page, given.name):
        why = "by the date in its name" if day else "say how the files of a day are named"
        changes["  pattern"] = (flow(pattern), f"below --inbox; {why}")
    if dialect in _ZONED:
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
    return Draft("\n".join([*top, *lines]), dialect, left)


def _takes(profile: Profile, name: str) -> bool:
    pattern = profile.files.pattern.rsplit("/", 1)[-1] if profile.files else ""
    return day_in(name, pattern) is not None


def _plans(given: Given, plain: Archived, profile: Profile) -> bool:
    try:
        planned(given.storage, plain, given.name, profile)
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
