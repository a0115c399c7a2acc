"""Fixed-width files by their profile: places in bytes, signs, record types, totals, damage.

A line below is shown as (kind, status, amount, fee, our_ref, payer_name).
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from jobs.statements.fixed_width import cells as fixed_cells
from jobs.statements.fixed_width.cells import Codes, FixedCut, Span
from jobs.statements.reading.shape import Rejected
from schemas.profile.channel import Profile
from tests.fuzz.reading import Told, read
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


def profile(**layout: object) -> Profile:
    """A profile with this layout, keys over the one above."""
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


def detail(kind: str, number: str, name: str, amount: str, fee: str, code: str = "10") -> bytes:
    """A detail record in GBK."""
    cells = [code, kind, number.ljust(10), name, "20261116", "093000", amount, fee]
    record = [cell.encode("gb18030") for cell in cells]
    record[3] = record[3].ljust(8)
    return b"".join(record)


PAID = detail("PY", "S1", "王小明", "C0000012345", "000060")
BACK = detail("RF", "R1", "Li", "D0000002345", "000010")
HEADER, TRAILER = b"00000002", b"99000004000000010000 "


def told(
    records: list[bytes], /, end: bytes = b"\n", block_bytes: int = 2**20, **layout: object
) -> Told:
    """What becomes of a file of these records."""
    content = b"".join(record + end for record in records)
    return read(content, profile(**layout), DAY, "statement.txt", block_bytes)


def ledger(seen: Told) -> list[tuple[object, ...]]:
    """The accepted lines, short."""
    names = ("kind", "status", "amount", "fee", "our_ref", "payer_name")
    return [tuple(row[name] for name in names) for row in seen.lines]


GOOD = [
    ("PAYMENT", "SUCCEEDED", 12345, 60, "S1", "王**"),
    ("REFUND", "SUCCEEDED", -2345, -10, "R1", "L**"),
]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("block_bytes", [2**20, 100])
def test_a_file_with_header_and_trailer(end: bytes, block_bytes: int) -> None:
    """123.45 in, 23.45 out, 100.00 declared; counts with and without the two end records."""
    seen = told([HEADER, PAID, BACK, TRAILER], end, block_bytes)
    assert (seen.verdict, ledger(seen)) == ("ACCEPTED", GOOD)
    assert {(row["name"], row["declared"], row["computed"]) for row in seen.totals} == {
        ("count", 2, 2),
        ("amount", 10000, 10000),
        ("fee", None, 50),
    }
    assert str(seen.lines[0]["traded_at"]).startswith("2026-11-16 01:30:00")


def test_records_of_other_types() -> None:
    """An ignored record is no line whatever its length; an unknown one is rejected by its code."""
    seen = told([HEADER, PAID, b"50 free text", BACK, TRAILER])
    assert (seen.verdict, ledger(seen)) == ("ACCEPTED", GOOD)
    seen = told([HEADER, PAID, b"70" + BACK[2:], BACK, TRAILER])
    assert [row["reason"] for row in seen.rejected] == [
        "UNKNOWN_RECORD: '70' is no record type that stands here"
    ]
    assert seen.verdict.startswith("REJECTED_LINES")


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
def test_one_bad_line_among_good_ones(bad: bytes, reason: str) -> None:
    """It alone is rejected, with its number and its text; the others are as they were."""
    seen = told([HEADER, PAID, bad, BACK, TRAILER])
    assert ledger(seen) == GOOD
    assert [row["line_no"] for row in seen.rejected] == [3]
    assert seen.rejected[0]["reason"].startswith(reason)
    assert not seen.accepted


def test_half_a_character_at_the_end_of_a_name() -> None:
    """A name cut to its eight bytes loses half a character, not the line."""
    name = "王小明大山".encode("gb18030")[:7] + "大".encode("gb18030")[:1]
    seen = told([HEADER, PAID.replace("王小明  ".encode("gb18030"), name), BACK, TRAILER])
    assert (seen.verdict, ledger(seen)) == ("ACCEPTED", GOOD)


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
def test_ends_that_do_not_fit(records: list[bytes], reason: str) -> None:
    """A header or trailer lost, doubled, short, or of another sum or sign refuses the file."""
    assert told(records).verdict.startswith(reason)


def test_a_day_without_lines() -> None:
    """Header and trailer of nothing: accepted, no lines."""
    seen = told([b"00000000", b"99000002000000000000 "])
    assert (seen.verdict, seen.lines) == ("ACCEPTED", [])


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
def test_amounts(printed: str, spot: dict[str, Any], amount: int | str) -> None:
    """Implied decimals, units and overpunched digits, exactly; nothing is rounded."""
    columns = {"our_ref": [1, 4], "amount": {"at": 5, "width": 10, **spot}}
    constants = {"currency": "CNY", "status": "SUCCEEDED", "kind": "PAYMENT"}
    own = {"length": 14, "records": None, "header": None, "trailer": None}
    seen = told([b"S001" + printed.encode()], columns=columns, constants=constants, kinds={}, **own)
    if isinstance(amount, int):
        assert [row["amount"] for row in seen.lines] == [amount]
    else:
        assert seen.rejected[0]["reason"].startswith(amount)


@pytest.mark.parametrize(
    ("letter", "amount"), [("借", -5), ("贷", 5), ("  ", "BAD_SIGN: '' is no sign of amount")]
)
def test_a_sign_in_a_column_of_its_own(letter: str, amount: int | str) -> None:
    """Two bytes of GBK that say debit or credit, counted from 0."""
    sign = {"place": "column", "at": 0, "width": 2, "positive": ["贷"], "negative": ["借"]}
    columns = {"amount": {"at": 2, "width": 3, "unit": "minor", "sign": sign}}
    constants = {"currency": "CNY", "status": "SUCCEEDED", "kind": "ADJUSTMENT"}
    own: dict[str, Any] = {"length": 5, "records": None, "header": None, "trailer": None}
    own |= {"columns": columns, "constants": constants, "counted_from": 0, "kinds": {}}
    seen = told([f"{letter}005".encode("gb18030")], **own)
    got = seen.lines[0]["amount"] if seen.lines else seen.rejected[0]["reason"]
    assert got == amount


@pytest.mark.parametrize("last", [b"", b"\n", b"\r\n\x1a"])
def test_records_without_line_ends(last: bytes) -> None:
    """One record follows the other, header and trailer too; the n-th counts as line n."""
    ends = [HEADER.ljust(53), TRAILER.ljust(53)]
    content = b"".join([ends[0], PAID, BACK, ends[1]]) + last
    page = profile(line_ends=False)
    seen = read(content, page, DAY, "statement.txt")
    assert (seen.verdict, ledger(seen)) == ("ACCEPTED", GOOD)
    wrong = content.replace(b"RF", b"XX")
    assert [row["line_no"] for row in read(wrong, page, DAY, "statement.txt").rejected] == [3]
    for damaged in (content[:100] + content[101:], content[:-60], PAID, ends[0], content[53:]):
        assert not read(damaged, page, DAY, "statement.txt").accepted


def test_currencies_by_number() -> None:
    """156 and 392 of ISO 4217, as the page maps them: a yen has no decimals; 999 is none."""
    own: dict[str, Any] = {"length": 6, "records": None, "header": None, "trailer": None}
    own |= {"columns": {"currency": [1, 3], "amount": [4, 3]}, "kinds": {}}
    own |= {"constants": {"status": "SUCCEEDED", "kind": "PAYMENT"}}
    own |= {"currencies": {"156": "CNY", "392": "JPY"}}
    seen = told([b"156100", b"392100", b"USD100", b"999100"], **own)
    assert [(row["currency"], row["amount"]) for row in seen.lines] == [
        ("CNY", 10000),
        ("JPY", 100),
        ("USD", 10000),
    ]
    assert seen.rejected[0]["reason"] == "BAD_AMOUNT: '999' is no currency of ISO 4217"


def test_separators_that_must_stand() -> None:
    """A blank after the code: a shifted record is rejected by the byte that differs."""
    own: dict[str, Any] = {"length": 5, "records": None, "header": None, "trailer": None}
    own |= {"columns": {"amount": [3, 3]}, "separators": [2], "kinds": {}}
    own |= {"constants": {"currency": "CNY", "status": "SUCCEEDED", "kind": "PAYMENT"}}
    seen = told([b"A 100", b"AB100"], **own)
    assert [row["amount"] for row in seen.lines] == [10000]
    assert seen.rejected[0]["reason"] == "BAD_SEPARATOR: byte 2 is not ' '"


def test_times_without_a_year() -> None:
    """A file named 20270101: 1231 is of 2026, 0101 and the day after it are of 2027."""
    own: dict[str, Any] = {"length": 13, "records": None, "header": None, "trailer": None}
    own |= {"columns": {"traded_at": [1, 10], "amount": [11, 3]}, "kinds": {}}
    own |= {"constants": {"currency": "CNY", "status": "SUCCEEDED", "kind": "PAYMENT"}}
    own |= {"time_format": "%m%d%H%M%S", "date_in_name": "%Y%m%d"}
    content = b"1231235959001\n0101080000002\n0102000000003\n0103000000004\n"
    seen = read(content, profile(**own), DAY, "trades-20270101.txt")
    assert [str(row["traded_at"])[:16] for row in seen.lines] == [
        "2026-12-31 15:59",
        "2027-01-01 00:00",
        "2027-01-01 16:00",
        "2026-01-02 16:00",
    ]
    assert read(content, profile(**own), DAY, "trades.txt").verdict.startswith("NO_FILE_DATE")


def test_every_fault_of_a_page_at_once() -> None:
    """Places beyond the record, codes of another width, a year that nothing tells: all named."""
    with pytest.raises(ValidationError) as found:
        profile(
            length=40,
            records={"at": 1, "width": 2, "detail": ["1"], "ignore": ["99"]},
            separators=[41],
            time_format="%m%d%H%M%S",
            columns={"our_ref": [35, 10], "amount": {"at": 0, "width": 4, "decimals": 2}},
            constants={"our_ref": "x", "kind": "PAYMENT", "currency": "CNY"},
        )
    said = str(found.value)
    for fault in (
        "columns.our_ref: bytes 35 to 44 lie beyond the record of 40",
        "columns.amount: places are counted from 1",
        "separators: 41 is outside of the record",
        "code '1' is not 2 bytes",
        "code '99' is given twice",
        "our_ref: in columns and in constants",
        "status: neither in columns nor in constants",
    ):
        assert fault in said
    with pytest.raises(ValidationError, match="no year; add date_in_name"):
        profile(time_format="%m%d%H%M%S")
    for encoding in ("utf-16", "cp037", "iso2022_jp", "nonsense"):
        with pytest.raises(ValidationError, match="is no encoding whose digits"):
            profile(encoding=encoding)


CUT = FixedCut("gb18030", 6, (Span(((0, 2),)), Span(((2, 4),), whole=False)), (), b" ", None)
CODED = FixedCut("gb18030", 6, (Span(((0, 1), (4, 2))),), (3,), b" ", Codes(0, 1, (b"A",), (b"Z",)))


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
    st.sampled_from([CUT, CODED]),
)
def test_the_quick_way_is_the_slow_one(
    records: list[bytes], end: bytes, ended: bool, cut: FixedCut
) -> None:
    """Any block, cut as a table, gives what line by line gives."""
    block = end.join(records) + (end if ended else b"")
    quick, slow = Rejected(), Rejected()
    ways = [(cut.read(block, 1, quick), quick)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fixed_cells, "_quick", lambda block, cut: None)
        ways.append((cut.read(block, 1, slow), slow))
    (one, _), (other, _) = ways
    assert one.line_no.equals(other.line_no)
    assert all(one.columns[place].equals(other.columns[place]) for place in one.columns)
    order = [sorted(zip(r.line_no, r.raw, r.reason, strict=True)) for r in (quick, slow)]
    assert order[0] == order[1]
