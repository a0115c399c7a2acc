"""Columns of money, words and currencies as a layout says them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.onboarding.guesswork import Work
from jobs.onboarding.headings import KINDS, STATUSES, way_of, word_of
from jobs.onboarding.values import printing_of
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
_EVERY_LINE = "no column says so; say what holds for every line"


def money(work: Work) -> None:
    """Amounts and fees: in which columns, how they are printed, in which unit."""
    out, at = work.out, work.at
    if "amount" not in at and {"incoming", "outgoing"} <= set(at):
        both = {name: work.heading(name) for name in ("incoming", "outgoing")}
        out.set("in_out", both, "what comes in and what goes out stand in two columns")
    else:
        work.at = {k: v for k, v in at.items() if k not in ("incoming", "outgoing")}
    for name in ("amount", "fee"):
        if name in work.at:
            out.layout["columns"][name] = work.heading(name)
    there = [name for name in _MONEY if name in work.at]
    if not there or there == ["fee"]:
        out.open.append("which column is the amount (columns.amount)")
        return
    values = [each for name in there for each in work.values(name)]
    printed = printing_of(values)
    if printed is None and values:
        out.open.append("how amounts are printed (amounts)")
    elif printed and printed[0]:
        out.set("amounts", printed[0], "amounts are printed with more than digits")
        if printed[1]:
            out.set("currencies", printed[1], "what its signs are taken for")
    headings = " ".join(work.heading(name) for name in there)
    whole = values and all(re.fullmatch(r"[+-]?\d+", each) for each in values)
    if "分" in headings or (whole and "元" not in headings and not work.is_sheet):
        out.set("amount_unit", "minor", "none has a decimal point; major, if they are no cents")
    elif values:
        out.set("amount_unit", "major", "yuan, dollars and the like; minor, if they are cents")


def direction(work: Work) -> None:
    """A column that says which way the money went."""
    seen = work.words("sign") or []
    ways = {"positive": 1, "negative": -1}
    found = {way: [each for each in seen if way_of(each) == sign] for way, sign in ways.items()}
    known = {way: those for way, those in found.items() if those}
    if not known or "in_out" in work.out.layout or sum(map(len, known.values())) * 2 <= len(seen):
        return
    sign = {"column": work.heading("sign"), **known}
    work.out.set("sign", sign, "amounts have no sign; positive is what came to us")


def words(work: Work) -> None:
    """Kinds and statuses: a column of their words, or what holds for every line."""
    out, layout = work.out, work.out.layout
    kinds = _known(work, "kind", KINDS)
    marked = any(each.startswith(("-", "(")) for each in _signed(work))
    two_ways = marked or bool(layout.keys() & {"sign", "in_out"})
    if kinds is None and two_ways:
        by = {"incoming": "PAYMENT", "outgoing": "REFUND"}
        out.set("kind_by_sign", by, "no column names kinds; say what they are")
    elif kinds is None:
        layout["constants"]["kind"] = "PAYMENT"
        out.why["constants"] = _EVERY_LINE
    elif not two_ways and _negative_kinds(kinds):
        out.set("amount_sign", "by_kind", "refunds are printed without a sign")
    if _known(work, "status", STATUSES) is None:
        layout["constants"]["status"] = "SUCCEEDED"
        out.why["constants"] = _EVERY_LINE


def _signed(work: Work) -> list[str]:
    return work.values("amount") if "amount" in work.at else []


def _negative_kinds(kinds: Mapping[str, str]) -> bool:
    return bool({"REFUND", "PAYOUT", "CHARGEBACK"} & set(kinds.values()))


def _known(work: Work, name: str, words: Any) -> dict[str, str] | None:
    """Sets a column of words with what is known of them; None where there is no such column."""
    seen = work.words(name)
    if seen is None:
        return None
    found = {each: word_of(each, words) for each in seen}
    key = f"{name}s" if name == "kind" else "statuses"
    work.out.layout["columns"][name] = work.heading(name)
    unknown = [each for each, ours in found.items() if ours is None]
    if unknown:
        work.out.open.append(f"which {name} of ours is meant by {', '.join(unknown)} ({key})")
        other = "PAYMENT" if name == "kind" else "SUCCEEDED"
        work.out.assumed[key] = {each: ours or other for each, ours in found.items()}
    known = {each: ours for each, ours in found.items() if ours is not None}
    if known and any(each != ours for each, ours in known.items()):
        work.out.set(key, known, "their words in this file; another is rejected")
    return known


def currency(work: Work) -> None:
    """The currency: of a column, of a heading, or of a country."""
    out, layout = work.out, work.out.layout
    if layout.get("amounts", {}).get("currency"):
        return
    seen = work.words("currency")
    if seen and all(each in MINOR_UNITS or each in _CURRENCIES for each in seen):
        layout["columns"]["currency"] = work.heading("currency")
        words = {each: _CURRENCIES[each] for each in seen if each not in MINOR_UNITS}
        if words:
            out.set("currencies", words, "their words for currencies")
        return
    text = " ".join([*work.header, *work.table.above])
    codes = sorted({each for each in re.findall(r"\b[A-Z]{3}\b", text) if each in MINOR_UNITS})
    chinese = is_chinese(work.header)
    if len(codes) == 1 or chinese:
        layout["constants"]["currency"] = codes[0] if len(codes) == 1 else "CNY"
        out.why.setdefault("constants", _EVERY_LINE)
    else:
        out.open.append(
            "which currency it is in (constants.currency): nothing in the file names one"
        )


def is_chinese(texts: Sequence[str]) -> bool:
    """Whether a text has a Chinese character."""
    return any("\u4e00" <= char <= "\u9fff" for text in texts for char in text)
