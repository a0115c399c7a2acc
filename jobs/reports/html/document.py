"""What a page consists of. All texts are plain; the template escapes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """A value of a table; `anchor` names the list of its rows, `tone` is good, bad, warn, "", or id
    for a reference or name, which may break anywhere.
    """

    text: str = ""
    anchor: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Heading:
    """Heading of a column; numbers end at the right."""

    text: str
    is_number: bool = False


@dataclass(frozen=True)
class Table:
    """A table; `anchor` is where links lead, `note` stands below it, `file` is the path of a file
    with all rows, relative to the page, or what to run to see them.
    """

    headings: Sequence[Heading]
    rows: Sequence[Sequence[Cell]]
    title: str = ""
    anchor: str = ""
    note: str = ""
    file: str = ""
    has_totals: bool = False


@dataclass(frozen=True)
class Chart:
    """A picture, as SVG, and the sentence above it."""

    sentence: str
    svg: str


@dataclass(frozen=True)
class Card:
    """A figure of the headline."""

    label: str
    value: str
    detail: Sequence[str] = ()
    anchor: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page with a heading; `intro` says what its figures mean."""

    anchor: str
    title: str
    intro: str = ""
    tables: Sequence[Table] = ()
    charts: Sequence[Chart] = ()
    is_detail: bool = False


@dataclass(frozen=True)
class Page:
    """A page: `language` as in HTML, `notices` what a reader must know before any figure."""

    language: str
    title: str
    subtitle: str
    cards: Sequence[Card]
    sections: Sequence[Section]
    notices: Sequence[str] = ()
    notices_title: str = ""
    footer: Sequence[str] = field(default_factory=tuple)
    stamp: str = ""
