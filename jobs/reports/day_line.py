"""Renders a channel's day as one line."""

from typing import Any

from schemas.currencies import in_major_units


def render_day(match: Any, fees: Any) -> str:
    """Renders one channel and date as one line; amounts in major units.

    `match` is the summary of the match, `fees` that of the fee check or None.
    """
    counts, result = match.counts, "" if match.result == "DONE" else f"  {match.result}"
    stake = ", ".join(
        f"{code} {in_major_units(value, code)}" for code, value in match.amounts.items()
    )
    fee_differences = (
        ", ".join(in_major_units(value, code, "+") for code, value in fees.difference.items())
        if fees
        else "not checked"
    )
    return (
        f"{match.business_date}  {match.channel:<12} {counts['lines']:>9,} lines"
        f" {counts.get('matched', 0):>9,} matched {counts.get('suspense', 0):>6,} waiting"
        f" {counts.get('break', 0):>5,} breaks  {stake or 'nothing'} at stake"
        f"  fees {fee_differences or '0'}{result}"
    )
