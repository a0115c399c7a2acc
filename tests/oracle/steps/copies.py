"""Possible copies: lines without references that equal a line of another file.

The mark is made after step 2, on the day on which a line comes.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from tests.oracle.rows import Item, Record, kind_of

#: What must be equal beside directed kind; two empty values are equal.
EQUAL_COLUMNS = (
    "amount",
    "currency",
    "traded_at",
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
    known = {
        record["line_id"]: record
        for record in records
        if "line_id" in record and since <= record["business_date"] <= day
    }
    marked = []
    for line in new_lines:
        own = known[line["line_id"]]
        originals = [other for other in known.values() if _is_possible_copy(own, other)]
        first = min(originals, key=_order, default=None)
        marked.append(line | {"copy_of": first and first["line_id"]})
    return marked


def _is_possible_copy(line: Record, other: Record) -> bool:
    """Whether a line may be a copy of another one, an earlier one in the order of step 3."""
    if any(_has_reference(record) for record in (line, other)) or line["traded_at"] is None:
        return False
    is_of_another_file = line["file_id"] != other["file_id"]
    is_earlier = _order(other) < _order(line)
    is_equal = kind_of(line) == kind_of(other) and all(
        line[name] == other[name] for name in EQUAL_COLUMNS
    )
    return is_of_another_file and is_earlier and is_equal


def _has_reference(line: Record) -> bool:
    return line["our_ref_norm"] is not None or line["channel_ref_norm"] is not None


def _order(line: Record) -> tuple[date, str]:
    """The order of step 3 among lines of one time."""
    return (line["business_date"], line["line_id"])
