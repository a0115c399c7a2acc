"""What each refund of a payment gives back, component by component, never more than was due."""

from collections.abc import Callable

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.fees.choice import choose
from jobs.fees.components import Bases, component_dues, component_names, value_of_entry
from jobs.fees.due import share_due
from jobs.fees.explanation import minor_digits, money_text
from schemas.fee_schedule import RETURN_RULES, FeeEntry, FeeSchedule
from schemas.fees.price import TAX, Rounding

Materialize = Callable[[DataFrame, str], DataFrame]
#: Rules whose refunds count against the fee of their payment.
_COUNTED = ("return", "return_rate")
_SHARE, _RATE = "return_share", "return_rate"


def price_events(
    priced: DataFrame, take_backs: DataFrame, schedule: FeeSchedule, materialize: Materialize
) -> DataFrame:
    """What each refund owes, per component: `line_id`, `number`, `name`, `due`, and why.

    Of `priced` (refunds with entry and payment) those with an entry; `take_backs` as
    `originals.find_take_backs`.
    """
    owing = priced.where(F.col("entry").isNotNull())
    # Stored, as the engine would otherwise repeat the prices in every column that depends on them.
    components = materialize(_explode_components(owing, schedule), "refund_components")
    counted = components.withColumn(
        "counted", F.when(F.col("rule").isin(*_COUNTED), F.col("own_due")).otherwise(F.lit(0))
    )
    columns = ("key", "name", "business_date", "at", "line_id", "size", "counted")
    named = counted.select("line_id", "key", "name", "size", "counted")
    withdrawn = (
        take_backs.where(~F.col("is_repeat"))
        .withColumnRenamed("refund_id", "line_id")
        .join(named, on="line_id", how="inner")
        .select(
            "key", "name",
            F.col("take_date").alias("business_date"),
            F.col("since_at").alias("at"),
            F.col("since_id").alias("line_id"),
            (-F.col("size")).alias("size"),
            (-F.col("counted")).alias("counted"),
        )
    )  # fmt: skip
    before = (
        Window.partitionBy("key", "name")
        .orderBy("business_date", "at", "line_id")
        .rowsBetween(Window.unboundedPreceding, -1)
    )
    zero = F.lit(0).cast("bigint")
    sums = counted.select(*columns).unionByName(withdrawn).select(
        "line_id", "name",
        F.coalesce(F.sum("size").over(before), zero).alias("size_before"),
        F.coalesce(F.sum("counted").over(before), zero).alias("counted_before"),
    )  # fmt: skip
    dues = counted.join(sums, on=["line_id", "name"], how="inner").withColumn("due", _due(schedule))
    return materialize(dues.withColumn("minor", minor_digits(F.col("currency"))), "refund_dues")


def sum_components(
    of_day: DataFrame, priced: DataFrame, dues: DataFrame, takes: DataFrame
) -> DataFrame:
    """Adds up the components of the refunds of a date, and of those that take refunds back.

    One row per refund: `line_id`, `entry`, `has_payment`, `priced_due` (null without an entry),
    `tax_on_top`, `priced_components` (array of name, due), `note`.
    """
    dues = dues.select("line_id", "number", "name", "due", _note().alias("note"))
    names = takes.withColumnRenamed("refund_id", "line_id")
    is_repeat = F.col("is_repeat")
    taken_back = dues.join(names, on="line_id", how="inner").select(
        F.col("take_id").alias("line_id"), "number", "name",
        F.when(is_repeat, F.lit(0)).otherwise(-F.col("due")).alias("due"),
        F.when(is_repeat, F.lit("the refund was taken back before"))
        .otherwise(F.concat(F.lit("takes back: "), F.col("note")))
        .alias("note"),
    )  # fmt: skip
    sums = (
        dues.unionByName(taken_back)
        .groupBy("line_id")
        .agg(
            F.sum("due").alias("sum"),
            F.sum(F.when(F.col("name") == F.lit(TAX), F.col("due"))).alias("tax"),
            F.sort_array(F.collect_list(F.struct("number", "name", "due", "note"))).alias("parts"),
        )
    )
    has_payment = F.col("payment_id").isNotNull().alias("has_payment")
    rows = of_day.select("line_id", "entry", has_payment).unionByName(
        priced.select("line_id", "entry", has_payment)
        .join(names, on="line_id", how="inner")
        .select(F.col("take_id").alias("line_id"), "entry", "has_payment")
    )
    zero = F.lit(0).cast("bigint")
    return rows.join(sums, on="line_id", how="left").select(
        "line_id", "entry", "has_payment",
        F.when(F.col("entry").isNotNull(), F.coalesce("sum", zero)).alias("priced_due"),
        F.coalesce("tax", zero).alias("tax_on_top"),
        F.transform("parts", lambda part: F.struct(part["name"].alias("name"),
                                                   part["due"].alias("due"))
        ).alias("priced_components"),
        F.array_join(F.transform("parts", lambda part: part["note"]), "; ").alias("note"),
    )  # fmt: skip


def _explode_components(priced: DataFrame, schedule: FeeSchedule) -> DataFrame:
    """One row per refund and component: `own_due`, the fee of the refund's amount, and `cap`, the
    fee of the payment; null where it is not known.
    """
    refund = Bases(F.col("size"), F.col("size"))
    payment = Bases(F.col("paid"), F.col("paid_base"), prefix="paid_")
    is_known = F.col("original").isNotNull() & (F.col("paid_currency") == F.col("currency"))

    def price_of(number: str, bases: Bases, name: str, is_rate_only: bool | None = None) -> Column:
        def due(entry: FeeEntry) -> Column | None:
            without_fixed = entry.refund_rule == _RATE if is_rate_only is None else is_rate_only
            return component_dues(entry, bases, without_fixed).get(name)

        return value_of_entry(F.col(number), schedule, due).cast("bigint")

    def own_due(name: str) -> Column:
        due = price_of("entry", refund, name)
        if {_RATE, "charge"} <= {entry.refund_rule for entry in schedule.entries}:
            # What is charged again is charged whole, also by an entry that returns rates only.
            whole = price_of("entry", refund, name, is_rate_only=False)
            due = F.when(F.col("rule") == F.lit("charge"), whole).otherwise(due)
        return due

    def value(name: str, number: int) -> Column:
        fee = F.when(
            F.col("rule") == F.lit(_RATE), price_of("original", payment, name, is_rate_only=True)
        ).otherwise(price_of("original", payment, name, is_rate_only=False))
        paid_fee = F.when(F.col("is_paid"), F.coalesce(fee, F.lit(0).cast("bigint"))).otherwise(
            F.lit(0).cast("bigint")
        )
        return F.struct(
            F.lit(number).alias("number"),
            F.lit(name).alias("name"),
            own_due(name).alias("own_due"),
            F.when(is_known, paid_fee).alias("cap"),
            value_of_entry(
                F.col("entry"), schedule, lambda entry: _rounding_of(entry, name)
            ).cast("string").alias("rounding"),
        )  # fmt: skip

    values = [value(name, number) for number, name in enumerate(component_names(schedule))]
    key = F.concat_ws("|", F.coalesce("payment_id", "line_id"), "currency").alias("key")
    kept = ("line_id", "business_date", "at", "currency", "size", "is_reversed", "payment_id",
            "paid", "rule")  # fmt: skip
    exploded = priced.select(*kept, key, F.explode(F.array(*values)).alias("c"))
    parts = [F.col(f"c.{name}") for name in ("number", "name", "own_due", "cap", "rounding")]
    return exploded.select(*kept, "key", *parts).where(F.col("own_due").isNotNull())


def _rounding_of(entry: FeeEntry, name: str) -> Column | None:
    price = entry if name == TAX else entry.prices.get(name)
    return None if price is None else F.lit(price.rounding)


def _due(schedule: FeeSchedule) -> Column:
    """What one component of a refund owes, by its rule."""
    own, cap, before = F.col("own_due"), F.col("cap"), F.col("counted_before")
    rule, zero = F.col("rule"), F.lit(0).cast("bigint")
    capped = F.least(cap, before + own) - F.least(cap, before)
    size_before = F.col("size_before")
    share = _share(size_before + F.col("size"), schedule) - _share(size_before, schedule)
    unknown = own if schedule.return_unknown == "return" else zero
    returned = (
        F.when(F.col("payment_id").isNull(), unknown)
        .when(cap.isNull(), own)
        .when(rule == F.lit(_SHARE), share)
        .otherwise(capped)
    )
    due = F.when(rule == F.lit("charge"), own).otherwise(
        F.when(rule == F.lit("keep"), zero).otherwise(-returned)
    )
    return F.when(F.col("is_reversed"), -due).otherwise(due)


def _share(part: Column, schedule: FeeSchedule) -> Column:
    """The share of the payment's fee that belongs to a part of the payment, rounded."""
    roundings: set[Rounding] = {
        price.rounding
        for entry in schedule.entries
        if entry.refund_rule == _SHARE
        for price in (entry, *entry.prices.values())
    }
    shares = (
        (F.col("rounding") == F.lit(each), share_due(F.col("cap"), part, F.col("paid"), each))
        for each in sorted(roundings)
    )
    return choose(shares).cast("bigint")


def _note() -> Column:
    """The working of one component of a refund, in words."""

    def money(amount: Column) -> Column:
        return money_text(amount, F.col("minor"))

    size_after = F.col("size_before") + F.col("size")
    size, back = money(F.col("size")), money(F.col("due"))
    own, before = F.col("own_due"), F.col("counted_before")
    is_over = F.coalesce(size_after > F.col("paid"), F.lit(False))
    over = F.concat(
        F.lit("; refunds of "), money(size_after),
        F.lit(" exceed the payment of "), money(F.col("paid")),
    )  # fmt: skip
    of_fee = F.concat(
        F.lit(" returns "), money(own), F.lit(" of the fee of "), money(F.col("cap")),
        F.lit(", of which refunds before it returned "), money(F.least(F.col("cap"), before)),
    )  # fmt: skip
    of_share = F.concat(
        F.lit(" returns its share of the fee of "), money(F.col("cap")), F.lit(", refunded "),
        money(F.col("size_before")), F.lit(" before of "), money(F.col("paid")),
    )  # fmt: skip
    rule = F.col("rule")
    working = (
        F.when(rule == F.lit("keep"), F.lit(": the fee is kept"))
        .when(rule == F.lit("charge"), F.lit(": a fee is charged again"))
        .when(F.col("payment_id").isNull(), F.lit(": its payment is not known"))
        .when(F.col("cap").isNull(), F.lit(": the fee of its payment is not known"))
        .when(rule == F.lit(_SHARE), of_share)
        .otherwise(of_fee)
    )
    is_return = rule.isin(*RETURN_RULES)
    return F.concat(
        F.col("name"), F.lit(": refund of "), size, working, F.lit(", due "), back,
        F.when(is_return & is_over, over).otherwise(F.lit("")),
    )  # fmt: skip
