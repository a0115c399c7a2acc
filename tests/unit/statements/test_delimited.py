"""Delimited text: what a profile can say, one small file each; amounts are minor units."""

from datetime import date
from typing import Any

import pytest

from jobs.statements.delimited import parser
from schemas.profile.channel import Profile
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
        ("131.77(back 89.84)", 13177, {"ignored": ["(back *)", "(all back)"]}),
        ("468.32(all back)", 46832, {"ignored": ["(back *)", "(all back)"]}),
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


def test_lines_between_the_trades_that_are_none() -> None:
    """A row of separators, a subtotal and the header again: passed over, numbers kept."""
    text = (
        "id,amount,time\n,,\nA,1.00,2026-11-16 10:00:00\nsubtotal,1.00,\nid,amount,time\n"
        "B,2.00,2026-11-16 10:00:00\n,,\n"
    )
    found = read(text, ignore=["subtotal,", "[,\\s]*$", "id,amount"])
    assert [(row["line_no"], row["amount"]) for row in found.lines] == [(3, 100), (6, 200)]
    assert found.accepted and found.rejected == []
    plain = read(text)
    assert [each.split(":")[0] for each in reasons(plain)] == [
        "NO_VALUE", "BAD_AMOUNT", "NO_VALUE",
    ]  # fmt: skip


def test_lines_that_are_passed_over_say_nothing_of_the_width() -> None:
    """A row of two tabs above lines of four cells, without a header; CRLF."""
    text = "\t\t\r\nA\t1.00\t2026-11-16\t10:00:00\r\n\t\t\r\n"
    found = read(
        text,
        separator="\t",
        header="none",
        columns={"channel_ref": 1, "amount": 2, "traded_at": [3, 4]},
        ignore=["\\s*$"],
    )
    assert [(row["line_no"], row["amount"]) for row in found.lines] == [(2, 100)]


BY_KIND = "id,back,type,amount,returned,time\n"


def test_a_column_that_stands_elsewhere_on_lines_of_a_kind() -> None:
    """P1 of 10.00; a refund of 4.00 under a number of its own, the payment's beside it, or none."""
    text = BY_KIND + (
        "P1,,pay,10.00,0.00,2026-11-16 10:00:00\nP1,R1,back,10.00,4.00,2026-11-16 11:00:00\n"
        "P1,,back,10.00,1.00,2026-11-16 12:00:00\nP1,,gift,10.00,,2026-11-16 12:00:00\n"
    )
    found = read(
        text,
        columns={"our_ref": "id", "kind": "type", "amount": "amount", "traded_at": "time"},
        constants={"status": "SUCCEEDED", "currency": "CNY"},
        kinds={"pay": "PAYMENT", "back": "REFUND"},
        by_kind={
            "REFUND": {
                "our_ref": "back", "original_ref": "id", "amount": "returned", "traded_at": None,
            }
        },
        amount_sign="by_kind",
    )  # fmt: skip
    told = [
        (row["our_ref"], row["original_ref"], row["amount"], row["traded_at"] is None)
        for row in found.lines
    ]
    assert told == [("P1", None, 1000, False), ("R1", "P1", -400, True), (None, "P1", -100, True)]
    assert reasons(found) == ["UNKNOWN_KIND: 'gift'"]


@pytest.mark.parametrize(
    ("own", "why"),
    [
        ({"REFUND": {"kind": "back"}}, "read the same way"),
        ({"REFUND": {"traded_at": ("back", "time")}}, "as many columns"),
    ],
)
def test_what_a_kind_cannot_have_of_its_own(own: dict[str, Any], why: str) -> None:
    """The kind itself; a time in two columns where the others have one."""
    with pytest.raises(ValueError, match=why):
        page(by_kind=own)


def test_a_printed_net_is_held_against_amount_and_fee() -> None:
    """10.00 - 0.06 = 9.94; a refund printed unsigned; 9.95 is wrong; none is not checked."""
    text = "id,type,amount,fee,net,time\n" + "".join(
        f"{number},{row},2026-11-16 10:00:00\n"
        for number, row in enumerate(
            ("pay,10.00,0.06,9.94", "back,4.00,0.02,3.98", "pay,10.00,0.06,9.95", "pay,1.00,,")
        )
    )
    layout: dict[str, Any] = {
        "columns": {**COLUMNS, "kind": "type", "fee": "fee"},
        "constants": {"status": "SUCCEEDED", "currency": "CNY"},
        "kinds": {"pay": "PAYMENT", "back": "REFUND"},
        "net": "net",
    }
    found = read(text, **layout, amount_sign="by_kind", fee_sign="by_kind")
    assert amounts(found) == [1000, -400, 100]
    assert reasons(found) == ["SETTLEMENT_DIFFERS: net 9.95, amount less fee 9.94"]
    signed = read(text.replace("back,4.00,0.02,3.98", "back,-4.00,-0.02,3.98"), **layout)
    assert reasons(signed)[0] == "SETTLEMENT_DIFFERS: net 3.98, amount less fee -3.98"
    with pytest.raises(ValueError, match="add fee"):
        page(net="net")


def test_a_card_statement_prints_what_is_spent_above_zero() -> None:
    """12.50 spent, 100.00 paid back to the bank; the net is printed the same way."""
    text = (
        "id,amount,fee,net,time\nA,12.50,0.50,13.00,2026-11-16 10:00:00\n"
        "B,-100.00,,-100.00,2026-11-16 10:00:00\nC,1.00,,1.01,2026-11-16 10:00:00\n"
    )
    found = read(
        text,
        columns={**COLUMNS, "fee": "fee"},
        constants={"status": "SUCCEEDED", "currency": "CNY"},
        kind_by_sign={"incoming": "TOP_UP", "outgoing": "PAYOUT"},
        amount_sign="reversed",
        net="net",
    )
    assert [(row["kind"], row["amount"]) for row in found.lines] == [
        ("PAYOUT", -1250),
        ("TOP_UP", 10000),
    ]
    assert reasons(found) == ["SETTLEMENT_DIFFERS: net -1.01, amount less fee -1.00"]


def test_words_by_how_they_begin() -> None:
    """The longest beginning that fits, the whole word before any; what fits none is unknown."""
    words = ("back", "back to you", "back again", "spent", "spends", "other")
    text = "id,type,amount,time\n" + "".join(
        f"{word},{word},1.00,2026-11-16 10:00:00\n" for word in words
    )
    found = read(
        text,
        columns={**COLUMNS, "kind": "type"},
        constants={"status": "SUCCEEDED", "currency": "CNY"},
        kinds={"back*": "REFUND", "back to*": "PAYOUT", "back again": "FEE", "spent": "PAYMENT"},
    )
    told = [(row["channel_ref"], row["kind"]) for row in found.lines]
    assert told == [
        ("back", "REFUND"),
        ("back to you", "PAYOUT"),
        ("back again", "FEE"),
        ("spent", "PAYMENT"),
    ]
    assert reasons(found) == ["UNKNOWN_KIND: 'spends'", "UNKNOWN_KIND: 'other'"]


@pytest.mark.parametrize(
    ("form", "on", "at", "midnight"),
    [
        ("%Y%m%d %H%M%S", "20261116", "093000", "2026-11-15 16:00"),
        ("%d %b %Y %I:%M %p", "16 Nov 2026", "09:30 AM", "2026-11-15 16:00"),
        ("%m/%d %H:%M", "11/16", "09:30", "2026-11-15 16:00"),
    ],
)
def test_a_date_without_a_time_of_day(form: str, on: str, at: str, midnight: str) -> None:
    """09:30 in Shanghai, its day's beginning, and a time without a date, which is none."""
    text = f"id,amount,on,at\nA,1.00,{on},{at}\nB,1.00,{on},\nC,1.00,,{at}\n"
    layout: dict[str, Any] = {
        "columns": {**COLUMNS, "traded_at": ["on", "at"]}, "time_format": form,
    }  # fmt: skip
    found = read(text, **layout, time_optional=True)
    assert [f"{row['traded_at']:%Y-%m-%d %H:%M}" for row in found.lines] == [
        "2026-11-16 01:30",
        midnight,
    ]
    assert reasons(found) == ["NO_VALUE: one of the columns of traded_at is empty"]
    assert [row["channel_ref"] for row in read(text, **layout).lines] == ["A"]


@pytest.mark.parametrize(
    ("clash", "names"),
    [
        ({"time_optional": True}, "time_optional"),
        ({"sign": {"column": "s"}, "amount_sign": "reversed"}, "sign and amount_sign"),
        ({"cells": 3}, "cells and header"),
    ],
)
def test_choices_that_do_not_go_together(clash: dict[str, Any], names: str) -> None:
    """Each is named when the page is read."""
    with pytest.raises(ValueError, match=names):
        page(**clash)


def test_a_first_line_that_is_too_wide_makes_no_other_wrong() -> None:
    """Without a header the first line says the width, unless the page does."""
    text = "A,1.00,2026-11-16 10:00:00,\nB,2.00,2026-11-16 10:00:00\n"
    layout: dict[str, Any] = {
        "header": "none", "columns": {"channel_ref": 1, "amount": 2, "traded_at": 3},
    }  # fmt: skip
    assert reasons(read(text, **layout)) == ["WRONG_WIDTH: 3 cells, not 4"]
    assert reasons(read(text, **layout, cells=3)) == ["WRONG_WIDTH: 4 cells, not 3"]


BALANCED = [
    ("A", "100.00", "1100.00", "2026-11-16 09:00:00"),
    ("B", "-30.00", "1070.00", "2026-11-16 10:00:00"),
    ("C", "-70.00", "1000.00", "2026-11-16 10:00:00"),
]  # fmt: skip


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("block_bytes", [10**6, 40])
def test_a_balance_follows_from_line_to_line(newest_first: bool, block_bytes: int) -> None:
    """1,000.00, 100.00 in, 30.00 and 70.00 out; a line left out, or its balance a cent off."""
    own = page(balance="balance")

    def told(rows: list[tuple[str, ...]]) -> str:
        rows = rows[::-1] if newest_first else rows
        lines = "".join(f"{','.join(row)}\n" for row in rows)
        text = f"id,amount,balance,time\n{lines}"
        return read_file(text.encode(), own, DAY, "bank_20261116.csv", block_bytes).verdict

    assert told(BALANCED) == told(BALANCED[1:]) == "ACCEPTED"
    assert "BALANCE_BROKEN" in told([BALANCED[0], BALANCED[2]])
    off = ("B", "-30.00", "1070.01", "2026-11-16 10:00:00")
    assert "BALANCE_BROKEN" in told([BALANCED[0], off, BALANCED[2]])
    assert "NO_VALUE: balance is empty" in told([*BALANCED, ("D", "1.00", "", BALANCED[0][3])])


def test_the_balance_of_a_card_and_of_an_account_with_fees() -> None:
    """12.50 spent makes 62.50 owed; 10.00 less 0.06 makes 9.94; a failed line moves nothing."""
    card = read(
        "id,amount,owed,time\nA,50.00,50.00,2026-11-16 10:00:00\n"
        "B,12.50,62.50,2026-11-16 11:00:00\n",
        amount_sign="reversed",
        balance="owed",
    )
    assert (amounts(card), card.verdict) == ([-5000, -1250], "ACCEPTED")
    account = read(
        "id,amount,fee,state,left,time\nA,1.00,,ok,1.00,2026-11-16 10:00:00\n"
        "B,5.00,,no,1.00,2026-11-16 10:30:00\nC,10.00,0.06,ok,10.94,2026-11-16 11:00:00\n",
        columns={**COLUMNS, "fee": "fee", "status": "state"},
        constants={"kind": "PAYMENT", "currency": "CNY"},
        statuses={"ok": "SUCCEEDED", "no": "FAILED"},
        balance="left",
    )
    assert account.verdict == "ACCEPTED"
    with pytest.raises(ValueError, match="one currency"):
        page(
            balance="b",
            columns={**COLUMNS, "currency": "c"},
            constants={"kind": "FEE", "status": "SUCCEEDED"},
        )


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
    from jobs.statements.parser import Sample

    assert parser.identify(Sample("a", 3, b"a,b", b"a,b"))
    assert not parser.identify(Sample("a", 3, b"a\0b", b"a\0b"))
