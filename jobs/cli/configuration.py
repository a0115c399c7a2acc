"""The configuration folder: channels, fee schedules, snapshots; every fault at once, with its line.

`channels/*.yaml` are profiles, `fee_schedules/*.yaml` rate cards, `internal.yaml` says where our
own snapshots lie (and may be left out).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from schemas.configuration import Configuration
from schemas.dialect_options import DIALECT_NAMES
from schemas.errors import ConfigurationError
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile, Snapshots

M = TypeVar("M", bound=BaseModel)
_WORD = re.compile(r"\w+")


def load(folder: str, channels: Sequence[str] = ()) -> Configuration:
    """Reads a configuration folder, and keeps the channels asked for (all if none is named).

    Raises:
        ConfigurationError: any fault in any page, all of them together.
    """
    faults: list[str] = []
    root = Path(folder)
    if not root.is_dir():
        raise ConfigurationError([f"{folder}: there is no such folder; name it with --config"])
    profiles: dict[str, Profile] = {}
    faulty = False  # a page that cannot be read may be that of any channel
    pages = _pages(root / "channels")
    if not pages:
        faults.append(f"{root / 'channels'}: no channel has a page here; add one NAME.yaml each")
    for page in pages:
        profile, lines = _read(page, Profile, faults)
        if profile is None:
            faulty = True
            continue
        if profile.statement == "files" and profile.dialect not in DIALECT_NAMES:
            faults.append(
                f"{page}:{lines.get('dialect', 1)}: dialect {profile.dialect!r} is none"
                f" of {', '.join(sorted(DIALECT_NAMES))}"
            )
        if profile.channel in profiles:
            faults.append(
                f"{page}:{lines.get('channel', 1)}: channel {profile.channel} has another"
                " page already"
            )
        profiles[profile.channel] = profile
    schedules: dict[str, FeeSchedule] = {}
    for page in _pages(root / "fee_schedules"):
        schedule, lines = _read(page, FeeSchedule, faults)
        if schedule is not None:
            if schedule.channel not in profiles and not faulty:
                faults.append(
                    f"{page}:{lines.get('channel', 1)}: channel {schedule.channel} has no"
                    " page in channels/"
                )
            schedules[schedule.channel] = schedule
    snapshots = Snapshots()
    if (root / "internal.yaml").exists():
        snapshots = _read(root / "internal.yaml", Snapshots, faults)[0] or snapshots
    for channel in channels:
        if channel not in profiles and not faulty:
            faults.append(
                f"--channel {channel}: it has no page in {root / 'channels'};"
                f" there are {', '.join(sorted(profiles)) or 'none'}"
            )
    if faults:
        raise ConfigurationError(faults)
    chosen = {name: profiles[name] for name in sorted(channels or profiles)}
    return Configuration(chosen, schedules, snapshots)


def page_of(path: str) -> Profile:
    """One channel's page by itself.

    Raises:
        ConfigurationError: every fault of the page at once, or it is not there.
    """
    page, faults = Path(path), list[str]()
    if not page.is_file():
        raise ConfigurationError([f"{path}: there is no such page"])
    profile, lines = _read(page, Profile, faults)
    if profile and profile.statement == "files" and profile.dialect not in DIALECT_NAMES:
        known = ", ".join(sorted(DIALECT_NAMES))
        at = lines.get("dialect", 1)
        faults.append(f"{page}:{at}: dialect {profile.dialect!r} is none of {known}")
    if faults or profile is None:
        raise ConfigurationError(faults)
    return profile


def _pages(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])


def _read(page: Path, model: type[M], faults: list[str]) -> tuple[M | None, dict[str, int]]:
    try:
        tree = YAML(typ="rt").load(page.read_text(encoding="utf-8"))
    except MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        faults.append(f"{page}:{line}: no YAML: {fault.problem}")
        return None, {}
    except UnicodeDecodeError:
        faults.append(f"{page}:1: not in UTF-8")
        return None, {}
    if not isinstance(tree, dict):
        faults.append(f"{page}:1: a page is keys and values, and this is not")
        return None, {}
    lines = {str(key): tree.lc.key(key)[0] + 1 for key in tree}  # type: ignore[attr-defined]
    try:
        return model.model_validate(tree), lines
    except ValidationError as error:
        told = [(_line(tree, loc), loc, said) for loc, said in _told(model, tree, error)]
        for line, loc, said in sorted(told, key=lambda each: each[0]):
            place = [part for part in loc if _is_place(part)]
            faults.append(f"{page}:{line}: {_path(place)}{said}")
        return None, lines


def _told(
    model: type[BaseModel], tree: Mapping[str, Any], first: ValidationError
) -> list[tuple[tuple[Any, ...], str]]:
    """Every fault of a page: those of single values, and those of values that do not go together.

    The latter are only looked for where the former are gone. So faulty keys are left out and the
    page is read again, until nothing new is said; what is said of a key that was left out is none.
    """
    told: list[tuple[tuple[Any, ...], str]] = []
    page, out, error = deepcopy(dict(tree)), set[str](), first
    while True:
        new = []
        for each in error.errors(include_url=False):
            loc, said = each["loc"], each["msg"].removeprefix("Value error, ")
            caused = each["type"] == "missing" and str(loc[-1]) in out
            if (loc, said) not in told and not caused and not out & set(_WORD.findall(said)):
                new.append((loc, said))
        told += new
        # Those of a whole item of a list come last: with it go the faults of the others.
        keys = [loc for loc, _ in new if loc and isinstance(loc[-1], str)]
        left = {_leave_out(page, loc) for loc in keys or [loc for loc, _ in told]} - {None}
        if not left:
            return told
        out |= {name for name in left if name}
        try:
            model.model_validate(page)
            return told
        except ValidationError as again:
            error = again


def _leave_out(page: Any, loc: Sequence[Any]) -> str | None:
    """Takes the innermost key on the way to a fault out of a page, and names it."""
    owner, key, node = None, None, page
    for part in loc:
        if isinstance(node, dict) and part in node:
            owner, key = node, part
        try:
            node = node[part]
        except (KeyError, TypeError, IndexError):
            continue
    if owner is None:
        return None
    del owner[key]
    return str(key)


def _is_place(part: Any) -> bool:
    return isinstance(part, int) or (isinstance(part, str) and "[" not in part and "(" not in part)


def _path(place: Iterable[Any]) -> str:
    out = ""
    for part in place:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else str(part)
    return f"{out}: " if out else ""


def _line(tree: Any, loc: Sequence[Any]) -> int:
    """The line (from 1) of the innermost node on the way to a fault that stands in the page."""
    line, node = tree.lc.line, tree
    for part in loc:
        try:
            place = node.lc.item(part) if isinstance(part, int) else node.lc.key(part)
            line, node = place[0], node[part]
        except (KeyError, TypeError, AttributeError, IndexError):
            continue
    return int(line) + 1
