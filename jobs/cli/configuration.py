"""Loads the configuration folder and reports all of its faults together, each with its line.

`channels/*.yaml` are channel profiles, `fee_schedules/*.yaml` rate cards, `calendars/*.yaml`
business days. `internal.yaml` (optional) says where our own snapshots are stored, `decisions.yaml`
(optional) who may decide.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from jobs.cli.page_faults import DEPTH_MAX, describe_faults, find_deep_line, find_open_lines
from jobs.cli.settlement_pages import add_other_pages, find_settlement_faults
from schemas.business_calendar import Calendar
from schemas.configuration import Configuration
from schemas.decision_rules import DecisionRules
from schemas.dialect_options import DIALECT_NAMES
from schemas.errors import ConfigurationError
from schemas.fee_schedule import FeeSchedule
from schemas.fees.card_checks import (
    CardFault,
    find_card_faults,
    find_merchant_card_faults,
)
from schemas.profile.channel import Profile, Snapshots

#: Bytes of a page at most.
PAGE_BYTES_MAX = 2**20
M = TypeVar("M", bound=BaseModel)


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
    profiles, is_complete, places = _load_profiles(root, faults)
    calendars = {page.stem: _read_page(page, Calendar, faults)[0]
                 for page in _pages(root / "calendars")}  # fmt: skip
    faults += find_settlement_faults(profiles, is_complete, calendars, places)
    schedules = _load_schedules(root / "fee_schedules", profiles if is_complete else None, faults)
    merchant_schedules = _load_schedules(
        root / "merchant_schedules", None, faults, find_merchant_card_faults
    )
    snapshots = Snapshots()
    if (root / "internal.yaml").exists():
        own, lines = _read_page(root / "internal.yaml", Snapshots, faults)
        snapshots = own or snapshots
        faults += _find_unheld(root / "internal.yaml", lines, snapshots, profiles)
    decision_rules = _load_decision_rules(root, faults)
    for channel in channels:
        if channel not in profiles and is_complete:
            faults.append(
                f"--channel {channel} has no page in {root / 'channels'};"
                f" pages exist for {', '.join(sorted(profiles)) or 'no channel'}"
            )
    if faults:
        raise ConfigurationError(faults)
    known_calendars = {name: page for name, page in calendars.items() if page is not None}
    profiles = add_other_pages(profiles, known_calendars)
    chosen = {name: profiles[name] for name in sorted(channels or profiles)}
    return Configuration(chosen, schedules, snapshots, decision_rules, known_calendars, profiles,
                         merchant_schedules)  # fmt: skip


def load_schedules(folder: str, channels: Collection[str] | None = None) -> dict[str, FeeSchedule]:
    """Loads a folder of rate cards by channel, one page each; `channels` are those that exist.

    Raises:
        ConfigurationError: all faults of all pages, together; or the folder has no page.
    """
    root, faults = Path(folder), list[str]()
    if not root.is_dir() or not _pages(root):
        problem = "has no page NAME.yaml" if root.is_dir() else "is no folder"
        raise ConfigurationError([f"{folder} {problem}; name the folder of the rate cards"])
    schedules = _load_schedules(root, channels, faults)
    if faults:
        raise ConfigurationError(faults)
    return schedules


def _load_schedules(
    folder: Path,
    channels: Collection[str] | None,
    faults: list[str],
    find_faults: Callable[[FeeSchedule], list[CardFault]] = find_card_faults,
) -> dict[str, FeeSchedule]:
    schedules: dict[str, FeeSchedule] = {}
    for page in _pages(folder):
        schedule, lines = _read_page(page, FeeSchedule, faults)
        if schedule is not None:
            if channels is not None and schedule.channel not in channels:
                faults.append(
                    f"{page}:{lines.get('channel', 1)}: channel {schedule.channel} has no"
                    " page in channels/"
                )
            _check_name(page, schedule.channel, lines, schedules, faults)
            faults += [
                f"{page}:{lines[f'entries[{number}]']}: entries[{number}]: {fault}"
                for number, fault in find_faults(schedule)
            ]
            schedules[schedule.channel] = schedule
    return schedules


def _load_decision_rules(root: Path, faults: list[str]) -> DecisionRules:
    """Without the page everybody may decide, so a page of nearly its name is a fault."""
    page = root / "decisions.yaml"
    for other in (*root.glob("decision*.yaml"), *root.glob("decision*.yml")):
        if other != page:
            faults.append(f"{other}:1: nobody reads this page; rename it to {page.name}")
    rules = _read_page(page, DecisionRules, faults)[0] if page.exists() else None
    return rules or DecisionRules()


def _load_profiles(
    root: Path, faults: list[str]
) -> tuple[dict[str, Profile], bool, dict[str, str]]:
    """Profiles by channel, whether every page was readable, and where `settlement` stands in each.

    A page that cannot be read may belong to any channel: no channel is then reported as missing.
    """
    profiles: dict[str, Profile] = {}
    places: dict[str, str] = {}
    is_complete, pages = True, _pages(root / "channels")
    if not pages:
        faults.append(f"{root / 'channels'}: the folder has no page; add one NAME.yaml per channel")
    for page in pages:
        profile, lines = _read_page(page, Profile, faults)
        if profile is None:
            is_complete = False
            continue
        _check_dialect(page, profile, lines, faults)
        _check_name(page, profile.channel, lines, profiles, faults)
        profiles[profile.channel] = profile
        places[profile.channel] = f"{page}:{lines.get('settlement', 1)}"
    return profiles, is_complete, places


def _find_unheld(
    page: Path, lines: Mapping[str, int], snapshots: Snapshots, profiles: Mapping[str, Profile]
) -> list[str]:
    """Channels whose own side never comes, as no part holds them."""
    return [
        f"{page}:{lines.get('parts', 1)}: no part holds channel {name}; name it in the `channels`"
        " of the parts that have its transactions"
        for name, profile in profiles.items()
        if snapshots.parts and profile.statement == "files" and not snapshots.parts_of(name)
    ]


def _check_name(
    page: Path, channel: str, lines: Mapping[str, int], others: Mapping[str, object],
    faults: list[str],
) -> None:  # fmt: skip
    """A page bears the name of its channel: programs find it by its file name, as people do."""
    place = f"{page}:{lines.get('channel', 1)}"
    if channel in others:
        faults.append(f"{place}: another page has channel {channel} already")
    elif page.stem != channel:
        faults.append(
            f"{place}: channel {channel} stands in {page.name}; the file and its channel have one"
            f" name: rename the file to {channel}{page.suffix}, or the channel to {page.stem}"
        )


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
    if page.stat().st_size > PAGE_BYTES_MAX:
        faults.append(f"{page}:1: the page has more than {PAGE_BYTES_MAX} bytes; write it by hand")
        return None, {}
    try:
        text = page.read_text(encoding="utf-8")
        deep_line = find_deep_line(text)
        if deep_line:
            faults.append(f"{page}:{deep_line}: more than {DEPTH_MAX} brackets within each other")
            return None, {}
        open_lines = list(find_open_lines(text))
        faults += [
            f"{page}:{line}: ??? stands for what only you know; write it" for line in open_lines
        ]
        if open_lines:
            return None, {}
        tree = YAML(typ="rt").load(text)
    except RecursionError:
        faults.append(f"{page}:1: its lists or mappings are nested too deeply; write fewer levels")
        return None, {}
    except MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        faults.append(f"{page}:{line}: not valid YAML: {fault.problem}")
        return None, {}
    except UnicodeDecodeError:
        faults.append(f"{page}:1: not in UTF-8")
        return None, {}
    except (YAMLError, ValueError, OverflowError) as fault:  # a date or number that cannot be
        faults.append(f"{page}:1: not valid YAML: {str(fault)[:200]}")
        return None, {}
    if not isinstance(tree, dict):
        faults.append(f"{page}:1: the page must be a mapping of keys to values")
        return None, {}
    lines = {str(key): tree.lc.key(key)[0] + 1 for key in tree}  # type: ignore[attr-defined]
    for key, value in tree.items():
        for number in range(len(value) if isinstance(value, CommentedSeq) else 0):
            lines[f"{key}[{number}]"] = value.lc.item(number)[0] + 1
    try:
        return model.model_validate(tree), lines
    except ValidationError as error:
        faults += [f"{page}:{fault}" for fault in describe_faults(model, tree, error)]
        return None, lines
