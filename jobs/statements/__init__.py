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
)

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
    "fixed_width": fixed_width,
    "unionpay_zm": unionpay_zm,
    "unionpay_zme": unionpay_zme,
}
