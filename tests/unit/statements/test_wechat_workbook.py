"""Bills that WeChat's merchant console saved as workbooks: the same lines as of their text."""

from datetime import date
from typing import Any

import pytest

from jobs.onboarding.catalog import SHIPPED
from jobs.onboarding.draft import draft_page
from jobs.onboarding.shipped_pages import load_page
from tests.fuzz.reading import ReadResult, read_statement
from tests.support.paths import GOLDEN
from tests.support.workbooks import Sheet, build_workbook, number_rows

DAY = date(2026, 11, 16)
BILLS = ("wechat", "wechat_fund_flow")
#: Columns that are of the file, not of the bill.
OF_THE_FILE = ("line_id", "file_id", "line_no")


def read_text(name: str) -> str:
    return (GOLDEN / "shipped" / name / "statement.csv").read_text("utf-8-sig")


def sheet_rows(text: str, backtick: str = "`") -> list[list[Any]]:
    """The rows of a bill as the cells of a sheet."""
    rows = []
    for line in text.strip().splitlines():
        is_values = line.startswith("`")
        cells = line.removeprefix("`").split(",`" if is_values else ",")
        rows.append([f"{backtick if is_values else ''}{cell}" for cell in cells])
    return rows


def read(name: str, content: bytes, file_name: str = "statement.xlsx") -> ReadResult:
    return read_statement(content, load_page(SHIPPED / f"{name}.yaml"), DAY, file_name)


def lines_of(result: ReadResult) -> list[dict[str, Any]]:
    return [{key: row[key] for key in row if key not in OF_THE_FILE} for row in result.lines]


@pytest.mark.parametrize("name", BILLS)
@pytest.mark.parametrize("backtick", ["`", ""])
@pytest.mark.parametrize("above", [0, 2])
def test_workbook_has_the_lines_and_totals_of_the_text(
    name: str, backtick: str, above: int
) -> None:
    """With backticks or without, below a title or not; the sheet leaves out empty last cells."""
    text = read_text(name)
    rows = [["微信支付商户账单"], [None]][:above] + sheet_rows(text, backtick)
    book = read(name, build_workbook(Sheet("bill", number_rows(*rows))))
    plain = read(name, text.encode(), "statement.csv")
    assert (book.verdict, lines_of(book)) == ("ACCEPTED", lines_of(plain))
    assert book.totals == plain.totals and book.lines


def test_numbers_and_times_of_cells_are_exact() -> None:
    """Amounts and times may be typed; a number of the trade that lost its digits is rejected."""
    rows = sheet_rows(read_text("wechat"), "")
    money = rows[0].index("应结订单金额")
    rows[1][money] = float(rows[1][money])
    plain = read("wechat", read_text("wechat").encode(), "statement.csv")
    book = read("wechat", build_workbook(Sheet("bill", number_rows(*rows))))
    assert (book.verdict, lines_of(book)) == ("ACCEPTED", lines_of(plain))
    rows[1][rows[0].index("微信订单号")] = 4200001234567890123
    book = read("wechat", build_workbook(Sheet("bill", number_rows(*rows))))
    assert "DAMAGED_NUMBER: channel_ref" in book.verdict


def test_workbook_that_is_no_bill_is_refused() -> None:
    """It lacks the header, its summary, or a row of it; nothing else of the gate changes."""
    rows = sheet_rows(read_text("wechat"))
    other = read("wechat", build_workbook(Sheet("x", number_rows(["a", "b"], ["1", "2"]))))
    assert other.verdict.startswith("UNKNOWN_LAYOUT: statement.xlsx:1: no row of its sheet")
    cut = read("wechat", build_workbook(Sheet("bill", number_rows(*rows[:-2]))))
    assert cut.verdict.startswith("FOOTER_MISSING")
    lost = read("wechat", build_workbook(Sheet("bill", number_rows(rows[0], *rows[2:]))))
    assert "TOTALS_DIFFER" in lost.verdict


@pytest.mark.parametrize("name", BILLS)
def test_workbook_is_drafted_as_the_bill_that_it_is(tmp_path: Any, name: str) -> None:
    """Not as a table whose layout the page describes."""
    statement = tmp_path / "statement.xlsx"
    rows = sheet_rows(read_text(name))
    statement.write_bytes(build_workbook(Sheet("bill", number_rows(*rows))))
    draft = draft_page(statement, "shop", {page.stem: page for page in SHIPPED.glob("*.yaml")})
    assert draft.dialect == load_page(SHIPPED / f"{name}.yaml").dialect
