"""The workbook, as another program reads it."""

import io
import zipfile
from xml.etree import ElementTree

import openpyxl
import pytest

from jobs.exports.workbook import TEXT_UNITS_MAX, Heading, Workbook
from jobs.reports.money_text import Cell, money

HEADINGS = (Heading("Reference", 30), Heading("Amount", 12))


def book_of(*rows: tuple[Cell, ...], rows_max: int | None = None) -> bytes:
    stream = io.BytesIO()
    book = Workbook(stream, "Breaks", HEADINGS, rows_max)
    for row in rows:
        book.add(row)
    book.close()
    return stream.getvalue()


def read(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def test_amounts_are_numbers_in_their_currencys_decimals() -> None:
    rows = [("a", money(32, "CNY")), ("b", money(1_200, "JPY")), ("c", money(-1, "KWD"))]
    sheet = read(book_of(*rows)).active
    assert [(row[1].value, row[1].number_format, row[1].data_type) for row in sheet["A2:B4"]] == [
        (0.32, "#,##0.00", "n"),
        (1200, "#,##0", "n"),
        (-0.001, "#,##0.000", "n"),
    ]


def test_an_amount_with_too_many_digits_is_text() -> None:
    """A spreadsheet would show 9,999,999,999,999.99 right, and one cent more as ...00."""
    sheet = read(book_of(("a", money(10**15 - 1, "CNY")), ("b", money(10**15 + 1, "CNY")))).active
    assert (sheet["B2"].value, sheet["B2"].data_type) == (9999999999999.99, "n")
    assert (sheet["B3"].value, sheet["B3"].data_type) == ("10000000000000.01", "s")


@pytest.mark.parametrize(
    "text",
    ["0012", "4200001234202611220000000000", "=1+1", "<r>&\"'", "a\tb\nc", " x ", "支付宝", "1E5"],
)
def test_text_stays_text(text: str) -> None:
    cell = read(book_of((text, None))).active["A2"]
    # the reader takes any text with = in front for a formula; the file says that it is none
    assert cell.value == text
    assert b't="inlineStr"' in zipfile.ZipFile(io.BytesIO(book_of((text, None)))).read(
        "xl/worksheets/sheet1.xml"
    )


def test_what_xml_cannot_hold_is_written_as_spreadsheets_do() -> None:
    """A carriage return, a NUL, and text that looks like such an escape."""
    data = book_of(("a\rb\x00_x000D_", None))
    text = ElementTree.fromstring(
        zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
    ).findall(".//{*}t")[-1].text  # fmt: skip
    assert text == "a_x000D_b_x0000__x005F_x000D_"


def test_a_cell_holds_32767_units() -> None:
    """A sign outside the basic plane counts for two, and is never cut in half."""
    rows = [("a" * 40_000, None), ("x" + "😀" * 20_000, None)]
    sheet = read(book_of(*rows)).active
    assert len(sheet["A2"].value) == TEXT_UNITS_MAX
    assert sheet["A3"].value == "x" + "😀" * 16_383


def test_further_sheets_past_the_limit() -> None:
    """Five rows, two on a sheet: each sheet has the heading, in sight, and a filter."""
    book = read(book_of(*[(f"r{number}", None) for number in range(5)], rows_max=2))
    assert book.sheetnames == ["Breaks", "Breaks 2", "Breaks 3"]
    shown = [[row[0].value for row in sheet.iter_rows()] for sheet in book]
    assert shown == [["Reference", "r0", "r1"], ["Reference", "r2", "r3"], ["Reference", "r4"]]
    assert {sheet.freeze_panes for sheet in book} == {"A2"}
    assert [sheet.auto_filter.ref for sheet in book] == ["A1:B3", "A1:B3", "A1:B2"]
    assert round(book["Breaks 3"].column_dimensions["A"].width) in (30, 31)
    assert book["Breaks 3"]["A1"].font.bold


def test_the_same_rows_make_the_same_bytes() -> None:
    assert book_of(("a", money(1, "CNY"))) == book_of(("a", money(1, "CNY")))
