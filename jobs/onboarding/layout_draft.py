"""A table that is analysed, and the layout that is drafted from it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jobs.onboarding.evidence.column_values import WORDS_MAX, is_money, is_word, look_at
from jobs.onboarding.evidence.headings import find_footer_word, recognise_columns
from jobs.onboarding.table import Table

#: What stands in a page for what only a person knows; no page is valid with it.
OPEN = "???"
_EMPTY = ("", "-", "--")
_AMOUNTS = ("amount", "incoming", "outgoing", "fee", "net", "balance")
_TIMES = ("traded_at", "date", "settlement_date")


@dataclass
class LayoutDraft:
    """A drafted layout.

    `layout` has the keys in order, `reasons` says why each was chosen, `questions` are for the user
    to answer. `left_out` says of headings why they are not bound. `busiest_day` is the date with
    the most trades. `assumptions` are answers in place of questions, only to check whether the
    totals of the file are right. `zone` is the time zone and its reason.
    """

    layout: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    busiest_day: date | None = None
    assumptions: dict[str, Any] = field(default_factory=dict)
    zone: tuple[str, str] = ("Etc/UTC", "set it: the file does not name the zone of its times")

    def set_key(self, key: str, value: Any, why: str) -> None:
        """Sets a key with its reason."""
        self.layout[key] = value
        self.reasons[key] = why

    def ask(self, key: str, question: str, assumed: Any) -> None:
        """Leaves a key open, which makes the page invalid until somebody answers."""
        self.set_key(key, OPEN, question)
        self.questions.append(question)
        self.assumptions[key] = assumed


class TableAnalysis:
    """A table with its columns recognised: values by our column name."""

    def __init__(self, table: Table, is_sheet: bool) -> None:
        self.table, self.is_sheet = table, is_sheet
        self.header = table.header
        self.rows = []
        for row in table.rows:
            if find_footer_word(row[0]):
                break
            self.rows.append(row)
        self.column_index = recognise_columns(table.header, self._fits) if table.has_header else {}
        self.draft = LayoutDraft(layout={"columns": {}, "constants": {}})

    def _fits(self, column: str, at: int) -> bool:
        """Whether the values under a heading can be what the heading says."""
        values = self.values_at(at)
        if not values:
            return True
        if column in _AMOUNTS:
            return is_money(values) or look_at(values) in ("zeros", "places", "text")
        if column in _TIMES:
            return any(char.isdigit() for char in values[0])
        return column != "currency" or (not is_money(values) and look_at(values) != "dates")

    def values_at(self, at: int) -> list[str]:
        """The values of the column of a number (from 0), without cells that mean none."""
        values = [row[at].strip("`'") for row in self.rows if at < len(row)]
        return [value for value in values if value not in _EMPTY]

    def values(self, name: str) -> list[str]:
        """The values of one of our columns."""
        return self.values_at(self.column_index[name])

    def heading(self, name: str) -> Any:
        """Where one of our columns is in the file: its heading, or its number without a header."""
        at = self.column_index[name]
        return self.header[at] if self.table.has_header else at + 1

    def bound_places(self) -> set[int]:
        """The columns (from 0) that the draft uses."""
        layout = self.draft.layout
        keys = {"in_out": ("incoming", "outgoing"), "sign": ("sign",), "net": ("net",),
                "balance": ("balance",)}  # fmt: skip
        names = [name for key, own in keys.items() if key in layout for name in own]
        names += [name for name in layout["columns"] if name in self.column_index]
        places = {self.column_index[name] for name in names}
        times = layout["columns"].get("traded_at")
        for heading in times if isinstance(times, list) else [times]:
            if heading in self.header:
                places.add(self.header.index(heading))
            elif isinstance(heading, int):
                places.add(heading - 1)
        return places

    def distinct_words(self, name: str) -> list[str] | None:
        """The distinct words of a column; None if they are too many or could be personal data."""
        words = sorted(set(self.values(name))) if name in self.column_index else []
        is_data = any(not is_word(word) for word in words)
        return None if not words or is_data or len(words) > WORDS_MAX else words
