"""Decisions proposed and judged: a person settles a row of a run, another one approves it.

Source: docs/reference/decisions.md.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from jobs.decisions.store import latest_steps
from jobs.lake.point_query import PartitionFilter, column_in
from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf, partition_filter_of
from schemas.errors import DecisionRefused
from schemas.tables import DECISIONS, OUTCOMES, RUNS
from schemas.vocabulary import DECIDED_BY, DecisionStep, Effect, Outcome

Row = dict[str, Any]


EFFECTS = {each.value.lower().replace("_", "-"): each for each in Effect}


_OPEN = (Outcome.BREAK.value, Outcome.SUSPENSE.value)


def propose(
    lake: Lake, effect: Effect, ids: Sequence[str], by: str, reason: str, channels: Sequence[str]
) -> Row:
    """Adds a proposal about the latest rows that bear `ids` (txn_id, line_id); returns its row.

    Raises:
        DecisionRefused: no such row, or one that this effect cannot be had on.
    """
    rows = [_latest(lake, each, channels) for each in ids]
    about = _pair_of(rows) if effect == Effect.PAIR else _one_of(rows, effect)
    live = latest_steps(lake.read_rows(DECISIONS, run_date=about["run_date"])).values()
    for other in live:
        same = [x for x in ("txn_id", "line_id") if about[x] and about[x] == other[x]]
        if same and other["step"] != DecisionStep.REJECTED:
            raise DecisionRefused(
                f"{about[same[0]]}: {other['decision_id']} ({other['step']}) is about it already;"
                " reject that one first"
            )
    row = {
        "decision_id": f"d-{uuid.uuid4().hex[:8]}",
        "step": DecisionStep.PROPOSED.value,
        "effect": effect.value,
        **about,
        **_step_by(by, reason),
    }
    lake.append_rows(DECISIONS, [row])
    return row


def judge(lake: Lake, decision_id: str, step: DecisionStep, by: str, reason: str) -> Row:
    """Adds the checker's step; returns the row. An approved decision may be rejected later.

    Raises:
        DecisionRefused: there is no such proposal, or it is the maker's own approval.
    """
    steps = latest_steps(lake.read_rows(DECISIONS))
    last = steps.get(decision_id)
    if last is None:
        raise DecisionRefused(f"{decision_id}: no such decision; see `tieout decide list`")
    maker = next(iter(lake.read_rows(DECISIONS, decision_id=decision_id, step="PROPOSED")))["actor"]
    approves = step == DecisionStep.APPROVED
    if last["step"] == DecisionStep.REJECTED or (approves and last["step"] == step):
        raise DecisionRefused(f"{decision_id}: it is {last['step']} already")
    if approves and _person(by) == _person(maker):
        raise DecisionRefused(f"{decision_id}: {maker} proposed it; another person must approve it")
    row = last | {"step": step.value, **_step_by(by, reason)}
    lake.append_rows(DECISIONS, [row])
    return row


def list_decisions(lake: Lake, channels: Sequence[str], days: Sequence[Any]) -> list[Row]:
    """Every decision as it stands, with `state`: PROPOSED, REJECTED, or of an approved one WAITING
    (for the next match), IN FORCE or STALE.
    """
    rows = [
        row
        for row in latest_steps(lake.read_rows(DECISIONS)).values()
        if (not channels or row["channel"] in channels) and (not days or row["run_date"] in days)
    ]
    made = {
        row["decision_id"]: row["actor"]
        for row in lake.read_rows(DECISIONS, step=DecisionStep.PROPOSED.value)
    }
    matched: dict[tuple[str, Any], Any] = {}
    for run in lake.read_rows(RUNS, job="match"):
        place = run["channel"], run["business_date"]
        matched[place] = max(matched.get(place, run["started_at"]), run["started_at"])
    out = []
    for row in rows:
        state = row["step"]
        if state == DecisionStep.APPROVED:
            ran = matched.get((row["channel"], row["run_date"]))
            state = "WAITING" if ran is None or ran < row["created_at"] else _held(lake, row)
        out.append(row | {"state": state, "proposed_by": made[row["decision_id"]]})
    return out


def _held(lake: Lake, row: Row) -> str:
    by = column_in(matched_by=[f"{DECIDED_BY}{row['decision_id']}"])
    there = LakeAsOf(lake).query_rows(
        OUTCOMES, partition_filter_of([row], "run_date"), by, rows_max=1
    )
    return "IN FORCE" if there else "STALE"


def _latest(lake: Lake, own_id: str, channels: Sequence[str]) -> Row:
    """The row of the latest run that bears an id."""
    of = PartitionFilter(frozenset(channels) or None)
    rows = LakeAsOf(lake).query_rows(OUTCOMES, of, column_in(txn_id=[own_id], line_id=[own_id]))
    if not rows:
        raise DecisionRefused(
            f"{own_id}: no outcome bears it as txn_id or line_id; `tieout explain {own_id}` finds"
            " rows by any reference"
        )
    return max(rows, key=lambda row: row["run_date"])


def _pair_of(rows: Sequence[Row]) -> Row:
    """What PAIR is about: one open transaction and one open line of a channel and kind."""
    if len(rows) != 2:
        raise DecisionRefused("pair takes two ids: a txn_id and a line_id")
    ours = [row for row in rows if row["txn_id"] and not row["line_id"]]
    theirs = [row for row in rows if row["line_id"] and not row["txn_id"]]
    if len(ours) != 1 or len(theirs) != 1:
        raise DecisionRefused("pair takes a transaction and a line that have not met anybody")
    for row in rows:
        if row["outcome"] not in _OPEN or _is_grouped(row):
            raise DecisionRefused(f"{row['unit_id']}: it is {row['outcome']}, not open")
    for name in ("channel", "kind"):
        if ours[0][name] != theirs[0][name]:
            raise DecisionRefused(
                f"{name} {ours[0][name]} against {theirs[0][name]}: no match crosses a {name}"
            )
    run_date = max(row["run_date"] for row in rows)
    return _about(ours[0] | {"run_date": run_date}, theirs[0], "")


def _one_of(rows: Sequence[Row], effect: Effect) -> Row:
    """What any other effect is about: one row."""
    row = rows[0] if rows else {}
    if not row or any(other != row for other in rows):
        raise DecisionRefused(f"{_name(effect)} takes the id of one row, or both ids of its pair")
    pair = bool(row["txn_id"] and row["line_id"])
    what = f"{row['unit_id']}: it is {row['outcome']} [{', '.join(row['reasons'])}]"
    may = {
        Effect.ACCEPT: (pair and row["outcome"] == Outcome.BREAK, "a pair that breaks"),
        Effect.NOT_OURS: (not pair and row["outcome"] in _OPEN, "an item alone that is open"),
        Effect.WRITE_OFF: (row["outcome"] == Outcome.BREAK, "what breaks"),
    }
    holds, wanted = may[effect]
    if not holds or _is_grouped(row):
        raise DecisionRefused(f"{what}; {_name(effect)} is for {wanted}, in no group")
    return _about(row, row, "+".join(row["reasons"]))


def _about(ours: Row, theirs: Row, reasons: str) -> Row:
    return {
        "channel": ours["channel"],
        "run_date": ours["run_date"],
        "txn_id": ours["txn_id"],
        "line_id": theirs["line_id"],
        "txn_snapshot": item_snapshot_of_row(ours, "internal", "internal_currency")
        if ours["txn_id"]
        else None,
        "line_snapshot": item_snapshot_of_row(theirs, "statement", "currency")
        if theirs["line_id"]
        else None,
        "reasons": reasons,
    }


def item_snapshot_of_row(row: Row, side: str, currency: str) -> str:
    """Status, amount and currency of one side; equal to `manual_decisions.item_snapshot`."""
    return f"{row[f'{side}_status']}|{row[f'{side}_amount']}|{row[currency]}"


def _is_grouped(row: Row) -> bool:
    return row["unit_id"] not in (row["txn_id"], row["line_id"])


def _step_by(by: str, reason: str) -> Row:
    return {"actor": by, "comment": reason, "created_at": datetime.now(UTC)}


def _person(name: str) -> str:
    return name.strip().casefold()


def _name(effect: Effect) -> str:
    return effect.value.lower().replace("_", "-")
