"""What the table of breaks must say: what broke, what it may cost, and what closed it."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from demo.month.model import WINDOW, Fact, Label


def break_facts(labels: Iterable[Label]) -> Iterator[Fact]:
    """A break per label that breaks, and per transaction that waited for a late line."""
    for label in labels:
        if label.outcome == "BREAK":
            yield _fact(label, "OPEN", str(label.run_date), "None", None, label.action)
        elif label.reasons == "LATE":
            assert label.row is not None
            opened = label.row.day + timedelta(days=WINDOW)
            closed = str(label.run_date)
            yield _fact(label, "CLOSED", str(opened), closed, "LATE_MATCH", "QUERY")


def _fact(
    label: Label, state: str, opened: str, closed: str, closed_by: str | None, action: str
) -> Fact:
    row, line = label.row, label.line
    side = row if row is not None and state == "CLOSED" else line or row
    assert side is not None
    at_stake = abs(side.amount)
    if row is not None and line is not None and label.reasons == "AMOUNT_MISMATCH":
        at_stake = abs(line.amount - row.amount)
    key = (row.txn_id if row else line.line_id if line else "",)
    case = f"break {'closed by a late line' if state == 'CLOSED' else 'open'}"
    return Fact(case, "breaks", key, (state, opened, closed, closed_by, action, at_stake))
