"""UnionPay's ZM and ZME records for tests; the settlement day is 2026-11-16."""

from collections.abc import Iterable

ZM_FILE_NAME = "INN26111688ZM_898000000000001"
ZME_FILE_NAME = "INN26111688ZME_898000000000001"
_ZM_WIDTHS = (
    "code:3 agent:11 sender:11 trace:6 time:10 account:19 amount:12 mcc:4 term_type:2 query_id:21"
    " old_way:2 order_no:32 card:2 original_trace:6 original_time:10 fee:13 settled:13 way:4"
    " group:15 kind:2 sub_kind:2 business:6 account_type:2 bill_type:4 bill_no:32 interact:1"
    " original_id:21 merchant:15 split:1 second_merchant:15 second_name:32 second_amount:13 net:13"
    " terminal:8 own:32 discount:13 invoice:13 instalment_fee:12 instalments:2 medium:1"
    " original_order:32"
)
#: The last 98 bytes: one reserve, or six fields since V2.5.
_LAST_BEFORE_V25, _LAST_SINCE_V25 = (
    " reserve:98",
    " cleared:13 entry:2 mobile:1 rrn:12 campaign:20 reserve:45",
)
_ZME_WIDTHS = (
    "code:3 agent:11 sender:11 trace:6 time:10 account:19 amount:12 mcc:4 term_type:2 card:2"
    " original_trace:6 original_time:10 original_day:4 original_amount:12 fee:13 settled:13"
    " group:15 merchant:15 split:1 instalment_fee:12 instalments:2 reserve:135"
)
_PAYMENT = {
    "code": "S22",
    "agent": "00049992",
    "sender": "00049993",
    "trace": "100001",
    "time": "1116093000",
    "account": "621226*********0017",
    "mcc": "5411",
    "term_type": "07",
    "card": "01",
    "way": "0001",
    "kind": "01",
    "sub_kind": "01",
    "business": "000201",
    "account_type": "01",
    "merchant": "898000000000001",
    "split": "0",
    "second_name": "示例商店",
    "terminal": "01080209",
    "original_trace": "000000",
    "original_time": "0000000000",
}


def _build_record(widths: str, values: dict[str, str]) -> bytes:
    """Joins fields of these widths in bytes, with one blank between them."""
    cells = []
    for field_width in widths.split():
        name, width = field_width.split(":")
        cells.append(values.get(name, "").encode("gb18030").ljust(int(width)))
        assert len(cells[-1]) == int(width), name
    return b" ".join(cells)


def _format_amount(fen: int, positive: str = "C", negative: str = "D") -> str:
    return f"{positive if fen >= 0 else negative}{abs(fen):012}"


def build_zm_record(
    number: int, fen: int, fee: int = 0, /, since_v25: bool = True, **fields: str
) -> bytes:
    """Builds a detail record without its line end: `fen` signed, `fee` positive where charged."""
    kind_fields = {} if fen >= 0 else {"code": "S30", "kind": "04"}
    amount_fields = {
        "amount": f"{abs(fen):012}",
        "fee": _format_amount(fee, "D", "C"),
        "settled": _format_amount(fen - fee),
        "net": _format_amount(fen - fee),
        "query_id": f"2026111609300{number:08}",
        "order_no": f"S20261116{number:06}",
    }
    return _build_record(
        _ZM_WIDTHS + (_LAST_SINCE_V25 if since_v25 else _LAST_BEFORE_V25),
        {**_PAYMENT, **amount_fields, **kind_fields, **fields},
    )


def build_zme_record(number: int, fen: int, fee: int = 0, /, **fields: str) -> bytes:
    """Builds an error record without its line end."""
    amount_fields = {
        "code": "E84",
        "amount": f"{abs(fen):012}",
        "fee": _format_amount(fee, "D", "C"),
        "settled": _format_amount(fen - fee),
        "trace": f"{number:06}",
        "original_trace": f"{number + 500:06}",
        "original_time": "1112083000",
    }
    return _build_record(_ZME_WIDTHS, {**_PAYMENT, **amount_fields, **fields})


def join_records(records: Iterable[bytes], end: bytes = b"\r\n") -> bytes:
    """Joins records to a file."""
    return b"".join(record + end for record in records)
