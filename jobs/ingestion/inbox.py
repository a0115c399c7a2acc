"""Which files lie in the inbox for a channel and date."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pyarrow import fs

from jobs.storage.archive import Storage

#: The part of a day that comes in one file.
WHOLE = "all"
_FIELD = re.compile(
    r"\{(?P<date>business|first|last)_date(?::(?P<form>[^}]*))?\}|(?P<part>\{part\})|(?P<star>\*)"
)
_DIGITS = {"%Y": r"\d{4}", "%m": r"\d{2}", "%d": r"\d{2}", "%y": r"\d{2}"}


@dataclass(frozen=True)
class Found:
    """A file in the inbox: full path, name as messages give it, part, when it came (UTC)."""

    path: str
    name: str
    part: str
    came_at: datetime


def files_of(inbox: Storage, pattern: str, day: date) -> list[Found]:
    """The files of a date that fit a pattern, in the order in which they came, then by name."""
    expression = re.compile(_expression(pattern, day))
    folder = "/".join(_fixed_folders(pattern, day))
    base = inbox.full_path(folder) if folder else inbox.base
    if inbox.fs.get_file_info(base).type != fs.FileType.Directory:
        return []
    found = []
    for info in inbox.fs.get_file_info(fs.FileSelector(base, recursive=True)):
        name = info.path[len(inbox.base) :].lstrip("/")
        hit = expression.fullmatch(name)
        if not hit or info.type != fs.FileType.File or info.base_name.startswith((".", "_")):
            continue
        first, last = span_of(pattern, name) or (day, day)
        if first <= day <= last:
            part = hit.groupdict().get("part") or WHOLE
            came_at = info.mtime or datetime(1970, 1, 1, tzinfo=UTC)
            found.append(Found(info.path, name, part, came_at.astimezone(UTC)))
    return sorted(found, key=lambda each: (each.came_at, each.name))


def span_of(pattern: str, name: str) -> tuple[date, date] | None:
    """The first and the last date that a file's name says; None where its pattern has no such."""
    hit = re.fullmatch(_expression(pattern, date.min), name)
    if hit is None or not {"first", "last"} <= hit.groupdict().keys():
        return None
    forms = {each["date"]: each["form"] or "%Y-%m-%d" for each in _FIELD.finditer(pattern)}
    try:
        first, last = (datetime.strptime(hit[end], forms[end]).date() for end in ("first", "last"))
    except ValueError:
        return date.max, date.min
    return first, last


def _expression(pattern: str, day: date) -> str:
    out, at = "", 0
    for hit in _FIELD.finditer(pattern):
        out += re.escape(pattern[at : hit.start()])
        if hit["star"]:
            out += "[^/]*"
        elif hit["part"]:
            out += "(?P<part>[^/]+?)"
        elif hit["date"] == "business":
            out += re.escape(day.strftime(hit["form"] or "%Y-%m-%d"))
        else:
            form = re.escape(hit["form"] or "%Y-%m-%d").replace(r"\%", "%")
            for directive, digits in _DIGITS.items():
                form = form.replace(directive, digits)
            out += f"(?P<{hit['date']}>{form})"
        at = hit.end()
    return out + re.escape(pattern[at:])


def _fixed_folders(pattern: str, day: date) -> Iterator[str]:
    dated = re.sub(
        r"\{business_date(?::([^}]*))?\}", lambda hit: day.strftime(hit[1] or "%Y-%m-%d"), pattern
    )
    for folder in dated.split("/")[:-1]:
        if "*" in folder or "{" in folder:
            return
        yield folder
