"""Fixed-width files by their profile: fields in bytes, signs, record types, totals, damage.

`summarize` gives a line as (kind, status, amount, fee, our_ref, payer_name).
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from jobs.statements.fixed_width import cells as fixed_cells
from jobs.statements.fixed_width.cells import FixedWidthCutter, RecordTypes, Span
from jobs.statements.reading.line_format import RejectedLines
from schemas.profile.channel import Profile
from tests.fuzz.reading import ReadResult, read_statement
from tests.support.golden import DAY

#: code 2, kind 2, our number 10, name 8, date 8, time 6, amount 11 with a letter, fee 6
LAYOUT: dict[str, Any] = {
    "length": 53,
    "records": {"at": 1, "width": 2, "detail": ["10"], "ignore": ["50"]},
    "columns": {
        "kind": [3, 2],
        "our_ref": [5, 10],
        "payer_name": [15, 8],
        "traded_at": [[23, 8], [31, 6]],
        "amount": {
            "at": 37,
            "width": 11,
            "decimals": 2,
            "sign": {"place": "prefix", "positive": ["C"], "negative": ["D"]},
        },
        "fee": {"at": 48, "width": 6, "unit": "minor"},
    },
    "constants": {"currency": "CNY", "status": "SUCCEEDED"},
    "kinds": {"PY": "PAYMENT", "RF": "REFUND"},
    "fee_sign": "by_kind",
    "header": {"code": "00", "totals": {"count": [3, 6]}},
    "trailer": {
        "code": "99",
        "totals": {
            "count": [3, 6],
            "amount": {
                "at": 9,
                "width": 13,
                "decimals": 2,
                "sign": {"place": "suffix", "positive": ["+", ""], "negative": ["-"]},
            },
        },
        "count_adds": 2,
    },
}


def build_profile(**layout: object) -> Profile:
    """Builds a profile with LAYOUT and these keys over it."""
    return Profile.model_validate(
        {
            "channel": "bank",
            "dialect": "fixed_width",
            "zone": "Asia/Shanghai",
            "first_date": "2026-11-01",
            "files": {"pattern": "{business_date}"},
            "fixed_width": {**LAYOUT, **layout},
        }
    )


def build_detail(
    kind: str, number: str, name: str, amount: str, fee: str, code: str = "10"
) -> bytes:
    """Builds a detail record in GBK."""
    cells = [code, kind, number.ljust(10), name, "20261116", "093000", amount, fee]
    record = [cell.encode("gb18030") for cell in cells]
    record[3] = record[3].ljust(8)
    return b"".join(record)


PAID = build_detail("PY", "S1", "王小明", "C0000012345", "000060")
BACK = build_detail("RF", "R1", "Li", "D0000002345", "000010")
HEADER, TRAILER = b"00000002", b"99000004000000010000 "


def read_records(
    records: list[bytes], /, end: bytes = b"\n", block_bytes: int = 2**20, **layout: object
) -> ReadResult:
    """Reads a file of these records."""
    content = b"".join(record + end for record in records)
    return read_statement(content, build_profile(**layout), DAY, "statement.txt", block_bytes)


def summarize(result: ReadResult) -> list[tuple[object, ...]]:
    """The accepted lines as short tuples."""
    names = ("kind", "status", "amount", "fee", "our_ref", "payer_name")
    return [tuple(row[name] for name in names) for row in result.lines]


GOOD = [
    ("PAYMENT", "SUCCEEDED", 12345, 60, "S1", "王**"),
    ("REFUND", "SUCCEEDED", -2345, -10, "R1", "L**"),
]


def test_text_of_a_record_may_be_cut_in_half() -> None:
    """Its last character takes two bytes, of which the field has one: that byte goes."""
    columns = {**LAYOUT["columns"], "text": [15, 5]}
    (line, _) = read_records([HEADER, PAID, BACK, TRAILER], columns=columns).lines
    assert line["text"] == "王小"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("block_bytes", [2**20, 100])
def test_file_with_header_and_trailer_is_accepted(end: bytes, block_bytes: int) -> None:
    """123.45 - 23.45 = 100.00 as declared; one count includes header and trailer."""
    result = read_records([HEADER, PAID, BACK, TRAILER], end, block_bytes)
    assert (result.verdict, summarize(result)) == ("ACCEPTED", GOOD)
    assert {(row["name"], row["declared"], row["computed"]) for row in result.totals} == {
        ("count", 2, 2),
        ("amount", 10000, 10000),
        ("fee", None, 50),
    }
    assert str(result.lines[0]["traded_at"]).startswith("2026-11-16 01:30:00")


def test_ignored_records_are_skipped_and_unknown_ones_rejected() -> None:
    """An ignored record may have any length; a record with an unknown code is rejected."""
    result = read_records([HEADER, PAID, b"50 free text", BACK, TRAILER])
    assert (result.verdict, summarize(result)) == ("ACCEPTED", GOOD)
    result = read_records([HEADER, PAID, b"70" + BACK[2:], BACK, TRAILER])
    assert [row["reason"] for row in result.rejected] == [
        "UNKNOWN_RECORD: '70' is no record type of this profile"
    ]
    assert result.verdict.startswith("REJECTED_LINES")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (PAID[:-1], "WRONG_LENGTH: 52 bytes, not 53"),
        (PAID.replace(b"S1", b"\0\0"), "NUL_BYTE"),
        (PAID.replace(b"PY", b"XX"), "UNKNOWN_KIND: 'XX'"),
        (PAID.replace(b"C00", b"X00"), "BAD_SIGN: 'X' is no sign of amount"),
        (PAID.replace(b"12345", b"1x345"), "BAD_AMOUNT: '000001x345' is not digits"),
        (PAID.replace(b"20261116", b"20261131"), "BAD_TIME: '2026-11-31 09:30:00'"),
        (PAID.replace(b"20261116", b"2026 116"), "BAD_TIME: '2026 116093000' is not %Y%m%d"),
        (PAID.replace(b"S1  ", b"S\xff\xff "), "BAD_ENCODING: bytes 5 to 14 are not gb18030"),
    ],
)
def test_only_the_bad_line_is_rejected(bad: bytes, reason: str) -> None:
    """The bad line is rejected with its number; the other lines stay the same."""
    result = read_records([HEADER, PAID, bad, BACK, TRAILER])
    assert summarize(result) == GOOD
    assert [row["line_no"] for row in result.rejected] == [3]
    assert result.rejected[0]["reason"].startswith(reason)
    assert not result.is_accepted


def test_name_cut_in_half_a_character_is_accepted() -> None:
    """A name cut to eight bytes loses half a character; the line stays."""
    name = "王小明大山".encode("gb18030")[:7] + "大".encode("gb18030")[:1]
    result = read_records([HEADER, PAID.replace("王小明  ".encode("gb18030"), name), BACK, TRAILER])
    assert (result.verdict, summarize(result)) == ("ACCEPTED", GOOD)


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([HEADER, PAID, BACK], "FOOTER_MISSING"),
        ([PAID, BACK, TRAILER], "UNKNOWN_LAYOUT"),
        ([HEADER, PAID, TRAILER], "TOTALS_DIFFER"),
        ([HEADER, PAID, BACK, TRAILER[:8]], "BAD_FOOTER"),
        ([HEADER, PAID, BACK, TRAILER[:19]], "BAD_FOOTER"),
        ([HEADER, PAID, BACK, TRAILER[:-1] + b"-"], "TOTALS_DIFFER"),
        ([HEADER, PAID, BACK, TRAILER[:-1] + b"?"], "TOTALS_DIFFER"),
        ([HEADER, PAID, BACK, HEADER, TRAILER], "REJECTED_LINES"),
        ([HEADER], "FOOTER_MISSING"),
    ],
)
def test_wrong_header_or_trailer_is_refused(records: list[bytes], reason: str) -> None:
    """A lost, repeated or short header or trailer, or a wrong sum or sign, refuses the file."""
    assert read_records(records).verdict.startswith(reason)


def test_file_without_lines_is_accepted() -> None:
    """A file of header and trailer only is accepted."""
    result = read_records([b"00000000", b"99000002000000000000 "])
    assert (result.verdict, result.lines) == ("ACCEPTED", [])


@pytest.mark.parametrize(
    ("printed", "spot", "amount"),
    [
        ("0000012345", {"decimals": 2}, 12345),
        ("0000123450", {"decimals": 3}, 12345),
        ("0000000005", {"decimals": 2}, 5),
        ("      -123", {"decimals": 2}, -123),
        ("000001234E", {"decimals": 2, "sign": {"place": "overpunch"}}, 12345),
        ("000001234N", {"decimals": 2, "sign": {"place": "overpunch"}}, -12345),
        ("0000012345", {"unit": "minor"}, 12345),
        ("    123.45", {"unit": "major"}, 12345),
        ("0000123455", {"decimals": 3}, "BAD_AMOUNT: 123.455 has more than 2 decimals"),
        ("0000123.45", {"decimals": 2}, "BAD_AMOUNT: '0000123.45' is not digits"),
        ("000001234Z", {"decimals": 2, "sign": {"place": "overpunch"}}, "BAD_SIGN: '000001234Z'"),
        ("--00012345", {"decimals": 2}, "BAD_AMOUNT: '--00012345' is not digits"),
    ],
)
def test_amount_is_parsed_exactly(printed: str, spot: dict[str, Any], amount: int | str) -> None:
    """Implied decimals, units and overpunched digits are exact; nothing is rounded."""
    columns = {"our_ref": [1, 4], "amount": {"at": 5, "width": 10, **spot}}
    constants = {"currency": "CNY", "status": "SUCCEEDED", "kind": "PAYMENT"}
    layout = {"length": 14, "records": None, "header": None, "trailer": None}
    result = read_records(
        [b"S001" + printed.encode()], columns=columns, constants=constants, kinds={}, **layout
    )
    if isinstance(amount, int):
        assert [row["amount"] for row in result.lines] == [amount]
    else:
        assert result.rejected[0]["reason"].startswith(amount)


@pytest.mark.parametrize(
    ("letter", "amount"), [("借", -5), ("贷", 5), ("  ", "BAD_SIGN: '' is no sign of amount")]
)
def test_sign_in_its_own_column_is_applied(letter: str, amount: int | str) -> None:
    """Two bytes of GBK say debit or credit; the profile counts from 0."""
    sign = {"place": "column", "at": 0, "width": 2, "positive": ["贷"], "negative": ["借"]}
    columns = {"amount": {"at": 2, "width": 3, "unit": "minor", "sign": sign}}
    constants = {"currency": "CNY", "status": "SUCCEEDED", "kind": "ADJUSTMENT"}
    layout: dict[str, Any] = {"length": 5, "records": None, "header": None, "trailer": None}
    layout |= {"columns": columns, "constants": constants, "counted_from": 0, "kinds": {}}
    result = read_records([f"{letter}005".encode("gb18030")], **layout)
    got = result.lines[0]["amount"] if result.lines else result.rejected[0]["reason"]
    assert got == amount


@pytest.mark.parametrize("last", [b"", b"\n", b"\r\n\x1a"])
def test_records_without_line_ends_are_read(last: bytes) -> None:
    """Records follow each other directly; the n-th counts as line n."""
    ends = [HEADER.ljust(53), TRAILER.ljust(53)]
    content = b"".join([ends[0], PAID, BACK, ends[1]]) + last
    page = build_profile(line_ends=False)
    result = read_statement(content, page, DAY, "statement.txt")
    assert (result.verdict, summarize(result)) == ("ACCEPTED", GOOD)
    wrong = content.replace(b"RF", b"XX")
    assert [
        row["line_no"] for row in read_statement(wrong, page, DAY, "statement.txt").rejected
    ] == [3]
    for damaged in (content[:100] + content[101:], content[:-60], PAID, ends[0], content[53:]):
        assert not read_statement(damaged, page, DAY, "statement.txt").is_accepted


def test_numeric_currency_codes_are_mapped() -> None:
    """The profile maps 156 and 392 of ISO 4217; JPY has no decimals; 999 is no currency."""
    layout: dict[str, Any] = {"length": 6, "records": None, "header": None, "trailer": None}
    layout |= {"columns": {"currency": [1, 3], "amount": [4, 3]}, "kinds": {}}
    layout |= {"constants": {"status": "SUCCEEDED", "kind": "PAYMENT"}}
    layout |= {"currencies": {"156": "CNY", "392": "JPY"}}
    result = read_records([b"156100", b"392100", b"USD100", b"999100"], **layout)
    assert [(row["currency"], row["amount"]) for row in result.lines] == [
        ("CNY", 10000),
        ("JPY", 100),
        ("USD", 10000),
    ]
    assert result.rejected[0]["reason"] == "BAD_AMOUNT: '999' is no currency of ISO 4217"


def test_wrong_separator_is_rejected() -> None:
    """A blank must follow the code: the reason names the byte that differs."""
    layout: dict[str, Any] = {"length": 5, "records": None, "header": None, "trailer": None}
    layout |= {"columns": {"amount": [3, 3]}, "separators": [2], "kinds": {}}
    layout |= {"constants": {"currency": "CNY", "status": "SUCCEEDED", "kind": "PAYMENT"}}
    result = read_records([b"A 100", b"AB100"], **layout)
    assert [row["amount"] for row in result.lines] == [10000]
    assert result.rejected[0]["reason"] == "BAD_SEPARATOR: byte 2 is not ' '"


def test_time_without_a_year_takes_it_from_the_name() -> None:
    """In a file named 20270101, 1231 is of 2026; 0101 and 0102 are of 2027."""
    layout: dict[str, Any] = {"length": 13, "records": None, "header": None, "trailer": None}
    layout |= {"columns": {"traded_at": [1, 10], "amount": [11, 3]}, "kinds": {}}
    layout |= {"constants": {"currency": "CNY", "status": "SUCCEEDED", "kind": "PAYMENT"}}
    layout |= {"time_format": "%m%d%H%M%S", "date_in_name": "%Y%m%d"}
    content = b"1231235959001\n0101080000002\n0102000000003\n0103000000004\n"
    result = read_statement(content, build_profile(**layout), DAY, "trades-20270101.txt")
    assert [str(row["traded_at"])[:16] for row in result.lines] == [
        "2026-12-31 15:59",
        "2027-01-01 00:00",
        "2027-01-01 16:00",
        "2026-01-02 16:00",
    ]
    assert read_statement(content, build_profile(**layout), DAY, "trades.txt").verdict.startswith(
        "NO_FILE_DATE"
    )


def test_profile_faults_are_all_reported() -> None:
    """Validation reports every fault: fields beyond the record, codes of another width, no year."""
    with pytest.raises(ValidationError) as error:
        build_profile(
            length=40,
            records={"at": 1, "width": 2, "detail": ["1"], "ignore": ["99"]},
            separators=[41],
            time_format="%m%d%H%M%S",
            columns={"our_ref": [35, 10], "amount": {"at": 0, "width": 4, "decimals": 2}},
            constants={"our_ref": "x", "kind": "PAYMENT", "currency": "CNY"},
        )
    message = str(error.value)
    for fault in (
        "columns.our_ref: bytes 35 to 44 lie beyond the record of 40",
        "columns.amount: places are counted from 1",
        "separators: 41 is outside of the record",
        "code '1' is not 2 bytes",
        "code '99' is given twice",
        "our_ref: in columns and in constants",
        "status: neither in columns nor in constants",
    ):
        assert fault in message
    with pytest.raises(ValidationError, match="no year; add date_in_name"):
        build_profile(time_format="%m%d%H%M%S")
    for encoding in ("utf-16", "cp037", "iso2022_jp", "nonsense"):
        with pytest.raises(ValidationError, match="is no encoding whose digits"):
            build_profile(encoding=encoding)


CUTTER = FixedWidthCutter(
    "gb18030", 6, (Span(((0, 2),)), Span(((2, 4),), is_whole=False)), (), b" ", None
)
CODED_CUTTER = FixedWidthCutter(
    "gb18030", 6, (Span(((0, 1), (4, 2))),), (3,), b" ", RecordTypes(0, 1, (b"A",), (b"Z",))
)


@given(
    st.lists(
        st.sampled_from(
            [
                b"A1 x y",
                b"A11 zz",
                b"Z     ",
                b"      ",
                b"",
                b"\r",
                b"A1",
                "A中国 ".encode("gbk"),
                "中国华".encode("gbk"),
                b"\xd6\xd6\xd6\xd6\xd6\xd6",
                b"A1\0xyz",
                b"Axx yy\r",
            ]
        ),
        max_size=12,
    ),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
    st.sampled_from([CUTTER, CODED_CUTTER]),
)
def test_fast_path_equals_the_slow_path(
    records: list[bytes], end: bytes, ended: bool, cutter: FixedWidthCutter
) -> None:
    """For any block, the fast path gives the cells and rejections of the slow path."""
    block = end.join(records) + (end if ended else b"")
    quick, slow = RejectedLines(), RejectedLines()
    ways = [(cutter.read(block, 1, quick), quick)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fixed_cells, "_read_table_fast", lambda block, cutter: None)
        ways.append((cutter.read(block, 1, slow), slow))
    (one, _), (other, _) = ways
    assert one.line_no.equals(other.line_no)
    assert all(one.columns[place].equals(other.columns[place]) for place in one.columns)
    order = [sorted(zip(r.line_no, r.raw, r.reason, strict=True)) for r in (quick, slow)]
    assert order[0] == order[1]
