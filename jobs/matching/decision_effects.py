"""Applies approved decisions to the rows of a run, while the rows are what they were when proposed.

ACCEPT makes a row MATCHED, NOT_OURS and WRITE_OFF make it EXCLUDED; but for NOT_OURS its reasons
stay. The rows of a unit are settled together or not at all. Source: docs/reference/decisions.md.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.matching.actions import accepted_action
from jobs.matching.item_columns import is_resend, item_id
from jobs.matching.outcome_rows import lasting_reasons
from jobs.matching.steps.manual_decisions import Decision, frame_item_decisions, item_snapshot
from schemas.vocabulary import DECIDED_BY, Effect, Outcome, Reason

_PAIR_DECISIONS = (
    "txn_id string, line_id string, decided_by string, effect string, txn_snapshot string,"
    " line_snapshot string, decided_reasons string"
)
_UNIT_SIZES = "decided_by string, decided_unit string, decided_size bigint"
_OUTCOMES = {
    Effect.ACCEPT: Outcome.MATCHED,
    Effect.NOT_OURS: Outcome.EXCLUDED,
    Effect.WRITE_OFF: Outcome.EXCLUDED,
}


def update_write_offs(decided: DataFrame, day: date) -> DataFrame:
    """Adds `new_written_off` to items after the steps: what becomes of earlier write-offs.

    A written-off transaction that is sent again as it was, and that nothing settled, is EXCLUDED
    [ALREADY_RECONCILED] and stays out of sight. An item that breaks again is not written off.
    """
    is_unsettled = F.col("outcome").isNull() & F.col("partner").isNull()
    is_repeat = is_unsettled & is_resend(day) & F.col("written_off").isNotNull()
    breaks = F.col("outcome") == F.lit(Outcome.BREAK.value)
    none = F.lit(None).cast("string")
    changed = {
        "outcome": F.when(is_repeat, F.lit(Outcome.EXCLUDED.value)).otherwise(F.col("outcome")),
        "reason": F.when(is_repeat, F.lit(Reason.ALREADY_RECONCILED.value)).otherwise(
            F.col("reason")
        ),
        "unit_id": F.when(is_repeat, none).otherwise(F.col("unit_id")),
        "new_written_off": F.when(breaks, none).otherwise(F.col("written_off")),
    }
    return decided.withColumns(changed)


def settle_items(decided: DataFrame, decisions: Sequence[Decision]) -> DataFrame:
    """Settles items without a partner: lone ones, and all members of a unit.

    They are not open any more. Only a written-off item that the run leaves open stays a candidate:
    `new_written_off` is the decision.
    """
    of_items = [decision for decision in decisions if decision.is_of_items]
    if not of_items:
        return decided
    names, spark = decided.columns, decided.sparkSession
    keyed = decided.withColumns(
        {
            "id": item_id(),
            "own_unit": F.coalesce("unit_id", item_id()),
            "snapshot": item_snapshot(F.col("status"), F.col("amount"), F.col("currency")),
            "lasting_reasons": F.concat_ws("+", *lasting_reasons()),
        }
    )
    joined = keyed.join(frame_item_decisions(spark, of_items), on=["side", "id"], how="left")
    may_settle = F.col("outcome").isin(Outcome.BREAK.value, Outcome.SUSPENSE.value)
    same = (
        (F.col("snapshot") == F.col("decided_snapshot"))
        & (F.col("lasting_reasons") == F.col("decided_reasons"))
        & (F.col("own_unit") == F.col("decided_unit"))
    )
    applies = F.coalesce(may_settle & F.col("partner").isNull() & same, F.lit(False))
    flagged = joined.withColumn("applies", applies)
    sizes = Counter((decision.decided_by, decision.unit) for decision in of_items)
    if max(sizes.values(), default=1) > 1:
        flagged = _settle_whole_units(flagged, sizes)
    stays = F.col("is_open") & (F.col("effect") == F.lit(Effect.WRITE_OFF.value))
    not_ours = F.col("effect") == F.lit(Effect.NOT_OURS.value)
    decision_id = F.substring_index("decided_by", DECIDED_BY, -1)
    reason = F.when(not_ours, F.lit(Reason.OUT_OF_SCOPE.value)).otherwise(F.col("reason"))
    changed = {
        "outcome": _outcome_of_effect(),
        "reason": reason,
        "is_possible_copy": F.col("is_possible_copy") & ~not_ours,
        "matched_by": F.col("decided_by"),
        "is_open": stays,
        "new_written_off": F.when(stays, decision_id),
    }
    return flagged.select(*[_if_applies(changed.get(x), x) for x in names])


def _settle_whole_units(flagged: DataFrame, sizes: Counter[tuple[str, str]]) -> DataFrame:
    """`applies` only where the decision is about every row of the unit, and all are the same."""
    values = [(by, unit, size) for (by, unit), size in sizes.items()]
    decided_sizes = flagged.sparkSession.createDataFrame(values, _UNIT_SIZES)
    has_row = F.col("outcome").isNotNull()
    counted = (
        flagged.where(has_row)
        .groupBy("own_unit")
        .agg(
            F.count("*").alias("unit_rows"),
            F.sum(F.col("applies").cast("int")).alias("unit_applies"),
        )
        .withColumnRenamed("own_unit", "decided_unit")
    )
    whole = decided_sizes.join(counted, on="decided_unit", how="inner").where(
        (F.col("unit_rows") == F.col("decided_size"))
        & (F.col("unit_applies") == F.col("decided_size"))
    )
    whole = whole.select("decided_by", "decided_unit", F.lit(True).alias("is_whole"))
    joined = flagged.join(whole, on=["decided_by", "decided_unit"], how="left")
    return joined.withColumn("applies", F.col("applies") & F.col("is_whole").isNotNull())


def settle_pairs(rows: DataFrame, decisions: Sequence[Decision]) -> DataFrame:
    """Settles rows of pairs by decisions; the reasons stay."""
    values = [
        (d.txn_id, d.line_id, d.decided_by, d.effect, d.txn_snapshot, d.line_snapshot,
         d.lasting_reasons)
        for d in decisions
        if d.is_of_pair
    ]  # fmt: skip
    if not values:
        return rows
    names = rows.columns
    pair_decisions = rows.sparkSession.createDataFrame(values, _PAIR_DECISIONS)
    joined = rows.join(pair_decisions, on=["txn_id", "line_id"], how="left")
    txn_snapshot, line_snapshot = (
        item_snapshot(F.col(f"{side}_status"), F.col(f"{side}_amount"), F.col(currency))
        for side, currency in (("internal", "internal_currency"), ("statement", "currency"))
    )
    lasting_reasons = F.concat_ws("+", F.array_remove("reasons", Reason.LATE.value))
    same = (
        (txn_snapshot == F.col("txn_snapshot"))
        & (line_snapshot == F.col("line_snapshot"))
        & (lasting_reasons == F.col("decided_reasons"))
    )
    broken = F.col("outcome") == F.lit(Outcome.BREAK.value)
    flagged = joined.withColumn("applies", F.coalesce(broken & same, F.lit(False)))
    changed = {"outcome": _outcome_of_effect(), "matched_by": F.col("decided_by")}
    return flagged.select(*[_if_applies(changed.get(x), x) for x in names])


def _outcome_of_effect() -> Column:
    effect, none = F.col("effect"), F.lit(None).cast("string")
    out = none
    for name, outcome in _OUTCOMES.items():
        out = F.when(effect == F.lit(name.value), F.lit(outcome.value)).otherwise(out)
    return out


def _if_applies(value: Column | None, name: str) -> Column:
    if value is None:
        return F.col(name)
    return F.when(F.col("applies"), value).otherwise(F.col(name)).alias(name)


def set_accepted_actions(rows: DataFrame, decisions: Sequence[Decision]) -> DataFrame:
    """Sets the action of rows whose STATUS_MISMATCH people accepted: by whose status stands."""
    by_side: dict[str, set[str]] = {}
    for decision in decisions:
        if decision.status_of is not None:
            by_side.setdefault(decision.status_of, set()).add(decision.decided_by)
    if not by_side:
        return rows
    out = F.col("action")
    is_matched = F.col("outcome") == F.lit(Outcome.MATCHED.value)
    for side, names in sorted(by_side.items()):
        is_accepted = is_matched & F.col("matched_by").isin(*sorted(names))
        out = F.when(is_accepted, accepted_action(side)).otherwise(out)
    return rows.withColumn("action", out)
