"""The summary of one run date of a channel, as the command reports it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schemas.vocabulary import RunResult

#: In `runs`: the count of pairs within tolerance, and with a currency the sum of |difference|.
TOLERATED = "within_tolerance"


@dataclass(frozen=True)
class MatchSummary:
    """One run date of a channel: why it ran, its result, rows by outcome, amounts.

    `amounts` are minor units at stake in breaks by currency. `stale_decisions` are the ids of
    approved decisions of which some row settled nothing, `overtaken_decisions` those of write-offs
    whose other side came. `faults` say what was missing, reasons first; of a run that did not take
    place (`NOT_INGESTED`) the first of its channel has them. `warnings` are what people should look
    at though nothing was stopped, `tolerated` the pairs within tolerance by currency: how many, and
    the sum of |difference|.
    """

    channel: str
    business_date: date
    why: str
    result: str
    counts: Mapping[str, int]
    amounts: Mapping[str, int]
    seconds: Mapping[str, float]
    stale_decisions: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    tolerated: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    overtaken_decisions: tuple[str, ...] = ()

    @property
    def is_worth_reporting(self) -> bool:
        """Whether fees and exports of the date are due: it ran, and was asked for or has rows."""
        has_rows = any(self.counts.values())
        return self.result != RunResult.NOT_INGESTED and (self.why == "asked" or has_rows)

    def describe(self) -> dict[str, Any]:
        """The summary as values that JSON can hold, amounts in minor units."""
        return {
            "channel": self.channel,
            "business_date": str(self.business_date),
            "why": self.why,
            "result": self.result,
            "faults": list(self.faults),
            "counts": dict(self.counts),
            "at_stake": dict(self.amounts),
            TOLERATED: {
                code: {"pairs": count, "difference": amount}
                for code, (count, amount) in self.tolerated.items()
            },
            "seconds": dict(self.seconds),
            "stale_decisions": list(self.stale_decisions),
            "overtaken_decisions": list(self.overtaken_decisions),
            "warnings": list(self.warnings),
        }

    def describe_ended_decisions(self) -> Iterator[str]:
        """A sentence for each decision that is not in force any more."""
        for decision_id in self.stale_decisions:
            yield f"decision {decision_id} is stale: what it is about changed"
        for decision_id in self.overtaken_decisions:
            yield f"write-off {decision_id} is overtaken: the other side came"
