"""What an item comes to that nobody met: it waits, is not expected, or breaks."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.profile import Window
from schemas.vocabulary import Outcome, Reason, Side, Status


def _in_window(window: Window) -> Column:
    ours = F.col("side") == F.lit(Side.INTERNAL.value)
    theirs = F.col("side") == F.lit(Side.STATEMENT.value)
    limit = F.when(ours, F.lit(window.internal)).when(theirs, F.lit(window.statement))
    return F.col("chances") <= limit


def _not_expected() -> Column:
    return F.col("status").isin(Status.FAILED.value, Status.CLOSED.value)


def outcome(window: Window) -> Column:
    """EXCLUDED for what failed, SUSPENSE within the window, BREAK beyond it."""
    waits = _in_window(window)
    return (
        F.when(_not_expected(), F.lit(Outcome.EXCLUDED.value))
        .when(waits, F.lit(Outcome.SUSPENSE.value))
        .when(~waits, F.lit(Outcome.BREAK.value))
    )


def reason() -> Column:
    """NOT_EXPECTED for what failed, AMBIGUOUS for who had a candidate, else the side it is on."""
    ours = F.col("side") == F.lit(Side.INTERNAL.value)
    return (
        F.when(_not_expected(), F.lit(Reason.NOT_EXPECTED.value))
        .when(F.col("rival"), F.lit(Reason.AMBIGUOUS.value))
        .when(ours, F.lit(Reason.INTERNAL_ONLY.value))
        .when(~ours, F.lit(Reason.STATEMENT_ONLY.value))
    )


def stays_open(window: Window) -> Column:
    """Whether an item that nobody met is open after the run: its window has not closed."""
    return _in_window(window)
