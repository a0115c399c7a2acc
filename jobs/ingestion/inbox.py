"""Finds the files of a channel and date in the inbox."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from jobs.storage.archive import Storage
from schemas.errors import FileRefused

#: The part of a day whose statement is one file.
WHOLE_DAY = "all"
_FIELD = re.compile(
    r"\{(?P<date>business|first|last)_date(?::(?P<form>[^}]*))?\}|(?P<part>\{part\})|(?P<star>\*)"
)
_DIGITS = {"%Y": r"\d{4}", "%m": r"\d{2}", "%d": r"\d{2}", "%y": r"\d{2}"}


@dataclass(frozen=True)
class InboxFile:
    """A file in the inbox: full path, name for messages, part, and time of arrival (UTC)."""

    path: str
    name: str
    part: str
    arrived_at: datetime


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
            files.append(InboxFile(file.path, file.name, part, file.changed_at))
    return InboxFiles(sorted(files, key=lambda file: (file.arrived_at, file.name)), sorted(links))


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


def _pattern_regex(pattern: str, day: date) -> str:
    out, at = "", 0
    for field in _FIELD.finditer(pattern):
        out += re.escape(pattern[at : field.start()])
        if field["star"]:
            out += r"[^\x2f]*"
        elif field["part"]:
            out += r"(?P<part>[^\x2f]+?)"
        elif field["date"] == "business":
            out += re.escape(day.strftime(field["form"] or "%Y-%m-%d"))
        else:
            regex = re.escape(field["form"] or "%Y-%m-%d").replace(r"\%", "%")
            for directive, digits in _DIGITS.items():
                regex = regex.replace(directive, digits)
            out += f"(?P<{field['date']}>{regex})"
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


def _fixed_folders(pattern: str, day: date) -> Iterator[str]:
    dated = re.sub(
        r"\{business_date(?::([^}]*))?\}",
        lambda field: day.strftime(field[1] or "%Y-%m-%d"),
        pattern,
    )
    for folder in dated.split("/")[:-1]:
        if "*" in folder or "{" in folder:
            return
        yield folder
