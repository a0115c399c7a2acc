"""A table under guessing: its trades by our column, and the layout that comes of it."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jobs.onboarding.headings import FOOTERS, meant
from jobs.onboarding.table import Table

_WORDS_MAX, _WORD_MAX = 12, 20
_NONE = ("", "-", "--")


@dataclass
class Described:
    """Keys of a layout in their order, why each was chosen, and what a person has to say;
    `day` is the day of the most trades. `assumed` are keys with the words that are not known yet
    taken for something, only to see whether the file adds up.
    """

    layout: dict[str, Any] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    day: date | None = None
    assumed: dict[str, Any] = field(default_factory=dict)

    def set(self, key: str, value: Any, why: str) -> None:
        """A key with its reason."""
        self.layout[key] = value
        self.why[key] = why


class Work:
    """A table under guessing: values by our column."""

    def __init__(self, table: Table, is_sheet: bool) -> None:
        self.table, self.is_sheet = table, is_sheet
        self.header = table.header
        self.at = meant(table.header)
        self.rows = []
        for row in table.rows:
            if row[0].startswith(FOOTERS) and not row[0][:1].isdigit():
                break
            self.rows.append(row)
        self.out = Described(layout={"columns": {}, "constants": {}})

    def values(self, name: str) -> list[str]:
        """What stands in a column of the trades, without what means none."""
        place = self.at[name]
        found = [row[place].strip("`'") for row in self.rows if place < len(row)]
        return [each for each in found if each not in _NONE]

    def heading(self, name: str) -> str:
        """Their name of a column."""
        return self.header[self.at[name]]

    def words(self, name: str) -> list[str] | None:
        """The few words of a column; None where they are none that may stand in a page."""
        seen = sorted(set(self.values(name))) if name in self.at else []
        odd = any(len(each) > _WORD_MAX or re.search(r"\d{4}", each) for each in seen)
        return None if not seen or odd or len(seen) > _WORDS_MAX else seen
