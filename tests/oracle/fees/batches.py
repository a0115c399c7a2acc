"""Batches and FEE lines in plain Python, apart from the product's code.

Source: docs/reference/fees.md, "One price for a batch", "Fees of a month".
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.oracle.fees.rules import (
    Entry,
    Ledger,
    Line,
    StepOf,
    exact_price,
    first_step,
    fits_attributes,
    prices_of,
    round_fraction,
)


@dataclass(frozen=True)
class BatchCheck:
    """What is due on a batch, minor units, and how it compares."""

    due: int
    tax: int
    charged: int
    result: str


def price_of_batch(price: Entry, base: int, lines: int, step_of: StepOf = first_step) -> int:
    """What a price asks for a batch, with its sign. The base may be below 0; `lines` are those that
    raise it less those that lower it.
    """
    size, sign = abs(base), -1 if base < 0 else 1
    if size <= price.get("above", 0):
        return 0
    rates = exact_price(price, size, False, step_of)
    fixed = exact_price(price, size, True, step_of) - rates
    exact = sign * rates + fixed * lines
    due = round_fraction(abs(Fraction(exact)), price.get("rounding", "HALF_UP"))
    due = due if exact > 0 else -due
    if base > 0 and price.get("min") is not None:
        due = max(due, price["min"])
    if price.get("max") is not None:
        due = max(min(due, price["max"]), -price["max"])
    return due


def by_line(card: dict[str, Any]) -> dict[str, Any]:
    """The card by which a line has its part of the base of its batch, as if that were its fee."""
    return card | {"entries": [_as_part(entry) for entry in card["entries"]]}


def _as_part(entry: Entry) -> Entry:
    if entry.get("level") != "batch":
        return entry
    (base,) = {price.get("base", "amount") for price in prices_of(entry).values()}
    names = ("name", "kind", "product", "amount", "refund", "level")
    kept = {
        name: value for name, value in entry.items() if name in names or name.startswith("extra.")
    }
    return kept | {"components": [{"name": "base", "rate": "1", "base": base}]}


def check_batches(
    card: dict[str, Any], ledgers: Iterable[Ledger], is_of_day: Callable[[Line], bool]
) -> dict[tuple[str, str | None, str], BatchCheck]:
    """By entry, batch_ref and currency. `ledgers` have checked their lines by `by_line(card)`."""
    entries = {entry["name"]: entry for entry in card["entries"]}
    members: dict[tuple[str, str | None, str], list[tuple[Line, int]]] = {}
    step_of = None
    for ledger in ledgers:
        step_of = ledger.step_of
        for line in filter(is_of_day, ledger.lines):
            check = ledger.checks[line.line_id]
            if check.entry and entries[check.entry].get("level") == "batch":
                key = check.entry, line.batch_ref, line.currency
                members.setdefault(key, []).append((line, check.due or 0))
    found = {}
    for key, parts in members.items():
        assert step_of is not None
        of_line, entry = parts[0][0], entries[key[0]]
        step = lambda tiers, steps=step_of, line=of_line: steps(tiers, line)  # noqa: E731
        found[key] = _check_batch(entry, parts, step)
    return found


def _check_batch(entry: Entry, parts: list[tuple[Line, int]], step_of: StepOf) -> BatchCheck:
    base = sum(part for _, part in parts)
    lines = sum((part > 0) - (part < 0) for _, part in parts)
    fee = sum(price_of_batch(price, base, lines, step_of) for price in prices_of(entry).values())
    tax, on_top = 0, 0
    if rules := entry.get("tax"):
        rate = Fraction(rules["rate"])
        share = rate if rules["mode"] == "on_top" else rate / (1 + rate)
        size = round_fraction(abs(fee) * share, entry.get("rounding", "HALF_UP"))
        tax = -size if fee < 0 else size
        on_top = tax if rules["mode"] == "on_top" else 0
    due, charged = fee + on_top, sum(line.fee or 0 for line, _ in parts)
    difference = charged - (0 if entry.get("billed") else due)
    if abs(difference) <= entry.get("tolerance", 0):
        result = "OK"
    elif all(line.fee is None for line, _ in parts):
        result = "FEE_MISSING"
    else:
        result = "OVERCHARGED" if difference > 0 else "UNDERCHARGED"
    return BatchCheck(due, tax, charged, result)


def sum_fee_lines(card: dict[str, Any], lines: Iterable[Line]) -> dict[tuple[str, str], int]:
    """What FEE lines charge, by billed entry and currency."""
    sums: Counter[tuple[str, str]] = Counter()
    for line in lines:
        if line.kind == "FEE" and line.status == "SUCCEEDED":
            billed = (each for each in card["entries"] if each.get("billed"))
            entry = next((each for each in billed if fits_attributes(each, line)), None)
            if entry is not None:
                sums[entry["name"], line.currency] -= line.amount
    return dict(sums)
