"""The outcomes of earlier dates that a match reads, and the checks before it begins."""

from datetime import UTC, date, datetime, time, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.ingestion.day_state import DayState
from jobs.lake.partitions import count_rows
from jobs.lake.received_files import UNKNOWN_FILE, list_merged_files
from jobs.lake.tables import Lake
from jobs.matching.steps.closed_outcomes import ClosedOutcomes
from jobs.reconcile.fast_path import row_filter_of
from schemas.errors import LakeInconsistent
from schemas.profile.channel import Profile
from schemas.tables import INTERNAL_TRANSACTIONS, OPEN_ITEMS, OUTCOMES, STATEMENT_LINES
from schemas.vocabulary import MATCHED_BY_VOID


def read_closed_outcomes(
    lake: Lake, profile: Profile, day: date, transactions: DataFrame
) -> ClosedOutcomes:
    """Outcomes of the run dates in the look-back, and a few older ones.

    The older ones are the rows of today's transactions that occurred before the look-back, and of
    other transactions with their our_ref; and unpaired lines with the channel_ref of such a pair,
    and lines that void one of all these: the transaction has to agree with them.
    """
    since, channel = day - timedelta(days=profile.match.lookback), profile.channel
    files = lake.list_data_files(OUTCOMES, day - timedelta(days=1), channel, since=since)
    rows, count = lake.read_files(OUTCOMES, files), count_rows(files)
    recent = ClosedOutcomes(rows, count, row_filter_of(lake, files))
    if profile.first_date >= since:
        return recent
    # The match looks back to the day before a transaction. That day is earlier than `since` only if
    # the transaction occurred by the end of `since` in the profile's zone; west of UTC this end is
    # at most one day later in UTC.
    limit = datetime.combine(since, time(), UTC) + timedelta(days=2)
    old = transactions.where(F.col("occurred_at") < F.lit(limit))
    oldest = old.agg(F.min("occurred_at").alias("at")).collect()[0]["at"]
    if oldest is None:
        return recent
    earlier = lake.read_days(
        OUTCOMES, oldest.date() - timedelta(days=2), since - timedelta(days=1), channel
    )
    own_ref = F.coalesce("internal_our_ref_norm", "our_ref_norm").alias("our_ref_norm")
    with_ref = earlier.where(F.col("txn_id").isNotNull()).select("txn_id", own_ref)
    same_ref = with_ref.join(old.select("our_ref_norm"), on="our_ref_norm", how="left_semi")
    wanted_ids = old.select("txn_id").unionByName(same_ref.select("txn_id"))
    pairs = earlier.join(wanted_ids, on="txn_id", how="left_semi")
    match_key = ["kind", "channel_ref_norm"]
    single_lines = earlier.where(F.col("txn_id").isNull())
    lines = single_lines.join(pairs.select(*match_key), on=match_key, how="left_semi")
    of_numbers = pairs.unionByName(lines)
    older = lake.stage(of_numbers.unionByName(_find_voids(single_lines, of_numbers)), "older")
    return ClosedOutcomes(
        rows.unionByName(older),
        count + 1,
        lambda keys, columns: recent.rows_with_keys(keys, columns).unionByName(
            older.select(*columns)
        ),
    )


def _find_voids(single_lines: DataFrame, voided: DataFrame) -> DataFrame:
    """Rows of lines alone that void, over the cut-off, the line of one of some rows."""
    names_line = F.col("duplicate_of").isNotNull()
    voids = single_lines.where((F.col("matched_by") == F.lit(MATCHED_BY_VOID)) & names_line)
    ids = voided.select(F.col("line_id").alias("duplicate_of"))
    # What stands under a number of the pair is among `voided` itself.
    own = voided.select("run_date", "line_id")
    voids = voids.join(ids, on="duplicate_of", how="left_semi").select(*single_lines.columns)
    return voids.join(own, on=["run_date", "line_id"], how="left_anti").select(
        *single_lines.columns
    )


def is_idle(lake: Lake, state: DayState, channel: str) -> bool:
    """Whether a date has no inputs and no rows, as many dates before a first file."""
    day = state.business_date
    days = ((OPEN_ITEMS, day - timedelta(days=1)), (OPEN_ITEMS, day), (OUTCOMES, day))
    return not (state.line_count or state.snapshot_rows) and not any(
        lake.count_rows(table, date_, channel) for table, date_ in days
    )


def assert_lake_consistent(lake: Lake, state: DayState, channel: str) -> None:
    """Checks, before the run writes anything, that the day's rows are those of its accepted files,
    as many as `statement_files` and `snapshot_files` say.

    Raises:
        LakeInconsistent: an ingest was killed between two writes, or data files were removed.
    """
    day = state.business_date
    lines = lake.count_rows_by_file(STATEMENT_LINES, day, channel)
    transactions = lake.count_rows_by_file(INTERNAL_TRANSACTIONS, day, channel)
    of_snapshot = {*state.snapshot_ids, UNKNOWN_FILE}
    other = sum(rows for file_id, rows in transactions.items() if file_id not in of_snapshot)
    merged = list_merged_files(lake.list_data_files(STATEMENT_LINES, day, channel))
    in_force = {file_id for _, file_id in state.files}
    strangers = lines.keys() - in_force if merged else set()
    for items, stored, accepted in (
        ("lines", sum(lines[file_id] for file_id in in_force), state.line_count),
        ("lines of files not in force", sum(lines[file_id] for file_id in strangers), 0),
        ("transactions", transactions.total() - other, state.snapshot_rows),
        ("transactions of a snapshot not in force", other, 0),
    ):
        if stored != accepted:
            raise LakeInconsistent(
                f"{channel} {day}: {accepted} {items} were accepted, the lake has {stored};"
                " run `tieout ingest` for that date again"
            )
