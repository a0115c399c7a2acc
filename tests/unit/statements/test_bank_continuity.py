"""Statements in any order, and what is missing between them: within a file, and between days.

A statement is (number, opening day, opening, closing day, closing), with one entry that makes the
difference, if any.
"""

import zipfile
from datetime import date
from io import BytesIO
from itertools import permutations
from typing import Any
from unittest.mock import patch

import pytest

from jobs.ingestion.gates.balance_gaps import note_balance_gaps
from jobs.statements.bank import continuity
from jobs.statements.bank.accounts import hash_account
from jobs.statements.parser import BalanceSpan
from schemas.profile.channel import Profile
from tests.fuzz.reading import ReadResult, read_statement
from tests.support.bank_files import read_bank
from tests.unit.statements.test_camt import balance, entry, message

Statement = tuple[str, str, int, str, int]
#: Three days that follow each other, over New Year; numbers begin again.
YEAR = [
    ("00364/001", "261230", 100, "261231", 110),
    ("00001/001", "261231", 110, "270104", 107),
    ("00002/001", "270104", 107, "270105", 107),
    ("00003/001", "270105", 107, "270107", 150),
]


def swift(statements: list[Statement], head: str = ":20:R\n", kind: str = "F") -> str:
    texts = []
    for number, opened, opening, closed, closing in statements:
        moved = closing - opening
        line = f":61:{closed}{'D' if moved < 0 else 'C'}{abs(moved)},NTRFX{closing}\n"
        texts.append(
            f"{head}:25:10020030/1234567\n:28C:{number}\n:60F:C{opened}EUR{opening},\n"
            f"{line if moved else ''}:62{kind}:C{closed}EUR{closing},\n-\n"
        )
    return "".join(texts)


def iso(statements: list[Statement]) -> str:
    def day(text: str) -> str:
        return f"20{text[:2]}-{text[2:4]}-{text[4:]}"

    return message(
        *(
            f"<Stmt><Id>S</Id><ElctrncSeqNb>{int(number[:5])}</ElctrncSeqNb>"
            f"<Acct><Id><IBAN>X1234567</IBAN></Id></Acct>"
            f"{balance('OPBD', str(opening), day(opened))}"
            f"{balance('CLBD', str(closing), day(closed))}"
            + (
                entry(str(abs(closing - opening)), mark="CRDT" if closing > opening else "DBIT")
                if closing != opening
                else ""
            )
            + "</Stmt>"
            for number, opened, opening, closed, closing in statements
        )
    )


WRITERS = {"mt940": swift, "camt053": iso}


def read(dialect: str, statements: list[Statement]) -> ReadResult:
    result = read_bank(dialect, WRITERS[dialect](statements))
    assert result.verdict == "ACCEPTED", result.verdict
    return result


@pytest.mark.parametrize("dialect", WRITERS)
@pytest.mark.parametrize("numbers", ["printed", "00000/001", "00001/001"])
def test_statements_in_any_order_have_no_gap(dialect: str, numbers: str) -> None:
    """Numbers that begin again at New Year, that are all 0 or all 1: the dates give the order."""
    days = [day if numbers == "printed" else (numbers, *day[1:]) for day in YEAR]
    for order in permutations(days):
        assert read(dialect, list(order)).gaps == []


@pytest.mark.parametrize("dialect", WRITERS)
def test_statements_of_one_day_are_ordered_by_number_else_by_balance(dialect: str) -> None:
    """Three statements of one day; without numbers, each follows the one that closes so."""
    numbered = [(f"0000{n}/001", "261116", n, "261116", n % 3 + 1) for n in (1, 2, 3)]
    unnumbered = [("00000/001", "261116", a, "261116", b) for a, b in ((10, 7), (7, 9), (9, 30))]
    for statements in (numbered, unnumbered):
        for order in permutations(statements):
            assert read(dialect, list(order)).gaps == []


@pytest.mark.parametrize("dialect", WRITERS)
@pytest.mark.parametrize(
    ("left", "said"),
    [
        ([0, 2, 3], "2027-01-04 with EUR 107.00, difference EUR -3.00: statements are missing"),
        ([0, 1, 3], None),  # the one that is left out moved nothing
        ([1, 3], None),
    ],
)
def test_missing_statement_is_told_where_money_is_missing(
    dialect: str, left: list[int], said: str | None
) -> None:
    """Number 364 closes with 110.00, number 2 opens with 107.00."""
    for order in permutations([YEAR[place] for place in left]):
        gaps = read(dialect, list(order)).gaps
        assert len(gaps) == (said is not None)
        assert all(said in gap and "account ...4567: statement 364 closes" in gap for gap in gaps)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((5, 7), "difference EUR 40.00: statement 6 is missing; have the bank send it"),
        ((5, 9), "difference EUR 40.00: statements 6 to 8 are missing; have the bank send them"),
        ((5, 6), "difference EUR 40.00: no number is missing between them"),
        ((0, 0), "difference EUR 40.00: statements are missing between them"),
    ],
)
def test_gap_is_told_with_numbers_and_difference(numbers: tuple[int, int], said: str) -> None:
    """10.00 is not 50.00; the entries of both statements count."""
    first, second = numbers
    days = [
        (f"{first:05}/001", "261115", 0, "261116", 10),
        (f"{second:05}/001", "261117", 50, "261118", 60),
    ]
    for dialect in WRITERS:
        for order in (days, days[::-1]):
            result = read(dialect, order)
            (gap,) = result.gaps
            assert gap.startswith("BALANCE_GAP: a.") and said in gap
            assert [row["amount"] for row in result.lines] == [1000, 1000]


def test_statement_without_field_20_is_read() -> None:
    """A bank's download begins at field 25; its own lines stand before it."""
    for head in ("", "ABNANL2A\n940\nABNANL2A\n"):
        result = read_bank("mt940", swift(YEAR, head=head))
        assert (result.verdict, len(result.lines), result.gaps) == ("ACCEPTED", 3, [])
    report = ":25:A\n:28C:1\n:34F:EURC0,\n:13D:2611161200+0100\n:61:261116C1,NTRFX\n-\n"
    assert len(read_bank("mt940", report + report.replace("1200", "1300")).lines) == 2


@pytest.mark.parametrize("place", [0, 1, 2, 3, 4])
def test_empty_interim_page_is_no_page(place: int) -> None:
    """Without entries and with one balance it changes nothing, wherever it stands."""
    empty = [("00009/002", "261231", 110, "261231", 110)]
    pages = [swift([day]) for day in YEAR]
    pages.insert(place, swift(empty, kind="M").replace(":60F:", ":60M:"))
    result = read_bank("mt940", "".join(pages))
    assert (result.verdict, len(result.lines), result.gaps) == ("ACCEPTED", 3, [])
    moved = swift([("00009/002", "261231", 110, "261231", 111)], kind="M")
    assert not read_bank("mt940", pages[0] + moved).is_accepted


def test_very_many_unordered_statements_are_read_quickly() -> None:
    """Two thousand of one day, each apart from the next, without numbers."""
    days: list[Statement] = [("0", "261116", n, "261116", n + 1) for n in range(2000)]
    assert read("mt940", days[::2] + days[1::2]).gaps == []


def test_statements_beyond_those_held_one_by_one_must_follow_each_other() -> None:
    """Three are held; the next ones follow, or the file is refused."""
    days: list[Statement] = [("0", f"2611{n}", n, f"2611{n + 1}", n + 1) for n in range(10, 16)]
    with patch.object(continuity, "HELD_MAX", 3):
        assert read("mt940", days).gaps == []
        result = read_bank("mt940", swift([*days[:3], days[5]]))
    assert "BAD_STATEMENT: a.sta: more than 3 statements" in result.verdict


DAY = date(2026, 11, 16)


def row(
    days: int, opening: int, closing: int, status: str = "ACCEPTED", **more: Any
) -> dict[str, Any]:
    """A file of one statement, `days` after the first day; amounts in major units."""
    day = date.fromordinal(DAY.toordinal() + days)
    span = {
        "account": hash_account("A"), "account_tail": "4567", "currency": "EUR",
        "first_number": 10 + days, "opening_day": day, "opening": opening * 100,
        "last_number": 10 + days, "closing_day": day, "closing": closing * 100,
        **{name: value for name, value in more.items() if name in BalanceSpan.__annotations__},
    }  # fmt: skip
    return {
        "business_date": more.get("business_date", day), "status": status, "part": "",
        "file_name": f"{days}.sta", "reason": more.get("reason"), "balances": [span],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("others", "gap"),
    [
        ([], None),  # the first one of all
        ([row(0, 5, 10), row(1, 10, 20)], None),
        ([row(0, 5, 10)], "10.00, statement 12 opens on 2026-11-18 with EUR 20.00"),
        ([row(0, 5, 10)], "difference EUR 10.00: statement 11 is missing"),
        ([row(-4, 5, 10)], "statements 7 to 11 are missing"),
        ([row(0, 5, 20)], None),
        ([row(3, 5, 10)], None),  # a later one says nothing
        ([row(0, 5, 20), row(1, 20, 10, "SUPERSEDED")], None),
        ([row(0, 5, 10, account="b")], None),
        ([row(0, 5, 10, currency="USD")], None),
        # It comes in a file of a later date.
        ([row(0, 5, 10), row(1, 10, 20, business_date=date(2026, 11, 30))], None),
        # The month's statement, which ends on a day that this file has, too.
        ([row(0, 5, 10), row(2, 0, 99, first_number=1, last_number=1, opening_day=DAY)], "20.00"),
        # The other one of the day has no number.
        ([row(0, 5, 10), row(2, 10, 20, first_number=None, last_number=None)], None),
    ],
)
def test_gap_between_days_is_noted_in_the_row(
    others: list[dict[str, Any]], gap: str | None
) -> None:
    """The file opens with 20.00 on the third day; other notes of its row stay."""
    today = row(2, 20, 30, reason="UNUSUAL_VOLUME: x | BALANCE_GAP: of an earlier call")
    same_day = [other for other in others if other["business_date"] == today["business_date"]]
    note_balance_gaps([today, *same_day], others)
    first, *gaps = today["reason"].split(" | ")
    assert first == "UNUSUAL_VOLUME: x" and len(gaps) == (gap is not None)
    assert gap is None or gap in gaps[0]


def test_file_without_balances_is_left_alone() -> None:
    """Files of other formats, and rows of earlier versions of the software."""
    plain = {**row(2, 20, 30), "balances": None}
    note_balance_gaps([plain], [row(0, 5, 10)])
    assert plain["reason"] is None
    today = row(2, 20, 30)
    note_balance_gaps([today], [{**row(0, 5, 10), "balances": None}])
    assert today["reason"] is None


def pack(*members: tuple[str, str | bytes]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def read_packed(dialect: str, content: bytes, member: str | None) -> ReadResult:
    page = {
        "channel": "bank", "dialect": dialect, "zone": "Etc/UTC", "first_date": "2026-11-01",
        "files": {"pattern": "{business_date}", "day_check": "none", "member": member},
    }  # fmt: skip
    return read_statement(content, Profile.model_validate(page), DAY, "a.zip")


@pytest.mark.parametrize("dialect", WRITERS)
def test_zip_of_one_document_a_statement_is_one_file(dialect: str) -> None:
    """The members that fit are read as one file; a missing one is a gap between them."""
    documents = [(f"{place}.txt", WRITERS[dialect]([day])) for place, day in enumerate(YEAR)]
    other = ("readme.pdf", b"%PDF")
    result = read_packed(dialect, pack(*documents[::-1], other), "*.txt")
    assert (result.verdict, len(result.lines), result.gaps) == ("ACCEPTED", 3, [])
    numbers = [line["line_no"] for line in result.lines]
    assert len(set(numbers)) == 3
    (gap,) = read_packed(dialect, pack(*documents[::2], other), "*.txt").gaps
    assert "difference EUR -3.00: statements are missing" in gap
    unnamed = read_packed(dialect, pack(*documents, other), None).verdict
    assert "name those to read by a pattern in `files.member`" in unnamed
    twice = read_packed(dialect, pack(documents[0], ("x.txt", documents[0][1])), "*.txt")
    assert twice.verdict.startswith("REPEATED_STATEMENT")
    nested = read_packed(dialect, pack(documents[0], ("x.txt", pack(other))), "*.txt")
    assert nested.verdict.startswith("NESTED_ARCHIVE")
    broken = read_packed(dialect, pack(*documents, ("x.txt", "nothing")), "*.txt")
    assert broken.is_accepted == (dialect == "mt940")  # lines between its statements are skipped


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1", "utf-16", "utf-16-le"])
def test_camt_is_read_in_the_encoding_that_it_declares(encoding: str) -> None:
    """A name with an umlaut; UTF-16 has a byte-order mark or none."""
    declared = encoding.removesuffix("-sig").removesuffix("-le")
    name = "<RltdPties><Dbtr><Nm>Ä</Nm></Dbtr></RltdPties>"
    part = f"<NtryDtls><TxDtls>{name}</TxDtls></NtryDtls></Ntry>"
    text = f"<?xml version='1.0' encoding='{declared}'?>{iso(YEAR)}".replace("</Ntry>", part)
    content = text.encode(encoding)
    result = read_bank("camt053", content)
    assert [line["payer_name"] for line in result.lines] == ["Ä**", None, "Ä**"]
    packed = pack(("1.xml", content), ("2.xml", iso([("9", "270107", 150, "270108", 151)])))
    assert len(read_packed("camt053", packed, "*.xml").lines) == 4
    unsafe = text.replace("?>", "?><!DOCTYPE d [<!ENTITY a 'b'>]>", 1).encode(encoding)
    assert read_bank("camt053", unsafe).verdict.startswith("UNSAFE_XML")
