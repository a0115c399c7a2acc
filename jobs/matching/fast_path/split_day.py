"""Splits a day into exact pairs and the rows that go through the steps."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame

from jobs.matching import outcome_rows
from jobs.matching.fast_path import exact_pairs
from jobs.matching.fast_path.exact_pairs import SharedValues
from jobs.matching.fast_path.keeper import Keeper
from jobs.matching.fast_path.reference_hashes import (
    closed_rows_of,
    hash_references,
    lookup_hashes,
)
from jobs.matching.fast_path.void_hashes import hash_voids
from jobs.matching.steps.closed_outcomes import ClosedOutcomes
from schemas.profile.channel import Profile


@dataclass(frozen=True)
class SplitDay:
    """A day's rows: outcomes of exact `pairs`, None on a day without the fast path; the lines and
    transactions that go through the steps; the closed rows that step 2 looks up, None for none.
    """

    pairs: DataFrame | None
    lines: DataFrame
    transactions: DataFrame
    closed_rows: DataFrame | None


def split_exact_pairs(
    lines: DataFrame,
    transactions: DataFrame,
    others: Sequence[DataFrame],
    closed: ClosedOutcomes,
    shared: SharedValues,
    profile: Profile,
    keeper: Keeper,
) -> SplitDay:
    """Splits the day's lines and transactions; see `exact_pairs`.

    A reference of `others` (open items) or of a closed row makes no exact pair.
    """
    hashes = hash_references(lines, transactions, profile)
    today = keeper.keep_hashes(*hashes)
    closed_hashes, closed_rows = None, None
    if closed.count != 0:
        closed_hashes, closed_rows = closed_rows_of(today, closed)
        if closed_rows is not None:
            voids = hash_voids(closed_rows, transactions)
            closed_hashes = closed_hashes.unionByName(voids)
    non_unique = exact_pairs.non_unique_keys(today, others, closed_hashes)
    stored = exact_pairs.STORED_HASHES
    pairs = exact_pairs.pairs(lines, transactions, non_unique, shared, profile.match)
    return SplitDay(
        outcome_rows.complete_rows(
            pairs, shared.business_date, profile.channel, profile.match.authority_limit, *stored
        ),
        exact_pairs.unresolved(lines, non_unique),
        exact_pairs.unresolved(transactions, non_unique),
        closed_rows,
    )


def keep_whole_day(
    lines: DataFrame, transactions: DataFrame, closed: ClosedOutcomes, many_closed_rows: int
) -> SplitDay:
    """A day without exact pairs. Of more closed rows than `many_closed_rows` it keeps those that
    today's references find.
    """
    closed_rows = None if closed.count == 0 else closed.rows
    if (closed.count or 0) > many_closed_rows:
        closed_rows = closed_rows_of(lookup_hashes(lines, transactions), closed)[1]
    return SplitDay(None, lines, transactions, closed_rows)
