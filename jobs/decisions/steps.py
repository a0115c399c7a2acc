"""The steps of decisions: who took them, who may, and which decisions are about the same rows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from jobs.decisions.outcome_search import Row
from jobs.decisions.standing import has_run_since
from jobs.lake.history.place import describe_moved, find_first_date
from jobs.lake.tables import Lake
from schemas.decision_rules import DecisionRules
from schemas.errors import DecisionRefused
from schemas.vocabulary import DecisionStep

#: The steps towards approval, in order.
STEPS = (DecisionStep.PROPOSED, DecisionStep.CHECKED, DecisionStep.APPROVED)


@dataclass(frozen=True)
class StepResult:
    """The rows that a step wrote, or found there already (`is_known`).

    `left_out` says why rows that the step was about are not among them, by their `unit_id`.
    """

    rows: Sequence[Row]
    left_out: Mapping[str, str] = field(default_factory=dict)
    is_known: bool = False


def step_of(rows: Iterable[Row]) -> DecisionStep:
    """The step of a decision: REJECTED if all of its rows are, else that of the others."""
    steps = {DecisionStep(row["step"]) for row in rows}
    return min(steps, key=(*STEPS, DecisionStep.REJECTED).index)


def step_columns(step: DecisionStep, by: str, reason: str) -> Row:
    """The columns that a step sets."""
    return {"step": step.value, "actor": by, "comment": reason, "created_at": datetime.now(UTC)}


def check_permission(rules: DecisionRules, task: Literal["propose", "approve"], by: str) -> None:
    """Checks that a person may do a task.

    Raises:
        DecisionRefused: NOT_PERMITTED.
    """
    if not rules.may(task, by):
        raise DecisionRefused("NOT_PERMITTED", f"{by} may not {task}; see decisions.yaml")


def refuse_moved_rows(lake: Lake, rows: Iterable[Row]) -> None:
    """Refuses a decision about runs whose rows have moved to the history lake: none runs again.

    Raises:
        DecisionRefused: HISTORY.
    """
    first_here = find_first_date(lake.storage)
    if moved := {row["run_date"] for row in rows if row["run_date"] < first_here}:
        raise DecisionRefused("HISTORY", describe_moved(moved).removeprefix("HISTORY: "))


def sum_stakes(rows: Iterable[Row]) -> dict[str, int]:
    """Money that rows are about: minor units by currency."""
    out: Counter[str] = Counter()
    for row in rows:
        if row["currency"] is not None:
            out[row["currency"]] += row["at_stake"] or 0
    return dict(out)


def find_other_decisions(
    lake: Lake, targets: Sequence[Row], others: Mapping[str, Sequence[Row]]
) -> dict[str, str]:
    """Targets that another decision is about, in words by their `unit_id`.

    Another decision counts if it waits for approval, if it is about the same run, or if the match
    has not run with it yet.
    """
    rows_by_id: dict[str, list[Row]] = {}
    for rows in others.values():
        for row in rows:
            for name in ("txn_id", "line_id"):
                if row[name] and row["step"] != DecisionStep.REJECTED:
                    rows_by_id.setdefault(row[name], []).append(row)
    out: dict[str, str] = {}
    for target in targets:
        for own_id in filter(None, (target["txn_id"], target["line_id"])):
            for other in rows_by_id.get(own_id, []):
                if target["unit_id"] not in out and _is_in_force(lake, other, target):
                    out[target["unit_id"]] = (
                        f"{own_id}: {other['decision_id']} ({other['step']}) is about it already;"
                        " reject that decision first"
                    )
    return out


def _is_in_force(lake: Lake, other: Row, target: Row) -> bool:
    is_waiting = other["step"] != DecisionStep.APPROVED
    return is_waiting or other["run_date"] == target["run_date"] or not has_run_since(lake, other)
