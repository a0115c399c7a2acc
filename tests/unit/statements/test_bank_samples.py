"""Real bank exports, read in place where they are, by a few lines of layout each.

Every amount of every file stands here as it must land, in minor units. Their values were edited by
the contributors of the repository that they come from, so that their printed totals fit no lines.
"""

from datetime import date
from typing import Any

import pytest

from schemas.profile.channel import Profile
from tests.fuzz.reading import ReadResult, read_statement
from tests.support.paths import SAMPLES

BANKS = SAMPLES / "cn_bank" / "deb-sig_double-entry-generator"
pytestmark = pytest.mark.skipif(not BANKS.is_dir(), reason="the samples are not here")
DATED = {"status": "SUCCEEDED"}
CNY = {**DATED, "currency": "CNY"}
ICBC_TOTALS = [
    {
        "pattern": r'(?:人民币合计|合计金额),*"(?P<incoming_amount>[\d.,]+)\s*"'
        r',"(?P<outgoing_amount>[\d.,]+)\s*"',
        "currency": "CNY",
    }
]
LAYOUTS: dict[str, dict[str, Any]] = {
    "debit__example-bmo-records.csv": {
        "quote": "'",
        "columns": {"amount": "Transaction Amount", "traded_at": "Date Posted",
                    "account_tail": "First Bank Card"},
        "constants": {**DATED, "currency": "CAD"},
        "time_format": "%Y%m%d",
    },
    "debit__example-boc-records.csv": {
        "columns": {"amount": "金额", "traded_at": ["记账日期", "记账时间"],
                    "payer_name": "对方账户名", "account_tail": "对方卡号/账号"},
        "balance": "余额",  # it follows through all 17 lines, newest first
    },
    "debit__example-cmb-records.csv": {
        "columns": {"amount": "交易金额", "currency": "货币", "traded_at": "记账日期"},
        "constants": DATED,
        "time_format": "%Y-%m-%d",
    },
    "example-abc_debit-records.csv": {
        "columns": {"amount": "交易金额", "traded_at": ["交易日期", "交易时间"],
                    "channel_ref": "日 志 号"},
        "time_format": "%Y%m%d %H%M%S",
        "time_optional": True,
    },
    "example-bmo-records.csv": {
        "quote": "'",
        "columns": {"amount": "Transaction Amount", "traded_at": "Transaction Date",
                    "settlement_date": "Posting Date"},
        "constants": {**DATED, "currency": "CAD"},
        "amount_sign": "reversed",
        "time_format": "%Y%m%d",
        "date_format": "%Y%m%d",
    },
    "example-boc-records.csv": {
        "columns": {"currency": "币种", "traded_at": "交易日", "account_tail": "卡号后四位"},
        "constants": DATED,
        "in_out": {"incoming": "存入", "outgoing": "支出"},
        "time_format": "%Y-%m-%d",
    },
    "example-bocom_credit-records.csv": {
        "columns": {"kind": "交易说明", "amount": "入账币种/金额", "traded_at": "交易日期"},
        "constants": DATED,
        "amounts": {"currency": True},
        "kinds": {"退货*": "PAYOUT_RETURN", "信用卡还款*": "TOP_UP", "消费*": "PAYOUT"},
        "kind_by_sign": None,
        "amount_sign": "by_kind",
        "time_format": "%Y-%m-%d",
    },
    "example-bocom_debit-records.csv": {
        "columns": {"amount": "交易金额", "traded_at": ["交易日期", "交易时间"],
                    "account_tail": "对方账号", "payer_name": "对方户名"},
        "sign": {"column": "借贷", "positive": ["贷 Cr"], "negative": ["借 Dr"]},
    },
    "example-cgb_credit-records.csv": {
        "columns": {"kind": "交易摘要", "amount": "入账金额", "currency": "入账货币",
                    "traded_at": "交易日期"},
        "constants": DATED,
        "currencies": {"人民币": "CNY"},
        "kinds": {"（消费）*": "PAYOUT", "（分期）*": "PAYOUT", "（退款）*": "PAYOUT_RETURN",
                  "（还款）*": "TOP_UP"},
        "kind_by_sign": None,
        "amount_sign": "reversed",
        "time_format": "%Y/%m/%d",
    },
    "example-cmb-records.csv": {
        "columns": {"amount": "交易地金额", "traded_at": "记账日", "account_tail": "卡号末四位"},
        "amounts": {"thousands": ",", "ignored": ["(CN)"]},
        "amount_sign": "reversed",
        "time_format": "%m/%d",
    },
    "example-hsbchk-credit-records.csv": {
        "columns": {"amount": "Billing amount", "currency": "Billing currency",
                    "status": "Transaction status", "traded_at": "Transaction date"},
        "constants": {},
        "statuses": {"POSTED": "SUCCEEDED", "PENDING": "PENDING"},
        "sign": {"column": "Credit / Debit", "positive": ["CREDIT"], "negative": ["DEBIT"]},
        "time_format": "%d/%m/%Y",
    },
    "example-hsbchk-debit-records.csv": {
        "columns": {"amount": "Billing amount", "currency": "Billing currency",
                    "traded_at": "Date"},
        "constants": DATED,
        "time_format": "%d/%m/%Y",
    },
    "example-icbc-credit-records.csv": {
        "columns": {"currency": "记账币种", "traded_at": "交易日期"},
        "constants": DATED,
        "currencies": {"人民币": "CNY"},
        "in_out": {"incoming": "记账金额(收入)", "outgoing": "记账金额(支出)"},
        "extra_cells": 1,
        "time_format": "%Y-%m-%d",
        "footer": {"starts": "合计金额"},
        "totals": ICBC_TOTALS,
    },
    "example-icbc-debit-v1-records.csv": {
        "columns": {"traded_at": "交易日期", "payer_name": "对方户名"},
        "in_out": {"incoming": "记账金额(收入)", "outgoing": "记账金额(支出)"},
        "extra_cells": 1,
        "time_format": "%Y-%m-%d",
        "footer": {"starts": "人民币合计"},
        "totals": ICBC_TOTALS,
    },
    "example-td-records.csv": {
        "header": "none",
        "preamble": 0,
        "quote": None,
        "cells": 5,
        "columns": {"traded_at": 1},
        "constants": {**DATED, "currency": "CAD"},
        "in_out": {"incoming": 4, "outgoing": 3},
        "time_format": "%m/%d/%Y",
    },
}  # fmt: skip
LAYOUTS["example-icbc-debit-v2-records.csv"] = LAYOUTS["example-icbc-debit-v1-records.csv"]
ICBC_DEBIT = [
    -1340, -123456, 123456, -123456, 123456, -50000, 34158, -123456, 3000, -2400, 104,
]  # fmt: skip
#: file: its amounts in minor units, in order.
AMOUNTS: dict[str, list[int]] = {
    "debit__example-bmo-records.csv": [1, -6832, -5000, -4000],
    "debit__example-boc-records.csv": [
        -7189, -32600, 5000, -5000, -6000, -20680, -6814, -260000, -1350, -1548, -1600, 577100,
        -276959, 300000, -19690, -300000, 100000,
    ],
    "debit__example-cmb-records.csv": [123400, -100000, -300, -100000, -1014],
    "example-abc_debit-records.csv": [1000000, -1000, 1, 0],
    "example-bmo-records.csv": [-327, -8506, -600],
    "example-boc-records.csv": [
        -5000, -59, 1, 36119, -6819, -46832, -44832, 7048, 39784, 7048, -13177, 8984, -6090, -372,
    ],
    "example-bocom_credit-records.csv": [12318, 199, 66660, 1350, -299, -1000, -1074, -4985],
    "example-bocom_debit-records.csv": [123, -321, 2, 1000, -1000, -10079],
    "example-cgb_credit-records.csv": [-1590, 9720, -38742, 113068],
    "example-cmb-records.csv": [123, 34567, 3000, -5678, 390, -800000],
    "example-hsbchk-credit-records.csv": [
        -109914, -1800, -2790, -2790, -2180, -20400, -754, 2500, 326616, -101, -17950,
    ],
    "example-hsbchk-debit-records.csv": [
        -100, -10000, 50000, -7550, -100000, 1250000, 1250000, -35000, -200000, 545,
    ],
    "example-icbc-credit-records.csv": [
        -1, -1800, -2600, -1235, -1732, 462101, -23800, -2200, -2945,
    ],
    "example-icbc-debit-v1-records.csv": ICBC_DEBIT,
    "example-icbc-debit-v2-records.csv": ICBC_DEBIT,
    "example-td-records.csv": [-196, -1210, -1000, 1, -3500, -1568, -530, -23913, 33222],
}  # fmt: skip
#: file: how the result of the checks begins and what it says, where it is not ACCEPTED.
REFUSED = {
    # A row was cut short by hand.
    "example-abc_debit-records.csv": ("REJECTED_LINES", "WRONG_WIDTH: 7 cells, not 9"),
    **dict.fromkeys(
        [name for name in LAYOUTS if "icbc" in name],
        ("TOTALS_DIFFER", "incoming_amount declares 1,234.56"),
    ),
}


def read_export(name: str, content: bytes | None = None) -> ReadResult:
    """Reads an export, or another content, by the layout of the export."""
    layout = {
        "quote": '"', "preamble": "find", "constants": CNY, "amounts": {"thousands": ","},
        "kind_by_sign": {"incoming": "PAYMENT", "outgoing": "PAYOUT"}, **LAYOUTS[name],
    }  # fmt: skip
    profile = Profile.model_validate(
        {"channel": "bank", "dialect": "delimited", "zone": "Asia/Shanghai",
         "first_date": "2023-01-01", "layout": layout,
         "files": {"pattern": "{business_date}", "day_check": "none"}}
    )  # fmt: skip
    return read_statement(content or (BANKS / name).read_bytes(), profile, date(2024, 1, 5), name)


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_bank_export_gives_every_printed_amount(name: str) -> None:
    """Every line has its printed amount and sign; a refused export has its real fault."""
    result = read_export(name)
    assert [row["amount"] for row in result.lines] == AMOUNTS[name]
    begins, says = REFUSED.get(name, ("ACCEPTED", ""))
    assert result.verdict.startswith(begins) and says in result.verdict
    assert len(result.rejected) == (begins == "REJECTED_LINES")
    assert all(len(row["account_tail"] or "") <= 4 for row in result.lines)


def test_icbc_export_with_right_totals_is_accepted() -> None:
    """The test corrects the printed totals to the sums of the lines: 2,841.74 in, 4,241.08 out."""
    name = "example-icbc-debit-v1-records.csv"
    text = (BANKS / name).read_text("utf-8")
    for old, new in (("1,234.56 ", "2,841.74 "), ("9,876.54 ", "4,241.08 ")):
        head, _, tail = text.rpartition(old)
        text = head + new + tail
    assert read_export(name, text.encode()).verdict == "ACCEPTED"


def test_dates_without_a_year_cross_new_year() -> None:
    """In a statement of 5 January 2024, 12/29 and 12/30 are of 2023."""
    years = [row["traded_at"].year for row in read_export("example-cmb-records.csv").lines]
    assert years == [2023, 2023, 2023, 2024, 2024, 2024]


def test_each_line_has_its_own_currency() -> None:
    """A card of two currencies; HK dollars and yuan in one account."""
    cards, account = (
        read_export("example-boc-records.csv"),
        read_export("example-hsbchk-debit-records.csv"),
    )
    assert [row["currency"] for row in cards.lines][-2:] == ["CNY", "USD"]
    assert [row["currency"] for row in account.lines][5:8] == ["HKD", "CNY", "HKD"]


def test_line_without_a_time_of_day_is_at_midnight() -> None:
    """ABC's interest has a date only: midnight in Shanghai is 16:00 UTC of the day before."""
    times = [row["traded_at"] for row in read_export("example-abc_debit-records.csv").lines]
    assert [f"{at:%m-%d %H:%M:%S}" for at in times] == [
        "01-01 04:34:56", "01-02 05:23:24", "01-03 16:00:00", "01-03 16:00:00",
    ]  # fmt: skip
