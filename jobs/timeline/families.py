"""Payment families in a timeline: of a payment more went out than came in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from jobs.lake.point_query import PartitionFilter, column_in
from jobs.lake.time_travel import LakeAsOf
from jobs.timeline.linked_records import LinkedRecords, Row
from jobs.timeline.outcomes import format_amount
from jobs.timeline.paragraphs import amount_text, wrap_text
from schemas.tables import PAYMENT_FAMILIES
from schemas.vocabulary import FamilyReason

_IN_WORDS = {
    FamilyReason.MORE_OUT_THAN_IN: "more went out than came in",
    FamilyReason.REFUND_AND_CHARGEBACK: "a refund and a chargeback both gave money back",
}


def load_families(past: LakeAsOf, transactions: Iterable[Row]) -> list[Row]:
    """The rows of `payment_families` of transactions, or of the payments that they name."""
    ids = {str(row[name]) for row in transactions for name in ("txn_id", "original_txn_id")
           if row[name]}  # fmt: skip
    if not ids:
        return []
    of_payments = column_in(payment_id=ids)
    return past.query_rows(PAYMENT_FAMILIES, PartitionFilter(), of_payments, order=["run_date"])


def build_family_events(records: LinkedRecords, families: Iterable[Row]) -> list[dict[str, Any]]:
    """One event per family that one of the records belongs to: what its last row says."""
    ids = {*records.txn_ids, *records.line_ids}
    last = {(row["payment_id"], row["currency"]): row for row in families}
    amounts = ("came_in", "went_out", "refunded", "charged_back")
    return [
        {
            "date": str(row["run_date"]),
            "event": "family",
            "payment_id": row["payment_id"],
            "member_ids": row["member_ids"],
            "reasons": row["reasons"],
            "action": row["action"],
            "currency": row["currency"],
            **{name: format_amount(row[name], row["currency"]) for name in amounts},
        }
        for row in last.values()
        if ids & {row["payment_id"], *row["member_ids"]}
    ]


def render_family(event: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    """Renders the event: what is wrong, the sums, and who belongs to the payment."""
    words = " and ".join(_IN_WORDS[FamilyReason(reason)] for reason in event["reasons"])
    yield wrap_text(f"{words[0].upper()}{words[1:]}. Look at it.")
    came_in, went_out = (
        amount_text(event[name], event["currency"]) for name in ("came_in", "went_out")
    )
    yield wrap_text(f"payment {event['payment_id']}: {came_in} in, {went_out} out")
    yield wrap_text(f"named by {', '.join(event['member_ids'])}")
