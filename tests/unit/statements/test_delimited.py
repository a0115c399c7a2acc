"""Delimited text: one small file per profile option; amounts are minor units."""

from datetime import date
from typing import Any

import pytest

from jobs.statements.delimited import parser
from schemas.profile.channel import Profile
from tests.fuzz.reading import ReadResult
from tests.fuzz.reading import read_statement as read_file

DAY = date(2026, 11, 16)
COLUMNS = {"channel_ref": "id", "amount": "amount", "traded_at": "time"}
CONSTANTS = {"kind": "PAYMENT", "status": "SUCCEEDED", "currency": "CNY"}


def build_profile(**layout: Any) -> Profile:
    """Builds a profile of a channel with payments only, with these layout keys."""
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


def read_text(text: str | bytes, name: str = "bank_20261116.csv", **layout: Any) -> ReadResult:
    """Reads a text by a profile with these layout keys."""
    raw = text.encode() if isinstance(text, str) else text
    return read_file(raw, build_profile(**layout), DAY, name)


def get_amounts(result: ReadResult) -> list[int]:
    return [row["amount"] for row in result.lines]


def get_reasons(result: ReadResult) -> list[str]:
    return [row["reason"] for row in result.rejected]


def get_declared_totals(result: ReadResult) -> dict[str, int]:
    return {row["name"]: row["declared"] for row in result.totals if row["declared"] is not None}


def test_separator_of_several_characters_splits_cells() -> None:
    """1.00 and 2.00 between double bars; a single bar is text."""
    text = "id||amount||time\nA|1||1.00||2026-11-16 10:00:00\nB||2.00||2026-11-16 10:00:00\n"
    result = read_text(text, separator="||")
    assert [(row["channel_ref"], row["amount"]) for row in result.lines] == [
        ("A|1", 100),
        ("B", 200),
    ]


def test_text_of_a_line_is_kept_as_written() -> None:
    at = "2026-11-16 10:00:00"
    text = f"id,amount,time,memo\nA,1.00,{at},Hand fee  Ｎｏｖ\nB,2.00,{at},\n"
    result = read_text(text, columns={**COLUMNS, "text": "memo"})
    assert [row["text"] for row in result.lines] == ["Hand fee  Ｎｏｖ", None]


@pytest.mark.parametrize(
    ("printed", "amount", "rules"),
    [
        ("1,234.50", 123450, {"thousands": ","}),
        ("1.234,50", 123450, {"thousands": ".", "decimal": ","}),
        ("1,23,456.78", 12345678, {"thousands": ",", "lakh": True}),
        ("-12,34,56,789", -12345678900, {"thousands": ",", "lakh": True}),
        ("99,999.00", 9999900, {"thousands": ",", "lakh": True}),
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
def test_printed_amount_is_parsed(printed: str, amount: int, rules: dict[str, Any]) -> None:
    """Each printed amount gives one amount in minor units."""
    text = f"id;amount;time\nA;{printed};2026-11-16 10:00:00\n"
    result = read_text(text, separator=";", amounts=rules, currencies={"¥": "CNY"})
    assert (get_amounts(result), result.rejected) == ([amount], [])


@pytest.mark.parametrize("printed", ["1,23.50", "1.00", "Cr -1.00", "1.00 XX", "--1.00", "(1.00"])
def test_amount_with_another_layout_is_rejected(printed: str) -> None:
    """Groups of two digits, no sign word, two signs, an unknown word: tieout does not guess."""
    rules = {"thousands": ",", "positive": ["Cr"], "negative": ["Dr"], "brackets": True}
    result = read_text(
        f"id;amount;time\nA;{printed};2026-11-16 10:00:00\n", separator=";", amounts=rules
    )
    assert result.lines == [] and get_reasons(result)[0].startswith("BAD_AMOUNT")


@pytest.mark.parametrize(
    ("printed", "rules"),
    [
        ("1,23,567.00", {"thousands": ","}),  # a digit of 1,234,567 is lost
        ("1,234,567.00", {"thousands": ",", "lakh": True}),
        ("0.125", {"thousands": ".", "decimal": ","}),  # beside 1.250,00
    ],
)
def test_groups_of_another_layout_are_rejected(printed: str, rules: dict[str, Any]) -> None:
    """Groups of two digits only where the page says so; no group begins behind a lone zero."""
    text = f"id;amount;time\nA;{printed};2026-11-16 10:00:00\n"
    assert get_reasons(read_text(text, separator=";", amounts=rules))[0].startswith("BAD_AMOUNT")
    with pytest.raises(ValueError, match="lakh"):
        build_profile(amounts={"thousands": ".", "decimal": ",", "lakh": True})


def test_trailer_prints_totals_as_amounts_are_printed() -> None:
    """1.250,00 and 50,00 are 1.300,00 in the last line."""
    text = "id;amount;time\nA;1.250,00;{0}\nB;50,00;{0}\nSumme;1.300,00;\n"
    result = read_text(
        text.format("2026-11-16 10:00:00"), separator=";",
        amounts={"thousands": ".", "decimal": ","},
        trailer={"starts_with": "Summe", "totals": {"amount": 2}},
    )  # fmt: skip
    assert (result.verdict, get_declared_totals(result)) == ("ACCEPTED", {"amount": 130_000})


def test_incoming_and_outgoing_columns_give_one_amount() -> None:
    """7.00 incoming, 3.00 outgoing, a line with both, a line with none."""
    text = (
        "id,in,out,time\nA,7.00,,2026-11-16 10:00:00\nB,,3.00,2026-11-16 10:00:00\n"
        "C,1.00,1.00,2026-11-16 10:00:00\nD,,,2026-11-16 10:00:00\n"
    )
    result = read_text(
        text,
        columns={"channel_ref": "id", "traded_at": "time"},
        constants={"status": "SUCCEEDED", "currency": "CNY"},
        in_out={"incoming": "in", "outgoing": "out"},
        kind_by_sign={"incoming": "TOP_UP", "outgoing": "PAYOUT"},
    )
    assert [(row["kind"], row["amount"]) for row in result.lines] == [
        ("TOP_UP", 700),
        ("PAYOUT", -300),
    ]
    assert [reason.split(":")[0] for reason in get_reasons(result)] == ["BAD_SIGN", "NO_VALUE"]


@pytest.mark.parametrize(
    ("layout", "amounts"),
    [
        ({"sign": {"column": "s", "positive": ["C"], "negative": ["D"]}}, [1000, -400]),
        ({"columns": {**COLUMNS, "kind": "s"}, "constants": {**CONSTANTS},
          "kinds": {"C": "PAYMENT", "D": "REFUND"}, "amount_sign": "by_kind"}, [1000, -400]),
    ],
)  # fmt: skip
def test_minus_against_the_mark_or_kind_is_rejected(
    layout: dict[str, Any], amounts: list[int]
) -> None:
    """A payment of -10.00 may be a void: it is not 10.00 that came in. A refund of -4.00 is one."""
    if "kinds" in layout:
        del layout["constants"]["kind"]
    at = "2026-11-16 10:00:00"
    text = f"id,amount,s,time\nA,10.00,C,{at}\nB,-4.00,D,{at}\nC,-10.00,C,{at}\n"
    result = read_text(text, **layout)
    assert get_amounts(result) == amounts
    assert get_reasons(result) == ["BAD_SIGN: amount has a minus, and comes in by its mark or kind"]


@pytest.mark.parametrize(
    ("outgoing", "amounts"),
    [(("3.00", "4.00"), [-300, -400]), (("-3.00", "-4.00"), [-300, -400]),
     (("3.00", "-4.00"), [-300])],
)  # fmt: skip
def test_outgoing_amounts_of_both_signs_are_rejected(
    outgoing: tuple[str, str], amounts: list[int]
) -> None:
    """Banks print what goes out with a minus or without; one among others may be a reversal."""
    at = "2026-11-16 10:00:00"
    result = read_text(
        "id,in,out,time\n" + "".join(f"{n},,{text},{at}\n" for n, text in enumerate(outgoing)),
        columns={"channel_ref": "id", "traded_at": "time"},
        constants={"status": "SUCCEEDED", "currency": "CNY"},
        in_out={"incoming": "in", "outgoing": "out"},
        kind_by_sign={"incoming": "TOP_UP", "outgoing": "PAYOUT"},
    )
    assert get_amounts(result) == amounts
    assert len(get_reasons(result)) == 2 - len(amounts)


def test_header_and_totals_are_found_in_text() -> None:
    """Two lines of 3.00 in all; the text above declares the count, the text below the amount."""
    text = (
        "statement of a bank\n\ncount: 2\nid,amount,time\nA,1.00,2026-11-16 10:00:00\n"
        "B,2.00,2026-11-16 10:00:00\n------\ntotal amount: 3.00 CNY\nthank you\n"
    )
    result = read_text(
        text,
        preamble="find",
        footer={"starts": "-----"},
        totals=[
            {"at": "head", "name": "count", "after": "count"},
            {"pattern": r"total amount: (?P<amount>[\d.]+) (?P<currency>[A-Z]{3})"},
        ],
    )
    assert get_amounts(result) == [100, 200]
    assert get_declared_totals(result) == {"count": 2, "amount": 300}
    assert result.is_accepted
    wrong = read_text(
        text.replace("3.00 CNY", "3.01 CNY"),
        preamble="find",
        footer={"starts": "-----"},
        totals=[{"name": "amount", "after": "total amount"}],
    )
    assert "3.01" in wrong.verdict and "3.00" in wrong.verdict


def test_record_types_are_read_by_their_code() -> None:
    """Records H, two D, and T with the count of D; X is no record type."""
    text = "H|20261116\nD|A|1.00|2026-11-16 10:00:00\nX|?\nD|B|2.00|2026-11-16 10:00:00\nT|2|3.00\n"
    result = read_text(
        text,
        separator="|",
        header="none",
        columns={"channel_ref": 2, "amount": 3, "traded_at": 4},
        records={"detail": ["D"], "header": ["H"], "trailer": ["T"]},
        totals=[{"pattern": r"^T\|(?P<count>\d+)\|(?P<amount>[\d.]+)"}],
    )
    assert [(row["line_no"], row["amount"]) for row in result.lines] == [(2, 100), (4, 200)]
    assert get_reasons(result) == ["UNKNOWN_RECORD: 'X' is no record type"]
    assert get_declared_totals(result) == {"count": 2, "amount": 300}
    cut = read_text(
        text.replace("T|2|3.00\n", ""),
        separator="|",
        header="none",
        columns={"channel_ref": 2, "amount": 3, "traded_at": 4},
        records={"detail": ["D"], "header": ["H"], "trailer": ["T"]},
    )
    assert cut.verdict.startswith("FOOTER_MISSING")


def test_time_without_a_year_takes_it_from_the_file() -> None:
    """In a file of 1 January 2027, 12-31 is of 2026 and 01-01 of 2027."""
    text = "id,amount,time\nA,1.00,12-31 23:30\nB,1.00,01-01 00:30\n"
    result = read_file(
        text.encode(),
        build_profile(time_format="%m-%d %H:%M"),
        date(2027, 1, 1),
        "bank_20270101.csv",
    )
    assert [f"{row['traded_at']:%Y-%m-%d %H:%M}" for row in result.lines] == [
        "2026-12-31 15:30",
        "2026-12-31 16:30",
    ]


def test_time_in_two_columns_and_time_with_offset_are_parsed() -> None:
    """10:00 in Shanghai is 02:00 UTC; 10:00 -0800 is 18:00 UTC."""
    result = read_text(
        "id,amount,on,at\nA,1.00,20261116,100000\n",
        columns={**COLUMNS, "traded_at": ["on", "at"]},
        time_format="%Y%m%d %H%M%S",
    )
    assert f"{result.lines[0]['traded_at']:%H:%M}" == "02:00"
    text = "id,amount,time\nA,1.00,2026-11-16 10:00:00 -0800\n"
    with_offset = read_text(text, time_format="%Y-%m-%d %H:%M:%S %z")
    assert f"{with_offset.lines[0]['traded_at']:%H:%M}" == "18:00"


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
def test_offset_overrides_the_profile_zone(printed: str, form: str, utc: str) -> None:
    """The profile's zone is Shanghai. A missing or invalid offset, or an invalid time: BAD_TIME."""
    result = read_text(f"id,amount,time\nA,1.00,{printed}\n", time_format=form)
    parsed = [f"{row['traded_at']:%Y-%m-%d %H:%M:%S}" for row in result.lines]
    assert parsed + [reason.split(":")[0] for reason in get_reasons(result)] == [utc]


def test_gbk_byte_equal_to_the_separator_does_not_split() -> None:
    """The GBK bytes of the name end in 0x7C, a bar: tieout decodes before it splits."""
    name = bytes([0xB6, 0x7C]).decode("gbk")
    text = f"id|product|amount|time\nA|{name}|1.00|2026-11-16 10:00:00\n".encode("gbk")
    result = read_text(
        text, separator="|", encoding="gb18030", columns={**COLUMNS, "product": "product"}
    )
    assert [(row["product"], row["amount"]) for row in result.lines] == [(name, 100)]


def test_extra_cells_behind_the_header_are_allowed_by_profile() -> None:
    """Every line ends in a comma, the header does not."""
    text = "id,amount,time\nA,1.00,2026-11-16 10:00:00,\n"
    assert get_amounts(read_text(text, extra_cells=1)) == [100]
    assert get_reasons(read_text(text)) == ["WRONG_WIDTH: 4 cells, not 3"]


def test_ignored_lines_are_skipped_and_counted() -> None:
    """A row of separators, a subtotal and a repeated header are skipped; line numbers stay."""
    text = (
        "id,amount,time\n,,\nA,1.00,2026-11-16 10:00:00\nsubtotal,1.00,\nid,amount,time\n"
        "B,2.00,2026-11-16 10:00:00\n,,\n"
    )
    result = read_text(text, ignore=["subtotal,", "[,\\s]*$", "id,amount"])
    assert [(row["line_no"], row["amount"]) for row in result.lines] == [(3, 100), (6, 200)]
    assert result.is_accepted and result.rejected == []
    plain = read_text(text)
    assert [reason.split(":")[0] for reason in get_reasons(plain)] == [
        "NO_VALUE", "NO_VALUE", "BAD_AMOUNT", "NO_VALUE",
    ]  # fmt: skip


def test_ignored_lines_do_not_set_the_width() -> None:
    """A row of two tabs stands above lines of four cells, without a header, with CRLF."""
    text = "\t\t\r\nA\t1.00\t2026-11-16\t10:00:00\r\n\t\t\r\n"
    result = read_text(
        text,
        separator="\t",
        header="none",
        columns={"channel_ref": 1, "amount": 2, "traded_at": [3, 4]},
        ignore=["\\s*$"],
    )
    assert [(row["line_no"], row["amount"]) for row in result.lines] == [(2, 100)]


BY_KIND = "id,back,type,amount,returned,time\n"


def test_kind_has_its_own_columns() -> None:
    """A payment of 10.00; a refund of 4.00 has its own number and the payment's number."""
    text = BY_KIND + (
        "P1,,pay,10.00,0.00,2026-11-16 10:00:00\nP1,R1,back,10.00,4.00,2026-11-16 11:00:00\n"
        "P1,,back,10.00,1.00,2026-11-16 12:00:00\nP1,,gift,10.00,,2026-11-16 12:00:00\n"
    )
    result = read_text(
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
    lines = [
        (row["our_ref"], row["original_ref"], row["amount"], row["traded_at"] is None)
        for row in result.lines
    ]
    assert lines == [("P1", None, 1000, False), ("R1", "P1", -400, True), (None, "P1", -100, True)]
    assert get_reasons(result) == ["UNKNOWN_KIND: 'gift'; say in layout.kinds what it is"]


@pytest.mark.parametrize(
    ("own", "why"),
    [
        ({"REFUND": {"kind": "back"}}, "read the same way"),
        ({"REFUND": {"traded_at": ("back", "time")}}, "as many columns"),
    ],
)
def test_invalid_columns_by_kind_are_refused(own: dict[str, Any], why: str) -> None:
    """`by_kind` cannot set the kind itself, nor a time in two columns where others have one."""
    with pytest.raises(ValueError, match=why):
        build_profile(by_kind=own)


def test_net_must_be_amount_less_fee() -> None:
    """10.00 - 0.06 = 9.94; an unsigned refund; 9.95 is wrong; a line without a net passes."""
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
    result = read_text(text, **layout, amount_sign="by_kind", fee_sign="by_kind")
    assert get_amounts(result) == [1000, -400, 100]
    assert get_reasons(result) == ["SETTLEMENT_DIFFERS: net 9.95, amount less fee 9.94"]
    signed = read_text(text.replace("back,4.00,0.02,3.98", "back,-4.00,-0.02,3.98"), **layout)
    assert get_reasons(signed)[0] == "SETTLEMENT_DIFFERS: net 3.98, amount less fee -3.98"
    with pytest.raises(ValueError, match="add fee"):
        build_profile(net="net")


def test_reversed_sign_of_a_card_statement() -> None:
    """12.50 spent prints above zero, 100.00 repaid below zero; so does the net."""
    text = (
        "id,amount,fee,net,time\nA,12.50,0.50,13.00,2026-11-16 10:00:00\n"
        "B,-100.00,,-100.00,2026-11-16 10:00:00\nC,1.00,,1.01,2026-11-16 10:00:00\n"
    )
    result = read_text(
        text,
        columns={**COLUMNS, "fee": "fee"},
        constants={"status": "SUCCEEDED", "currency": "CNY"},
        kind_by_sign={"incoming": "TOP_UP", "outgoing": "PAYOUT"},
        amount_sign="reversed",
        net="net",
    )
    assert [(row["kind"], row["amount"]) for row in result.lines] == [
        ("PAYOUT", -1250),
        ("TOP_UP", 10000),
    ]
    assert get_reasons(result) == ["SETTLEMENT_DIFFERS: net -1.01, amount less fee -1.00"]


def test_longest_code_prefix_decides_the_kind() -> None:
    """An exact code comes before prefixes, a longer prefix before a shorter one."""
    words = ("back", "back to you", "back again", "spent", "spends", "other")
    text = "id,type,amount,time\n" + "".join(
        f"{word},{word},1.00,2026-11-16 10:00:00\n" for word in words
    )
    result = read_text(
        text,
        columns={**COLUMNS, "kind": "type"},
        constants={"status": "SUCCEEDED", "currency": "CNY"},
        kinds={"back*": "REFUND", "back to*": "PAYOUT", "back again": "FEE", "spent": "PAYMENT"},
    )
    kinds = [(row["channel_ref"], row["kind"]) for row in result.lines]
    assert kinds == [
        ("back", "REFUND"),
        ("back to you", "PAYOUT"),
        ("back again", "FEE"),
        ("spent", "PAYMENT"),
    ]
    assert get_reasons(result) == [
        f"UNKNOWN_KIND: {word!r}; say in layout.kinds what it is" for word in ("spends", "other")
    ]


@pytest.mark.parametrize(
    ("form", "on", "at", "midnight"),
    [
        ("%Y%m%d %H%M%S", "20261116", "093000", "2026-11-15 16:00"),
        ("%d %b %Y %I:%M %p", "16 Nov 2026", "09:30 AM", "2026-11-15 16:00"),
        ("%m/%d %H:%M", "11/16", "09:30", "2026-11-15 16:00"),
    ],
)
def test_date_without_a_time_is_midnight(form: str, on: str, at: str, midnight: str) -> None:
    """09:30 in Shanghai; a date alone is midnight; a time alone is rejected."""
    text = f"id,amount,on,at\nA,1.00,{on},{at}\nB,1.00,{on},\nC,1.00,,{at}\n"
    layout: dict[str, Any] = {
        "columns": {**COLUMNS, "traded_at": ["on", "at"]}, "time_format": form,
    }  # fmt: skip
    result = read_text(text, **layout, time_optional=True)
    assert [f"{row['traded_at']:%Y-%m-%d %H:%M}" for row in result.lines] == [
        "2026-11-16 01:30",
        midnight,
    ]
    assert get_reasons(result) == ["NO_VALUE: one of the columns of traded_at is empty"]
    assert [row["channel_ref"] for row in read_text(text, **layout).lines] == ["A"]


@pytest.mark.parametrize(
    ("clash", "names"),
    [
        ({"time_optional": True}, "time_optional"),
        ({"sign": {"column": "s"}, "amount_sign": "reversed"}, "sign and amount_sign"),
        ({"cells": 3}, "cells and header"),
    ],
)
def test_conflicting_layout_keys_are_refused(clash: dict[str, Any], names: str) -> None:
    """The profile's validation names the conflict."""
    with pytest.raises(ValueError, match=names):
        build_profile(**clash)


def test_first_line_sets_the_width_unless_the_profile_does() -> None:
    """Without a header, the first line sets the width unless the profile has `cells`."""
    text = "A,1.00,2026-11-16 10:00:00,\nB,2.00,2026-11-16 10:00:00\n"
    layout: dict[str, Any] = {
        "header": "none", "columns": {"channel_ref": 1, "amount": 2, "traded_at": 3},
    }  # fmt: skip
    assert get_reasons(read_text(text, **layout)) == ["WRONG_WIDTH: 3 cells, not 4"]
    assert get_reasons(read_text(text, **layout, cells=3)) == ["WRONG_WIDTH: 4 cells, not 3"]


BALANCED = [
    ("A", "100.00", "1100.00", "2026-11-16 09:00:00"),
    ("B", "-30.00", "1070.00", "2026-11-16 10:00:00"),
    ("C", "-70.00", "1000.00", "2026-11-16 10:00:00"),
]  # fmt: skip


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("block_bytes", [10**6, 40])
def test_running_balance_is_checked(newest_first: bool, block_bytes: int) -> None:
    """1,000.00, then +100.00, -30.00, -70.00; a lost line or a wrong balance is found."""
    own = build_profile(balance="balance")

    def get_verdict(rows: list[tuple[str, ...]]) -> str:
        rows = rows[::-1] if newest_first else rows
        lines = "".join(f"{','.join(row)}\n" for row in rows)
        text = f"id,amount,balance,time\n{lines}"
        return read_file(text.encode(), own, DAY, "bank_20261116.csv", block_bytes).verdict

    assert get_verdict(BALANCED) == get_verdict(BALANCED[1:]) == "ACCEPTED"
    assert "BALANCE_BROKEN" in get_verdict([BALANCED[0], BALANCED[2]])
    off = ("B", "-30.00", "1070.01", "2026-11-16 10:00:00")
    assert "BALANCE_BROKEN" in get_verdict([BALANCED[0], off, BALANCED[2]])
    without_balance = ("D", "1.00", "", BALANCED[0][3])
    assert "NO_VALUE: balance is empty" in get_verdict([*BALANCED, without_balance])


def test_running_balance_of_a_card_and_of_an_account_with_fees() -> None:
    """12.50 spent makes 62.50 owed; 10.00 less 0.06 adds 9.94; a failed line adds nothing."""
    card = read_text(
        "id,amount,owed,time\nA,50.00,50.00,2026-11-16 10:00:00\n"
        "B,12.50,62.50,2026-11-16 11:00:00\n",
        amount_sign="reversed",
        balance="owed",
    )
    assert (get_amounts(card), card.verdict) == ([-5000, -1250], "ACCEPTED")
    account = read_text(
        "id,amount,fee,state,left,time\nA,1.00,,ok,1.00,2026-11-16 10:00:00\n"
        "B,5.00,,no,1.00,2026-11-16 10:30:00\nC,10.00,0.06,ok,10.94,2026-11-16 11:00:00\n",
        columns={**COLUMNS, "fee": "fee", "status": "state"},
        constants={"kind": "PAYMENT", "currency": "CNY"},
        statuses={"ok": "SUCCEEDED", "no": "FAILED"},
        balance="left",
    )
    assert account.verdict == "ACCEPTED"
    with pytest.raises(ValueError, match="one currency"):
        build_profile(
            balance="b",
            columns={**COLUMNS, "currency": "c"},
            constants={"kind": "FEE", "status": "SUCCEEDED"},
        )


def test_sign_with_in_out_is_refused() -> None:
    """The profile's validation refuses `sign` together with `in_out`."""
    with pytest.raises(ValueError, match="sign and in_out"):
        build_profile(
            in_out={"incoming": "in", "outgoing": "out"},
            sign={"column": "s"},
            columns={"channel_ref": "id"},
        )


def test_identify_accepts_any_text_without_nul() -> None:
    """A file with NUL bytes at its start is not delimited text."""
    from jobs.statements.parser import Sample

    assert parser.identify(Sample("a", 3, b"a,b", b"a,b"))
    assert not parser.identify(Sample("a", 3, b"a\0b", b"a\0b"))
