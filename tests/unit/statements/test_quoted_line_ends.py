"""Quoted values with line ends in delimited text (RFC 4180), in blocks of any size."""

from datetime import date

import pytest

from schemas.profile.channel import Profile
from tests.fuzz.reading import ReadResult, read_statement

PROFILE = Profile.model_validate(
    {
        "channel": "psp", "dialect": "delimited", "zone": "Etc/UTC", "first_date": "2026-11-01",
        "files": {"pattern": "{business_date}", "day_check": "none"},
        "layout": {
            "separator": ",", "quote": '"',
            "columns": {"channel_ref": "id", "amount": "amount", "traded_at": "at"},
            "constants": {"kind": "PAYMENT", "status": "SUCCEEDED", "currency": "USD"},
        },
    }
)  # fmt: skip
HEAD = "id,note,amount,at,more\n"
AT = "2026-11-16 10:00:00"
NOTES = (
    '"a\nb"', '"a\n\n,b"', '"\n"', '"say ""x""\nand ""y"""', '"x"', "x", '""', '"a\r\nb"', 'say "x"'
)  # fmt: skip


def read(text: str, block_bytes: int = 2**20) -> ReadResult:
    day = date(2026, 11, 16)
    return read_statement(text.encode(), PROFILE, day, "a.csv", block_bytes=block_bytes)


def line(number: int, note: str, more: str = "") -> str:
    return f"T{number},{note},{number}.00,{AT},{more}"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("block_bytes", [200, 1000, 2**20])
def test_value_in_quotes_may_hold_line_ends(block_bytes: int, end: str) -> None:
    """Each record is one line, with the number of its first line."""
    records = [
        line(number, NOTES[number % len(NOTES)], NOTES[number % 7 % len(NOTES)])
        for number in range(1, 90)
    ]
    result = read(HEAD + end.join(records) + end, block_bytes)
    assert result.verdict == "ACCEPTED"
    assert [row["channel_ref"] for row in result.lines] == [f"T{n}" for n in range(1, 90)]
    assert sum(row["amount"] for row in result.lines) == 100 * sum(range(1, 90))
    starts, at = [], 2
    for record in records:
        starts.append(at)
        at += record.count("\n") + 1
    assert [row["line_no"] for row in result.lines] == starts


@pytest.mark.parametrize(
    "damaged",
    [
        line(2, '"a'),  # never closed: the quote of a later line has text behind it
        line(2, '"a" b'),
        line(2, '"a\nb" c'),
        line(2, '"a\nb"').replace(",2.00", ""),  # a cell is missing
        line(2, '"' + "a\n" * 40_000 + '"'),  # longer than a record may be
    ],
)
def test_damaged_quotes_reject_their_line_and_no_other(damaged: str) -> None:
    """The lines around it are read as they stand."""
    result = read(f"{HEAD}{line(1, 'x')}\n{damaged}\n{line(3, NOTES[0])}\n{line(4, NOTES[4])}\n")
    assert not result.is_accepted
    assert [row["channel_ref"] for row in result.lines] == ["T1", "T3", "T4"]
    assert result.rejected[0]["line_no"] == 3
