"""Adds to wrong fees how what is due was computed: by component, and in words."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.fees.components import (
    add_up,
    component_dues,
    line_bases,
    passed_through,
    value_of_entry,
)
from jobs.fees.explanation import minor_digits, money_text, price_text
from schemas.fee_schedule import FeeEntry, FeeSchedule
from schemas.fees.price import TAX, Price


def add_working(checks: DataFrame, schedule: FeeSchedule) -> DataFrame:
    """Adds `components` (array of name, due) and `explanation` to rows of `compare.check_fees`."""
    entry = F.col("entry")
    is_priced = F.col("is_owing") & entry.isNotNull()
    nothing = F.lit(": nothing is due")
    why_nothing = (
        F.when(F.col("due").isNull(), F.lit("no entry fits"))
        .when(entry.isNotNull(), F.concat(F.col("status"), nothing))
        .otherwise(F.concat(F.lit("no entry names "), F.col("kind"), nothing))
    )
    working = F.coalesce("note", value_of_entry(entry, schedule, _explain))
    components = value_of_entry(entry, schedule, _list_components)
    return checks.withColumn("minor", minor_digits(F.col("currency"))).select(
        "*",
        F.when(is_priced, components).alias("components"),
        F.when(is_priced, working).otherwise(why_nothing).alias("explanation"),
    )


def _list_components(entry: FeeEntry) -> Column:
    passed = passed_through(entry)
    own = _array(component_dues(entry, line_bases()) | passed)
    if not passed:
        return F.coalesce("priced_components", own)
    priced = F.col("priced_components")
    return (
        F.when(priced.isNull(), own)
        .when(F.col("taken_passed").isNotNull(), priced)
        .otherwise(F.concat(priced, _array(passed)))
    )


def _array(dues: dict[str, Column]) -> Column:
    parts = [F.struct(F.lit(name).alias("name"), due.alias("due")) for name, due in dues.items()]
    # The type of the stored ones: one engine joins no arrays of which one cannot hold nulls.
    return F.array(*parts).cast("array<struct<name:string,due:bigint>>")


def component_texts(entry: FeeEntry) -> dict[str, Column]:
    """By name, the working of each component of a line that is no refund; the tax comes last.

    Reads the column `minor`, as `explanation.minor_digits`.
    """
    minor = F.col("minor")
    texts = {}
    for name, price in entry.prices.items():
        if price.pass_through:
            due = money_text(F.coalesce(F.col(price.pass_through), F.lit(0).cast("bigint")), minor)
            texts[name] = F.concat(F.lit(f"{price.pass_through} of the line, "), due)
        else:
            texts[name] = price_text(
                line_bases().of(price), price, minor, line_bases().step_of(price)
            )
    if entry.tax is not None:
        dues = component_dues(entry, line_bases())
        fee = add_up(due for name, due in dues.items() if name != TAX)
        of_fee = Price(rate=entry.tax.rate, rounding=entry.rounding)
        is_on_top = entry.tax.mode == "on_top"
        texts[TAX] = price_text(fee, of_fee, minor) if is_on_top else F.lit("included")
    return texts


def _explain(entry: FeeEntry) -> Column:
    texts = component_texts(entry)
    if len(texts) == 1:
        return next(iter(texts.values()))
    labelled = (F.concat(F.lit(f"{name}: "), text) for name, text in texts.items())
    return F.concat_ws("; ", *labelled)
