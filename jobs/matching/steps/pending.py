"""Transactions whose number stands on a PENDING line of the day: the channel is not finished."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching.item_columns import directed_kind, is_transaction, kind_and_reference

_REFERENCES = ("our_ref_norm", "channel_ref_norm")


def hold_pending(
    participants: DataFrame, pending_lines: DataFrame, late: int, day: date, attempts: int
) -> DataFrame:
    """Sets `is_not_final` of transactions; this run's `attempts` do not count for them.

    That holds for `late` days from an item's first run date, and not once it broke.
    """
    names = participants.columns
    frame = participants
    for name in _REFERENCES:
        number = kind_and_reference(directed_kind(), name)
        numbers = pending_lines.where(F.col(name).isNotNull()).select(number.alias(f"of_{name}"))
        numbers = numbers.groupBy(f"of_{name}").agg(F.lit(True).alias(f"by_{name}"))
        keyed = frame.withColumn(f"of_{name}", F.when(is_transaction(), number))
        frame = keyed.join(numbers, on=f"of_{name}", how="left")
    by_number = F.coalesce(*[f"by_{name}" for name in _REFERENCES], F.lit(False))
    is_in_time = F.datediff(F.lit(day), F.col("first_run_date")) < F.lit(late)
    held = by_number & F.col("broke_on").isNull() & is_in_time
    chances = (F.col("chances") - F.when(held, F.lit(attempts)).otherwise(F.lit(0))).cast("int")
    changed: dict[str, Column] = {"is_not_final": held, "chances": chances}
    return frame.select(*[changed.get(name, F.col(name)).alias(name) for name in names])
