"""Ids of breaks, which stay the same when a statement is sent anew.

A break about a transaction is named by class and `txn_id`. One about a line is named by class,
kind, direction and `channel_ref`, else by what the line says; and by its number among equal lines.
"""

import hashlib
from typing import Any

from schemas.vocabulary import BreakClass

Row = dict[str, Any]

_ID_LENGTH = 16
#: What a line without `channel_ref` says, as far as outcomes have it.
_LINE_VALUES = (
    "statement_date",
    "statement_status",
    "statement_amount",
    "currency",
    "traded_at_micros",
    "our_ref_norm",
    "order_ref",
)
#: An id has letters only, so that no program takes it for a number.
_LETTERS = str.maketrans("0123456789", "ghijkmnpqr")


def _hash(*parts: object) -> str:
    """The first digits of the SHA-256 of some values; null and empty texts are told apart."""
    text = "\n".join("-" if part is None else f"={part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_LENGTH].translate(_LETTERS)


def first_id_of(row: Row, break_class: BreakClass) -> str:
    """The id of the break that a row opens; of equal lines, that of the first one."""
    subject = (row["channel"], break_class.value)
    if row["txn_id"] is not None:
        return _hash(*subject, "transaction", row["txn_id"])
    if row["channel_ref_norm"] is not None:
        return _hash(*subject, "reference", row["directed_kind"], row["channel_ref_norm"])
    return _hash(*subject, "values", row["directed_kind"], *(row[name] for name in _LINE_VALUES))


def id_of_number(first_id: str, number: int) -> str:
    """The id of the break of an equal line by its number, from 1."""
    return first_id if number == 1 else _hash(first_id, number)
