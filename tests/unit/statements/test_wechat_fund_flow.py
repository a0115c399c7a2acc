"""WeChat Pay's fund-flow bill: signs, the running balance in either order, totals, kinds.

A movement below is (kind, way, amount, balance).
"""

from datetime import date

import pytest

from schemas.profile.channel import Profile
from tests.fuzz.reading import ReadResult, read_statement
from tests.support.golden import DAY
from tests.support.paths import SAMPLES

HEADER = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
SUMMARY = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
DAY_OF = [
    ("交易", "收入", "100.00", "600.00"),
    ("扣除交易手续费", "支出", "0.60", "599.40"),
    ("退款", "支出", "39.76", "559.64"),
    ("退款关闭", "收入", "39.76", "599.40"),
    ("退还交易手续费", "收入", "0.12", "599.52"),
]
FOOTER = ["5", "3", "139.88", "2", "40.36"]


def build_bill(
    rows: list[tuple[str, str, str, str]],
    footer: list[str],
    header: str = HEADER,
    same_second: bool = False,
    newest_first: bool = False,
) -> bytes:
    """A bill of movements, one a minute unless all are of one second."""
    lines = [
        f"`2026-11-16 09:{0 if same_second else place:02}:00,`5030{place},`4200{place},`交易"
        f",`{kind},`{way},`{amount},`{balance},`system,`退款总金额0.01元;含手续费0.00元,`V{place}"
        for place, (kind, way, amount, balance) in enumerate(rows)
    ]
    lines = lines[::-1] if newest_first else lines
    return "\n".join([header, *lines, SUMMARY, "`" + ",`".join(footer)]).encode()


def read_bill(content: bytes, day: date = DAY, **options: object) -> ReadResult:
    """Reads a fund-flow bill."""
    profile = {
        "channel": "flows",
        "dialect": "wechat_fund_flow",
        "zone": "Asia/Shanghai",
        "first_date": "2014-11-01",
        "files": {"pattern": "{business_date}"},
        "wechat_fund_flow": options,
    }
    return read_statement(content, Profile.model_validate(profile), day, block_bytes=300)


@pytest.mark.parametrize("same_second", [True, False])
@pytest.mark.parametrize("newest_first", [True, False])
def test_bill_is_read_oldest_or_newest_first(same_second: bool, newest_first: bool) -> None:
    """The direction follows from the times, or from the balance where all times are equal."""
    result = read_bill(
        build_bill(DAY_OF, FOOTER, same_second=same_second, newest_first=newest_first)
    )
    assert result.verdict == "ACCEPTED"
    rows = [
        (row["kind"], row["amount"]) for row in sorted(result.lines, key=lambda r: r["our_ref"])
    ]
    assert rows == [
        ("PAYMENT", 10000),
        ("FEE", -60),
        ("REFUND", -3976),
        ("ADJUSTMENT", 3976),
        ("FEE", 12),
    ]
    assert result.lines[0]["channel_ref"].startswith("4200")
    assert result.lines[0]["order_ref"].startswith("5030")


def test_full_width_brackets_and_decimal_counts_are_read() -> None:
    """The documentation's own example: （元）, and 20.0 movements."""
    header = HEADER.replace("(", "（").replace(")", "）")
    assert read_bill(
        build_bill(DAY_OF, ["5.0", "3.0", "139.88", "2.0", "40.36"], header)
    ).is_accepted


@pytest.mark.parametrize("place", range(5))
def test_every_total_is_checked(place: int) -> None:
    """One of the five totals is wrong."""
    footer = list(FOOTER)
    footer[place] = f"{float(footer[place]) + 1:.2f}"
    assert read_bill(build_bill(DAY_OF, footer)).verdict.startswith("TOTALS_DIFFER")


def test_wrong_balance_names_its_line() -> None:
    """All totals are right, but 559.64 became 559.63."""
    rows = [*DAY_OF[:2], ("退款", "支出", "39.76", "559.63"), *DAY_OF[3:]]
    result = read_bill(build_bill(rows, FOOTER))
    assert result.verdict.startswith("BALANCE_BROKEN: statement.csv:4: ")


def test_lines_out_of_order_break_the_balance() -> None:
    """Two movements have changed places."""
    rows = [DAY_OF[0], DAY_OF[2], DAY_OF[1], *DAY_OF[3:]]
    assert read_bill(build_bill(rows, FOOTER)).verdict.startswith("BALANCE_BROKEN")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            ("分账", "支出", "1.00", "9.00"),
            "UNKNOWN_KIND: '分账'; say in wechat_fund_flow.kinds what it is",
        ),
        (("交易", "支出", "1.00", "9.00"), "BAD_SIGN: 收支类型 goes against 业务类型"),
        (("退款", "收入", "1.00", "9.00"), "BAD_SIGN: 收支类型 goes against 业务类型"),
        (("交易", "转入", "1.00", "9.00"), "BAD_SIGN: 收支类型 is neither 收入 nor 支出"),
        (("交易", "收入", "-1.00", "9.00"), "BAD_AMOUNT: 收支金额 is below zero"),
        (("交易", "收入", "1.00", ""), "NO_VALUE: 账户结余 is empty"),
    ],
)
def test_invalid_line_is_rejected_with_its_reason(
    row: tuple[str, str, str, str], reason: str
) -> None:
    """The reader guesses no kind and no direction."""
    result = read_bill(build_bill([row], ["1", "1", "1.00", "0", "0"]))
    assert not result.is_accepted
    assert [each["reason"] for each in result.rejected] == [reason]


def test_profile_adds_a_kind() -> None:
    """WeChat Pay adds kinds: the profile maps a new one."""
    content = build_bill([("分账", "支出", "1.00", "9.00")], ["1", "0", "0", "1", "1.00"])
    result = read_bill(content, kinds={"分账": "PAYOUT"})
    assert [(row["kind"], row["amount"]) for row in result.lines] == [("PAYOUT", -100)]


FLOWS = SAMPLES / "wechat_merchant" / "gunsluo_wechatpay-go"


@pytest.mark.skipif(not FLOWS.exists(), reason="the sample files are not present")
@pytest.mark.parametrize(
    ("number", "begins", "said"),
    [
        (9, "TOTALS_DIFFER", "count declares 3, its lines add up to 2"),
        (10, "TOTALS_DIFFER", "out_amount declares 'a0.02', which is no number"),
        (11, "REJECTED_LINES", "BAD_AMOUNT: 'a0.01' is no amount"),
    ],
)
def test_real_bills_are_accepted_or_refused_with_reason(
    number: int, begins: str, said: str
) -> None:
    """Each real bill is refused with its reason, as two lines under a count of three."""
    content = (FLOWS / f"fundflowbill_test__fundflow_{number}.csv").read_bytes()
    result = read_bill(content, date(2021, 2, 1))
    assert result.verdict.startswith(begins)
    assert said in result.verdict
    assert "BALANCE_BROKEN" not in result.verdict
    assert [row["amount"] for row in result.lines] == [-1, -1][: len(result.lines)]
