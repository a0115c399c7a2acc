"""Which batch a statement line belongs to, and what it adds to which sum.

Source: docs/reference/settlement.md, "1. Batches".
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.settlement.inputs import KeyKind
from schemas.profile.settlement import Settlement
from schemas.vocabulary import Kind, Status

_PAID_IN = (Kind.PAYMENT.value, Kind.TOP_UP.value)
#: Kinds that belong to a date where they have no batch_ref; other lines go to the carried money.
_OF_A_DATE = (*_PAID_IN, Kind.REFUND.value, Kind.SETTLEMENT.value)
#: Columns of a line that say to which batch it belongs and when.
_PLACE_COLUMNS = (
    "line_id", "business_date", "traded_at", "batch_ref_norm", "settlement_date", "merchant_id",
    "our_ref_norm", "channel_ref_norm", "original_ref_norm", "status",
)  # fmt: skip
_MONEY_COLUMNS = ("kind", "currency", "settlement_currency")
_AMOUNT_COLUMNS = ("amount", "fee", "settlement_amount")
LINE_COLUMNS = (*_PLACE_COLUMNS, *_MONEY_COLUMNS, *_AMOUNT_COLUMNS)


def select_counting_lines(
    lines: DataFrame, takes: DataFrame | None, earlier: DataFrame
) -> DataFrame:
    """The lines that count, with `LINE_COLUMNS`: SUCCEEDED ones, and a line that takes one back.

    `takes` has `take_id` and `taken_id`, both lines of `earlier`; None if no line takes any back.
    Such a line has its own place, and the money of the line that it takes back with the sign
    turned.
    """
    succeeded = lines.where(F.col("status") == F.lit(Status.SUCCEEDED.value)).select(*LINE_COLUMNS)
    if takes is None:
        return succeeded
    places = lines.select(F.col("line_id").alias("take_id"), *_PLACE_COLUMNS)
    money = earlier.select(
        F.col("line_id").alias("taken_id"),
        *_MONEY_COLUMNS,
        *[(-F.col(name)).alias(name) for name in _AMOUNT_COLUMNS],
    )
    taking = takes.join(places, on="take_id", how="inner").join(money, on="taken_id", how="inner")
    return succeeded.unionByName(taking.select(*LINE_COLUMNS))


def add_keys_and_sums(lines: DataFrame, rules: Settlement) -> DataFrame:
    """Adds to each line `key_kind`, `batch`, `per`, the `currency` in which it is settled, what it
    adds to each sum, and the fee within its net, minor units.

    A line that is settled in another currency enters with its `settlement_amount`, which is net;
    without that amount it enters as a line of its own currency, so that its money is not lost.
    """
    is_foreign = F.coalesce(F.col("settlement_currency") != F.col("currency"), F.lit(False))
    is_foreign = is_foreign & F.col("settlement_amount").isNotNull()
    is_settlement = F.col("kind") == F.lit(Kind.SETTLEMENT.value)
    amount = F.when(is_foreign, F.col("settlement_amount")).otherwise(F.col("amount"))
    # The fee of a SETTLEMENT line is of the lines that it closes; elsewhere its batch has a sum
    # that the channel declares.
    bears_fee = F.lit(True) if rules.batch_by == "settlement" else ~is_settlement
    has_fee = ~is_foreign & bears_fee & F.lit(rules.fees == "netted")
    fee = F.when(has_fee, F.coalesce("fee", F.lit(0).cast("bigint")))
    key_kind, batch = _key_of(rules)
    is_fee = F.col("kind") == F.lit(Kind.FEE.value)
    counted = ("PAYMENT", "TOP_UP", "REFUND", "CHARGEBACK", "FEE", "SETTLEMENT")
    return lines.select(
        "line_id", "business_date", "traded_at", "our_ref_norm", "channel_ref_norm",
        "batch_ref_norm", "original_ref_norm", "kind", "status",
        key_kind.alias("key_kind"),
        batch.alias("batch"),
        (F.coalesce("merchant_id", F.lit("")) if rules.per else F.lit("")).alias("per"),
        F.when(is_foreign, F.col("settlement_currency"))
        .otherwise(F.col("currency"))
        .alias("currency"),
        is_settlement.alias("is_settlement"),
        _sum_where(F.col("kind").isin(*_PAID_IN), amount).alias("gross"),
        _sum_where(F.col("kind") == F.lit(Kind.REFUND.value), amount).alias("refunds"),
        _sum_where(F.col("kind") == F.lit(Kind.CHARGEBACK.value), amount).alias("chargebacks"),
        _sum_where(~F.col("kind").isin(*counted), amount).alias("other"),
        (
            F.coalesce(fee, F.lit(0).cast("bigint")) - _sum_where(is_fee, amount)
        ).alias("fees"),
        _sum_where(is_settlement, amount).alias("settlements"),
        # The net once more, without the kinds: what the sums above are checked against.
        (
            _sum_where(~is_settlement, amount) - F.coalesce(fee, F.lit(0).cast("bigint"))
        ).alias("line_net"),
        F.coalesce(fee, F.lit(0).cast("bigint")).alias("line_fee"),
    )  # fmt: skip


def _sum_where(condition: Column, amount: Column) -> Column:
    return F.when(condition, amount).otherwise(F.lit(0).cast("bigint"))


def _key_of(rules: Settlement) -> tuple[Column, Column]:
    """The kind and the text of a line's key; null for lines that go to the carried money."""
    date_kind = F.lit(KeyKind.DATE.value)
    day = F.col("business_date").cast("string")
    settled_on = F.coalesce(F.col("settlement_date").cast("string"), day)
    if rules.batch_by == "settlement":
        return F.lit(KeyKind.UNCLOSED.value), F.lit("")
    if rules.batch_by == "business_date":
        return date_kind, day
    if rules.batch_by == "settlement_date":
        return date_kind, settled_on
    has_ref = F.col("batch_ref_norm").isNotNull()
    is_dated = F.col("kind").isin(*_OF_A_DATE)
    kind = F.when(has_ref, F.lit(KeyKind.REFERENCE.value)).when(is_dated, date_kind)
    return kind, F.when(has_ref, F.col("batch_ref_norm")).when(is_dated, settled_on)
