"""Bytes of one statement file to canonical lines and declared totals; the registry of dialects."""

from types import ModuleType

from jobs.statements import (
    delimited,
    fixed_width,
    unionpay_zm,
    unionpay_zme,
    wechat_bill,
    wechat_fund_flow,
)

#: Dialects by the name that a profile gives; each module has `identify`, `plan` and `parse`.
DIALECTS: dict[str, ModuleType] = {
    "wechat_bill": wechat_bill,
    "wechat_fund_flow": wechat_fund_flow,
    "delimited": delimited,
    "fixed_width": fixed_width,
    "unionpay_zm": unionpay_zm,
    "unionpay_zme": unionpay_zme,
}
