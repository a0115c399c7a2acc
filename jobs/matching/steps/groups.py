"""Step 5, groups: lines and transactions that belong together by one reference, compared as sums.

Only what succeeded is a member; kinds mix, signs count. Groups settle their members in the columns
of `verdicts`. A group that waits holds its members.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.item_columns import is_line, is_transaction, partition_by_key
from jobs.matching.steps import passes
from schemas.profile.match_rules import Group, Match
from schemas.vocabulary import Outcome, Reason, Status, normalized

#: What the groups find out about an item: the group and its key, and statement - internal on the
#: first row of each currency.
RESULT_COLUMNS = ("unit_id", "gap")
_SETTLED = ("settled", "why", "matched_by")
_VERDICTS: dict[str, tuple[Outcome, Reason | None]] = {
    "even": (Outcome.MATCHED, None),
    "waits": (Outcome.SUSPENSE, Reason.GROUP_INCOMPLETE),
    "uneven": (Outcome.BREAK, Reason.AMOUNT_MISMATCH),
}


def match_groups(members: DataFrame, columns: Sequence[str], match: Match) -> DataFrame:
    """Members, after the passes, with what their groups make of them, in the profile's order."""
    frame = members.select(
        "*",
        F.lit(None).cast("string").alias("unit_id"),
        F.lit(None).cast("bigint").alias("gap"),
    )
    for each in match.groups:
        settled, why = case_tables.result_of_case("case", _VERDICTS)
        done = F.col("case").isin("even", "uneven")
        unit = F.when(F.col("case").isNotNull(), F.concat(F.lit(f"{each.name}:"), "group_key"))
        frame = _classify_groups(frame, each).select(
            *columns,
            F.coalesce("settled", settled).alias("settled"),
            F.coalesce("why", why).alias("why"),
            *[
                name
                for name in (
                    *case_tables.RESULT_COLUMNS,
                    *passes.RESULT_COLUMNS,
                    *passes.passes_with_candidate_counts(match),
                )
                if name not in _SETTLED
            ],
            F.coalesce("matched_by", F.when(done, F.lit(each.name))).alias("matched_by"),
            F.coalesce("unit_id", unit).alias("unit_id"),
            F.coalesce("gap", F.when(done & F.col("is_first"), F.col("group_gap"))).alias("gap"),
        )
    return frame


def _classify_groups(frame: DataFrame, group: Group) -> DataFrame:
    """Adds `group_key`, `group_gap` by currency, `is_first`, and `case`: what the group comes to.

    A key with members on one side only is no group. A group may wait as long as a member in sight
    has a chance left.
    """
    free = F.col("settled").isNull() & F.col("partner").isNull()
    is_member = free & (F.col("status") == F.lit(Status.SUCCEEDED.value))
    key, beside = partition_by_key(F.when(is_member, F.col(normalized(group.on))))
    keyed = frame.withColumn("group_key", key).withColumn("group_beside", beside)
    # An engine moves rows once for what is over a group, and over a group's currency.
    one_group = ("group_key", "group_beside")
    whole = Window.partitionBy(*one_group)
    in_order = Window.partitionBy(*one_group, "currency").orderBy(
        F.col("side").asc(),
        F.when(is_line(), F.col("item_date")).asc(),
        F.when(is_line(), F.col("at")).asc_nulls_last(),
        F.col("id").asc(),
    )
    money = in_order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    exact = F.col("amount").cast("decimal(38,0)")
    signed = F.when(is_line(), exact).when(is_transaction(), -exact)
    both = _some(is_line(), whole) & _some(is_transaction(), whole)
    summed = keyed.withColumn("is_group", F.col("group_key").isNotNull() & both).withColumns(
        {
            "group_gap": F.sum(signed).over(money).cast("bigint"),
            "is_first": F.row_number().over(in_order) == F.lit(1),
        }
    )
    uneven = _some(F.col("group_gap") != F.lit(0), whole)
    waits = _some(F.col("in_sight") & F.col("in_window"), whole)
    told = summed.withColumns({"is_uneven": uneven, "may_wait": waits})
    here, odd = F.col("is_group"), F.col("is_uneven")
    case = case_tables.first_true_case(
        [("even", here & ~odd), ("waits", here & F.col("may_wait")), ("uneven", here)]
    )
    return told.withColumn("case", case)


def _some(holds: Column, over: WindowSpec) -> Column:
    return F.max(holds.cast("int")).over(over) == F.lit(1)
