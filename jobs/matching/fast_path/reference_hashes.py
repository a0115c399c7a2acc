"""References as hashes of 64 bits, by which the match compares many rows in few bytes."""

from collections.abc import Collection, Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching.fast_path.keeper import ReferenceKeys
from jobs.matching.item_columns import directed_kind
from jobs.matching.steps.closed_outcomes import ClosedOutcomes
from jobs.matching.steps.lookback import LOOKUP_COLUMNS
from jobs.matching.steps.scope import exclusion_reason
from schemas.profile.channel import Scope
from schemas.reference_hashes import HASH, OTHER_HASH, OUR_HASH, OUT_OF_SCOPE, SECOND_HASH
from schemas.tables import HASH_COLUMNS

#: What keeps the hashes of different references apart.
SALTS: Mapping[str, int] = {"our_ref_norm": 1, "channel_ref_norm": 2, "txn_id": 3}
#: What keeps the second hash of an our_ref apart from the first ones.
_SECOND_SALT = 4
_STORED: Mapping[str, str] = dict(zip(HASH_COLUMNS, SALTS, strict=True))


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
    lines: DataFrame, transactions: DataFrame, scope: Scope
) -> tuple[DataFrame, DataFrame]:
    """The hashes of each line and of each transaction, a row for each.

    `our_hash` and `second_hash` are two hashes of kind and `our_ref`, so that two references which
    share the first one are told apart; `other_hash` is that of a line's `channel_ref` or of a
    transaction's `txn_id`. All are null where the reference is. Lines have `is_out_of_scope`, too.
    """
    return (
        lines.select(
            *_hashes_of_our_ref(),
            reference_hash("channel_ref_norm").alias(OTHER_HASH),
            exclusion_reason(scope).isNotNull().alias(OUT_OF_SCOPE),
        ),
        transactions.select(*_hashes_of_our_ref(), reference_hash("txn_id").alias(OTHER_HASH)),
    )


def _hashes_of_our_ref() -> list[Column]:
    second = F.xxhash64(F.lit(_SECOND_SALT), directed_kind(), F.col("our_ref_norm"))
    has_reference = F.col("our_ref_norm").isNotNull()
    return [
        reference_hash("our_ref_norm").alias(OUR_HASH),
        F.when(has_reference, second).alias(SECOND_HASH),
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
    return {
        column: reference_hash(reference, "statement_amount")
        for column, reference in _STORED.items()
        if column not in present
    }


def lookup_hashes(lines: DataFrame, transactions: DataFrame) -> DataFrame:
    """The hashes by which look-back finds closed rows: see `ReferenceKeys.lookup_hashes`."""
    of_lines = list_hashes(lines, "our_ref_norm", "channel_ref_norm")
    return of_lines.unionByName(list_hashes(transactions, "txn_id"))


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
