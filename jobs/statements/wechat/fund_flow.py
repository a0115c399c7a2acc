"""WeChat Pay fund-flow bill: every movement of one account of the merchant's, with its balance.

One file an account type (BASIC, OPERATION, FEES). The amount is printed unsigned, 收支类型 gives
its sign; the balance behind each line is checked row by row, whichever way the file runs. Source:
WeChat Pay's API documentation, fund-flow bill; docs/reference/dialects/wechat_fund_flow.md.
"""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import (
    Lines,
    add_normalized_references,
    empty_to_null,
    null_column,
    require,
    set_amount_column,
)
from jobs.statements.canonical.money import map_codes
from jobs.statements.parser import (
    BalanceSegment,
    Dialect,
    ParsedBlock,
    Plan,
    Sample,
    check_running_balance,
)
from jobs.statements.reading.cells import read_cells
from jobs.statements.reading.fast_cells import BACKTICK
from jobs.statements.reading.line_format import Cells, LineFormat, RejectedLines
from jobs.statements.wechat.layout import (
    assert_columns,
    begins_with,
    find_columns,
    parse_times,
    read_header,
    read_summary,
    zero_to_null,
)
from jobs.statements.wechat.workbook import render_bills
from jobs.statements.xlsx import parser
from schemas.profile.channel import Profile
from schemas.vocabulary import SIGN_OF_KIND, Kind

_FIRST_HEADINGS = "记账时间,微信支付业务单号,"
_HEADINGS = {
    "time": ("记账时间",),
    "business_no": ("微信支付业务单号",),
    "flow_no": ("资金流水单号",),
    "business": ("业务名称",),
    "type": ("业务类型",),
    "direction": ("收支类型",),
    "amount": ("收支金额(元)",),
    "balance": ("账户结余(元)",),
    "voucher": ("业务凭证号",),
}
_TOTALS = {
    "资金流水总笔数": "count",
    "收入笔数": "in_count",
    "收入金额": "in_amount",
    "支出笔数": "out_count",
    "支出金额": "out_amount",
}
#: The kinds in WeChat Pay's documentation, which warns that they change.
_KINDS = {
    "交易": "PAYMENT",
    "退款": "REFUND",
    "扣除交易手续费": "FEE",
    "退还交易手续费": "FEE",
    "退款关闭": "ADJUSTMENT",
}


def identify(sample: Sample) -> bool:
    """Whether the file begins with a fund-flow bill's header."""
    return begins_with(sample, _FIRST_HEADINGS)


def plan(sample: Sample, profile: Profile) -> Plan:
    """Binds the header, reads the summary, and finds out whether the newest line is first.

    Raises:
        FileRefused: it is no fund-flow bill, lacks a column or a total, or its summary cannot be
            read.
    """
    encoding = profile.wechat.encoding
    names, start = read_header(sample, _FIRST_HEADINGS, encoding)
    places = find_columns(names, _HEADINGS)
    assert_columns(sample, places, _HEADINGS, _HEADINGS)
    end, declared = read_summary(sample, start, _TOTALS, _TOTALS.values(), encoding)
    shape = LineFormat(encoding, BACKTICK, None, len(names), tuple(sorted(set(places.values()))))
    proved = ("amount",)
    draft = Plan(
        "wechat_fund_flow",
        shape,
        places,
        start,
        2,
        end,
        declared,
        "CNY",
        "on",
        covered_totals=proved,
    )
    return replace(draft, reverse_order=_is_newest_first(sample, draft, shape, profile))


def _is_newest_first(sample: Sample, draft: Plan, shape: LineFormat, profile: Profile) -> bool:
    """Whether the newest line is first: by the times or, where they are equal, by the balance."""
    head = sample.head[draft.start_byte : draft.end_byte]
    cells = read_cells(head[: head.rfind(b"\n") + 1] or head, 2, shape, RejectedLines())
    moments = pc.drop_null(cells.columns[draft.column_indexes["time"]])
    if len(moments) < 2 or moments[0] != moments[-1]:
        return len(moments) > 1 and moments[0].as_py() > moments[-1].as_py()
    forward, backward = (
        parse(cells, replace(draft, reverse_order=newest), profile).balance_segment
        for newest in (False, True)
    )
    return bool(forward and forward.gaps and backward and not backward.gaps)


def parse(cells: Cells, plan: Plan, profile: Profile) -> ParsedBlock:
    """Cells of a fund-flow bill to canonical lines, and the block's running balance."""
    count = len(cells.line_no)
    text = {name: empty_to_null(cells.columns[plan.column_indexes[name]]) for name in _HEADINGS}
    lines = Lines({"currency": pa.repeat(pa.scalar("CNY", pa.string()), count)})
    columns = lines.columns
    kinds = _KINDS | {code: kind.value for code, kind in profile.wechat_fund_flow.kinds.items()}
    columns["kind"], faults = map_codes(
        text["type"], kinds.get, "UNKNOWN_KIND", "wechat_fund_flow.kinds"
    )
    lines.reject(faults)
    is_incoming, is_outgoing = (
        pc.fill_null(pc.equal(text["direction"], word), False) for word in ("收入", "支出")
    )
    has_no_direction = pc.invert(pc.or_(is_incoming, is_outgoing))
    lines.reject_where(has_no_direction, "BAD_SIGN: 收支类型 is neither 收入 nor 支出")
    set_amount_column(lines, "amount", text["amount"], "major")
    lines.reject_where(pc.less(columns["amount"], 0), "BAD_AMOUNT: 收支金额 is below zero")
    set_amount_column(lines, "balance", text["balance"], "major")
    balance = columns.pop("balance")
    columns["amount"] = pc.if_else(is_outgoing, pc.negate(columns["amount"]), columns["amount"])
    for sign, is_opposite in ((1, is_outgoing), (-1, is_incoming)):
        kinds_of_sign = [kind.value for kind in Kind if SIGN_OF_KIND[kind] == sign]
        has_wrong_sign = pc.and_(pc.is_in(columns["kind"], pa.array(kinds_of_sign)), is_opposite)
        lines.reject_where(has_wrong_sign, "BAD_SIGN: 收支类型 goes against 业务类型")
    columns["status"] = pa.repeat(pa.scalar("SUCCEEDED", pa.string()), count)
    columns["our_ref"] = zero_to_null(text["voucher"])
    columns["channel_ref"] = zero_to_null(text["flow_no"])
    columns["order_ref"] = zero_to_null(text["business_no"])
    columns["batch_ref"] = columns["original_ref"] = null_column(count)
    columns["product"] = text["business"]
    columns["traded_at"], faults = parse_times(text["time"], profile.zone)
    lines.reject(faults)
    require(lines, ("kind", "amount", "channel_ref", "traded_at"))
    lines.reject_where(pc.is_null(balance), "NO_VALUE: 账户结余 is empty")
    add_normalized_references(columns, profile)
    size = pc.abs(pc.fill_null(columns["amount"], 0))
    zero = pa.repeat(pa.scalar(0, pa.int64()), count)
    totals = {
        "count": pa.repeat(pa.scalar(1, pa.int64()), count),
        "in_count": is_incoming.cast(pa.int64()),
        "in_amount": pc.if_else(is_incoming, size, zero),
        "out_count": is_outgoing.cast(pa.int64()),
        "out_amount": pc.if_else(is_outgoing, size, zero),
    }
    segment = _running_balance(columns["amount"], balance, cells.line_no, plan.reverse_order)
    return ParsedBlock(lines, totals, segment)


def _running_balance(
    amounts: pa.Array, balance: pa.Array, line_no: pa.Array, newest: bool
) -> BalanceSegment | None:
    """The running balance of the lines that have an amount and a balance; None without any."""
    both = pc.and_(pc.is_valid(amounts), pc.is_valid(balance))
    if not pc.any(both).as_py():
        return None
    return check_running_balance(
        amounts.filter(both), balance.filter(both), line_no.filter(both), newest
    )


DIALECT = Dialect(
    "wechat_fund_flow", identify, plan, parse=parse,
    to_text=render_bills(_FIRST_HEADINGS, _TOTALS), renders_if=parser.identify,
)  # fmt: skip
