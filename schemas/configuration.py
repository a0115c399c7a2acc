"""The content of a configuration folder: profiles, fee schedules, the snapshots' pattern, and who
may decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.decision_rules import DecisionRules
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile, Snapshots


@dataclass(frozen=True)
class Configuration:
    """Profiles and fee schedules by channel, where snapshots lie, and who may decide."""

    profiles: Mapping[str, Profile]
    schedules: Mapping[str, FeeSchedule]
    snapshots: Snapshots
    decision_rules: DecisionRules = field(default_factory=DecisionRules)
