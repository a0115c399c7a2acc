"""Delimited text: what a profile can say, one small file each; amounts are minor units."""

from datetime import date
from typing import Any

import pytest

from jobs.statements import delimited
from schemas.profile import Profile
from tests.fuzz.reading import Told
from tests.fuzz.reading import read as read_file

DAY = date(2026, 11, 16)
COLUMNS = {"channel_ref": "id", "amount": "amount", "traded_at": "time"}
CONSTANTS = {"kind": "PAYMENT", "status": "SUCCEEDED", "currency": "CNY"}


def page(**layout: Any) -> Profile:
    """A profile of a channel whose lines are payments, in its layout."""
    whole = {"columns": COLUMNS, "constants": CONSTANTS, **layout}
    return Profile.model_validate(
        {
            "channel": "bank",
            "dialect": "delimited",
            "zone": "Asia/Shanghai",
            "first_date": "2026-11-01",
            "files": {"pattern": "bank_{business_date:%Y%m%d}.csv", "day_check": "none"},
            "layout": whole,
        }
    )


def read(text: str | bytes, name: str = "bank_20261116.csv", **layout: Any) -> Told:
    """What a text lands as."""
    raw = text.encode() if isinstance(text, str) else text
    return read_file(raw, page(**layout), DAY, name)


def amounts(found: Told) -> list[int]:
    return [row["amount"] for row in found.lines]


def reasons(found: Told) -> list[str]:
    return [row["reason"] for row in found.rejected]


def declared(found: Told) -> dict[str, int]:
    return {row["name"]: row["declared"] for row in found.totals if row["declared"] is not None}


def test_a_separator_of_several_characters() -> None:
    """1.00 and 2.00 between bars of two characters; a single bar is text."""
    text = "id||amount||time\nA|1||1.00||2026-11-16 10:00:00\nB||2.00||2026-11-16 10:00:00\n"
    found = read(text, separator="||")
    assert [(row["channel_ref"], row["amount"]) for row in found.lines] == [
        ("A|1", 100),
        ("B", 200),
    ]


@pytest.mark.parametrize(
    ("printed", "amount", "how"),
    [
        ("1,234.50", 123450, {"thousands": ","}),
        ("1.234,50", 123450, {"thousands": ".", "decimal": ","}),
        ("(1.00)", -100, {"brackets": True}),
        ("1.00-", -100, {"trailing_minus": True}),
        ("CNY 10.00", 1000, {"currency": True}),
        ("¥28.16", 2816, {"currency": True}),
        ("Cr 5.00", 500, {"positive": ["Cr"], "negative": ["Dr"]}),
        ("5.00 Dr", -500, {"positive": ["Cr"], "negative": ["Dr"]}),
        ("8,000.00(CN)", 800000, {"thousands": ",", "ignored": ["(CN)"]}),
    ],
)
def test_amounts_as_they_are_printed(printed: str, amount: int, how: dict[str, Any]) -> None:
    """One amount each, in minor units."""
    text = f"id;amount;time\nA;{printed};2026-11-16 10:00:00\n"
    found = read(text, separator=";", amounts=how, currencies={"¥": "CNY"})
    assert (amounts(found), found.rejected) == ([amount], [])


@pytest.mark.parametrize("printed", ["1,23.50", "1.00", "Cr -1.00", "1.00 XX", "--1.00", "(1.00"])
def test_an_amount_printed_otherwise_is_rejected(printed: str) -> None:
    """Groups of two, no word of a sign, two signs, a strange word: never guessed."""
    how = {"thousands": ",", "positive": ["Cr"], "negative": ["Dr"], "brackets": True}
    found = read(f"id;amount;time\nA;{printed};2026-11-16 10:00:00\n", separator=";", amounts=how)
    assert found.lines == [] and reasons(found)[0].startswith("BAD_AMOUNT")


def test_what_comes_in_and_what_goes_out() -> None:
    """7.00 in, 3.00 out, both on a line, none on a line."""
    text = (
        "id,in,out,time\nA,7.00,,2026-11-16 10:00:00\nB,,3.00,2026-11-16 10:00:00\n"
        "C,1.00,1.00,2026-11-16 10:00:00\nD,,,2026-11-16 10:00:00\n"
    )
    found = read(
        text,
        columns={"channel_ref": "id", "traded_at": "time"},
        constants={"status": "SUCCEEDED", "currency": "CNY"},
        in_out={"incoming": "in", "outgoing": "out"},
        kind_by_sign={"incoming": "TOP_UP", "outgoing": "PAYOUT"},
    )
    assert [(row["kind"], row["amount"]) for row in found.lines] == [
        ("TOP_UP", 700),
        ("PAYOUT", -300),
    ]
    assert [each.split(":")[0] for each in reasons(found)] == ["BAD_SIGN", "NO_VALUE"]


def test_a_header_below_text_of_any_length_and_totals_around_the_trades() -> None:
    """Two trades of 3.00; the head declares the count, the foot the amount; more text below it."""
    text = (
        "statement of a bank\n\ncount: 2\nid,amount,time\nA,1.00,2026-11-16 10:00:00\n"
        "B,2.00,2026-11-16 10:00:00\n------\ntotal amount: 3.00 CNY\nthank you\n"
    )
    found = read(
        text,
        preamble="find",
        footer={"starts": "-----"},
        totals=[
            {"at": "head", "name": "count", "after": "count"},
            {"pattern": r"total amount: (?P<amount>[\d.]+) (?P<currency>[A-Z]{3})"},
        ],
    )
    assert amounts(found) == [100, 200]
    assert declared(found) == {"count": 2, "amount": 300}
    assert found.accepted
    wrong = read(
        text.replace("3.00 CNY", "3.01 CNY"),
        preamble="find",
        footer={"starts": "-----"},
        totals=[{"name": "amount", "after": "total amount"}],
    )
    assert "3.01" in wrong.verdict and "3.00" in wrong.verdict


def test_record_types_by_a_leading_code() -> None:
    """H, two D, T with the count of details; X is no record type."""
    text = "H|20261116\nD|A|1.00|2026-11-16 10:00:00\nX|?\nD|B|2.00|2026-11-16 10:00:00\nT|2|3.00\n"
    found = read(
        text,
        separator="|",
        header="none",
        columns={"channel_ref": 2, "amount": 3, "traded_at": 4},
        records={"detail": ["D"], "header": ["H"], "trailer": ["T"]},
        totals=[{"pattern": r"^T\|(?P<count>\d+)\|(?P<amount>[\d.]+)"}],
    )
    assert [(row["line_no"], row["amount"]) for row in found.lines] == [(2, 100), (4, 200)]
    assert reasons(found) == ["UNKNOWN_RECORD: 'X' is no record type"]
    assert declared(found) == {"count": 2, "amount": 300}
    cut = read(
        text.replace("T|2|3.00\n", ""),
        separator="|",
        header="none",
        columns={"channel_ref": 2, "amount": 3, "traded_at": 4},
        records={"detail": ["D"], "header": ["H"], "trailer": ["T"]},
    )
    assert cut.verdict.startswith("FOOTER_MISSING")


def test_times_without_a_year_take_it_from_the_day() -> None:
    """Of a file of 1 January 2027: 12-31 is of 2026, 01-01 of 2027."""
    text = "id,amount,time\nA,1.00,12-31 23:30\nB,1.00,01-01 00:30\n"
    found = read_file(
        text.encode(), page(time_format="%m-%d %H:%M"), date(2027, 1, 1), "bank_20270101.csv"
    )
    assert [f"{row['traded_at']:%Y-%m-%d %H:%M}" for row in found.lines] == [
        "2026-12-31 15:30",
        "2026-12-31 16:30",
    ]


def test_a_date_and_a_time_in_two_columns_and_an_offset() -> None:
    """10:00 in Shanghai is 02:00 UTC; 10:00 -0800 is 18:00 UTC."""
    found = read(
        "id,amount,on,at\nA,1.00,20261116,100000\n",
        columns={**COLUMNS, "traded_at": ["on", "at"]},
        time_format="%Y%m%d %H%M%S",
    )
    assert f"{found.lines[0]['traded_at']:%H:%M}" == "02:00"
    text = "id,amount,time\nA,1.00,2026-11-16 10:00:00 -0800\n"
    there = read(text, time_format="%Y-%m-%d %H:%M:%S %z")
    assert f"{there.lines[0]['traded_at']:%H:%M}" == "18:00"


@pytest.mark.parametrize(
    ("printed", "form", "utc"),
    [
        ("2026-01-06 00:00:30 -0800", "%Y-%m-%d %H:%M:%S %z", "2026-01-06 08:00:30"),
        ("2026-01-06T00:00:30+08:00", "%Y-%m-%dT%H:%M:%S%z", "2026-01-05 16:00:30"),
        ("2026-01-06 00:00:30Z", "%Y-%m-%d %H:%M:%S%z", "2026-01-06 00:00:30"),
        ("11-16 00:00:30 +0900", "%m-%d %H:%M:%S %z", "2026-11-15 15:00:30"),
        ("2026-01-06 00:00:30", "%Y-%m-%d %H:%M:%S %z", "BAD_TIME"),
        ("2026-01-06 00:00:30 PST", "%Y-%m-%d %H:%M:%S %z", "BAD_TIME"),
        ("2026-01-06 00:00:30 +9900", "%Y-%m-%d %H:%M:%S %z", "BAD_TIME"),
        ("0001-01-01 00:00:30 +0800", "%Y-%m-%d %H:%M:%S %z", "BAD_TIME"),
    ],
)
def test_an_offset_wins_over_the_zone_of_the_page(printed: str, form: str, utc: str) -> None:
    """The page is of Shanghai. No offset, a name, over a day, out of the calendar: BAD_TIME."""
    found = read(f"id,amount,time\nA,1.00,{printed}\n", time_format=form)
    seen = [f"{row['traded_at']:%Y-%m-%d %H:%M:%S}" for row in found.lines]
    assert seen + [each.split(":")[0] for each in reasons(found)] == [utc]


def test_a_trailing_byte_of_gbk_that_looks_like_a_separator() -> None:
    """U+515C is 0xB6B5, U+7E39 ends in 0x7C, which is a bar: cells are cut after decoding."""
    name = bytes([0xB6, 0x7C]).decode("gbk")
    text = f"id|product|amount|time\nA|{name}|1.00|2026-11-16 10:00:00\n".encode("gbk")
    found = read(text, separator="|", encoding="gb18030", columns={**COLUMNS, "product": "product"})
    assert [(row["product"], row["amount"]) for row in found.lines] == [(name, 100)]


def test_cells_behind_the_last_heading() -> None:
    """A last comma on every line, and none on the header."""
    text = "id,amount,time\nA,1.00,2026-11-16 10:00:00,\n"
    assert amounts(read(text, extra_cells=1)) == [100]
    assert reasons(read(text)) == ["WRONG_WIDTH: 4 cells, not 3"]


def test_a_page_with_several_faults_names_them() -> None:
    """A clash of choices is refused when the page is read."""
    with pytest.raises(ValueError, match="sign and in_out"):
        page(
            in_out={"incoming": "in", "outgoing": "out"},
            sign={"column": "s"},
            columns={"channel_ref": "id"},
        )


def test_any_text_may_be_delimited() -> None:
    """But not one with NUL bytes at its start."""
    from jobs.statements.dialect import Sample

    assert delimited.identify(Sample("a", 3, b"a,b", b"a,b"))
    assert not delimited.identify(Sample("a", 3, b"a\0b", b"a\0b"))
