"""Choices and namings of WeChat Pay's bills. Source: docs/reference/dialects/wechat_bill.md."""

from typing import Literal

from schemas.strict import Strict
from schemas.vocabulary import Kind, Status

#: Columns of a merchant bill, by our name.
HEADING_NAMES = Literal[
    "time",
    "refund_time",
    "merchant",
    "sub_merchant",
    "device",
    "payment_id",
    "order_no",
    "trade_type",
    "state",
    "bank",
    "currency",
    "settled",
    "refund_id",
    "refund_no",
    "refunded",
    "coupon_refunded",
    "refund_state",
    "fee",
    "fee_returned",
    "ordered",
    "refund_asked",
    "received",
]

#: What a total of the summary adds up: a column over all lines, or of payments only
#: (`payment_count`, and `paid`, which is `settled` of payments).
TOTAL_NAMES = Literal[
    "count",
    "payment_count",
    "settled",
    "paid",
    "refunded",
    "coupon_refunded",
    "fee",
    "ordered",
    "refund_asked",
    "received",
]


class WechatOptions(Strict):
    """Choices that a WeChat Pay bill leaves open, and another's namings of the same layout.

    `amount`: `settlement` is what is settled, `order` the order's gross amount.
    `merchants`: merchant numbers that the bill may hold; another one is another channel's file.
    `encoding`: a download from the merchant console may be in GBK (write gb18030).
    `headings`, `states`, `refund_states`, `totals` are of bills that a provider serves in WeChat's
    layout under names of its own: our column: their heading (or several, one of which is there),
    their word: WeChat's state or our status, their total: ours.
    """

    amount: Literal["settlement", "order"] = "settlement"
    merchants: tuple[str, ...] = ()
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    headings: dict[HEADING_NAMES, str | tuple[str, ...]] = {}
    states: dict[str, Literal["SUCCESS", "REFUND", "REVOKED"]] = {}
    refund_states: dict[str, Status] = {}
    totals: dict[str, TOTAL_NAMES] = {}


class WechatFundFlowOptions(Strict):
    """What is said of a WeChat Pay fund-flow bill beyond what it says itself.

    `kinds`: their 业务类型: our kind; added to those that are known.
    """

    kinds: dict[str, Kind] = {}
