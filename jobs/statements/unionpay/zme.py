"""UnionPay's error file of a merchant (INN...ZME): errors settled afterwards, adjustments.

Source: UnionPay's file interface specification; docs/reference/dialects/unionpay.md.
"""

import pyarrow as pa

from jobs.statements.canonical.lines import Lines, add_normalized_references, require
from jobs.statements.parser import Dialect, ParsedBlock, Plan, Sample
from jobs.statements.reading.line_format import Cells
from jobs.statements.unionpay.layout import (
    CURRENCY,
    RecordLayout,
    join_numbers,
    set_amounts,
    set_common,
    set_kinds,
    set_parts,
)
from schemas.profile.channel import Profile
from schemas.vocabulary import Kind

LAYOUT = RecordLayout(
    "unionpay_zme",
    (
        ("code", 3),  # 交易代码
        ("agent", 11),  # 代理机构标识码
        ("sender", 11),  # 发送机构标识码
        ("trace", 6),  # 系统跟踪号
        ("time", 10),  # 交易传输时间 MMDDhhmmss
        ("account", 19),  # 账号
        ("amount", 12),  # 交易金额
        ("mcc", 4),  # 商户类别
        ("terminal_type", 2),  # 终端类型
        ("card", 2),  # 支付卡类型
        ("original_trace", 6),  # 原始交易系统跟踪号
        ("original_time", 10),  # 原始交易日期时间
        (None, 4),  # 原始清算日期
        (None, 12),  # 原始交易金额
        ("fee", 13),  # 手续费
        ("settled", 13),  # 结算金额
        (None, 15),  # 集团商户代码
        ("merchant", 15),  # 商户代码
        (None, 1),  # 分账入账方式
        ("instalment_fee", 12),  # 分期附加手续费
        ("instalments", 2),  # 分期期数
        (None, 135),  # 保留
    ),
    21,
)
#: 交易代码 that a detail file has too; E and two digits are error transactions.
_KINDS = {"S22": Kind.PAYMENT, "S30": Kind.REFUND}


def identify(sample: Sample) -> bool:
    """Whether the file begins with an error record."""
    return LAYOUT.identify(sample)


def plan(sample: Sample, profile: Profile) -> Plan:
    """Where the records are, and the settlement date of the file's name.

    Raises:
        FileRefused: the name has no date.
    """
    return LAYOUT.plan(sample)


def parse(cells: Cells, plan: Plan, profile: Profile) -> ParsedBlock:
    """Records to canonical lines.

    Error records have no order number and no query id. UnionPay knows a transaction by agent,
    sender, trace and time together: these make the channel's reference.
    """
    text = LAYOUT.texts(cells)
    lines = Lines({"currency": pa.repeat(CURRENCY, len(cells.line_no))})
    set_amounts(lines, text)
    set_kinds(lines, text["code"], _KINDS, profile, has_error_codes=True)
    set_common(lines, text, plan, profile)
    names = ("trace", "time", "agent", "sender")
    lines.columns["channel_ref"] = join_numbers([text[name] for name in names])
    lines.columns["original_ref"] = join_numbers([text["original_trace"], text["original_time"]])
    set_parts(lines, text)
    require(lines, ("kind", "amount", "traded_at"))
    add_normalized_references(lines.columns, profile)
    return ParsedBlock(lines)


DIALECT = Dialect("unionpay_zme", identify, plan, parse=parse)
