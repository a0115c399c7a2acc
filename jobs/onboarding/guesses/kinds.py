"""Guesses the kinds and statuses of lines, and which way the money went."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from jobs.onboarding.evidence.headings import (
    KINDS,
    STATUSES,
    code_of_word,
    direction_of_word,
    normalize_heading,
)
from jobs.onboarding.layout_draft import OPEN, TableAnalysis
from schemas.vocabulary import SIGN_IF_UNSIGNED, SIGN_OF_KIND, Kind

_INCOMING, _OUTGOING, _UNDECIDED = (
    [kind for kind in Kind if SIGN_IF_UNSIGNED[kind] == direction] for direction in (1, -1, 0)
)
_CHARGES = ("charge", "charges")
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
    elif not has_both_directions and _words_of(kinds, _UNDECIDED):
        _ask_unsigned(table, kinds)
    elif not has_both_directions and _words_of(kinds, _OUTGOING):
        draft.set_key("amount_sign", "by_kind", "refunds are printed without a sign")
    elif has_both_directions and "sign" not in layout and "in_out" not in layout:
        _check_signs(table, kinds)
    if _map_words(table, "status", STATUSES) is None:
        layout["constants"]["status"] = "SUCCEEDED"
        draft.reasons["constants"] = _EVERY_LINE


def _words_of(kinds: Mapping[str, str], some: Collection[Kind]) -> list[str]:
    return [word for word, kind in kinds.items() if kind in some]


def _ask_unsigned(table: TableAnalysis, kinds: Mapping[str, str]) -> None:
    """Signs amounts by the words of kinds, and asks about those whose money may go either way.

    A fee without a sign may be charged or given back. Its lines are rejected until the page says.
    """
    undecided = _words_of(kinds, _UNDECIDED)
    sign: dict[str, Any] = {"column": table.heading("kind")}
    for key, some in (("positive", _INCOMING), ("negative", _OUTGOING)):
        sign |= {key: words} if (words := _words_of(kinds, some)) else {}
    table.column_index["sign"] = table.column_index["kind"]
    table.draft.set_key("sign", sign, "amounts have no sign, so the word for the kind gives it")
    table.draft.assumptions["sign"] = {"negative": [*sign.get("negative", []), *undecided]}
    table.draft.questions.append(
        f"which way the money of {', '.join(undecided)} went: amounts have no sign (sign)"
    )


def _check_signs(table: TableAnalysis, kinds: Mapping[str, str]) -> None:
    """Asks about kinds whose amounts have another sign than money of that kind has."""
    kind_at, amount_at = table.column_index["kind"], table.column_index["amount"]
    unusual_words: set[str] = set()
    fees, negative_fees = set[str](), set[str]()
    for row in table.rows:
        if max(kind_at, amount_at) < len(row) and row[kind_at] in kinds:
            word, amount = row[kind_at], row[amount_at]
            kind = Kind(kinds[word])
            usual = SIGN_OF_KIND[kind]
            if usual and amount and (usual < 0) != is_below_zero(amount):
                unusual_words.add(word)
            if kind is Kind.FEE and re.search("[1-9]", amount):
                (negative_fees if is_below_zero(amount) else fees).add(word)
    if fees - negative_fees:
        words = ", ".join(sorted(fees - negative_fees))
        question = f"whether {words}, never below zero, is given back or has no sign (amount_sign)"
        table.draft.ask("amount_sign", question, "as_written")
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
    others = {code for word, code in codes.items() if normalize_heading(word) not in _CHARGES}
    if name == "kind" and Kind.PAYMENT in others:  # then a charge may be one of the bank's
        codes |= {word: None for word in words if normalize_heading(word) in _CHARGES}
    draft.layout["columns"][name] = table.heading(name)
    unknown = [word for word, code in codes.items() if code is None]
    if unknown:
        draft.questions.append(f"which {name} these words mean: {', '.join(unknown)} ({key})")
        draft.assumptions[key] = {word: code or default for word, code in codes.items()}
    known = {word: code for word, code in codes.items() if code is not None}
    why = "the words in this file; a line with another word is rejected"
    if unknown or any(word != code for word, code in known.items()):
        draft.set_key(key, known or OPEN, why)
    return known
