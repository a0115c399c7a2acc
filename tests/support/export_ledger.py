"""Outcomes of the WeChat channel on one day, for tests of exports."""

from functools import partial

from pyspark.sql import DataFrame, SparkSession

from schemas.tables import OUTCOMES
from tests.support import ledger

DAY = ledger.day(6)

outcome = partial(ledger.outcome_row, on=6, channel="wechat")
amount_break = partial(ledger.amount_break_row, on=6, channel="wechat")
internal_only = partial(ledger.internal_only_row, on=6, channel="wechat")
statement_only = partial(ledger.statement_only_row, on=6, channel="wechat")


def outcome_frame(spark: SparkSession, *rows: ledger.Row) -> DataFrame:
    """The rows as a frame of `outcomes`."""
    return ledger.frame_of(spark, OUTCOMES, rows)
