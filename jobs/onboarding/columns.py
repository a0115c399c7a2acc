"""Guesses the columns of kinds, statuses and currencies, and which way the money went."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.onboarding.evidence.column_values import look_at
from jobs.onboarding.evidence.headings import KINDS, STATUSES, code_of_word, direction_of_word
from jobs.onboarding.evidence.value_formats import SIGNS
from jobs.onboarding.layout_draft import OPEN, TableAnalysis
from jobs.onboarding.table import Table
from schemas.currencies import MINOR_UNITS
from schemas.vocabulary import SIGN_OF_KIND, Kind

_CURRENCIES = {
    "人民币": "CNY",
    "RMB": "CNY",
    "CNH": "CNY",
    "156": "CNY",
    "美元": "USD",
    "港币": "HKD",
}
_EVERY_LINE = "no column has it; say what is right for every line"


def guess_direction(table: TableAnalysis) -> None:
    """Guesses the column that says whether money came in or went out."""
    words = table.distinct_words("sign") or []
    kinds = table.distinct_words("kind") or []
    if not words and kinds and all(direction_of_word(word) for word in kinds):
        table.column_index["sign"], words = table.column_index.pop("kind"), kinds
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
    if has_signs(table):
        table.draft.questions.append(
            f"which way the money went: amounts are signed, and so is {table.heading('sign')}"
            " (sign or amount_sign)"
        )
        return
    sign = {"column": table.heading("sign"), **known}
    table.draft.set_key("sign", sign, "amounts have no sign; positive is money that we receive")


def has_signs(table: TableAnalysis, name: str = "amount") -> bool:
    """Whether some amounts of a column are printed below zero."""
    texts = table.values(name) if name in table.column_index else []
    return any(is_below_zero(text) for text in texts)


def is_below_zero(text: str) -> bool:
    """Whether an amount is printed with a minus, or in brackets."""
    return text.startswith(("-", "(", "（")) or bool(re.search(r"^\D{0,4}-\s*\d|\d\s*-$", text))


def guess_kinds_and_statuses(table: TableAnalysis) -> None:
    """Guesses kinds and statuses: a column of words, or one value for every line."""
    draft, layout = table.draft, table.draft.layout
    kinds = _map_words(table, "kind", KINDS)
    has_both_directions = has_signs(table) or bool(layout.keys() & {"sign", "in_out"})
    if kinds is None and has_both_directions:
        by = {"incoming": "PAYMENT", "outgoing": "REFUND"}
        draft.set_key("kind_by_sign", by, "no column has kinds; say what they are")
        draft.questions.append("what incoming and outgoing lines are (kind_by_sign)")
    elif kinds is None:
        layout["constants"]["kind"] = "PAYMENT"
        draft.reasons["constants"] = _EVERY_LINE
    elif not has_both_directions and _has_negative_kind(kinds):
        draft.set_key("amount_sign", "by_kind", "refunds are printed without a sign")
    elif has_both_directions and "sign" not in layout and "in_out" not in layout:
        _check_signs(table, kinds)
    if _map_words(table, "status", STATUSES) is None:
        layout["constants"]["status"] = "SUCCEEDED"
        draft.reasons["constants"] = _EVERY_LINE


def _has_negative_kind(kinds: Mapping[str, str]) -> bool:
    return bool({"REFUND", "PAYOUT", "CHARGEBACK"} & set(kinds.values()))


def _check_signs(table: TableAnalysis, kinds: Mapping[str, str]) -> None:
    """Asks about kinds whose amounts have another sign than money of that kind has."""
    kind_at, amount_at = table.column_index["kind"], table.column_index["amount"]
    unusual_words: set[str] = set()
    for row in table.rows:
        if max(kind_at, amount_at) < len(row) and row[kind_at] in kinds:
            usual = SIGN_OF_KIND[Kind(kinds[row[kind_at]])]
            if usual and row[amount_at] and (usual < 0) != is_below_zero(row[amount_at]):
                unusual_words.add(row[kind_at])
    if unusual_words:
        table.draft.questions.append(
            f"which way the money of {', '.join(sorted(unusual_words))} went: its sign is unusual"
            " (kinds, amount_sign)"
        )


def _map_words(table: TableAnalysis, name: str, words_of_codes: Any) -> dict[str, str] | None:
    """Maps the words of a column to our codes; None if there is no such column."""
    draft, key = table.draft, f"{name}s" if name == "kind" else "statuses"
    default = "PAYMENT" if name == "kind" else "SUCCEEDED"
    words = table.distinct_words(name)
    if words is None:
        values = table.values(name) if name in table.column_index else []
        if name in table.column_index and table.rows:
            heading = table.heading(name)
            draft.questions.append(
                f"which {name} the lines have: {heading}"
                f" {'has many values' if values else 'is empty'} ({key})"
            )
            if values:
                draft.layout["columns"][name] = heading
                draft.assumptions[key] = {"*": default}
                return {}
        return None
    codes = {word: code_of_word(word, words_of_codes) for word in words}
    draft.layout["columns"][name] = table.heading(name)
    unknown = [word for word, code in codes.items() if code is None]
    if unknown:
        draft.questions.append(f"which {name} these words mean: {', '.join(unknown)} ({key})")
        draft.assumptions[key] = {word: code or default for word, code in codes.items()}
    known = {word: code for word, code in codes.items() if code is not None}
    if known and any(word != code for word, code in known.items()):
        why = "the words in this file; a line with another word is rejected"
        draft.set_key(key, known, why)
    return known


def guess_currency(table: TableAnalysis) -> None:
    """Guesses the currency: from a column, from a heading, or from the language."""
    draft, layout = table.draft, table.draft.layout
    constants = layout["constants"]
    has_own = isinstance(layout.get("amounts"), dict) and layout["amounts"].get("currency")
    if has_own and "balance" not in table.column_index:
        return
    words = table.distinct_words("currency")
    if words and all(word in MINOR_UNITS or word in _CURRENCIES for word in words):
        layout["columns"]["currency"] = table.heading("currency")
        codes_of_words = {word: _CURRENCIES[word] for word in words if word not in MINOR_UNITS}
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
    codes = {_CURRENCIES.get(word, word) for word in words} & set(MINOR_UNITS)
    if words:
        return codes.pop() if len(codes) == 1 else None
    texts = [*table.header, *table.table.above]
    if is_japanese(table.table):
        return "JPY"
    codes = {code for code in re.findall(r"\b[A-Z]{3}\b", " ".join(texts)) if code in MINOR_UNITS}
    printed = [*texts, *(value for name in ("amount", "incoming", "balance")
               if name in table.column_index for value in table.values(name)[:50])]  # fmt: skip
    codes |= {SIGNS[char] for text in printed for char in text if char in SIGNS}
    if len(codes) == 1:
        return codes.pop()
    return "CNY" if not codes and is_chinese(table.header) else None


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
