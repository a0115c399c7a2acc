"""What a run depends on, apart from its rows."""

from dataclasses import dataclass
from datetime import date

from jobs.matching.steps.manual_decisions import Decision
from schemas.vocabulary import Side


@dataclass(frozen=True)
class RunContext:
    """What a run depends on, apart from its rows.

    `item_count` is about how many items there are, `decisions` are the approved ones about this
    date.
    """

    business_date: date
    is_statement_complete: bool
    has_snapshot: bool
    item_count: int
    decisions: tuple[Decision, ...] = ()

    def is_attempt(self, side: Side) -> bool:
        """Whether this run counts as a matching attempt of a side: the other side is there."""
        return self.has_snapshot if side == Side.STATEMENT else self.is_statement_complete
