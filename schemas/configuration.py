"""The content of a configuration folder: profiles, fee schedules, and the snapshots' pattern."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile, Snapshots


@dataclass(frozen=True)
class Configuration:
    """Profiles and fee schedules by channel, and where snapshots lie."""

    profiles: Mapping[str, Profile]
    schedules: Mapping[str, FeeSchedule]
    snapshots: Snapshots
