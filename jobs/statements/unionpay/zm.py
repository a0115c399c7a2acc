"""UnionPay's detail file of a merchant (INN...ZM): payments, refunds, payouts.

Source: UnionPay's file interface specification; docs/reference/dialects/unionpay.md.
"""

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines, add_normalized_references, require
from jobs.statements.parser import Dialect, ParsedBlock, Plan, Sample
from jobs.statements.reading.line_format import Cells
from jobs.statements.unionpay.layout import (
    CURRENCY,
    RecordLayout,
    set_amounts,
    set_common,
    set_kinds,
    set_parts,
    zeros_to_null,
)
from schemas.profile.channel import Profile
from schemas.vocabulary import Kind

#: The fields in order, with our names of those to read. Since V2.5 the reserve of 98 bytes holds
#: six fields; the reader needs none of them, so that one layout serves both versions.
LAYOUT = RecordLayout(
    "unionpay_zm",
    (
        (None, 3),  # 交易代码
        (None, 11),  # 代理机构标识码
        (None, 11),  # 发送机构标识码
        (None, 6),  # 系统跟踪号: repeats within a day, no key
        ("time", 10),  # 交易传输时间 MMDDhhmmss
        ("account", 19),  # 账号
        ("amount", 12),  # 交易金额
        ("mcc", 4),  # 商户类别
        ("terminal_type", 2),  # 终端类型
        ("query_id", 21),  # 查询流水号
        (None, 2),  # 支付方式(旧)
        ("order_no", 32),  # 商户订单号
        ("card", 2),  # 支付卡类型
        (None, 6),  # 原始交易系统跟踪号
        (None, 10),  # 原始交易日期时间
        ("fee", 13),  # 商户手续费
        ("settled", 13),  # 结算金额
        ("pay_method", 4),  # 支付方式
        (None, 15),  # 集团商户代码
        ("kind", 2),  # 交易类型
        (None, 2),  # 交易子类
        ("product", 6),  # 业务类型
        (None, 2),  # 账号类型
        (None, 4),  # 账单类型
        (None, 32),  # 账单号码
        (None, 1),  # 交互方式
        ("original_id", 21),  # 原交易查询流水号
        ("merchant", 15),  # 商户代码
        (None, 1),  # 分账入账方式
        (None, 15),  # 二级商户代码
        (None, 32),  # 二级商户简称
        (None, 13),  # 二级商户分账入账金额
        (None, 13),  # 清算净额
        ("terminal", 8),  # 终端号
        (None, 32),  # 商户自定义域
        ("discount", 13),  # 优惠金额
        (None, 13),  # 发票金额
        ("instalment_fee", 12),  # 分期附加手续费
        ("instalments", 2),  # 分期期数
        (None, 1),  # 交易介质
        ("original_order", 32),  # 原始订单号
        (None, 98),  # 保留, or since V2.5 清算金额 and five more
    ),
    41,
)
#: 交易类型. A reversal (31, 32) moves money by a line of its own: a refund.
_KINDS = {
    "01": Kind.PAYMENT,
    "03": Kind.PAYMENT,
    "11": Kind.PAYMENT,
    "04": Kind.REFUND,
    "31": Kind.REFUND,
    "32": Kind.REFUND,
    "12": Kind.PAYOUT,
    "13": Kind.PAYOUT,
}


def identify(sample: Sample) -> bool:
    """Whether the file begins with a detail record."""
    return LAYOUT.identify(sample)


def plan(sample: Sample, profile: Profile) -> Plan:
    """Where the records are, and the settlement date of the file's name.

    Raises:
        FileRefused: the name has no date.
    """
    return LAYOUT.plan(sample)


def parse(cells: Cells, plan: Plan, profile: Profile) -> ParsedBlock:
    """Records to canonical lines; a refund is linked to its payment by 原交易查询流水号."""
    text = LAYOUT.texts(cells)
    lines = Lines({"currency": pa.repeat(CURRENCY, len(cells.line_no))})
    columns = lines.columns
    set_amounts(lines, text)
    set_kinds(lines, text["kind"], _KINDS, profile, has_error_codes=False)
    set_common(lines, text, plan, profile)
    refund = pc.fill_null(pc.equal(columns["kind"], Kind.REFUND.value), False)
    none = pa.scalar(None, pa.string())
    columns["our_ref"] = text["order_no"]
    columns["channel_ref"] = zeros_to_null(text["query_id"])
    columns["order_ref"] = pc.if_else(refund, text["original_order"], text["order_no"])
    columns["original_ref"] = pc.if_else(refund, zeros_to_null(text["original_id"]), none)
    columns["terminal_id"] = text["terminal"]
    columns["product"] = text["product"]
    set_parts(lines, text)
    require(lines, ("kind", "amount", "traded_at", "channel_ref"))
    add_normalized_references(columns, profile)
    return ParsedBlock(lines)


DIALECT = Dialect("unionpay_zm", identify, plan, parse=parse)
