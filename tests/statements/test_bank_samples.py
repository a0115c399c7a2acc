"""Real bank exports, read in place where they are, by a few lines of layout each."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jobs.archive import Block, Storage, receive
from jobs.reading import pieces_of, planned
from schemas.profile import Profile
from tests.conftest import SAMPLES

BANKS = SAMPLES / "cn_bank" / "deb-sig_double-entry-generator"
pytestmark = pytest.mark.skipif(not BANKS.is_dir(), reason="the samples are not here")
DATED = {"status": "SUCCEEDED"}
CNY = {**DATED, "currency": "CNY"}
LAYOUTS: dict[str, dict[str, Any]] = {
    "debit__example-boc-records.csv": {
        "columns": {"amount": "金额", "traded_at": ["记账日期", "记账时间"]},
    },
    "example-abc_debit-records.csv": {
        "columns": {"amount": "交易金额", "traded_at": ["交易日期", "交易时间"]},
        "time_format": "%Y%m%d %H%M%S",
    },
    "example-cmb-records.csv": {
        "columns": {"amount": "人民币金额", "traded_at": "记账日"},
        "time_format": "%m/%d",
    },
    "example-hsbchk-debit-records.csv": {
        "columns": {"amount": "Billing amount", "currency": "Billing currency",
                    "traded_at": "Date"},
        "constants": DATED,
        "time_format": "%d/%m/%Y",
    },
    "example-boc-records.csv": {
        "columns": {"currency": "币种", "traded_at": "交易日"},
        "constants": DATED,
        "in_out": {"incoming": "存入", "outgoing": "支出"},
        "time_format": "%Y-%m-%d",
    },
    "example-bocom_credit-records.csv": {
        "columns": {"amount": "入账币种/金额", "traded_at": "交易日期"},
        "constants": DATED,
        "amounts": {"currency": True},
        "time_format": "%Y-%m-%d",
    },
    "example-icbc-debit-v1-records.csv": {
        "columns": {"traded_at": "交易日期"},
        "in_out": {"incoming": "记账金额(收入)", "outgoing": "记账金额(支出)"},
        "extra_cells": 1,
        "time_format": "%Y-%m-%d",
        "footer": {"starts": "人民币合计"},
    },
}  # fmt: skip
# file -> good lines, its first amounts in minor units, the names of what is rejected
READ = {
    "debit__example-boc-records.csv": (17, [-7189, -32600, 5000], []),
    # One row was cut short by hand, two have no time of day.
    "example-abc_debit-records.csv": (
        2, [1000000, -1000], ["NO_VALUE", "NO_VALUE", "WRONG_WIDTH"]),
    "example-cmb-records.csv": (6, [-123, -34567, -3000], []),
    "example-hsbchk-debit-records.csv": (10, [-100, -10000, 50000], []),
    "example-boc-records.csv": (14, [-5000, -59, 1], []),
    "example-bocom_credit-records.csv": (8, [12318, 199, 66660], []),
    "example-icbc-debit-v1-records.csv": (11, [-1340, -123456, 123456], []),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(READ))
def test_a_bank_export(name: str, tmp_path: Path) -> None:
    """Every line is read as printed, or rejected by name; times without a year cross New Year."""
    layout = {
        "quote": '"', "preamble": "find", "constants": CNY, "amounts": {"thousands": ","},
        "kind_by_sign": {"incoming": "PAYMENT", "outgoing": "PAYOUT"}, **LAYOUTS[name],
    }  # fmt: skip
    profile = Profile.model_validate(
        {"channel": "bank", "dialect": "delimited", "zone": "Asia/Shanghai",
         "first_date": "2023-01-01", "files": {"pattern": "{business_date}"}, "layout": layout}
    )  # fmt: skip
    storage = Storage(str(tmp_path))
    with (BANKS / name).open("rb") as source:
        kept = receive(storage, source)
    plan = planned(storage, kept, name, profile, date(2024, 1, 5))
    whole = (Block(plan.start, plan.end - plan.start, plan.first_line),)
    with storage.fs.open_input_file(kept.path) as stored:
        (piece,) = pieces_of(stored, whole, plan, profile)
    count, first, rejected = READ[name]
    amounts = piece.parsed.lines.columns["amount"].to_pylist()
    assert (len(amounts), amounts[: len(first)]) == (count, first)
    assert sorted(why.split(":")[0] for why in piece.refused.reason) == rejected
    if name == "example-cmb-records.csv":
        years = [at.year for at in piece.parsed.lines.columns["traded_at"].to_pylist()]
        assert years == [2023, 2023, 2023, 2024, 2024, 2024]
