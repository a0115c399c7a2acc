"""One run date of a channel: read, matched, written and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame

from jobs.engine.session import tune_session
from jobs.ingestion.day_state import DayState
from jobs.lake.commit import DataFile, WriteResult
from jobs.lake.key_counts import LakeKeeper
from jobs.lake.run_log import Run
from jobs.lake.tables import Lake
from jobs.matching import conservation
from jobs.matching.match_day import EXACT_PAIRS_MIN_ITEMS, MatchResult, RunContext, match_day
from jobs.matching.steps.manual_decisions import Decision
from jobs.reconcile.inputs import read_closed_outcomes
from jobs.reconcile.partial_day import (
    PairFiles,
    PartialRun,
    has_parts,
    is_waiting_for_parts,
    resume,
    save_state,
    to_plain_rows,
)
from jobs.reconcile.totals import stale_decision_ids, sum_totals, total_columns
from schemas.errors import CheckFailed
from schemas.profile.channel import Profile
from schemas.tables import (
    CANDIDATES,
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    STATEMENT_LINES,
)


@dataclass(frozen=True)
class DayResult:
    """What a run wrote: rows by outcome, minor units at stake, ids of decisions that are stale."""

    counts: Mapping[str, int]
    amounts: dict[str, int]
    stale_decisions: tuple[str, ...]


def run_day(
    lake: Lake,
    profile: Profile,
    state: DayState,
    base: str,
    decided: tuple[Decision, ...],
    job: Run,
) -> DayResult:
    """Matches a run date and replaces its outcomes, open items and candidates.

    `base` stands for all that goes in beside the date's files.

    Raises:
        CheckFailed: what went in is not what came out; the date's former rows are put back.
    """
    day, channel = state.business_date, profile.channel
    with job.step("match"):
        taken = resume(lake, profile, state, base)
        look = taken or _whole(lake, state, channel)
        tune_session(lake.spark, look.items)
        was = lake.version(OUTCOMES), lake.version(OPEN_ITEMS)
        made = _made(lake, profile, state, look, decided, taken is not None)
        apart = taken is not None or (
            made.exact_pairs is not None and is_waiting_for_parts(profile, state)
        )
        written, sets = _written(lake, made, look, day, channel, apart)
    with job.step("open_items"):
        left = lake.replace_day(OPEN_ITEMS, made.open_items, day, channel)
    with job.step("check"):
        pairs = [_added_up(lake, day, channel, each, decided) for each in sets]
        stay = {path for each in (*look.pairs, *pairs) for path in each.paths}
        now = [
            row for row in lake.list_data_files(OUTCOMES, day, channel) if row["path"] not in stay
        ]
        others = _summed(lake.read_files(OUTCOMES, now), decided)
        faults = _faults(made, look, pairs, others)
        if faults:
            _put_back(lake, day, channel, was)
            raise CheckFailed(f"CONSERVATION: {channel} {day}: {'; '.join(faults)}")
        found = [*others, *(row for each in (*look.pairs, *pairs) for row in each.sums)]
        counts, amounts = sum_totals(found)
    with job.step("candidates"):
        if any(row["ambiguous"] for row in found) or lake.count_rows(CANDIDATES, day, channel):
            lake.replace_day(CANDIDATES, made.candidates, day, channel)
    if has_parts(profile):
        with job.step("parts"):
            save_state(lake, profile, state, base, made, (*look.pairs, *pairs))
    job.versions_written = {OUTCOMES.name: written.version, OPEN_ITEMS.name: left.version}
    return DayResult({**counts, "open": left.rows}, amounts, stale_decision_ids(decided, found))


def _whole(lake: Lake, state: DayState, channel: str) -> PartialRun:
    day = state.business_date
    ids = [file_id for _, file_id in state.files]
    files = lake.list_data_files(STATEMENT_LINES, day, channel, ids) if ids else []
    return PartialRun(
        lake.read_files(STATEMENT_LINES, files),
        lake.read_day(INTERNAL_TRANSACTIONS, day, channel),
        state.line_count + state.snapshot_rows,
        (),
    )


def _made(
    lake: Lake,
    profile: Profile,
    state: DayState,
    look: PartialRun,
    decided: tuple[Decision, ...],
    in_bulk: bool,
) -> MatchResult:
    day, channel = state.business_date, profile.channel
    before = lake.read_day(OPEN_ITEMS, day - timedelta(days=1), channel)
    before = before if day > profile.first_date else before.limit(0)
    closed = read_closed_outcomes(lake, profile, day, look.transactions)
    facts = RunContext(
        day,
        state.is_complete,
        state.snapshot_id is not None,
        look.items,
        state.files[0][1] if state.files else "",
        decided,
    )
    least = 0 if in_bulk else EXACT_PAIRS_MIN_ITEMS
    frames = (look.lines, look.transactions, before, closed)
    return match_day(*frames, facts, profile, LakeKeeper(lake), least)


def _written(
    lake: Lake, made: MatchResult, look: PartialRun, day: date, channel: str, apart: bool
) -> tuple[WriteResult, list[list[DataFile]]]:
    """Writes the outcomes; also the data files that hold pairs alone, if those stand `apart`."""
    if not apart:
        return lake.replace_day(OUTCOMES, made.outcomes, day, channel), []
    sets = [
        lake.write_files(OUTCOMES, frame, day, channel)
        for frame in (look.rewritten, made.exact_pairs)
        if frame is not None
    ]
    kept = {path for each in look.pairs for path in each.paths}
    beside = [file for each in sets for file in each]
    written = lake.replace_day(OUTCOMES, made.other_outcomes, day, channel, beside, kept)
    return written, sets


def _added_up(
    lake: Lake,
    day: date,
    channel: str,
    files: Sequence[DataFile],
    decided: tuple[Decision, ...],
) -> PairFiles:
    paths = {each.path for each in files}
    there = [row for row in lake.list_data_files(OUTCOMES, day, channel) if row["path"] in paths]
    rows = sum(each.rows for each in files)
    found = _summed(lake.read_files(OUTCOMES, there), decided)
    return PairFiles(tuple(sorted(row["path"] for row in there)), rows, found)


def _summed(rows: DataFrame, decided: tuple[Decision, ...]) -> tuple[Mapping[str, Any], ...]:
    return to_plain_rows(conservation.sum_outcomes(rows, *total_columns(decided)).collect())


def _faults(
    made: MatchResult,
    look: PartialRun,
    pairs: Sequence[PairFiles],
    others: Sequence[Mapping[str, Any]],
) -> list[str]:
    """What of the items looked at was lost or doubled, in words.

    Pairs of earlier runs that stand on were checked when they were made.
    """
    out = []
    new = list(pairs)
    if look.rewritten is not None:
        again = new.pop(0)
        if again.rows != look.rewritten_rows:
            out.append(f"{again.rows} pairs were written anew instead of {look.rewritten_rows}")
    went_in = conservation.input_totals(made.input_sums.collect())
    rows = [*others, *(row for each in new for row in each.sums)]
    return out + conservation.find_differences(went_in, conservation.outcome_totals(rows))


def _put_back(lake: Lake, day: date, channel: str, was: tuple[int, int]) -> None:
    for table, version in zip((OUTCOMES, OPEN_ITEMS), was, strict=True):
        before = lake.read_day(table, day, channel, version)
        lake.replace_day(table, before, day, channel)
