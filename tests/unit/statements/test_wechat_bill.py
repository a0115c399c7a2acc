"""WeChat Pay's merchant bill, case by case: made bills, amounts visible, the result of the checks.

A line below is shown as (kind, status, amount, fee, our_ref, channel_ref, original_ref).
"""

import pytest

from schemas.profile.channel import Files, Profile
from tests.fuzz.reading import ReadResult, read_statement
from tests.support.golden import DAY
from tests.support.wechat_bills import HEADER, SUMMARY, build_bill, build_payment, build_refund

PROFILE = Profile.model_validate(
    {
        "channel": "wechat",
        "dialect": "wechat_bill",
        "zone": "Asia/Shanghai",
        "first_date": "2026-11-01",
        "files": Files(pattern="{business_date}"),
    }
)
Ledger = list[tuple[object, ...]]


def read_bill(content: bytes, **options: object) -> ReadResult:
    """Reads a bill under the profile with these `wechat` options."""
    profile = Profile.model_validate(
        {**PROFILE.model_dump(exclude_unset=True), "wechat": options} if options else PROFILE
    )
    return read_statement(content, profile, DAY)


def summarize(result: ReadResult) -> Ledger:
    """The accepted lines as short tuples."""
    assert result.verdict == "ACCEPTED"
    names = ("kind", "status", "amount", "fee", "our_ref", "channel_ref", "original_ref")
    return [tuple(row[name] for name in names) for row in result.lines]


def build_row(header: str, **cells: str) -> str:
    """Builds a line below a header; cells without a value are empty."""
    return "`" + ",`".join(cells.get(name, "") for name in header.split(","))


PAID = {
    "交易时间": "2026-11-16 09:00:00",
    "商户号": "16",
    "微信订单号": "42001",
    "商户订单号": "S1",
    "交易状态": "SUCCESS",
    "货币种类": "CNY",
}


@pytest.mark.parametrize("total_count", [4, 7])
def test_success_bill_with_four_or_seven_totals_is_accepted(total_count: int) -> None:
    """60.00 at 0.54 %: fee 0.32, printed 0.32000; the seven-total form declares refunds of 0.00."""
    header = (
        "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
        "付款银行,货币种类,应结订单金额,代金券金额,商品名称,商户数据包,手续费,费率,订单金额,费率备注"
    )
    line = build_row(header, **PAID, 应结订单金额="60.00", 手续费="0.32000", 订单金额="60.00")
    summary, values = "总交易单数,应结订单总金额,手续费总金额,订单总金额", "`1,`60.00,`0.32,`60.00"
    if total_count == 7:
        summary, values = SUMMARY, "`1.0,`60.00,`0.00,`0.00,`0.32000,`60.00,`0.00"
    result = read_bill("\n".join([header, line, summary, values]).encode())
    assert summarize(result) == [("PAYMENT", "SUCCEEDED", 6000, 32, "S1", "42001", None)]
    assert len(result.totals) == total_count
    assert all(row["declared"] == row["computed"] for row in result.totals)


def test_partial_refunds_of_one_payment_have_their_own_references() -> None:
    """10.00 paid, 4.00 and 3.00 refunded under numbers of their own."""
    rows = [
        build_payment(1),
        build_refund(1, "4.00", "-0.02000"),
        build_refund(1, "3.00", "-0.02000", 微信退款单号="50399", 商户退款单号="R000001B"),
    ]
    assert summarize(read_bill(build_bill(rows))) == [
        ("PAYMENT", "SUCCEEDED", 1000, 6, "S20261116000001", "420000000000001", None),
        ("REFUND", "SUCCEEDED", -400, -2, "R000001", "503000000000001", "420000000000001"),
        ("REFUND", "SUCCEEDED", -300, -2, "R000001B", "50399", "420000000000001"),
    ]


@pytest.mark.parametrize("footer", ["-3.00", "3.00"])
def test_negative_refunds_of_older_bills_are_read(footer: str) -> None:
    """An old bill prints -3.00 for a refund of 3.00; its total has either sign."""
    content = build_bill(
        [build_refund(1, "-3.00", "0.00000")],
        ["1", "0.00", footer, "0.00", "0.00", "0.00", footer],
    )
    assert summarize(read_bill(content))[0][:4] == ("REFUND", "SUCCEEDED", -300, 0)


REVOKED = {"交易状态": "REVOKED"}


@pytest.mark.parametrize(
    ("cells", "amount", "expected"),
    [
        # nothing given back: the payment itself does not stand
        ({}, "10.00", ("PAYMENT", "REVERSED", 1000, "S20261116000001", "420000000000001")),
        # given back under no number of its own: 0 is none, the payment's number is all there is
        (
            {"退款金额": "10.00", "申请退款金额": "10.00", "退款状态": "SUCCESS"},
            "0.00",
            ("REFUND", "SUCCEEDED", -1000, None, "420000000000001"),
        ),
        (
            {"退款金额": "10.00", "申请退款金额": "10.00"},
            "0.00",
            ("REFUND", "SUCCEEDED", -1000, None, "420000000000001"),
        ),
        # given back under its own number, not yet there
        (
            {
                "退款金额": "10.00",
                "申请退款金额": "10.00",
                "退款状态": "PROCESSING",
                "微信退款单号": "5031",
                "商户退款单号": "R1",
            },
            "0.00",
            ("REFUND", "PENDING", -1000, "R1", "5031"),
        ),
    ],
)
def test_revoked_line_is_refund_or_reversed_payment(
    cells: dict[str, str], amount: str, expected: tuple[object, ...]
) -> None:
    """撤销: a refund where money was given back, else a payment that does not stand."""
    result = read_bill(build_bill([build_payment(1, amount, "0.00000", **REVOKED, **cells)]))
    kind, status, value, _, our_ref, channel_ref, original = summarize(result)[0]
    assert (kind, status, value, our_ref, channel_ref) == expected
    assert original == (None if kind == "PAYMENT" else "420000000000001")


def test_returned_fee_of_recharge_refund_bill_is_negative() -> None:
    """One column more, 返还手续费: 0.27 given back is a fee of -0.27."""
    header = HEADER.replace("手续费,费率", "手续费,返还手续费,费率", 1)
    cells = PAID | {"交易状态": "REFUND", "微信退款单号": "503", "商户退款单号": "R1"}
    line = build_row(
        header,
        **cells,
        应结订单金额="0.00",
        退款金额="50.00",
        申请退款金额="50.00",
        退款状态="SUCCESS",
        手续费="0.00000",
        返还手续费="0.27000",
    )
    content = "\n".join([header, line, SUMMARY, "`1,`0,`50.00,`0,`0,`0,`50.00"]).encode()
    assert summarize(read_bill(content)) == [
        ("REFUND", "SUCCEEDED", -5000, -27, "R1", "503", "42001")
    ]


def test_free_text_may_hold_commas_escapes_and_json() -> None:
    """商户数据包 and 商品名称 are the merchant's own: commas, quotes and escapes are harmless."""
    rows = [
        build_payment(
            1, 商户数据包='{"a":"x\\"y","b":[1,2]}', 商品名称='tea, two cups\\r\\n "hot"'
        ),
        build_payment(2, 商品名称="plain` tick"),
    ]
    assert len(summarize(read_bill(build_bill(rows)))) == 2


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [True, False])
@pytest.mark.parametrize("last", ["", "\n", "\r\n\r\n"])
def test_line_ends_and_byte_order_marks_are_accepted(end: str, bom: bool, last: str) -> None:
    """LF or CRLF, a byte order mark or none, the last line with an end, without, with blanks."""
    content = (
        build_bill([build_payment(1), build_payment(2)], end=end, has_bom=bom).rstrip(b"\r\n")
        + last.encode()
    )
    assert len(summarize(read_bill(content))) == 2


def test_headings_may_begin_with_backticks() -> None:
    """A bill whose headings are led by backticks as its values are."""
    content = build_bill([build_payment(1)]).decode()
    ticked = "`" + HEADER.replace(",", ",`")
    content = content.replace(HEADER, ticked).replace(SUMMARY, "`" + SUMMARY.replace(",", ",`"))
    assert len(summarize(read_bill(content.encode()))) == 1


def test_gbk_bill_is_read_where_the_profile_says_so() -> None:
    """A GBK bill is refused; with `wechat.encoding` it is read."""
    content = build_bill([build_payment(1, 商品名称="茶`茶")]).decode().encode("gb18030")
    assert read_bill(content).verdict.startswith("BAD_ENCODING: statement.csv:1: it is in GBK")
    assert len(summarize(read_bill(content, encoding="gb18030"))) == 1


def test_gross_amount_has_the_net_as_settlement_amount() -> None:
    """Order 10.00, coupon 2.00, fee 0.05: amount 10.00, settlement_amount 7.95."""
    row = build_payment(1, "8.00", "0.05000", 代金券金额="2.00", 订单金额="10.00")
    result = read_bill(build_bill([row]), amount="order")
    assert summarize(result)[0][2] == 1000
    assert result.lines[0]["settlement_amount"] == 795


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (build_payment(1, 交易状态="ACCEPT"), "UNKNOWN_STATUS: 'ACCEPT'"),
        (build_refund(1, 退款状态="MAYBE"), "UNKNOWN_STATUS: 'MAYBE'"),
        (build_refund(1, 退款状态=""), "UNKNOWN_STATUS: a refund without 退款状态"),
        (build_payment(1, 退款金额="1.00"), "BAD_AMOUNT: a payment with 退款金额"),
        (build_payment(1, "-1.00"), "BAD_AMOUNT: a payment below zero"),
        (build_payment(1, "1.001"), "BAD_AMOUNT: 1.001 has more than 2 decimals"),
        (build_payment(1, 微信订单号="0"), "NO_VALUE: channel_ref is empty"),
        (build_payment(1, 交易时间="2026-11-31 10:00:00"), "BAD_TIME"),
        (build_payment(1, 货币种类="RMB"), "BAD_AMOUNT: 'RMB' is no currency"),
    ],
)
def test_invalid_line_is_rejected_with_its_reason(row: list[str], reason: str) -> None:
    """Each line is rejected with its reason, and the file is refused."""
    result = read_bill(build_bill([row]))
    assert not result.is_accepted
    assert result.rejected[0]["reason"].startswith(reason)


@pytest.mark.parametrize("place", range(7))
def test_every_total_is_checked(place: int) -> None:
    """A cent more, or a line more, in any of the seven totals."""
    footer = ["2", "10.00", "4.00", "0.00", "0.04000", "10.00", "4.00"]
    assert read_bill(build_bill([build_payment(1), build_refund(2)], footer)).is_accepted
    footer[place] = "3" if place == 0 else f"{float(footer[place]) + 0.01:.2f}"
    assert read_bill(build_bill([build_payment(1), build_refund(2)], footer)).verdict.startswith(
        "TOTALS_DIFFER"
    )


@pytest.mark.parametrize("total", ["总交易单数", "应结订单总金额", "手续费总金额"])
def test_summary_without_a_needed_total_is_refused(total: str) -> None:
    """Count, what was paid and the fee are in every form of the summary."""
    names = SUMMARY.split(",")
    values = ["1", "10.00", "0.00", "0.00", "0.06000", "10.00", "0.00"]
    del values[names.index(total)]
    content = build_bill([build_payment(1)], values).decode()
    kept = ",".join(name for name in names if name != total)
    code = "FOOTER_MISSING" if total == "总交易单数" else "BAD_FOOTER"
    assert read_bill(content.replace(SUMMARY, kept).encode()).verdict.startswith(
        (code, "BAD_FOOTER")
    )


def test_summary_that_a_spreadsheet_padded_is_named() -> None:
    """Commas behind the last heading are blank headings, no unknown total without a name."""
    content = build_bill([build_payment(1)], ["1", *["10.00"] * 6]).decode()
    verdict = read_bill(content.replace(SUMMARY, f"{SUMMARY},,").encode()).verdict
    assert verdict.startswith("BAD_FOOTER") and "heading 8 of the summary is blank" in verdict
    assert "a spreadsheet pads lines with commas" in verdict


@pytest.mark.parametrize("text", ["1e1", "1e999999999", "NaN", "Infinity", "", "a10.00", "1" * 40])
def test_total_that_is_no_plain_number_is_refused(text: str) -> None:
    """1e999999999 would be a number of a billion digits."""
    result = read_bill(
        build_bill([build_payment(1)], ["1", text, "0.00", "0.00", "0.06000", "10.00", "0.00"])
    )
    assert f"settled declares {text!r}, which is no number" in result.verdict


def test_amount_with_too_many_digits_is_rejected() -> None:
    """10.00...01 is not 10.00, however far behind the 1 stands."""
    result = read_bill(build_bill([build_payment(1, f"10.{'0' * 40}1")], ["1", *["10.00"] * 6]))
    assert "has too many digits" in result.rejected[0]["reason"]


@pytest.mark.parametrize(
    "heading", ["付款银行", "商户退款单号", "退款状态", "订单金额", "申请退款金额"]
)
def test_damaged_heading_is_refused(heading: str) -> None:
    """Every bill has this heading: without it the file is refused."""
    content = build_bill([build_payment(1), build_refund(1)]).decode()
    content = content.replace(f",{heading},", f",{heading[:-1]}X,", 1)
    assert read_bill(content.encode()).verdict.startswith(
        f"UNKNOWN_LAYOUT: statement.csv:1: the header lacks {heading}"
    )


def test_missing_heading_of_the_profile_is_refused() -> None:
    """A wrong heading in `wechat.headings` refuses the file."""
    result = read_bill(build_bill([build_payment(1)]), headings={"refund_no": "商户退款号"})
    assert result.verdict.startswith("UNKNOWN_LAYOUT: statement.csv:1: the header lacks 商户退款号")


def test_bill_of_zeros_is_accepted_and_an_api_error_is_refused() -> None:
    """A header and a summary of zeros are a bill; the API's answer "no bill" is not."""
    assert summarize(read_bill(build_bill([]))) == []
    answer = b"<xml><return_code>FAIL</return_code><return_msg>No Bill Exist</return_msg></xml>"
    assert "answer that there is no bill" in read_bill(answer).verdict
