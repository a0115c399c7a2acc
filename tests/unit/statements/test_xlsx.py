"""Workbooks: what cells become, which sheet is read, and what is refused."""

import io
import tracemalloc
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from jobs.statements.xlsx import number_formats
from jobs.statements.xlsx.workbook_zip import Workbook
from jobs.storage.archive import Storage, archive_file
from jobs.timeline.source_text import read_source_text
from schemas.profile.channel import Profile
from tests.fuzz.reading import ReadResult
from tests.fuzz.reading import read_statement as read_file
from tests.support.paths import GOLDEN
from tests.support.workbooks import (
    RawCell,
    Sheet,
    build_golden_workbooks,
    build_parts,
    build_workbook,
    number_rows,
    pack_parts,
)

DAY = date(2026, 11, 16)
NOON = datetime(2026, 11, 16, 12)
HEAD = ("id", "ref", "time", "amount")
COLUMNS = {"channel_ref": "id", "our_ref": "ref", "traded_at": "time", "amount": "amount"}
CONSTANTS = {"kind": "PAYMENT", "status": "SUCCEEDED", "currency": "CNY"}
GOOD = ("A1", "S1", NOON, 12.34)


def build_profile(**layout: Any) -> Profile:
    """Builds a profile of a channel with payments only, with these layout keys."""
    whole = {"columns": COLUMNS, "constants": CONSTANTS, **layout}
    return Profile.model_validate(
        {
            "channel": "desk",
            "dialect": "xlsx",
            "zone": "Asia/Shanghai",
            "first_date": "2026-11-01",
            "files": {"pattern": "desk_{business_date:%Y%m%d}.xlsx", "day_check": "none"},
            "layout": whole,
        }
    )


def read_workbook(content: bytes, **layout: Any) -> ReadResult:
    """Reads a workbook by a profile with these layout keys."""
    return read_file(content, build_profile(**layout), DAY, "desk_20261116.xlsx")


def build_sheet(*rows: Any, **how: Any) -> bytes:
    """Builds a workbook of one sheet with a header."""
    return build_workbook(Sheet("detail", number_rows(HEAD, *rows)), **how)


def read_with_cell(cell: Any, at: int) -> ReadResult:
    """Reads a good row with another cell at an index (from 0)."""
    return read_workbook(build_sheet([*GOOD[:at], cell, *GOOD[at + 1 :]]))


def get_code(result: ReadResult) -> str:
    return result.verdict.split(":")[0]


@pytest.mark.parametrize("how", [{}, {"inline": True}, {"since_1904": True}])
def test_texts_numbers_and_times_are_read(how: dict[str, bool]) -> None:
    """12.34 at noon in Shanghai, with shared texts, inline texts, and the 1904 date system."""
    (line,) = read_workbook(build_sheet(GOOD, **how)).lines
    assert (line["line_no"], line["amount"], line["our_ref"]) == (2, 1234, "S1")
    assert str(line["traded_at"]) == "2026-11-16 04:00:00+00:00"


@pytest.mark.parametrize(
    ("cell", "amount"),
    [(0.07, 7), (1.1, 110), ("12.30", 1230), (-2.5, -250), (1000000, 100000000),
     (RawCell("", "<v>1.1000000000000001</v>"), 110), (RawCell("", "<v>1E-2</v>"), 1),
     (RawCell("", "<f>A1*2</f><v>3.5</v>"), 350), (9999999999999.99, 999999999999999)],
)  # fmt: skip
def test_amounts_are_exact(cell: Any, amount: int) -> None:
    """Floats count by their shortest form, in minor units."""
    assert [line["amount"] for line in read_with_cell(cell, 3).lines] == [amount]


@pytest.mark.parametrize(
    ("cell", "text"),
    [(20261116003, "20261116003"), (123456789012345, "123456789012345"), (7.0, "7"),
     (RawCell('s="4"', "<v>1234</v>"), "00001234"), ("'0042", "'0042"), (True, "TRUE"),
     ("1E5", "1E5"), ("4E-2X", "4E-2X"), (RawCell('t="str"', "<f>A1</f><v>S9</v>"), "S9"),
     (RawCell('t="inlineStr"', "<is><r><t>S</t></r><rPh sb='0' eb='1'><t>x</t></rPh>"
      "<r><t>9_x0041_</t></r></is>"), "S9A")],
)  # fmt: skip
def test_reference_cell_is_read_exactly(cell: Any, text: str) -> None:
    """Integers up to 15 digits, digits with leading zeros by their format, runs of text."""
    assert [line["our_ref"] for line in read_with_cell(cell, 1).lines] == [text]


@pytest.mark.parametrize(
    ("cell", "at", "reason"),
    [
        (4.2e27, 1, "DAMAGED_NUMBER: our_ref is a number in the sheet, 4.2E+27"),
        (1234567890123456, 1, "DAMAGED_NUMBER: our_ref is a number in the sheet, 1234567890123456"),
        (33992337.5, 1, "DAMAGED_NUMBER: our_ref is a number in the sheet, 33992337.5"),
        ("4.2E+27", 1, "DAMAGED_NUMBER: our_ref is '4.2E+27'"),
        ("4,2E+27", 1, "DAMAGED_NUMBER: our_ref is '4,2E+27'"),
        (DAY, 1, "DAMAGED_NUMBER: our_ref is a date in the sheet, 2026-11-16"),
        (0.1 + 0.2, 3, "DAMAGED_NUMBER: amount has more digits than a sheet keeps"),
        (12.345, 3, "BAD_AMOUNT: 12.345 has more than 2 decimals"),
        (4.2e27, 3, "BAD_AMOUNT: "),
        (NOON, 3, "DAMAGED_NUMBER: amount is a date"),
        (True, 3, "BAD_AMOUNT: 'TRUE' is no amount"),
        (RawCell('t="e"', "<v>#N/A</v>"), 3, "CELL_ERROR: amount is #N/A"),
        (RawCell("", "<f>1+1</f>"), 3, "NO_CACHED_VALUE: amount"),
        (RawCell('t="str"', "<f>A2</f>"), 1, "NO_CACHED_VALUE: our_ref"),
        (46342.5, 2, "BAD_TIME: '46342.5'"),
        (RawCell('s="1"', "<v>-3</v>"), 2, "CELL_ERROR: traded_at is #DATE -3.0"),
        (None, 3, "NO_VALUE: amount is empty"),
    ],
)
def test_damaged_cell_is_rejected_with_its_reason(cell: Any, at: int, reason: str) -> None:
    """tieout does not guess: it rejects the line and refuses the file."""
    result = read_with_cell(cell, at)
    assert result.lines == [] and get_code(result) == "REJECTED_LINES"
    assert [row["reason"][: len(reason)] for row in result.rejected] == [reason]


@pytest.mark.parametrize("text", ["4.2E+27", "1.2302025304E+022", "'4E+27"])
def test_damaged_number_in_delimited_text_is_rejected(text: str) -> None:
    """A CSV file that a spreadsheet saved has the same damage."""
    whole = build_profile().model_dump(mode="json", exclude_unset=True)
    profile = Profile.model_validate({**whole, "dialect": "delimited"})
    raw = f"id,ref,time,amount\nA1,{text},2026-11-16 12:00:00,1.00\n".encode()
    result = read_file(raw, profile, DAY)
    assert [row["reason"].split(":")[0] for row in result.rejected] == ["DAMAGED_NUMBER"]


@pytest.mark.parametrize(
    ("cell", "form", "utc"),
    [
        ("2026/11/16 12:00", "%Y/%m/%d %H:%M", "04:00:00"),
        ("2026-11-16 12:00:00 -0800", "%Y-%m-%d %H:%M:%S %z", "20:00:00"),
        ("2026-11-16T12:00:00Z", "%Y-%m-%dT%H:%M:%S%z", "12:00:00"),
        (20261116093000, "%Y%m%d%H%M%S", "01:30:00"),
        (NOON, "%d.%m.%y", "04:00:00"),
        (datetime(2026, 11, 16, 12, 0, 0, 250000), "%H", "04:00:00.250000"),
        (RawCell('t="d"', "<v>2026-11-16T12:00:00</v>"), "%H", "04:00:00"),
        (RawCell('t="d"', "<v>2026-11-16T12:00:00+02:00</v>"), "%Y-%m-%dT%H:%M:%S%z", "10:00:00"),
    ],
)
def test_text_times_use_the_format_and_typed_times_do_not(cell: Any, form: str, utc: str) -> None:
    """A typed date needs no format, and an offset overrides the profile's zone."""
    (line,) = read_workbook(build_sheet([*GOOD[:2], cell, GOOD[3]]), time_format=form).lines
    assert str(line["traded_at"]).split(" ")[1].removesuffix("+00:00") == utc


@pytest.mark.parametrize(
    ("day", "hour"),
    [(DAY, NOON.time()), (DAY, "12:00:00"), ("2026-11-16", NOON.time()), (DAY, "120000"),
     (20261116, 120000), ("16.11.2026", "12h")],
)  # fmt: skip
def test_date_and_time_in_two_columns_are_joined(day: Any, hour: Any) -> None:
    """Both typed, both texts or numbers, or one of each; all else is BAD_TIME."""
    form = "%Y%m%d %H%M%S" if "120000" in str(hour) else "%Y-%m-%d %H:%M:%S"
    columns = {"channel_ref": "id", "amount": "amount", "traded_at": ["day", "hour"]}
    content = build_workbook(
        Sheet(
            "x",
            number_rows(("id", "day", "hour", "amount"), ("A1", day, hour, 1), ("A2", "", "", 1)),
        )
    )
    result = read_workbook(content, columns=columns, time_format=form)
    known = [str(line["traded_at"]) for line in result.lines]
    if hour == "12h":
        assert result.rejected[0]["reason"] == "BAD_TIME: '16.11.2026 12h' is not %Y-%m-%d %H:%M:%S"
    else:
        assert known == ["2026-11-16 04:00:00+00:00", "None"]


def test_time_as_a_number_is_padded_with_zeros() -> None:
    """93000 by %H%M%S is 09:30:00, and 3 is 00:00:03: never 13:00:00 of 013000."""
    columns = {"channel_ref": "id", "amount": "amount", "traded_at": ["day", "hour"]}
    rows = [("id", "day", "hour", "amount")] + [("A", 20261116, n, 1) for n in (93000, 13000, 3)]
    result = read_workbook(
        build_workbook(Sheet("x", number_rows(*rows))), columns=columns, time_format="%Y%m%d %H%M%S"
    )
    assert [f"{line['traded_at']:%H:%M:%S}" for line in result.lines] == [
        "01:30:00", "17:30:00", "16:00:03",
    ]  # fmt: skip


def test_blank_rows_preamble_and_footer_are_skipped() -> None:
    """The header is in row 4 below texts; the lines of rows 6 and 9 keep these numbers."""
    rows = {1: ["report"], 4: HEAD, 6: GOOD, 9: ["A2", "S2", NOON, 1],
            11: ["total", 2, None, 13.34], 12: ["", " "]}  # fmt: skip
    total = {"pattern": r"total\t(?P<count>\d+)\t\t(?P<amount>[\d.]+)"}
    how = {"preamble": "find", "footer": {"starts": "total"}, "totals": [total]}
    result = read_workbook(build_workbook(Sheet("x", rows)), **how)
    assert [line["line_no"] for line in result.lines] == [6, 9]
    assert result.is_accepted and result.is_proved("count") and result.is_proved("amount")
    trailer = {"starts_with": "total", "totals": {"count": 2, "amount": 4}}
    rows.pop(12)
    assert read_workbook(
        build_workbook(Sheet("x", rows)), preamble="find", trailer=trailer
    ).is_accepted
    rows[11] = ["total", 2, None, 13.35]
    assert get_code(read_workbook(build_workbook(Sheet("x", rows)), **how)) == "TOTALS_DIFFER"


def test_record_types_and_decimal_comma_are_read() -> None:
    """Records H, two D, T; typed numbers beside texts with a decimal comma."""
    rows = number_rows(["H", 20261116], ["D", "A1", NOON, 1234.5], ["D", "A2", NOON, "1.234,50"],
                   ["T", 2, None, 2469.0])  # fmt: skip
    result = read_workbook(
        build_workbook(Sheet("x", rows)), header="none",
        columns={"channel_ref": 2, "traded_at": 3, "amount": 4},
        records={"detail": ["D"], "header": ["H"], "trailer": ["T"]},
        amounts={"thousands": ".", "decimal": ","},
        totals=[{"pattern": r"^T\t(?P<count>\d+)\t\t(?P<amount>[\d.,]+)"}],
    )  # fmt: skip
    assert [line["amount"] for line in result.lines] == [123450, 123450]
    assert result.is_accepted and result.is_proved("amount")


def test_sheet_supports_every_delimited_layout_key() -> None:
    """10.00 less 0.06 paid, 4.00 refunded under its own number, a subtotal; newest line first."""
    head = ("type", "id", "back", "time", "amount", "fee", "net", "left", "who")
    early = datetime(2026, 11, 16, 9)
    rows = [
        ("back", "S1", "R1", NOON, 4.0, 0.02, 3.98, 5.96, "王示例"),
        ("subtotal", None, None, None, 6.0),
        ("pay", "S1", None, early, 10.0, 0.06, 9.94, 9.94, "王示例"),
    ]
    layout: dict[str, Any] = {
        "columns": {"kind": "type", "our_ref": "id", "traded_at": "time", "amount": "amount",
                    "fee": "fee", "payer_name": "who"},
        "constants": {"status": "SUCCEEDED", "currency": "CNY"},
        "kinds": {"pay*": "PAYMENT", "back": "REFUND"},
        "by_kind": {"REFUND": {"our_ref": "back", "original_ref": "id"}},
        "ignore": ["subtotal"],
        "net": "net",
        "balance": "left",
        "amount_sign": "by_kind",
        "fee_sign": "by_kind",
    }  # fmt: skip

    def read_sheet_rows(*sheet_rows: tuple[Any, ...]) -> ReadResult:
        return read_workbook(
            build_workbook(Sheet("detail", number_rows(head, *sheet_rows))), **layout
        )

    result = read_sheet_rows(*rows)
    assert result.is_accepted
    names = ("line_no", "amount", "fee", "our_ref", "original_ref", "payer_name")
    assert [tuple(row[name] for name in names) for row in result.lines] == [
        (2, -400, -2, "R1", "S1", "王**"),
        (4, 1000, 6, "S1", None, "王**"),
    ]
    wrong_net = read_sheet_rows((*rows[0][:6], 3.99, *rows[0][7:]), *rows[1:])
    assert "SETTLEMENT_DIFFERS" in wrong_net.verdict and "王示例" not in str(wrong_net.rejected)
    wrong_balance = read_sheet_rows((*rows[0][:7], 5.97, rows[0][8]), *rows[1:])
    assert "BALANCE_BROKEN" in wrong_balance.verdict


def test_line_under_a_merged_cell_is_rejected() -> None:
    """A merged title is skipped; a value merged over two lines rejects the second line."""
    rows = {1: ["title"], 2: HEAD, 3: GOOD, 4: ["A2", None, NOON, 1], 5: ["A3", "S3", NOON, 1]}
    result = read_workbook(build_workbook(Sheet("x", rows, merged=["A1:D1", "B3:B4"])), preamble=1)
    assert [line["line_no"] for line in result.lines] == [3, 5]
    assert [(row["line_no"], row["reason"]) for row in result.rejected] == [
        (4, "MERGED_CELL: our_ref lies under a merged cell")
    ]


def test_rejected_rows_are_text_with_masked_cards() -> None:
    """A rejected row is stored as text, cells separated by tabs, without markers."""
    result = read_workbook(build_sheet(["4111111111111111", "S\n1", NOON, 12.345], [*GOOD, "note"]))
    assert [row["raw"] for row in result.rejected] == [
        "************1111\tS 1\t2026-11-16 12:00:00\t12.345",
        "A1\tS1\t2026-11-16 12:00:00\t12.34\tnote",
    ]
    assert result.rejected[1]["reason"] == "WRONG_WIDTH: 5 cells, not 4"
    assert len(read_workbook(build_sheet([*GOOD, "note"]), extra_cells=1).lines) == 1


def test_line_is_read_again_from_the_archive(tmp_path: Path) -> None:
    """`explain` shows the row of the sheet with masked names."""
    content = build_workbook(Sheet("x", number_rows((*HEAD, "name"), (*GOOD, "Wang"))))
    storage = Storage(str(tmp_path))
    archived = archive_file(storage, io.BytesIO(content))
    profile = build_profile(columns={**COLUMNS, "payer_name": "name"})
    file = {"archived_path": archived.path, "file_id": archived.file_id, "file_name": "x.xlsx"}
    result = read_source_text(storage, file, [{"line_no": 2, "line_id": "x:2"}], profile)
    assert result == {"x:2": "A1\tS1\t2026-11-16 12:00:00\t12.34\tW**"}


# ---- which sheet --------------------------------------------------------------------------------

TWO = (Sheet("one", number_rows(HEAD, GOOD)), Sheet("Two", number_rows(HEAD, GOOD, GOOD)))


@pytest.mark.parametrize(
    ("sheets", "wanted", "lines"),
    [
        ((TWO[0], Sheet("empty", {})), None, 1),
        ((Sheet("empty", {2: [None, ""]}), TWO[1]), None, 2),
        ((Sheet("kept", TWO[0].rows, state="hidden"), TWO[1]), None, 2),
        ((Sheet("kept", TWO[0].rows, state="veryHidden"), TWO[1]), 1, 2),
        (TWO, "two", 2),
        (TWO, 2, 2),
        ((Sheet("kept", TWO[0].rows, state="hidden"), TWO[1]), "kept", 1),
    ],
)
def test_sheet_is_chosen_by_name_number_or_content(
    sheets: tuple[Sheet, ...], wanted: str | int | None, lines: int
) -> None:
    """By name in any case, also hidden; by number among visible ones; else the only filled one."""
    assert len(read_workbook(build_workbook(*sheets), sheet=wanted).lines) == lines


@pytest.mark.parametrize(
    ("wanted", "verdict"),
    [
        (None, "MANY_SHEETS: desk_20261116.xlsx: sheets one, Two"),
        (3, "NO_SHEET"),
        ("x", "NO_SHEET"),
    ],
)
def test_unclear_sheet_is_refused(wanted: str | int | None, verdict: str) -> None:
    """Several sheets with values and no choice, or no sheet of that name or number."""
    assert read_workbook(build_workbook(*TWO), sheet=wanted).verdict.startswith(verdict)


def test_header_without_rows_is_accepted_and_an_empty_sheet_is_not() -> None:
    """A day without trades has a header; a workbook without a value is refused."""
    assert read_workbook(build_sheet()).is_accepted
    assert get_code(read_workbook(build_workbook(Sheet("x", {})))) == "EMPTY_FILE"


# ---- what is refused ----------------------------------------------------------------------------


def replace_part(name: str, content: str | bytes, **how: Any) -> bytes:
    """A good workbook with one part replaced or added."""
    return pack_parts({**build_parts([Sheet("x", number_rows(HEAD, GOOD))], **how), name: content})


def append_xml(xml: str) -> str:
    """The sheet of a good workbook with XML added behind its rows."""
    sheet_xml = build_parts([Sheet("x", number_rows(HEAD, GOOD))])["xl/worksheets/sheet1.xml"]
    return sheet_xml.replace("</row></sheetData>", f"</row>{xml}</sheetData>")


SHEET = "xl/worksheets/sheet1.xml"
BOOK, RELATED = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
REFUSED = {
    "old": (OLE + b"\0" * 600 + "Workbook".encode("utf-16-le"), "OLD_WORKBOOK"),
    "locked": (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "ENCRYPTED"),
    "text": (b"id,ref,time,amount\n", "NO_WORKBOOK"),
    "page": (b"<html><table><tr><td>1</td></tr></table></html>", "NO_WORKBOOK"),
    "zip": (pack_parts({"a.csv": "id\n1\n"}), "NO_WORKBOOK"),
    "packed": (pack_parts({"a.xlsx": build_sheet(GOOD)}), "NO_WORKBOOK"),
    "nothing": (b"", "EMPTY_FILE"),
    "cut": (build_sheet(GOOD)[:-300], "BAD_ARCHIVE"),
    "no sheet part": (
        replace_part(
            RELATED, "<a><Relationship Id='rId1' Type='x/worksheet' Target='gone.xml'/></a>"
        ),
        "BAD_WORKBOOK",
    ),
    "no xml": (replace_part(BOOK, "workbook"), "BAD_XML"),
    "cut sheet": (replace_part(SHEET, append_xml("")[:-60]), "BAD_XML"),
    "deep": (replace_part(SHEET, append_xml("<row r='9'>" + "<c>" * 5000)), "BAD_XML"),
    "entities": (
        replace_part(SHEET, "<!DOCTYPE a [<!ENTITY b 'c'>]>" + append_xml("")),
        "UNSAFE_XML",
    ),
    "outside": (
        replace_part(
            RELATED,
            "<a><Relationship Id='rId1' Type='x/worksheet' Target="
            "'http://example.test/a.xml' TargetMode='External'/></a>",
        ),
        "EXTERNAL_LINKS",
    ),
    "silent": (replace_part(SHEET, f"<a>{'<b/>' * 6_000_000}</a>"), "BAD_XML"),
    "row twice": (replace_part(SHEET, append_xml("<row r='2'/>")), "BAD_WORKBOOK"),
    "cell of another row": (
        replace_part(SHEET, append_xml("<row r='3'><c r='A4'/></row>")),
        "BAD_WORKBOOK",
    ),
    "cell twice": (
        replace_part(SHEET, append_xml("<row r='3'><c r='B3'/><c r='B3'/></row>")),
        "BAD_WORKBOOK",
    ),
    "far": (
        replace_part(SHEET, append_xml("<row r='3'><c r='XFD3'><v>1</v></c></row>")),
        "TOO_MANY_COLUMNS",
    ),
    "beyond": (replace_part(SHEET, append_xml("<row r='1048577'/>")), "BAD_WORKBOOK"),
    "no text": (
        replace_part(SHEET, append_xml("<row r='3'><c r='A3' t='s'><v>99</v></c></row>")),
        "BAD_WORKBOOK",
    ),
    "no style": (
        replace_part(SHEET, append_xml("<row r='3'><c r='A3' s='99'><v>1</v></c></row>")),
        "BAD_WORKBOOK",
    ),
    "no number": (
        replace_part(SHEET, append_xml("<row r='3'><c r='A3'><v>1_0</v></c></row>")),
        "BAD_WORKBOOK",
    ),
    "no type": (
        replace_part(SHEET, append_xml("<row r='3'><c r='A3' t='z'><v>1</v></c></row>")),
        "BAD_WORKBOOK",
    ),
    "bad date": (
        replace_part(SHEET, append_xml("<row r='3'><c r='A3' t='d'><v>1</v></c></row>")),
        "BAD_WORKBOOK",
    ),
    "links": (
        replace_part(
            RELATED,
            build_parts([])[RELATED].replace(
                "</Rel",
                "<Relationship Id='e' Type='x/externalLink' Target='externalLinks/e.xml'/></Rel",
                1,
            ),
        ),
        "EXTERNAL_LINKS",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_workbook_is_refused_with_its_reason(name: str) -> None:
    """Each bad workbook has one reason, and tieout stores no line of it."""
    content, verdict = REFUSED[name]
    result = read_workbook(content)
    assert (get_code(result), result.lines) == (verdict, []), result.verdict


def test_zip_bomb_is_refused_before_unpacking() -> None:
    """A part of seventy megabytes of blanks, and one beyond the profile's limit."""
    big = replace_part(SHEET, " " * 70 * 2**20)
    assert get_code(read_workbook(big)) == "UNPACKS_TOO_LARGE"
    profile = build_profile()
    assert profile.files is not None
    small = profile.files.model_copy(update={"unpacked_bytes_max": 500})
    result = read_file(build_sheet(GOOD), profile.model_copy(update={"files": small}), DAY)
    assert get_code(result) == "UNPACKS_TOO_LARGE"


def test_encrypted_member_is_refused() -> None:
    """The zip's encryption flag is set."""
    content = bytearray(build_sheet(GOOD))
    at = content.rindex(b"PK\x01\x02")
    while at >= 0:
        content[at + 8] |= 1
        at = content.rfind(b"PK\x01\x02", 0, at)
    assert get_code(read_workbook(bytes(content))) == "ENCRYPTED"


def test_namespace_prefixes_and_the_strict_format_are_read() -> None:
    """tieout finds elements by their local names."""
    xml_parts = build_parts([Sheet("x", number_rows(HEAD, GOOD))])
    for name in (SHEET, "xl/sharedStrings.xml", BOOK):
        xml_parts[name] = xml_parts[name].replace(
            "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            "http://purl.oclc.org/ooxml/spreadsheetml/main",
        )
    xml_parts[SHEET] = (
        xml_parts[SHEET].replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x=")
    )
    assert len(read_workbook(pack_parts(xml_parts)).lines) == 1


# ---- workbooks of other programs ----------------------------------------------------------------


@pytest.mark.parametrize("writer", ["openpyxl", "xlsxwriter"])
def test_workbooks_of_other_writers_are_read(writer: str) -> None:
    """tieout reads two hundred rows as two libraries write them."""
    out = io.BytesIO()
    rows = [(f"A{n}", 10**14 + n, NOON, n / 100) for n in range(200)]
    if writer == "openpyxl":
        book = openpyxl.Workbook()
        for row in (HEAD, *rows):
            book.active.append(row)
        book.save(out)
    else:
        other = xlsxwriter.Workbook(out, {"default_date_format": "d mmm yyyy hh:mm"})
        target = other.add_worksheet()
        for number, row in enumerate((HEAD, *rows)):
            target.write_row(number, 0, row)
        other.close()
    result = read_workbook(out.getvalue())
    assert result.is_accepted and [line["amount"] for line in result.lines] == list(range(200))
    assert {str(line["traded_at"]) for line in result.lines} == {"2026-11-16 04:00:00+00:00"}
    assert result.lines[7]["our_ref"] == "100000000000007"


@pytest.mark.parametrize(
    ("form", "meant"),
    [("General", 0), ("0.00", 0), ('#,##0.00"day"', 0), ("[Red]0.00", 0), ("0000000000", 10),
     ("0.00E+00", 0), ("yyyy-mm-dd", -1), ('yyyy"年"m"月"d"日"', -1), ("[$-804]h:mm:ss", -1),
     ("[h]:mm", -1), ("@", 0), (r"0\d", 0), ('0.00;[Red]"yes"0', 0), ("mmm", -1)],
)  # fmt: skip
def test_number_format_is_classified(form: str, meant: int) -> None:
    """Date letters count, but not those in quotes or brackets."""
    assert number_formats.classify_format(form) == meant


@pytest.mark.parametrize(
    ("serial", "since_1904", "text"),
    [("1", False, "1900-01-01"), ("59", False, "1900-02-28"), ("60", False, "#DATE 60.0"),
     ("61", False, "1900-03-01"), ("46342.999988425923", False, "2026-11-16 23:59:59"),
     ("0", True, "00:00:00"), ("44880.5", True, "2026-11-16 12:00:00"),
     ("0.25", False, "06:00:00")],
)  # fmt: skip
def test_dates_of_both_systems_are_formatted(serial: str, since_1904: bool, text: str) -> None:
    """Exact to the millisecond; 29 February 1900 never existed."""
    assert number_formats.format_number(serial, number_formats.DATE, since_1904)[1:] == text


@pytest.mark.nightly
def test_long_sheet_needs_bounded_memory(tmp_path: Path) -> None:
    """Rows come in blocks of a megabyte: three times as many rows need no more memory."""
    peaks = []
    for count in (10_000, 30_000):
        path = tmp_path / f"{count}.xlsx"
        book = xlsxwriter.Workbook(path, {"constant_memory": True})
        target = book.add_worksheet()
        for number in range(count):
            target.write_row(number, 0, [number, "same", 1.5, "x" * 80])
        book.close()
        with path.open("rb") as source:
            tracemalloc.start()
            lines = sum(
                piece.count(b"\n") for piece in Workbook(source, "x", 10**9).read_lines(None)
            )
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert lines == count
    assert peaks[1] < peaks[0] * 1.5, peaks


def test_golden_workbooks_are_up_to_date() -> None:
    """The script writes the committed workbooks, byte for byte in every part."""
    for case, content in build_golden_workbooks().items():
        golden_file = (GOLDEN / "xlsx" / case / "statement.xlsx").open("rb")
        with (
            golden_file,
            zipfile.ZipFile(golden_file) as committed,
            zipfile.ZipFile(io.BytesIO(content)) as expected,
        ):
            assert committed.namelist() == expected.namelist()
            assert all(
                committed.read(name) == expected.read(name) for name in expected.namelist()
            ), case


@pytest.mark.parametrize("key", ["encoding", "separator", "quote"])
def test_text_keys_are_refused_for_workbooks(key: str) -> None:
    """Validation refuses text keys for xlsx, and `sheet` for delimited text."""
    with pytest.raises(ValueError, match=rf"dialect xlsx has no layout\.{key}"):
        build_profile(**{key: "," if key != "encoding" else "utf-8"})
    whole = build_profile(sheet="x").model_dump(mode="json", exclude_unset=True)
    with pytest.raises(ValueError, match=r"dialect delimited has no layout\.sheet"):
        Profile.model_validate({**whole, "dialect": "delimited"})
