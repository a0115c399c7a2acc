"""Whether what a decision is about changed, in later runs or in files that no run has read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jobs.decisions.outcome_search import Row, find_rows_since, is_grouped, is_resend
from jobs.decisions.targets import describe_row, item_snapshot_of_row
from jobs.lake.point_query import PartitionFilter, column_in
from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf
from jobs.matching.steps.manual_decisions import drop_late
from jobs.reports.money_text import Money
from schemas.currencies import exponent
from schemas.tables import INTERNAL_TRANSACTIONS, STATEMENT_FILES
from schemas.vocabulary import Effect, FileStatus, Outcome, Reason

#: Reasons of a line that says a later state of the line that it names.
_LATER_STATES = frozenset({Reason.ALREADY_RECONCILED, Reason.STATUS_MISMATCH})
_OPEN = (Outcome.BREAK.value, Outcome.SUSPENSE.value)
_ID_COLUMNS = ("txn_id", "line_id", "duplicate_of")


def find_changes(lake: Lake, targets: Sequence[Row], effect: Effect) -> dict[str, str]:
    """What changed, in words, by the `unit_id` of targets of one channel; without those unchanged.

    A unit has changed if its rows are not what they were, if a later run settled one of its items
    or saw another state of it, or if the match has not seen its newest files yet.
    """
    ids = {row[name] for row in targets for name in ("txn_id", "line_id") if row[name]}
    channel, since = targets[0]["channel"], min(row["run_date"] for row in targets)
    rows = find_rows_since(lake, channel, since, ids, _ID_COLUMNS)
    rows += find_rows_since(lake, channel, since, {t["unit_id"] for t in targets}, ("unit_id",))
    by_id: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["run_date"]):
        for own_id in {row[name] for name in (*_ID_COLUMNS, "unit_id") if row[name]}:
            by_id[own_id].append(row)
    inputs = _find_input_changes(lake, targets)
    out: dict[str, str] = {}
    for target in targets:
        changes = [
            _find_row_change(target, by_id) if effect != Effect.PAIR else None,
            *(_find_item_change(target, side, by_id, effect) for side in ("txn", "line")),
            *(inputs.get(target[name] or "") for name in ("txn_id", "line_id")),
        ]
        first = next(filter(None, changes), None)
        if first:
            out.setdefault(target["unit_id"], first)
    return out


def _find_row_change(target: Row, by_id: Mapping[str, list[Row]]) -> str | None:
    """Whether the row is still what it was when proposed, and its unit has no row more."""
    own_id = target["txn_id"] or target["line_id"]
    on_day = {
        (row["txn_id"], row["line_id"]): row
        for row in by_id[own_id]
        if row["run_date"] == target["run_date"] and own_id in (row["txn_id"], row["line_id"])
    }
    row = on_day.get((target["txn_id"], target["line_id"]))
    if row is None:
        return f"{own_id} has no such row on {target['run_date']} any more"
    is_same = (
        row["outcome"] in _OPEN
        and row["unit_id"] == target["unit_id"]
        and drop_late("+".join(row["reasons"])) == drop_late(target["reasons"])
        and all(_snapshot(row, side) == target[f"{side}_snapshot"] for side in ("txn", "line"))
    )
    if not is_same:
        return f"{describe_row(row)}, and was [{target['reasons']}] {_describe_items(target)}"
    return None


def _find_item_change(
    target: Row, side: str, by_id: Mapping[str, list[Row]], effect: Effect
) -> str | None:
    """What a run from the row's own on says of an item: settled, or in another state.

    A row of the same state that only waits or breaks one-sided again changes nothing; for a group
    and a pair it does.
    """
    own_id, snapshot = target[f"{side}_id"], target[f"{side}_snapshot"]
    if own_id is None:
        return None
    is_row_of_pair = bool(target["txn_id"] and target["line_id"])
    is_lone = effect == Effect.PAIR or (target["unit_id"] == own_id and not is_row_of_pair)
    for row in by_id[own_id]:
        is_own = own_id in (row["txn_id"], row["line_id"])
        is_later = row["run_date"] > target["run_date"]
        if not is_own:
            states = set(row["reasons"]) - {Reason.LATE}
            if row["duplicate_of"] == own_id and is_later and _LATER_STATES & states:
                status, day = row["statement_status"], row["run_date"]
                return f"the channel says {status} of {own_id} since {day}"
        elif (is_later or effect == Effect.PAIR) and _snapshot(row, side) != snapshot:
            now, before = _in_words(_snapshot(row, side)), _in_words(snapshot)
            return f"{own_id} is {now} since {row['run_date']}, and was {before}"
        elif is_later and is_resend(row):
            continue
        elif (is_later and not is_lone) or (
            (is_later or effect == Effect.PAIR) and not _is_open_lone(row)
        ):
            return describe_row(row)
    return None


def _is_open_lone(row: Row) -> bool:
    is_pair = bool(row["txn_id"] and row["line_id"])
    return row["outcome"] in _OPEN and not is_pair and not is_grouped(row)


def _snapshot(row: Row, side: str) -> str | None:
    if row[f"{side}_id"] is None:
        return None
    names = ("internal", "internal_currency") if side == "txn" else ("statement", "currency")
    return item_snapshot_of_row(row, *names)


def _describe_items(target: Row) -> str:
    snapshots = (target[f"{side}_snapshot"] for side in ("txn", "line"))
    return " and ".join(map(_in_words, filter(None, snapshots)))


def _in_words(snapshot: str | None) -> str:
    """Status, amount in major units and currency."""
    status, amount, currency = (snapshot or "gone|0|").split("|")
    money = f" {Money(int(amount), exponent(currency)).text} {currency}" if currency else ""
    return f"{status}{money}"


def _find_input_changes(lake: Lake, targets: Iterable[Row]) -> dict[str, str]:
    """Items whose file or snapshot is another than the one that the match read, by their ids."""
    targets = list(targets)
    channel = targets[0]["channel"]
    out: dict[str, str] = {}
    files = {t["line_id"].rpartition(":")[0] for t in targets if t["line_id"]}
    columns = ("file_id", "status")
    rows = lake.read_rows(STATEMENT_FILES, columns, channel=channel, file_id=sorted(files))
    accepted = {row["file_id"] for row in rows if row["status"] == FileStatus.ACCEPTED}
    known = {row["file_id"] for row in rows}
    for own_id in (t["line_id"] for t in targets if t["line_id"]):
        file_id = own_id.rpartition(":")[0]
        if file_id in known - accepted:
            out[own_id] = f"the file of {own_id} is no longer in force; run `tieout match`"
    txns = {t["txn_id"]: t for t in targets if t["txn_id"]}
    until = max(t["run_date"] for t in targets)
    states: dict[str, Any] = {}
    for row in sorted(_read_states(lake, channel, txns, until), key=lambda r: r["business_date"]):
        if row["business_date"] <= txns[row["txn_id"]]["run_date"]:
            states[row["txn_id"]] = f"{row['status']}|{row['amount']}|{row['currency']}"
    for own_id, state in states.items():
        if state != txns[own_id]["txn_snapshot"]:
            out[own_id] = f"{own_id} is {_in_words(state)} in our snapshot; run `tieout match`"
    return out


def _read_states(lake: Lake, channel: str, ids: Mapping[str, Row], until: Any) -> list[Row]:
    of = PartitionFilter(frozenset([channel]), until=until)
    columns = ("txn_id", "business_date", "status", "amount", "currency")
    by_id = column_in(txn_id=list(ids))
    return LakeAsOf(lake).query_rows(INTERNAL_TRANSACTIONS, of, by_id, columns)
