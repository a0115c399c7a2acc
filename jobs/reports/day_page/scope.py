"""What a report is about, and the lists of rows that its figures lead to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from jobs.lake.tables import Lake
from schemas.configuration import Configuration
from schemas.errors import ConfigurationError
from schemas.profile.channel import Profile
from schemas.tables import RUNS
from schemas.vocabulary import RunResult

Row = dict[str, Any]
#: (channel, currency).
Owner = tuple[str, str]


@dataclass(frozen=True)
class Scope:
    """The dates of a report, both included, and the configuration of its channels.

    `is_month`: the dates are those of a month, as far as it was matched.
    """

    first: date
    last: date
    config: Configuration
    is_month: bool = False

    @property
    def is_day(self) -> bool:
        """Whether the report is about one date."""
        return not self.is_month

    @property
    def label(self) -> str:
        """The date, or the month as 2026-11."""
        return str(self.first) if self.is_day else f"{self.first:%Y-%m}"

    @property
    def before(self) -> date:
        """The day before the first one: what is new was not there then."""
        return self.first - timedelta(days=1)

    @property
    def days(self) -> list[date]:
        """Every date."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """The channels that have statement files, by name."""
        pages = self.config.profiles
        return {name: page for name, page in sorted(pages.items()) if page.statement == "files"}

    @property
    def only_channel(self) -> str | None:
        """The name of the channel, if there is one."""
        names = [*self.profiles]
        return names[0] if len(names) == 1 else None


def find_scope(dates: Sequence[date], config: Configuration) -> Scope:
    """The scope of the dates of a request.

    Raises:
        ConfigurationError: no channel has statement files.
    """
    scope = Scope(dates[0], dates[-1], config, len(dates) > 1)
    if not scope.profiles:
        raise ConfigurationError(["no channel has statement files; there is nothing to report"])
    return scope


def find_matched_part(lake: Lake, scope: Scope) -> Scope | None:
    """The scope up to the last date of it that a match has run for some channel; None if none has.

    A day stays as it is: channels that were not matched are named on its page.
    """
    columns = ("business_date", "result")
    runs = lake.read_rows(RUNS, columns, job="match", channel=[*scope.profiles])
    dates = [
        run["business_date"]
        for run in runs
        if scope.first <= run["business_date"] <= scope.last and run["result"] != RunResult.FAILED
    ]
    return replace(scope, last=max(dates)) if dates else None


@dataclass
class RowList:
    """Rows behind a figure, largest first: at most so many as a page may show, and how many there
    are in all.
    """

    count: int = 0
    rows: Sequence[Row] = field(default_factory=list)
