"""Builds workbooks part by part, the same bytes every time; callers may give cells as raw XML.

`python -m tests.support.workbooks` rewrites the workbooks of the golden files.
"""

import io
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from xml.sax.saxutils import escape

from tests.support.paths import GOLDEN

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORKBOOKS = GOLDEN / "xlsx"
#: Cell styles: plain, date and time, date, time, eight digits with leading zeros.
STYLES = {"plain": 0, "moment": 1, "date": 2, "time": 3, "zeros": 4}
_FORMATS = (
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m/d hh:mm:ss"/>'
    '<numFmt numFmtId="165" formatCode="00000000"/></numFmts>'
    '<cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="14"/>'
    '<xf numFmtId="21"/><xf numFmtId="165"/></cellXfs>'
)


@dataclass(frozen=True)
class RawCell:
    """A cell as raw XML: its attributes without the reference, and its content."""

    attributes: str
    inside: str = ""


@dataclass(frozen=True)
class Sheet:
    """A sheet: its rows by number (from 1), merged areas, and its visibility."""

    name: str
    rows: Mapping[int, Sequence[object]]
    merged: Sequence[str] = ()
    state: str = "visible"


@dataclass
class _WorkbookBuilder:
    """Builds the XML of a workbook's cells and sheets."""

    since_1904: bool
    inline: bool
    texts: dict[str, int] = field(default_factory=dict)

    def build_cell(self, value: object, place: str) -> str:
        """Builds a cell's XML; empty for None."""
        if value is None:
            return ""
        if isinstance(value, RawCell):
            return f'<c r="{place}" {value.attributes}>{value.inside}</c>'
        if isinstance(value, bool):
            return f'<c r="{place}" t="b"><v>{value:d}</v></c>'
        if isinstance(value, int | float):
            return f'<c r="{place}"><v>{value!r}</v></c>'
        if isinstance(value, datetime | date | time):
            style = STYLES["moment"]
            if not isinstance(value, datetime):
                style = STYLES["date"] if isinstance(value, date) else STYLES["time"]
            return f'<c r="{place}" s="{style}"><v>{self.to_serial(value)!r}</v></c>'
        if self.inline:
            text = f'<is><t xml:space="preserve">{escape(str(value))}</t></is>'
            return f'<c r="{place}" t="inlineStr">{text}</c>'
        index = self.texts.setdefault(str(value), len(self.texts))
        return f'<c r="{place}" t="s"><v>{index}</v></c>'

    def to_serial(self, value: datetime | date | time) -> float:
        """Converts a date or time to its serial number."""
        first = datetime(1904, 1, 1) if self.since_1904 else datetime(1899, 12, 30)
        if isinstance(value, time):
            value = datetime.combine(first.date(), value)
        elif not isinstance(value, datetime):
            value = datetime.combine(value, time())
        return (value - first) / timedelta(days=1)

    def build_sheet(self, sheet: Sheet) -> str:
        """Builds the XML part of a sheet."""
        rows = []
        for number, cells in sheet.rows.items():
            cells_xml = "".join(
                self.build_cell(value, f"{_column_letters(index)}{number}")
                for index, value in enumerate(cells)
            )
            rows.append(f'<row r="{number}">{cells_xml}</row>')
        merged = "".join(f'<mergeCell ref="{area}"/>' for area in sheet.merged)
        merged_xml = (
            f'<mergeCells count="{len(sheet.merged)}">{merged}</mergeCells>' if merged else ""
        )
        content = f"<sheetData>{''.join(rows)}</sheetData>{merged_xml}"
        return f'<worksheet xmlns="{MAIN}">{content}</worksheet>'


def _column_letters(at: int) -> str:
    return chr(65 + at) if at < 26 else _column_letters(at // 26 - 1) + _column_letters(at % 26)


def number_rows(*rows: Sequence[object], first: int = 1) -> dict[int, Sequence[object]]:
    """Numbers rows from `first` on."""
    return dict(enumerate(rows, first))


def build_parts(
    sheets: Sequence[Sheet], since_1904: bool = False, inline: bool = False
) -> dict[str, str]:
    """Builds the parts of a workbook by name."""
    book = _WorkbookBuilder(since_1904, inline)
    built = {
        f"xl/worksheets/sheet{number}.xml": book.build_sheet(sheet)
        for number, sheet in enumerate(sheets, 1)
    }
    sheets_xml = "".join(
        f'<sheet name="{escape(sheet.name)}" sheetId="{number}" state="{sheet.state}"'
        f' r:id="rId{number}"/>'
        for number, sheet in enumerate(sheets, 1)
    )
    relationships = [(f"rId{number}", "worksheet", f"worksheets/sheet{number}.xml")
               for number in range(1, len(sheets) + 1)]  # fmt: skip
    relationships += [("rId90", "styles", "styles.xml")]
    texts = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in book.texts)
    if book.texts:
        relationships.append(("rId91", "sharedStrings", "/xl/sharedStrings.xml"))
        built["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{texts}</sst>'
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": _build_relationships([("rId1", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        f'<workbookPr date1904="{since_1904:d}"/><sheets>{sheets_xml}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _build_relationships(relationships),
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{_FORMATS}</styleSheet>',
        **built,
    }


def _build_relationships(relationships: Sequence[tuple[str, str, str]]) -> str:
    elements = "".join(
        f'<Relationship Id="{id_}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for id_, kind, target in relationships
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{elements}</Relationships>'


def pack_parts(built: Mapping[str, str | bytes]) -> bytes:
    """Packs parts into a workbook's bytes."""
    content_buffer = io.BytesIO()
    with zipfile.ZipFile(content_buffer, "w") as target:
        for name, content in built.items():
            info = zipfile.ZipInfo(name)  # with a fixed date, not the clock's
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)
    return content_buffer.getvalue()


def build_workbook(*sheets: Sheet, since_1904: bool = False, inline: bool = False) -> bytes:
    """Builds a workbook's bytes."""
    return pack_parts(build_parts(sheets, since_1904, inline))


def build_golden_workbooks() -> dict[str, bytes]:
    """Builds the workbooks of the golden files by case."""
    noon = datetime(2026, 11, 16, 12, 0, 1)
    report = number_rows(
        ["某收单机构对账单"],
        ["商户号：", "898000000000001"],
        [],
        ["交易流水号", "商户订单号", "交易日期", "交易时间", "类型", "金额", "手续费", "备注"],
        ["4200002511202611160000000001", "S20261116001", date(2026, 11, 16), time(0, 0, 3), "消费",
         12.34, 0.07, "茶\n二两"],
        ["4200002511202611160000000002", "S20261116002", date(2026, 11, 16), time(9, 30), "消费",
         1000, 6.0, None],
        [],
        ["4200002511202611160000000003", 20261116003, date(2026, 11, 16), time(23, 59, 59), "退货",
         -2.34, -0.01, None],
        ["合计", "笔数", 3, None, "金额", 1010, 6.06],
        ["制表：系统"],
    )  # fmt: skip
    damaged = number_rows(
        ["A1", 4.2e27, noon, 1.0],
        ["A2", "1.2302025304E+022", noon, 1.0],
        ["A3", "S1", noon, 0.1 + 0.2],
        ["A4", "S2", noon, 12.345],
        ["A5", RawCell('t="e"', "<v>#N/A</v>"), noon, 1.0],
        ["A6", "S3", noon, RawCell("", "<f>SUM(D1:D5)</f>")],
        ["A7", "S4", noon, RawCell("", "<f>1+1</f><v>2</v>")],
        ["A8", RawCell(f's="{STYLES["zeros"]}"', "<v>1234</v>"), "2026-11-16 12:00:01", 1.0],
        ["A9", "S5", noon, 1.0],
        ["A10", None, noon, 1.0],
        ["A11", "S6", RawCell("", "<v>46342.5</v>"), 1.0],
        ["A12", date(2026, 11, 16), noon, "1.00"],
    )
    return {
        "report": build_workbook(Sheet("明细", report, merged=("A1:H1", "A10:C10"))),
        "damaged": build_workbook(
            Sheet("says", {3: ["not to be read"]}),
            Sheet("Data", damaged, merged=("B9:B10",), state="hidden"),
            since_1904=True, inline=True,
        ),
    }  # fmt: skip


def main() -> int:
    """Writes the workbooks of the golden files."""
    for case, content in build_golden_workbooks().items():
        (WORKBOOKS / case / "statement.xlsx").write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
