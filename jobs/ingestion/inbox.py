"""Finds the files of a channel and date in the inbox."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pyarrow import fs

from jobs.storage.archive import Storage

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


def find_files(inbox: Storage, pattern: str, day: date) -> list[InboxFile]:
    """Finds the files of a date that fit a pattern, ordered by time of arrival, then by name."""
    expression = re.compile(_pattern_regex(pattern, day))
    folder = "/".join(_fixed_folders(pattern, day))
    base = inbox.full_path(folder) if folder else inbox.base
    if inbox.fs.get_file_info(base).type != fs.FileType.Directory:
        return []
    files = []
    for info in inbox.fs.get_file_info(fs.FileSelector(base, recursive=True)):
        name = info.path[len(inbox.base) :].lstrip("/")
        match = expression.fullmatch(name)
        if not match or info.type != fs.FileType.File or info.base_name.startswith((".", "_")):
            continue
        first, last = parse_date_span(pattern, name) or (day, day)
        if first <= day <= last:
            part = match.groupdict().get("part") or WHOLE_DAY
            arrived_at = info.mtime or datetime(1970, 1, 1, tzinfo=UTC)
            files.append(InboxFile(info.path, name, part, arrived_at.astimezone(UTC)))
    return sorted(files, key=lambda file: (file.arrived_at, file.name))


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
            out += "[^/]*"
        elif field["part"]:
            out += "(?P<part>[^/]+?)"
        elif field["date"] == "business":
            out += re.escape(day.strftime(field["form"] or "%Y-%m-%d"))
        else:
            regex = re.escape(field["form"] or "%Y-%m-%d").replace(r"\%", "%")
            for directive, digits in _DIGITS.items():
                regex = regex.replace(directive, digits)
            out += f"(?P<{field['date']}>{regex})"
        at = field.end()
    return out + re.escape(pattern[at:])


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
