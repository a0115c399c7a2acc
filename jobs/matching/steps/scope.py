"""Step 1: lines that take no part: not ours, not final yet, or payouts to our own account."""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import and_

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from schemas.comparable_text import to_comparable
from schemas.profile.scope import Exclusion, Scope
from schemas.vocabulary import Kind, Reason, Reference, Status, normalized_column

#: What a line's exclusion adds to it: the reason, and the name of the rule that excludes it.
EXCLUSION_COLUMNS = ("exclusion_reason", "excluded_by")
_PATTERNS = ("our_ref", "channel_ref", "order_ref", "payer_name", "text")
_WORDS = ("kind", "product", "card_type", "merchant_id", "terminal_id", "currency")


def add_exclusions(lines: DataFrame, scope: Scope, date_column: str) -> DataFrame:
    """Lines with `EXCLUSION_COLUMNS`; both are null if the line takes part.

    A PENDING line takes no part, whatever its scope, and neither does a SETTLEMENT line, which is
    for the settlement check. A line without the value that the scope
    compares is taken for ours, and fits no rule of `exclude`; of these the first that fits counts,
    if it holds on the date of the line. `lines` has the columns of an item.
    """
    is_settlement = F.col("kind") == F.lit(Kind.SETTLEMENT.value)
    unexpected = (F.col("status") == F.lit(Status.PENDING.value)) | is_settlement
    outside = F.coalesce(_is_outside(scope), F.lit(False))
    compared = [name for name in _PATTERNS if any(getattr(rule, name) for rule in scope.exclude)]
    comparable = _add_comparable_texts(lines, compared) if compared else lines
    rules = [F.when(_fits(rule, date_column), F.lit(rule.name)) for rule in scope.exclude]
    by_rule = F.coalesce(*rules) if rules else F.lit(None).cast("string")
    no_part = (
        F.when(unexpected, F.lit(Reason.NOT_EXPECTED.value))
        .when(outside, F.lit(Reason.OUT_OF_SCOPE.value))
        .when(by_rule.isNotNull(), F.lit(Reason.OUT_OF_SCOPE.value))
    )
    reason, name = EXCLUSION_COLUMNS
    excluded_by = F.when(~unexpected & ~outside, by_rule)
    excluded = comparable.select("*", no_part.alias(reason), excluded_by.alias(name))
    return excluded.drop(*map(_comparable, compared))


def _is_outside(scope: Scope) -> Column:
    outside = F.lit(False)
    for reference in ("our_ref", "channel_ref", "order_ref"):
        pattern = getattr(scope, reference)
        if pattern is not None:
            outside = outside | ~F.col(f"{reference}_norm").rlike(pattern)
    for column, own_values in (("merchant_id", scope.merchants), ("terminal_id", scope.terminals)):
        if own_values:
            outside = outside | ~F.col(column).isin(list(own_values))
    return outside


def _fits(rule: Exclusion, date_column: str) -> Column:
    conditions = [F.col(date_column) >= F.lit(rule.since)]
    for name in _WORDS:
        words = getattr(rule, name)
        if words is not None:
            conditions.append(F.col(name).isin(list(words)))
    for name in _PATTERNS:
        pattern = getattr(rule, name)
        if pattern is not None:
            conditions.append(F.col(_comparable(name)).rlike(pattern))
        if pattern is not None and name in tuple(Reference):
            conditions.append(F.col(normalized_column(name)).isNotNull())
    if rule.amount is not None and rule.amount.min is not None:
        conditions.append(F.col("amount") >= F.lit(rule.amount.min))
    if rule.amount is not None and rule.amount.max is not None:
        conditions.append(F.col("amount") <= F.lit(rule.amount.max))
    return reduce(and_, conditions)


def _comparable(name: str) -> str:
    return f"comparable_{name}"


def _add_comparable_texts(lines: DataFrame, names: Sequence[str]) -> DataFrame:
    """Adds some columns as `comparable_text` has them. No engine has NFKC, so Python does it."""

    def convert(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            added = [to_comparable_column(batch.column(name)) for name in names]
            columns = [*batch.columns, *added]
            fields = [*batch.schema.names, *map(_comparable, names)]
            yield pa.RecordBatch.from_arrays(columns, names=fields)

    # A type of its own: `add` would change that of the lines, which Spark keeps with the frame.
    added = [StructField(_comparable(name), StringType()) for name in names]
    return lines.mapInArrow(convert, StructType([*lines.schema.fields, *added]))


def to_comparable_column(texts: pa.Array) -> pa.Array:
    """A column of texts as they are compared; each text is converted once."""
    encoded = texts.cast(pa.string()).dictionary_encode()
    converted = [to_comparable(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(converted, pa.string()).take(encoded.indices)


def count_excluded_of_ours(excluded: DataFrame, transactions: DataFrame) -> DataFrame:
    """Lines that a rule excludes though a transaction of ours bears their number.

    One row per rule: `excluded_by`, how many `lines`, and the id of the first, `line_id`.
    """
    hits = [
        excluded.where(F.col(name).isNotNull())
        .join(transactions.where(F.col(name).isNotNull()).select(name), on=name, how="left_semi")
        .select("excluded_by", "line_id")
        for name in ("our_ref_norm", "channel_ref_norm")
    ]
    lines = hits[0].unionByName(hits[1]).groupBy("excluded_by", "line_id").agg(F.lit(1).alias("n"))
    counted = F.count("line_id").alias("lines"), F.min("line_id").alias("line_id")
    return lines.groupBy("excluded_by").agg(*counted)
