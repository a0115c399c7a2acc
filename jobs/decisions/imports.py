"""Proposes the decisions of a workbook: the maker's step, many at once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Self

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
#: Channel, run date and ids of a row.
_Place = tuple[str, date, str | None, str | None]


@dataclass(frozen=True)
class _Wish:
    """What the rows of one unit say: where they stand, and their comments together."""

    place: str
    channel: str
    run_date: date
    effect: Effect
    status_of: StatusOf | None
    comment: str

    @classmethod
    def of(cls, rows: Sequence[DecidedRow]) -> Self:
        first = rows[0]
        assert first.effect is not None
        place = ", ".join(row.place for row in rows)
        comment = "; ".join(dict.fromkeys(row.comment for row in rows if row.comment))
        return cls(place, first.channel, first.run_date, first.effect, first.status_of, comment)


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
    decided = [row for row in rows if row.effect is not None]
    bare = [row.place for row in decided if not (row.comment or reason).strip()]
    if bare:
        text = f"{', '.join(bare)}: fill in Comment, or give --reason TEXT for all"
        raise DecisionRefused("REASON_MISSING", text)
    result = ImportResult()
    groups: dict[_Group, dict[str, str]] = defaultdict(dict)
    targets: dict[_Group, list[Row]] = defaultdict(list)
    for target, wish in _find_targets(lake, rows, result):
        group = (wish.channel, wish.run_date, wish.effect, wish.status_of, wish.comment or reason)
        targets[group].append(target)
        groups[group][target["unit_id"]] = wish.place
    for group, places in groups.items():
        _propose_group(lake, rules, group, targets[group], places, by, result)
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
) -> Iterator[tuple[Row, _Wish]]:
    """The rows of `outcomes` that rows of the sheet are about, each unit once and whole.

    A fault of one row refuses its whole unit.
    """
    sheet = {(row.channel, row.run_date, row.txn_id, row.line_id): row for row in rows}
    units: dict[tuple[str, date], dict[_Ids, Unit]] = {}
    decided: dict[tuple[str, date, str], list[tuple[DecidedRow, Unit]]] = defaultdict(list)
    for row in (row for row in rows if row.effect is not None):
        place = (row.channel, row.run_date)
        if place not in units:
            units[place] = {
                (one["txn_id"], one["line_id"]): unit
                for unit in find_breaks(lake, *place)
                for one in unit
            }
        unit = units[place].get((row.txn_id, row.line_id))
        if unit is None:
            own_id = row.txn_id or row.line_id
            text = f"CHANGED: {own_id} is no break of {row.channel} {row.run_date} any more"
            result.refused.append(f"{row.place}: {text}")
        else:
            decided[(*place, unit[0]["unit_id"])].append((row, unit))
    for own in decided.values():
        wish = _Wish.of([row for row, _ in own])
        try:
            yield from ((target, wish) for target in _check_unit(own, sheet))
        except DecisionRefused as error:
            result.refused.append(f"{wish.place}: {error}")


def _check_unit(
    own: Sequence[tuple[DecidedRow, Unit]], sheet: Mapping[_Place, DecidedRow]
) -> list[Row]:
    """The targets of a unit, every member of which is on the sheet as the lake has it.

    Raises:
        DecisionRefused: CHANGED, TWO_DECISIONS, or the effect does not apply.
    """
    first, unit = own[0]
    if len({(row.effect, row.status_of) for row, _ in own}) > 1:
        raise DecisionRefused("TWO_DECISIONS", "rows of one group say different decisions")
    assert first.effect is not None
    for target in targets_of_unit(unit, Effect.WRITE_OFF, None):
        own_id = target["txn_id"] or target["line_id"]
        row = sheet.get((first.channel, first.run_date, target["txn_id"], target["line_id"]))
        if row is None:
            raise DecisionRefused("CHANGED", f"{own_id} of its group is not on the sheet")
        is_same = (
            drop_late(target["reasons"]) == drop_late(row.reasons)
            and target["txn_snapshot"] == row.txn_snapshot
            and target["line_snapshot"] == row.line_snapshot
        )
        if not is_same:
            raise DecisionRefused(
                "CHANGED", f"{own_id} is another than the sheet says; export anew"
            )
    return targets_of_unit(unit, first.effect, first.status_of)
