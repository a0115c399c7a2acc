"""WeChat Pay merchant bill: ALL, SUCCESS and REFUND, today's headers and the legacy ones.

UTF-8, a detail header, lines whose values are led by a backtick, a summary header and one line.
Source: WeChat Pay's API documentation, merchant bill; docs/reference/dialects.md, "wechat_bill".
"""

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical import (
    Lines,
    filled,
    money,
    needed,
    nulls,
    signed_by,
    times,
    with_references,
)
from jobs.statements.cells import BACKTICK, Cells, Shape
from jobs.statements.dialect import Declared, Parsed, Plan, Sample, last_line
from jobs.statements.money import mapped
from schemas.errors import FileRefused
from schemas.profile import Profile

#: Our name of a column, and the headings it has had.
HEADINGS = {
    "time": ("交易时间",),
    "refund_time": ("退款申请时间",),
    "merchant": ("商户号",),
    "sub_merchant": ("特约商户号", "子商户号"),
    "device": ("设备号",),
    "payment_id": ("微信订单号",),
    "order_no": ("商户订单号",),
    "trade_type": ("交易类型",),
    "state": ("交易状态",),
    "bank": ("付款银行",),
    "currency": ("货币种类",),
    "settled": ("应结订单金额", "总金额"),
    "refund_id": ("微信退款单号",),
    "refund_no": ("商户退款单号",),
    "refunded": ("退款金额",),
    "coupon_refunded": ("充值券退款金额", "企业红包退款金额", "代金券或立减优惠退款金额"),
    "refund_state": ("退款状态",),
    "fee": ("手续费",),
    "ordered": ("订单金额",),
    "refund_asked": ("申请退款金额",),
}
NEEDED = ("time", "merchant", "payment_id", "order_no", "state", "currency", "settled", "fee")
TOTALS = {
    "count": ("总交易单数",),
    "settled": ("应结订单总金额", "总交易额"),
    "refunded": ("退款总金额", "总退款金额"),
    "coupon_refunded": ("充值券退款总金额", "总企业红包退款金额", "总代金券或立减优惠退款金额"),
    "fee": ("手续费总金额",),
    "ordered": ("订单总金额",),
    "refund_asked": ("申请退款总金额",),
}
_MONEY = ("settled", "refunded", "coupon_refunded", "fee", "ordered", "refund_asked")
_STATES = {"SUCCESS": "SUCCESS", "REFUND": "REFUND", "REVOKED": "REVOKED"}
_REFUND_STATES = {
    "SUCCESS": "SUCCEEDED",
    "PROCESSING": "PENDING",
    "CHANGE": "PENDING",
    "FAIL": "FAILED",
    "CLOSED": "CLOSED",
}
_BOM = b"\xef\xbb\xbf"
_SUMMARY = "总交易单数".encode()


def identify(sample: Sample) -> bool:
    """Whether the file begins with a bill's detail header."""
    return sample.head.removeprefix(_BOM).startswith("交易时间,公众账号ID,".encode())


def plan(sample: Sample, profile: Profile) -> Plan:
    """Binds the header, finds the summary.

    Raises:
        FileRefused: no bill, a column or the summary missing, or a summary that cannot be read.
    """
    name = sample.name
    if sample.head.startswith("交易时间".encode("gb18030")):
        raise FileRefused(
            "BAD_ENCODING",
            name,
            "it is in GBK, not in UTF-8",
            "fetch it by the API, or save it as UTF-8",
            1,
        )
    if not identify(sample):
        raise FileRefused(
            "UNKNOWN_LAYOUT",
            name,
            "it does not begin with 交易时间,公众账号ID",
            "send the bill as WeChat Pay serves it, in UTF-8",
            1,
        )
    if b"\n" not in sample.head:
        raise FileRefused(
            "FOOTER_MISSING",
            name,
            "the file ends in its header",
            "fetch the file again, it was cut",
            1,
        )
    start = sample.head.index(b"\n") + 1
    header = sample.head[:start].removeprefix(_BOM).decode("utf-8", "replace").strip().split(",")
    places = {
        ours: header.index(heading)
        for ours, headings in HEADINGS.items()
        for heading in headings
        if heading in header
    }
    missing = [HEADINGS[ours][0] for ours in NEEDED if ours not in places]
    if missing or len(set(header)) != len(header):
        found = f"the header lacks {'、'.join(missing)}" if missing else "a heading stands twice"
        raise FileRefused("UNKNOWN_LAYOUT", name, found, "check that it is a merchant bill", 1)
    end, declared = _summary(sample)
    if end < start:
        raise FileRefused(
            "FOOTER_MISSING", name, "no summary below the lines", "fetch the file again, it was cut"
        )
    shape = Shape("utf-8", BACKTICK, None, len(header), tuple(sorted(places.values())))
    at = (start, 2, end)
    return Plan("wechat_bill", shape, places, *at, declared, "CNY", "on", covered=("amount",))


def _summary(sample: Sample) -> tuple[int, tuple[Declared, ...]]:
    at, line = last_line(sample)
    end, heading = last_line(sample, at)
    if not heading.startswith(_SUMMARY):
        raise FileRefused(
            "FOOTER_MISSING",
            sample.name,
            "the last lines are no summary",
            "fetch the file again, it was cut or lines were added",
        )
    names = heading.decode("utf-8", "replace").strip().split(",")
    values = line.decode("utf-8", "replace").strip().removeprefix(BACKTICK).split(",`")
    known = {heading: ours for ours, headings in TOTALS.items() for heading in headings}
    strange = [each for each in names if each not in known]
    if strange or len(values) != len(names):
        found = (
            f"unknown total {strange[0]}"
            if strange
            else (f"{len(values)} values below {len(names)} headings")
        )
        raise FileRefused("BAD_FOOTER", sample.name, found, "have the channel correct the summary")
    return end, tuple(
        Declared(known[each], value.strip(), "count" if known[each] == "count" else "major")
        for each, value in zip(names, values, strict=True)
    )


def parse(cells: Cells, plan: Plan, profile: Profile) -> Parsed:
    """Cells of a bill to canonical lines; a refund's own numbers are its references."""
    count = len(cells.line_no)
    text = {
        ours: filled(cells.columns[plan.places[ours]]) if ours in plan.places else nulls(count)
        for ours in HEADINGS
    }
    lines = Lines({"currency": text["currency"]})
    for name in _MONEY:
        money(lines, name, text[name], "major")
    sums = {name: pc.fill_null(lines.columns.pop(name), 0) for name in _MONEY}
    sums["count"] = pa.array([1] * count, pa.int64())
    _what(lines, text, sums, profile)
    local = text["time"]
    if "refund_time" in plan.places:
        local = pc.coalesce(text["refund_time"], local)
    if pc.any(pc.match_substring(local, "：")).as_py():
        local = pc.replace_substring(local, "：", ":")
    lines.columns["traded_at"], faults = times(local, "%Y-%m-%d %H:%M:%S", profile.zone)
    lines.blame(faults)
    needed(lines, ("currency", "traded_at", "channel_ref", "amount"))
    _ours(lines, text, profile)
    with_references(lines.columns, profile)
    return Parsed(lines, {each.name: sums[each.name] for each in plan.declared})


def _what(
    lines: Lines, text: dict[str, pa.Array], sums: dict[str, pa.Array], profile: Profile
) -> None:
    """Kind, status, amount, fee and references of each line."""
    columns = lines.columns
    state, faults = mapped(text["state"], _STATES.get, "UNKNOWN_STATUS")
    lines.blame(faults)
    refund_state, faults = mapped(text["refund_state"], _REFUND_STATES.get, "UNKNOWN_STATUS")
    lines.blame(faults)
    needed(Lines({"state": state}, lines.faults), ("state",))
    revoked = pc.equal(state, "REVOKED")
    moved = pc.or_(pc.not_equal(sums["refunded"], 0), pc.not_equal(sums["refund_asked"], 0))
    refund = pc.fill_null(pc.or_(pc.equal(state, "REFUND"), pc.and_(revoked, moved)), False)
    unsaid = pc.and_(pc.equal(state, "REFUND"), pc.is_null(refund_state))
    if pc.any(unsaid).as_py():
        rows = pc.indices_nonzero(pc.fill_null(unsaid, False)).to_pylist()
        lines.blame(dict.fromkeys(rows, "UNKNOWN_STATUS: a refund without 退款状态"))
    columns["kind"] = pc.if_else(refund, "REFUND", "PAYMENT")
    paid = pc.if_else(revoked, "REVERSED", "SUCCEEDED")
    columns["status"] = pc.if_else(refund, pc.fill_null(refund_state, "SUCCEEDED"), paid)
    gross = profile.wechat.amount == "order"
    paid_in = "ordered" if gross and _there(text["ordered"]) else "settled"
    given_back = "refund_asked" if gross and _there(text["refund_asked"]) else "refunded"
    size = pc.if_else(refund, sums[given_back], sums[paid_in])
    printed = pc.if_else(refund, pc.is_valid(text[given_back]), pc.is_valid(text[paid_in]))
    size = pc.if_else(printed, size, pa.scalar(None, pa.int64()))
    columns["amount"] = signed_by(size, refund, pc.invert(refund))
    columns["fee"] = pc.if_else(pc.is_valid(text["fee"]), sums["fee"], pa.scalar(None, pa.int64()))
    number = {
        key: _number(text[key])
        for key in ("payment_id", "order_no", "refund_id", "refund_no", "sub_merchant")
    }
    columns["our_ref"] = pc.if_else(refund, number["refund_no"], number["order_no"])
    columns["channel_ref"] = pc.if_else(
        refund, pc.coalesce(number["refund_id"], number["payment_id"]), number["payment_id"]
    )
    columns["order_ref"] = number["order_no"]
    columns["original_ref"] = pc.if_else(refund, number["payment_id"], pa.scalar(None, pa.string()))
    columns["merchant_id"] = pc.coalesce(number["sub_merchant"], text["merchant"])
    columns["terminal_id"] = text["device"]
    columns["product"] = text["trade_type"]
    card = pc.struct_field(pc.extract_regex(text["bank"], "_(?P<card>DEBIT|CREDIT)$"), "card")
    columns["card_type"] = card


def _number(texts: pa.Array) -> pa.Array:
    """A reference as received; a bill writes 0 where there is none."""
    none = pc.equal(texts, "0")
    if not pc.any(none).as_py():
        return texts
    return pc.if_else(none, pa.scalar(None, pa.string()), texts)


def _there(texts: pa.Array) -> bool:
    return bool(len(texts) > texts.null_count)


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
