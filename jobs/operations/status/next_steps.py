"""Names what a person does next about the days of channels, the most urgent first."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from jobs.ingestion.day_state import REFUSED_AGAIN, format_parts
from jobs.operations.status.channel_day import ChannelDay, StepState
from schemas.currencies import in_major_units
from schemas.dates import format_dates
from schemas.profile.day_parts import WHOLE_DAY

#: Results of settlement that a person asks the channel or the bank about.
_ASK = ("MISSING", "LATE", "SHORT", "OVER", "AMBIGUOUS", "UNKNOWN_CREDIT", "RETURNED",
        "DECLARED_DIFFERS", "UNMATCHED_SETTLEMENT")  # fmt: skip
#: Faults of a file with which a person may still accept it.
_MAY_ACCEPT = ("SHRUNK", "STALE_FILE")
#: A file id in a command is cut to so many characters: `tieout files` takes the beginning of one.
_ID_LENGTH = 12


@dataclass(frozen=True)
class NextStep:
    """One thing to do: for whom, why, and the command that does it or shows more."""

    channel: str
    business_date: date | None
    text: str
    command: str


def list_next_steps(
    days: Iterable[ChannelDay], waiting_decisions: int, orders: Mapping[date, Mapping[str, int]]
) -> list[NextStep]:
    """What to do about the days: files first, then steps to run, then money to ask about.

    `waiting_decisions` wait for a second person. `orders` are rows of the order check by result.
    """
    days = list(days)
    steps = [step for one in days for step in _about_files(one)]
    steps += _about_runs(days)
    steps += _about_money(days)
    for day, results in sorted(orders.items()):
        if parts := _count(results, ("OVERPAID", "OVER_REFUNDED")):
            steps.append(NextStep("all", day, f"orders: {parts}; see the table order_checks", ""))
    if waiting_decisions:
        text = f"{waiting_decisions} decisions wait for a second person"
        steps.append(NextStep("all", None, text, "tieout decide queue"))
    return steps


def _about_files(one: ChannelDay) -> Iterator[NextStep]:
    name, day, theirs, ours = one.channel, one.business_date, one.statement, one.our_side
    run = f"tieout run --business-date {day} --channel {name}"
    if theirs.state == "refused":
        reason = " | ".join(theirs.refusals)
        codes = {fault.split(":")[0] for fault in reason.split(" | ")}
        accept = codes <= {*_MAY_ACCEPT}
        command = f"tieout files accept {theirs.refused_ids[-1][:_ID_LENGTH]} --reason ..."
        more = "accept it, or put" if accept else "put"
        yield NextStep(
            name,
            day,
            f"the statement was refused: {reason}; {more} a right file into the inbox",
            command if accept else run,
        )
    elif not theirs.is_here:
        what = format_parts(
            [theirs.pattern if part == WHOLE_DAY else part for part in theirs.missing]
        )
        yield NextStep(name, day, f"the statement is {theirs.state}: {what}{_until(one)}", run)
    if not ours.is_here:
        parts = format_parts([part for part in ours.missing if part != WHOLE_DAY])
        text = f"our own snapshot is {ours.state}{f': {parts}' if parts else ''}"
        yield NextStep(name, day, text, run)
    for reason in theirs.refused_again:
        text = f"{REFUSED_AGAIN}: {reason}"
        yield NextStep(name, day, text, f"tieout files --business-date {day} --channel {name}")
    for gap in theirs.gaps:
        yield NextStep(name, day, gap, f"tieout files --business-date {day} --channel {name}")


def _until(one: ChannelDay) -> str:
    due_at = one.statement.due_at
    if due_at is None:
        return ""
    time = f"{due_at:%Y-%m-%d %H:%M} UTC"
    return f"; it was due at {time}" if one.statement.is_late else f"; wait until {time}"


def _about_runs(days: Iterable[ChannelDay]) -> Iterator[NextStep]:
    """One step per channel and job for all dates that are to run."""
    for job, name_of in (
        ("match", "match"),
        ("check_fees", "fees"),
        ("check_settlement", "settlement"),
        ("export", "export"),
    ):
        due: dict[str, list[date]] = {}
        for one in days:
            step = getattr(one, name_of)
            has_any = one.statement.state != "absent" or one.our_side.rows
            if not step.is_current and (has_any or step.state == StepState.STALE):
                due.setdefault(one.channel, []).append(one.business_date)
        for name, dates in due.items():
            through = f" --through {dates[-1]}" if len(dates) > 1 else ""
            yield NextStep(
                name,
                dates[-1],
                f"{job} is to run: {format_dates(dates)}",
                f"tieout {job} --channel {name} --business-date {dates[0]}{through}",
            )


def _about_money(days: Iterable[ChannelDay]) -> Iterator[NextStep]:
    """One step per channel and kind of difference, for all dates."""
    by_channel: dict[str, list[ChannelDay]] = {}
    for one in days:
        by_channel.setdefault(one.channel, []).append(one)
    for name, own in by_channel.items():
        first, last = own[0].business_date, own[-1].business_date
        if breaks := sum(one.match.counts.get("break", 0) for one in own):
            stake = _sum_amounts([one.match.amounts for one in own])
            text = f"breaks: {breaks}, {stake} at stake"
            yield NextStep(name, last, text, f"tieout breaks --channel {name} --since {first}")
        if wrong := sum(one.fees.counts.get("wrong", 0) for one in own):
            off = _sum_amounts([one.fees.amounts for one in own], "+")
            command = f"tieout fees claim --channel {name} --month {last:%Y-%m}"
            yield NextStep(name, last, f"wrong fees: {wrong}, {off} in sum", command)
        if results := _count(own[-1].settlement.counts, _ASK):
            command = f"tieout settlement --channel {name} --business-date {last}"
            yield NextStep(name, last, f"settlement: {results}", command)


def _sum_amounts(amounts: Iterable[Mapping[str, int]], sign: str = "") -> str:
    sums: Counter[str] = Counter()
    for one in amounts:
        sums.update(one)
    parts = [f"{code} {in_major_units(value, code, sign)}" for code, value in sorted(sums.items())]
    return ", ".join(parts) or "nothing"


def _count(counts: Mapping[str, int], names: Iterable[str]) -> str:
    return ", ".join(f"{counts[name]} {name}" for name in names if counts.get(name))
