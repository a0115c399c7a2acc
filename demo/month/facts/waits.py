"""The days on which an item waits for its other side: each of them has a row in `outcomes`."""

from collections.abc import Iterator
from datetime import date, timedelta

from demo.month.builder import Builder
from demo.month.model import WINDOW, Fact, Label


def wait_facts(builder: Builder) -> Iterator[Fact]:
    """A fact per item and day: it waits until its other side comes, or until it breaks."""
    ends = {}
    for label in builder.labels:
        yield from _waits_of(label)
        if label.row is not None and not label.is_of_line:
            ends[label.row.txn_id] = label.run_date
    for row in builder.rows:
        if row.status == "PENDING" and ends[row.txn_id] > row.day:
            # The wallet lists such a payment as pending, too; of a transfer nothing is listed yet.
            reason = "NOT_FINAL" if row.channel == "epay" else "INTERNAL_ONLY"
            yield _fact(row.day, row.txn_id, reason)


def _waits_of(label: Label) -> Iterator[Fact]:
    row, line = label.row, label.line
    if label.is_of_line or label.outcome == "EXCLUDED":
        return
    if row is not None and (line is None or row.day < line.day):
        start, item, reason = row.day, row.txn_id, "INTERNAL_ONLY"
    elif line is not None and (row is None or line.day < row.day):
        start, item, reason = line.day, line.line_id, "STATEMENT_ONLY"
    else:
        return
    end = label.run_date + timedelta(days=label.outcome == "SUSPENSE")
    for number in range(WINDOW):
        if start + timedelta(days=number) < end:
            yield _fact(start + timedelta(days=number), item, reason)


def _fact(run: date, item: str, reason: str) -> Fact:
    return Fact(f"waits: {reason.lower().replace('_', ' ')}", "waiting", (str(run), item),
                (reason, "WAIT"))  # fmt: skip
