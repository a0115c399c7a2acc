"""Steps 6 and 7: unmatched items. An item waits, is not expected, or breaks.

After a one-sided break an item is a late candidate for a while: a later run may still match it.
"""

from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.matching.item_columns import NOT_PAID, is_line, is_transaction
from schemas.profile.match_rules import Match
from schemas.vocabulary import Outcome, Reason


def _is_unpaid() -> Column:
    return F.col("status").isin(*NOT_PAID)


def outcome() -> Column:
    """SUSPENSE if the channel is not finished, EXCLUDED if the item failed, SUSPENSE within the
    window, else BREAK; null if not reported.

    An item that broke before its window closed, as a member of a unit, does not wait again.
    """
    is_reportable = F.col("is_reportable")
    is_within = F.col("is_within_window") & F.col("broke_on").isNull()
    return (
        F.when(F.col("is_not_final"), F.lit(Outcome.SUSPENSE.value))
        .when(is_reportable & _is_unpaid(), F.lit(Outcome.EXCLUDED.value))
        .when(is_reportable & is_within, F.lit(Outcome.SUSPENSE.value))
        .when(is_reportable & ~is_within, F.lit(Outcome.BREAK.value))
    )


def reason() -> Column:
    """NOT_FINAL if the channel is not finished, NOT_EXPECTED if the item failed, AMBIGUOUS if it
    had a candidate, else its side.
    """
    is_reportable = F.col("is_reportable")
    return (
        F.when(F.col("is_not_final"), F.lit(Reason.NOT_FINAL.value))
        .when(is_reportable & _is_unpaid(), F.lit(Reason.NOT_EXPECTED.value))
        .when(is_reportable & F.col("had_candidate"), F.lit(Reason.AMBIGUOUS.value))
        .when(is_reportable & is_transaction(), F.lit(Reason.INTERNAL_ONLY.value))
        .when(is_reportable & is_line(), F.lit(Reason.STATEMENT_ONLY.value))
    )


def broke_on(day: date) -> Column:
    """The run on which an item broke one-sided: an earlier one, this one, or null."""
    breaks = ~_is_unpaid() & ~F.col("is_within_window") & ~F.col("is_not_final")
    return F.coalesce("broke_on", F.when(breaks, F.lit(day)))


def stays_open(match: Match, day: date) -> Column:
    """Whether an unmatched item is open after the run.

    An item of which the channel is not finished is. A late candidate is open for `late` run dates,
    unless it is sent again as failed. Another item is open until its window closes; then it becomes
    a late candidate, unless it failed.
    """
    late = F.col("broke_on").isNotNull()
    within = F.col("is_within_window")
    stays_late = late & is_late_tomorrow(match, day) & ~(F.col("is_reportable") & _is_unpaid())
    breaks = ~late & ~within & ~_is_unpaid() & F.lit(match.late > 0)
    return (~late & (within | F.col("is_not_final"))) | stays_late | breaks


def is_late_tomorrow(match: Match, day: date) -> Column:
    """Whether a late candidate is still one on the next run."""
    return F.date_add("broke_on", match.late) > F.lit(day)
