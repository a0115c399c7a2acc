"""Step 5, groups: lines and transactions that share an order or batch reference, compared by sums.

Only SUCCEEDED items are members, of any kind, with their signs. A group settles its members in the
columns of `case_tables`. A group that waits holds its members. Pairs that differ in their amounts
alone join a group that they complete.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.item_columns import is_line, is_transaction, partition_by_key
from jobs.matching.steps import passes
from jobs.matching.steps.pairs.tolerance import tolerance
from schemas.profile.match_rules import Group, Match
from schemas.vocabulary import Outcome, Reason, Status, normalized_column

_RESULTS: dict[str, case_tables.Result] = {
    "equal": (Outcome.MATCHED, None),
    "waits": (Outcome.SUSPENSE, Reason.GROUP_INCOMPLETE),
    "unequal": (Outcome.BREAK, Reason.AMOUNT_MISMATCH),
}
#: Partition columns of a group: the second one spreads the items without a key.
_ONE_GROUP = ("group_key", "group_bucket")


def match_groups(participants: DataFrame, columns: Sequence[str], match: Match) -> DataFrame:
    """Settles the members of groups after the passes, one group rule after the other.

    The result has `columns` and the results of the steps before. A pair that joins a group is no
    pair any more.
    """
    frame = participants
    for group in match.groups:
        outcome, reason = case_tables.result_of_case("case", _RESULTS)
        is_done = F.col("case").isin("equal", "unequal")
        is_first = is_done & F.col("is_first")
        unit = F.when(F.col("case").isNotNull(), F.concat(F.lit(f"{group.name}:"), "group_key"))
        was_pair = F.col("case").isNotNull() & F.col("partner").isNotNull()
        dissolved = {name: F.when(~was_pair, F.col(name)) for name in ("partner", "matched_by")}
        classified = _classify_members(_offer_pairs(frame, group, match)).withColumns(dissolved)
        frame = classified.select(
            *columns,
            *case_tables.update_results(
                step_outcome=outcome,
                step_reason=reason,
                matched_by=F.when(is_done, F.lit(group.name)),
                unit_id=unit,
                gap=F.when(is_first, F.col("group_difference")),
                is_unit_late=F.when(is_done, F.col("was_broken")),
            ),
            *passes.RESULT_COLUMNS,
            *passes.passes_with_candidate_counts(match),
        )
    return frame


def _offer_pairs(frame: DataFrame, group: Group, match: Match) -> DataFrame:
    """Adds `_ONE_GROUP`, whether an item `is_free`, and whether its pair `is_offered`.

    A pass made the pair, both bear the key, and their amounts are all that differs.
    """
    unsettled = F.col("step_outcome").isNull() & (F.col("status") == F.lit(Status.SUCCEEDED.value))
    is_free, by_pass = F.col("partner").isNull(), F.col("matched_by").isin(_pass_names(match))
    pair = F.when(is_line(), F.col("partner")).when(is_transaction(), F.col("id"))
    has_key = unsettled & (is_free | by_pass)
    key, bucket = partition_by_key(F.when(has_key, F.col(normalized_column(group.on))))
    keyed = frame.withColumns(
        {
            "group_key": key,
            "group_bucket": bucket,
            "is_free": key.isNotNull() & is_free,
            "pair": F.when(key.isNotNull() & ~is_free, pair),
        }
    )
    one_pair = Window.partitionBy(*_ONE_GROUP, "pair")
    is_whole = F.count("pair").over(one_pair) == F.lit(2)
    one_currency = F.min("currency").over(one_pair) == F.max("currency").over(one_pair)
    distance = F.max("amount").over(one_pair) - F.min("amount").over(one_pair)
    limit = tolerance(match, F.col("matched_by"), F.col("currency"))
    differs = distance > (F.lit(0) if limit is None else F.coalesce(limit, F.lit(0)))
    return keyed.withColumn("is_offered", is_whole & one_currency & differs)


def _pass_names(match: Match) -> list[str]:
    return [pass_.name for pass_ in match.passes]


def _classify_members(keyed: DataFrame) -> DataFrame:
    """Adds `group_difference` by currency, `is_first`, `was_broken` and the `case` of the group.

    The offered pairs of a key join its free members if the sums are equal with them; otherwise they
    stand. A key with members on one side only is no group. A group may wait while a reported member
    has a matching attempt left; if nobody is reported, it stays as it is.
    """
    # The engine shuffles once for the windows over a group and over its currencies.
    whole_group = Window.partitionBy(*_ONE_GROUP)
    whole_currency = Window.partitionBy(*_ONE_GROUP, "currency")
    is_free, is_offered = F.col("is_free"), F.col("is_offered")
    exact = F.col("amount").cast("decimal(38,0)")
    signed = F.when(is_line(), exact).when(is_transaction(), -exact)
    free, both = F.when(is_free, signed), F.when(is_free | is_offered, signed)
    summed = keyed.withColumns(
        {
            "free_difference": F.sum(free).over(whole_currency).cast("bigint"),
            "whole_difference": F.sum(both).over(whole_currency).cast("bigint"),
            "has_both": _any_in(is_free & is_line(), whole_group)
            & _any_in(is_free & is_transaction(), whole_group),
            "may_join": _any_in(is_free, whole_group) & _any_in(is_offered, whole_group),
        }
    )
    unequal, unequal_with_pairs = (
        _any_in(F.col(name) != F.lit(0), whole_group)
        for name in ("free_difference", "whole_difference")
    )
    joins = F.col("may_join") & ~unequal_with_pairs
    compared = summed.withColumns({"is_unequal": unequal, "joins": joins})
    is_member = is_free | (is_offered & F.col("joins"))
    difference = F.when(F.col("joins"), F.lit(0)).otherwise(F.col("free_difference"))
    in_order = whole_currency.orderBy(
        (~is_member).asc(),
        F.col("side").asc(),
        F.when(is_line(), F.col("item_date")).asc(),
        F.when(is_line(), F.col("at")).asc_nulls_last(),
        F.col("id").asc(),
    )
    is_reported, is_within = F.col("is_reportable"), F.col("is_within_window")
    flagged = compared.withColumns(
        {
            "group_difference": difference.cast("bigint"),
            "is_first": F.row_number().over(in_order) == F.lit(1),
            "was_broken": _any_in(is_member & F.col("is_broken"), whole_group),
            "may_wait": _any_in(is_free & is_reported & is_within, whole_group)
            | ~_any_in(is_free & is_reported, whole_group),
        }
    )
    joins, is_group = is_member & F.col("joins"), is_free & F.col("has_both")
    case = case_tables.first_true_case(
        [
            ("equal", joins | (is_group & ~F.col("is_unequal"))),
            ("waits", is_group & F.col("may_wait")),
            ("unequal", is_group),
        ]
    )
    return flagged.withColumn("case", case)


def _any_in(condition: Column, window: WindowSpec) -> Column:
    """Whether the condition is true for some row of the window."""
    return F.max(condition.cast("int")).over(window) == F.lit(1)
