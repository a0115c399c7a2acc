"""Applies approved decisions to a run, while their items are unchanged.

Decisions are few: `fast_path` leaves their items to the steps. Source: docs/reference/decisions.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.matching.item_columns import item_id
from schemas.vocabulary import DECIDED_BY, Effect, Outcome, Reason, Side

_ITEM_DECISIONS = (
    "side string, id string, decided_by string, effect string, decided_snapshot string,"
    " decided_reasons string"
)
_PAIR_DECISIONS = (
    "txn_id string, line_id string, decided_by string, effect string, txn_snapshot string,"
    " line_snapshot string, decided_reasons string"
)


@dataclass(frozen=True)
class Decision:
    """An approved decision about a row of one run date.

    `txn_snapshot` and `line_snapshot` are the `item_snapshot` of each side, None if the row did not
    have that side. `reasons` are the row's, joined by +.
    """

    decision_id: str
    effect: str
    txn_id: str | None
    line_id: str | None
    txn_snapshot: str | None
    line_snapshot: str | None
    reasons: str

    @property
    def decided_by(self) -> str:
        """`matched_by` of the rows that the decision settles."""
        return f"{DECIDED_BY}{self.decision_id}"

    @property
    def is_of_pair(self) -> bool:
        """Whether the decision is about an existing pair, not about single items."""
        both = self.txn_id is not None and self.line_id is not None
        return both and self.effect != Effect.PAIR


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
    """Sets `partner` and `matched_by` where a decision pairs two items; no other has a partner.

    Both items must be unsettled and unchanged.
    """
    pair_decisions = [decision for decision in decisions if decision.effect == Effect.PAIR]
    decided = _item_decisions(participants.sparkSession, pair_decisions)
    snapshot = item_snapshot(F.col("status"), F.col("amount"), F.col("currency"))
    items = participants.select("side", "id", "step_outcome", snapshot.alias("snapshot"))
    items = items.join(decided, on=["side", "id"], how="inner")
    is_unchanged = F.col("snapshot") == F.col("decided_snapshot")
    free = items.where(F.col("step_outcome").isNull() & is_unchanged)
    txn_ids = F.max(F.when(F.col("side") == F.lit(Side.INTERNAL.value), F.col("id")))
    line_ids = F.max(F.when(F.col("side") == F.lit(Side.STATEMENT.value), F.col("id")))
    both = free.groupBy("decided_by").agg(txn_ids.alias("txn"), line_ids.alias("line"))
    both = both.where(F.col("txn").isNotNull() & F.col("line").isNotNull())
    sides = [
        both.select(
            F.lit(side.value).alias("side"),
            F.col(own).alias("id"),
            F.col(other).alias("partner"),
            F.col("decided_by").alias("paired_by"),
        )
        for side, own, other in ((Side.INTERNAL, "txn", "line"), (Side.STATEMENT, "line", "txn"))
    ]
    joined = participants.join(sides[0].unionByName(sides[1]), on=["side", "id"], how="left")
    return joined.withColumn("matched_by", F.coalesce("matched_by", "paired_by")).drop("paired_by")


def settle_unpaired_items(decided: DataFrame, decisions: Sequence[Decision]) -> DataFrame:
    """Settles single items by decisions; settled items are not open any more.

    NOT_OURS makes them EXCLUDED [OUT_OF_SCOPE]; WRITE_OFF makes them EXCLUDED with the reason of
    their break.
    """
    names = decided.columns
    item_decisions = _item_decisions(
        decided.sparkSession,
        [
            decision
            for decision in decisions
            if decision.effect != Effect.PAIR and not decision.is_of_pair
        ],
    )
    keyed = decided.withColumns(
        {
            "id": item_id(),
            "snapshot": item_snapshot(F.col("status"), F.col("amount"), F.col("currency")),
            "all_reasons": F.concat_ws(
                "+", "reason", F.when(F.col("is_late"), F.lit(Reason.LATE.value))
            ),
        }
    )
    joined = keyed.join(item_decisions, on=["side", "id"], how="left")
    may_settle = F.col("outcome").isin(Outcome.BREAK.value, Outcome.SUSPENSE.value)
    is_single = may_settle & F.col("partner").isNull() & F.col("unit_id").isNull()
    same = (F.col("snapshot") == F.col("decided_snapshot")) & (
        F.col("all_reasons") == F.col("decided_reasons")
    )
    applies = F.coalesce(is_single & same, F.lit(False))
    not_ours = applies & (F.col("effect") == F.lit(Effect.NOT_OURS.value))
    changed = {
        "outcome": _if_applies(applies, F.lit(Outcome.EXCLUDED.value), "outcome"),
        "reason": _if_applies(not_ours, F.lit(Reason.OUT_OF_SCOPE.value), "reason"),
        "matched_by": _if_applies(applies, F.col("decided_by"), "matched_by"),
        "is_open": F.col("is_open") & ~applies,
    }
    return joined.select(*[changed[x].alias(x) if x in changed else F.col(x) for x in names])


def settle_pairs(rows: DataFrame, decisions: Sequence[Decision]) -> DataFrame:
    """Settles rows of pairs by decisions; the reasons stay.

    ACCEPT makes a row MATCHED, WRITE_OFF makes it EXCLUDED.
    """
    names = rows.columns
    values = [
        (d.txn_id, d.line_id, d.decided_by, d.effect, d.txn_snapshot, d.line_snapshot, d.reasons)
        for d in decisions
        if d.is_of_pair
    ]
    pair_decisions = rows.sparkSession.createDataFrame(values, _PAIR_DECISIONS)
    joined = rows.join(pair_decisions, on=["txn_id", "line_id"], how="left")
    txn_snapshot, line_snapshot = (
        item_snapshot(F.col(f"{side}_status"), F.col(f"{side}_amount"), F.col(currency))
        for side, currency in (("internal", "internal_currency"), ("statement", "currency"))
    )
    all_reasons = F.concat_ws("+", "reasons")
    same = (
        (txn_snapshot == F.col("txn_snapshot"))
        & (line_snapshot == F.col("line_snapshot"))
        & (all_reasons == F.col("decided_reasons"))
    )
    broken = F.col("outcome") == F.lit(Outcome.BREAK.value)
    applies = F.coalesce(broken & same, F.lit(False))
    accepted = applies & (F.col("effect") == F.lit(Effect.ACCEPT.value))
    written_off = applies & (F.col("effect") == F.lit(Effect.WRITE_OFF.value))
    matched, excluded = F.lit(Outcome.MATCHED.value), F.lit(Outcome.EXCLUDED.value)
    outcome = F.when(accepted, matched).when(written_off, excluded).when(~applies, F.col("outcome"))
    changed = {
        "outcome": outcome,
        "matched_by": _if_applies(applies, F.col("decided_by"), "matched_by"),
    }
    return joined.select(*[changed[x].alias(x) if x in changed else F.col(x) for x in names])


def _if_applies(applies: Column, value: Column, name: str) -> Column:
    return F.when(applies, value).when(~applies, F.col(name))


def _item_decisions(spark: SparkSession, decisions: Sequence[Decision]) -> DataFrame:
    """One row per item with a decision."""
    values = []
    for decision in decisions:
        common = (decision.decided_by, decision.effect)
        if decision.txn_id is not None:
            values.append(
                (
                    Side.INTERNAL.value,
                    decision.txn_id,
                    *common,
                    decision.txn_snapshot,
                    decision.reasons,
                )
            )
        if decision.line_id is not None:
            values.append(
                (
                    Side.STATEMENT.value,
                    decision.line_id,
                    *common,
                    decision.line_snapshot,
                    decision.reasons,
                )
            )
    return spark.createDataFrame(values, _ITEM_DECISIONS)
