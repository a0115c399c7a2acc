"""WeChat Pay fund-flow bill: every movement of one account of the merchant's, with its balance.

One file an account type (BASIC, OPERATION, FEES). The amount is printed unsigned, 收支类型 gives
its sign; the balance behind each line is checked row by row, whichever way the file runs. Source:
WeChat Pay's API documentation, fund-flow bill; docs/reference/dialects/wechat_fund_flow.md.
"""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines, filled, money, needed, nulls, with_references
from jobs.statements.canonical.money import mapped
from jobs.statements.parser import Dialect, Link, Parsed, Plan, Sample, linked
from jobs.statements.reading.cells import read_cells
from jobs.statements.reading.fast_cells import BACKTICK
from jobs.statements.reading.shape import Cells, Rejected, Shape
from jobs.statements.wechat.layout import (
    begins_with,
    header_of,
    local_times,
    number,
    places_of,
    refuse_missing,
    summary_of,
)
from schemas.profile.channel import Profile
from schemas.vocabulary import SIGN_OF_KIND

_BEGINS = "记账时间,微信支付业务单号,"
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
#: The kinds that the documentation names; it warns that they change.
_KINDS = {
    "交易": "PAYMENT",
    "退款": "REFUND",
    "扣除交易手续费": "FEE",
    "退还交易手续费": "FEE",
    "退款关闭": "ADJUSTMENT",
}


def identify(sample: Sample) -> bool:
    """Whether the file begins with a fund-flow bill's header."""
    return begins_with(sample, _BEGINS)


def plan(sample: Sample, profile: Profile) -> Plan:
    """Binds the header, finds the summary, and sees which way the file runs.

    Raises:
        FileRefused: no fund-flow bill, a column or a total missing, or a summary that cannot be
            read.
    """
    encoding = profile.wechat.encoding
    names, start = header_of(sample, _BEGINS, encoding)
    places = places_of(names, _HEADINGS)
    refuse_missing(sample, places, _HEADINGS, _HEADINGS)
    end, declared = summary_of(sample, start, _TOTALS, _TOTALS.values(), encoding)
    shape = Shape(encoding, BACKTICK, None, len(names), tuple(sorted(set(places.values()))))
    proved = ("amount",)
    made = Plan(
        "wechat_fund_flow", shape, places, start, 2, end, declared, "CNY", "on", covered=proved
    )
    return replace(made, newest_first=_newest_first(sample, made, shape, profile))


def _newest_first(sample: Sample, made: Plan, shape: Shape, profile: Profile) -> bool:
    """Whether the file runs backwards: by its times, where these are equal by its balance."""
    head = sample.head[made.start : made.end]
    cells = read_cells(head[: head.rfind(b"\n") + 1] or head, 2, shape, Rejected())
    moments = pc.drop_null(cells.columns[made.places["time"]])
    if len(moments) < 2 or moments[0] != moments[-1]:
        return len(moments) > 1 and moments[0].as_py() > moments[-1].as_py()
    onward, backward = (
        parse(cells, replace(made, newest_first=newest), profile).link for newest in (False, True)
    )
    return bool(onward and onward.broken and backward and not backward.broken)


def parse(cells: Cells, plan: Plan, profile: Profile) -> Parsed:
    """Cells of a fund-flow bill to canonical lines, and its piece of the running balance."""
    count = len(cells.line_no)
    text = {ours: filled(cells.columns[plan.places[ours]]) for ours in _HEADINGS}
    lines = Lines({"currency": pa.repeat(pa.scalar("CNY", pa.string()), count)})
    columns = lines.columns
    kinds = _KINDS | {word: kind.value for word, kind in profile.wechat_fund_flow.kinds.items()}
    columns["kind"], faults = mapped(text["type"], kinds.get, "UNKNOWN_KIND")
    lines.blame(faults)
    coming, leaving = (
        pc.fill_null(pc.equal(text["direction"], word), False) for word in ("收入", "支出")
    )
    neither = pc.invert(pc.or_(coming, leaving))
    lines.blame_where(neither, "BAD_SIGN: 收支类型 is neither 收入 nor 支出")
    money(lines, "amount", text["amount"], "major")
    lines.blame_where(pc.less(columns["amount"], 0), "BAD_AMOUNT: 收支金额 is below zero")
    money(lines, "balance", text["balance"], "major")
    balance = columns.pop("balance")
    columns["amount"] = pc.if_else(leaving, pc.negate(columns["amount"]), columns["amount"])
    for way, moved in ((1, leaving), (-1, coming)):
        own = pa.array([kind.value for kind, sign in SIGN_OF_KIND.items() if sign == way])
        against = pc.and_(pc.is_in(columns["kind"], own), moved)
        lines.blame_where(against, "BAD_SIGN: 收支类型 goes against 业务类型")
    columns["status"] = pa.repeat(pa.scalar("SUCCEEDED", pa.string()), count)
    columns["our_ref"] = number(text["voucher"])
    columns["channel_ref"] = number(text["flow_no"])
    columns["order_ref"] = number(text["business_no"])
    columns["batch_ref"] = columns["original_ref"] = nulls(count)
    columns["product"] = text["business"]
    columns["traded_at"], faults = local_times(text["time"], profile.zone)
    lines.blame(faults)
    needed(lines, ("kind", "amount", "channel_ref", "traded_at"))
    lines.blame_where(pc.is_null(balance), "NO_VALUE: 账户结余 is empty")
    with_references(columns, profile)
    size = pc.abs(pc.fill_null(columns["amount"], 0))
    nothing = pa.repeat(pa.scalar(0, pa.int64()), count)
    totals = {
        "count": pa.repeat(pa.scalar(1, pa.int64()), count),
        "in_count": coming.cast(pa.int64()),
        "in_amount": pc.if_else(coming, size, nothing),
        "out_count": leaving.cast(pa.int64()),
        "out_amount": pc.if_else(leaving, size, nothing),
    }
    link = _link(columns["amount"], balance, cells.line_no, plan.newest_first)
    return Parsed(lines, totals, link)


def _link(amounts: pa.Array, balance: pa.Array, line_no: pa.Array, newest: bool) -> Link | None:
    """The running balance over the lines that print an amount and a balance."""
    both = pc.and_(pc.is_valid(amounts), pc.is_valid(balance))
    if not pc.any(both).as_py():
        return None
    return linked(amounts.filter(both), balance.filter(both), line_no.filter(both), newest)


DIALECT = Dialect("wechat_fund_flow", identify, plan, parse=parse)
