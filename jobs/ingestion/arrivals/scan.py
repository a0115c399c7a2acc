"""Reads the names of the files in the inbox: the channels, dates and parts that each would be."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from jobs.ingestion.inbox import InboxFile, dates_in_name, list_inbox, part_in_name
from jobs.storage.archive import Storage
from schemas.configuration import Configuration
from schemas.profile.day_parts import MARKER, WHOLE_DAY

_FIELD_OR_DIGIT = re.compile(r"\{[^}]*\}|\d+")


@dataclass(frozen=True)
class Claim:
    """What a file would be: a part of a channel's statement of one date.

    `channel` is None for our own snapshot.
    """

    channel: str | None
    business_date: date
    part: str


@dataclass(frozen=True)
class Arrival:
    """A file in the inbox, and what it would be; no claim if its name fits no pattern."""

    file: InboxFile
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class _Pattern:
    channel: str | None
    text: str
    part: str | None = None


def scan_inbox(inbox: Storage, config: Configuration) -> list[Arrival]:
    """Every file of the inbox, ordered by name, with what the patterns make of it."""
    patterns = list(_list_patterns(config))
    files = sorted(list_inbox(inbox), key=lambda file: file.name)
    return [
        Arrival(file, tuple(claim for one in patterns for claim in _find_claims(one, file.name)))
        for file in files
    ]


def _list_patterns(config: Configuration) -> Iterator[_Pattern]:
    for name, profile in config.profiles.items():
        if profile.files is not None:
            yield _Pattern(name, profile.files.pattern)
            if profile.files.marker:
                yield _Pattern(name, profile.files.marker, MARKER)
    snapshots = config.snapshots
    yield _Pattern(None, snapshots.pattern, None if snapshots.parts else WHOLE_DAY)


def _find_claims(pattern: _Pattern, name: str) -> Iterator[Claim]:
    for day in dates_in_name(pattern.text, name):
        yield Claim(
            pattern.channel, day, pattern.part or part_in_name(pattern.text, name, day) or ""
        )


def describe_unknown(config: Configuration, arrivals: Sequence[Arrival]) -> list[str]:
    """One sentence for each file that fits no pattern, with the pattern nearest to its name."""
    patterns = sorted({pattern.text for pattern in _list_patterns(config)})
    return [
        f"UNKNOWN_FILE: {arrival.file.name}: its name fits no pattern; the nearest is"
        f" {_nearest(arrival.file.name, patterns)}; rename it, or take it out of the inbox"
        for arrival in arrivals
        if not arrival.claims
    ]


def _nearest(name: str, patterns: Sequence[str]) -> str:
    """The pattern that is most like a name; digits and fields of patterns are all alike."""

    def likeness(pattern: str) -> float:
        one, other = (_FIELD_OR_DIGIT.sub("0", text) for text in (name, pattern))
        return SequenceMatcher(None, one, other, autojunk=False).ratio()

    return max(patterns, key=likeness)
