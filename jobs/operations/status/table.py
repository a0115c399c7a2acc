"""Shows days of channels as text: a table per date, and what to do next."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from jobs.operations.status.channel_day import ChannelDay, Files, Step, StepState
from jobs.operations.status.next_steps import NextStep
from jobs.reports.text_table import render_table
from schemas.currencies import in_major_units

_HEADINGS = ("CHANNEL", "STATEMENT", "LINES", "OURS", "MATCHED", "WAITING", "BREAKS", "AT STAKE",
             "FEES", "SETTLEMENT", "EXPORT")  # fmt: skip
_RIGHT = ("LINES", "OURS", "MATCHED", "WAITING", "BREAKS", "AT STAKE", "FEES")
#: The parts of a settlement that a line has room for, the worst first.
_SETTLEMENT = ("MISSING", "LATE", "SHORT", "OVER", "UNKNOWN_CREDIT", "AMBIGUOUS", "PENDING",
               "CARRIED", "SETTLED")  # fmt: skip


def render_status(
    days: Sequence[ChannelDay], steps: Sequence[NextStep], now: datetime
) -> Iterator[str]:
    """The screen: for each date its channels, then what to do next, in the order of urgency."""
    for day, group in groupby(days, key=lambda one: one.business_date):
        channels = list(group)
        closed = sum(one.is_closed for one in channels)
        yield (
            f"{day} {day:%A}: {closed} of {len(channels)} channels are done"
            f"   (at {now:%Y-%m-%d %H:%M} UTC)"
        )
        yield from render_table(_HEADINGS, [_cells(one) for one in channels], _RIGHT)
        yield ""
    if not steps:
        yield "Nothing is left to do."
        return
    yield "Next:"
    width = max(len(step.channel) for step in steps)
    for step in steps:
        when = str(step.business_date or "")
        yield f"  {step.channel:<{width}}  {when:<10}  {step.text}"
        if step.command:
            yield f"  {'':<{width}}  {'':<10}    {step.command}"


def _cells(one: ChannelDay) -> tuple[str, ...]:
    counts = one.match.counts
    return (
        one.channel,
        _describe_files(one.statement),
        f"{one.statement.rows:,}",
        f"{one.our_side.rows:,}" if one.our_side.is_here else one.our_side.state,
        _number(one.match, counts.get("matched", 0)),
        _number(one.match, counts.get("suspense", 0)),
        _number(one.match, counts.get("break", 0)),
        _money(one.match),
        _money(one.fees, "+"),
        _describe_settlement(one.settlement),
        one.export.state.value,
    )


def _describe_files(files: Files) -> str:
    late = ", late" if files.is_late and not files.is_here else ""
    gap = ", balance gap" if files.gaps else ""
    every = files.files + len(files.missing)
    missing = f", {files.files} of {every} parts" if files.state == "incomplete" else ""
    again = ", newer file refused" if files.refused_again else ""
    return f"{files.state}{missing}{late}{gap}{again}"


def _number(step: Step, value: int) -> str:
    if step.state in (StepState.NOT_RUN, StepState.NOT_NEEDED):
        return step.state.value
    return f"{value:,}{'*' if step.state == StepState.STALE else ''}"


def _money(step: Step, sign: str = "") -> str:
    if step.state in (StepState.NOT_RUN, StepState.NOT_NEEDED):
        return step.state.value
    sums = [f"{code} {in_major_units(value, code, sign)}" for code, value in step.amounts.items()]
    return (", ".join(sums) or "0") + ("*" if step.state == StepState.STALE else "")


def _describe_settlement(step: Step) -> str:
    if step.state in (StepState.NOT_RUN, StepState.NOT_NEEDED):
        return step.state.value
    parts = [f"{step.counts[name]} {name}" for name in _SETTLEMENT if step.counts.get(name)]
    return (", ".join(parts) or "nothing due") + ("*" if step.state == StepState.STALE else "")


def has_stale(days: Collection[ChannelDay]) -> bool:
    """Whether any number of the screen is of inputs that have changed since."""
    return any(
        step.state == StepState.STALE
        for one in days
        for step in (one.match, one.fees, one.settlement, one.export)
    )
