"""Guesses currency, fee sign, and columns without a known heading by their values."""

import re
from collections.abc import Sequence

from jobs.onboarding.evidence.column_values import look_at
from jobs.onboarding.evidence.currencies import (
    NAMES,
    find_currencies,
    find_signs,
    is_traditional,
)
from jobs.onboarding.guesses.kinds import is_below_zero
from jobs.onboarding.layout_draft import OPEN, TableAnalysis
from jobs.onboarding.table import Table
from schemas.currencies import MINOR_UNITS

_EVERY_LINE = "no column has it; say what is right for every line"


def guess_currency(table: TableAnalysis) -> None:
    """Guesses the currency: from a column, from a heading, or from the language."""
    draft, layout = table.draft, table.draft.layout
    constants = layout["constants"]
    has_own = isinstance(layout.get("amounts"), dict) and layout["amounts"].get("currency")
    if has_own and "balance" not in table.column_index:
        return
    words = table.distinct_words("currency")
    if words and all(word in MINOR_UNITS or word in NAMES for word in words):
        layout["columns"]["currency"] = table.heading("currency")
        codes_of_words = {word: NAMES[word] for word in words if word not in MINOR_UNITS}
        if codes_of_words:
            draft.set_key("currencies", codes_of_words, "the words for currencies in this file")
        return
    code = find_currency(table)
    if code is not None:
        constants["currency"] = code
        draft.reasons.setdefault("constants", _EVERY_LINE)
    elif not has_own:
        constants["currency"] = OPEN
        draft.assumptions["constants"] = {"currency": "EUR"}
        draft.questions.append("which currency it is in (constants.currency): the file names none")


def find_currency(table: TableAnalysis) -> str | None:
    """The only currency that the file names, or the one of its language; None if neither."""
    words = table.distinct_words("currency") or []
    codes = {NAMES.get(word, word) for word in words} & set(MINOR_UNITS)
    if words:
        return codes.pop() if len(codes) == 1 else None
    headings = table.header if table.table.has_header else []
    codes = find_currencies(headings, [*table.table.above, *table.table.foot])
    printed = [*headings, *(value for name in ("amount", "incoming", "balance")
               if name in table.column_index for value in table.values(name)[:50])]  # fmt: skip
    home = currency_of_language(table.table)
    codes |= {*find_signs(printed, home).values()}
    return home if not codes else codes.pop() if len(codes) == 1 else None


def currency_of_language(table: Table) -> str | None:
    """Yen for Japanese headings, yuan for those in simplified Chinese; None for others."""
    if is_japanese(table):
        return "JPY"
    text = "".join([*table.header, *table.above])
    return "CNY" if is_chinese(table.header) and not is_traditional(text) else None


def guess_fee_sign(table: TableAnalysis) -> None:
    """Guesses whether a fee that is charged is printed below zero."""
    layout, draft = table.draft.layout, table.draft
    if "fee" not in layout["columns"]:
        return
    fees = [value for value in table.values("fee") if re.search("[1-9]", value)]
    below = sum(1 for value in fees if is_below_zero(value))
    if below * 2 > len(fees):
        draft.set_key("fee_sign", "by_kind", "fees that are charged are printed below zero")
        if "net" not in table.column_index:
            draft.questions.append("whether fees below zero are charged (fee_sign)")


def bind_by_values(table: TableAnalysis) -> None:
    """Binds the amount and the time by what the values look like, where no heading is known."""
    index, draft = table.column_index, table.draft
    free = [at for at in range(len(table.header)) if at not in index.values()]
    looks = {at: look_at(table.values_at(at)) for at in free}
    if "amount" not in index and not {"incoming", "outgoing"} <= index.keys():
        money = [at for at in free if looks[at] == "money"]
        money = money or [at for at in free if looks[at] == "numbers"]
        if len(money) == 1 and not {"incoming", "outgoing"} & index.keys():
            index["amount"] = money[0]
            draft.questions.append(f"whether {table.heading('amount')} is the amount (columns)")
    if not {"traded_at", "date"} & index.keys():
        dates = [at for at in free if looks[at] == "dates"]
        if dates:
            index["traded_at"] = dates[0]
            named = ", ".join(str(table.header[at]) for at in dates)
            draft.questions.append(f"which of {named} is the time of the trade (columns.traded_at)")


def is_japanese(table: Table) -> bool:
    """Whether headings have kana, or characters that only Japanese writes so."""
    text = "".join([*table.header, *table.above])
    has_kana = any("\u3040" <= char <= "\u30ff" for char in text)
    return has_kana or table.encoding == "cp932" or bool(set(text) & set("決済売円込"))


def is_chinese(texts: Sequence[str]) -> bool:
    """Whether a text contains a Chinese character."""
    return any("\u4e00" <= char <= "\u9fff" for text in texts for char in text)
