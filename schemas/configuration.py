"""The content of a configuration folder: profiles, fee schedules, calendars, where snapshots lie,
and who may decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.business_calendar import Calendar
from schemas.decision_rules import DecisionRules
from schemas.fee_schedule import FeeSchedule
from schemas.profile.channel import Profile, Snapshots


@dataclass(frozen=True)
class Configuration:
    """Profiles and fee schedules by channel, where snapshots lie, who may decide, and calendars by
    name.

    `profiles` are those of the channels that the command was called for, `all_profiles` those of
    all channels: a bank line is given to a channel by the rules of all. `merchant_schedules` are
    our own rate cards by merchant.
    """

    profiles: Mapping[str, Profile]
    schedules: Mapping[str, FeeSchedule]
    snapshots: Snapshots
    decision_rules: DecisionRules = field(default_factory=DecisionRules)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    all_profiles: Mapping[str, Profile] = field(default_factory=dict)
    merchant_schedules: Mapping[str, FeeSchedule] = field(default_factory=dict)
