"""A table that is analysed, and the layout that is drafted from it."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jobs.onboarding.headings import FOOTERS, recognise_columns
from jobs.onboarding.table import Table

_WORDS_MAX, _WORD_MAX = 12, 20
_EMPTY = ("", "-", "--")


@dataclass
class LayoutDraft:
    """A drafted layout.

    `layout` has the keys in order, `reasons` says why each was chosen, `questions` are for the user
    to answer. `busiest_day` is the date with the most trades. `assumptions` map unknown words to
    some code, only to check whether the totals of the file are right.
    """

    layout: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    busiest_day: date | None = None
    assumptions: dict[str, Any] = field(default_factory=dict)

    def set_key(self, key: str, value: Any, why: str) -> None:
        """Sets a key with its reason."""
        self.layout[key] = value
        self.reasons[key] = why


class TableAnalysis:
    """A table with its columns recognised: values by our column name."""

    def __init__(self, table: Table, is_sheet: bool) -> None:
        self.table, self.is_sheet = table, is_sheet
        self.header = table.header
        self.column_index = recognise_columns(table.header)
        self.rows = []
        for row in table.rows:
            if row[0].startswith(FOOTERS) and not row[0][:1].isdigit():
                break
            self.rows.append(row)
        self.draft = LayoutDraft(layout={"columns": {}, "constants": {}})

    def values(self, name: str) -> list[str]:
        """The values of a column, without cells that mean none."""
        index = self.column_index[name]
        values = [row[index].strip("`'") for row in self.rows if index < len(row)]
        return [value for value in values if value not in _EMPTY]

    def heading(self, name: str) -> str:
        """The heading of one of our columns in the file."""
        return self.header[self.column_index[name]]

    def distinct_words(self, name: str) -> list[str] | None:
        """The distinct words of a column; None if they are too many or could be personal data."""
        words = sorted(set(self.values(name))) if name in self.column_index else []
        is_data = any(len(word) > _WORD_MAX or re.search(r"\d{4}", word) for word in words)
        return None if not words or is_data or len(words) > _WORDS_MAX else words
