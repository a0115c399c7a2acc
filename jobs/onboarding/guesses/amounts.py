"""Guesses the columns of amounts and fees, how amounts are printed, and their unit."""

import re

from jobs.onboarding.evidence.currencies import YEN_SIGNS, find_signs
from jobs.onboarding.evidence.headings import normalize_heading
from jobs.onboarding.evidence.value_formats import (
    SIGNS,
    count_amounts,
    detect_amount_format,
    find_ambiguous_mark,
)
from jobs.onboarding.guesses.columns import currency_of_language, find_currency
from jobs.onboarding.guesses.kinds import is_below_zero
from jobs.onboarding.layout_draft import OPEN, TableAnalysis
from schemas.currencies import MINOR_UNITS

_MONEY = ("amount", "incoming", "outgoing", "fee")
_ALL_MONEY = (*_MONEY, "net", "balance")

#: Units of which one is many of the currency.
_MULTIPLES = re.compile(
    r"[十百千万亿萬億]+[元円圆圓]|in (?:thousands|millions)|\b[kK](?:EUR|USD|GBP|CHF)\b|[kKT]€"
    r"|[kK]\$|\b(?:[Tt]sd|[Mm]io)\b|\b000s\b|['’]000\b"
)

#: A line above the trades: `单位：万元`, `(in thousands)`.
_UNIT = re.compile(r"(?:单位|單位|単位)\s*[:：]\s*\S{1,6}|in thousands|in millions", re.IGNORECASE)


def guess_amounts(table: TableAnalysis) -> None:
    """Guesses the columns of amounts and fees, how amounts are printed, and their unit."""
    draft, index = table.draft, table.column_index
    if "amount" not in index and {"incoming", "outgoing"} <= set(index):
        both = {name: table.heading(name) for name in ("incoming", "outgoing")}
        draft.set_key("in_out", both, "incoming and outgoing amounts are in two columns")
        below = [is_below_zero(value) for value in table.values("outgoing")]
        if any(below) and not all(below):
            draft.questions.append(
                f"what lines are whose {both['outgoing']} has the other sign than most (in_out)"
            )
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
    has_total = "amount" in index and normalize_heading(str(table.heading("amount"))) == "total"
    if has_total and "fee" in index and "net" not in index:
        question = (
            f"whether {table.heading('amount')} is the amount before the fee (columns.amount)"
        )
        draft.questions.append(question)


def _guess_format(table: TableAnalysis) -> None:
    draft = table.draft
    names = [name for name in _ALL_MONEY if name in table.column_index and table.values(name)]
    columns = [table.values(name) for name in names]
    values = [value for column in columns for value in column]
    if not values:
        return
    is_whole = MINOR_UNITS.get(find_currency(table) or "", 2) == 0
    mark = find_ambiguous_mark(columns)
    if mark is not None:
        keys = {"thousands": mark} | ({"decimal": ","} if mark == "." else {})
        if is_whole:
            draft.set_key("amounts", keys, "its currency has no decimals")
        else:
            example = next(value for value in values if re.search(rf"\d{re.escape(mark)}", value))
            draft.ask("amounts", f"whether {example} is in thousands (amounts)", keys)
        return
    home = currency_of_language(table.table)
    signs = find_signs(values, home)
    has_yen = home is None and any(sign in value for value in values for sign in YEN_SIGNS)
    amount_format = detect_amount_format(values, SIGNS if has_yen else signs)
    if amount_format is None:
        draft.ask("amounts", "how amounts are printed (amounts)", {})
        return
    keys, used_signs = amount_format
    unlike = [name for name, column in zip(names, columns, strict=True)
              if count_amounts(column, keys, used_signs) * 3 < len(column) * 2]  # fmt: skip
    if unlike:
        headings = ", ".join(str(table.heading(name)) for name in unlike)
        draft.ask("amounts", f"how {headings} is printed: unlike other amounts (amounts)", keys)
        return
    if keys:
        draft.set_key("amounts", keys, "amounts contain more than digits")
    if has_yen:
        draft.ask("currencies", "which currency ¥ means, yuan or yen (currencies)", used_signs)
    elif used_signs:
        draft.set_key("currencies", used_signs, "the currencies of the signs in amounts")


def _guess_unit(table: TableAnalysis, names: list[str]) -> None:
    draft = table.draft
    values = [value for name in names for value in table.values(name)]
    headings = " ".join(
        [*(str(table.heading(name)) for name in names), *_UNIT.findall(" ".join(table.table.above))]
    )
    folded = headings.casefold()
    are_integers = values and all(re.fullmatch(r"[+-]?\d+", value) for value in values)
    has_no_decimals = MINOR_UNITS.get(find_currency(table) or "", 2) == 0
    multiple = _MULTIPLES.search(headings)
    if multiple:
        question = f"how to have amounts sent in whole units, as they are in {multiple[0]}"
        draft.ask("amount_unit", f"{question} (amount_unit)", "major")
    elif "分" in folded or re.search(r"\bcents?\b|minor", folded):
        if any(re.search(r"[.,]\d{1,2}\D*$", value) for value in values):
            question = "whether amounts are in cents, as the heading says: they have decimals"
            draft.ask("amount_unit", f"{question} (amount_unit)", "major")
        else:
            draft.set_key("amount_unit", "minor", "the heading says so")
    elif are_integers and "元" not in folded and not table.is_sheet and not has_no_decimals:
        question = "whether amounts are in cents, as none has decimals (amount_unit)"
        draft.ask("amount_unit", question, "minor")
    elif values:
        draft.set_key(
            "amount_unit", "major", "yuan, dollars and the like; say minor if they are cents"
        )
