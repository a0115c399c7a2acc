"""The values that a reference can have in the tables: as given, and normalized per channel."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.statements.canonical.references import (
    get_reference_rules,
    normalize_characters,
    normalize_reference,
)
from schemas.profile.channel import Profile
from schemas.vocabulary import Reference, normalized_column

#: Columns of a line and of a transaction that the search compares with a reference.
LINE_KEYS = tuple(normalized_column(kind) for kind in Reference)
TXN_KEYS = (
    "txn_id",
    "original_txn_id",
    *[normalized_column(kind) for kind in Reference if kind != Reference.ORIGINAL_REF],
)
_NO_RULES = ("txn_id", "original_txn_id", "line_id")


@dataclass(frozen=True)
class SearchKey:
    """The values to search for: the reference, by channel and column."""

    reference: str
    values: Mapping[str, Mapping[str, frozenset[str]]]

    def values_of(self, column: str) -> list[str]:
        """The values for one column in all channels; `matching_columns` checks the channel."""
        return sorted({value for columns in self.values.values() for value in columns[column]})

    def matching_columns(self, row: Mapping[str, Any], columns: Iterable[str]) -> list[str]:
        """The columns of a row that contain the reference, by the rules of the row's channel."""
        values = self.values[row["channel"]]
        return [name for name in columns if row[name] in values[name]]


def search_key_of(reference: str, profiles: Mapping[str, Profile]) -> SearchKey:
    """Returns the search key of a reference under the rules of some channels.

    The reference can be written as in a file, as in our books, or normalized as in the tables.
    """
    plain = reference.strip()
    spellings = {plain, normalize_characters(plain)} - {""}
    values = {
        name: {
            **{column: frozenset({plain}) for column in _NO_RULES},
            **{
                normalized_column(kind): frozenset(
                    spellings
                    | set(
                        filter(
                            None, [normalize_reference(plain, get_reference_rules(profile, kind))]
                        )
                    )
                )
                for kind in Reference
            },
        }
        for name, profile in profiles.items()
    }
    return SearchKey(plain, values)
