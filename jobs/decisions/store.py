"""Reads the decisions of a lake: the latest step of each, and those that a match applies."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from jobs.lake.tables import Lake
from jobs.matching.steps.manual_decisions import Decision
from schemas.tables import DECISIONS
from schemas.vocabulary import DecisionStep

Row = dict[str, Any]


def latest_steps(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Row]]:
    """The rows of each decision, by its id, each at its latest step; in the order of proposals.

    Columns that older rows do not have are filled in.
    """
    proposals_first = sorted(rows, key=lambda row: row["step"] != DecisionStep.PROPOSED)
    latest: dict[tuple[Any, ...], Row] = {}
    for row in sorted(proposals_first, key=lambda row: row["created_at"]):
        latest[row["decision_id"], row["txn_id"], row["line_id"]] = _complete(row)
    out: dict[str, list[Row]] = {}
    for row in latest.values():
        out.setdefault(row["decision_id"], []).append(row)
    return out


def _complete(row: Mapping[str, Any]) -> Row:
    unit_id = row["unit_id"] or row["txn_id"] or row["line_id"]
    return {**row, "unit_id": unit_id, "checkers": row["checkers"] or 1}


def read_approved(lake: Lake, channel: str) -> dict[date, tuple[Decision, ...]]:
    """A channel's approved decisions, one for each row, by the run date that they are about."""
    out: dict[date, list[Decision]] = {}
    for rows in latest_steps(lake.read_rows(DECISIONS, channel=channel)).values():
        for row in rows:
            if row["step"] == DecisionStep.APPROVED:
                own = {name: row[name] for name in Decision.__dataclass_fields__}
                out.setdefault(row["run_date"], []).append(Decision(**own))
    return {day: tuple(decisions) for day, decisions in out.items()}


def overtaken_state(row: Mapping[str, Any]) -> str:
    """What a later row of a written-off item makes of the decision.

    OVERTAKEN: the item stands in a pair or unit, or a step settled it. STALE: it came in another
    state, and is one-sided again.
    """
    is_pair = bool(row["txn_id"] and row["line_id"])
    is_put_away = row["duplicate_of"] not in (None, row["txn_id"] or row["line_id"])
    is_settled = is_pair or row["matched_by"] is not None or is_put_away
    return "OVERTAKEN" if is_settled else "STALE"
