"""Step 4, passes: each works on what the earlier ones left, and pairs two items only if each is
the other's only candidate.

A pass counts candidates by key, or by key and time, and never lists them: the cost of a key grows
with its items, not with their pairs.
"""

from collections.abc import Sequence
from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.fast_path.keeper import Keep
from jobs.matching.item_columns import is_line, is_transaction, match_key, partition_by_key
from jobs.matching.steps import time_window
from jobs.matching.steps.pairs import copies, interchangeable
from schemas.profile.match_rules import Match, Pass
from schemas.vocabulary import Outcome, Reference, Status

#: What the passes add to an item: the id of its partner, and whether it had a candidate in some
#: pass.
RESULT_COLUMNS = ("partner", "had_candidate")


def passes_with_candidate_counts(match: Match) -> dict[str, Pass]:
    """The passes in which an item may have two candidates, by the column with its candidate count.

    The count is null if the item took no part. A pass with our_ref is not among them: step 3 leaves
    one item of each side to an our_ref.
    """
    by_column = {f"candidates_{number}": pass_ for number, pass_ in enumerate(match.passes)}
    return {name: pass_ for name, pass_ in by_column.items() if Reference.OUR_REF not in pass_.on}


def add_empty_partner(participants: DataFrame) -> DataFrame:
    """Participants as they go into the first pass: `partner` is null."""
    return participants.select("*", F.lit(None).cast("string").alias("partner"))


def run_passes(
    participants: DataFrame, columns: Sequence[str], match: Match, keep: Keep, has_copies: bool
) -> DataFrame:
    """Adds `RESULT_COLUMNS` and the candidate counts after all passes.

    The result has `columns`, the columns of `case_tables`, and these. A pass by time reads its
    input twice, so that input is kept. Possible copies, if there are any, take part in no pass
    without a reference while the line that each names is there.
    """
    frame = participants.select("*", F.lit(False).alias("had_candidate"))
    is_free = F.col("step_outcome").isNull() & F.col("partner").isNull()
    may_join = is_free & ~F.coalesce("is_apart", F.lit(False))
    count_columns = {id(pass_): name for name, pass_ in passes_with_candidate_counts(match).items()}
    counted: list[str] = []
    for pass_ in match.passes:
        in_pass = may_join & may_take_part(pass_)
        if has_copies and not pass_.has_reference:
            in_pass = in_pass & ~copies.original_is_free(is_free)
        eligible = frame.withColumn("in_pass", in_pass)
        has_limit = pass_.within_seconds is not None
        paired = match_in_pass(keep(eligible, "timed") if has_limit else eligible, pass_)
        matched_by = F.when(F.col("sole_candidate").isNotNull(), F.lit(pass_.name))
        count = F.when(F.col("in_pass"), F.col("candidate_count"))
        new_counts = [count_columns[id(pass_)]] if id(pass_) in count_columns else []
        had_candidate = F.col("had_candidate") | (F.coalesce(count, F.lit(0)) > F.lit(0))
        if pass_.interchangeable:
            results = _results_of_sets(pass_, matched_by)
        else:
            results = case_tables.update_results(matched_by=matched_by)
        frame = paired.select(
            *columns,
            *results,
            F.coalesce("partner", "sole_candidate").alias("partner"),
            had_candidate.alias("had_candidate"),
            *counted,
            *[count.alias(name) for name in new_counts],
        )
        counted += new_counts
    return frame


def _results_of_sets(pass_: Pass, matched_by: Column) -> list[Column]:
    """The result columns after an interchangeable pass, whose sets are MATCHED as units."""
    txn, name = F.col("set_txn"), F.lit(pass_.name)
    is_set = txn.isNotNull()
    is_first = is_set & is_transaction() & (F.col("id") == txn)
    return case_tables.update_results(
        step_outcome=F.when(is_set, F.lit(Outcome.MATCHED.value)),
        matched_by=F.when(is_set, name).otherwise(matched_by),
        unit_id=F.when(is_set, F.concat(name, F.lit(":"), txn)),
        gap=F.when(is_first, F.lit(0).cast("bigint")),
        is_unit_late=F.col("set_is_broken"),
    )


def match_in_pass(items: DataFrame, pass_: Pass) -> DataFrame:
    """Adds `candidate_count`, and `sole_candidate`: the id of a candidate that has no other either.

    Only items with `in_pass` take part. An interchangeable pass adds the columns of
    `interchangeable`, too.
    """
    if pass_.within_seconds is not None:
        key, finds_sets = match_key(pass_), pass_.interchangeable
        return time_window.match_within_time(items, key, pass_.within_seconds, finds_sets)
    takes_part, one_key = F.col("in_pass"), Window.partitionBy(*_key_in_pass(match_key(pass_)))
    line_id = F.when(takes_part & is_line(), F.col("id"))
    txn_id = F.when(takes_part & is_transaction(), F.col("id"))
    counted = items.withColumns(
        {
            "lines": F.count(line_id).over(one_key),
            "txns": F.count(txn_id).over(one_key),
            "line": F.max(line_id).over(one_key),
            "txn": F.max(txn_id).over(one_key),
        }
    )
    count = F.when(is_line(), F.col("txns")).when(is_transaction(), F.col("lines"))
    candidate = F.when(is_line(), F.col("txn")).when(is_transaction(), F.col("line"))
    sole = (F.col("lines") == F.lit(1)) & (F.col("txns") == F.lit(1))
    if pass_.interchangeable:
        counted = interchangeable.add_sets_of_key(counted, one_key)
    return counted.withColumns(
        {"candidate_count": count, "sole_candidate": F.when(sole, candidate)}
    )


def _key_in_pass(key: Sequence[str]) -> list[Column]:
    """Partition columns: items in the pass with one key."""
    return partition_by_key(*[F.when(F.col("in_pass"), F.col(name)) for name in key])


def may_take_part(pass_: Pass) -> Column:
    """Whether an item may be matched in a pass: it has every value of the key.

    A pass with a time limit needs a time. A pass without a reference takes SUCCEEDED lines without
    our_ref, and SUCCEEDED or PENDING transactions.
    """
    may = reduce(and_, [F.col(name).isNotNull() for name in match_key(pass_)])
    if pass_.within_seconds is not None:
        may = may & F.col("at").isNotNull()
    if pass_.has_reference:
        return may
    paid = F.col("status") == F.lit(Status.SUCCEEDED.value)
    line = is_line() & F.col("our_ref_norm").isNull() & paid
    pending = F.col("status") == F.lit(Status.PENDING.value)
    return may & (line | (is_transaction() & (paid | pending)))
