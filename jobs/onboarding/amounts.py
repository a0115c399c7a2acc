"""Guesses the columns of amounts and fees, how amounts are printed, and their unit."""

import re

from jobs.onboarding.columns import find_currency
from jobs.onboarding.evidence.value_formats import detect_amount_format, has_ambiguous_groups
from jobs.onboarding.layout_draft import OPEN, TableAnalysis
from schemas.currencies import MINOR_UNITS

_MONEY = ("amount", "incoming", "outgoing", "fee")
_ALL_MONEY = (*_MONEY, "net", "balance")


def guess_amounts(table: TableAnalysis) -> None:
    """Guesses the columns of amounts and fees, how amounts are printed, and their unit."""
    draft, index = table.draft, table.column_index
    if "amount" not in index and {"incoming", "outgoing"} <= set(index):
        both = {name: table.heading(name) for name in ("incoming", "outgoing")}
        draft.set_key("in_out", both, "incoming and outgoing amounts are in two columns")
    else:
        table.column_index = {
            name: at for name, at in index.items() if name not in ("incoming", "outgoing")
        }
    for name in ("amount", "fee"):
        if name in table.column_index:
            draft.layout["columns"][name] = table.heading(name)
    names = [name for name in _MONEY if name in table.column_index]
    if not names or names == ["fee"]:
        draft.layout["columns"]["amount"] = OPEN
        draft.questions.append("which column is the amount (columns.amount)")
        return
    _guess_format(table)
    _guess_unit(table, names)


def _guess_format(table: TableAnalysis) -> None:
    draft = table.draft
    values = [
        value for name in _ALL_MONEY if name in table.column_index for value in table.values(name)
    ]
    if not values:
        return
    is_whole = MINOR_UNITS.get(find_currency(table) or "", 2) == 0
    if has_ambiguous_groups(values):
        mark = next(char for value in values for char in value if char in ".,")
        keys = {"thousands": mark} | ({"decimal": ","} if mark == "." else {})
        if is_whole:
            draft.set_key("amounts", keys, "its currency has no decimals")
        else:
            draft.ask("amounts", f"whether {_example(values)} is in thousands (amounts)", keys)
        return
    amount_format = detect_amount_format(values)
    if amount_format is None:
        draft.ask("amounts", "how amounts are printed (amounts)", {})
    elif amount_format[0]:
        draft.set_key("amounts", amount_format[0], "amounts contain more than digits")
        if amount_format[1]:
            draft.set_key("currencies", amount_format[1], "the currencies of the signs in amounts")


def _example(values: list[str]) -> str:
    return next(value for value in values if re.search(r"[.,]", value))


def _guess_unit(table: TableAnalysis, names: list[str]) -> None:
    draft = table.draft
    values = [value for name in names for value in table.values(name)]
    headings = " ".join(str(table.heading(name)) for name in names).casefold()
    are_integers = values and all(re.fullmatch(r"[+-]?\d+", value) for value in values)
    has_no_decimals = MINOR_UNITS.get(find_currency(table) or "", 2) == 0
    if "分" in headings or re.search(r"\bcents?\b|minor", headings):
        draft.set_key("amount_unit", "minor", "the heading says so")
    elif are_integers and "元" not in headings and not table.is_sheet and not has_no_decimals:
        question = "whether amounts are in cents, as none has decimals (amount_unit)"
        draft.ask("amount_unit", question, "minor")
    elif values:
        draft.set_key(
            "amount_unit", "major", "yuan, dollars and the like; say minor if they are cents"
        )
