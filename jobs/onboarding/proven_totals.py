"""Finds the totals that a file prints: numbers around its lines that equal their sums."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from jobs.onboarding.evidence.headings import find_footer_word
from jobs.onboarding.evidence.printed_numbers import find_unchecked
from jobs.onboarding.layout_draft import OPEN, LayoutDraft
from jobs.onboarding.questions_of_trial import (
    ask_about_refund_fees,
    ask_about_rejected,
    ask_about_signs,
    keep_proven,
)
from jobs.onboarding.table import Table
from jobs.onboarding.trial import Trial
from schemas.currencies import MINOR_UNITS

_LABELLED = re.compile(
    r"(?P<label>[^\W\d_]{1,20}(?:\s*[\[【(（])?)(?P<mark>[\s:：]*[¥￥€]?\s*)"
    r"(?P<number>[+-]?\d[\d.,'\u00a0]*\d|[+-]?\d)"
)
_NUMBER = re.compile(r"[+-]?\d[\d,]*(\.\d+)?")
_FAULTS = ("FOOTER", "TOTALS_DIFFER", "UNKNOWN_LAYOUT")


def add_proven_totals(
    draft: LayoutDraft, table: Table, try_layout: Callable[[LayoutDraft], Trial | None]
) -> LayoutDraft:
    """Adds the footer to a layout, and the totals that are right in a trial; asks about every
    other number in head and foot.
    """
    footer = table.foot
    is_known = bool(footer) and _footer_word(footer[0], table) is not None
    if is_known:
        draft = _with_key(draft, "footer", {"starts": _footer_pattern(footer[0], table)},
                      "lines from this word on are no trades")  # fmt: skip
    elif footer:
        draft = _assume_footer(draft, footer[0])
    draft = keep_proven(draft, try_layout)
    trial = try_layout(draft)
    if trial is None or not trial.body["lines"]:
        return _ask_about_foot(ask_about_rejected(draft, trial), table)
    draft = ask_about_signs(draft, trial)
    sums = _printed_sums(trial, draft.layout.get("amount_unit", "major"))
    for candidate in _candidates(draft, table, footer, sums):
        second_trial = try_layout(candidate)
        if second_trial is not None and not any(
            fault in second_trial.body["verdict"] for fault in _FAULTS
        ):
            candidate = ask_about_rejected(candidate, second_trial)
            return _ask_about_foot(ask_about_refund_fees(candidate, trial), table)
    draft = _with_totals_by_place(draft, table, footer) if is_known else draft
    draft = ask_about_rejected(ask_about_refund_fees(draft, trial), trial)
    return _ask_about_foot(draft, table)


def _assume_footer(draft: LayoutDraft, line: str) -> LayoutDraft:
    """Takes lines that lack the dates or numbers of trades for no trades, to try the others."""
    assumptions = {**draft.assumptions, "footer": {"starts": re.escape(_before_numbers(line))}}
    changed = _with_key(draft, "footer", OPEN, "lines from this one on may be totals")
    return replace(changed, assumptions=assumptions)


def _before_numbers(line: str) -> str:
    """The text of a line above its first number: its label, or separators."""
    hit = re.match(r"[^\d]*[^\d+¥￥€£$(.-]", line)
    return hit[0] if hit else line


def _ask_about_foot(draft: LayoutDraft, table: Table) -> LayoutDraft:
    """Asks whether unknown lines below the trades are totals, and about the numbers around them."""
    if draft.layout.get("footer") == OPEN:
        shown = _before_numbers(table.foot[0]).strip(f"{table.separator}\"'\t ") or "without label"
        question = (
            f"whether the last lines, from {shown!r} on, are no trades: they lack the date or the"
            " number of one (footer or trailer)"
        )
        draft = replace(draft, questions=[*draft.questions, question])
    return _ask_about_numbers(draft, table, table.foot)


def _with_totals_by_place(draft: LayoutDraft, table: Table, footer: Sequence[str]) -> LayoutDraft:
    """Takes numbers of a last line that stand under amount and fee for totals, though they differ:
    it may be that lines are missing.
    """
    cells = table.split(footer[0]) if len(footer) == 1 else []
    if len(cells) < len(table.header):
        return draft
    columns = draft.layout["columns"]
    places = {
        name: table.header.index(columns[name]) + 1
        for name in ("amount", "fee")
        if columns.get(name) in table.header
    }
    totals = {name: at for name, at in places.items() if _NUMBER.fullmatch(cells[at - 1])}
    if not totals:
        return draft
    question = f"why the last line differs from the lines in {', '.join(totals)} (trailer)"
    why = "they stand under these columns, but the lines add up to something else"
    changed = _with_trailer(draft, table, footer[0], totals, why)
    return replace(changed, questions=[*draft.questions, question])


def _ask_about_numbers(draft: LayoutDraft, table: Table, footer: Sequence[str]) -> LayoutDraft:
    questions = find_unchecked(table.above, footer, table.split, draft.layout)
    return replace(draft, questions=[*draft.questions, *questions])


def _with_key(draft: LayoutDraft, key: str, value: Any, why: str) -> LayoutDraft:
    return replace(draft, layout={**draft.layout, key: value}, reasons={**draft.reasons, key: why})


def _footer_word(line: str, table: Table) -> str | None:
    return find_footer_word(table.split(line)[0])


def _footer_pattern(line: str, table: Table) -> str:
    quote = table.quote if table.quote and line.startswith(table.quote) else ""
    word = _footer_word(line, table) or ""
    end = r"\b" if re.match(rf"{re.escape(word)}\b", table.split(line)[0]) else ""
    return quote + re.escape(word) + (end if word.isalnum() else "")


def _printed_sums(trial: Trial, unit: str) -> dict[str, Decimal]:
    """Count and sums as the file would print them; no sums for several currencies."""
    rows = trial.body["totals"]
    money = {row["name"]: row for row in rows if row["currency"]}
    if len({row["currency"] for row in rows if row["currency"]}) != 1:
        money = {}
    out = {row["name"]: Decimal(row["computed"]) for row in rows if row["name"] == "count"}
    for name, row in money.items():
        digits = MINOR_UNITS[row["currency"]] if unit == "major" else 0
        out[name] = Decimal(row["computed"]).scaleb(-digits)
    if {"amount", "fee"} <= set(out):
        out["net_amount"] = out["amount"] - out["fee"]
    return {name: value for name, value in out.items() if value}


def _candidates(
    draft: LayoutDraft, table: Table, footer: Sequence[str], sums: dict[str, Decimal]
) -> list[LayoutDraft]:
    why = "the file prints them, and its lines add up to them"
    out = []
    decimal = (draft.layout.get("amounts") or {}) if draft.layout.get("amounts") != OPEN else {}
    mark = decimal.get("decimal", ".")
    cells = _totals_by_cell(table.split(footer[0]), sums, mark) if len(footer) == 1 else {}
    if cells:
        out.append(_with_trailer(draft, table, footer[0], cells, why))
    labelled = [{"at": "head", **total} for total in _totals_by_label(table.above, sums, mark)]
    labelled += [
        total for total in _totals_by_label(footer, sums, mark) if not _has_name(labelled, total)
    ]
    if labelled:
        out.append(_with_key(draft, "totals", labelled, why))
    return out


def _with_trailer(
    draft: LayoutDraft, table: Table, line: str, totals: dict[str, int], why: str
) -> LayoutDraft:
    layout = {key: value for key, value in draft.layout.items() if key != "footer"}
    quote = table.quote if table.quote and line.startswith(table.quote) else ""
    word = _footer_word(line, table)
    starts_with = _before_numbers(line) if word is None else quote + word
    trailer = {"starts_with": starts_with, "totals": totals}
    assumptions = {key: value for key, value in draft.assumptions.items() if key != "footer"}
    changed = replace(draft, layout=layout, assumptions=assumptions)
    return _with_key(changed, "trailer", trailer, why)


def _has_name(known: Sequence[dict[str, Any]], other: dict[str, Any]) -> bool:
    return any(total["name"] == other["name"] for total in known)


def _totals_by_cell(cells: Sequence[str], sums: dict[str, Decimal], decimal: str) -> dict[str, int]:
    """Totals by the number (from 1) of their cell."""
    out: dict[str, int] = {}
    for number, cell in enumerate(cells, 1):
        name = _total_name(_to_plain(cell, decimal), sums, out)
        if name is not None:
            out[name] = number
    return out


def _totals_by_label(
    lines: Sequence[str], sums: dict[str, Decimal], decimal: str
) -> list[dict[str, Any]]:
    """Totals by the word before each."""
    out: list[dict[str, Any]] = []
    for line in lines:
        for hit in _LABELLED.finditer(line):
            number = _to_plain(hit["number"], decimal)
            name = _total_name(number, sums, {total["name"]: 0 for total in out})
            if name is not None and not any(total["after"] == hit["label"] for total in out):
                out.append({"name": name, "after": hit["label"]})
    return out


def _to_plain(number: str, decimal: str) -> str:
    other = "." if decimal == "," else ","
    plain = re.sub(rf"[{re.escape(other)}'\u00a0]", "", number)
    return plain.replace(decimal, ".")


def _total_name(text: str, sums: dict[str, Decimal], used: dict[str, int]) -> str | None:
    if not _NUMBER.fullmatch(text):
        return None
    value = Decimal(text.replace(",", ""))
    is_integer = "." not in text
    return next(
        (
            name
            for name, total in sums.items()
            if total == value and name not in used and (is_integer or name != "count")
        ),
        None,
    )
