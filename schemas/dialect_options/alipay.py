"""Choices that Alipay bills leave open. Source: docs/reference/dialects/alipay_bill.md."""

from typing import Literal

from schemas.strict import Strict
from schemas.vocabulary import Kind


class AlipayOptions(Strict):
    """Options of the trade detail and of the account detail.

    `accounts`: our partner ids, 16 digits each; a bill of another one is another channel's file.
    `amount`: `settlement` is what we receive, `order` the order's gross amount. `kinds`: kinds of
    lines of the account detail by their 业务类型, beside the known ones. `balance`: whether its
    running balance must follow from line to line; Alipay says of its account log that it need not.
    """

    accounts: tuple[str, ...] = ()
    amount: Literal["settlement", "order"] = "settlement"
    kinds: dict[str, Kind] = {}
    balance: Literal["checked", "unchecked"] = "checked"
