"""Hashes of today's lines that may void a closed line: the steps must look at them."""

from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.matching.fast_path.reference_hashes import SALTS
from jobs.matching.item_columns import UNDONE, directed_kind_of
from schemas.reference_hashes import HASH
from schemas.vocabulary import Kind, Reason, Status


def hash_voids(closed_rows: DataFrame, transactions: DataFrame) -> DataFrame:
    """For each closed line that may be voided: the hashes (HASH) of its our_ref with every kind, in
    the other direction.

    A line may be voided if it SUCCEEDED and its transaction does not stand, as sent today or as an
    earlier run saw it. `closed_rows` are those that today's references find, in the columns of
    `LOOKUP_COLUMNS`.
    """
    is_undone = F.col("internal_status").isin(*UNDONE)
    undone = [
        transactions.where(F.col("status").isin(*UNDONE)).select("txn_id"),
        closed_rows.where(is_undone & F.col("txn_id").isNotNull()).select("txn_id"),
    ]
    paid = closed_rows.where(
        (F.col("statement_status") == F.lit(Status.SUCCEEDED.value))
        & F.col("our_ref_norm").isNotNull()
        & (F.col("statement_amount") != F.lit(0))
    ).select("txn_id", "our_ref_norm", "statement_amount", "reasons")
    of_pairs = paid.join(reduce(DataFrame.unionByName, undone), on="txn_id", how="left_semi")
    later_states = (Reason.ALREADY_RECONCILED, Reason.STATUS_MISMATCH)
    is_state = reduce(
        lambda some, more: some | more,
        [F.array_contains("reasons", reason.value) for reason in later_states],
    )
    of_states = paid.where(F.col("txn_id").isNull() & is_state)
    kinds = F.explode(F.array(*[F.lit(kind.value) for kind in Kind])).alias("kind")
    columns = ("our_ref_norm", "statement_amount")
    voidable = of_pairs.select(*columns).unionByName(of_states.select(*columns))
    kind = directed_kind_of(F.col("kind"), -F.col("statement_amount"))
    value = F.xxhash64(F.lit(SALTS["our_ref_norm"]), "our_ref_norm", kind)
    return voidable.select(*columns, kinds).select(value.alias(HASH))
