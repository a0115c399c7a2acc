"""Steps 6 and 7: what an item comes to that nobody met. It waits, is not expected, or breaks; and
after a break it may still be met for a while, out of sight.
"""

from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.matching.item_columns import NOT_PAID, is_line, is_transaction
from schemas.profile.match_rules import Match
from schemas.vocabulary import Outcome, Reason


def _not_expected() -> Column:
    return F.col("status").isin(*NOT_PAID)


def outcome() -> Column:
    """EXCLUDED for what failed, SUSPENSE within the window, BREAK beyond it; null out of sight."""
    sight, waits = F.col("in_sight"), F.col("in_window")
    return (
        F.when(sight & _not_expected(), F.lit(Outcome.EXCLUDED.value))
        .when(sight & waits, F.lit(Outcome.SUSPENSE.value))
        .when(sight & ~waits, F.lit(Outcome.BREAK.value))
    )


def reason() -> Column:
    """NOT_EXPECTED for what failed, AMBIGUOUS for who had a candidate, else the side it is on."""
    sight = F.col("in_sight")
    return (
        F.when(sight & _not_expected(), F.lit(Reason.NOT_EXPECTED.value))
        .when(sight & F.col("rival"), F.lit(Reason.AMBIGUOUS.value))
        .when(sight & is_transaction(), F.lit(Reason.INTERNAL_ONLY.value))
        .when(sight & is_line(), F.lit(Reason.STATEMENT_ONLY.value))
    )


def broke_on(day: date) -> Column:
    """The run on which an item broke one-sided: an earlier one, this one, or none."""
    breaks = ~_not_expected() & ~F.col("in_window")
    return F.coalesce("broke_on", F.when(breaks, F.lit(day)))


def stays_open(match: Match, day: date) -> Column:
    """Whether an item that nobody met is open after the run.

    A late candidate is for `late` run dates, unless it is sent again as failed; any other until it
    breaks, or, where it failed, until its window has closed.
    """
    late = F.col("broke_on").isNotNull()
    in_window = F.col("in_window")
    remains = late & still_late(match, day) & ~(F.col("in_sight") & _not_expected())
    breaks = ~late & ~in_window & ~_not_expected() & F.lit(match.late > 0)
    return (~late & in_window) | remains | breaks


def still_late(match: Match, day: date) -> Column:
    """Whether a late candidate is one on the next run, too."""
    return F.date_add("broke_on", match.late) > F.lit(day)
