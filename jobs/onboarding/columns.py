"""Guesses the columns of amounts, kinds, statuses and currencies."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.onboarding.headings import KINDS, STATUSES, code_of_word, direction_of_word
from jobs.onboarding.layout_draft import TableAnalysis
from jobs.onboarding.value_formats import detect_amount_format
from schemas.currencies import MINOR_UNITS

_MONEY = ("amount", "incoming", "outgoing", "fee")
_CURRENCIES = {
    "人民币": "CNY",
    "RMB": "CNY",
    "CNH": "CNY",
    "156": "CNY",
    "美元": "USD",
    "港币": "HKD",
}
_EVERY_LINE = "no column has it; say what is right for every line"


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
        draft.questions.append("which column is the amount (columns.amount)")
        return
    values = [value for name in names for value in table.values(name)]
    amount_format = detect_amount_format(values)
    if amount_format is None and values:
        draft.questions.append("how amounts are printed (amounts)")
    elif amount_format and amount_format[0]:
        draft.set_key("amounts", amount_format[0], "amounts contain more than digits")
        if amount_format[1]:
            draft.set_key("currencies", amount_format[1], "the currencies of the signs in amounts")
    headings = " ".join(table.heading(name) for name in names)
    are_integers = values and all(re.fullmatch(r"[+-]?\d+", value) for value in values)
    if "分" in headings or (are_integers and "元" not in headings and not table.is_sheet):
        draft.set_key(
            "amount_unit", "minor", "no amount has a decimal point; say major if they are not cents"
        )
    elif values:
        draft.set_key(
            "amount_unit", "major", "yuan, dollars and the like; say minor if they are cents"
        )


def guess_direction(table: TableAnalysis) -> None:
    """Guesses the column that says whether money came in or went out."""
    words = table.distinct_words("sign") or []
    signs = {"positive": 1, "negative": -1}
    by_direction = {
        direction: [word for word in words if direction_of_word(word) == sign]
        for direction, sign in signs.items()
    }
    known = {direction: some for direction, some in by_direction.items() if some}
    if (
        not known
        or "in_out" in table.draft.layout
        or sum(map(len, known.values())) * 2 <= len(words)
    ):
        return
    sign = {"column": table.heading("sign"), **known}
    table.draft.set_key("sign", sign, "amounts have no sign; positive is money that we receive")


def guess_kinds_and_statuses(table: TableAnalysis) -> None:
    """Guesses kinds and statuses: a column of words, or one value for every line."""
    draft, layout = table.draft, table.draft.layout
    kinds = _map_words(table, "kind", KINDS)
    has_signs = any(text.startswith(("-", "(")) for text in _amount_texts(table))
    has_both_directions = has_signs or bool(layout.keys() & {"sign", "in_out"})
    if kinds is None and has_both_directions:
        by = {"incoming": "PAYMENT", "outgoing": "REFUND"}
        draft.set_key("kind_by_sign", by, "no column has kinds; say what they are")
    elif kinds is None:
        layout["constants"]["kind"] = "PAYMENT"
        draft.reasons["constants"] = _EVERY_LINE
    elif not has_both_directions and _has_negative_kind(kinds):
        draft.set_key("amount_sign", "by_kind", "refunds are printed without a sign")
    if _map_words(table, "status", STATUSES) is None:
        layout["constants"]["status"] = "SUCCEEDED"
        draft.reasons["constants"] = _EVERY_LINE


def _amount_texts(table: TableAnalysis) -> list[str]:
    return table.values("amount") if "amount" in table.column_index else []


def _has_negative_kind(kinds: Mapping[str, str]) -> bool:
    return bool({"REFUND", "PAYOUT", "CHARGEBACK"} & set(kinds.values()))


def _map_words(table: TableAnalysis, name: str, words_of_codes: Any) -> dict[str, str] | None:
    """Maps the words of a column to our codes; None if there is no such column."""
    words = table.distinct_words(name)
    if words is None:
        return None
    codes = {word: code_of_word(word, words_of_codes) for word in words}
    key = f"{name}s" if name == "kind" else "statuses"
    table.draft.layout["columns"][name] = table.heading(name)
    unknown = [word for word, code in codes.items() if code is None]
    if unknown:
        table.draft.questions.append(f"which {name} these words mean: {', '.join(unknown)} ({key})")
        default = "PAYMENT" if name == "kind" else "SUCCEEDED"
        table.draft.assumptions[key] = {word: code or default for word, code in codes.items()}
    known = {word: code for word, code in codes.items() if code is not None}
    if known and any(word != code for word, code in known.items()):
        why = "the words in this file; a line with another word is rejected"
        table.draft.set_key(key, known, why)
    return known


def guess_currency(table: TableAnalysis) -> None:
    """Guesses the currency: from a column, from a heading, or from the language."""
    draft, layout = table.draft, table.draft.layout
    if layout.get("amounts", {}).get("currency"):
        return
    words = table.distinct_words("currency")
    if words and all(word in MINOR_UNITS or word in _CURRENCIES for word in words):
        layout["columns"]["currency"] = table.heading("currency")
        codes_of_words = {word: _CURRENCIES[word] for word in words if word not in MINOR_UNITS}
        if codes_of_words:
            draft.set_key("currencies", codes_of_words, "the words for currencies in this file")
        return
    text = " ".join([*table.header, *table.table.above])
    codes = sorted({code for code in re.findall(r"\b[A-Z]{3}\b", text) if code in MINOR_UNITS})
    has_chinese = is_chinese(table.header)
    if len(codes) == 1 or has_chinese:
        layout["constants"]["currency"] = codes[0] if len(codes) == 1 else "CNY"
        draft.reasons.setdefault("constants", _EVERY_LINE)
    else:
        draft.questions.append("which currency it is in (constants.currency): the file names none")


def is_chinese(texts: Sequence[str]) -> bool:
    """Whether a text contains a Chinese character."""
    return any("\u4e00" <= char <= "\u9fff" for text in texts for char in text)
