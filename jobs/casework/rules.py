"""Who looks after a break and until when, by the rules of the profile."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from schemas.profile.breaks import BreakRule

Row = dict[str, Any]


def apply_rules(
    known: Row, rules: Sequence[BreakRule], newest: date
) -> tuple[str | None, date | None]:
    """The owner and the due date of a break, None where no rule gives one.

    An open break is as old as on `newest`, the newest run date.
    """
    opened_on: date = known["opened_on"]
    age = ((known["closed_on"] or newest) - opened_on).days
    fitting = list(_find_fitting(known, rules, age))
    owner = next((rule.owner.strip() for rule in fitting if rule.owner.strip()), None)
    days = next((rule.due_days for rule in fitting if rule.due_days is not None), None)
    return owner, None if days is None else opened_on + timedelta(days)


def _find_fitting(known: Row, rules: Sequence[BreakRule], age: int) -> Iterator[BreakRule]:
    for rule in rules:
        enough = rule.at_stake.get(known["currency"])
        if (
            (not rule.kind or known["kind"] in rule.kind)
            and (not rule.reason or any(code in rule.reason for code in known["reasons"]))
            and (not rule.at_stake or (enough is not None and known["at_stake"] >= enough))
            and (rule.older_than is None or age > rule.older_than)
        ):
            yield rule
