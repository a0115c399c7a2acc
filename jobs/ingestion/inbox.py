"""Finds the files of a channel and date in the inbox."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from jobs.storage.archive import Storage
from schemas.errors import FileRefused
from schemas.profile.day_parts import WHOLE_DAY

_FIELD = re.compile(
    r"\{(?P<date>business|first|last)_date(?::(?P<form>[^}]*))?\}|(?P<part>\{part\})|(?P<star>\*)"
)
_BUSINESS_DATE = re.compile(r"\{business_date(?::([^}]*))?\}")
_DIGITS = {"%Y": r"\d{4}", "%m": r"\d{2}", "%d": r"\d{2}", "%y": r"\d{2}"}
_DIRECTIVE = re.compile("|".join(_DIGITS))
#: A file of more days than this names a wrong date: the days after it are not looked for.
SPAN_DAYS_MAX = 400


@dataclass(frozen=True)
class InboxFile:
    """A file in the inbox: full path, name for messages, part, time of arrival (UTC), bytes."""

    path: str
    name: str
    part: str
    arrived_at: datetime
    byte_size: int

    @property
    def listed_name(self) -> str:
        """The name where several stand, one a line; its line breaks become a backslash and n."""
        return self.name.replace("\n", "\\n")


@dataclass(frozen=True)
class InboxFiles:
    """What the inbox has for a pattern and date.

    `files` are ordered by time of arrival, then by name. `links` are the names of links that stand
    where a file or one of its folders should be: nobody follows them.
    """

    files: list[InboxFile]
    links: list[str]

    @property
    def link_faults(self) -> list[FileRefused]:
        """One fault for each link."""
        problem = "this is a link, and ingest follows none"
        todo = "put the file itself in its place"
        return [FileRefused("LINK_IN_INBOX", name, problem, todo) for name in self.links]


def find_files(inbox: Storage, pattern: str, day: date) -> InboxFiles:
    """Finds the files of a date that fit a pattern; also names the links that stand in their way.

    A byte of a name that is not UTF-8 counts as four characters: a backslash, x, two hex digits.
    """
    expression = re.compile(_pattern_regex(pattern, day))
    is_on_path = _folder_test(pattern, day)
    files, links = [], []
    for file in inbox.walk_files("/".join(_fixed_folders(pattern, day)), is_on_path):
        match = expression.fullmatch(file.name)
        if file.is_link:
            if match or is_on_path(file.name):
                links.append(file.name)
            continue
        if not match or file.name.rpartition("/")[2].startswith((".", "_")):
            continue
        first, last = parse_date_span(pattern, file.name) or (day, day)
        if first <= day <= last:
            part = match.groupdict().get("part") or WHOLE_DAY
            files.append(InboxFile(file.path, file.name, part, file.changed_at, file.byte_size))
    return InboxFiles(sorted(files, key=lambda file: (file.arrived_at, file.name)), sorted(links))


def list_inbox(inbox: Storage) -> list[InboxFile]:
    """Lists the files of the inbox; no links, and no hidden ones (`.name`, `_name`)."""
    return [
        InboxFile(file.path, file.name, WHOLE_DAY, file.changed_at, file.byte_size)
        for file in inbox.walk_files("", lambda _: True)
        if not file.is_link and not file.name.rpartition("/")[2].startswith((".", "_"))
    ]


def part_in_name(pattern: str, name: str, day: date) -> str | None:
    """The part that a pattern reads in a name on a date; None if the name does not fit."""
    match = re.fullmatch(_pattern_regex(pattern, day), name)
    return match and (match.groupdict().get("part") or WHOLE_DAY)


def dates_in_name(pattern: str, name: str) -> list[date]:
    """The dates on which `find_files` finds a name by a pattern, in order; often none.

    The forms of the dates may hold `%Y`, `%y`, `%m` and `%d`.
    """
    span = parse_date_span(pattern, name)
    if span is not None:
        days = min((span[1] - span[0]).days, SPAN_DAYS_MAX)
        return [span[0] + timedelta(days=n) for n in range(days + 1)]
    whole = re.fullmatch(_pattern_regex(pattern, None), name)
    if whole is None:
        return []
    forms = [
        field["form"] or "%Y-%m-%d"
        for field in _FIELD.finditer(pattern)
        if field["date"] == "business"
    ]
    # A name may hold several dates where `*` stands beside one: each place is tried.
    candidates = {
        _date_of(form, match)
        for form in forms
        for start in range(len(name))
        if (match := re.compile(_form_regex(form)).match(name, start))
    }
    # Year, month and day may also stand in several fields, such as folders.
    candidates.add(_date_of("".join(forms), whole))
    return sorted(day for day in candidates if day and part_in_name(pattern, name, day))


def fill_date(pattern: str, day: date) -> str:
    """The pattern with a business date in it, for messages."""
    return _BUSINESS_DATE.sub(lambda field: day.strftime(field[1] or "%Y-%m-%d"), pattern)


def parse_date_span(pattern: str, name: str) -> tuple[date, date] | None:
    """The first and last date in a file's name; None if its pattern has none.

    If a date in the name does not exist, the span contains no date.
    """
    match = re.fullmatch(_pattern_regex(pattern, date.min), name)
    if match is None or not {"first", "last"} <= match.groupdict().keys():
        return None
    formats = {field["date"]: field["form"] or "%Y-%m-%d" for field in _FIELD.finditer(pattern)}
    try:
        first, last = (
            datetime.strptime(match[end], formats[end]).date() for end in ("first", "last")
        )
    except ValueError:
        return date.max, date.min
    return first, last


def _pattern_regex(pattern: str, day: date | None) -> str:
    """The expression of a pattern on a date; on any date if there is none."""
    out, at = "", 0
    for field in _FIELD.finditer(pattern):
        out += re.escape(pattern[at : field.start()])
        form = field["form"] or "%Y-%m-%d"
        if field["star"]:
            out += r"[^\x2f]*"
        elif field["part"]:
            out += r"(?P<part>[^\x2f]+?)"
        elif field["date"] == "business":
            out += _form_regex(form) if day is None else re.escape(day.strftime(form))
        else:
            out += f"(?P<{field['date']}>{_form_regex(form, '{}')})"
        at = field.end()
    return out + re.escape(pattern[at:])


def _folder_test(pattern: str, day: date) -> Callable[[str], bool]:
    """Returns a test of whether files of the pattern may be in a folder, by its name."""
    folders = _pattern_regex(pattern, day).split("/")[:-1]
    try:
        expressions = [re.compile("/".join(folders[: depth + 1])) for depth in range(len(folders))]
    except re.error:  # a date with slashes, in a group of its own: search all folders
        return lambda name: True

    def is_on_path(name: str) -> bool:
        depth = name.count("/")
        return depth < len(expressions) and expressions[depth].fullmatch(name) is not None

    return is_on_path


def _form_regex(form: str, group: str = "({})") -> str:
    """The expression of a date's form, with a group for each of its directives."""
    regex = re.escape(form).replace(r"\%", "%")
    for directive, digits in _DIGITS.items():
        regex = regex.replace(directive, group.format(digits))
    return regex


def _date_of(form: str, match: re.Match[str]) -> date | None:
    """The date that the groups of a form's directives give; None if they give none."""
    part = match.re.groupindex.get("part")
    values = [match[n] for n in range(1, match.re.groups + 1) if n != part]
    of = dict(zip(_DIRECTIVE.findall(form), values, strict=True))
    try:
        text = f"{of.get('%Y') or '20' + of['%y']}-{of['%m']}-{of['%d']}"
        return date.fromisoformat(text)
    except (KeyError, ValueError):
        return None


def _fixed_folders(pattern: str, day: date) -> Iterator[str]:
    for folder in fill_date(pattern, day).split("/")[:-1]:
        if "*" in folder or "{" in folder:
            return
        yield folder
