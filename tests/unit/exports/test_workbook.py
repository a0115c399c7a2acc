"""The workbook, read back by another program."""

import io
import zipfile
from xml.etree import ElementTree

import openpyxl
import pytest

from jobs.exports.workbook import TEXT_UNITS_MAX, Heading, Workbook
from jobs.reports.money_text import Cell, money_cell

HEADINGS = (Heading("Reference", 30), Heading("Amount", 12))


def workbook_bytes(*rows: tuple[Cell, ...], rows_max: int | None = None) -> bytes:
    """Bytes of a workbook with these rows."""
    stream = io.BytesIO()
    book = Workbook(stream, "Breaks", HEADINGS, rows_max)
    for row in rows:
        book.add(row)
    book.close()
    return stream.getvalue()


def read(data: bytes) -> openpyxl.Workbook:
    """Opens the workbook with openpyxl."""
    return openpyxl.load_workbook(io.BytesIO(data))


def test_amount_is_a_number_with_the_decimals_of_its_currency() -> None:
    """CNY has two, JPY none, KWD three."""
    rows = [
        ("a", money_cell(32, "CNY")),
        ("b", money_cell(1_200, "JPY")),
        ("c", money_cell(-1, "KWD")),
    ]
    sheet = read(workbook_bytes(*rows)).active
    assert [(row[1].value, row[1].number_format, row[1].data_type) for row in sheet["A2:B4"]] == [
        (0.32, "#,##0.00", "n"),
        (1200, "#,##0", "n"),
        (-0.001, "#,##0.000", "n"),
    ]


def test_amount_with_more_than_15_digits_is_text() -> None:
    """A spreadsheet would show 9,999,999,999,999.99 right, and one cent more as ...00."""
    sheet = read(
        workbook_bytes(("a", money_cell(10**15 - 1, "CNY")), ("b", money_cell(10**15 + 1, "CNY")))
    ).active
    assert (sheet["B2"].value, sheet["B2"].data_type) == (9999999999999.99, "n")
    assert (sheet["B3"].value, sheet["B3"].data_type) == ("10000000000000.01", "s")


@pytest.mark.parametrize(
    "text",
    ["0012", "4200001234202611220000000000", "=1+1", "<r>&\"'", "a\tb\nc", " x ", "支付宝", "1E5"],
)
def test_text_stays_text(text: str) -> None:
    """No text becomes a number, a date or a formula."""
    cell = read(workbook_bytes((text, None))).active["A2"]
    # openpyxl reads any text that starts with = as a formula; the file says that it is text
    assert cell.value == text
    assert b't="inlineStr"' in zipfile.ZipFile(io.BytesIO(workbook_bytes((text, None)))).read(
        "xl/worksheets/sheet1.xml"
    )


def test_characters_that_xml_forbids_are_escaped() -> None:
    """A carriage return, a NUL, and text that looks like such an escape."""
    data = workbook_bytes(("a\rb\x00_x000D_", None))
    text = ElementTree.fromstring(
        zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
    ).findall(".//{*}t")[-1].text  # fmt: skip
    assert text == "a_x000D_b_x0000__x005F_x000D_"


def test_text_is_cut_to_32767_units() -> None:
    """A character outside the basic plane counts as two units, and is never cut in half."""
    rows = [("a" * 40_000, None), ("x" + "😀" * 20_000, None)]
    sheet = read(workbook_bytes(*rows)).active
    assert len(sheet["A2"].value) == TEXT_UNITS_MAX
    assert sheet["A3"].value == "x" + "😀" * 16_383


def test_further_sheet_after_the_limit_of_rows() -> None:
    """Five rows, two per sheet: each sheet has a fixed heading and a filter."""
    book = read(workbook_bytes(*[(f"r{number}", None) for number in range(5)], rows_max=2))
    assert book.sheetnames == ["Breaks", "Breaks 2", "Breaks 3"]
    shown = [[row[0].value for row in sheet.iter_rows()] for sheet in book]
    assert shown == [["Reference", "r0", "r1"], ["Reference", "r2", "r3"], ["Reference", "r4"]]
    assert {sheet.freeze_panes for sheet in book} == {"A2"}
    assert [sheet.auto_filter.ref for sheet in book] == ["A1:B3", "A1:B3", "A1:B2"]
    assert round(book["Breaks 3"].column_dimensions["A"].width) in (30, 31)
    assert book["Breaks 3"]["A1"].font.bold


def test_same_rows_give_the_same_bytes() -> None:
    """The workbook contains no time of writing."""
    assert workbook_bytes(("a", money_cell(1, "CNY"))) == workbook_bytes(
        ("a", money_cell(1, "CNY"))
    )
