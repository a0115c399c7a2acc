"""What persons decided about rows of a run: an input of the match, as long as it is still about the
same. Source: docs/reference/decisions.md.

Decisions are few, so they are held against the rest of the day, never against its bulk.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.matching.item_columns import item_id
from schemas.vocabulary import DECIDED_BY, Effect, Outcome, Reason, Side

_ASKED = "side string, id string, decided_by string, effect string, was string, said string"
_PAIRS = (
    "txn_id string, line_id string, decided_by string, effect string, txn_was string,"
    " line_was string, said string"
)


@dataclass(frozen=True)
class Decision:
    """An approved decision about a row of one run date.

    `txn_was` and `line_was` are what `was` told of the sides, `reasons` those of the row, joined by
    +. A side that the row did not have is None.
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
        """`matched_by` of the rows that it settles."""
        return f"{DECIDED_BY}{self.decision_id}"

    @property
    def is_of_pair(self) -> bool:
        """Whether it is about a pair that is there, not about items alone."""
        both = self.txn_id is not None and self.line_id is not None
        return both and self.effect != Effect.PAIR


def item_snapshot(status: Column, amount: Column, currency: Column) -> Column:
    """What an item says, as one text; a decision holds while this is the same."""
    return F.concat_ws("|", status, amount.cast("string"), currency)


def select_decided_references(
    lines: DataFrame, transactions: DataFrame, decisions: Sequence[Decision]
) -> DataFrame:
    """The references of today's items that decisions are about: no pair of the bulk."""
    wanted = ("kind", "our_ref_norm", "channel_ref_norm")
    line_ids = [each.line_id for each in decisions if each.line_id]
    txn_ids = [each.txn_id for each in decisions if each.txn_id]
    none = F.lit(None).cast("string").alias("txn_id")
    theirs = lines.where(F.col("line_id").isin(line_ids)).select(none, *wanted)
    ours = transactions.where(F.col("txn_id").isin(txn_ids)).select("txn_id", *wanted)
    return theirs.unionByName(ours)


def pair_by_decision(members: DataFrame, decisions: Sequence[Decision]) -> DataFrame:
    """Members, `partner` and `matched_by` set where a decision pairs two that are both free and as
    they were; of any other null.
    """
    asked = _asked(members.sparkSession, [each for each in decisions if each.effect == Effect.PAIR])
    now = item_snapshot(F.col("status"), F.col("amount"), F.col("currency"))
    met = members.select("side", "id", "settled", now.alias("now"))
    met = met.join(asked, on=["side", "id"], how="inner")
    free = met.where(F.col("settled").isNull() & (F.col("now") == F.col("was")))
    ids = F.max(F.when(F.col("side") == F.lit(Side.INTERNAL.value), F.col("id")))
    line_ids = F.max(F.when(F.col("side") == F.lit(Side.STATEMENT.value), F.col("id")))
    both = free.groupBy("decided_by").agg(ids.alias("txn"), line_ids.alias("line"))
    both = both.where(F.col("txn").isNotNull() & F.col("line").isNotNull())
    sides = [
        both.select(
            F.lit(side.value).alias("side"),
            F.col(own).alias("id"),
            F.col(other).alias("partner"),
            F.col("decided_by").alias("matched_by"),
        )
        for side, own, other in ((Side.INTERNAL, "txn", "line"), (Side.STATEMENT, "line", "txn"))
    ]
    return members.join(sides[0].unionByName(sides[1]), on=["side", "id"], how="left")


def settle_unpaired_items(decided: DataFrame, decisions: Sequence[Decision]) -> DataFrame:
    """Items that are alone, settled where a decision says so: NOT_OURS is EXCLUDED [OUT_OF_SCOPE],
    WRITE_OFF is EXCLUDED for the reason it broke; neither is open any more.
    """
    names = decided.columns
    asked = _asked(
        decided.sparkSession,
        [each for each in decisions if each.effect != Effect.PAIR and not each.is_of_pair],
    )
    keyed = decided.withColumns(
        {
            "id": item_id(),
            "now": item_snapshot(F.col("status"), F.col("amount"), F.col("currency")),
            "says": F.concat_ws("+", "reason", F.when(F.col("late"), F.lit(Reason.LATE.value))),
        }
    )
    met = keyed.join(asked, on=["side", "id"], how="left")
    may = F.col("outcome").isin(Outcome.BREAK.value, Outcome.SUSPENSE.value)
    alone = may & F.col("partner").isNull() & F.col("unit_id").isNull()
    same = (F.col("now") == F.col("was")) & (F.col("says") == F.col("said"))
    holds = F.coalesce(alone & same, F.lit(False))
    not_ours = holds & (F.col("effect") == F.lit(Effect.NOT_OURS.value))
    changed = {
        "outcome": _either(holds, F.lit(Outcome.EXCLUDED.value), "outcome"),
        "reason": _either(not_ours, F.lit(Reason.OUT_OF_SCOPE.value), "reason"),
        "matched_by": _either(holds, F.col("decided_by"), "matched_by"),
        "open": F.col("open") & ~holds,
    }
    return met.select(*[changed[x].alias(x) if x in changed else F.col(x) for x in names])


def settle_pairs(rows: DataFrame, decisions: Sequence[Decision]) -> DataFrame:
    """Rows of pairs, settled where a decision says so: ACCEPT is MATCHED in spite of its reasons,
    WRITE_OFF is EXCLUDED with them.
    """
    names = rows.columns
    told = [
        (d.txn_id, d.line_id, d.decided_by, d.effect, d.txn_snapshot, d.line_snapshot, d.reasons)
        for d in decisions
        if d.is_of_pair
    ]
    met = rows.join(
        rows.sparkSession.createDataFrame(told, _PAIRS), on=["txn_id", "line_id"], how="left"
    )
    ours, theirs = (
        item_snapshot(F.col(f"{side}_status"), F.col(f"{side}_amount"), F.col(currency))
        for side, currency in (("internal", "internal_currency"), ("statement", "currency"))
    )
    says = F.concat_ws("+", "reason_1", "reason_2", "reason_3", "reason_4")
    same = (ours == F.col("txn_was")) & (theirs == F.col("line_was")) & (says == F.col("said"))
    broken = F.col("outcome") == F.lit(Outcome.BREAK.value)
    holds = F.coalesce(broken & same, F.lit(False))
    accepted = holds & (F.col("effect") == F.lit(Effect.ACCEPT.value))
    written_off = holds & (F.col("effect") == F.lit(Effect.WRITE_OFF.value))
    matched, excluded = F.lit(Outcome.MATCHED.value), F.lit(Outcome.EXCLUDED.value)
    outcome = F.when(accepted, matched).when(written_off, excluded).when(~holds, F.col("outcome"))
    changed = {
        "outcome": outcome,
        "matched_by": _either(holds, F.col("decided_by"), "matched_by"),
    }
    return met.select(*[changed[x].alias(x) if x in changed else F.col(x) for x in names])


def _either(holds: Column, value: Column, name: str) -> Column:
    return F.when(holds, value).when(~holds, F.col(name))


def _asked(spark: SparkSession, decisions: Sequence[Decision]) -> DataFrame:
    """One row per item that decisions are about."""
    told = []
    for each in decisions:
        common = (each.decided_by, each.effect)
        if each.txn_id is not None:
            told.append(
                (Side.INTERNAL.value, each.txn_id, *common, each.txn_snapshot, each.reasons)
            )
        if each.line_id is not None:
            told.append(
                (Side.STATEMENT.value, each.line_id, *common, each.line_snapshot, each.reasons)
            )
    return spark.createDataFrame(told, _ASKED)
