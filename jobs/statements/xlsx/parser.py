"""A workbook's sheet, described by its profile as delimited text is.

The sheet is laid out as lines of text once, in a stream, row N as line N; from there on it is read
as any other text. Source: docs/reference/dialects/xlsx.md.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, ClassVar

from jobs.statements.canonical.timestamps import Faults
from jobs.statements.delimited import parser
from jobs.statements.delimited.running_balance import turned
from jobs.statements.parser import Dialect, Parsed, Plan, Sample
from jobs.statements.reading.cell_marks import MARKS, NUMBER, SEPARATOR, shown
from jobs.statements.reading.shape import Cells
from jobs.statements.xlsx.cells import days_of, moments_of, texts_of
from jobs.statements.xlsx.rows import COLUMNS_MAX
from jobs.statements.xlsx.workbook_zip import OLE, ZIP, Workbook
from schemas.profile.channel import Profile
from schemas.profile.layout.delimited import DelimitedLayout

_NUMBERS = re.compile(f"{NUMBER}([^{SEPARATOR}\n]*)")


class SheetLayout(DelimitedLayout):
    """A layout whose lines are the rows of a sheet."""

    is_sheet: ClassVar[bool] = True
    marks: ClassVar[str] = MARKS

    def text(self, raw: bytes, errors: str = "replace") -> str:
        """Rows for people: without marks, numbers printed as `amounts` says that texts are."""
        text = super().text(raw, errors)
        if self.amounts is not None and self.amounts.decimal == ",":
            text = _NUMBERS.sub(lambda hit: hit[1].replace(".", ","), text)
        return shown(text)


def identify(sample: Sample) -> bool:
    """Whether the file is a workbook, of today's kind or, to be refused by name, of the old one."""
    return sample.head.startswith(OLE) or (
        sample.head.startswith(ZIP) and b"[Content_Types].xml" in sample.head + sample.tail
    )


def to_text(source: IO[bytes], name: str, profile: Profile, bytes_max: int) -> Iterator[bytes]:
    """The lines of the sheet that the profile names, in pieces.

    Raises:
        FileRefused: no workbook, one that is not to be read, or no such sheet.
    """
    wanted = parser.layout_of(profile).sheet
    return Workbook(source, name, bytes_max).lines(wanted)


def as_text(profile: Profile) -> Profile:
    """The profile of the text that a sheet is laid out as."""
    own = parser.layout_of(profile)
    given = {name: getattr(own, name) for name in own.model_fields_set}
    layout = SheetLayout.model_validate({**given, "separator": SEPARATOR})
    return profile.model_copy(update={"layout": layout})


def plan(sample: Sample, profile: Profile) -> Plan:
    """Binds the header or the numbers, finds what stands above and below the trades.

    Raises:
        FileRefused: header, trailer, footer or totals are not as the profile says.
    """
    text = as_text(profile)
    layout = parser.layout_of(text)
    plan = parser.plan(sample, text)
    assert plan.shape is not None
    bounded = layout.header == "names" and layout.records is None
    width = plan.shape.width if bounded else COLUMNS_MAX
    shape = replace(plan.shape, width=width, is_sheet=True)
    return turned(sample, replace(plan, dialect="xlsx", shape=shape), shape, parse, profile)


def parse(cells: Cells, plan: Plan, profile: Profile) -> Parsed:
    """Cells to canonical lines; what a spreadsheet has damaged is blamed first."""
    text = as_text(profile)
    layout, odd = parser.layout_of(text), Faults()
    columns = {}
    for name, place in plan.places.items():
        columns[name], faults = texts_of(cells.columns[place], name.rpartition("/")[2], layout)
        odd = {**faults, **odd}
    parsed = parser.mapped_lines(
        columns, cells.line_no, plan, text, moments_of=moments_of, days_of=days_of
    )
    parsed.lines.faults.update(odd)
    return parsed


DIALECT = Dialect(
    "xlsx",
    identify,
    plan,
    parse=parse,
    to_text=to_text,
    text_layout=lambda profile: parser.layout_of(as_text(profile)),
)
