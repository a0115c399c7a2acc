"""Loads the configuration folder and reports all of its faults together, each with its line.

`channels/*.yaml` are channel profiles, `fee_schedules/*.yaml` are rate cards. `internal.yaml`
(optional) says where our own snapshots are stored.
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


def load_configuration(folder: str, channels: Sequence[str] = ()) -> Configuration:
    """Loads a configuration folder; keeps the named channels, or all of them if none is named.

    Raises:
        ConfigurationError: all faults of all pages, together.
    """
    faults: list[str] = []
    root = Path(folder)
    if not root.is_dir():
        problem = "it is a file, not a folder" if root.exists() else "this folder does not exist"
        raise ConfigurationError([f"--config {folder}: {problem}; name the folder of channels/"])
    profiles, is_complete = _load_profiles(root, faults)
    schedules: dict[str, FeeSchedule] = {}
    for page in _pages(root / "fee_schedules"):
        schedule, lines = _read_page(page, FeeSchedule, faults)
        if schedule is not None:
            if schedule.channel not in profiles and is_complete:
                faults.append(
                    f"{page}:{lines.get('channel', 1)}: channel {schedule.channel} has no"
                    " page in channels/"
                )
            schedules[schedule.channel] = schedule
    snapshots = Snapshots()
    if (root / "internal.yaml").exists():
        snapshots = _read_page(root / "internal.yaml", Snapshots, faults)[0] or snapshots
    for channel in channels:
        if channel not in profiles and is_complete:
            faults.append(
                f"--channel {channel} has no page in {root / 'channels'};"
                f" pages exist for {', '.join(sorted(profiles)) or 'no channel'}"
            )
    if faults:
        raise ConfigurationError(faults)
    chosen = {name: profiles[name] for name in sorted(channels or profiles)}
    return Configuration(chosen, schedules, snapshots)


def _load_profiles(root: Path, faults: list[str]) -> tuple[dict[str, Profile], bool]:
    """Profiles by channel, and whether every page was readable.

    A page that cannot be read may belong to any channel: no channel is then reported as missing.
    """
    profiles: dict[str, Profile] = {}
    is_complete, pages = True, _pages(root / "channels")
    if not pages:
        faults.append(f"{root / 'channels'}: the folder has no page; add one NAME.yaml per channel")
    for page in pages:
        profile, lines = _read_page(page, Profile, faults)
        if profile is None:
            is_complete = False
            continue
        _check_dialect(page, profile, lines, faults)
        if profile.channel in profiles:
            faults.append(
                f"{page}:{lines.get('channel', 1)}: another page has channel {profile.channel}"
                " already"
            )
        profiles[profile.channel] = profile
    return profiles, is_complete


def _check_dialect(
    page: Path, profile: Profile, lines: Mapping[str, int], faults: list[str]
) -> None:
    if profile.statement == "files" and profile.dialect not in DIALECT_NAMES:
        known = ", ".join(sorted(DIALECT_NAMES))
        line = lines.get("dialect", 1)
        faults.append(f"{page}:{line}: dialect {profile.dialect!r} is not one of {known}")


def load_channel_page(path: str) -> Profile:
    """Loads one channel's page without the rest of a configuration.

    Raises:
        ConfigurationError: all faults of the page together, or the page does not exist.
    """
    page, faults = Path(path), list[str]()
    if not page.is_file():
        raise ConfigurationError([f"{path}: this page does not exist"])
    profile, lines = _read_page(page, Profile, faults)
    if profile:
        _check_dialect(page, profile, lines, faults)
    if faults or profile is None:
        raise ConfigurationError(faults)
    return profile


def _pages(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])


def _read_page(page: Path, model: type[M], faults: list[str]) -> tuple[M | None, dict[str, int]]:
    try:
        tree = YAML(typ="rt").load(page.read_text(encoding="utf-8"))
    except MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        faults.append(f"{page}:{line}: not valid YAML: {fault.problem}")
        return None, {}
    except UnicodeDecodeError:
        faults.append(f"{page}:1: not in UTF-8")
        return None, {}
    if not isinstance(tree, dict):
        faults.append(f"{page}:1: the page must be a mapping of keys to values")
        return None, {}
    lines = {str(key): tree.lc.key(key)[0] + 1 for key in tree}  # type: ignore[attr-defined]
    try:
        return model.model_validate(tree), lines
    except ValidationError as error:
        located = [
            (_line_of(tree, loc), loc, message)
            for loc, message in _collect_faults(model, tree, error)
        ]
        for line, loc, message in sorted(located, key=lambda fault: fault[0]):
            keys = [part for part in loc if _is_page_key(part)]
            faults.append(f"{page}:{line}: {_format_path(keys)}{message}")
        return None, lines


def _collect_faults(
    model: type[BaseModel], tree: Mapping[str, Any], first: ValidationError
) -> list[tuple[tuple[Any, ...], str]]:
    """All faults of a page: those of single values, and those of values that conflict.

    Pydantic looks for conflicts only where every value by itself is right. So this function removes
    the faulty keys and validates the page again, until no new fault appears. A fault that mentions
    a removed key is not real and is not reported.
    """
    collected: list[tuple[tuple[Any, ...], str]] = []
    page, removed, error = deepcopy(dict(tree)), set[str](), first
    while True:
        new = []
        for fault in error.errors(include_url=False):
            loc, message = fault["loc"], fault["msg"].removeprefix("Value error, ")
            is_caused = fault["type"] == "missing" and str(loc[-1]) in removed
            is_caused = is_caused or bool(removed & set(_WORD.findall(message)))
            if (loc, message) not in collected and not is_caused:
                new.append((loc, message))
        collected += new
        # A whole list item goes last: with it go the faults of the other items.
        keys = [loc for loc, _ in new if loc and isinstance(loc[-1], str)]
        paths = keys or [loc for loc, _ in collected]
        names = {_remove_key(page, loc) for loc in paths} - {None}
        if not names:
            return collected
        removed |= {name for name in names if name}
        try:
            model.model_validate(page)
            return collected
        except ValidationError as next_error:
            error = next_error


def _remove_key(page: Any, loc: Sequence[Any]) -> str | None:
    """Removes the innermost existing key of a fault's path from the page; returns its name."""
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


def _is_page_key(part: Any) -> bool:
    return isinstance(part, int) or (isinstance(part, str) and "[" not in part and "(" not in part)


def _format_path(keys: Iterable[Any]) -> str:
    out = ""
    for part in keys:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else str(part)
    return f"{out}: " if out else ""


def _line_of(tree: Any, loc: Sequence[Any]) -> int:
    """The line (from 1) of the innermost existing node of a fault's path."""
    line, node = tree.lc.line, tree
    for part in loc:
        try:
            place = node.lc.item(part) if isinstance(part, int) else node.lc.key(part)
            line, node = place[0], node[part]
        except (KeyError, TypeError, AttributeError, IndexError):
            continue
    return int(line) + 1
