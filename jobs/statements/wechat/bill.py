"""WeChat Pay merchant bill: ALL, SUCCESS, REFUND and RECHARGE_REFUND, today's headers and legacy.

Columns are bound by name; other names of the same layout are mapped by the profile. Source: WeChat
Pay's API documentation, merchant bill; docs/reference/dialects/wechat_bill.md.
"""

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import (
    Lines,
    add_normalized_references,
    apply_sign,
    empty_to_null,
    null_column,
    require,
    set_amount_column,
)
from jobs.statements.canonical.money import map_codes
from jobs.statements.parser import DeclaredTotal, Dialect, ParsedBlock, Plan, Sample
from jobs.statements.reading.fast_cells import BACKTICK
from jobs.statements.reading.line_format import Cells, LineFormat
from jobs.statements.wechat.layout import (
    HEADINGS,
    TOTALS,
    UNSIGNED,
    begins_with,
    bind_bill_columns,
    parse_times,
    read_bill_totals,
    read_header,
    zero_to_null,
)
from jobs.statements.wechat.workbook import render_bills
from jobs.statements.xlsx import parser
from schemas.dialect_options.wechat import WechatOptions
from schemas.profile.channel import Profile

_FIRST_HEADINGS = "交易时间,公众账号ID,"
_MONEY = (
    "settled",
    "refunded",
    "coupon_refunded",
    "fee",
    "fee_returned",
    "ordered",
    "refund_asked",
    "received",
)
_STATES = {"SUCCESS": "SUCCESS", "REFUND": "REFUND", "REVOKED": "REVOKED"}
_REFUND_STATES = {
    "SUCCESS": "SUCCEEDED",
    "PROCESSING": "PENDING",
    "CHANGE": "PENDING",
    "FAIL": "FAILED",
    "CLOSED": "CLOSED",
}
_NO_AMOUNT = pa.scalar(None, pa.int64())
_NO_TEXT = pa.scalar(None, pa.string())


def identify(sample: Sample) -> bool:
    """Whether the file begins with a bill's detail header."""
    return begins_with(sample, _FIRST_HEADINGS)


def plan(sample: Sample, profile: Profile) -> Plan:
    """Binds the header and reads the summary.

    Raises:
        FileRefused: it is no bill, lacks a column or the summary, or its summary cannot be read.
    """
    options = profile.wechat
    names, start = read_header(sample, _FIRST_HEADINGS, options.encoding)
    places = bind_bill_columns(sample, names, options)
    end, declared = read_bill_totals(sample, start, options)
    shape = LineFormat(
        options.encoding, BACKTICK, None, len(names), tuple(sorted(set(places.values())))
    )
    proved = _covered_totals(places, declared, options)
    return Plan("wechat_bill", shape, places, start, 2, end, declared, "CNY", "on", proved)


def _covered_totals(
    places: dict[str, int], declared: tuple[DeclaredTotal, ...], options: WechatOptions
) -> tuple[str, ...]:
    """The totals that others prove: an amount is the payments less the refunds."""
    totals = {total.name for total in declared}
    gross = options.amount == "order"
    paid = "ordered" in totals if gross and "ordered" in places else {"settled", "paid"} & totals
    back = "refund_asked" if gross and "refund_asked" in places else "refunded"
    return ("amount",) if paid and (back in totals or back not in places) else ()


def parse(cells: Cells, plan: Plan, profile: Profile) -> ParsedBlock:
    """Cells of a bill to canonical lines; a refund has its own numbers as references."""
    count = len(cells.line_no)
    text = {
        name: empty_to_null(cells.columns[plan.column_indexes[name]])
        if name in plan.column_indexes
        else null_column(count)
        for name in HEADINGS
    }
    lines = Lines({"currency": text["currency"]})
    zero = pa.repeat(pa.scalar(0, pa.int64()), count)
    sums = dict.fromkeys(_MONEY, zero)
    for name in (name for name in _MONEY if name in plan.column_indexes):
        set_amount_column(lines, name, text[name], "major")
        sums[name] = pc.fill_null(lines.columns.pop(name), 0)
        if name in UNSIGNED:
            sums[name] = pc.abs(sums[name])
    refund = _set_kind_and_amounts(lines, text, sums, plan, profile)
    _set_references(lines, text, refund)
    local = text["time"]
    if "refund_time" in plan.column_indexes:
        local = pc.coalesce(text["refund_time"], local)
    lines.columns["traded_at"], faults = parse_times(local, profile.zone)
    lines.reject(faults)
    require(lines, ("currency", "traded_at", "channel_ref", "amount"))
    _reject_other_merchants(lines, text, profile)
    add_normalized_references(lines.columns, profile)
    sums["count"] = pa.repeat(pa.scalar(1, pa.int64()), count)
    names = {total.name for total in plan.declared}
    if names & {"paid", "payment_count"}:
        sums["paid"] = pc.if_else(refund, zero, sums["settled"])
        sums["payment_count"] = pc.invert(refund).cast(pa.int64())
    return ParsedBlock(lines, {name: sums[name] for name in names})


def _set_kind_and_amounts(
    lines: Lines, text: dict[str, pa.Array], sums: dict[str, pa.Array], plan: Plan, profile: Profile
) -> pa.Array:
    """Sets kind, status, amount and fee of each line; returns which lines are refunds."""
    columns, options = lines.columns, profile.wechat
    codes = _STATES | options.states
    state, faults = map_codes(text["state"], codes.get, "UNKNOWN_STATUS")
    lines.reject(faults)
    codes = _REFUND_STATES | {code: status.value for code, status in options.refund_states.items()}
    refund_state, faults = map_codes(text["refund_state"], codes.get, "UNKNOWN_STATUS")
    lines.reject(faults)
    require(Lines({"state": state}, lines.faults), ("state",))
    revoked = pc.equal(state, "REVOKED")
    moved = pc.or_(pc.not_equal(sums["refunded"], 0), pc.not_equal(sums["refund_asked"], 0))
    is_refund = pc.equal(state, "REFUND")
    refund = pc.fill_null(pc.or_(is_refund, pc.and_(revoked, moved)), False)
    lacks_status = pc.and_(is_refund, pc.is_null(refund_state))
    lines.reject_where(lacks_status, "UNKNOWN_STATUS: a refund without 退款状态")
    lines.reject_where(
        pc.and_(pc.equal(state, "SUCCESS"), moved), "BAD_AMOUNT: a payment with 退款金额"
    )
    columns["kind"] = pc.if_else(refund, "REFUND", "PAYMENT")
    paid = pc.if_else(revoked, "REVERSED", "SUCCEEDED")
    columns["status"] = pc.if_else(refund, pc.fill_null(refund_state, "SUCCEEDED"), paid)
    gross = options.amount == "order"
    paid_in = "ordered" if gross and "ordered" in plan.column_indexes else "settled"
    back = "refund_asked" if gross and "refund_asked" in plan.column_indexes else "refunded"
    lines.reject_where(
        pc.and_(pc.less(sums[paid_in], 0), pc.invert(refund)),
        "BAD_AMOUNT: a payment below zero",
    )
    size = pc.if_else(refund, sums[back], sums[paid_in])
    printed = pc.if_else(refund, pc.is_valid(text[back]), pc.is_valid(text[paid_in]))
    size = pc.if_else(printed, size, _NO_AMOUNT)
    columns["amount"] = apply_sign(size, refund, pc.invert(refund))
    fee = _fee(lines, sums) if "fee_returned" in plan.column_indexes else sums["fee"]
    columns["fee"] = pc.if_else(pc.is_valid(text["fee"]), fee, _NO_AMOUNT)
    if gross:
        # The order amount includes the channel's coupons, the payout does not.
        net = pc.if_else(refund, pc.negate(sums["refunded"]), sums["settled"])
        columns["settlement_amount"] = pc.subtract(net, sums["fee"])
        columns["settlement_currency"] = columns["currency"]
    return refund


def _fee(lines: Lines, sums: dict[str, pa.Array]) -> pa.Array:
    """The fee of a bill with 返还手续费 (RECHARGE_REFUND): a returned fee is negative."""
    back, fee = pc.abs(sums["fee_returned"]), sums["fee"]
    both = pc.and_(pc.not_equal(back, 0), pc.not_equal(fee, 0))
    lines.reject_where(
        pc.and_(both, pc.not_equal(back, pc.abs(fee))),
        "BAD_AMOUNT: 手续费 and 返还手续费 differ",
    )
    return pc.if_else(pc.not_equal(back, 0), pc.negate(back), fee)


def _set_references(lines: Lines, text: dict[str, pa.Array], refund: pa.Array) -> None:
    """Sets references, merchant, terminal, product and card type of each line."""
    columns = lines.columns
    numbers = {
        key: zero_to_null(text[key])
        for key in ("payment_id", "order_no", "refund_id", "refund_no", "sub_merchant")
    }
    columns["our_ref"] = pc.if_else(refund, numbers["refund_no"], numbers["order_no"])
    columns["channel_ref"] = pc.if_else(
        refund, pc.coalesce(numbers["refund_id"], numbers["payment_id"]), numbers["payment_id"]
    )
    columns["order_ref"] = numbers["order_no"]
    columns["original_ref"] = pc.if_else(refund, numbers["payment_id"], _NO_TEXT)
    columns["merchant_id"] = pc.coalesce(numbers["sub_merchant"], text["merchant"])
    columns["terminal_id"] = text["device"]
    columns["product"] = text["trade_type"]
    card = pc.struct_field(pc.extract_regex(text["bank"], "_(?P<card>DEBIT|CREDIT)$"), "card")
    columns["card_type"] = card


def _reject_other_merchants(lines: Lines, text: dict[str, pa.Array], profile: Profile) -> None:
    """Rejects lines of merchants that the profile does not name, where it names any."""
    if profile.wechat.merchants:
        known = pa.array(profile.wechat.merchants, pa.string())
        is_other = pc.invert(pc.is_in(text["merchant"], known))
        rows = pc.indices_nonzero(is_other).to_pylist()
        lines.reject(
            {
                row: f"OTHER_CHANNEL: merchant {text['merchant'][row]} is not this channel's"
                for row in rows
            }
        )


DIALECT = Dialect(
    "wechat_bill", identify, plan, parse=parse,
    to_text=render_bills(_FIRST_HEADINGS, TOTALS), renders_if=parser.identify,
)  # fmt: skip
