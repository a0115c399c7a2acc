"""The gate: what a file declares about itself against what its lines add up to.

Source: docs/reference/rules.md, "Gate".
"""

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from jobs.landing import Landed
from jobs.statements.dialect import Declared, Plan
from schemas.currencies import MINOR_UNITS
from schemas.profile import Files

#: How many of a file's totals a message spells out.
NAMED_MAX = 4


def totals_of(landed: Landed, plan: Plan) -> tuple[list[dict[str, Any]], list[str]]:
    """Each declared total beside the computed one, in minor units or counts, and what differs."""
    rows: list[dict[str, Any]] = []
    faults = []
    for declared in plan.declared:
        sums = dict(landed.totals.get(declared.name, {}))
        codes = [code for code in sums if code]
        currency = codes[0] if len(codes) == 1 else None if codes else plan.currency
        exponent = MINOR_UNITS.get(currency or "", 2) if declared.unit == "major" else 0
        computed = sum(sums.values())
        value = _value(declared, exponent)
        shown = None if declared.unit == "count" else currency
        rows.append(
            {"name": declared.name, "currency": shown, "declared": value, "computed": computed}
        )
        if value is None:
            faults.append(f"{declared.name} declares {declared.text!r}, which is no number")
        elif value != computed:
            faults.append(
                f"{declared.name} declares {declared.text},"
                f" its lines add up to {_printed(computed, exponent)}"
            )
    return rows, faults


def verdict(landed: Landed, plan: Plan, files: Files, name: str, day: date) -> str | None:
    """Why a file is quarantined, every reason at once; None where it is accepted."""
    reasons = []
    read = landed.line_count + landed.rejected_count
    if landed.rejected_count > files.rejected_share_max * read:
        at, why = landed.shown[0]
        reasons.append(
            f"REJECTED_LINES: {name}:{at}: {landed.rejected_count} of {read} lines, first: {why};"
            " see rejected_lines, have them corrected or raise files.rejected_share_max"
        )
    _, faults = totals_of(landed, plan)
    if faults:
        shown = "; ".join(faults[:NAMED_MAX])
        reasons.append(f"TOTALS_DIFFER: {name}: {shown}; have the channel correct its file")
    if not _of_day(landed, files.day_check or plan.day_check, day):
        seen = ", ".join(sorted(landed.days)[:3])
        reasons.append(
            f"WRONG_DAY: {name}: its lines are of {seen}, not of {day};"
            " have the right day sent, or see files.day_check"
        )
    return " | ".join(reasons) or None


def _value(declared: Declared, exponent: int) -> int | None:
    try:
        scaled = Decimal(declared.text.replace(",", "")).scaleb(exponent)
    except InvalidOperation:
        return None
    if not scaled.is_finite() or scaled != int(scaled) or abs(scaled) >= 2**63:
        return None
    return int(scaled)


def _printed(value: int, exponent: int) -> str:
    return f"{Decimal(value).scaleb(-exponent):,.{exponent}f}"


def _of_day(landed: Landed, check: str, day: date) -> bool:
    if check == "none" or not landed.days:
        return True
    reach = 0 if check == "on" else 1
    return any(abs(date.fromisoformat(each) - day) <= timedelta(days=reach) for each in landed.days)
