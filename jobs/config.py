"""The configuration folder: channels, fee schedules, snapshots; every fault at once, with its line.

`channels/*.yaml` are profiles, `fee_schedules/*.yaml` rate cards, `internal.yaml` says where our
own snapshots lie (and may be left out).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from jobs.statements import DIALECTS
from schemas.errors import ConfigurationError
from schemas.fee_schedule import FeeSchedule
from schemas.profile import Profile, Snapshots

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Configuration:
    """Profiles and fee schedules by channel, and where snapshots lie."""

    profiles: Mapping[str, Profile]
    schedules: Mapping[str, FeeSchedule]
    snapshots: Snapshots


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
    pages = _pages(root / "channels")
    if not pages:
        faults.append(f"{root / 'channels'}: no channel has a page here; add one NAME.yaml each")
    for page in pages:
        profile, lines = _read(page, Profile, faults)
        if profile is None:
            continue
        if profile.statement == "files" and profile.dialect not in DIALECTS:
            faults.append(
                f"{page}:{lines.get('dialect', 1)}: dialect {profile.dialect!r} is none"
                f" of {', '.join(sorted(DIALECTS))}"
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
            if schedule.channel not in profiles:
                faults.append(
                    f"{page}:{lines.get('channel', 1)}: channel {schedule.channel} has no"
                    " page in channels/"
                )
            schedules[schedule.channel] = schedule
    snapshots = Snapshots()
    if (root / "internal.yaml").exists():
        snapshots = _read(root / "internal.yaml", Snapshots, faults)[0] or snapshots
    for channel in channels:
        if channel not in profiles:
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
    if profile and profile.statement == "files" and profile.dialect not in DIALECTS:
        known = ", ".join(sorted(DIALECTS))
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
        for each in error.errors(include_url=False):
            place = [part for part in each["loc"] if _is_place(part)]
            said = each["msg"].removeprefix("Value error, ")
            faults.append(f"{page}:{_line(tree, each['loc'])}: {_path(place)}{said}")
        return None, lines


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
