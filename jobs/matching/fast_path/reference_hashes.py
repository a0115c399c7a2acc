"""References as hashes of 64 bits, by which the match compares many rows in few bytes."""

from collections.abc import Collection, Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching.fast_path.keeper import ReferenceKeys
from jobs.matching.fast_path.plain_keys import void_mark_as_hash
from jobs.matching.item_columns import UNDONE, directed_kind, directed_kind_of
from jobs.matching.steps.closed_outcomes import ClosedOutcomes
from jobs.matching.steps.lookback.closed_rows import LOOKUP_COLUMNS
from jobs.matching.steps.scope import add_exclusions
from schemas.profile.channel import Profile
from schemas.reference_hashes import (
    HASH,
    OTHER_HASH,
    OUR_HASH,
    OUT_OF_SCOPE,
    SECOND_HASH,
    VOID_MARK,
)
from schemas.tables import HASH_COLUMNS
from schemas.vocabulary import MATCHED_BY_VOID, Reason, Status

#: What keeps the hashes of different references apart.
SALTS: Mapping[str, int] = {"our_ref_norm": 1, "channel_ref_norm": 2, "txn_id": 3}
#: What keeps the second hash of an our_ref apart from the first ones.
_SECOND_SALT = 4
_UNDONE_SALT = 5
_STORED: Mapping[str, str] = dict(zip(HASH_COLUMNS[:3], SALTS, strict=True))


def reference_hash(reference: str, amount: str = "amount") -> Column:
    """A reference and its kind with direction as a hash, null where there is none; a `txn_id` has
    no kind.

    `amount` is the column whose sign is the direction.
    """
    parts = [F.lit(SALTS[reference]), F.col(reference)]
    if reference != "txn_id":
        parts.append(directed_kind(amount=amount))
    return F.when(F.col(reference).isNotNull(), F.xxhash64(*parts))


def hash_references(
    lines: DataFrame, transactions: DataFrame, profile: Profile
) -> tuple[DataFrame, DataFrame]:
    """The hashes of each line and of each transaction, a row for each.

    `our_hash` and `second_hash` are two hashes of kind and `our_ref`, so that two references which
    share the first one are told apart; `other_hash` is that of a line's `channel_ref` or of a
    transaction's `txn_id`. All are null where the reference is. Lines have `is_out_of_scope`, too.

    What the steps must look at has second hashes that differ: an amount, where parts of a payment
    or groups compare sums, and a transaction that does not stand, which a void may settle.
    """
    compares_sums = profile.match.captures or bool(profile.match.groups)
    compared = ("amount", "currency") if compares_sums else ()
    second = F.xxhash64(F.lit(_SECOND_SALT), directed_kind(), "our_ref_norm", *compared)
    own = F.xxhash64(F.lit(_UNDONE_SALT), "txn_id")
    is_undone = F.col("status").isin(*UNDONE)
    second_of_transaction = F.when(is_undone, own).otherwise(second)
    return (
        add_exclusions(lines, profile.scope, "business_date").select(
            *_hashes_of_our_ref(second),
            reference_hash("channel_ref_norm").alias(OTHER_HASH),
            F.col("exclusion_reason").isNotNull().alias(OUT_OF_SCOPE),
        ),
        transactions.select(
            *_hashes_of_our_ref(second_of_transaction), reference_hash("txn_id").alias(OTHER_HASH)
        ),
    )


def _hashes_of_our_ref(second: Column) -> list[Column]:
    return [
        reference_hash("our_ref_norm").alias(OUR_HASH),
        F.when(F.col("our_ref_norm").isNotNull(), second).alias(SECOND_HASH),
    ]


def list_hashes(items: DataFrame, *references: str) -> DataFrame:
    """One row (HASH) per item and reference that it has."""
    return reduce(
        DataFrame.unionByName,
        [
            items.where(F.col(name).isNotNull()).select(reference_hash(name).alias(HASH))
            for name in references
        ],
    )


def stored_hashes(present: Collection[str] = ()) -> dict[str, Column]:
    """The hashes that a row of `outcomes` stores, by column, without the columns `present`."""
    hashes = {
        column: reference_hash(reference, "statement_amount")
        for column, reference in _STORED.items()
    }
    hashes |= {"internal_mark": _internal_mark(), "void_mark": _void_mark()}
    return {name: value for name, value in hashes.items() if name not in present}


def _internal_mark() -> Column:
    own_ref = F.nullif("internal_our_ref_norm", F.lit(""))
    reference = F.when(F.col("internal_our_ref_norm").isNotNull(), own_ref).when(
        F.col("internal_kind").isNotNull(), F.col("our_ref_norm")
    )
    kind = F.coalesce("internal_kind", "kind")
    sign = F.signum("internal_amount")
    directed = directed_kind_of(kind, sign)
    value = F.xxhash64(F.lit(SALTS["our_ref_norm"]), reference, directed)
    return F.when(reference.isNotNull(), value)


def _void_mark() -> Column:
    """Pairs and changed transactions that do not stand, and the lines that void one."""
    is_undone = F.col("internal_status").isin(*UNDONE) & F.col("txn_id").isNotNull()
    of_line = F.col("statement_status") == F.lit(Status.SUCCEEDED.value)
    is_changed = F.array_contains("reasons", Reason.CHANGED_AFTER_MATCH.value)
    is_void = (F.col("matched_by") == F.lit(MATCHED_BY_VOID)) & F.col("duplicate_of").isNotNull()
    is_voidable = (is_undone & of_line) | (is_undone & is_changed) | is_void
    return F.when(is_voidable, F.lit(VOID_MARK).cast("bigint"))


def lookup_hashes(lines: DataFrame, transactions: DataFrame) -> DataFrame:
    """The hashes by which look-back finds closed rows: see `ReferenceKeys.lookup_hashes`."""
    of_lines = list_hashes(lines, "our_ref_norm", "channel_ref_norm")
    of_transactions = list_hashes(transactions, "our_ref_norm", "txn_id")
    return of_lines.unionByName(of_transactions).unionByName(void_mark_as_hash(lines))


def closed_rows_of(
    today: DataFrame | ReferenceKeys, closed: ClosedOutcomes
) -> tuple[DataFrame, DataFrame | None]:
    """Hashes (HASH) of what earlier runs closed, all that today has among them; and those closed
    rows, with the other rows of their numbers and transactions, in `lookback.LOOKUP_COLUMNS`; None
    where there are none.

    Some rows more do no harm: the rules compare them by their texts.
    """
    matches = closed.rows_with_keys(today, HASH_COLUMNS)
    columns = [
        matches.where(F.col(name).isNotNull()).select(F.col(name).alias(HASH))
        for name in HASH_COLUMNS
    ]
    hashes = reduce(DataFrame.unionByName, columns)
    if matches.isEmpty():
        return hashes, None
    return hashes, closed.rows_with_keys(hashes, LOOKUP_COLUMNS)
