"""Write-offs that a run ended: the other side came, or the item came in another state."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from pyspark.sql import functions as F

from jobs.decisions.store import overtaken_state
from jobs.lake.point_query import PartitionFilter, column_in
from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf
from jobs.matching.steps.manual_decisions import Decision
from schemas.tables import OPEN_ITEMS, OUTCOMES
from schemas.vocabulary import Effect, Outcome, Reason


def has_write_offs(decisions: Mapping[date, Sequence[Decision]], day: date) -> bool:
    """Whether people wrote off something of an earlier run than that of a date."""
    return any(
        decision.effect == Effect.WRITE_OFF and earlier < day
        for earlier, items in decisions.items()
        for decision in items
    )


def find_ended_write_offs(lake: Lake, channel: str, day: date) -> dict[str, tuple[str, ...]]:
    """Ids of write-offs that the committed outcomes of a date make OVERTAKEN or STALE.

    Those are of items that were written off after the run before, and have a row of another result
    than ALREADY_RECONCILED.
    """
    before = lake.read_day(OPEN_ITEMS, day - timedelta(days=1), channel)
    item_id = F.coalesce("txn_id", "line_id").alias("id")
    items = before.where(F.col("written_off").isNotNull()).select(item_id, "written_off").collect()
    decision_ids = {row["id"]: row["written_off"] for row in items}
    if not decision_ids:
        return {}
    of = PartitionFilter(frozenset([channel]), frozenset([day]))
    by_id = column_in(txn_id=list(decision_ids), line_id=list(decision_ids))
    out: dict[str, set[str]] = {}
    for row in LakeAsOf(lake).query_rows(OUTCOMES, of, by_id):
        if row["outcome"] == Outcome.SUSPENSE or Reason.ALREADY_RECONCILED in row["reasons"]:
            continue
        for own_id in _ids_of(row, decision_ids):
            out.setdefault(overtaken_state(row), set()).add(decision_ids[own_id])
    return {state: tuple(sorted(ids)) for state, ids in out.items()}


def _ids_of(row: Mapping[str, str], known: Iterable[str]) -> list[str]:
    return [row[name] for name in ("txn_id", "line_id") if row[name] in known]
