"""Proposes the decisions of a workbook: the maker's step, many at once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from jobs.decisions.changes import find_changes
from jobs.decisions.decided_workbook import DecidedRow
from jobs.decisions.outcome_search import Row, Unit, find_breaks
from jobs.decisions.proposals import ROWS_MAX, propose
from jobs.decisions.steps import StepResult, check_permission, find_other_decisions
from jobs.decisions.store import latest_steps
from jobs.decisions.targets import targets_of_unit
from jobs.lake.tables import Lake
from jobs.matching.steps.manual_decisions import drop_late
from schemas.decision_rules import DecisionRules
from schemas.errors import DecisionRefused
from schemas.tables import DECISIONS
from schemas.vocabulary import Effect, StatusOf

#: Rows that go into one decision: the same channel, run date, effect, status and comment.
_Group = tuple[str, date, Effect, StatusOf | None, str]
_Ids = tuple[str | None, str | None]


@dataclass
class ImportResult:
    """The proposals that were made, and what each row of the sheet that was refused says."""

    proposals: list[StepResult] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def propose_rows(
    lake: Lake, rules: DecisionRules, rows: Sequence[DecidedRow], by: str, reason: str
) -> ImportResult:
    """Proposes what a reviewer filled in, one decision for rows of one channel, date and wish.

    A row that has changed since the export, that a decision is about already, or to which its
    effect does not apply is refused; the others are proposed. `reason` stands where a row has no
    comment.

    Raises:
        DecisionRefused: NOT_PERMITTED; REASON_MISSING names the rows without any comment.
    """
    check_permission(rules, "propose", by)
    bare = [row.place for row in rows if not (row.comment or reason).strip()]
    if bare:
        text = f"{', '.join(bare)}: fill in Comment, or give --reason TEXT for all"
        raise DecisionRefused("REASON_MISSING", text)
    result = ImportResult()
    groups: dict[_Group, list[Row]] = defaultdict(list)
    places: dict[tuple[_Group, str], str] = {}
    for target, row in _find_targets(lake, rows, result):
        group = (row.channel, row.run_date, row.effect, row.status_of, row.comment or reason)
        groups[group].append(target)
        places[group, target["unit_id"]] = row.place
    for group, targets in groups.items():
        names = {unit_id: place for (own, unit_id), place in places.items() if own == group}
        _propose_group(lake, rules, group, targets, names, by, result)
    return result


def _propose_group(
    lake: Lake,
    rules: DecisionRules,
    group: _Group,
    targets: Sequence[Row],
    places: Mapping[str, str],
    by: str,
    result: ImportResult,
) -> None:
    channel, _, effect, _, comment = group
    others = latest_steps(lake.read_rows(DECISIONS, channel=channel))
    left_out = {
        **find_other_decisions(lake, targets, others),
        **find_changes(lake, targets, effect),
    }
    result.refused += [f"{places[unit_id]}: {text}" for unit_id, text in left_out.items()]
    kept = [target for target in targets if target["unit_id"] not in left_out]
    for part in _cut(kept):
        try:
            proposal = propose(lake, rules, effect, part, by, comment, is_list=True)
        except DecisionRefused as error:  # another person was faster with every row of it
            named = dict.fromkeys(places[target["unit_id"]] for target in part)
            result.refused.append(f"{', '.join(named)}: {error}")
            continue
        result.proposals.append(proposal)
        result.refused += [f"{places[own]}: {text}" for own, text in proposal.left_out.items()]


def _cut(targets: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Parts of at most `ROWS_MAX` rows; the rows of a unit stay together."""
    part: list[Row] = []
    units: dict[str, list[Row]] = defaultdict(list)
    for target in targets:
        units[target["unit_id"]].append(target)
    for rows in units.values():
        if part and len(part) + len(rows) > ROWS_MAX:
            yield part
            part = []
        part += rows
    if part:
        yield part


def _find_targets(
    lake: Lake, rows: Sequence[DecidedRow], result: ImportResult
) -> Iterator[tuple[Row, DecidedRow]]:
    """The rows of `outcomes` that rows of the sheet are about, each unit once."""
    units: dict[tuple[str, date], dict[_Ids, Unit]] = {}
    wishes: dict[tuple[str, date, str], list[DecidedRow]] = defaultdict(list)
    for row in rows:
        place = (row.channel, row.run_date)
        if place not in units:
            units[place] = {
                (one["txn_id"], one["line_id"]): unit
                for unit in find_breaks(lake, *place)
                for one in unit
            }
        unit = units[place].get((row.txn_id, row.line_id))
        fault = _find_fault(row, unit)
        if fault or unit is None:
            result.refused.append(f"{row.place}: {fault}")
        else:
            wishes[(*place, unit[0]["unit_id"])].append(row)
    for own in wishes.values():
        first = own[0]
        if len({(row.effect, row.status_of) for row in own}) > 1:
            named = ", ".join(row.place for row in own)
            result.refused.append(f"{named}: rows of one group say different decisions")
            continue
        unit = units[first.channel, first.run_date][first.txn_id, first.line_id]
        try:
            targets = targets_of_unit(unit, first.effect, first.status_of)
        except DecisionRefused as error:
            result.refused.append(f"{first.place}: {error}")
            continue
        yield from ((target, first) for target in targets)


def _find_fault(row: DecidedRow, unit: Unit | None) -> str:
    """Why a row of the sheet is no longer what the lake says; "" if it is."""
    own_id = row.txn_id or row.line_id
    if unit is None:
        return f"CHANGED: {own_id} is no break of {row.channel} {row.run_date} any more"
    for target in targets_of_unit(unit, Effect.WRITE_OFF, None):
        if (target["txn_id"], target["line_id"]) == (row.txn_id, row.line_id):
            same = (
                drop_late(target["reasons"]) == drop_late(row.reasons)
                and target["txn_snapshot"] == row.txn_snapshot
                and target["line_snapshot"] == row.line_snapshot
            )
            return "" if same else f"CHANGED: {own_id} is another than the sheet says; export anew"
    return f"CHANGED: {own_id} stands in another unit"
