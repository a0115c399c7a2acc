"""Bytes of one statement file to canonical lines and declared totals; the registry of dialects."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType

from schemas.layout import DelimitedLayout
from schemas.profile import Profile

_NAMES = (
    "wechat_bill",
    "wechat_fund_flow",
    "alipay_account",
    "alipay_bill",
    "bai2",
    "camt053",
    "mt940",
    "stripe_balance",
    "adyen_settlement",
    "paypal_settlement",
    "delimited",
    "xlsx",
    "fixed_width",
    "unionpay_zm",
    "unionpay_zme",
)


class _Dialects(Mapping[str, ModuleType]):
    """The modules by name, each loaded when it is asked for: a day of one channel needs one, and
    every process and worker would load all of them and their libraries.
    """

    def __getitem__(self, name: str) -> ModuleType:
        if name not in _NAMES:
            raise KeyError(name)
        return import_module(f"{__name__}.{name}")

    def __contains__(self, name: object) -> bool:
        return name in _NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


#: Dialects by the name that a profile gives; each module has `identify`, `plan` and `parse`.
DIALECTS: Mapping[str, ModuleType] = _Dialects()


def text_layout(profile: Profile) -> DelimitedLayout | None:
    """How the lines of a channel's files are cut, where they are separated text or a sheet's."""
    if profile.dialect == "xlsx":
        from jobs.statements import xlsx

        return xlsx.as_text(profile).layout
    return profile.layout if profile.dialect == "delimited" else None
