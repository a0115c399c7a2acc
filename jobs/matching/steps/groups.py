"""Step 5, groups: lines and transactions that share an order or batch reference, compared by sums.

Only SUCCEEDED items are members, of any kind, with their signs. A group settles its members in the
columns of `case_tables`. A group that waits holds its members.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.item_columns import is_line, is_transaction, partition_by_key
from jobs.matching.steps import passes
from schemas.profile.match_rules import Group, Match
from schemas.vocabulary import Outcome, Reason, Status, normalized_column

_RESULTS: dict[str, case_tables.Result] = {
    "equal": (Outcome.MATCHED, None),
    "waits": (Outcome.SUSPENSE, Reason.GROUP_INCOMPLETE),
    "unequal": (Outcome.BREAK, Reason.AMOUNT_MISMATCH),
}


def match_groups(participants: DataFrame, columns: Sequence[str], match: Match) -> DataFrame:
    """Settles the members of groups after the passes, one group rule after the other.

    The result has `columns` and the results of the steps before.
    """
    frame = participants
    for group in match.groups:
        outcome, reason = case_tables.result_of_case("case", _RESULTS)
        is_done = F.col("case").isin("equal", "unequal")
        is_first = is_done & F.col("is_first")
        unit = F.when(F.col("case").isNotNull(), F.concat(F.lit(f"{group.name}:"), "group_key"))
        frame = _classify_groups(frame, group).select(
            *columns,
            *case_tables.update_results(
                step_outcome=outcome,
                step_reason=reason,
                matched_by=F.when(is_done, F.lit(group.name)),
                unit_id=unit,
                gap=F.when(is_first, F.col("group_difference")),
            ),
            *passes.RESULT_COLUMNS,
            *passes.passes_with_candidate_counts(match),
        )
    return frame


def _classify_groups(frame: DataFrame, group: Group) -> DataFrame:
    """Adds `group_key`, `group_difference` by currency, `is_first`, and the `case` of the group.

    A key with members on one side only is no group. A group may wait while a reportable member has
    a matching attempt left.
    """
    is_free = F.col("step_outcome").isNull() & F.col("partner").isNull()
    is_member = is_free & (F.col("status") == F.lit(Status.SUCCEEDED.value))
    key, bucket = partition_by_key(F.when(is_member, F.col(normalized_column(group.on))))
    keyed = frame.withColumn("group_key", key).withColumn("group_bucket", bucket)
    # The engine shuffles once for the windows over a group and over its currencies.
    one_group = ("group_key", "group_bucket")
    whole_group = Window.partitionBy(*one_group)
    in_order = Window.partitionBy(*one_group, "currency").orderBy(
        F.col("side").asc(),
        F.when(is_line(), F.col("item_date")).asc(),
        F.when(is_line(), F.col("at")).asc_nulls_last(),
        F.col("id").asc(),
    )
    whole_currency = in_order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    exact = F.col("amount").cast("decimal(38,0)")
    signed = F.when(is_line(), exact).when(is_transaction(), -exact)
    has_both = _any_in(is_line(), whole_group) & _any_in(is_transaction(), whole_group)
    summed = keyed.withColumn("is_group", F.col("group_key").isNotNull() & has_both).withColumns(
        {
            "group_difference": F.sum(signed).over(whole_currency).cast("bigint"),
            "is_first": F.row_number().over(in_order) == F.lit(1),
        }
    )
    unequal = _any_in(F.col("group_difference") != F.lit(0), whole_group)
    may_wait = _any_in(F.col("is_reportable") & F.col("is_within_window"), whole_group)
    flagged = summed.withColumns({"is_unequal": unequal, "may_wait": may_wait})
    is_group, is_unequal = F.col("is_group"), F.col("is_unequal")
    case = case_tables.first_true_case(
        [
            ("equal", is_group & ~is_unequal),
            ("waits", is_group & F.col("may_wait")),
            ("unequal", is_group),
        ]
    )
    return flagged.withColumn("case", case)


def _any_in(condition: Column, window: WindowSpec) -> Column:
    """Whether the condition is true for some row of the window."""
    return F.max(condition.cast("int")).over(window) == F.lit(1)
