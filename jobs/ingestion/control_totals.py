"""The gate: what a file declares about itself against what its lines add up to.

Source: docs/reference/rules.md, "Gate".
"""

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from jobs.ingestion.inbox import span_of
from jobs.ingestion.parse_tasks import ParsedFile
from jobs.statements.canonical.money import DIGITS_MAX
from jobs.statements.parser import DeclaredTotal, Plan
from schemas.currencies import MINOR_UNITS
from schemas.profile.channel import Files

#: How many of a file's totals a message spells out.
NAMED_MAX = 4
#: What is told of every file, whether the file declares it or not.
ALWAYS = ("count", "amount", "fee")
_NUMBER = re.compile(r"[+-]?(\d[\d,]*(\.\d*)?|\.\d+)", re.ASCII)


def compare_totals(landed: ParsedFile, plan: Plan) -> tuple[list[dict[str, Any]], list[str]]:
    """Each declared total beside the computed one, in minor units or counts, and what differs.

    What a file does not declare of `ALWAYS` stands among them with nothing declared: unchecked.
    """
    rows: list[dict[str, Any]] = []
    faults = []
    for check in landed.checks:
        rows.append(_row(check.name, check.currency, check.declared, check.computed))
        exponent = MINOR_UNITS.get(check.currency or "", 0)
        if check.declared is None:
            faults.append(f"{check.name} declares {check.text!r}, which is no number")
        elif check.declared != check.computed:
            faults.append(_differs(check.name, check.declared, check.computed, exponent))
    for declared in plan.declared:
        sums = dict(landed.totals.get(declared.name, {}))
        if declared.currency is not None:
            sums = {code: sums[code] for code in sums if code == declared.currency}
        codes = [code for code in sums if code]
        known = declared.currency or plan.currency
        currency = codes[0] if len(codes) == 1 else None if codes else known
        exponent = MINOR_UNITS.get(currency or "", 2) if declared.unit == "major" else 0
        computed = sum(sums.values())
        value = _value(declared, exponent)
        shown = None if declared.unit == "count" else currency
        rows.append(_row(declared.name, shown, value, computed))
        if value is None:
            faults.append(f"{declared.name} declares {declared.text!r}, which is no number")
        elif value != computed:
            faults.append(_differs(declared.name, value, computed, exponent))
    checked = {row["name"] for row in rows}
    if checked:  # a document may hold no total at all
        checked |= set(plan.covered)
    for name in (name for name in ALWAYS if name not in checked):
        sums = dict(landed.sums.get(name, {}))
        if name == "count":
            sums = {"": sum(sums.values())}
        rows += [_row(name, code or None, None, value) for code, value in sorted(sums.items())]
    return rows, faults


def _row(name: str, currency: str | None, declared: int | None, computed: int) -> dict[str, Any]:
    return {"name": name, "currency": currency, "declared": declared, "computed": computed}


def _differs(name: str, declared: int, computed: int, exponent: int) -> str:
    return (
        f"{name} declares {_printed(declared, exponent)}, its lines add up to"
        f" {_printed(computed, exponent)}, difference {_printed(computed - declared, exponent)}"
    )


def broken_balance(landed: ParsedFile) -> tuple[int, int, int] | None:
    """The first line whose running balance does not follow: line number, printed, due."""
    links = sorted(landed.links, key=lambda link: link.first_line)
    broken = [each for link in links for each in link.gaps]
    broken += [
        (below.first_line, below.opening_balance, above.closing_balance)
        for above, below in pairwise(links)
        if above.closing_balance != below.opening_balance
    ]
    return min(broken, default=None)


def control_total_failures(
    landed: ParsedFile, plan: Plan, files: Files, name: str, day: date
) -> str | None:
    """Why a file is quarantined, every reason at once; None where it is accepted."""
    reasons = [landed.refused] if landed.refused else []
    # Of a file of several days only one date's lines land; it is judged as a whole.
    read = sum(landed.sums.get("count", {}).values()) + landed.rejected_count
    if landed.rejected_count > files.rejected_share_max * read:
        at, why = landed.shown[0]
        reasons.append(
            f"REJECTED_LINES: {name}:{at}: {landed.rejected_count} of {read} lines, first: {why};"
            " see rejected_lines, have them corrected or raise files.rejected_share_max"
        )
    _, faults = compare_totals(landed, plan)
    if faults:
        shown = "; ".join(faults[:NAMED_MAX])
        reasons.append(f"TOTALS_DIFFER: {name}: {shown}; have the channel correct its file")
    broken = broken_balance(landed)
    if broken is not None:
        at, printed, due = broken
        exponent = MINOR_UNITS.get(plan.currency or "", 2)
        reasons.append(
            f"BALANCE_BROKEN: {name}:{at}: the balance goes on from {_printed(due, exponent)},"
            f" printed is {_printed(printed, exponent)}; fetch the file again, a line is missing"
        )
    if files.spans:
        first, last = span_of(files.pattern, name) or (day, day)
        outside = [each for each in sorted(landed.days) if not str(first) <= each <= str(last)]
        if outside and files.day_check != "none":
            reasons.append(
                f"WRONG_DAY: {name}: lines of {', '.join(outside[:3])}, outside of {first} to"
                f" {last}; have the file named as its days are, or the right days sent"
            )
    elif seen := _other_days(landed, plan, files.day_check or plan.day_check, day):
        reasons.append(
            f"WRONG_DAY: {name}: {seen}, not of {day};"
            " have the right day sent, or see files.day_check"
        )
    return " | ".join(reasons) or None


def _value(declared: DeclaredTotal, exponent: int) -> int | None:
    # Plain digits only: an exponent would be a number of any length.
    too_long = len(declared.text.lstrip("+-0")) > DIGITS_MAX
    if too_long or not _NUMBER.fullmatch(declared.text):
        return None
    scaled = Decimal(declared.text.replace(",", "")).scaleb(exponent)
    if scaled != int(scaled) or abs(scaled) >= 2**63:
        return None
    return int(scaled)


def _printed(value: int, exponent: int) -> str:
    return f"{Decimal(value).scaleb(-exponent):,.{exponent}f}"


def _other_days(landed: ParsedFile, plan: Plan, check: str, day: date) -> str | None:
    """What says that a file is of another day: none of its lines is of it, or the file itself does,
    which speaks where there is no line as well.
    """
    if check == "none":
        return None
    reach = timedelta(days=0 if check == "on" else 1)
    if plan.file_date is not None and abs(plan.file_date - day) > reach:
        return f"it says itself that it is of {plan.file_date}"
    days = sorted(landed.days)
    if not days or any(abs(date.fromisoformat(each) - day) <= reach for each in days):
        return None
    return f"its lines are of {', '.join(days[:3])}"
