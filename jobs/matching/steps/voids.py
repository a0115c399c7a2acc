"""Before the passes: a payment and its void on one statement, where ours was taken back.

Lines of both directions that share our_ref and add up to nothing are one unit with the only
transaction of that our_ref, if it is REVERSED, CLOSED or FAILED. Their kinds may differ.
Source: docs/reference/rules.md, "Voids".
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from jobs.matching import case_tables
from jobs.matching.item_columns import UNDONE, is_line, is_transaction, partition_by_key
from schemas.vocabulary import MATCHED_BY_VOID, Outcome, Status


def settle_voids(frame: DataFrame, columns: Sequence[str], *more: str) -> DataFrame:
    """Settles lines that add up to nothing with their transaction; MATCHED as one unit.

    Takes and returns `columns`, the result columns, and `more`.
    """
    is_void = F.col("is_void")
    is_first = is_void & (F.col("number_in_currency") == F.lit(1))
    unit_id = F.concat(F.lit(f"{MATCHED_BY_VOID}:"), F.col("only_transaction"))
    return find_voids(frame).select(
        *columns,
        *case_tables.update_results(
            step_outcome=F.when(is_void, F.lit(Outcome.MATCHED.value)),
            matched_by=F.when(is_void, F.lit(MATCHED_BY_VOID)),
            unit_id=F.when(is_void, unit_id),
            gap=F.when(is_first, F.lit(0).cast("bigint")),
            is_unit_late=F.when(is_void, F.col("any_broken") == F.lit(1)),
        ),
        *more,
    )


def find_voids(frame: DataFrame) -> DataFrame:
    """Adds `is_void` to the members of a unit, with `only_transaction`, `any_broken` and
    `number_in_currency`: the place of a member among those of its currency.
    """
    is_free = F.col("step_outcome").isNull() & F.col("our_ref_norm").isNotNull()
    is_paid = (F.col("status") == F.lit(Status.SUCCEEDED.value)) & (F.col("amount") != F.lit(0))
    is_member = is_free & (is_transaction() | is_paid)
    reference, bucket = partition_by_key(F.when(is_member, F.col("our_ref_norm")))
    keyed = frame.withColumns({"void_ref": reference, "void_bucket": bucket})
    together = Window.partitionBy("void_ref", "void_bucket")
    in_order = Window.partitionBy("void_ref", "void_bucket", "currency").orderBy(
        F.col("side").asc(),
        F.when(is_line(), F.col("item_date")).asc(),
        F.when(is_line(), F.col("at")).asc_nulls_last(),
        F.col("id").asc(),
    )
    whole_currency = in_order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    exact = F.when(is_line(), F.col("amount").cast("decimal(38,0)"))
    summed = keyed.withColumns(
        {
            "sum_in_currency": F.sum(exact).over(whole_currency),
            "number_in_currency": F.row_number().over(in_order),
        }
    )
    is_added_up = F.coalesce(F.col("sum_in_currency"), F.lit(0)) == F.lit(0)
    is_undone = F.col("status").isin(*UNDONE)
    counted = summed.withColumns(
        {
            "coming": _count(is_line() & (F.col("amount") > F.lit(0)), together),
            "leaving": _count(is_line() & (F.col("amount") < F.lit(0)), together),
            "transactions": _count(is_transaction(), together),
            "undone": _count(is_transaction() & is_undone, together),
            "left_over": _count(~is_added_up, together),
            "any_broken": F.max(F.col("is_broken").cast("int")).over(together),
            "only_transaction": F.max(F.when(is_transaction(), F.col("id"))).over(together),
        }
    )
    is_void = (
        F.col("void_ref").isNotNull()
        & (F.col("coming") > F.lit(0))
        & (F.col("leaving") > F.lit(0))
        & (F.col("transactions") == F.lit(1))
        & (F.col("undone") == F.lit(1))
        & (F.col("left_over") == F.lit(0))
    )
    return counted.withColumn("is_void", is_void)


def _count(condition: Column, window: WindowSpec) -> Column:
    return F.count(F.when(condition, F.lit(1))).over(window)
