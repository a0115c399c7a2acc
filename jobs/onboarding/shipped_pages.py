"""Drafts a page from a shipped page of the file's dialect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from ruamel.yaml import YAML

from jobs.ingestion.open_file import plan_file
from jobs.onboarding.file_names import file_pattern
from jobs.onboarding.page_text import to_flow_yaml, with_comment
from jobs.onboarding.trial import try_statement
from jobs.statements.canonical.timestamps import parse_business_date
from jobs.storage.archive import ArchivedFile, Storage
from schemas.errors import FileRefused
from schemas.profile.channel import Profile

#: Dialects whose files do not name the zone: the user must set it.
_ZONED = ("mt940", "camt053", "bai2", "stripe_balance")


@dataclass
class Draft:
    """A drafted page: its text, its dialect, the questions that the user must answer, and the
    headings of columns that it leaves out, with the reason.
    """

    text: str
    dialect: str
    questions: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DraftInput:
    """A statement in a scratch storage, the channel's name, and the shipped pages."""

    statement: Path
    storage: Storage
    archived: ArchivedFile
    channel: str
    shipped: Mapping[str, Path]
    pages: Mapping[str, Profile]

    @property
    def name(self) -> str:
        """File name of the statement."""
        return self.statement.name


def find_fitting_page(source: DraftInput, plain: ArchivedFile, dialect: str) -> str | None:
    """Finds the shipped page of a dialect that fits a file, or the first page of the dialect.

    A page with a layout must parse the file without a fault, because any text can be delimited.
    """
    pages = {name: page for name, page in source.pages.items() if page.dialect == dialect}
    fitting_names = [name for name, page in pages.items() if is_planned_by(source, plain, page)]
    if dialect not in ("delimited", "fixed_width"):
        return next(iter([*fitting_names, *pages]), None)
    _, day = file_pattern(source.name, source.channel)
    for name in fitting_names:
        trial = try_statement(pages[name], source.statement, day, 0)
        if trial.accepted and trial.body["lines"]:
            return name
    return None


def draft_from_shipped(source: DraftInput, name: str) -> Draft:
    """Drafts a page from a shipped page, with the names and dates of this channel."""
    page, questions = source.pages[name], []
    pattern, day, why = _file_pattern(source, page)
    changes = {"channel": (to_flow_yaml(source.channel), "the name in every table")}
    if page.files is not None and page.files.parts:
        questions.append("how the files of a date and its parts are named (files)")
    else:
        changes["  pattern"] = (to_flow_yaml(pattern), f"below --inbox; {why}")
    if page.dialect in _ZONED:
        changes["zone"] = (page.zone, "set it: the file does not name it")
        questions.append("which zone its times are in (zone)")
    first_date = _statement_day(source, page, day)
    if first_date is not None:
        changes["first_date"] = (str(first_date), "the date of this file; none is expected before")
    first, *lines = source.shipped[name].read_text("utf-8").split("\n")
    for at, line in enumerate(lines):
        key = line.split(":", 1)[0]
        if key in changes:
            value, why = changes.pop(key)
            lines[at] = with_comment(f"{key}: {value}", why)
    top = [first, f"# Drafted from a file: it fits the page {name} that is shipped with tieout."]
    return Draft("\n".join([*top, *lines]), page.dialect, questions)


def _file_pattern(source: DraftInput, page: Profile) -> tuple[str, date | None, str]:
    """The file pattern, the date in the file name, and the reason for the pattern.

    The shipped page's pattern counts if the file name fits it.
    """
    shipped_pattern = page.files.pattern if page.files else ""
    folder, _, last = shipped_pattern.partition("/")[2].rpartition("/")
    day = parse_business_date(source.name, last)
    if day is not None or ("{" not in last and fnmatchcase(source.name, last)):
        rest = f"{folder}/{last}" if folder else last
        return f"{source.channel}/{rest}", day, "named as the channel names it"
    pattern, day = file_pattern(source.name, source.channel)
    return (
        pattern,
        day,
        "by the date in its name" if day else "say how the files of a date are named",
    )


def is_planned_by(source: DraftInput, plain: ArchivedFile, profile: Profile) -> bool:
    """Whether a page's dialect finds its header and totals in a file."""
    try:
        plan_file(source.storage, plain, source.name, profile)
    except FileRefused:
        return False
    return True


def _statement_day(source: DraftInput, profile: Profile, day: date | None) -> date | None:
    """The date in the file name, or the date with the most lines."""
    if day is not None:
        return day
    days = try_statement(profile, source.statement, None, 0).body.get("days", {})
    return date.fromisoformat(max(days, key=lambda text: days[text])) if days else None


def load_page(path: Path) -> Profile:
    """Loads a shipped page."""
    return Profile.model_validate(YAML().load(path.read_text("utf-8")))
