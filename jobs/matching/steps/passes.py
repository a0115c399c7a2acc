"""Step 4, passes: each over what the earlier ones left; a pair only where each is the other's
only candidate.

Candidates are counted by key, or by key and time, and never listed: a key with very many items
costs no more than its items.
"""

from collections.abc import Sequence
from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.fast_path.staging import Keep
from jobs.matching.item_columns import is_line, is_transaction, match_key, partition_by_key
from jobs.matching.steps import time_window
from schemas.profile.match_rules import Match, Pass
from schemas.vocabulary import Reference, Status

#: What the passes find out about an item: the other side's id, the pass, and whether it had a
#: candidate in some pass.
RESULT_COLUMNS = ("partner", "matched_by", "rival")


def passes_with_candidate_counts(match: Match) -> dict[str, Pass]:
    """The passes in which an item may have two candidates, by the column that keeps how many it
    had, null where it took no part. (Step 3 leaves one item of each side to an our_ref.)
    """
    numbered = {f"met_{number}": each for number, each in enumerate(match.passes)}
    return {name: each for name, each in numbered.items() if Reference.OUR_REF not in each.on}


def add_empty_partner(members: DataFrame) -> DataFrame:
    """Members as they go into the first pass: nobody has a partner."""
    none = F.lit(None).cast("string")
    return members.select("*", none.alias("partner"), none.alias("matched_by"))


def run_passes(members: DataFrame, columns: Sequence[str], match: Match, keep: Keep) -> DataFrame:
    """Members (`columns`, those of `verdicts`, `partner`, `matched_by`) with `NAMES` and counts,
    after all passes. What goes into a pass by time is kept, as it is read twice there.
    """
    frame = members.select("*", F.lit(False).alias("rival"))
    free = F.col("settled").isNull() & F.col("partner").isNull()
    counts = {id(each): name for name, each in passes_with_candidate_counts(match).items()}
    counted: list[str] = []
    for each in match.passes:
        marked = frame.withColumn("in_pass", free & may_take_part(each))
        found = match_in_pass(
            marked if each.within_seconds is None else keep(marked, "timed"), each
        )
        by = F.when(F.col("met_partner").isNotNull(), F.lit(each.name))
        count = F.when(F.col("in_pass"), F.col("met"))
        now = [counts[id(each)]] if id(each) in counts else []
        frame = found.select(
            *columns,
            *case_tables.RESULT_COLUMNS,
            F.coalesce("partner", "met_partner").alias("partner"),
            F.coalesce("matched_by", by).alias("matched_by"),
            (F.col("rival") | (F.coalesce(count, F.lit(0)) > F.lit(0))).alias("rival"),
            *counted,
            *[count.alias(name) for name in now],
        )
        counted += now
    return frame


def match_in_pass(marked: DataFrame, each: Pass) -> DataFrame:
    """Items, marked by `in_pass`, with how many candidates each has (`met`), and with the one
    that has no other either (`met_partner`).
    """
    if each.within_seconds is not None:
        return time_window.match_within_time(marked, match_key(each), each.within_seconds)
    part, one_key = F.col("in_pass"), Window.partitionBy(*_among(match_key(each)))
    lines, txns = (
        F.when(part & is_line(), F.col("id")),
        F.when(part & is_transaction(), F.col("id")),
    )
    counted = marked.withColumns(
        {
            "lines": F.count(lines).over(one_key),
            "txns": F.count(txns).over(one_key),
            "line": F.max(lines).over(one_key),
            "txn": F.max(txns).over(one_key),
        }
    )
    others = F.when(is_line(), F.col("txns")).when(is_transaction(), F.col("lines"))
    other = F.when(is_line(), F.col("txn")).when(is_transaction(), F.col("line"))
    sole = (F.col("lines") == F.lit(1)) & (F.col("txns") == F.lit(1))
    return counted.withColumns({"met": others, "met_partner": F.when(sole, other)})


def _among(key: Sequence[str]) -> list[Column]:
    """What to partition by: items in the pass under one key."""
    return partition_by_key(*[F.when(F.col("in_pass"), F.col(name)) for name in key])


def may_take_part(each: Pass) -> Column:
    """Who may be met in a pass: has every value of its key, and what else the pass asks for.

    A time distance asks for a time. A pass without a reference takes lines without our_ref only,
    SUCCEEDED lines, and SUCCEEDED or PENDING transactions.
    """
    may = reduce(and_, [F.col(name).isNotNull() for name in match_key(each)])
    if each.within_seconds is not None:
        may = may & F.col("at").isNotNull()
    if each.has_reference:
        return may
    paid = F.col("status") == F.lit(Status.SUCCEEDED.value)
    line = is_line() & F.col("our_ref_norm").isNull() & paid
    ours = is_transaction() & (paid | (F.col("status") == F.lit(Status.PENDING.value)))
    return may & (line | ours)
