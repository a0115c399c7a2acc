"""A sheet of a workbook, described by its profile as delimited text is.

`to_text` streams the sheet once into lines of text, row N as line N. tieout then reads that text as
any other. Source: docs/reference/dialects/xlsx.md.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, ClassVar

from jobs.statements.canonical.timestamps import Faults
from jobs.statements.delimited import parser
from jobs.statements.delimited.running_balance import detect_order
from jobs.statements.parser import Dialect, ParsedBlock, Plan, Sample
from jobs.statements.reading.line_format import Cells
from jobs.statements.reading.sheet_encoding import MARKERS, NUMBER, SEPARATOR, render_row
from jobs.statements.xlsx.cells import decode_column, read_dates, read_timestamps
from jobs.statements.xlsx.rows import COLUMNS_MAX
from jobs.statements.xlsx.workbook_zip import OLE, ZIP, Workbook
from schemas.profile.channel import Profile
from schemas.profile.layout.delimited import DelimitedLayout

_NUMBERS = re.compile(f"{NUMBER}([^{SEPARATOR}\n]*)")


class SheetLayout(DelimitedLayout):
    """A layout whose lines are the rows of a sheet."""

    is_sheet: ClassVar[bool] = True
    cell_markers: ClassVar[str] = MARKERS

    def text(self, raw: bytes, errors: str = "replace") -> str:
        """Renders rows for people: without markers, numbers with the decimal sign of `amounts`."""
        text = super().text(raw, errors)
        if self.amounts is not None and self.amounts.decimal == ",":
            text = _NUMBERS.sub(lambda hit: hit[1].replace(".", ","), text)
        return render_row(text)


def identify(sample: Sample) -> bool:
    """Whether the file is a workbook: .xlsx, or .xls, which tieout refuses with its own reason."""
    return sample.head.startswith(OLE) or (
        sample.head.startswith(ZIP) and b"[Content_Types].xml" in sample.head + sample.tail
    )


def to_text(source: IO[bytes], name: str, profile: Profile, bytes_max: int) -> Iterator[bytes]:
    """Yields the lines of the sheet that the profile names, in blocks.

    Raises:
        FileRefused: the file is no workbook, tieout does not read it, or it has no such sheet.
    """
    wanted = parser.get_layout(profile).sheet
    return Workbook(source, name, bytes_max).read_lines(wanted)


def to_text_profile(profile: Profile) -> Profile:
    """Converts a profile to that of the text of its sheet."""
    sheet_layout = parser.get_layout(profile)
    values = {name: getattr(sheet_layout, name) for name in sheet_layout.model_fields_set}
    layout = SheetLayout.model_validate({**values, "separator": SEPARATOR})
    return profile.model_copy(update={"layout": layout})


def plan(sample: Sample, profile: Profile) -> Plan:
    """Finds the columns by header or by number, and the text above and below the statement lines.

    Raises:
        FileRefused: header, trailer, footer or totals are not as the profile says.
    """
    text_profile = to_text_profile(profile)
    layout = parser.get_layout(text_profile)
    plan = parser.plan(sample, text_profile)
    assert plan.line_format is not None
    has_fixed_width = layout.header == "names" and layout.records is None
    width = plan.line_format.width if has_fixed_width else COLUMNS_MAX
    line_format = replace(plan.line_format, width=width, is_sheet=True)
    return detect_order(
        sample, replace(plan, dialect="xlsx", line_format=line_format), line_format, parse, profile
    )


def parse(cells: Cells, plan: Plan, profile: Profile) -> ParsedBlock:
    """Converts cells to canonical lines. Faults of damaged cells come before other faults."""
    text_profile = to_text_profile(profile)
    layout, damage_faults = parser.get_layout(text_profile), Faults()
    columns = {}
    for name, place in plan.column_indexes.items():
        columns[name], faults = decode_column(cells.columns[place], name.rpartition("/")[2], layout)
        damage_faults = {**faults, **damage_faults}
    block = parser.map_lines(
        columns,
        cells.line_no,
        plan,
        text_profile,
        read_timestamps=read_timestamps,
        read_dates=read_dates,
    )
    block.lines.faults.update(damage_faults)
    return block


DIALECT = Dialect(
    "xlsx",
    identify,
    plan,
    parse=parse,
    to_text=to_text,
    text_layout=lambda profile: parser.get_layout(to_text_profile(profile)),
)
