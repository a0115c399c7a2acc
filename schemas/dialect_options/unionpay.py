"""What is said of UnionPay's files beyond what they say themselves.

Source: docs/reference/dialects/unionpay.md.
"""

from schemas.strict import Strict
from schemas.vocabulary import Kind


class UnionpayOptions(Strict):
    """Choices for `unionpay_zm` and `unionpay_zme`.

    `merchants`: merchant numbers (商户代码) that the file may hold; a line of another is rejected.
    `kinds`: their code (交易类型 of a ZM line, 交易代码 of a ZME line): our kind; added to those
    that are known.
    """

    merchants: tuple[str, ...] = ()
    kinds: dict[str, Kind] = {}
