"""The rows of outcomes that may open, close or concern a break, which are few of a day's."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.casework.linked import FEW, link_few, link_many
from jobs.lake.tables import Lake
from jobs.matching.amount_at_risk import at_stake
from jobs.matching.fast_path.reference_hashes import reference_hash
from jobs.matching.item_columns import directed_kind
from schemas.profile.channel import Profile
from schemas.tables import OUTCOMES
from schemas.vocabulary import DECIDED_BY, Outcome, Reason

Row = dict[str, Any]

_COLUMNS = (
    "run_date", "channel", "reasons", "action", "matched_by", "kind", "currency", "txn_id",
    "line_id", "duplicate_of", "our_ref", "channel_ref", "order_ref", "our_ref_norm",
    "channel_ref_norm", "internal_status", "statement_status", "internal_amount",
    "statement_amount", "internal_currency", "statement_date", "chances", "our_mark",
    "channel_mark",
)  # fmt: skip
_FOLLOWERS = (
    "line_id string, run_date date, txn_id string, duplicate_of string, our_mark long,"
    " channel_mark long"
)


@dataclass(frozen=True)
class Scope:
    """The dates with outcomes, the stale ones among them, and the version that is read."""

    dates: tuple[date, ...]
    stale: tuple[date, ...]
    version: int

    @property
    def changed(self) -> tuple[date, ...]:
        """The dates from the first stale one on."""
        return tuple(day for day in self.dates if self.stale and day >= self.stale[0])


def read_rows(lake: Lake, profile: Profile, scope: Scope, breaks: Collection[Row]) -> list[Row]:
    """Rows of outcomes of the changed dates, with `outcome`, `at_stake`, `directed_kind`,
    `traded_at_micros` and `pair_txn_id`.

    Those are what breaks or is settled late or by a decision, lines that name another line, and the
    rows of transactions of breaks: of `breaks`, which are open, and of those that break between the
    dates. A pair on the first run of both sides concerns only a break of its transaction.
    """
    outcomes = _read_outcomes(lake, profile, scope, scope.changed[0])
    certain = F.coalesce(
        (F.col("outcome") == F.lit(Outcome.BREAK.value))
        | F.array_contains("reasons", Reason.LATE.value)
        | F.col("matched_by").startswith(DECIDED_BY)
        | (F.col("txn_id").isNull() & F.col("duplicate_of").isNotNull()),
        F.lit(False),
    )
    acts = F.col("outcome") != F.lit(Outcome.SUSPENSE.value)
    ids = _ids_of(breaks)
    wanted, later = certain, set[str]()
    if len(ids) > FEW:
        later = ids
    elif ids:
        wanted = certain | F.coalesce(F.col("txn_id").isin(sorted(ids)), F.lit(False))
    rows = _collect(outcomes.where(wanted & acts))
    _link_rows(lake, profile, scope, rows)
    if len(scope.changed) > 1:
        later |= _ids_of(rows) - (ids - later)
    if later:
        others = outcomes.where(~wanted & acts & F.col("txn_id").isNotNull())
        more = _collect(_with_transactions(lake, others, later))
        rows += [row | {"pair_txn_id": None} for row in more if row["txn_id"] in later]
    return rows


def _ids_of(rows: Collection[Row]) -> set[str]:
    """The transactions that rows are about."""
    return {row[name] for row in rows for name in ("txn_id", "pair_txn_id")} - {None}


def read_rows_about(
    lake: Lake, profile: Profile, scope: Scope, breaks: Collection[Row]
) -> list[Row]:
    """Rows of the changed dates about the transactions and lines of some breaks: `txn_id`,
    `line_id`, `matched_by`, and what our side says.
    """
    outcomes = _read_outcomes(lake, profile, scope, scope.changed[0])
    columns = ("txn_id", "line_id", "matched_by", "internal_status", "internal_amount",
               "internal_currency")  # fmt: skip
    rows = []
    for name in ("txn_id", "line_id"):
        ids = sorted({row[name] for row in breaks if row[name] is not None})
        if ids:
            keys = lake.spark.createDataFrame([(each,) for each in ids], f"{name} string")
            about = outcomes.select(*columns).join(keys, on=name, how="left_semi")
            rows += about.select(*columns).toArrow().to_pylist()
    return rows


def _read_outcomes(lake: Lake, profile: Profile, scope: Scope, first: date) -> DataFrame:
    return lake.read_days(OUTCOMES, first, scope.changed[-1], profile.channel, scope.version)


def _with_transactions(lake: Lake, rows: DataFrame, ids: Collection[str]) -> DataFrame:
    """The rows of some transactions, and maybe a few others whose ids have the same hash."""
    if len(ids) <= FEW:
        return rows.where(F.col("txn_id").isin(sorted(ids)))
    keys = lake.spark.createDataFrame([(each,) for each in sorted(ids)], "txn_id string")
    marks = keys.select(reference_hash("txn_id").alias("txn_mark")).distinct()
    return rows.join(marks, on="txn_mark", how="left_semi")


def _collect(rows: DataFrame) -> list[Row]:
    """The rows, with what a break would cost if the row is one."""
    as_breaks = rows.select(
        *_COLUMNS,
        "difference",
        F.col("outcome").alias("said"),
        F.lit(Outcome.BREAK.value).alias("outcome"),
        directed_kind(amount="statement_amount").alias("directed_kind"),
        F.unix_micros("traded_at").alias("traded_at_micros"),
    )
    values = as_breaks.select(
        *_COLUMNS,
        F.col("said").alias("outcome"),
        at_stake().alias("at_stake"),
        "directed_kind",
        "traded_at_micros",
    )
    return [dict(row) for row in values.toArrow().to_pylist()]


def _link_rows(lake: Lake, profile: Profile, scope: Scope, rows: list[Row]) -> None:
    """Sets `pair_txn_id` of each row: of lines alone, the transaction to which they lead."""
    linked: dict[tuple[str, date], str] = {}
    names = ("line_id", "run_date", "txn_id", "duplicate_of", "our_mark", "channel_mark")
    followers = [row for row in rows if row["txn_id"] is None and row["duplicate_of"] is not None]
    if followers:
        since = scope.changed[0] - timedelta(days=profile.match.lookback)
        outcomes = _read_outcomes(lake, profile, scope, since)
        if len(followers) <= FEW:
            links = link_few(followers, outcomes)
        else:
            values = [tuple(row[name] for name in names) for row in followers]
            frame = lake.spark.createDataFrame(values, _FOLLOWERS)
            links = [tuple(row) for row in link_many(lake, frame, outcomes).collect()]
        linked = {(line_id, run_date): txn_id for line_id, run_date, txn_id in links}
    for row in rows:
        row["pair_txn_id"] = linked.get((row["line_id"], row["run_date"]))
