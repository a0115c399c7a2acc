"""The frame of WeChat Pay's bills: a header bound by name, lines led by backticks, a summary.

Four parts: detail header, lines, summary header, one summary line. Headings may be led by a
backtick too, and their brackets be of full or half width. Source: WeChat Pay's API documentation,
"merchant bill" and "fund-flow bill".
"""

from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import times
from jobs.statements.parser import Declared, Sample, last_line
from jobs.statements.reading.fast_cells import BACKTICK
from schemas.dialect_options.wechat import WechatOptions
from schemas.errors import FileRefused

#: Our name of a column of the merchant bill, and the headings it has had, today's first.
HEADINGS: dict[str, tuple[str, ...]] = {
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
    "fee_returned": ("返还手续费",),
    "ordered": ("订单金额",),
    "refund_asked": ("申请退款金额",),
    "received": (),
}
#: Headings of the summary, and what they add up.
TOTALS = {
    "总交易单数": "count",
    "应结订单总金额": "settled",
    "总交易额": "settled",
    "退款总金额": "refunded",
    "总退款金额": "refunded",
    "充值券退款总金额": "coupon_refunded",
    "总企业红包退款金额": "coupon_refunded",
    "总代金券或立减优惠退款金额": "coupon_refunded",
    "手续费总金额": "fee",
    "订单总金额": "ordered",
    "申请退款总金额": "refund_asked",
}
#: Totals of refunds: older bills print refunds negative, so they are compared unsigned.
UNSIGNED = ("refunded", "coupon_refunded", "refund_asked")
_NEEDED = ("time", "merchant", "payment_id", "order_no", "state", "currency", "settled", "fee")
#: In every form of WeChat's own; a provider's may lack them.
_USUAL = ("sub_merchant", "device", "trade_type", "bank")
#: These come together or not at all: a heading that is missing among them was damaged.
_REFUNDS = ("refund_id", "refund_no", "refunded", "coupon_refunded", "refund_state")
#: A heading that is not read, and the column that stands in every form that has it.
_BESIDE = {"费率备注": "ordered", "退款成功时间": "refund_time"}
_DECLARED = ("count", "settled", "fee")
_COUNTS = ("count", "payment_count", "in_count", "out_count")
#: What is served instead of a bill, in version 2 and 3 of the API.
_ANSWERS = (b"No Bill Exist", b"NO_BILL_EXIST", b"NO_STATEMENT_EXIST", b"BILL_CREATING")
_BOM = b"\xef\xbb\xbf"


def begins_with(sample: Sample, headings: str, encoding: str = "utf-8") -> bool:
    """Whether the file begins with these headings, each led by a backtick or not."""
    head = sample.head[:1024].removeprefix(_BOM).replace(BACKTICK.encode(), b"")
    return head.startswith(headings.encode(encoding))


def header_of(sample: Sample, headings: str, encoding: str) -> tuple[list[str], int]:
    """The headings, and where the lines begin.

    Raises:
        FileRefused: other headings or another encoding, a heading twice, or the file ends there.
    """
    name = sample.name
    if not begins_with(sample, headings, encoding):
        for other in ("utf-8", "gb18030"):
            if begins_with(sample, headings, other):
                raise FileRefused(
                    "BAD_ENCODING",
                    name,
                    f"it is in {'GBK' if other != 'utf-8' else other}, not in {encoding}",
                    f"fetch it by the API, or set `wechat.encoding` to {other}",
                    1,
                )
        found = f"it does not begin with {headings.rstrip(',')}"
        todo = "send the bill as WeChat Pay serves it, or map its `wechat.headings`"
        if any(answer in sample.head[:1024] for answer in _ANSWERS):
            found = "it is WeChat Pay's answer that there is no bill, not a bill"
            todo = "fetch it again, or say that nothing was traded by `files.marker`"
        raise FileRefused("UNKNOWN_LAYOUT", name, found, todo, 1)
    if b"\n" not in sample.head:
        raise FileRefused(
            "FOOTER_MISSING",
            name,
            "the file ends in its header",
            "fetch the file again, it was cut",
            1,
        )
    start = sample.head.index(b"\n") + 1
    names = _headings(sample.head[:start].removeprefix(_BOM), encoding)
    if len(set(names)) != len(names):
        raise FileRefused(
            "UNKNOWN_LAYOUT", name, "a heading stands twice", "fetch the file again", 1
        )
    return names, start


def places_of(names: list[str], headings: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Which cell (from 0) holds which column, of those that are there."""
    places = {}
    for ours, theirs in headings.items():
        place = next((names.index(heading) for heading in theirs if heading in names), None)
        if place is not None:
            places[ours] = place
    return places


def refuse_missing(
    sample: Sample,
    places: Mapping[str, int],
    headings: Mapping[str, tuple[str, ...]],
    needed: Collection[str],
) -> None:
    """Sees that columns are there.

    Raises:
        FileRefused: a column that is needed is not there.
    """
    missing = ["/".join(headings[ours]) for ours in needed if ours not in places]
    if missing:
        raise FileRefused(
            "UNKNOWN_LAYOUT",
            sample.name,
            f"the header lacks {'、'.join(missing)}",
            "check that it is the right bill, or map its `wechat.headings`",
            1,
        )


def bill_places(sample: Sample, names: list[str], options: WechatOptions) -> dict[str, int]:
    """Which cell of a merchant bill holds which column; what the profile names must be there.

    Raises:
        FileRefused: a column is not there that is needed, named, or in every bill of this form.
    """
    own = {
        str(ours): (theirs,) if isinstance(theirs, str) else theirs
        for ours, theirs in options.headings.items()
    }
    headings = HEADINGS | own
    places = places_of(names, headings)
    needed = [*_NEEDED, *(own or _USUAL)]
    needed += [ours for heading, ours in _BESIDE.items() if heading in names]
    if any(ours in places for ours in _REFUNDS):
        needed += [*_REFUNDS, *(("refund_asked",) if "ordered" in places else ())]
    refuse_missing(sample, places, headings, dict.fromkeys(needed))
    return places


def bill_totals(
    sample: Sample, start: int, options: WechatOptions
) -> tuple[int, tuple[Declared, ...]]:
    """Where a merchant bill's summary begins, and its totals; totals of refunds without sign.

    Raises:
        FileRefused: no summary, or one that lacks a total or cannot be read.
    """
    known = TOTALS | {theirs: str(ours) for theirs, ours in options.totals.items()}
    needed = () if options.totals else _DECLARED
    end, declared = summary_of(sample, start, known, needed, options.encoding)
    return end, tuple(
        Declared(each.name, each.text.removeprefix("-"), each.unit)
        if each.name in UNSIGNED
        else each
        for each in declared
    )


def summary_of(
    sample: Sample, start: int, known: Mapping[str, str], needed: Collection[str], encoding: str
) -> tuple[int, tuple[Declared, ...]]:
    """Where the summary begins, and its totals in yuan or counts, by their names in `known`.

    Raises:
        FileRefused: no summary, an unknown total, one that is needed and not there, or another
            number of values than of headings.
    """
    at, line = last_line(sample)
    end, heading = last_line(sample, at) if at > sample.tail_offset else (0, b"")
    names = _headings(heading, encoding)
    if names[0] not in known or end < start:
        raise FileRefused(
            "FOOTER_MISSING",
            sample.name,
            "the last lines are no summary",
            "fetch the file again, it was cut or lines were added",
        )
    values = line.decode(encoding, "replace").strip().removeprefix(BACKTICK).split(",`")
    strange = [each for each in names if each not in known]
    missing = [each for each in needed if each not in {known.get(name) for name in names}]
    found = ""
    if strange:
        found = f"unknown total {strange[0]}"
    elif missing:
        found = f"the summary lacks the total of {', '.join(missing)}"
    elif len(values) != len(names):
        found = f"{len(values)} values below {len(names)} headings"
    if found:
        raise FileRefused("BAD_FOOTER", sample.name, found, "have the channel correct the summary")
    return end, tuple(
        Declared(known[each], value.strip(), "count" if known[each] in _COUNTS else "major")
        for each, value in zip(names, values, strict=True)
    )


def _headings(line: bytes, encoding: str) -> list[str]:
    text = line.decode(encoding, "replace").replace("（", "(").replace("）", ")")
    return [each.strip().removeprefix(BACKTICK) for each in text.strip().split(",")]


def number(texts: pa.Array) -> pa.Array:
    """A reference as received; a bill writes 0 where there is none."""
    none = pc.equal(texts, "0")
    if not pc.any(none).as_py():
        return texts
    return pc.if_else(none, pa.scalar(None, pa.string()), texts)


def local_times(texts: pa.Array, zone: str) -> tuple[pa.Array, dict[int, str]]:
    """Times as a bill prints them to UTC, and faults by row; some print a colon of full width."""
    if pc.any(pc.match_substring(texts, "：")).as_py():
        texts = pc.replace_substring(texts, "：", ":")
    return times(texts, "%Y-%m-%d %H:%M:%S", zone)
