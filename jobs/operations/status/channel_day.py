"""How the day of a channel stands: a value per step. No input or output."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class StepState(StrEnum):
    """How one step of a channel's day stands."""

    DONE = "done"
    #: Done, but what it read has changed since.
    STALE = "stale"
    NOT_RUN = "not run"
    #: The channel does without it: no rate card, no settlement, no statement.
    NOT_NEEDED = "-"


@dataclass(frozen=True)
class Step:
    """A step of a channel's day: how it stands, its counts, and its amounts by currency.

    `result` is the one in `runs`: DONE, or what was missing. `ended_at` is in UTC.
    """

    state: StepState = StepState.NOT_NEEDED
    result: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    amounts: Mapping[str, int] = field(default_factory=dict)
    ended_at: datetime | None = None

    @property
    def is_current(self) -> bool:
        """Whether nothing is left to do for it."""
        return self.state in (StepState.DONE, StepState.NOT_NEEDED)


@dataclass(frozen=True)
class Files:
    """One side of a channel's day.

    `state` is `whole`, `incomplete`, `refused`, `absent`, `zero-trade`, or "-" where none is sent.
    `rows` are lines or transactions in force. `refusals` are the reasons of refused files,
    `refused_ids` their ids, `due_at` is when the last file should be there (UTC; None if the page
    does not say), and `is_late` that this time has passed. `refused_again` are the reasons of
    refused files that should have replaced one in force.
    """

    state: str
    files: int = 0
    rows: int = 0
    rejected: int = 0
    missing: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    refused_ids: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    pattern: str = ""
    due_at: datetime | None = None
    is_late: bool = False
    refused_again: tuple[str, ...] = ()

    @property
    def is_here(self) -> bool:
        """Whether the side is whole."""
        return self.state in ("whole", "zero-trade", "-")


@dataclass(frozen=True)
class ChannelDay:
    """The day of a channel, from its files to its export."""

    channel: str
    business_date: date
    statement: Files
    our_side: Files
    match: Step
    fees: Step
    settlement: Step
    export: Step

    @property
    def is_closed(self) -> bool:
        """Whether both sides are there, and every step has run on what is there.

        A gap between the statements of a bank is a statement that is not there, and a refused file
        that should have replaced one in force says that this one is wrong.
        """
        steps = (self.match, self.fees, self.settlement, self.export)
        return (
            self.statement.is_here
            and not self.statement.gaps
            and not self.statement.refused_again
            and self.our_side.is_here
            and all(step.is_current for step in steps)
        )

    def to_json(self) -> dict[str, Any]:
        """The day for a JSON summary; times as text in UTC, amounts in minor units."""
        body = {"closed": self.is_closed, **asdict(self)}
        for part in body.values():
            if isinstance(part, dict):
                part.update({name: _plain(value) for name, value in part.items()})
        return body | {"business_date": str(self.business_date)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return list(value) if isinstance(value, tuple) else value


def count_by_currency(amounts: Mapping[str, int]) -> dict[str, int]:
    """The amounts of a run under a bare currency code, without those under a longer name."""
    return {code: amount for code, amount in amounts.items() if len(code) == 3}


def latest_by_job(runs: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, date], dict[str, Any]]:
    """The run that ended last, by job, channel and business date."""
    out: dict[tuple[str, str, date], dict[str, Any]] = {}
    for row in sorted(runs, key=lambda row: row["ended_at"]):
        out[row["job"], row["channel"], row["business_date"]] = dict(row)
    return out
