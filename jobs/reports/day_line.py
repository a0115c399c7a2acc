"""A channel's day in one line."""

from typing import Any

from schemas.currencies import in_major_units


def render_day(matched: Any, fees: Any) -> str:
    """A channel's day in one line, in the order in which a person asks; amounts in major units.

    `matched` is the match's summary of the date, `fees` that of the fee check or None.
    """
    counts, state = matched.counts, "" if matched.result == "DONE" else f"  {matched.result}"
    stake = ", ".join(
        f"{code} {in_major_units(value, code)}" for code, value in matched.amounts.items()
    )
    gaps = (
        ", ".join(in_major_units(value, code, "+") for code, value in fees.difference.items())
        if fees
        else "not checked"
    )
    return (
        f"{matched.business_date}  {matched.channel:<12} {counts['lines']:>9,} lines"
        f" {counts.get('matched', 0):>9,} matched {counts.get('suspense', 0):>6,} waiting"
        f" {counts.get('break', 0):>5,} breaks  {stake or 'nothing'} at stake  fees {gaps or '0'}"
        f"{state}"
    )
