"""What a match reads older the day itself, and whether it may begin."""

from datetime import UTC, date, datetime, time, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.ingestion.day_state import DayState
from jobs.lake.partitions import count_rows
from jobs.lake.tables import Lake
from jobs.matching.steps.closed_outcomes import ClosedOutcomes
from jobs.reconcile.fast_path import row_filter_of
from schemas.errors import LakeInconsistent
from schemas.profile.channel import Profile
from schemas.tables import INTERNAL_TRANSACTIONS, OPEN_ITEMS, OUTCOMES, STATEMENT_LINES


def read_closed_outcomes(
    lake: Lake, profile: Profile, day: date, transactions: DataFrame
) -> ClosedOutcomes:
    """Outcomes of the run dates that a run looks back at.

    Of those before the look-back only the rows of today's transactions that are older than it, and
    lines alone of the numbers in them: with a later state such a transaction has to agree.
    """
    since, channel = day - timedelta(days=profile.match.lookback), profile.channel
    dates = (since + timedelta(days=n) for n in range(profile.match.lookback))
    files = [each for date_ in dates for each in lake.list_data_files(OUTCOMES, date_, channel)]
    rows, count = lake.read_files(OUTCOMES, files), count_rows(files)
    near = ClosedOutcomes(rows, count, row_filter_of(lake, files))
    if profile.first_date >= since:
        return near
    # Whose day before is earlier than `since` occurred by the end of `since` in the profile's zone,
    # which west of UTC is within a day of its end in UTC.
    limit = datetime.combine(since, time(), UTC) + timedelta(days=2)
    old = transactions.where(F.col("occurred_at") < F.lit(limit)).select("txn_id", "occurred_at")
    oldest = old.agg(F.min("occurred_at").alias("at")).collect()[0]["at"]
    if oldest is None:
        return near
    far = lake.read_days(
        OUTCOMES, oldest.date() - timedelta(days=2), since - timedelta(days=1), channel
    )
    pairs = far.join(old.select("txn_id"), on="txn_id", how="left_semi")
    number = ["kind", "channel_ref_norm"]
    unpaired_lines = far.where(F.col("txn_id").isNull())
    later = unpaired_lines.join(pairs.select(*number), on=number, how="left_semi")
    older = lake.stage(pairs.unionByName(later), "far")
    return ClosedOutcomes(
        rows.unionByName(older),
        count + 1,
        lambda keys, columns: near.rows_with_keys(keys, columns).unionByName(
            older.select(*columns)
        ),
    )


def is_idle(lake: Lake, state: DayState, channel: str) -> bool:
    """Whether nothing goes into a date and nothing stands in it: many such may come before a first
    file.
    """
    day = state.business_date
    days = ((OPEN_ITEMS, day - timedelta(days=1)), (OPEN_ITEMS, day), (OUTCOMES, day))
    return not (state.line_count or state.snapshot_rows) and not any(
        lake.count_rows(table, date_, channel) for table, date_ in days
    )


def assert_lake_consistent(lake: Lake, state: DayState, channel: str) -> None:
    """Makes sure, before anything is written, that the day's rows are those of its files.

    Raises:
        LakeInconsistent: an ingest was killed between two writes.
    """
    day = state.business_date
    lines = lake.count_rows(STATEMENT_LINES, day, channel, [each for _, each in state.files])
    rows = lake.count_rows(INTERNAL_TRANSACTIONS, day, channel)
    for what, there, accepted in (
        ("lines", lines, state.line_count),
        ("transactions", rows, state.snapshot_rows),
    ):
        if there != accepted:
            raise LakeInconsistent(
                f"{channel} {day}: {accepted} {what} were accepted, {there} are there;"
                " run `tieout ingest` for that date again"
            )
