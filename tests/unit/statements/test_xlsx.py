"""Workbooks: what a sheet's cells land as, which sheet is read, and what is refused by name."""

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
from jobs.timeline.source_text import raw_lines
from schemas.profile.channel import Profile
from tests.fuzz.reading import Told
from tests.fuzz.reading import read as read_file
from tests.support.paths import GOLDEN
from tests.support.workbooks import Odd, Sheet, golden, packed, parts, rows_of, workbook

DAY = date(2026, 11, 16)
NOON = datetime(2026, 11, 16, 12)
HEAD = ("id", "ref", "time", "amount")
COLUMNS = {"channel_ref": "id", "our_ref": "ref", "traded_at": "time", "amount": "amount"}
CONSTANTS = {"kind": "PAYMENT", "status": "SUCCEEDED", "currency": "CNY"}
GOOD = ("A1", "S1", NOON, 12.34)


def page(**layout: Any) -> Profile:
    """A profile of a channel whose lines are payments, in its layout."""
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


def read(content: bytes, **layout: Any) -> Told:
    """What a workbook lands as."""
    return read_file(content, page(**layout), DAY, "desk_20261116.xlsx")


def sheet(*rows: Any, **how: Any) -> bytes:
    """A workbook of one sheet with a header."""
    return workbook(Sheet("detail", rows_of(HEAD, *rows)), **how)


def one(cell: Any, at: int) -> Told:
    """A good row with another cell at a place (from 0)."""
    return read(sheet([*GOOD[:at], cell, *GOOD[at + 1 :]]))


def code(told: Told) -> str:
    return told.verdict.split(":")[0]


@pytest.mark.parametrize("how", [{}, {"inline": True}, {"since_1904": True}])
def test_texts_numbers_and_times(how: dict[str, bool]) -> None:
    """12.34 at noon in Shanghai, with shared texts, inline ones, and days counted from 1904."""
    (line,) = read(sheet(GOOD, **how)).lines
    assert (line["line_no"], line["amount"], line["our_ref"]) == (2, 1234, "S1")
    assert str(line["traded_at"]) == "2026-11-16 04:00:00+00:00"


@pytest.mark.parametrize(
    ("cell", "amount"),
    [(0.07, 7), (1.1, 110), ("12.30", 1230), (-2.5, -250), (1000000, 100000000),
     (Odd("", "<v>1.1000000000000001</v>"), 110), (Odd("", "<v>1E-2</v>"), 1),
     (Odd("", "<f>A1*2</f><v>3.5</v>"), 350), (9999999999999.99, 999999999999999)],
)  # fmt: skip
def test_amounts_are_exact(cell: Any, amount: int) -> None:
    """Floats by their shortest form, with what programs write of them; minor units."""
    assert [line["amount"] for line in one(cell, 3).lines] == [amount]


@pytest.mark.parametrize(
    ("cell", "text"),
    [(20261116003, "20261116003"), (123456789012345, "123456789012345"), (7.0, "7"),
     (Odd('s="4"', "<v>1234</v>"), "00001234"), ("'0042", "'0042"), (True, "TRUE"),
     ("1E5", "1E5"), ("4E-2X", "4E-2X"), (Odd('t="str"', "<f>A1</f><v>S9</v>"), "S9"),
     (Odd('t="inlineStr"', "<is><r><t>S</t></r><rPh sb='0' eb='1'><t>x</t></rPh>"
      "<r><t>9_x0041_</t></r></is>"), "S9A")],
)  # fmt: skip
def test_references_as_they_stand(cell: Any, text: str) -> None:
    """Integers up to 15 digits, digits with the zeros that their format shows, runs of text."""
    assert [line["our_ref"] for line in one(cell, 1).lines] == [text]


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
        (Odd('t="e"', "<v>#N/A</v>"), 3, "CELL_ERROR: amount is #N/A"),
        (Odd("", "<f>1+1</f>"), 3, "NO_CACHED_VALUE: amount"),
        (Odd('t="str"', "<f>A2</f>"), 1, "NO_CACHED_VALUE: our_ref"),
        (46342.5, 2, "BAD_TIME: '46342.5'"),
        (Odd('s="1"', "<v>-3</v>"), 2, "CELL_ERROR: traded_at is #DATE -3.0"),
        (None, 3, "NO_VALUE: amount is empty"),
    ],
)
def test_what_is_damaged_is_rejected_by_name(cell: Any, at: int, reason: str) -> None:
    """Never guessed: the line is rejected, the file is not in force."""
    told = one(cell, at)
    assert told.lines == [] and code(told) == "REJECTED_LINES"
    assert [row["reason"][: len(reason)] for row in told.rejected] == [reason]


@pytest.mark.parametrize("text", ["4.2E+27", "1.2302025304E+022", "'4E+27"])
def test_the_same_damage_in_delimited_text(text: str) -> None:
    """A CSV that a spreadsheet has saved."""
    whole = page().model_dump(mode="json", exclude_unset=True)
    profile = Profile.model_validate({**whole, "dialect": "delimited"})
    raw = f"id,ref,time,amount\nA1,{text},2026-11-16 12:00:00,1.00\n".encode()
    told = read_file(raw, profile, DAY)
    assert [row["reason"].split(":")[0] for row in told.rejected] == ["DAMAGED_NUMBER"]


@pytest.mark.parametrize(
    ("cell", "form", "utc"),
    [
        ("2026/11/16 12:00", "%Y/%m/%d %H:%M", "04:00:00"),
        ("2026-11-16 12:00:00 -0800", "%Y-%m-%d %H:%M:%S %z", "20:00:00"),
        ("2026-11-16T12:00:00Z", "%Y-%m-%dT%H:%M:%S%z", "12:00:00"),
        (20261116093000, "%Y%m%d%H%M%S", "01:30:00"),
        (NOON, "%d.%m.%y", "04:00:00"),
        (datetime(2026, 11, 16, 12, 0, 0, 250000), "%H", "04:00:00.250000"),
        (Odd('t="d"', "<v>2026-11-16T12:00:00</v>"), "%H", "04:00:00"),
        (Odd('t="d"', "<v>2026-11-16T12:00:00+02:00</v>"), "%Y-%m-%dT%H:%M:%S%z", "10:00:00"),
    ],
)
def test_times_as_texts_by_the_format_and_dates_without_it(cell: Any, form: str, utc: str) -> None:
    """A date of the sheet needs no format, and an offset wins over the page's zone."""
    (line,) = read(sheet([*GOOD[:2], cell, GOOD[3]]), time_format=form).lines
    assert str(line["traded_at"]).split(" ")[1].removesuffix("+00:00") == utc


@pytest.mark.parametrize(
    ("day", "hour"),
    [(DAY, NOON.time()), (DAY, "12:00:00"), ("2026-11-16", NOON.time()), (DAY, "120000"),
     (20261116, 120000), ("16.11.2026", "12h")],
)  # fmt: skip
def test_a_date_and_a_time_in_two_columns(day: Any, hour: Any) -> None:
    """Both of the sheet, both texts or numbers, or one of each; anything else is BAD_TIME."""
    form = "%Y%m%d %H%M%S" if "120000" in str(hour) else "%Y-%m-%d %H:%M:%S"
    columns = {"channel_ref": "id", "amount": "amount", "traded_at": ["day", "hour"]}
    content = workbook(
        Sheet(
            "x", rows_of(("id", "day", "hour", "amount"), ("A1", day, hour, 1), ("A2", "", "", 1))
        )
    )
    told = read(content, columns=columns, time_format=form)
    known = [str(line["traded_at"]) for line in told.lines]
    if hour == "12h":
        assert told.rejected[0]["reason"] == "BAD_TIME: '16.11.2026 12h' is not %Y-%m-%d %H:%M:%S"
    else:
        assert known == ["2026-11-16 04:00:00+00:00", "None"]


def test_a_number_that_lost_its_zeros_in_a_time() -> None:
    """93000 by %H%M%S is 09:30:00, and 3 is 00:00:03: never 13:00:00 of 013000."""
    columns = {"channel_ref": "id", "amount": "amount", "traded_at": ["day", "hour"]}
    rows = [("id", "day", "hour", "amount")] + [("A", 20261116, n, 1) for n in (93000, 13000, 3)]
    told = read(workbook(Sheet("x", rows_of(*rows))), columns=columns, time_format="%Y%m%d %H%M%S")
    assert [f"{line['traded_at']:%H:%M:%S}" for line in told.lines] == [
        "01:30:00", "17:30:00", "16:00:03",
    ]  # fmt: skip


def test_blank_rows_preamble_and_what_stands_below() -> None:
    """Header in row 4 below texts; rows 6 and 9 hold trades, numbered as in the sheet."""
    rows = {1: ["report"], 4: HEAD, 6: GOOD, 9: ["A2", "S2", NOON, 1],
            11: ["total", 2, None, 13.34], 12: ["", " "]}  # fmt: skip
    total = {"pattern": r"total\t(?P<count>\d+)\t\t(?P<amount>[\d.]+)"}
    how = {"preamble": "find", "footer": {"starts": "total"}, "totals": [total]}
    told = read(workbook(Sheet("x", rows)), **how)
    assert [line["line_no"] for line in told.lines] == [6, 9]
    assert told.accepted and told.checked("count") and told.checked("amount")
    trailer = {"starts_with": "total", "totals": {"count": 2, "amount": 4}}
    rows.pop(12)
    assert read(workbook(Sheet("x", rows)), preamble="find", trailer=trailer).accepted
    rows[11] = ["total", 2, None, 13.35]
    assert code(read(workbook(Sheet("x", rows)), **how)) == "TOTALS_DIFFER"


def test_record_types_and_printed_amounts() -> None:
    """H, two D, T; a number of the sheet where texts are printed with a comma."""
    rows = rows_of(["H", 20261116], ["D", "A1", NOON, 1234.5], ["D", "A2", NOON, "1.234,50"],
                   ["T", 2, None, 2469.0])  # fmt: skip
    told = read(
        workbook(Sheet("x", rows)), header="none",
        columns={"channel_ref": 2, "traded_at": 3, "amount": 4},
        records={"detail": ["D"], "header": ["H"], "trailer": ["T"]},
        amounts={"thousands": ".", "decimal": ","},
        totals=[{"pattern": r"^T\t(?P<count>\d+)\t\t(?P<amount>[\d.,]+)"}],
    )  # fmt: skip
    assert [line["amount"] for line in told.lines] == [123450, 123450]
    assert told.accepted and told.checked("amount")


def test_what_delimited_text_can_say_a_sheet_can() -> None:
    """10.00 less 0.06 in, 4.00 back under its own number, a subtotal between; newest first."""
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

    def told(*given: tuple[Any, ...]) -> Told:
        return read(workbook(Sheet("detail", rows_of(head, *given))), **layout)

    found = told(*rows)
    assert found.accepted
    names = ("line_no", "amount", "fee", "our_ref", "original_ref", "payer_name")
    assert [tuple(row[name] for name in names) for row in found.lines] == [
        (2, -400, -2, "R1", "S1", "王**"),
        (4, 1000, 6, "S1", None, "王**"),
    ]
    off = told((*rows[0][:6], 3.99, *rows[0][7:]), *rows[1:])
    assert "SETTLEMENT_DIFFERS" in off.verdict and "王示例" not in str(off.rejected)
    assert "BALANCE_BROKEN" in told((*rows[0][:7], 5.97, rows[0][8]), *rows[1:]).verdict


def test_merged_cells() -> None:
    """A merged title is nothing; a value that is merged over two lines is of neither's own."""
    rows = {1: ["title"], 2: HEAD, 3: GOOD, 4: ["A2", None, NOON, 1], 5: ["A3", "S3", NOON, 1]}
    told = read(workbook(Sheet("x", rows, merged=["A1:D1", "B3:B4"])), preamble=1)
    assert [line["line_no"] for line in told.lines] == [3, 5]
    assert [(row["line_no"], row["reason"]) for row in told.rejected] == [
        (4, "MERGED_CELL: our_ref lies under a merged cell")
    ]


def test_rejected_rows_are_kept_as_text_and_cards_masked() -> None:
    """Cells parted by tabs, as a person would see them."""
    told = read(sheet(["4111111111111111", "S\n1", NOON, 12.345], [*GOOD, "note"]))
    assert [row["raw"] for row in told.rejected] == [
        "************1111\tS 1\t2026-11-16 12:00:00\t12.345",
        "A1\tS1\t2026-11-16 12:00:00\t12.34\tnote",
    ]
    assert told.rejected[1]["reason"] == "WRONG_WIDTH: 5 cells, not 4"
    assert len(read(sheet([*GOOD, "note"]), extra_cells=1).lines) == 1


def test_a_line_is_told_again_from_the_archive(tmp_path: Path) -> None:
    """As `explain` shows it: the row of the sheet, names masked."""
    content = workbook(Sheet("x", rows_of((*HEAD, "name"), (*GOOD, "Wang"))))
    storage = Storage(str(tmp_path))
    kept = archive_file(storage, io.BytesIO(content))
    profile = page(columns={**COLUMNS, "payer_name": "name"})
    file = {"archived_path": kept.path, "file_id": kept.file_id, "file_name": "x.xlsx"}
    told = raw_lines(storage, file, [{"line_no": 2, "line_id": "x:2"}], profile)
    assert told == {"x:2": "A1\tS1\t2026-11-16 12:00:00\t12.34\tW**"}


# ---- which sheet --------------------------------------------------------------------------------

TWO = (Sheet("one", rows_of(HEAD, GOOD)), Sheet("Two", rows_of(HEAD, GOOD, GOOD)))


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
def test_the_only_sheet_or_the_one_that_is_named(
    sheets: tuple[Sheet, ...], wanted: str | int | None, lines: int
) -> None:
    """By name in any case, hidden too; by number among the visible; else the only filled one."""
    assert len(read(workbook(*sheets), sheet=wanted).lines) == lines


@pytest.mark.parametrize(
    ("wanted", "verdict"),
    [
        (None, "MANY_SHEETS: desk_20261116.xlsx: sheets one, Two"),
        (3, "NO_SHEET"),
        ("x", "NO_SHEET"),
    ],
)
def test_a_sheet_that_is_not_sure(wanted: str | int | None, verdict: str) -> None:
    """Several with values and no choice; none of the name or number."""
    assert read(workbook(*TWO), sheet=wanted).verdict.startswith(verdict)


def test_a_sheet_with_a_header_alone_and_an_empty_one() -> None:
    """A day without trades is a header; a workbook without a value is a fault."""
    assert read(sheet()).accepted
    assert code(read(workbook(Sheet("x", {})))) == "EMPTY_FILE"


# ---- what is refused ----------------------------------------------------------------------------


def spoilt(name: str, content: str | bytes, **how: Any) -> bytes:
    """A good workbook with another part in place of one, or one more."""
    return packed({**parts([Sheet("x", rows_of(HEAD, GOOD))], **how), name: content})


def tail(xml: str) -> str:
    """The sheet of a good workbook with something else behind its rows."""
    made = parts([Sheet("x", rows_of(HEAD, GOOD))])["xl/worksheets/sheet1.xml"]
    return made.replace("</row></sheetData>", f"</row>{xml}</sheetData>")


SHEET = "xl/worksheets/sheet1.xml"
BOOK, RELATED = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
REFUSED = {
    "old": (OLE + b"\0" * 600 + "Workbook".encode("utf-16-le"), "OLD_WORKBOOK"),
    "locked": (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "ENCRYPTED"),
    "text": (b"id,ref,time,amount\n", "NO_WORKBOOK"),
    "page": (b"<html><table><tr><td>1</td></tr></table></html>", "NO_WORKBOOK"),
    "zip": (packed({"a.csv": "id\n1\n"}), "NO_WORKBOOK"),
    "packed": (packed({"a.xlsx": sheet(GOOD)}), "NO_WORKBOOK"),
    "nothing": (b"", "EMPTY_FILE"),
    "cut": (sheet(GOOD)[:-300], "BAD_ARCHIVE"),
    "no sheet part": (spoilt(RELATED, "<a><Relationship Id='rId1' Type='x/worksheet'"
                      " Target='gone.xml'/></a>"), "BAD_WORKBOOK"),
    "no xml": (spoilt(BOOK, "workbook"), "BAD_XML"),
    "cut sheet": (spoilt(SHEET, tail("")[:-60]), "BAD_XML"),
    "deep": (spoilt(SHEET, tail("<row r='9'>" + "<c>" * 5000)), "BAD_XML"),
    "entities": (spoilt(SHEET, "<!DOCTYPE a [<!ENTITY b 'c'>]>" + tail("")), "UNSAFE_XML"),
    "outside": (spoilt(RELATED, "<a><Relationship Id='rId1' Type='x/worksheet' Target="
                "'http://example.test/a.xml' TargetMode='External'/></a>"), "EXTERNAL_LINKS"),
    "silent": (spoilt(SHEET, f"<a>{'<b/>' * 6_000_000}</a>"), "BAD_XML"),
    "row twice": (spoilt(SHEET, tail("<row r='2'/>")), "BAD_WORKBOOK"),
    "cell of another row": (spoilt(SHEET, tail("<row r='3'><c r='A4'/></row>")), "BAD_WORKBOOK"),
    "cell twice": (spoilt(SHEET, tail("<row r='3'><c r='B3'/><c r='B3'/></row>")), "BAD_WORKBOOK"),
    "far": (spoilt(SHEET, tail("<row r='3'><c r='XFD3'><v>1</v></c></row>")), "TOO_MANY_COLUMNS"),
    "beyond": (spoilt(SHEET, tail("<row r='1048577'/>")), "BAD_WORKBOOK"),
    "no text": (spoilt(SHEET, tail("<row r='3'><c r='A3' t='s'><v>99</v></c></row>")),
                "BAD_WORKBOOK"),
    "no style": (spoilt(SHEET, tail("<row r='3'><c r='A3' s='99'><v>1</v></c></row>")),
                 "BAD_WORKBOOK"),
    "no number": (spoilt(SHEET, tail("<row r='3'><c r='A3'><v>1_0</v></c></row>")), "BAD_WORKBOOK"),
    "no type": (spoilt(SHEET, tail("<row r='3'><c r='A3' t='z'><v>1</v></c></row>")),
                "BAD_WORKBOOK"),
    "bad date": (spoilt(SHEET, tail("<row r='3'><c r='A3' t='d'><v>1</v></c></row>")),
                 "BAD_WORKBOOK"),
    "links": (spoilt(RELATED, parts([])[RELATED].replace("</Rel", "<Relationship Id='e' Type="
              "'x/externalLink' Target='externalLinks/e.xml'/></Rel", 1)), "EXTERNAL_LINKS"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_workbook_or_a_bad_one_is_refused_by_name(name: str) -> None:
    """One named fault each, and nothing of it lands."""
    content, verdict = REFUSED[name]
    told = read(content)
    assert (code(told), told.lines) == (verdict, []), told.verdict


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    """A part that holds seventy megabytes of blanks; and one beyond the page's limit."""
    big = spoilt(SHEET, " " * 70 * 2**20)
    assert code(read(big)) == "UNPACKS_TOO_LARGE"
    profile = page()
    assert profile.files is not None
    small = profile.files.model_copy(update={"unpacked_bytes_max": 500})
    told = read_file(sheet(GOOD), profile.model_copy(update={"files": small}), DAY)
    assert code(told) == "UNPACKS_TOO_LARGE"


def test_a_locked_member_is_refused_by_name() -> None:
    """The flag of a zip's own encryption."""
    content = bytearray(sheet(GOOD))
    at = content.rindex(b"PK\x01\x02")
    while at >= 0:
        content[at + 8] |= 1
        at = content.rfind(b"PK\x01\x02", 0, at)
    assert code(read(bytes(content))) == "ENCRYPTED"


def test_prefixes_and_the_strict_format() -> None:
    """Elements are known by their local names."""
    made = parts([Sheet("x", rows_of(HEAD, GOOD))])
    for name in (SHEET, "xl/sharedStrings.xml", BOOK):
        made[name] = made[name].replace(
            "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            "http://purl.oclc.org/ooxml/spreadsheetml/main",
        )
    made[SHEET] = (
        made[SHEET].replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x=")
    )
    assert len(read(packed(made)).lines) == 1


# ---- by real writers ----------------------------------------------------------------------------


@pytest.mark.parametrize("writer", ["openpyxl", "xlsxwriter"])
def test_what_other_programs_write(writer: str) -> None:
    """A sheet of two hundred rows as two libraries write it."""
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
    told = read(out.getvalue())
    assert told.accepted and [line["amount"] for line in told.lines] == list(range(200))
    assert {str(line["traded_at"]) for line in told.lines} == {"2026-11-16 04:00:00+00:00"}
    assert told.lines[7]["our_ref"] == "100000000000007"


@pytest.mark.parametrize(
    ("form", "meant"),
    [("General", 0), ("0.00", 0), ('#,##0.00"day"', 0), ("[Red]0.00", 0), ("0000000000", 10),
     ("0.00E+00", 0), ("yyyy-mm-dd", -1), ('yyyy"年"m"月"d"日"', -1), ("[$-804]h:mm:ss", -1),
     ("[h]:mm", -1), ("@", 0), (r"0\d", 0), ('0.00;[Red]"yes"0', 0), ("mmm", -1)],
)  # fmt: skip
def test_formats_of_numbers(form: str, meant: int) -> None:
    """Dates by their letters, not by those in quotes or brackets."""
    assert number_formats.meaning(form) == meant


@pytest.mark.parametrize(
    ("serial", "since_1904", "text"),
    [("1", False, "1900-01-01"), ("59", False, "1900-02-28"), ("60", False, "#DATE 60.0"),
     ("61", False, "1900-03-01"), ("46342.999988425923", False, "2026-11-16 23:59:59"),
     ("0", True, "00:00:00"), ("44880.5", True, "2026-11-16 12:00:00"),
     ("0.25", False, "06:00:00")],
)  # fmt: skip
def test_days_of_both_systems(serial: str, since_1904: bool, text: str) -> None:
    """To the millisecond; 29 February 1900 never was."""
    assert number_formats.number_text(serial, number_formats.DATE, since_1904)[1:] == text


def test_a_long_sheet_takes_little_memory(tmp_path: Path) -> None:
    """Rows are laid out in pieces of a megabyte: three times as many hold no more at a time."""
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
            lines = sum(piece.count(b"\n") for piece in Workbook(source, "x", 10**9).lines(None))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert lines == count
    assert peaks[1] < peaks[0] * 1.5, peaks


def test_the_golden_workbooks_are_those_that_the_script_writes() -> None:
    """The committed files are of our own making, byte for byte in what they pack."""
    for case, content in golden().items():
        there = (GOLDEN / "xlsx" / case / "statement.xlsx").open("rb")
        with there, zipfile.ZipFile(there) as kept, zipfile.ZipFile(io.BytesIO(content)) as made:
            assert kept.namelist() == made.namelist()
            assert all(kept.read(name) == made.read(name) for name in made.namelist()), case


@pytest.mark.parametrize("key", ["encoding", "separator", "quote"])
def test_a_workbook_has_no_separators(key: str) -> None:
    """Keys of text mean nothing in it, and a sheet means nothing in text."""
    with pytest.raises(ValueError, match=rf"dialect xlsx has no layout\.{key}"):
        page(**{key: "," if key != "encoding" else "utf-8"})
    whole = page(sheet="x").model_dump(mode="json", exclude_unset=True)
    with pytest.raises(ValueError, match=r"dialect delimited has no layout\.sheet"):
        Profile.model_validate({**whole, "dialect": "delimited"})
