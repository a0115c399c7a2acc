"""Proposes, approves and rejects decisions: one person proposes, another person approves.

Source: docs/reference/decisions.md.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from jobs.decisions.store import latest_steps
from jobs.lake.control_rows import RowReader, RowsChange
from jobs.lake.point_query import PartitionFilter, column_in
from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf, partition_filter_of
from schemas.errors import DecisionRefused
from schemas.tables import DECISIONS, OUTCOMES, RUNS
from schemas.vocabulary import DECIDED_BY, DecisionStep, Effect, Outcome

Row = dict[str, Any]

#: Effects by their names on the command line.
EFFECTS = {effect.value.lower().replace("_", "-"): effect for effect in Effect}
_OPEN = (Outcome.BREAK.value, Outcome.SUSPENSE.value)


def propose(
    lake: Lake, effect: Effect, ids: Sequence[str], by: str, reason: str, channels: Sequence[str]
) -> Row:
    """Adds a proposal about the latest rows with `ids` (txn_id, line_id); returns its row.

    Raises:
        DecisionRefused: no row has an id, or the effect does not apply to the row.
    """
    rows = [_find_latest_row(lake, own_id, channels) for own_id in ids]
    target = _pair_columns(rows) if effect == Effect.PAIR else _single_row_columns(rows, effect)
    row = {
        "decision_id": f"d-{uuid.uuid4().hex[:8]}",
        "step": DecisionStep.PROPOSED.value,
        "effect": effect.value,
        **target,
        **_step_columns(by, reason),
    }

    def decide(read: RowReader) -> RowsChange:
        for other in latest_steps(read(run_date=target["run_date"])).values():
            _refuse_second_decision(target, other)
        return RowsChange([row])

    lake.change_rows(DECISIONS, decide)
    return row


def _refuse_second_decision(target: Row, other: Row) -> None:
    shared_ids = [
        name for name in ("txn_id", "line_id") if target[name] and target[name] == other[name]
    ]
    if shared_ids and other["step"] != DecisionStep.REJECTED:
        raise DecisionRefused(
            f"{target[shared_ids[0]]}: {other['decision_id']} ({other['step']}) is about it"
            " already; reject that decision first"
        )


def judge(lake: Lake, decision_id: str, step: DecisionStep, by: str, reason: str) -> Row:
    """Adds the checker's step; returns the row. An approved decision may be rejected later.

    If the same person took this step already, nothing is added: the row is the earlier one.

    Raises:
        DecisionRefused: there is no such proposal, its step does not allow this one, or the maker
            approves it.
    """
    row: Row = {}

    def decide(read: RowReader) -> RowsChange | None:
        last = latest_steps(read(decision_id=decision_id)).get(decision_id)
        if last is None:
            raise DecisionRefused(f"{decision_id}: no such decision; see `tieout decide list`")
        if last["step"] == step and normalize_actor(last["actor"]) == normalize_actor(by):
            row.update(last)
            return None
        maker = read(decision_id=decision_id, step="PROPOSED")[0]["actor"]
        approves = step == DecisionStep.APPROVED
        if last["step"] == DecisionStep.REJECTED or (approves and last["step"] == step):
            raise DecisionRefused(f"{decision_id} is {last['step']} already, by {last['actor']}")
        if approves and normalize_actor(by) == normalize_actor(maker):
            raise DecisionRefused(
                f"{decision_id}: {maker} proposed it; another person must approve it"
            )
        row.update(last | {"step": step.value, **_step_columns(by, reason)})
        return RowsChange([row])

    lake.change_rows(DECISIONS, decide)
    return row


def list_decisions(lake: Lake, channels: Sequence[str], days: Sequence[Any]) -> list[Row]:
    """The latest step of every decision, with `proposed_by` and `state`.

    The state is PROPOSED or REJECTED; of an approved decision it is WAITING (for the next match),
    IN FORCE, or STALE.
    """
    rows = [
        row
        for row in latest_steps(lake.read_rows(DECISIONS)).values()
        if (not channels or row["channel"] in channels) and (not days or row["run_date"] in days)
    ]
    proposers = {
        row["decision_id"]: row["actor"]
        for row in lake.read_rows(DECISIONS, step=DecisionStep.PROPOSED.value)
    }
    last_runs: dict[tuple[str, Any], Any] = {}
    for run in lake.read_rows(RUNS, ("channel", "business_date", "started_at"), job="match"):
        run_key = run["channel"], run["business_date"]
        last_runs[run_key] = max(last_runs.get(run_key, run["started_at"]), run["started_at"])
    out = []
    for row in rows:
        state = row["step"]
        if state == DecisionStep.APPROVED:
            run_at = last_runs.get((row["channel"], row["run_date"]))
            is_waiting = run_at is None or run_at < row["created_at"]
            state = "WAITING" if is_waiting else _load_effect_state(lake, row)
        out.append(row | {"state": state, "proposed_by": proposers[row["decision_id"]]})
    return out


def _load_effect_state(lake: Lake, row: Row) -> str:
    by = column_in(matched_by=[f"{DECIDED_BY}{row['decision_id']}"])
    settled = LakeAsOf(lake).query_rows(
        OUTCOMES, partition_filter_of([row], "run_date"), by, rows_max=1
    )
    return "IN FORCE" if settled else "STALE"


def _find_latest_row(lake: Lake, own_id: str, channels: Sequence[str]) -> Row:
    """The outcome of the latest run with an id.

    Raises:
        DecisionRefused: no outcome has it.
    """
    of = PartitionFilter(frozenset(channels) or None)
    rows = LakeAsOf(lake).query_rows(OUTCOMES, of, column_in(txn_id=[own_id], line_id=[own_id]))
    if not rows:
        raise DecisionRefused(
            f"{own_id}: no outcome has this txn_id or line_id; `tieout explain {own_id}` finds"
            " rows by any reference"
        )
    return max(rows, key=lambda row: row["run_date"])


def _pair_columns(rows: Sequence[Row]) -> Row:
    """Columns of a PAIR decision: one open transaction, one open line, of one channel and kind."""
    if len(rows) != 2:
        raise DecisionRefused("pair takes two ids: a txn_id and a line_id")
    transactions = [row for row in rows if row["txn_id"] and not row["line_id"]]
    lines = [row for row in rows if row["line_id"] and not row["txn_id"]]
    if len(transactions) != 1 or len(lines) != 1:
        raise DecisionRefused("pair takes an unpaired transaction and an unpaired line")
    for row in rows:
        if row["outcome"] not in _OPEN or _is_grouped(row):
            raise DecisionRefused(f"{row['unit_id']} is {row['outcome']}, not open")
    for name in ("channel", "kind"):
        internal, statement = transactions[0][name], lines[0][name]
        if internal != statement:
            raise DecisionRefused(
                f"the {name} differs: {internal} and {statement}; a pair has one {name}"
            )
    run_date = max(row["run_date"] for row in rows)
    return _decision_columns(transactions[0] | {"run_date": run_date}, lines[0], "")


def _single_row_columns(rows: Sequence[Row], effect: Effect) -> Row:
    """Columns of a decision with any other effect: it is about one row."""
    row = rows[0] if rows else {}
    if not row or any(other != row for other in rows):
        raise DecisionRefused(
            f"{_effect_name(effect)} takes the id of one row, or both ids of its pair"
        )
    is_pair = bool(row["txn_id"] and row["line_id"])
    row_text = f"{row['unit_id']} is {row['outcome']} [{', '.join(row['reasons'])}]"
    allowed = {
        Effect.ACCEPT: (is_pair and row["outcome"] == Outcome.BREAK, "a pair in BREAK"),
        Effect.NOT_OURS: (
            not is_pair and row["outcome"] in _OPEN,
            "an open item without a partner",
        ),
        Effect.WRITE_OFF: (row["outcome"] == Outcome.BREAK, "a pair or an item in BREAK"),
    }
    is_allowed, target_text = allowed[effect]
    if not is_allowed or _is_grouped(row):
        raise DecisionRefused(
            f"{row_text}; {_effect_name(effect)} is for {target_text}, not in a group"
        )
    return _decision_columns(row, row, "+".join(row["reasons"]))


def _decision_columns(transaction: Row, line: Row, reasons: str) -> Row:
    return {
        "channel": transaction["channel"],
        "run_date": transaction["run_date"],
        "txn_id": transaction["txn_id"],
        "line_id": line["line_id"],
        "txn_snapshot": item_snapshot_of_row(transaction, "internal", "internal_currency")
        if transaction["txn_id"]
        else None,
        "line_snapshot": item_snapshot_of_row(line, "statement", "currency")
        if line["line_id"]
        else None,
        "reasons": reasons,
    }


def item_snapshot_of_row(row: Row, side: str, currency: str) -> str:
    """Status, amount and currency of one side; equal to `manual_decisions.item_snapshot`."""
    return f"{row[f'{side}_status']}|{row[f'{side}_amount']}|{row[currency]}"


def _is_grouped(row: Row) -> bool:
    return row["unit_id"] not in (row["txn_id"], row["line_id"])


def _step_columns(by: str, reason: str) -> Row:
    return {"actor": by, "comment": reason, "created_at": datetime.now(UTC)}


def normalize_actor(name: str) -> str:
    """A person's name as maker and checker are compared: without case and outer blanks."""
    return name.strip().casefold()


def _effect_name(effect: Effect) -> str:
    return effect.value.lower().replace("_", "-")
