"""Columns that have no place among ours land in `extra`: texts, and money in major units."""

from typing import Any

import pytest

from schemas.dialect_options.psp import AdyenOptions, StripeOptions
from tests.fuzz.reading import ReadResult
from tests.support.psp_reports import read_golden_statement, read_report
from tests.support.unionpay_files import build_zm_record, join_records
from tests.unit.statements import test_delimited as delimited
from tests.unit.statements import test_fixed_width as fixed
from tests.unit.statements import test_unionpay as unionpay

AT = "2026-11-16 10:00:00"


def extras(result: ReadResult) -> list[dict[str, str] | None]:
    return [row["extra"] and dict(row["extra"]) for row in result.lines]


def test_delimited_columns_land_by_name() -> None:
    """A text as printed, an amount as a decimal text; an empty value is left out."""
    text = (
        "id;amount;time;brand;scheme;none\n"
        f"A;1.000,00;{AT};visa;1.000,5;\nB;2,00;{AT};;;\nC;3,00;{AT};jcb;x;\n"
    )
    layout: dict[str, Any] = {
        "separator": ";", "amounts": {"decimal": ",", "thousands": "."},
        "extra": {"brand": "brand", "scheme_fee": {"money": "scheme"}, "none": "none"},
    }  # fmt: skip
    result = delimited.read_text(text, **layout)
    assert extras(result) == [{"brand": "visa", "scheme_fee": "1000.50"}, None]
    assert [row["reason"][:10] for row in result.rejected] == ["BAD_AMOUNT"]


def test_money_follows_unit_and_currency() -> None:
    """5 minor units are 0.05 CNY, 5 JPY and 0.005 KWD."""
    text = "".join(f"{code},5,{AT},{code}\n" for code in ("CNY", "JPY", "KWD"))
    result = delimited.read_text(
        "id,amount,time,code\n" + text, amount_unit="minor",
        columns={**delimited.COLUMNS, "currency": "code"},
        constants={"kind": "PAYMENT", "status": "SUCCEEDED"}, extra={"part": {"money": "amount"}},
    )  # fmt: skip
    assert extras(result) == [{"part": "0.05"}, {"part": "5"}, {"part": "0.005"}]


def test_personal_numbers_are_masked() -> None:
    """A card number is masked in every text that lands."""
    text = f"id,amount,time,memo\nA,1.00,{AT},card 4111111111111111\n"
    assert extras(delimited.read_text(text, extra={"memo": "memo"})) == [
        {"memo": "card ************1111"}
    ]


@pytest.mark.parametrize("hidden", [{"private": ["memo"]}, {"columns": {**delimited.COLUMNS,
                         "payer_name": "memo"}}])  # fmt: skip
def test_private_column_is_refused(hidden: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"extra\.memo: nobody may read"):
        delimited.build_profile(extra={"memo": "memo"}, **hidden)
    with pytest.raises(ValueError, match=r"extra\.name: nobody may read"):
        fixed.build_profile(extra={"name": [16, 2]})


def test_fixed_width_fields_land_by_name() -> None:
    """Bytes as they are, and an amount by its sign and decimals."""
    fields = {"day": [23, 8], "again": fixed.LAYOUT["columns"]["amount"]}
    result = fixed.read_records([fixed.HEADER, fixed.PAID, fixed.BACK, fixed.TRAILER], extra=fields)
    assert extras(result) == [
        {"day": "20261116", "again": "123.45"},
        {"day": "20261116", "again": "-23.45"},
    ]


def test_kind_by_sign_with_columns_by_kind() -> None:
    """The sign gives the kind, and the kind the column of a refund's number."""
    text = f"id,own,back,amount,time\nA,S1,,1.00,{AT}\nB,S1,R1,-0.50,{AT}\n"
    result = delimited.read_text(
        text, columns={**delimited.COLUMNS, "our_ref": "own"},
        kind_by_sign={"incoming": "PAYMENT", "outgoing": "REFUND"},
        by_kind={"REFUND": {"our_ref": "back", "original_ref": "own"}},
        constants={"status": "SUCCEEDED", "currency": "CNY"},
    )  # fmt: skip
    names = ("kind", "amount", "our_ref", "original_ref")
    assert [tuple(row[name] for name in names) for row in result.lines] == [
        ("PAYMENT", 100, "S1", None),
        ("REFUND", -50, "R1", "S1"),
    ]


def test_adyen_fee_parts_and_own_columns() -> None:
    """The parts of a fee in the currency of the net, and what the page asks for."""
    result = read_report(
        "adyen", read_golden_statement("adyen"), extra={"account": "Company Account"}
    )
    first = extras(result)[0]
    assert first is not None
    assert {"commission", "markup", "scheme_fees", "interchange", "account"} >= {*first}
    assert first["account"]
    fee = sum(float(first.get(name, 0)) for name in ("commission", "markup", "scheme_fees",
              "interchange"))  # fmt: skip
    assert round(fee * 100) == result.lines[0]["fee"]


def test_stripe_columns_that_the_page_names() -> None:
    content = read_golden_statement("stripe")
    result = read_report("stripe", content, extra={"payout": "automatic_payout_id"})
    assert any(extra and "payout" in extra for extra in extras(result))
    result = read_report("stripe", content, extra={"other": "no_such_column"})
    assert "no_such_column" in result.verdict


def test_unionpay_parts_land() -> None:
    """MCC as it is, a discount in yuan; zeros and what is no amount are left out."""
    records = [
        build_zm_record(1, 1000, mcc="5411", discount="C000000000150", instalments="12"),
        build_zm_record(2, 1000, mcc="0000", discount="??"),
    ]
    first, second = extras(unionpay.read_records(join_records(records)))
    assert first is not None
    assert second is not None
    assert (first["mcc"], first["discount"], first["instalments"]) == ("5411", "1.50", "12")
    assert "mcc" not in second
    assert "discount" not in second


PRIVATE_HEADINGS = [
    "账号", "对方账号", "银行卡号", "付款人户名", "姓名", "手机号", "身份证号", "IBAN",
    "Account No.", "account_number", "Card Number", "Cardholder", "Payer Name", "payerAccount",
    "Customer e-mail", "E-Mail", "Kontonummer", "Konto-Inhaber", "Auftraggeber", "Número de cuenta",
    "Titulaire", "氏名", "beneficiary iban", "First name",
]  # fmt: skip
PLAIN_HEADINGS = [
    "商户账号", "商户号", "商品名称", "门店名称", "账户类型",
    "Merchant Account", "merchant_account_no",
    "Customer number", "Card type", "card_brand", "Product name", "Account balance", "Memo",
    "Kontostand", "Scheme fee", "Terminal number", "Panel", "Payment method", "Phone plan",
]  # fmt: skip


@pytest.mark.parametrize("heading", PRIVATE_HEADINGS)
def test_column_of_people_is_no_further_column(heading: str) -> None:
    """A page that lands such a column in clear is refused, in a text and in a report of a PSP."""
    with pytest.raises(ValueError, match=r"extra\.remark: .* people's numbers or names"):
        delimited.build_profile(extra={"remark": heading})
    with pytest.raises(ValueError, match=r"extra\.remark: .* people's numbers or names"):
        StripeOptions(extra={"remark": heading})


def test_name_of_a_further_column_counts_too() -> None:
    """A column by number or by bytes has no heading; what the page calls it says enough."""
    with pytest.raises(ValueError, match=r"extra\.payer_name: 'payer_name'"):
        delimited.build_profile(extra={"payer_name": "memo"})


@pytest.mark.parametrize("heading", PLAIN_HEADINGS)
def test_other_columns_may_be_further_ones(heading: str) -> None:
    delimited.build_profile(extra={"remark": heading})
    AdyenOptions(extra={"remark": heading})
