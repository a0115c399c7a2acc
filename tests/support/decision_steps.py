"""Takes the steps of decisions in a test: ann proposes, bob approves."""

from jobs.decisions.proposals import propose
from jobs.decisions.review import judge
from jobs.decisions.selection import select_by_ids
from jobs.decisions.standing import list_decisions
from jobs.decisions.steps import StepResult
from jobs.lake.tables import Lake
from schemas.decision_rules import DecisionRules
from schemas.vocabulary import Effect, StatusOf

EVERYBODY = DecisionRules()


def propose_by_ids(
    lake: Lake,
    effect: Effect,
    *ids: str,
    status_of: StatusOf | None = None,
    by: str = "ann",
) -> str:
    """Ann proposes; returns the id of the decision."""
    targets = select_by_ids(lake, effect, ids, [], status_of)
    result = propose(lake, EVERYBODY, effect, targets, by, "seen")
    return str(result.rows[0]["decision_id"])


def approve(lake: Lake, decision_id: str, by: str = "bob") -> StepResult:
    """Bob approves."""
    return judge(lake, EVERYBODY, decision_id, True, by, "")


def reject(lake: Lake, decision_id: str, by: str = "bob") -> StepResult:
    """Bob rejects."""
    return judge(lake, EVERYBODY, decision_id, False, by, "no")


def settle(lake: Lake, effect: Effect, *ids: str, status_of: StatusOf | None = None) -> str:
    """Ann proposes and bob approves; returns the id of the decision."""
    decision_id = propose_by_ids(lake, effect, *ids, status_of=status_of)
    approve(lake, decision_id)
    return decision_id


def states(lake: Lake) -> list[str]:
    """How the decisions stand, in the order of proposals."""
    return [row["state"] for row in list_decisions(lake, [], [])]
