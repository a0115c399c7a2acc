"""Alipay bills: a made trade detail and account detail, with visible amounts, and damaged ones.

The trade detail: 28.00 and 15.00 paid, 8.00 and 2.00 of one payment refunded.
"""

import io
import zipfile
from typing import Any

import pytest

from schemas.profile.channel import Profile
from tests.fuzz.reading import ReadResult, read_statement
from tests.support.golden import DAY, GOLDEN, SHIPPED, load_profile

TRADE, ACCOUNT = (GOLDEN / "shipped" / name for name in ("alipay", "alipay_account"))


def read_text(case: Any) -> str:
    return (case / "statement.csv").read_bytes().decode("gb18030")


def read_bill(
    text: str, case: Any = TRADE, encoding: str = "gb18030", **options: Any
) -> ReadResult:
    """Reads a bill."""
    page = load_profile(case).model_dump(exclude_unset=True) | {"alipay": options}
    return read_statement(
        text.encode(encoding), Profile.model_validate(page), DAY, "alipay_20261116.csv"
    )


def test_payments_and_two_refunds_of_one_payment_are_read() -> None:
    """Kind, amount, fee, our_ref, channel_ref."""
    result = read_bill(read_text(TRADE))
    assert result.verdict == "ACCEPTED"
    names = ("kind", "amount", "fee", "our_ref")
    assert [tuple(row[name] for name in names) for row in result.lines] == [
        ("PAYMENT", 2800, 17, "S20261116000001"),
        ("PAYMENT", 1500, 9, "S20261116000002"),
        ("REFUND", -800, -5, "R20261116000001"),
        ("REFUND", -200, -1, "R20261116000002"),
    ]
    assert len({row["channel_ref"] for row in result.lines}) == 4
    assert result.lines[2]["original_ref"] == result.lines[3]["original_ref"]


def test_gross_amounts_and_older_header_spellings_are_read() -> None:
    """订单金额; half-width brackets and blanks; UTF-8 with a BOM; the older footer."""
    text = read_text(TRADE).replace("（元）", "(元) ")
    assert [row["amount"] for row in read_bill(text, amount="order").lines][:2] == [3000, 1500]
    assert read_bill("\ufeff" + text, encoding="utf-8").is_accepted
    older = text.replace(
        "商家实收共43.00元，商家优惠共2.00元", "交易金额共45.00元，优惠金额共2.00元"
    )
    older = older.replace("商家实收退款共-10.00元", "交易退款金额共10.00元")
    older = older.replace("商家优惠退款共", "优惠退款金额共")
    assert read_bill(older).is_accepted
    assert "TOTALS_DIFFER" in read_bill(older.replace("共45.00元", "共43.00元")).verdict


def test_comma_in_the_goods_name_does_not_split_the_cell() -> None:
    """The reader joins the cell again; where no join fits, it rejects the line."""
    assert read_bill(read_text(TRADE)).lines[1]["amount"] == 1500
    result = read_bill(
        read_text(TRADE).replace("2026-11-16 10:00:03,0001", "2026-11-16 10,00:03,0001")
    )
    assert "WRONG_WIDTH" in result.verdict


@pytest.mark.parametrize(
    ("case", "old", "new"),
    [
        (TRADE, "0.05,0.00,部分退款", "0.05,0.00,部,分,退,款"),
        (TRADE, "咖啡\t,2026-11-16 09", "咖,啡\t,2026-11-16 09"),
        (ACCOUNT, "支付宝,提现,", "支付宝,提现,到,卡"),
        (ACCOUNT, "咖啡,2026-11-16 20", "咖,啡,2026-11-16 20"),
        (ACCOUNT, "咖啡,2026-11-16 20:00:00,tes", "咖,啡,2026-11-16 20:00:00,a,tes"),
    ],
)  # fmt: skip
def test_commas_in_free_texts_change_no_line(case: Any, old: str, new: str) -> None:
    """Commas in the remark, in the goods' name, or in two texts of a line change nothing."""
    text = read_text(case)
    assert text.count(old) == 1
    result, plain = read_bill(text.replace(old, new), case), read_bill(text, case)
    assert result.verdict == "ACCEPTED"
    own = ("line_id", "file_id", "payer_name")
    assert [{k: v for k, v in row.items() if k not in own} for row in result.lines] == [
        {k: v for k, v in row.items() if k not in own} for row in plain.lines
    ]


def test_account_detail_of_sixteen_columns_is_read() -> None:
    """Alipay's own order numbers stand behind ours; the reader does not take them as ours."""
    text = read_text(ACCOUNT)
    rows = [line for line in text.splitlines() if line[:3] in ("102", "103", "104")]
    for row in rows:
        text = text.replace(row, f"{row},0010|x\t,\t,3300{row[:3]}\t,M{{33}}|S{{34}}\t")
    text = text.replace(
        "业务类型,备注", "业务类型,备注,业务描述,业务账单来源,业务基础订单号,业务订单号"
    )
    own = ("our_ref", "order_ref", "channel_ref", "amount")
    wide, plain = read_bill(text, ACCOUNT), read_bill(read_text(ACCOUNT), ACCOUNT)
    assert wide.is_accepted
    assert [[row[name] for name in own] for row in wide.lines] == [
        [row[name] for name in own] for row in plain.lines
    ]


def test_wrong_running_balance_is_refused() -> None:
    """Two movements of one second in the wrong order; `balance: unchecked` accepts them."""
    text = read_text(ACCOUNT)
    first, second = (line for line in text.splitlines() if line[:3] in ("103", "104"))
    turned = text.replace(f"{first}\r\n{second}", f"{second}\r\n{first}")
    assert turned != text
    assert "BALANCE_BROKEN" in read_bill(turned, ACCOUNT).verdict
    assert read_bill(turned, ACCOUNT, balance="unchecked").is_accepted
    short = turned.replace("收入合计：1笔", "收入合计：2笔")
    assert "TOTALS_DIFFER" in read_bill(short, ACCOUNT, balance="unchecked").verdict


def test_line_with_an_ambiguous_comma_is_rejected() -> None:
    """The comma may belong to the shop's name or to the payer's account."""
    result = read_bill(read_text(TRADE).replace("测试门店\t,", "测试,门店\t,", 1))
    assert "WRONG_WIDTH" in result.verdict


@pytest.mark.parametrize(
    ("case", "old", "new"),
    [
        (TRADE, ",交易,咖啡", ",另,咖啡"),
        (TRADE, "测试门店\t,", "测试,门店\t,"),
        (ACCOUNT, ",提现,", ",另,"),
    ],
)
def test_rejected_line_does_not_show_the_payer(case: Any, old: str, new: str) -> None:
    """Older bills print a full name and address; one line is one cell too wide."""
    text = read_text(case).replace("tes***@example.com", "王示例 (wang@example.com)")
    result = read_bill(text.replace(old, new, 1), case)
    (row,) = result.rejected
    assert "王示例" not in row["raw"] and "王**" in row["raw"]
    assert "王示例" not in str(result.lines)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("实收共43.00元", "实收共43.01元", "TOTALS_DIFFER"),
        ("退款合计：2笔", "退款合计：3笔", "TOTALS_DIFFER"),
        ("商家优惠共2.00", "商家优惠共2.01", "TOTALS_DIFFER"),
        ("业务明细列表结束", "列表", "FOOTER_MISSING"),
        ("#退款合计", "#合计", "FOOTER_MISSING"),
        ("支付宝业务明细查询", "支付宝业务汇总查询", "SUMMARY_FILE"),
        ("支付宝业务明细查询", "支付宝账务明细查询", "UNKNOWN_LAYOUT"),
        ("起始日期：[2026年11月16日", "起始日期：[2026年11月17日", "WRONG_DAY"),
        (",退款,", ",退货,", "REJECTED_LINES"),
        ("商家实收（元）", "实收（元）", "UNKNOWN_LAYOUT"),
    ],
)
def test_damaged_bill_is_refused_with_its_code(old: str, new: str, code: str) -> None:
    """A wrong total, list end, title, day, type or heading refuses the bill."""
    assert old in read_text(TRADE)
    assert code in read_bill(read_text(TRADE).replace(old, new)).verdict


def test_bill_of_another_account_is_refused() -> None:
    """The head names the partner id and 0156 behind it."""
    assert read_bill(read_text(TRADE), accounts=["2088000000000001"]).is_accepted
    assert read_bill(read_text(TRADE), accounts=["2088000000000002"]).verdict.startswith(
        "OTHER_CHANNEL"
    )


def test_zip_with_member_names_in_gbk_is_read() -> None:
    """Detail and summary are in one archive: the reader takes the member that the profile names."""
    packed, names = io.BytesIO(), {}
    with zipfile.ZipFile(packed, "w") as out:
        for letter, name in (("A", "2088_20261116_业务明细.csv"), ("B", "2088_20261116_汇总.csv")):
            raw = name.encode("gbk")
            names[letter * len(raw)] = raw
            out.writestr(letter * len(raw), (TRADE / "statement.csv").read_bytes())
    content = packed.getvalue()
    for placeholder, raw in names.items():  # zipfile itself would write them in UTF-8
        content = content.replace(placeholder.encode(), raw)
    assert SHIPPED.is_dir()
    assert len(read_statement(content, load_profile(TRADE), DAY, "alipay_20261116.zip").lines) == 4


def test_movements_and_running_balance_of_an_account_are_read() -> None:
    """Newest first: 100.00 withdrawn, 0.17 charged, 28.00 received; the balance ties."""
    result = read_bill(read_text(ACCOUNT), ACCOUNT)
    assert [(row["kind"], row["amount"]) for row in result.lines] == [
        ("SETTLEMENT", -10000),
        ("FEE", -17),
        ("PAYMENT", 2800),
    ]
    broken = read_bill(read_text(ACCOUNT).replace("127.83", "127.84"), ACCOUNT)
    assert broken.verdict.startswith("BALANCE_BROKEN")
    assert (
        "TOTALS_DIFFER"
        in read_bill(read_text(ACCOUNT).replace("共28.00", "共28.01"), ACCOUNT).verdict
    )
    lost = "\r\n".join(line for line in read_text(ACCOUNT).split("\r\n") if "103" not in line[:4])
    assert "BALANCE_BROKEN" in read_bill(lost, ACCOUNT).verdict


def test_movement_of_an_unknown_type_is_rejected() -> None:
    """The reader rejects the movement unless the profile maps its type."""
    text = read_text(ACCOUNT).replace(",收费,", ",保证金,")
    assert "UNKNOWN_KIND" in read_bill(text, ACCOUNT).verdict
    assert read_bill(text, ACCOUNT, kinds={"保证金": "ADJUSTMENT"}).is_accepted
