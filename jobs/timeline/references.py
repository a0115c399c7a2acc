"""A reference as it may stand in the tables: as given, and normalized by each channel's rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.statements.canonical.references import common, normalize, rules_of
from schemas.profile.channel import Profile
from schemas.vocabulary import Reference, normalized

#: Columns of a line and of a transaction that a reference is compared with.
LINE_KEYS = tuple(normalized(each) for each in Reference)
TXN_KEYS = (
    "txn_id",
    "original_txn_id",
    *[normalized(each) for each in Reference if each != Reference.ORIGINAL_REF],
)
_NO_RULES = ("txn_id", "original_txn_id", "line_id")


@dataclass(frozen=True)
class Sought:
    """What is looked for: by channel and column the values that are the reference."""

    reference: str
    values: Mapping[str, Mapping[str, frozenset[str]]]

    def of_column(self, column: str) -> list[str]:
        """The values of one column in any channel; more than one channel's, so look again."""
        return sorted({value for each in self.values.values() for value in each[column]})

    def met_in(self, row: Mapping[str, Any], columns: Iterable[str]) -> list[str]:
        """Which columns of a row are the reference, by the rules of the row's channel."""
        own = self.values[row["channel"]]
        return [name for name in columns if row[name] in own[name]]


def sought(reference: str, profiles: Mapping[str, Profile]) -> Sought:
    """A reference under the rules of some channels.

    It may be given as a file has it, as our books have it, or as the tables have it normalized.
    """
    plain = reference.strip()
    as_given = {plain, common(plain)} - {""}
    values = {
        name: {
            **{column: frozenset({plain}) for column in _NO_RULES},
            **{
                normalized(each): frozenset(
                    as_given | set(filter(None, [normalize(plain, rules_of(profile, each))]))
                )
                for each in Reference
            },
        }
        for name, profile in profiles.items()
    }
    return Sought(plain, values)
