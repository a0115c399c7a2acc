"""Possible copies: lines without references that equal a line of another file.

The mark is made after step 2, on the day on which a line comes.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from tests.oracle.rows import Item, Record, kind_of, line_order, new_item

#: What must be equal beside directed kind; two empty values are equal.
EQUAL_COLUMNS = (
    "amount",
    "currency",
    "at",
    "account_tail",
    "payer_name",
    "order_ref_norm",
    "batch_ref_norm",
)


def mark_copies(
    day: date, new_lines: list[Item], records: Iterable[Record], lookback: int
) -> list[Item]:
    """Today's participants, with `copy_of` the first line that each may be a copy of.

    `records` are the lines of all accepted files, today's included.
    """
    since = day - timedelta(days=lookback)
    others = [
        (record["file_id"], new_item(record, day))
        for record in records
        if "line_id" in record and since <= record["business_date"] <= day
    ]
    file_ids = {line["line_id"]: file_id for file_id, line in others}
    marked = []
    for line in new_lines:
        originals = [
            other
            for file_id, other in others
            if file_id != file_ids[line["line_id"]] and _is_possible_copy(line, other)
        ]
        first = min(originals, key=line_order, default=None)
        marked.append(line | {"copy_of": first and first["line_id"]})
    return marked


def _is_possible_copy(line: Item, other: Item) -> bool:
    """Whether a line may be a copy of another one, an earlier one in the order of step 3."""
    has_reference = any(
        item[name] is not None
        for item in (line, other)
        for name in ("our_ref_norm", "channel_ref_norm")
    )
    if has_reference or line["at"] is None or line_order(other) >= line_order(line):
        return False
    return kind_of(line) == kind_of(other) and all(
        line[name] == other[name] for name in EQUAL_COLUMNS
    )
