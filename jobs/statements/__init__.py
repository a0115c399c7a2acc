"""Bytes of one statement file to canonical lines and declared totals; the registry of dialects."""

from types import ModuleType

from jobs.statements import delimited, wechat_bill

#: Dialects by the name that a profile gives; each module has `identify`, `plan` and `parse`.
DIALECTS: dict[str, ModuleType] = {
    "wechat_bill": wechat_bill,
    "delimited": delimited,
}
