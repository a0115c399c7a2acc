"""Who looks after the breaks of a channel, and until when. Source: docs/reference/breaks.md."""

from typing import Self

from pydantic import Field, model_validator

from schemas.profile.match_rules import DAYS_MAX, Limits
from schemas.strict import Strict
from schemas.vocabulary import Kind, Reason


class BreakRule(Strict):
    """Gives a break that fits an owner, a due date (so many days after it opened), or both.

    All that is given must fit: one of the kinds, one of the reasons, at least so much at stake, in
    minor units by currency, and an age of more than so many days.
    """

    kind: tuple[Kind, ...] = ()
    reason: tuple[Reason, ...] = ()
    at_stake: Limits = {}
    older_than: int | None = Field(default=None, ge=0, le=DAYS_MAX)
    owner: str = Field(default="", max_length=100)
    due_days: int | None = Field(default=None, ge=0, le=DAYS_MAX)

    @model_validator(mode="after")
    def _check_result(self) -> Self:
        if not self.owner.strip() and self.due_days is None:
            raise ValueError("the rule gives nothing; add owner, due_days, or both")
        return self


class Breaks(Strict):
    """The rules for breaks: owner and date are each of the first rule that fits and has one."""

    rules: tuple[BreakRule, ...] = ()
