"""Approves and rejects decisions: the checker's step.

Source: docs/reference/decisions.md.
"""

from collections.abc import Mapping, Sequence

from jobs.decisions.changes import find_changes
from jobs.decisions.outcome_search import Row
from jobs.decisions.steps import (
    STEPS,
    StepResult,
    check_permission,
    find_other_decisions,
    refuse_moved_rows,
    step_columns,
    step_of,
    sum_stakes,
)
from jobs.decisions.store import latest_steps
from jobs.lake.control_rows import RowReader, RowsChange
from jobs.lake.tables import Lake
from schemas.decision_rules import DecisionRules, normalize_actor
from schemas.errors import DecisionRefused
from schemas.tables import DECISIONS
from schemas.vocabulary import DecisionStep, Effect


def judge(
    lake: Lake, rules: DecisionRules, decision_id: str, is_approved: bool, by: str, reason: str
) -> StepResult:
    """Adds the checker's step. An approved decision may be rejected later.

    Rows that changed since the proposal are rejected by the approval, with what changed as comment;
    the others apply. If the same person took this step already, nothing is added.

    Raises:
        DecisionRefused: NOT_FOUND, WRONG_STEP, NOT_PERMITTED, SAME_PERSON, DECIDED, or all rows
            changed (CHANGED).
    """
    result: list[StepResult] = []

    def decide(read: RowReader) -> RowsChange | None:
        steps = read(decision_id=decision_id)
        if not steps:
            raise DecisionRefused("NOT_FOUND", f"{decision_id}: see `tieout decide list`")
        rows = latest_steps(steps)[decision_id]
        if _has_taken_step(rows, steps, is_approved, by):
            result[:] = [StepResult(rows, is_known=True)]
            return None
        if is_approved:
            others = latest_steps(read(channel=rows[0]["channel"]))
            others.pop(decision_id)
            result[:] = [_approve(lake, rules, steps, others, by, reason)]
        else:
            _check_rejection(rules, steps, rows, by)
            step = step_columns(DecisionStep.REJECTED, by, reason)
            result[:] = [StepResult([row | step for row in rows])]
        return RowsChange(result[0].rows)

    lake.change_rows(DECISIONS, decide)
    return result[0]


def _has_taken_step(rows: Sequence[Row], steps: Sequence[Row], is_approved: bool, by: str) -> bool:
    """Whether the latest step of the decision is this one, or a person has checked it already."""
    own_steps = STEPS[1:] if is_approved else (DecisionStep.REJECTED,)
    state = step_of(rows)
    by_person = {r["step"] for r in steps if normalize_actor(r["actor"]) == normalize_actor(by)}
    return state in own_steps and any(step in by_person for step in own_steps)


def _approve(
    lake: Lake,
    rules: DecisionRules,
    steps: Sequence[Row],
    others: Mapping[str, Sequence[Row]],
    by: str,
    reason: str,
) -> StepResult:
    """The rows of an approval: APPROVED (CHECKED by the first of two), and REJECTED if changed."""
    check_permission(rules, "approve", by)
    ((decision_id, rows),) = latest_steps(steps).items()
    _refuse_wrong_step(decision_id, rows, (DecisionStep.PROPOSED, DecisionStep.CHECKED))
    maker = next(row["actor"] for row in steps if row["step"] == DecisionStep.PROPOSED)
    if normalize_actor(by) == normalize_actor(maker):
        raise DecisionRefused(
            "SAME_PERSON", f"{decision_id}: {maker} proposed it; another person must approve it"
        )
    rows = [row for row in rows if row["step"] != DecisionStep.REJECTED]
    refuse_moved_rows(lake, rows)
    for text in find_other_decisions(lake, rows, others).values():
        raise DecisionRefused("DECIDED", text)
    changes = find_changes(lake, rows, Effect(rows[0]["effect"]))
    kept = [row for row in rows if row["unit_id"] not in changes]
    if not kept:
        raise DecisionRefused(
            "CHANGED", f"{decision_id}: {'; '.join(changes.values())}; reject it and propose anew"
        )
    needed = max(kept[0]["checkers"], rules.count_checkers(sum_stakes(kept)))
    is_first_of_two = needed > 1 and step_of(kept) == DecisionStep.PROPOSED
    step = DecisionStep.CHECKED if is_first_of_two else DecisionStep.APPROVED
    return StepResult(
        [
            row | {"checkers": needed} | step_columns(step, by, reason)
            if row["unit_id"] not in changes
            else row
            | step_columns(DecisionStep.REJECTED, by, f"CHANGED: {changes[row['unit_id']]}")
            for row in rows
        ],
        changes,
    )


def _check_rejection(
    rules: DecisionRules, steps: Sequence[Row], rows: Sequence[Row], by: str
) -> None:
    """Who may approve may reject, and a maker may take a proposal of their own back."""
    _refuse_wrong_step(rows[0]["decision_id"], rows, STEPS)
    makers = {normalize_actor(r["actor"]) for r in steps if r["step"] == DecisionStep.PROPOSED}
    if normalize_actor(by) not in makers:
        check_permission(rules, "approve", by)


def _refuse_wrong_step(
    decision_id: str, rows: Sequence[Row], allowed: Sequence[DecisionStep]
) -> None:
    state = step_of(rows)
    if state not in allowed:
        actor = next(row["actor"] for row in rows if row["step"] == state)
        raise DecisionRefused("WRONG_STEP", f"{decision_id} is {state} already, by {actor}")
