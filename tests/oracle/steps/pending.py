"""Transactions whose number stands on a PENDING line of the day: they do not age."""

from collections.abc import Iterable
from datetime import date

from schemas.vocabulary import Status
from tests.oracle.rows import DirectedKind, Item, kind_of

REFERENCES = ("our_ref_norm", "channel_ref_norm")
#: A reference by name and value, with directed kind.
Number = tuple[DirectedKind, str, str]


def collect_pending_numbers(lines: Iterable[Item]) -> set[Number]:
    """The numbers of the PENDING lines, whatever their scope."""
    pending = [line for line in lines if line["status"] == Status.PENDING]
    return {number for line in pending for number in _numbers_of(line)}


def is_pending_there(transaction: Item, numbers: set[Number], day: date, late: int) -> bool:
    """Whether the channel has not finished the transaction yet; for `late` days at most."""
    if transaction["broke_on"] is not None:
        return False
    is_in_time = (day - transaction["first_run_date"]).days < late
    return is_in_time and not numbers.isdisjoint(_numbers_of(transaction))


def _numbers_of(item: Item) -> set[Number]:
    return {(kind_of(item), name, item[name]) for name in REFERENCES if item[name] is not None}
