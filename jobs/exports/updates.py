"""Status updates for the transaction system: one line of JSON per transaction."""

from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

#: Keys of a line, in order. `difference` is in minor units of `currency`; nulls are left out.
UPDATE_KEYS = (
    "txn_id",
    "run_date",
    "channel",
    "outcome",
    "reasons",
    "action",
    "channel_ref",
    "currency",
    "difference",
)
#: Text that others wrote. All other values are our own codes, numbers and dates: JSON needs no
#: escapes for them.
_FREE_TEXT = ("txn_id", "channel_ref")
#: Keys that every row has; a row without one of them goes to the engine's JSON encoder.
_ALWAYS = ("run_date", "channel", "outcome", "reasons", "action")
_NEEDS_ESCAPE = r'["\\\x00-\x1f]'


def encode_updates(outcomes: DataFrame) -> DataFrame:
    """One JSON line, column `value`, per row of `outcomes` with a `txn_id`."""
    # Concatenation costs a third of the engine's JSON encoder, and gives the same text. The encoder
    # is for the few rows whose text needs escapes.
    needs_encoder = F.concat_ws("", *_FREE_TEXT).rlike(_NEEDS_ESCAPE)
    needs_encoder = needs_encoder | reduce(or_, [F.col(name).isNull() for name in _ALWAYS])
    encoded = F.when(needs_encoder, F.to_json(F.struct(*UPDATE_KEYS))).when(
        ~needs_encoder, _concatenated_line()
    )
    return outcomes.where(F.col("txn_id").isNotNull()).select(encoded.alias("value"))


def _concatenated_line() -> Column:
    """The JSON line as one concatenation; a member whose value is null is left out."""
    has_reasons = F.size("reasons") > F.lit(0)
    reasons = F.concat(F.lit('["'), F.concat_ws('","', "reasons"), F.lit('"]'))
    return F.concat(
        F.lit('{"txn_id":"'), F.col("txn_id"),
        F.lit('","run_date":"'), F.col("run_date").cast("string"),
        F.lit('","channel":"'), F.col("channel"),
        F.lit('","outcome":"'), F.col("outcome"),
        F.lit('","reasons":'), F.when(has_reasons, reasons).when(~has_reasons, F.lit("[]")),
        F.lit(',"action":"'), F.col("action"), F.lit('"'),
        _member("channel_ref", '"'), _member("currency", '"'), _member("difference", ""),
        F.lit("}"),
    )  # fmt: skip


def _member(name: str, quote: str) -> Column:
    value = F.col(name).cast("string")
    member = F.concat(F.lit(f',"{name}":{quote}'), value, F.lit(quote))
    return F.coalesce(member, F.lit(""))
