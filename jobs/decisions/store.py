"""Reads the decisions of a lake: the latest step of each, and those that a match applies."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from jobs.lake.tables import Lake
from jobs.matching.steps.manual_decisions import Decision
from schemas.tables import DECISIONS
from schemas.vocabulary import DecisionStep


def latest_steps(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The latest step of each decision, by its id, in the order of proposals."""
    out: dict[str, dict[str, Any]] = {}
    proposals_first = sorted(rows, key=lambda row: row["step"] != DecisionStep.PROPOSED)
    for row in sorted(proposals_first, key=lambda row: row["created_at"]):
        out[row["decision_id"]] = dict(row)
    return out


def read_approved(lake: Lake, channel: str) -> dict[date, tuple[Decision, ...]]:
    """A channel's approved decisions by the run date that they are about."""
    out: dict[date, list[Decision]] = {}
    for row in latest_steps(lake.read_rows(DECISIONS, channel=channel)).values():
        if row["step"] == DecisionStep.APPROVED:
            own = {name: row[name] for name in Decision.__dataclass_fields__}
            out.setdefault(row["run_date"], []).append(Decision(**own))
    return {day: tuple(decisions) for day, decisions in out.items()}
