"""From the checked lines of a date to its batches: what is due on each, and what was charged."""

from typing import Any, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from jobs.fees.batches.price import Batch, format_major, price_batch
from schemas.fee_schedule import FeeSchedule
from schemas.money import sum_amounts
from schemas.tables import FEE_CHECKS, FEE_TOTALS
from schemas.vocabulary import FeeResult

_KEYS = ("business_date", "channel", "entry", "schedule", "currency", "batch_ref_norm")
#: Columns of batches as `fee_checks` and `fee_totals` have them, and what groups their lines.
_OF_CHECKS = ("business_date", "channel", "currency", "amount", "charged", "due", "difference",
              "result", "schedule", "batch_ref", "components", "explanation")  # fmt: skip
_OF_TOTALS = ("lines", "tax")
_SCHEMA = StructType([
    *(FEE_CHECKS.schema[name] for name in _OF_CHECKS),
    *(FEE_TOTALS.schema[name] for name in _OF_TOTALS),
    StructField("batch_ref_norm", StringType()),
])  # fmt: skip


class Checks(NamedTuple):
    """The checks of a date: a row per line as `compare.check_fees`, and a row per batch whose entry
    has one price for all of its lines; None if no entry has.

    On a line of such a batch nothing is due, and its result is OK: the batch is judged.
    """

    lines: DataFrame
    batches: DataFrame | None


def check_batches(checks: DataFrame, schedule: FeeSchedule) -> Checks:
    """Prices the batches of a date. `checks` are its lines, stored, as `schedule.by_line()` has
    them.

    Rows of batches: `schedule`, `batch_ref` (the date, if the lines have none; with it
    `batch_ref_norm` is null), `business_date`, `channel`, `currency`, `lines`, `amount`, `charged`,
    `due`, `difference`, `result`, `tax`, `components`, `explanation`; minor units.
    """
    if not schedule.has_batches:
        return Checks(checks, None)
    numbers = [number for number, entry in enumerate(schedule.entries) if entry.is_batch]
    is_of_batch = F.coalesce(F.col("entry").isin(*numbers), F.lit(False))
    zero, ok = F.lit(0).cast("bigint"), F.lit(FeeResult.OK.value)
    lines = checks.withColumns(
        {
            "is_of_batch": is_of_batch,
            "due": F.when(is_of_batch, zero).otherwise(F.col("due")),
            "difference": F.when(is_of_batch, F.col("charged")).otherwise(F.col("difference")),
            "result": F.when(is_of_batch, ok).otherwise(F.col("result")),
            "tax": F.when(~is_of_batch, F.col("tax")),
        }
    )
    summed = _sum_lines(checks.where(is_of_batch), schedule).collect()
    rows = [_price_row(row.asDict(), schedule) for row in summed]
    return Checks(lines, checks.sparkSession.createDataFrame(rows, _SCHEMA))


def describe_batches(batches: DataFrame) -> DataFrame:
    """The rows of `fee_checks` of batches whose fee is wrong; there is no line to name."""
    wrong = batches.where(F.col("result") != F.lit(FeeResult.OK.value))
    types = {field.name: field.dataType for field in FEE_CHECKS.schema}
    nothing = [name for name in FEE_CHECKS.columns if name not in batches.columns]
    empty = [F.lit(None).cast(types[name]).alias(name) for name in nothing]
    return wrong.select("*", *empty).select(*FEE_CHECKS.columns)


def _sum_lines(lines: DataFrame, schedule: FeeSchedule) -> DataFrame:
    """The lines of each batch added up: their parts of the base, how many raise it, what was
    charged.
    """
    part, zero = F.col("due"), F.lit(0).cast("bigint")
    raises = F.when(part > zero, F.lit(1)).when(part < zero, F.lit(-1)).otherwise(F.lit(0))
    steps = [F.max(each.step_column).alias(each.step_column) for each in schedule.volumes]
    return lines.groupBy(*_KEYS).agg(
        F.count(F.lit(1)).alias("lines"),
        F.min("batch_ref").alias("batch_ref"),
        sum_amounts(part).cast("bigint").alias("base"),
        F.sum(raises).cast("bigint").alias("raised"),
        sum_amounts(F.col("amount")).cast("bigint").alias("amount"),
        sum_amounts(F.col("fee")).cast("bigint").alias("charged"),
        *steps,
    )


def _price_row(summed: dict[str, Any], schedule: FeeSchedule) -> tuple[Any, ...]:
    """A row of batches, in the order of `_SCHEMA`; a batch none of whose lines has a fee lacks
    it.
    """
    entry = schedule.entries[summed["entry"]]
    steps = {each.step_column: summed[each.step_column] for each in schedule.volumes}
    batch = Batch(summed["base"], summed["raised"], summed["currency"], steps)
    fee = price_batch(entry, batch)
    due, charged = sum(fee.dues.values()), summed["charged"] or 0
    difference = charged if entry.billed is not None else charged - due
    if abs(difference) <= entry.tolerance:
        result = FeeResult.OK
    elif summed["charged"] is None:
        result = FeeResult.FEE_MISSING
    else:
        result = FeeResult.OVERCHARGED if difference > 0 else FeeResult.UNDERCHARGED
    texts = [f"{name}: {text}" for name, text in fee.texts.items()]
    working = "; ".join(texts) if len(texts) > 1 else next(iter(fee.texts.values()))
    base = format_major(summed["base"], summed["currency"])
    values = summed | {
        "batch_ref": summed["batch_ref"] or str(summed["business_date"]),
        "charged": charged,
        "due": due,
        "difference": difference,
        "result": result.value,
        "tax": fee.tax,
        "components": [*fee.dues.items()],
        "explanation": f"batch of {summed['lines']} lines, base {base}: {working}",
    }
    return tuple(values[name] for name in _SCHEMA.fieldNames())
