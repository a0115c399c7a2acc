"""Puts a page together: its words, and the lists of rows that figures lead to."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from jobs.reports.day_page.scope import Row, RowList, Scope
from jobs.reports.html.document import Cell, Heading, Section, Table
from jobs.reports.html.language import Language
from jobs.reports.html.numbers import format_count, format_money

#: Turns a row into the cells of a list.
Render = Callable[[Row], Sequence[Cell]]
#: Topic of the lists that most readers need least.
LAST_TOPIC = "Rows of the channels"
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NO_ANCHOR = re.compile(r"[^a-zA-Z0-9]+")


class Builder:
    """What all sections of a page share.

    `rows_max` is how many rows a list shows; `files` are the export files that there are, relative
    to the page.
    """

    def __init__(
        self, scope: Scope, language: Language, rows_max: int, files: Collection[str]
    ) -> None:
        self.scope, self.language, self.rows_max, self.files = scope, language, rows_max, files
        self.say = language.say
        self.say_code = language.say_code
        self._lists: dict[str, list[Table]] = {}
        self._number = 0

    def headings(self, *names: str, numbers: Collection[str] = ()) -> list[Heading]:
        """Headings by their English texts; those in `numbers` are of numbers."""
        return [Heading(self.say(name), name in numbers) for name in names]

    def add_list(
        self,
        topic: str,
        title: str,
        rows: RowList,
        headings: Sequence[Heading],
        render: Render,
        source: str = "",
        file: str = "",
    ) -> str:
        """Adds the list of the rows behind a figure; returns its anchor, "" without rows.

        Columns without any value are left out.
        `topic` is the heading, in English, below which the list stands. `source` says where all
        rows are, or `file` is the path of the export that has them.
        """
        if not rows.count:
            return ""
        self._number += 1
        anchor = f"rows-{self._number}"
        shown = rows.rows[: self.rows_max]
        rest = rows.count - len(shown)
        note = self.say("All {count} rows are shown.", count=f"{rows.count:,}")
        if rest:
            note = self.say("{rest} more rows, smaller ones, are not shown.", rest=f"{rest:,}")
        file = file if file in self.files else ""
        if file:
            note = f"{note} {self.say('All rows:')}"
        elif source:
            note = f"{note} {self.say('All rows:')} {source}"
        cells = [render(row) for row in shown]
        used = [number for number in range(len(headings)) if any(row[number].text for row in cells)]
        table = Table(
            [headings[number] for number in used],
            [[_keep_whole(row[number]) for number in used] for row in cells],
            title, anchor, note, file,
        )  # fmt: skip
        self._lists.setdefault(topic, []).append(table)
        return anchor

    def list_sections(self) -> list[Section]:
        """The lists, a section per topic: in the order in which they were added, but all rows of
        the channels last.
        """
        return [
            Section(
                _NO_ANCHOR.sub("-", f"lists-{topic}").lower(), self.say(topic),
                tables=tables, is_detail=True,
            )
            for topic, tables in sorted(self._lists.items(), key=lambda item: item[0] == LAST_TOPIC)
        ]  # fmt: skip

    def count(self, number: int, anchor: str = "", tone: str = "") -> Cell:
        """A number that leads to its rows."""
        return Cell(format_count(number), anchor if number else "", tone if number else "")

    def money(
        self, minor: int | None, code: str | None, anchor: str = "", tone: str = "", sign: str = ""
    ) -> Cell:
        """An amount that leads to its rows; nothing for 0."""
        if not minor:
            return Cell()
        return Cell(format_money(minor, code, sign), anchor, tone)

    def export_file(self, channel: str, name: str = "breaks.xlsx") -> str:
        """Where the export of a channel lies, relative to the page of a date."""
        return f"{channel}/{name}"


def _keep_whole(cell: Cell) -> Cell:
    """The cell, in which a date is not broken at its hyphens."""
    return replace(cell, tone="whole") if _DATE.fullmatch(cell.text) and not cell.tone else cell
