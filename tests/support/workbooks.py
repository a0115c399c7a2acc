"""Workbooks made part by part, the same bytes every time; odd cells and parts are given as XML.

`python -m tests.support.workbooks` writes those of the golden files anew.
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
#: Styles of cells: plain, a date and time, a date, a time, eight digits with zeros in front.
STYLES = {"plain": 0, "moment": 1, "date": 2, "time": 3, "zeros": 4}
_FORMATS = (
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m/d hh:mm:ss"/>'
    '<numFmt numFmtId="165" formatCode="00000000"/></numFmts>'
    '<cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="14"/>'
    '<xf numFmtId="21"/><xf numFmtId="165"/></cellXfs>'
)


@dataclass(frozen=True)
class Odd:
    """A cell by its XML: attributes beside its place, and what stands inside."""

    attributes: str
    inside: str = ""


@dataclass(frozen=True)
class Sheet:
    """A sheet: its rows by number (from 1), what is merged, and whether it is hidden."""

    name: str
    rows: Mapping[int, Sequence[object]]
    merged: Sequence[str] = ()
    state: str = "visible"


@dataclass
class _Book:
    """A workbook under making."""

    since_1904: bool
    inline: bool
    texts: dict[str, int] = field(default_factory=dict)

    def cell(self, value: object, place: str) -> str:
        """A cell's XML; nothing of None."""
        if value is None:
            return ""
        if isinstance(value, Odd):
            return f'<c r="{place}" {value.attributes}>{value.inside}</c>'
        if isinstance(value, bool):
            return f'<c r="{place}" t="b"><v>{value:d}</v></c>'
        if isinstance(value, int | float):
            return f'<c r="{place}"><v>{value!r}</v></c>'
        if isinstance(value, datetime | date | time):
            style = STYLES["moment"]
            if not isinstance(value, datetime):
                style = STYLES["date"] if isinstance(value, date) else STYLES["time"]
            return f'<c r="{place}" s="{style}"><v>{self.serial(value)!r}</v></c>'
        if self.inline:
            text = f'<is><t xml:space="preserve">{escape(str(value))}</t></is>'
            return f'<c r="{place}" t="inlineStr">{text}</c>'
        at = self.texts.setdefault(str(value), len(self.texts))
        return f'<c r="{place}" t="s"><v>{at}</v></c>'

    def serial(self, value: datetime | date | time) -> float:
        """The number that stands for a date or time."""
        first = datetime(1904, 1, 1) if self.since_1904 else datetime(1899, 12, 30)
        if isinstance(value, time):
            value = datetime.combine(first.date(), value)
        elif not isinstance(value, datetime):
            value = datetime.combine(value, time())
        return (value - first) / timedelta(days=1)

    def sheet(self, sheet: Sheet) -> str:
        """A sheet's part."""
        rows = []
        for number, cells in sheet.rows.items():
            made = "".join(
                self.cell(value, f"{_letters(at)}{number}") for at, value in enumerate(cells)
            )
            rows.append(f'<row r="{number}">{made}</row>')
        merged = "".join(f'<mergeCell ref="{each}"/>' for each in sheet.merged)
        below = f'<mergeCells count="{len(sheet.merged)}">{merged}</mergeCells>' if merged else ""
        return (
            f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData>{below}</worksheet>'
        )


def _letters(at: int) -> str:
    return chr(65 + at) if at < 26 else _letters(at // 26 - 1) + _letters(at % 26)


def rows_of(*rows: Sequence[object], first: int = 1) -> dict[int, Sequence[object]]:
    """Rows one below the other."""
    return dict(enumerate(rows, first))


def parts(
    sheets: Sequence[Sheet], since_1904: bool = False, inline: bool = False
) -> dict[str, str]:
    """The parts of a workbook by their names."""
    book = _Book(since_1904, inline)
    made = {f"xl/worksheets/sheet{at}.xml": book.sheet(one) for at, one in enumerate(sheets, 1)}
    listed = "".join(
        f'<sheet name="{escape(one.name)}" sheetId="{at}" state="{one.state}" r:id="rId{at}"/>'
        for at, one in enumerate(sheets, 1)
    )
    related = [(f"rId{at}", "worksheet", f"worksheets/sheet{at}.xml")
               for at in range(1, len(sheets) + 1)]  # fmt: skip
    related += [("rId90", "styles", "styles.xml")]
    texts = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in book.texts)
    if book.texts:
        related.append(("rId91", "sharedStrings", "/xl/sharedStrings.xml"))
        made["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{texts}</sst>'
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": _relations([("rId1", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        f'<workbookPr date1904="{since_1904:d}"/><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(related),
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{_FORMATS}</styleSheet>',
        **made,
    }


def _relations(found: Sequence[tuple[str, str, str]]) -> str:
    each = "".join(
        f'<Relationship Id="{id_}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for id_, kind, target in found
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{each}</Relationships>'


def packed(made: Mapping[str, str | bytes]) -> bytes:
    """Parts as a workbook's bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, content in made.items():
            info = zipfile.ZipInfo(name)  # of a date of its own, not of the clock
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)
    return out.getvalue()


def workbook(*sheets: Sheet, since_1904: bool = False, inline: bool = False) -> bytes:
    """A workbook's bytes."""
    return packed(parts(sheets, since_1904, inline))


def golden() -> dict[str, bytes]:
    """The workbooks of the golden files by their case."""
    noon = datetime(2026, 11, 16, 12, 0, 1)
    report = rows_of(
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
    damaged = rows_of(
        ["A1", 4.2e27, noon, 1.0],
        ["A2", "1.2302025304E+022", noon, 1.0],
        ["A3", "S1", noon, 0.1 + 0.2],
        ["A4", "S2", noon, 12.345],
        ["A5", Odd('t="e"', "<v>#N/A</v>"), noon, 1.0],
        ["A6", "S3", noon, Odd("", "<f>SUM(D1:D5)</f>")],
        ["A7", "S4", noon, Odd("", "<f>1+1</f><v>2</v>")],
        ["A8", Odd(f's="{STYLES["zeros"]}"', "<v>1234</v>"), "2026-11-16 12:00:01", 1.0],
        ["A9", "S5", noon, 1.0],
        ["A10", None, noon, 1.0],
        ["A11", "S6", Odd("", "<v>46342.5</v>"), 1.0],
        ["A12", date(2026, 11, 16), noon, "1.00"],
    )
    return {
        "report": workbook(Sheet("明细", report, merged=("A1:H1", "A10:C10"))),
        "damaged": workbook(
            Sheet("says", {3: ["not to be read"]}),
            Sheet("Data", damaged, merged=("B9:B10",), state="hidden"),
            since_1904=True, inline=True,
        ),
    }  # fmt: skip


def main() -> int:
    """Writes the workbooks of the golden files."""
    for case, content in golden().items():
        (WORKBOOKS / case / "statement.xlsx").write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
