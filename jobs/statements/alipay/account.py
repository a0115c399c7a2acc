"""Alipay's account detail (账务明细): every movement of the balance.

Source: Alipay's open platform, bill download; docs/reference/dialects/alipay_bill.md.
"""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.alipay.layout import (
    bill_format,
    bill_texts,
    bind_columns,
    find_total,
    has_title,
    read_frame,
)
from jobs.statements.canonical.lines import (
    Lines,
    add_normalized_references,
    mask_names,
    null_column,
    parse_local_times,
    require,
    set_amount_column,
    to_null,
)
from jobs.statements.canonical.money import map_codes
from jobs.statements.parser import (
    DeclaredTotal,
    Dialect,
    ParsedBlock,
    Plan,
    Sample,
    check_running_balance,
)
from jobs.statements.reading.cells import read_cells
from jobs.statements.reading.line_format import Cells, RejectedLines
from schemas.profile.channel import Profile
from schemas.vocabulary import Kind

HEADINGS = {
    "flow_no": ("账务流水号", "支付宝流水号"),
    "business_no": ("业务流水号", "支付宝交易号", "业务基础订单号"),
    "order_no": ("商户订单号", "业务订单号"),
    "goods": ("商品名称",),
    "time": ("发生时间", "入账时间"),
    "other": ("对方账号", "对方账户"),
    "income": ("收入金额", "收入"),
    "expense": ("支出金额", "支出"),
    "balance": ("账户余额", "余额"),
    "type": ("业务类型",),
    "remark": ("备注",),
}
_NEEDED = (
    "flow_no",
    "business_no",
    "order_no",
    "time",
    "other",
    "income",
    "expense",
    "balance",
    "type",
)
_FREE_TEXTS = ("goods", "other", "remark")
_NUMBERS = ("收入金额", "收入", "支出金额", "支出", "账户余额", "余额")
_TRANSFER = "转账"
_KINDS = {
    "交易付款": Kind.PAYMENT,
    "在线支付": Kind.PAYMENT,
    "交易": Kind.PAYMENT,
    "交易退款": Kind.REFUND,
    "退款": Kind.REFUND,
    "收费": Kind.FEE,
    "服务费": Kind.FEE,
    "退费": Kind.FEE,
    "提现": Kind.SETTLEMENT,
    "充值": Kind.TOP_UP,
    "其它": Kind.ADJUSTMENT,
    "其他": Kind.ADJUSTMENT,
}
_NUMBER = r"(-?[\d,]*\.?\d+)"


def identify(sample: Sample) -> bool:
    """Whether the file begins with the title of an account detail."""
    return has_title(sample, "账务明细")


def plan(sample: Sample, profile: Profile) -> Plan:
    """Binds the header, reads the footer, and finds out whether the newest line is first.

    Raises:
        FileRefused: it is another bill, account or day, or lacks a column or a total.
    """
    frame = read_frame(sample, "账务明细", profile)
    places = bind_columns(sample, frame, HEADINGS, _NEEDED)
    declared: list[DeclaredTotal] = []
    for side, word in (("out", "支出"), ("in", "收入")):
        total = find_total(sample, frame.foot, rf"{word}合计[:：](\d+)笔[,，]共{_NUMBER}元")
        declared += [
            DeclaredTotal(f"{side}_count", total[1], "count"),
            DeclaredTotal(f"{side}_amount", total[2].lstrip("-"), "major"),
        ]
    layout = bill_format(
        frame,
        places,
        free_texts=_FREE_TEXTS,
        dates=("time",),
        numbers=_NUMBERS,
        counterparty="other",
    )
    covered = ("count", "amount")
    draft = Plan(
        "alipay_account",
        layout,
        places,
        frame.start,
        frame.first_line,
        frame.end,
        tuple(declared),
        "CNY",
        "on",
        covered_totals=covered,
    )
    head = sample.head[frame.start : frame.end]
    cells = read_cells(head[: head.rfind(b"\n") + 1], 1, layout, RejectedLines())
    moments = to_null(cells.columns[places["time"]], ("",), " \t")
    if len(moments) > 1 and moments[0].as_py() and moments[-1].as_py():
        draft = replace(draft, reverse_order=moments[0].as_py() > moments[-1].as_py())
        if moments[0].as_py() == moments[-1].as_py():
            forward = parse(cells, draft, profile).balance_segment
            draft = replace(draft, reverse_order=bool(forward and forward.gaps))
    return draft


def parse(cells: Cells, plan: Plan, profile: Profile) -> ParsedBlock:
    """Cells of an account detail to canonical lines, and the block's running balance."""
    count = len(cells.line_no)
    text = bill_texts(cells, plan, HEADINGS)
    lines = Lines({"currency": pa.repeat(pa.scalar("CNY", pa.string()), count)})
    columns = lines.columns
    for name in ("income", "expense", "balance"):
        set_amount_column(lines, name, text[name], "major")
    income, expense, balance = (columns.pop(name) for name in ("income", "expense", "balance"))
    income, expense = (pc.fill_null(pc.abs(values), 0) for values in (income, expense))
    both = pc.and_(pc.greater(income, 0), pc.greater(expense, 0))
    lines.reject_where(both, "BAD_SIGN: it has an income and an expense")
    columns["amount"] = pc.subtract(income, expense)
    kinds = {name: kind.value for name, kind in {**_KINDS, **profile.alipay.kinds}.items()}
    transfer = pc.fill_null(pc.equal(text["type"], _TRANSFER), False)
    if _TRANSFER not in kinds:
        kinds[_TRANSFER] = Kind.TOP_UP.value
        columns["kind"], faults = map_codes(text["type"], kinds.get, "UNKNOWN_KIND", "alipay.kinds")
        is_outgoing = pc.and_(transfer, pc.greater(expense, 0))
        columns["kind"] = pc.if_else(is_outgoing, Kind.PAYOUT.value, columns["kind"])
    else:
        columns["kind"], faults = map_codes(text["type"], kinds.get, "UNKNOWN_KIND", "alipay.kinds")
    lines.reject(faults)
    columns["fee"] = null_column(count, pa.int64())
    columns["status"] = pa.repeat(pa.scalar("SUCCEEDED", pa.string()), count)
    columns["traded_at"], faults = parse_local_times(
        text["time"], "%Y-%m-%d %H:%M:%S", profile.zone
    )
    lines.reject(faults)
    columns["our_ref"] = text["order_no"]
    columns["channel_ref"] = text["flow_no"]
    columns["order_ref"] = text["business_no"]
    columns["batch_ref"] = columns["original_ref"] = null_column(count)
    columns["payer_name"] = mask_names(text["other"])
    require(lines, ("kind", "amount", "traded_at", "channel_ref"))
    lines.reject_where(pc.is_null(balance), "NO_VALUE: 账户余额 is empty")
    add_normalized_references(columns, profile)
    one = pa.repeat(pa.scalar(1, pa.int64()), count)
    zero = pa.repeat(pa.scalar(0, pa.int64()), count)
    totals = {
        "in_count": pc.if_else(pc.greater(income, 0), one, zero),
        "in_amount": income,
        "out_count": pc.if_else(pc.greater(expense, 0), one, zero),
        "out_amount": expense,
    }
    has_both = pc.and_(pc.is_valid(columns["amount"]), pc.is_valid(balance))
    segment = None
    if profile.alipay.balance == "checked" and pc.any(has_both).as_py():
        columns_with_both = (columns["amount"].filter(has_both), balance.filter(has_both))
        segment = check_running_balance(
            *columns_with_both, cells.line_no.filter(has_both), plan.reverse_order
        )
    return ParsedBlock(lines, totals, segment)


DIALECT = Dialect("alipay_account", identify, plan, parse=parse)
