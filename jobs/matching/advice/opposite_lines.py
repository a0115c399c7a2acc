"""Lines that take back the money of a line: paid, of the other direction, under one of its numbers.

Only lines in no pair and no unit count, as the last run of the look-back has left them. A line
whose last row is older counts as it is open.
"""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching.advice.earlier_records import NUMBERS
from jobs.matching.advice.evidence import Evidence, join_by_number
from jobs.matching.fast_path.keeper import Keep
from jobs.matching.fast_path.reference_hashes import list_hashes
from jobs.matching.item_columns import comes_in, is_line
from schemas.vocabulary import Status


def find_opposite_lines(lines: DataFrame, evidence: Evidence, keep: Keep) -> DataFrame:
    """One row or more per line and opposite line: `line_id`, `found_id`, `blocks`."""
    today = _lines_of_today(evidence)
    is_old = F.col("group_id").isNull() & (F.col("broke_on") < F.lit(evidence.since))
    still_open = evidence.open_items.where(is_line() & is_old).select(
        *_paid_line("status"), F.col("line_id").alias("found_id")
    )
    now = today.where("is_single").drop("is_single").unionByName(still_open)
    others = now.withColumn("is_earlier", F.lit(False)).unionByName(
        _single_rows(evidence).withColumn("is_earlier", F.lit(True))
    )
    hits = keep(_opposite(lines, others), "opposite_lines")
    opposite = hits.where(~F.col("is_earlier"))
    earlier = hits.where("is_earlier")
    if not earlier.isEmpty():
        with_row = today.select("found_id")
        earlier = earlier.join(with_row, on="found_id", how="left_anti")
        opposite = opposite.unionByName(_last_as_single(earlier, evidence).select(*hits.columns))
    blocks = F.when(F.col("line_id").isNotNull(), F.lit(1)).alias("blocks")
    return opposite.select("line_id", "found_id", blocks)


def _paid_line(status: str, amount: str = "amount") -> list[Column]:
    is_paid = F.col(status) == F.lit(Status.SUCCEEDED.value)
    names = [F.col("kind"), F.col(amount).alias("amount"), *map(F.col, NUMBERS)]
    return [*names, is_paid.alias("is_paid")]


def _lines_of_today(evidence: Evidence) -> DataFrame:
    """Lines that have a row on this run, but those of exact pairs."""
    has_row = F.col("outcome").isNotNull() | F.col("partner").isNotNull()
    is_single = F.col("partner").isNull() & F.col("unit_id").isNull()
    columns = [*_paid_line("status"), F.col("line_id").alias("found_id")]
    decided = evidence.decided.where(is_line() & has_row)
    return reduce(
        DataFrame.unionByName,
        [
            decided.select(*columns, is_single.alias("is_single")),
            evidence.excluded.select(*columns, F.lit(True).alias("is_single")),
        ],
    )


def _single_rows(evidence: Evidence) -> DataFrame:
    """Rows of earlier runs with a line alone."""
    is_single = F.col("txn_id").isNull() & (F.col("unit_id") == F.col("line_id"))
    is_recent = F.col("run_date") >= F.lit(evidence.since)
    return evidence.closed.rows.where(is_recent & is_single).select(
        *_paid_line("statement_status", "statement_amount"), F.col("line_id").alias("found_id")
    )


def _opposite(lines: DataFrame, others: DataFrame) -> DataFrame:
    """`others` that are paid and take back the money of a line."""
    own = lines.select("line_id", *NUMBERS, F.col("comes_in").alias("line_comes_in"))
    joined = join_by_number(own, others.where("is_paid"))
    return joined.where(comes_in() != F.col("line_comes_in"))


def _last_as_single(hits: DataFrame, evidence: Evidence) -> DataFrame:
    """Those whose last row stands alone."""
    references = {f"other_{name}": name for name in NUMBERS}
    numbers = hits.select("kind", "amount", *references).withColumnsRenamed(references)
    columns = ("run_date", "line_id", "txn_id", "unit_id")
    rows = evidence.closed.rows_with_keys(list_hashes(numbers, *NUMBERS), columns)
    is_single = F.col("txn_id").isNull() & (F.col("unit_id") == F.col("line_id"))
    last = (
        rows.where(F.col("line_id").isNotNull() & (F.col("run_date") >= F.lit(evidence.since)))
        .groupBy(F.col("line_id").alias("last_line"))
        .agg(F.max(F.struct("run_date", is_single.alias("is_single"))).alias("last"))
        .where(F.col("last")["is_single"])
        .select("last_line")
    )
    return hits.join(last, on=F.col("found_id") == F.col("last_line"), how="left_semi")
