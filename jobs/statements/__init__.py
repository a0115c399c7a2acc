"""Bytes of one statement file to canonical lines and declared totals; the registry of dialects."""

from types import ModuleType

from jobs.statements import (
    adyen_settlement,
    alipay_account,
    alipay_bill,
    bai2,
    camt053,
    delimited,
    fixed_width,
    mt940,
    paypal_settlement,
    stripe_balance,
    unionpay_zm,
    unionpay_zme,
    wechat_bill,
    wechat_fund_flow,
    xlsx,
)
from schemas.layout import DelimitedLayout
from schemas.profile import Profile

#: Dialects by the name that a profile gives; each module has `identify`, `plan` and `parse`.
DIALECTS: dict[str, ModuleType] = {
    "wechat_bill": wechat_bill,
    "wechat_fund_flow": wechat_fund_flow,
    "alipay_account": alipay_account,
    "alipay_bill": alipay_bill,
    "bai2": bai2,
    "camt053": camt053,
    "mt940": mt940,
    "stripe_balance": stripe_balance,
    "adyen_settlement": adyen_settlement,
    "paypal_settlement": paypal_settlement,
    "delimited": delimited,
    "xlsx": xlsx,
    "fixed_width": fixed_width,
    "unionpay_zm": unionpay_zm,
    "unionpay_zme": unionpay_zme,
}


def text_layout(profile: Profile) -> DelimitedLayout | None:
    """How the lines of a channel's files are cut, where they are separated text or a sheet's."""
    if profile.dialect == "xlsx":
        return xlsx.as_text(profile).layout
    return profile.layout if profile.dialect == "delimited" else None
