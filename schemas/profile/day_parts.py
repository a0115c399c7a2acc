"""The parts that make a day complete, as names or as a rule that makes the names.

Source: docs/reference/files.md, "Parts".
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import product
from math import prod
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from schemas.strict import Strict

#: Parts of a day at most; more are a mistake in the profile.
PARTS_MAX = 10_000
#: The part of a file that says: no trades today. No part of a profile bears this name.
MARKER = "marker"
#: The part of a day that comes in one file.
WHOLE_DAY = "all"
JOIN = "-"
_RANGE = re.compile(r"(\d+)-(\d+)", re.ASCII)


def part_names(rule_or_names: Any) -> tuple[str, ...]:
    """The names of the parts that a profile means.

    A list of names; a range such as `00-23`; or names for each of several keys, every one with
    every other in the order written, joined by `join` (a hyphen): `{centres: [bj1, sh1], hours:
    "00-23"}` is bj1-00, bj1-01 ... sh1-23. In a list a name is a name, whatever it looks like.

    Raises:
        ValueError: no such rule, a name twice, or more than `PARTS_MAX`.
    """
    if isinstance(rule_or_names, Mapping):
        rule = dict(rule_or_names)
        join = rule.pop("join", JOIN)
        if not isinstance(join, str) or "/" in join or not rule:
            raise ValueError("parts by a rule are keys with names, and `join`, a text without /")
        axes = [_expand_names(value) for value in rule.values()]
        count = prod(len(axis) for axis in axes)
        if count > PARTS_MAX:
            raise ValueError(f"the rule makes {count} parts; at most {PARTS_MAX}")
        names = [join.join(each) for each in product(*axes)]
    else:
        names = _expand_names(rule_or_names)
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise ValueError(f"a part is named twice: {', '.join(twice[:3])}")
    if MARKER in names:
        raise ValueError(f"{MARKER!r} is the name of the file of a day without trades")
    return tuple(names)


def _expand_names(value: Any) -> list[str]:
    if isinstance(value, str):
        return _expand_range(value) or [value]
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise ValueError(
            'parts are texts: a list of names, a range such as "00-23", or keys with such;'
            " put digits in quotes"
        )
    return list(value)


def _expand_range(text: str) -> list[str] | None:
    """The numbers of a range, as wide as its ends; None where the text is none."""
    hit = _RANGE.fullmatch(text)
    if hit is None:
        return None
    first, last = hit[1], hit[2]
    if len(first) != len(last) or first > last:
        raise ValueError(f"{text!r}: both ends of a range are equally wide, the lower one first")
    if int(last) - int(first) >= PARTS_MAX:
        raise ValueError(f"{text!r} makes more than {PARTS_MAX} parts")
    return [f"{number:0{len(first)}d}" for number in range(int(first), int(last) + 1)]


Parts = Annotated[tuple[str, ...], BeforeValidator(part_names)]


def find_missing_parts(parts: Sequence[str], in_force: Collection[str]) -> tuple[str, ...]:
    """The parts of a day that are not in force; none where a marker says that there are no trades.

    `parts` are those of the profile; without any the day comes in one.
    """
    if MARKER in in_force:
        return ()
    return tuple(part for part in parts or (WHOLE_DAY,) if part not in in_force)


class SnapshotPart(Strict):
    """A part of our own side of a day, and the channels that it holds; None is every channel."""

    name: str = Field(min_length=1)
    channels: tuple[str, ...] | None = Field(default=None, min_length=1)

    def holds(self, channel: str) -> bool:
        """Whether the part may have transactions of a channel."""
        return self.channels is None or channel in self.channels


def list_snapshot_parts(value: Any) -> Any:
    """The parts of our own side: names or a rule as `part_names` takes them, or a list in which
    some are `{name, channels}`.

    Raises:
        ValueError: as `part_names`, or a part bears the name of a day that comes in one.
    """
    if isinstance(value, list | tuple) and any(isinstance(each, Mapping) for each in value):
        names = [each.get("name") if isinstance(each, Mapping) else each for each in value]
        part_names([name for name in names if name is not None])
        parts = [each if isinstance(each, Mapping) else {"name": each} for each in value]
    else:
        names = list(part_names(value))
        parts = [{"name": name} for name in names]
    if WHOLE_DAY in names:
        raise ValueError(f"{WHOLE_DAY!r} is the name of a snapshot that comes in one; name another")
    return parts


SnapshotParts = Annotated[tuple[SnapshotPart, ...], BeforeValidator(list_snapshot_parts)]
