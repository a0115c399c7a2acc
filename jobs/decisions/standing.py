"""How decisions stand: what waits for approval or for the match, what is in force, what is not.

Source: docs/reference/decisions.md, "How a decision stands".
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from jobs.decisions.outcome_search import Row, find_rows_since, is_resend
from jobs.decisions.store import latest_steps, overtaken_state
from jobs.lake.point_query import PartitionFilter, column_in
from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf
from schemas.tables import DECISIONS, OUTCOMES, RUNS
from schemas.vocabulary import DECIDED_BY, DecisionStep, Effect

#: States of a decision's rows, the first that some row has is the decision's.
STATES = (
    "PROPOSED", "CHECKED", "WAITING", "STALE", "OVERTAKEN", "IN FORCE", "REJECTED",
)  # fmt: skip


def has_run_since(lake: Lake, row: Row) -> bool:
    """Whether the match of a row's run began after the row's step."""
    where = {"job": "match", "channel": row["channel"], "business_date": row["run_date"]}
    runs = lake.read_rows(RUNS, ("started_at",), **where)
    return any(run["started_at"] >= row["created_at"] for run in runs)


def list_decisions(lake: Lake, channels: Sequence[str], days: Sequence[date]) -> list[Row]:
    """One row per decision of some channels and run dates (empty: all), oldest first.

    The columns are those of the decision's first row, and `state` (one of `STATES`),
    `proposed_by`, `proposed_at`, `checked_by` (a list), and `items`: its rows with a `state` each.
    """
    steps = lake.read_rows(DECISIONS)
    by_decision = {
        decision_id: rows
        for decision_id, rows in latest_steps(steps).items()
        if (not channels or rows[0]["channel"] in channels)
        and (not days or any(row["run_date"] in days for row in rows))
    }
    states = _find_states(lake, [row for rows in by_decision.values() for row in rows])
    makers = {r["decision_id"]: r for r in steps if r["step"] == DecisionStep.PROPOSED}
    checkers: dict[str, list[str]] = {}
    for row in sorted(steps, key=lambda row: row["created_at"]):
        if row["step"] in (DecisionStep.CHECKED, DecisionStep.APPROVED):
            names = checkers.setdefault(row["decision_id"], [])
            names += [row["actor"]] if row["actor"] not in names else []
    out = []
    for decision_id, rows in by_decision.items():
        items = [row | {"state": states[_key(row)]} for row in rows]
        state = min((row["state"] for row in items), key=STATES.index)
        latest = max(items, key=lambda row: row["step"] != DecisionStep.REJECTED)
        maker = makers[decision_id]
        people = {"proposed_by": maker["actor"], "proposed_at": maker["created_at"]}
        people["checked_by"] = checkers.get(decision_id, [])
        out.append({**latest, **people, "state": state, "items": items})
    return out


def _key(row: Row) -> tuple[Any, ...]:
    return row["decision_id"], row["txn_id"], row["line_id"]


def _find_states(lake: Lake, rows: Sequence[Row]) -> dict[tuple[Any, ...], str]:
    """The state of each row of decisions."""
    approved = [row for row in rows if row["step"] == DecisionStep.APPROVED]
    last_runs = _find_last_runs(lake) if approved else {}
    done = [row for row in approved if not _is_waiting(row, last_runs)]
    in_force = _find_applied_units(lake, done)
    overtaken = _find_overtaken(lake, [row for row in done if _unit_key(row) in in_force])
    out: dict[tuple[Any, ...], str] = {}
    for row in rows:
        state = row["step"]
        if state == DecisionStep.APPROVED:
            if _is_waiting(row, last_runs):
                state = "WAITING"
            elif _unit_key(row) not in in_force:
                state = "STALE"
            else:
                state = overtaken.get(_key(row), "IN FORCE")
        out[_key(row)] = state
    return out


def _unit_key(row: Row) -> tuple[str, str]:
    return f"{DECIDED_BY}{row['decision_id']}", row["unit_id"]


def _find_last_runs(lake: Lake) -> dict[tuple[str, date], datetime]:
    out: dict[tuple[str, date], datetime] = {}
    for run in lake.read_rows(RUNS, ("channel", "business_date", "started_at"), job="match"):
        key = run["channel"], run["business_date"]
        out[key] = max(out.get(key, run["started_at"]), run["started_at"])
    return out


def _is_waiting(row: Row, last_runs: Mapping[tuple[str, date], datetime]) -> bool:
    run_at = last_runs.get((row["channel"], row["run_date"]))
    return run_at is None or run_at < row["created_at"]


def _find_applied_units(lake: Lake, rows: Sequence[Row]) -> set[tuple[str, str]]:
    """`matched_by` and `unit_id` of the outcomes that decisions settled."""
    if not rows:
        return set()
    of = PartitionFilter(
        frozenset(row["channel"] for row in rows), frozenset(row["run_date"] for row in rows)
    )
    by = column_in(matched_by={_unit_key(row)[0] for row in rows})
    settled = LakeAsOf(lake).query_rows(OUTCOMES, of, by, ("matched_by", "unit_id"))
    return {(row["matched_by"], row["unit_id"]) for row in settled}


def _find_overtaken(lake: Lake, rows: Sequence[Row]) -> dict[tuple[Any, ...], str]:
    """OVERTAKEN or STALE for written-off items that a later run settled or saw in another state."""
    out: dict[tuple[Any, ...], str] = {}
    by_channel: dict[str, list[Row]] = {}
    for row in rows:
        if row["effect"] == Effect.WRITE_OFF and not (row["txn_id"] and row["line_id"]):
            by_channel.setdefault(row["channel"], []).append(row)
    for channel, written_off in by_channel.items():
        since = min(row["run_date"] for row in written_off)
        ids = {row["txn_id"] or row["line_id"]: row for row in written_off}
        names = ("txn_id", "line_id")
        later_rows = find_rows_since(lake, channel, since, ids.keys(), names)
        for later in sorted(later_rows, key=lambda row: row["run_date"]):
            for own_id in filter(None, (later["txn_id"], later["line_id"])):
                is_of_item = own_id in ids and later["run_date"] > ids[own_id]["run_date"]
                if is_of_item and not is_resend(later):
                    out.setdefault(_key(ids[own_id]), overtaken_state(later))
    return out
