"""Approved decisions as a run takes them in, and the pairs that they make before the passes.

Decisions are few: `fast_path` leaves their items to the steps. Source: docs/reference/decisions.md.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.matching import case_tables
from schemas.vocabulary import DECIDED_BY, Effect, Outcome, Reason, Side

_ITEM_DECISIONS = (
    "side string, id string, decided_by string, decided_unit string, effect string,"
    " decided_snapshot string, decided_reasons string"
)

_SIZES = "decided_by string, size bigint"

#: Reasons of breaks after which an item stays a candidate.
_ONE_SIDED = (Reason.INTERNAL_ONLY, Reason.STATEMENT_ONLY, Reason.AMBIGUOUS)


@dataclass(frozen=True)
class Decision:
    """An approved decision about a row of one run date.

    `txn_snapshot` and `line_snapshot` are the `item_snapshot` of each side, None if the row did not
    have that side. `reasons` are the row's, joined by +. Rows of one decision with one `unit_id`
    apply together or not at all. `status_of` is the side whose status stands.
    """

    decision_id: str
    effect: str
    txn_id: str | None
    line_id: str | None
    txn_snapshot: str | None
    line_snapshot: str | None
    reasons: str
    unit_id: str = ""
    status_of: str | None = None

    @property
    def decided_by(self) -> str:
        """`matched_by` of the rows that the decision settles."""
        return f"{DECIDED_BY}{self.decision_id}"

    @property
    def unit(self) -> str:
        """What applies together: the `unit_id`, else the row's own id."""
        return self.unit_id or self.txn_id or self.line_id or ""

    @property
    def lasting_reasons(self) -> str:
        """The reasons that must still hold, joined by +: whether a row is LATE is no matter."""
        return drop_late(self.reasons)

    @property
    def is_of_pair(self) -> bool:
        """Whether the decision is about an existing pair, not about single items."""
        both = self.txn_id is not None and self.line_id is not None
        return both and self.effect != Effect.PAIR

    @property
    def is_of_items(self) -> bool:
        """Whether the decision settles items without a partner: lone ones, or those of a unit."""
        return self.effect != Effect.PAIR and not self.is_of_pair


def drop_late(reasons: str) -> str:
    """Reasons that are joined by +, without LATE: a late file adds it or takes it away."""
    return "+".join(reason for reason in reasons.split("+") if reason != Reason.LATE)


def item_snapshot(status: Column, amount: Column, currency: Column) -> Column:
    """Status, amount and currency of an item as one text; if it changes, a decision lapses."""
    return F.concat_ws("|", status, amount.cast("string"), currency)


def select_decided_references(
    lines: DataFrame, transactions: DataFrame, decisions: Sequence[Decision]
) -> DataFrame:
    """The references of today's items with a decision, which `fast_path` must not pair."""
    references = ("kind", "amount", "our_ref_norm", "channel_ref_norm")
    line_ids = [decision.line_id for decision in decisions if decision.line_id]
    txn_ids = [decision.txn_id for decision in decisions if decision.txn_id]
    none = F.lit(None).cast("string").alias("txn_id")
    of_lines = lines.where(F.col("line_id").isin(line_ids)).select(none, *references)
    of_transactions = transactions.where(F.col("txn_id").isin(txn_ids)).select(
        "txn_id", *references
    )
    return of_lines.unionByName(of_transactions)


def pair_by_decision(participants: DataFrame, decisions: Sequence[Decision]) -> DataFrame:
    """Pairs two items, or settles several as a unit, where a decision says so.

    Sets `partner` and `matched_by` of a pair; no other item has a partner. A unit is settled in the
    result columns of the steps. All items of a decision must be unsettled and unchanged.
    """
    spark = participants.sparkSession
    pair_decisions = [decision for decision in decisions if decision.effect == Effect.PAIR]
    snapshot = item_snapshot(F.col("status"), F.col("amount"), F.col("currency"))
    items = participants.select("side", "id", "is_broken", "step_outcome", snapshot.alias("now"))
    items = items.join(frame_item_decisions(spark, pair_decisions), on=["side", "id"], how="inner")
    is_unchanged = F.col("now") == F.col("decided_snapshot")
    free = items.where(F.col("step_outcome").isNull() & is_unchanged)
    txn_ids = F.max(F.when(F.col("side") == F.lit(Side.INTERNAL.value), F.col("id")))
    line_ids = F.max(F.when(F.col("side") == F.lit(Side.STATEMENT.value), F.col("id")))
    sizes = Counter(d.decided_by for d in pair_decisions for x in (d.txn_id, d.line_id) if x)
    whole = (
        free.groupBy("decided_by")
        .agg(
            F.count("*").alias("size"),
            F.max("is_broken").alias("any_broken"),
            txn_ids.alias("txn"),
            line_ids.alias("line"),
        )
        .join(
            spark.createDataFrame(list(sizes.items()), _SIZES),
            on=["decided_by", "size"],
            how="inner",
        )
    )
    is_pair = F.col("size") == F.lit(2)
    partner = F.when(F.col("side") == F.lit(Side.INTERNAL.value), F.col("line"))
    partner = partner.when(F.col("side") == F.lit(Side.STATEMENT.value), F.col("txn"))
    is_first = F.col("id").isin(*_first_of_currencies(pair_decisions)) & (
        F.col("side") == F.lit(Side.INTERNAL.value)
    )
    paired = free.join(whole, on="decided_by", how="inner").select(
        "side",
        "id",
        F.when(is_pair, partner).alias("partner"),
        F.col("decided_by").alias("paired_by"),
        *[
            F.when(~is_pair, value).alias(name)
            for name, value in {
                "paired_outcome": F.lit(Outcome.MATCHED.value),
                "paired_unit": F.col("decided_unit"),
                "paired_gap": F.when(is_first, F.lit(0)),
                "paired_late": F.col("any_broken"),
            }.items()
        ],
    )
    names = [name for name in participants.columns if name not in case_tables.RESULT_COLUMNS]
    return participants.join(paired, on=["side", "id"], how="left").select(
        *names,
        *case_tables.update_results(
            step_outcome=F.col("paired_outcome"),
            matched_by=F.col("paired_by"),
            unit_id=F.col("paired_unit"),
            gap=F.col("paired_gap").cast("bigint"),
            is_unit_late=F.col("paired_late"),
        ),
        "partner",
    )


def _first_of_currencies(decisions: Sequence[Decision]) -> list[str]:
    """The first transaction of each currency of each decision: its row has the difference, 0."""
    first: dict[tuple[str, str], str] = {}
    for decision in decisions:
        if decision.txn_id and decision.txn_snapshot:
            key = decision.decided_by, decision.txn_snapshot.rpartition("|")[2]
            first[key] = min(first.get(key, decision.txn_id), decision.txn_id)
    return sorted(set(first.values()))


def without_write_offs(closed: DataFrame, day: date, late: int) -> DataFrame:
    """Outcomes of earlier runs without the write-offs of items that are candidates still.

    A written-off item is not closed for `late` run dates, as after a break.
    """
    reasons = F.array(*[F.lit(reason.value) for reason in _ONE_SIDED])
    is_candidate = is_written_off() & F.arrays_overlap("reasons", reasons)
    return closed.where(~is_candidate | (F.col("run_date") < F.lit(day - timedelta(days=late))))


def is_written_off() -> Column:
    """Whether people took a row out: wrote it off, or said that it is not ours."""
    is_decided = F.coalesce(F.col("matched_by").startswith(DECIDED_BY), F.lit(False))
    return is_decided & (F.col("outcome") == F.lit(Outcome.EXCLUDED.value))


def frame_item_decisions(spark: SparkSession, decisions: Sequence[Decision]) -> DataFrame:
    """Decisions as a frame: one row per item with a decision."""
    values = [
        (side.value, own_id, decision.decided_by, decision.unit, decision.effect, snapshot,
         decision.lasting_reasons)
        for decision in decisions
        for side, own_id, snapshot in (
            (Side.INTERNAL, decision.txn_id, decision.txn_snapshot),
            (Side.STATEMENT, decision.line_id, decision.line_snapshot),
        )
        if own_id is not None
    ]  # fmt: skip
    return spark.createDataFrame(values, _ITEM_DECISIONS)
