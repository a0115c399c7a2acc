"""Statement files to canonical lines and declared totals; the registry of dialects."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from jobs.statements.parser import Dialect
from schemas.dialect_options import DIALECT_NAMES

#: The module of each dialect, below this package. Each defines `DIALECT`.
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
    """Dialects by name. It loads a module when a caller first reads it, because a channel needs one
    dialect only and every worker process would otherwise load all dialects and their libraries.
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


#: Dialects by the name in a profile.
DIALECTS: Mapping[str, Dialect] = _Registry()
