"""Proposes decisions: the maker's step.

Source: docs/reference/decisions.md.
"""

import uuid
from collections.abc import Sequence

from jobs.decisions.changes import find_changes
from jobs.decisions.outcome_search import Row
from jobs.decisions.steps import (
    StepResult,
    check_permission,
    find_other_decisions,
    refuse_moved_rows,
    step_columns,
    sum_stakes,
)
from jobs.decisions.store import latest_steps
from jobs.lake.control_rows import RowReader, RowsChange
from jobs.lake.tables import Lake
from schemas.decision_rules import DecisionRules
from schemas.errors import DecisionRefused
from schemas.tables import DECISIONS
from schemas.vocabulary import DECIDED_BY, DecisionStep, Effect

#: Rows that one decision may be about: more is worth a rule in the profile.
ROWS_MAX = 1000


def propose(
    lake: Lake,
    rules: DecisionRules,
    effect: Effect,
    targets: Sequence[Row],
    by: str,
    reason: str,
    is_list: bool = False,
) -> StepResult:
    """Adds a proposal about some targets of one channel.

    Targets that changed, or that another decision is about, are refused; of a list (`is_list`) they
    are left out.

    Raises:
        DecisionRefused: NOT_PERMITTED, HISTORY, TOO_MANY, CHANGED, DECIDED, or of a list nothing
            is left (NOTHING_LEFT).
    """
    check_permission(rules, "propose", by)
    refuse_moved_rows(lake, targets)
    if len(targets) > ROWS_MAX:
        raise DecisionRefused(
            "TOO_MANY", f"{len(targets)} rows; a decision is about {ROWS_MAX} at most"
        )
    decision_id = f"d-{uuid.uuid4().hex[:8]}"
    own_unit = f"{DECIDED_BY}{decision_id}"
    targets = [target | {"unit_id": target["unit_id"] or own_unit} for target in targets]
    changes = find_changes(lake, targets, effect)
    result: list[StepResult] = []

    def decide(read: RowReader) -> RowsChange:
        decided = find_other_decisions(
            lake, targets, latest_steps(read(channel=targets[0]["channel"]))
        )
        left_out = {**decided, **changes}
        if left_out and not is_list:
            code = "CHANGED" if changes else "DECIDED"
            raise DecisionRefused(code, "; ".join((changes or decided).values()))
        kept = [target for target in targets if target["unit_id"] not in left_out]
        if not kept:
            raise DecisionRefused("NOTHING_LEFT", "; ".join(left_out.values()))
        own = {
            "decision_id": decision_id,
            "effect": effect.value,
            "checkers": rules.count_checkers(sum_stakes(kept)),
            **step_columns(DecisionStep.PROPOSED, by, reason),
        }
        result[:] = [StepResult([{"status_of": None, **row, **own} for row in kept], left_out)]
        return RowsChange(result[0].rows)

    lake.change_rows(DECISIONS, decide)
    return result[0]
