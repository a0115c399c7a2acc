"""Possible copies: lines without references that equal an earlier line of another file.

Lines are marked on the day on which they come. Source: docs/reference/rules.md, "Possible copies".
"""

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.matching.item_columns import (
    COPIED_LINE,
    COPY_CLASS,
    directed_kind,
    is_line,
    partition_by_key,
)

#: What must be equal beside kind and direction; two nulls are equal.
_EQUAL_COLUMNS = ("amount", "currency", "traded_at", "account_tail", "payer_name",
                  "order_ref_norm", "batch_ref_norm")  # fmt: skip


def mark_copies(
    participants: DataFrame, lines: DataFrame, earlier_lines: DataFrame, day: date
) -> DataFrame:
    """Participants with `copy_of` of today's lines: the first line that each may be a copy of.

    `lines` are today's rows of `statement_lines`, `earlier_lines` those of the look-back; each is
    of an accepted file, whatever its scope and status.
    """
    names = participants.columns
    both = _select_bare(lines).unionByName(_select_bare(earlier_lines))
    equal = ("directed_kind", *_EQUAL_COLUMNS)
    order = F.struct("business_date", "line_id", "file_id")
    first = F.min(order).over(Window.partitionBy(*equal))
    ranked = both.withColumn("first", first)
    of_other_file = F.when(F.col("file_id") != F.col("first")["file_id"], order)
    second = F.min(of_other_file).over(Window.partitionBy(*equal))
    ranked = ranked.withColumn("second", second)
    is_in_first = F.col("file_id") == F.col("first")["file_id"]
    other = F.when(is_in_first, F.col("second")).otherwise(F.col("first"))
    named = ranked.where(F.col("business_date") == F.lit(day)).select(
        F.col("line_id").alias("marked_line"),
        F.struct("business_date", "line_id").alias("own"),
        other.alias("other"),
    )
    is_earlier = F.struct(F.col("other")["business_date"], F.col("other")["line_id"]) < F.col("own")
    marks = named.where(F.col("other").isNotNull() & is_earlier)
    marks = marks.select("marked_line", F.col("other")["line_id"].alias("new_copy_of"))
    joined = participants.join(marks, on=F.col("line_id") == F.col("marked_line"), how="left")
    copy_of = F.coalesce("copy_of", "new_copy_of").alias("copy_of")
    return joined.select(*[copy_of if name == "copy_of" else F.col(name) for name in names])


def _select_bare(lines: DataFrame) -> DataFrame:
    """Lines without our_ref and channel_ref, and with a time."""
    has_none = F.col("our_ref_norm").isNull() & F.col("channel_ref_norm").isNull()
    return lines.where(has_none & F.col("traded_at").isNotNull()).select(
        directed_kind().alias("directed_kind"), *_EQUAL_COLUMNS, "business_date", "line_id",
        "file_id",
    )  # fmt: skip


def original_is_free(is_free: Column) -> Column:
    """Whether the line that a possible copy names is a participant that nothing has settled."""
    free_line = F.when(is_free & is_line(), F.col("id"))
    alike = Window.partitionBy(*partition_by_key(F.col(COPY_CLASS)))
    free_lines = F.collect_set(free_line).over(alike)
    return F.coalesce(F.array_contains(free_lines, F.col(COPIED_LINE)), F.lit(False))
