"""Second transactions of a payment: whoever was paid twice may have ordered twice."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching.advice.evidence import Evidence
from jobs.matching.item_columns import (
    DIRECTED_KIND,
    directed_kind,
    directed_kind_of,
    is_transaction,
)
from schemas.vocabulary import Reason

_SECOND = Reason.DUPLICATE_TRANSACTION.value


def find_second_transactions(lines: DataFrame, evidence: Evidence) -> DataFrame:
    """Lines beside which a transaction of their kind, direction and our_ref was put away as second,
    on this run or in the look-back: `line_id`, `found_id` (null) and `blocks`.
    """
    today = evidence.decided.where(is_transaction() & (F.col("reason") == F.lit(_SECOND)))
    is_recent = F.col("run_date") >= F.lit(evidence.since)
    rows = evidence.closed.rows.where(is_recent & F.array_contains("reasons", _SECOND))
    kind = directed_kind_of(F.coalesce("internal_kind", "kind"), F.col("internal_amount"))
    keys = [
        _key(today, directed_kind(), F.col("our_ref_norm")),
        _key(rows, kind, F.nullif("internal_our_ref_norm", F.lit(""))),
    ]
    on = [DIRECTED_KIND, "our_ref_norm"]
    hits = lines.select("line_id", *on).join(keys[0].unionByName(keys[1]), on=on, how="left_semi")
    return hits.select(
        "line_id",
        F.lit(None).cast("string").alias("found_id"),
        F.when(F.col("line_id").isNotNull(), F.lit(1)).alias("blocks"),
    )


def _key(rows: DataFrame, kind: Column, our_ref: Column) -> DataFrame:
    return rows.select(kind.alias(DIRECTED_KIND), our_ref.alias("our_ref_norm"))
