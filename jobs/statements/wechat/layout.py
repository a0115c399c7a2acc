"""The layout of WeChat Pay's bills: a header bound by name, cells led by backticks, a summary.

Four parts: detail header, lines, summary header, one summary line. Headings may be led by a
backtick too, and their brackets be of full or half width. Source: WeChat Pay's API documentation,
"merchant bill" and "fund-flow bill".
"""

from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import parse_local_times
from jobs.statements.parser import DeclaredTotal, Sample, find_last_line
from jobs.statements.reading.fast_cells import BACKTICK
from schemas.dialect_options.wechat import WechatOptions
from schemas.errors import FileRefused

#: By our name of a column of the merchant bill, its headings, the current one first.
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
#: Headings of the summary, and the column that each adds up.
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
#: Columns of every bill of WeChat's own; a provider's bill may lack them.
_WECHAT_COLUMNS = ("sub_merchant", "device", "trade_type", "bank")
#: A bill has all of these columns or none: a missing heading among them is damaged.
_REFUND_COLUMNS = ("refund_id", "refund_no", "refunded", "coupon_refunded", "refund_state")
#: A heading that the reader does not need, and the column that every bill with it has.
_COMPANION_COLUMNS = {"费率备注": "ordered", "退款成功时间": "refund_time"}
_DECLARED = ("count", "settled", "fee")
_COUNTS = ("count", "payment_count", "in_count", "out_count")
#: Answers of the API, versions 2 and 3, in place of a bill.
_ERROR_ANSWERS = (b"No Bill Exist", b"NO_BILL_EXIST", b"NO_STATEMENT_EXIST", b"BILL_CREATING")
_BOM = b"\xef\xbb\xbf"


def begins_with(sample: Sample, headings: str, encoding: str = "utf-8") -> bool:
    """Whether the file begins with these headings, each led by a backtick or not."""
    head = sample.head[:1024].removeprefix(_BOM).replace(BACKTICK.encode(), b"")
    return head.startswith(headings.encode(encoding))


def read_header(sample: Sample, headings: str, encoding: str) -> tuple[list[str], int]:
    """The headings, and the byte at which the lines begin.

    Raises:
        FileRefused: other headings or another encoding, a heading twice, or no line end.
    """
    name = sample.file_name
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
        problem = f"it does not begin with {headings.rstrip(',')}"
        todo = "send the bill as WeChat Pay serves it, or map its `wechat.headings`"
        if any(answer in sample.head[:1024] for answer in _ERROR_ANSWERS):
            problem = "it is WeChat Pay's answer that there is no bill, not a bill"
            todo = "fetch it again, or say that nothing was traded by `files.marker`"
        raise FileRefused("UNKNOWN_LAYOUT", name, problem, todo, 1)
    if b"\n" not in sample.head:
        raise FileRefused(
            "FOOTER_MISSING",
            name,
            "the file ends in its header",
            "fetch the file again, it was cut",
            1,
        )
    start = sample.head.index(b"\n") + 1
    names = _split_headings(sample.head[:start].removeprefix(_BOM), encoding)
    if len(set(names)) != len(names):
        raise FileRefused(
            "UNKNOWN_LAYOUT", name, "a heading stands twice", "fetch the file again", 1
        )
    return names, start


def find_columns(names: list[str], headings: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """The cell (from 0) of each column that the header has."""
    places = {}
    for column, known in headings.items():
        place = next((names.index(heading) for heading in known if heading in names), None)
        if place is not None:
            places[column] = place
    return places


def assert_columns(
    sample: Sample,
    places: Mapping[str, int],
    headings: Mapping[str, tuple[str, ...]],
    needed: Collection[str],
) -> None:
    """Makes sure that the header has the needed columns.

    Raises:
        FileRefused: a needed column is missing.
    """
    missing = ["/".join(headings[column]) for column in needed if column not in places]
    if missing:
        raise FileRefused(
            "UNKNOWN_LAYOUT",
            sample.file_name,
            f"the header lacks {'、'.join(missing)}",
            "check that it is the right bill, or map its `wechat.headings`",
            1,
        )


def bind_bill_columns(sample: Sample, names: list[str], options: WechatOptions) -> dict[str, int]:
    """The cell (from 0) of each column of a merchant bill.

    Raises:
        FileRefused: a column is missing that the reader needs, that the profile names, or that
            every bill of this form has.
    """
    own = {
        str(column): (heading,) if isinstance(heading, str) else heading
        for column, heading in options.headings.items()
    }
    headings = HEADINGS | own
    places = find_columns(names, headings)
    needed = [*_NEEDED, *(own or _WECHAT_COLUMNS)]
    needed += [column for heading, column in _COMPANION_COLUMNS.items() if heading in names]
    if any(column in places for column in _REFUND_COLUMNS):
        needed += [*_REFUND_COLUMNS, *(("refund_asked",) if "ordered" in places else ())]
    assert_columns(sample, places, headings, dict.fromkeys(needed))
    return places


def read_bill_totals(
    sample: Sample, start: int, options: WechatOptions
) -> tuple[int, tuple[DeclaredTotal, ...]]:
    """The byte at which a merchant bill's summary begins, and its totals; refunds unsigned.

    Raises:
        FileRefused: the bill has no summary, or one that lacks a total or cannot be read.
    """
    known = TOTALS | {heading: str(name) for heading, name in options.totals.items()}
    needed = () if options.totals else _DECLARED
    end, declared = read_summary(sample, start, known, needed, options.encoding)
    return end, tuple(
        DeclaredTotal(total.name, total.text.removeprefix("-"), total.unit)
        if total.name in UNSIGNED
        else total
        for total in declared
    )


def read_summary(
    sample: Sample, start: int, known: Mapping[str, str], needed: Collection[str], encoding: str
) -> tuple[int, tuple[DeclaredTotal, ...]]:
    """The byte at which the summary begins, and its totals in yuan or counts, named as in `known`.

    Raises:
        FileRefused: there is no summary, it has an unknown total or lacks a needed one, or has more
            or fewer values than headings.
    """
    at, line = find_last_line(sample)
    end, heading = find_last_line(sample, at) if at > sample.tail_offset else (0, b"")
    names = _split_headings(heading, encoding)
    if names[0] not in known or end < start:
        raise FileRefused(
            "FOOTER_MISSING",
            sample.file_name,
            "the last lines are no summary",
            "fetch the file again, it was cut or lines were added",
        )
    values = line.decode(encoding, "replace").strip().removeprefix(BACKTICK).split(",`")
    unknown = [name for name in names if name not in known]
    missing = [total for total in needed if total not in {known.get(name) for name in names}]
    problem, todo = "", "have the channel correct the summary"
    if "" in unknown:
        problem = f"heading {names.index('') + 1} of the summary is blank"
        todo = "take the file as the channel sent it: a spreadsheet pads lines with commas"
    elif unknown:
        problem = f"unknown total {unknown[0]}"
    elif missing:
        problem = f"the summary lacks the total of {', '.join(missing)}"
    elif len(values) != len(names):
        problem = f"{len(values)} values below {len(names)} headings"
    if problem:
        raise FileRefused("BAD_FOOTER", sample.file_name, problem, todo)
    return end, tuple(
        DeclaredTotal(known[name], value.strip(), "count" if known[name] in _COUNTS else "major")
        for name, value in zip(names, values, strict=True)
    )


def _split_headings(line: bytes, encoding: str) -> list[str]:
    text = line.decode(encoding, "replace").replace("（", "(").replace("）", ")")
    return [heading.strip().removeprefix(BACKTICK) for heading in text.strip().split(",")]


def zero_to_null(texts: pa.Array) -> pa.Array:
    """References as received; null where the bill prints 0 for no reference."""
    none = pc.equal(texts, "0")
    if not pc.any(none).as_py():
        return texts
    return pc.if_else(none, pa.scalar(None, pa.string()), texts)


def parse_times(texts: pa.Array, zone: str) -> tuple[pa.Array, dict[int, str]]:
    """Printed times in UTC, and faults by row; accepts colons of full width."""
    if pc.any(pc.match_substring(texts, "：")).as_py():
        texts = pc.replace_substring(texts, "：", ":")
    return parse_local_times(texts, "%Y-%m-%d %H:%M:%S", zone)
