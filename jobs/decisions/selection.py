"""Selects what a decision is about: by ids, or all breaks of a channel and date that fit."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from jobs.decisions.outcome_search import Row, Unit, find_breaks, find_unit
from jobs.decisions.targets import targets_of_pair, targets_of_unit
from jobs.lake.point_query import PartitionFilter, column_in
from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf
from schemas.errors import DecisionRefused
from schemas.tables import OPEN_ITEMS
from schemas.vocabulary import Effect, Reason, StatusOf


def select_by_ids(
    lake: Lake,
    effect: Effect,
    ids: Sequence[str],
    channels: Sequence[str],
    status_of: StatusOf | None,
) -> list[Row]:
    """Targets of the latest units with the ids, all of one channel; each unit once.

    Raises:
        DecisionRefused: one is not found, or the effect does not apply to it; all such faults.
    """
    units: dict[tuple[str, date, str], Unit] = {}
    faults: list[DecisionRefused] = []
    for own_id in ids:
        try:
            unit = find_unit(lake, own_id, channels)
        except DecisionRefused as fault:
            faults.append(fault)
            continue
        units[unit[0]["channel"], unit[0]["run_date"], unit[0]["unit_id"]] = unit
    names = sorted({channel for channel, _, _ in units})
    if len(names) > 1:
        faults.append(DecisionRefused("TWO_CHANNELS", f"{' and '.join(names)}; a decision has one"))
    if effect == Effect.PAIR and not faults:
        rows = [row for unit in units.values() for row in unit]
        return targets_of_pair(rows, lambda row, day: _is_open_on(lake, row, day))
    out: list[Row] = []
    for unit in units.values():
        try:
            out += targets_of_unit(unit, effect, status_of) if effect != Effect.PAIR else []
        except DecisionRefused as fault:
            faults.append(fault)
    if faults:
        first, *others = faults
        raise DecisionRefused(first.code, "; ".join([first.problem, *map(str, others)]))
    return out


def _is_open_on(lake: Lake, row: Row, day: date) -> bool:
    """Whether an item is open after the day before a date."""
    of = PartitionFilter(frozenset([row["channel"]]), frozenset([day - timedelta(days=1)]))
    own = {name: [row[name]] for name in ("txn_id", "line_id") if row[name]}
    return bool(LakeAsOf(lake).query_rows(OPEN_ITEMS, of, column_in(**own), ("txn_id",)))


def select_breaks(
    lake: Lake,
    effect: Effect,
    place: tuple[str, date],
    reasons: Sequence[Reason],
    limits: Mapping[str, int],
    status_of: StatusOf | None,
) -> list[Row]:
    """Targets of the breaks of a place (channel and run date) with one of the reasons, alone or
    with LATE.

    With `limits` (minor units by currency) only units that are about so much money or less, in
    these currencies.

    Raises:
        DecisionRefused: no break is like that (NO_BREAK), or the effect does not apply to it.
    """
    channel, day = place
    allowed = [{reason.value} for reason in reasons]
    out: list[Row] = []
    for unit in find_breaks(lake, channel, day):
        if all(set(row["reasons"]) - {Reason.LATE} in allowed for row in unit):
            targets = targets_of_unit(unit, effect, status_of)
            if not limits or _is_within(targets, limits):
                out += targets
    if not out:
        text = f"{channel} {day}: no break with just {', '.join(reasons)}"
        raise DecisionRefused("NO_BREAK", f"{text} and so little money" if limits else text)
    return out


def _is_within(targets: Sequence[Row], limits: Mapping[str, int]) -> bool:
    sums: dict[str, int] = {}
    for row in targets:
        sums[row["currency"]] = sums.get(row["currency"], 0) + row["at_stake"]
    return all(code in limits and size <= limits[code] for code, size in sums.items())
