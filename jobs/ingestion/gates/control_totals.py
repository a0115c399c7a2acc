"""Compares the control totals that a file declares with the sums of its lines.

Source: docs/reference/rules.md, "Gate".
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from jobs.ingestion.inbox import parse_date_span
from jobs.ingestion.parse_tasks import ParsedFile
from jobs.statements.canonical.money import DIGITS_MAX, SUM_MAX
from jobs.statements.parser import DeclaredTotal, Plan
from schemas.currencies import MINOR_UNITS
from schemas.profile.channel import Files

#: A message names at most so many totals of a file.
NAMED_MAX = 4
#: A message shows at most so many characters of a total.
TEXT_SHOWN = 40
#: `statement_files.totals` always has these totals, even if the file does not declare them.
ALWAYS_REPORTED = ("count", "amount", "fee")
_NUMBER = re.compile(r"[+-]?(\d[\d,]*(\.\d*)?|\.\d+)", re.ASCII)


def compare_totals(parsed: ParsedFile, plan: Plan) -> tuple[list[dict[str, Any]], list[str]]:
    """Compares each declared total with the computed one; returns rows of totals and differences.

    A row has `name`, `currency`, `declared` and `computed`, in minor units or counts. `declared` is
    None for a total of `ALWAYS_REPORTED` that the file does not declare. A total that BIGINT cannot
    hold has no row; `control_total_failures` then refuses the file.
    """
    rows: list[dict[str, Any]] = []
    differences = []
    for total in parsed.control_totals:
        rows.append(_total_row(total.name, total.currency, total.declared, total.computed))
        exponent = MINOR_UNITS.get(total.currency or "", 0)
        if total.declared is None:
            differences.append(_format_unreadable(total.name, total.text))
        elif total.declared != total.computed:
            difference = _format_difference(total.name, total.declared, total.computed, exponent)
            differences.append(f"{difference}{total.cause and ': '}{total.cause}")
    for declared in plan.declared:
        sums = dict(parsed.totals.get(declared.name, {}))
        if declared.currency is not None:
            sums = {code: sums[code] for code in sums if code == declared.currency}
        codes = [code for code in sums if code]
        known = declared.currency or plan.currency
        currency = codes[0] if len(codes) == 1 else None if codes else known
        exponent = MINOR_UNITS.get(currency or "", 2) if declared.unit == "major" else 0
        computed = sum(sums.values())
        value = _parse_declared(declared, exponent)
        row_currency = None if declared.unit == "count" else currency
        rows.append(_total_row(declared.name, row_currency, value, computed))
        if value is None:
            differences.append(_format_unreadable(declared.name, declared.text))
        elif value != computed:
            differences.append(_format_difference(declared.name, value, computed, exponent))
    rows += _undeclared_totals(parsed, plan, rows)
    return [row for row in rows if abs(row["computed"]) < 2**63], differences


def _undeclared_totals(
    parsed: ParsedFile, plan: Plan, rows: Sequence[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Rows of the totals in `ALWAYS_REPORTED` that the file neither declares nor covers."""
    checked = {row["name"] for row in rows}
    if checked:  # a document may hold no total at all
        checked |= set(plan.covered_totals)
    for name in (name for name in ALWAYS_REPORTED if name not in checked):
        sums = dict(parsed.column_sums.get(name, {}))
        if name == "count":
            sums = {"": sum(sums.values())}
        for code, value in sorted(sums.items()):
            yield _total_row(name, code or None, None, value)


def _total_row(
    name: str, currency: str | None, declared: int | None, computed: int
) -> dict[str, Any]:
    return {"name": name, "currency": currency, "declared": declared, "computed": computed}


def _format_unreadable(name: str, text: str) -> str:
    shown = text if len(text) <= TEXT_SHOWN else f"{text[:TEXT_SHOWN]}..."
    return f"{name} declares {shown!r}, which is no number"


def _format_difference(name: str, declared: int, computed: int, exponent: int) -> str:
    return (
        f"{name} declares {_format_amount(declared, exponent)}, its lines add up to"
        f" {_format_amount(computed, exponent)},"
        f" difference {_format_amount(computed - declared, exponent)}"
    )


def find_balance_gap(parsed: ParsedFile) -> tuple[int, int, int] | None:
    """The first line whose running balance does not follow: line number, printed, expected."""
    segments = sorted(parsed.balance_segments, key=lambda segment: segment.first_line)
    gaps = [gap for segment in segments for gap in segment.gaps]
    gaps += [
        (below.first_line, below.opening_balance, above.closing_balance)
        for above, below in pairwise(segments)
        if above.closing_balance != below.opening_balance
    ]
    return min(gaps, default=None)


def control_total_failures(
    parsed: ParsedFile, plan: Plan, files: Files, name: str, day: date
) -> str | None:
    """All reasons to quarantine a file, joined by ` | `; None if the file passes.

    The checks: rejected lines, control totals and their size, the running balance, and the dates of
    the lines.
    """
    reasons = [parsed.read_fault] if parsed.read_fault else []
    # The checks use all lines of a file of several days, although only one date's are committed.
    line_count = sum(parsed.column_sums.get("count", {}).values()) + parsed.rejected_count
    if parsed.rejected_count > files.rejected_share_max * line_count:
        line_no, why = parsed.rejected_examples[0]
        reasons.append(
            f"REJECTED_LINES: {name}:{line_no}: {parsed.rejected_count} of {line_count} lines,"
            f" first: {why}; see rejected_lines, have them corrected or raise"
            " files.rejected_share_max"
        )
    _, differences = compare_totals(parsed, plan)
    if differences:
        named = "; ".join(differences[:NAMED_MAX])
        reasons.append(f"TOTALS_DIFFER: {name}: {named}; have the channel correct its file")
    for code, gross in sorted(parsed.column_sums.get("gross", {}).items()):
        if gross > SUM_MAX:
            exponent = MINOR_UNITS.get(code, 2)
            reasons.append(
                f"TOTALS_TOO_LARGE: {name}: its amounts and fees in {code} add up to"
                f" {_format_amount(gross, exponent)} without their signs, more than 10^18 minor"
                " units; have the channel correct its file"
            )
    gap = find_balance_gap(parsed)
    if gap is not None:
        line_no, printed, expected = gap
        exponent = MINOR_UNITS.get(plan.currency or "", 2)
        reasons.append(
            f"BALANCE_BROKEN: {name}:{line_no}: the balance should be"
            f" {_format_amount(expected, exponent)}, the file prints"
            f" {_format_amount(printed, exponent)}; fetch the file again, a line is missing"
        )
    wrong_day = _wrong_day(parsed, plan, files, name, day)
    return " | ".join([*reasons, wrong_day] if wrong_day else reasons) or None


def _parse_declared(declared: DeclaredTotal, exponent: int) -> int | None:
    # Plain digits only: an exponent could stand for a number of any length.
    too_long = len(declared.text.lstrip("+-0")) > DIGITS_MAX
    if too_long or not _NUMBER.fullmatch(declared.text):
        return None
    scaled = Decimal(declared.text.replace(",", "")).scaleb(exponent)
    if scaled != int(scaled) or abs(scaled) >= 2**63:
        return None
    return int(scaled)


def _format_amount(value: int, exponent: int) -> str:
    return f"{Decimal(value).scaleb(-exponent):,.{exponent}f}"


def _wrong_day(parsed: ParsedFile, plan: Plan, files: Files, name: str, day: date) -> str | None:
    """The reason to refuse a file of another day; None if the days agree or are not checked."""
    if files.spans:
        first, last = parse_date_span(files.pattern, name) or (day, day)
        dates = sorted(parsed.lines_by_date)
        outside = [text for text in dates if not str(first) <= text <= str(last)]
        if not outside or files.day_check == "none":
            return None
        return (
            f"WRONG_DAY: {name}: lines of {', '.join(outside[:3])}, outside of {first} to"
            f" {last}; have the file named as its days are, or the right days sent"
        )
    evidence = _other_day(parsed, plan, files.day_check or plan.day_check, day)
    if evidence is None:
        return None
    return (
        f"WRONG_DAY: {name}: {evidence}, not of {day};"
        " have the right day sent, or see files.day_check"
    )


def _other_day(parsed: ParsedFile, plan: Plan, check: str, day: date) -> str | None:
    """The evidence that a file is of another day: the date that it declares, or all its lines."""
    if check == "none":
        return None
    tolerance = timedelta(days=0 if check == "on" else 1)
    if plan.file_date is not None and abs(plan.file_date - day) > tolerance:
        return f"the file declares the date {plan.file_date}"
    dates = sorted(parsed.lines_by_date)
    if not dates or any(abs(date.fromisoformat(text) - day) <= tolerance for text in dates):
        return None
    return f"its lines are of {', '.join(dates[:3])}"
