"""WeChat Pay merchant bill: ALL, SUCCESS, REFUND and RECHARGE_REFUND, today's headers and legacy.

Columns are bound by name; other names of the same layout are mapped by the profile. Source: WeChat
Pay's API documentation, merchant bill; docs/reference/dialects/wechat_bill.md.
"""

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import (
    Lines,
    filled,
    money,
    needed,
    nulls,
    signed_by,
    with_references,
)
from jobs.statements.canonical.money import mapped
from jobs.statements.parser import Declared, Dialect, Parsed, Plan, Sample
from jobs.statements.reading.fast_cells import BACKTICK
from jobs.statements.reading.shape import Cells, Shape
from jobs.statements.wechat.layout import (
    HEADINGS,
    UNSIGNED,
    begins_with,
    bill_places,
    bill_totals,
    header_of,
    local_times,
    number,
)
from schemas.dialect_options.wechat import WechatOptions
from schemas.profile.channel import Profile

_BEGINS = "交易时间,公众账号ID,"
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
    return begins_with(sample, _BEGINS)


def plan(sample: Sample, profile: Profile) -> Plan:
    """Binds the header, finds the summary.

    Raises:
        FileRefused: no bill, a column or the summary missing, or a summary that cannot be read.
    """
    options = profile.wechat
    names, start = header_of(sample, _BEGINS, options.encoding)
    places = bill_places(sample, names, options)
    end, declared = bill_totals(sample, start, options)
    shape = Shape(options.encoding, BACKTICK, None, len(names), tuple(sorted(set(places.values()))))
    proved = _covered(places, declared, options)
    return Plan("wechat_bill", shape, places, start, 2, end, declared, "CNY", "on", proved)


def _covered(
    places: dict[str, int], declared: tuple[Declared, ...], options: WechatOptions
) -> tuple[str, ...]:
    """What totals of other names prove: an amount is what was paid in less what was given back."""
    totals = {each.name for each in declared}
    gross = options.amount == "order"
    paid = "ordered" in totals if gross and "ordered" in places else {"settled", "paid"} & totals
    back = "refund_asked" if gross and "refund_asked" in places else "refunded"
    return ("amount",) if paid and (back in totals or back not in places) else ()


def parse(cells: Cells, plan: Plan, profile: Profile) -> Parsed:
    """Cells of a bill to canonical lines; a refund's own numbers are its references."""
    count = len(cells.line_no)
    text = {
        ours: filled(cells.columns[plan.places[ours]]) if ours in plan.places else nulls(count)
        for ours in HEADINGS
    }
    lines = Lines({"currency": text["currency"]})
    nothing = pa.repeat(pa.scalar(0, pa.int64()), count)
    sums = dict.fromkeys(_MONEY, nothing)
    for name in (name for name in _MONEY if name in plan.places):
        money(lines, name, text[name], "major")
        sums[name] = pc.fill_null(lines.columns.pop(name), 0)
        if name in UNSIGNED:
            sums[name] = pc.abs(sums[name])
    refund = _what(lines, text, sums, plan, profile)
    _references(lines, text, refund)
    local = text["time"]
    if "refund_time" in plan.places:
        local = pc.coalesce(text["refund_time"], local)
    lines.columns["traded_at"], faults = local_times(local, profile.zone)
    lines.blame(faults)
    needed(lines, ("currency", "traded_at", "channel_ref", "amount"))
    _ours(lines, text, profile)
    with_references(lines.columns, profile)
    sums["count"] = pa.repeat(pa.scalar(1, pa.int64()), count)
    names = {each.name for each in plan.declared}
    if names & {"paid", "payment_count"}:
        sums["paid"] = pc.if_else(refund, nothing, sums["settled"])
        sums["payment_count"] = pc.invert(refund).cast(pa.int64())
    return Parsed(lines, {name: sums[name] for name in names})


def _what(
    lines: Lines, text: dict[str, pa.Array], sums: dict[str, pa.Array], plan: Plan, profile: Profile
) -> pa.Array:
    """Kind, status, amount and fee of each line; whether it is a refund."""
    columns, options = lines.columns, profile.wechat
    words = _STATES | options.states
    state, faults = mapped(text["state"], words.get, "UNKNOWN_STATUS")
    lines.blame(faults)
    words = _REFUND_STATES | {word: own.value for word, own in options.refund_states.items()}
    refund_state, faults = mapped(text["refund_state"], words.get, "UNKNOWN_STATUS")
    lines.blame(faults)
    needed(Lines({"state": state}, lines.faults), ("state",))
    revoked = pc.equal(state, "REVOKED")
    moved = pc.or_(pc.not_equal(sums["refunded"], 0), pc.not_equal(sums["refund_asked"], 0))
    given_back = pc.equal(state, "REFUND")
    refund = pc.fill_null(pc.or_(given_back, pc.and_(revoked, moved)), False)
    unsaid = pc.and_(given_back, pc.is_null(refund_state))
    lines.blame_where(unsaid, "UNKNOWN_STATUS: a refund without 退款状态")
    lines.blame_where(
        pc.and_(pc.equal(state, "SUCCESS"), moved), "BAD_AMOUNT: a payment with 退款金额"
    )
    columns["kind"] = pc.if_else(refund, "REFUND", "PAYMENT")
    paid = pc.if_else(revoked, "REVERSED", "SUCCEEDED")
    columns["status"] = pc.if_else(refund, pc.fill_null(refund_state, "SUCCEEDED"), paid)
    gross = options.amount == "order"
    paid_in = "ordered" if gross and "ordered" in plan.places else "settled"
    back = "refund_asked" if gross and "refund_asked" in plan.places else "refunded"
    lines.blame_where(
        pc.and_(pc.less(sums[paid_in], 0), pc.invert(refund)),
        "BAD_AMOUNT: a payment below zero",
    )
    size = pc.if_else(refund, sums[back], sums[paid_in])
    printed = pc.if_else(refund, pc.is_valid(text[back]), pc.is_valid(text[paid_in]))
    size = pc.if_else(printed, size, _NO_AMOUNT)
    columns["amount"] = signed_by(size, refund, pc.invert(refund))
    fee = _fee(lines, sums) if "fee_returned" in plan.places else sums["fee"]
    columns["fee"] = pc.if_else(pc.is_valid(text["fee"]), fee, _NO_AMOUNT)
    if gross:
        # Coupons of the channel's are in the order's amount and not in what is paid out.
        net = pc.if_else(refund, pc.negate(sums["refunded"]), sums["settled"])
        columns["settlement_amount"] = pc.subtract(net, sums["fee"])
        columns["settlement_currency"] = columns["currency"]
    return refund


def _fee(lines: Lines, sums: dict[str, pa.Array]) -> pa.Array:
    """The fee where the bill has 返还手续费 too (RECHARGE_REFUND): given back is below zero."""
    back, fee = pc.abs(sums["fee_returned"]), sums["fee"]
    both = pc.and_(pc.not_equal(back, 0), pc.not_equal(fee, 0))
    lines.blame_where(
        pc.and_(both, pc.not_equal(back, pc.abs(fee))),
        "BAD_AMOUNT: 手续费 and 返还手续费 differ",
    )
    return pc.if_else(pc.not_equal(back, 0), pc.negate(back), fee)


def _references(lines: Lines, text: dict[str, pa.Array], refund: pa.Array) -> None:
    """References of each line, and who and what it is of."""
    columns = lines.columns
    numbers = {
        key: number(text[key])
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


def _ours(lines: Lines, text: dict[str, pa.Array], profile: Profile) -> None:
    """Blames lines of merchants that the profile does not name, where it names any."""
    if profile.wechat.merchants:
        known = pa.array(profile.wechat.merchants, pa.string())
        strange = pc.invert(pc.is_in(text["merchant"], known))
        rows = pc.indices_nonzero(strange).to_pylist()
        lines.blame(
            {
                row: f"OTHER_CHANNEL: merchant {text['merchant'][row]} is not this channel's"
                for row in rows
            }
        )


DIALECT = Dialect("wechat_bill", identify, plan, parse=parse)
