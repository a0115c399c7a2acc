"""One run date of a channel: reads, matches, writes data files, checks them, commits them.

A day that fails the check is never committed: readers see the rows of the run before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from jobs.engine.session import tune_session
from jobs.ingestion.day_state import DayState
from jobs.lake.commit import DataFile
from jobs.lake.run_log import Run
from jobs.lake.tables import Lake
from jobs.matching import conservation
from jobs.matching.match_day import EXACT_PAIRS_MIN_ITEMS, MatchResult, RunContext, match_day
from jobs.matching.steps.manual_decisions import Decision
from jobs.reconcile.day_warnings import describe_excluded, describe_tolerated
from jobs.reconcile.earlier import look_up_earlier
from jobs.reconcile.fast_path import keeper_of
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
from jobs.reconcile.totals import (
    stale_decision_ids,
    sum_tolerated,
    sum_totals,
    total_columns,
)
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
    """What a run wrote: rows by outcome, minor units at stake, ids of decisions that are stale.

    `warnings` are what people should look at, `tolerated` the pairs within tolerance as
    `totals.sum_tolerated` gives them.
    """

    counts: Mapping[str, int]
    amounts: dict[str, int]
    stale_decisions: tuple[str, ...]
    warnings: tuple[str, ...]
    tolerated: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class _Outcomes:
    """Data files of `outcomes` that the run wrote and has not committed.

    `pair_files` hold exact pairs only, and stand apart for the run on the next part; `other_files`
    hold the rest.
    """

    pair_files: list[list[DataFile]]
    other_files: list[DataFile]

    @property
    def files(self) -> list[DataFile]:
        """All of them."""
        return [*(file for files in self.pair_files for file in files), *self.other_files]


def run_day(
    lake: Lake,
    profile: Profile,
    state: DayState,
    base: str,
    decisions: tuple[Decision, ...],
    job: Run,
) -> DayResult:
    """Matches a run date, checks the rows that it wrote, and commits them.

    The commits replace the date's outcomes, open items and candidates. `base` is the fingerprint of
    all inputs except the date's files.

    Raises:
        CheckFailed: what went in is not what came out; nothing is committed.
    """
    day, channel = state.business_date, profile.channel
    with job.step("match"):
        resumed = resume(lake, profile, state, base)
        scope = resumed or _whole_day(lake, state, channel)
        tune_session(lake.spark, scope.items)
        result = _match(lake, profile, state, scope, decisions, resumed is not None)
        is_in_parts = resumed is not None or (
            result.exact_pairs is not None and is_waiting_for_parts(profile, state)
        )
        outcomes = _write_outcomes(lake, result, scope, day, channel, is_in_parts)
    with job.step("check"):
        pairs = [_sum_pairs(lake, files, day, decisions) for files in outcomes.pair_files]
        others = _sum_files(lake, outcomes.other_files, day, decisions)
        differences = _find_differences(result, scope, pairs, others)
        if differences:
            lake.discard_files(OUTCOMES, outcomes.files)
            raise CheckFailed(f"CONSERVATION: {channel} {day}: {'; '.join(differences)}")
        sums = [*others, *(row for files in (*scope.pairs, *pairs) for row in files.sums)]
        counts, amounts = sum_totals(sums)
        tolerated = sum_tolerated(sums)
    warnings = (
        *describe_excluded(result),
        *describe_tolerated(tolerated, profile.match.tolerance_day_max),
    )
    with job.step("commit"):
        kept_paths = {path for files in scope.pairs for path in files.paths}
        written = lake.commit_day(OUTCOMES, outcomes.files, day, channel, kept_paths)
    with job.step("open_items"):
        open_items = lake.replace_day(OPEN_ITEMS, result.open_items, day, channel)
    with job.step("candidates"):
        if any(row["ambiguous"] for row in sums) or lake.count_rows(CANDIDATES, day, channel):
            lake.replace_day(CANDIDATES, result.candidates, day, channel)
    if has_parts(profile, state):
        with job.step("parts"):
            save_state(lake, profile, state, base, result, (*scope.pairs, *pairs))
    job.versions_written = {OUTCOMES.name: written.version, OPEN_ITEMS.name: open_items.version}
    stale_decisions = stale_decision_ids(decisions, sums)
    counts = {**counts, "open": open_items.rows}
    return DayResult(counts, amounts, stale_decisions, warnings, tolerated)


def _whole_day(lake: Lake, state: DayState, channel: str) -> PartialRun:
    day = state.business_date
    ids = [file_id for _, file_id in state.files]
    files = lake.list_files_of(STATEMENT_LINES, day, channel, ids) if ids else []
    return PartialRun(
        lake.read_files(STATEMENT_LINES, files),
        lake.read_day(INTERNAL_TRANSACTIONS, day, channel),
        state.line_count + state.snapshot_rows,
        (),
    )


def _match(
    lake: Lake,
    profile: Profile,
    state: DayState,
    scope: PartialRun,
    decisions: tuple[Decision, ...],
    is_resumed: bool,
) -> MatchResult:
    day, channel = state.business_date, profile.channel
    open_items = lake.read_day(OPEN_ITEMS, day - timedelta(days=1), channel)
    open_items = open_items if day > profile.first_date else open_items.limit(0)
    closed = read_closed_outcomes(lake, profile, day, scope.transactions)
    context = RunContext(
        day,
        state.is_complete,
        state.has_snapshot,
        scope.items,
        decisions,
    )
    exact_pairs_min_items = 0 if is_resumed else EXACT_PAIRS_MIN_ITEMS
    frames = (scope.lines, scope.transactions, open_items, closed)
    earlier = look_up_earlier(lake, profile, day)
    return match_day(*frames, context, profile, keeper_of(lake), exact_pairs_min_items, earlier)


def _write_outcomes(
    lake: Lake, result: MatchResult, scope: PartialRun, day: date, channel: str, is_in_parts: bool
) -> _Outcomes:
    if not is_in_parts:
        return _Outcomes([], lake.write_files(OUTCOMES, result.outcomes, day, channel))
    pair_files = [
        lake.write_files(OUTCOMES, frame, day, channel)
        for frame in (scope.rewritten, result.exact_pairs)
        if frame is not None
    ]
    other_files = lake.write_files(OUTCOMES, result.other_outcomes, day, channel)
    return _Outcomes(pair_files, other_files)


def _sum_pairs(
    lake: Lake, files: Sequence[DataFile], day: date, decisions: tuple[Decision, ...]
) -> PairFiles:
    paths = tuple(sorted(file.path for file in files if file.rows))
    sums = _sum_files(lake, files, day, decisions)
    return PairFiles(paths, sum(file.rows for file in files), sums)


def _sum_files(
    lake: Lake, files: Sequence[DataFile], day: date, decisions: tuple[Decision, ...]
) -> tuple[Mapping[str, Any], ...]:
    rows = lake.read_written(OUTCOMES, [file for file in files if file.rows], day)
    return to_plain_rows(conservation.sum_outcomes(rows, *total_columns(decisions)).collect())


def _find_differences(
    result: MatchResult,
    scope: PartialRun,
    pairs: Sequence[PairFiles],
    others: Sequence[Mapping[str, Any]],
) -> list[str]:
    """A message for each item of the run that was lost or doubled.

    Pairs that earlier runs wrote and this run keeps are not in it: those runs checked them.
    """
    messages = []
    new = list(pairs)
    if scope.rewritten is not None:
        rewritten = new.pop(0)
        if rewritten.rows != scope.rewritten_rows:
            messages.append(
                f"{rewritten.rows} pairs were written anew instead of {scope.rewritten_rows}"
            )
    input_rows = result.input_sums.collect()
    read = sum(int(row["today"]) for row in input_rows)
    if read != scope.items:
        messages.append(f"{read} lines and transactions were read instead of {scope.items}")
    inputs = conservation.input_totals(input_rows)
    rows = [*others, *(row for files in new for row in files.sums)]
    return messages + conservation.find_differences(inputs, conservation.outcome_totals(rows))
