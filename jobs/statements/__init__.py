"""Bytes of one statement file to canonical lines and declared totals; the registry of dialects."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from jobs.statements.parser import Dialect
from schemas.dialect_options import DIALECT_NAMES

#: Where each dialect is defined, below this package: a module with `DIALECT`.
_MODULES = {
    "wechat_bill": "wechat.bill",
    "wechat_fund_flow": "wechat.fund_flow",
    "alipay_account": "alipay.account",
    "alipay_bill": "alipay.bill",
    "bai2": "bank.bai2.statement_file",
    "camt053": "bank.camt.statement_file",
    "mt940": "bank.mt940.statement_file",
    "stripe_balance": "psp.stripe_balance",
    "adyen_settlement": "psp.adyen.settlement",
    "paypal_settlement": "psp.paypal.settlement",
    "delimited": "delimited.parser",
    "xlsx": "xlsx.parser",
    "fixed_width": "fixed_width.parser",
    "unionpay_zm": "unionpay.zm",
    "unionpay_zme": "unionpay.zme",
}


class _Registry(Mapping[str, Dialect]):
    """Dialects by name, each module loaded when it is asked for: a day of one channel needs one,
    and every process and worker would load all of them and their libraries.
    """

    def __getitem__(self, name: str) -> Dialect:
        dialect: Dialect = import_module(f"{__name__}.{_MODULES[name]}").DIALECT
        return dialect

    def __contains__(self, name: object) -> bool:
        return name in _MODULES

    def __iter__(self) -> Iterator[str]:
        return iter(DIALECT_NAMES)

    def __len__(self) -> int:
        return len(_MODULES)


#: Dialects by the name that a profile gives.
DIALECTS: Mapping[str, Dialect] = _Registry()
