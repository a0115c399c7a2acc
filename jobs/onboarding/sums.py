"""Totals that a file prints and its lines prove: numbers around its trades that are their sums."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from jobs.onboarding.guesswork import Described
from jobs.onboarding.headings import FOOTERS
from jobs.onboarding.table import Table
from jobs.onboarding.trial import Trial
from schemas.currencies import MINOR_UNITS

_LABELLED = re.compile(
    r"(?P<label>[^\W\d_]{1,12})(?P<mark>[\s:：]*[¥￥]?\s*)(?P<number>[+-]?\d[\d,]*(?:\.\d+)?)"
)
_NUMBER = re.compile(r"[+-]?\d[\d,]*(\.\d+)?")
_FAULTS = ("FOOTER", "TOTALS_DIFFER", "UNKNOWN_LAYOUT")


def with_totals(
    found: Described, table: Table, trial: Callable[[Described], Trial | None]
) -> Described:
    """A layout with its footer and the totals that hold in a trial."""
    foot = _foot(table)
    if foot:
        found = _with(found, "footer", {"starts": _starts(foot[0], table)},
                      "from this word on nothing is a trade")  # fmt: skip
    seen = trial(found)
    if seen is None or not seen.body["lines"]:
        return found
    sums = _sums(seen, found.layout.get("amount_unit", "major"))
    for better in _candidates(found, table, foot, sums):
        proved = trial(better)
        if proved is not None and not any(each in proved.body["verdict"] for each in _FAULTS):
            return better
    return found


def _with(found: Described, key: str, value: Any, why: str) -> Described:
    return replace(found, layout={**found.layout, key: value}, why={**found.why, key: why})


def _foot(table: Table) -> list[str]:
    """The lines below the trades, where the first of them begins with a word that says so."""
    last = table.last
    heads = [at for at, line in enumerate(last) if table.cut(line) == table.header]
    last = last[heads[-1] + 1 :] if heads else last
    starts = [at for at, line in enumerate(last) if _word(line, table)]
    return last[starts[0] :] if starts else []


def _word(line: str, table: Table) -> str | None:
    first = table.cut(line)[0]
    return next((each for each in FOOTERS if first.startswith(each)), None)


def _starts(line: str, table: Table) -> str:
    quote = table.quote if table.quote and line.startswith(table.quote) else ""
    return quote + re.escape(_word(line, table) or "")


def _sums(seen: Trial, unit: str) -> dict[str, Decimal]:
    """The file's count and sums as it would print them; none of several currencies."""
    rows = seen.body["totals"]
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
    found: Described, table: Table, foot: Sequence[str], sums: dict[str, Decimal]
) -> list[Described]:
    why = "printed in it, and the lines add up to them"
    out = []
    cells = _by_cell(table.cut(foot[0]), sums) if len(foot) == 1 else {}
    if cells:
        layout = {key: value for key, value in found.layout.items() if key != "footer"}
        quote = table.quote if table.quote and foot[0].startswith(table.quote) else ""
        trailer = {"starts_with": quote + (_word(foot[0], table) or ""), "totals": cells}
        out.append(_with(replace(found, layout=layout), "trailer", trailer, why))
    labelled = [{"at": "head", **each} for each in _labelled(table.above, sums)]
    labelled += [each for each in _labelled(foot, sums) if not _named(labelled, each)]
    if labelled:
        out.append(_with(found, "totals", labelled, why))
    return out


def _named(known: Sequence[dict[str, Any]], other: dict[str, Any]) -> bool:
    return any(each["name"] == other["name"] for each in known)


def _by_cell(cells: Sequence[str], sums: dict[str, Decimal]) -> dict[str, int]:
    """Totals by the cell (from 1) in which each stands."""
    out: dict[str, int] = {}
    for place, cell in enumerate(cells, 1):
        name = _name(cell, sums, out)
        if name is not None and _NUMBER.fullmatch(cell):
            out[name] = place
    return out


def _labelled(lines: Sequence[str], sums: dict[str, Decimal]) -> list[dict[str, Any]]:
    """Totals by the word that stands before each."""
    out: list[dict[str, Any]] = []
    for line in lines:
        for hit in _LABELLED.finditer(line):
            name = _name(hit["number"], sums, {each["name"]: 0 for each in out})
            if name is not None and not any(each["after"] == hit["label"] for each in out):
                out.append({"name": name, "after": hit["label"]})
    return out


def _name(text: str, sums: dict[str, Decimal], taken: dict[str, int]) -> str | None:
    if not _NUMBER.fullmatch(text):
        return None
    value = Decimal(text.replace(",", ""))
    counts = "." not in text
    return next(
        (
            name
            for name, total in sums.items()
            if total == value and name not in taken and (counts or name != "count")
        ),
        None,
    )
