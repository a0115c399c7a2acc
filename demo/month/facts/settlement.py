"""What the tables of settlement must say on every run, from the fates of the batches."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from demo.month.builder import Builder
from demo.month.model import BANKS, Fact, MonthLine
from demo.month.payouts import ACCOUNT, Batch, due_date, grace_end
from demo.month.strangers import UnknownCredit

ACTIONS = {"SETTLED": "NONE", "CARRIED": "NONE", "BEFORE_START": "NONE", "PENDING": "WAIT",
           "LATE": "QUERY", "MISSING": "QUERY", "SHORT": "CLAIM"}  # fmt: skip


def settlement_facts(
    builder: Builder, batches: Iterable[Batch], unknown: Iterable[UnknownCredit]
) -> Iterator[Fact]:
    """What `settlement_checks`, `channel_balances` and `bank_lines_used` must say."""
    batches, unknown = [*batches], [*unknown]
    for batch in batches:
        case = f"batch {batch.fate}"
        if batch.is_opening:
            case = "batch open before the month"
        elif batch.is_carried or batch.carried_in:
            case = "batch carried, or paid with what was carried"
        for run, values in _rows_of_batch(builder, batch):
            yield _row_fact(f"settlement: {case}", batch, run, values)
    yield from _carried_facts(builder, batches)
    for channel, paid, back in unknown:
        if channel:
            yield from _unknown_facts(builder, channel, paid, back)
    yield from _balance_facts(builder, batches)
    strangers = {id(line) for channel, line, _ in unknown if not channel}
    for line in builder.lines:
        if line.channel in BANKS and line.kind == "ADJUSTMENT":
            yield _used_fact(line, id(line) in strangers)
        elif line.channel in BANKS:
            yield _used_fact(line, True)


Row = tuple[str, int, int, date | None, str, str | None]


def _rows_of_batch(builder: Builder, batch: Batch) -> Iterator[tuple[date, Row]]:
    """Run date and (result, expected, credited, due date, reasons, step) of each of its rows."""
    paid, step, is_missing = 0, None, False
    due = due_date(batch.channel, batch.key)
    end = grace_end(batch.channel, due)
    for run in builder.month.days:
        if run < batch.first_run:
            continue
        expected = batch.total_on(run)
        if batch.is_carried and run >= batch.key:
            yield run, ("CARRIED", expected, 0, due, "", None)
            return
        if run >= batch.key and not expected:
            yield run, ("SETTLED", 0, 0, due, "", None)
            return
        today = [credit for credit in batch.credits if credit[0] == run]
        if today:
            paid, step = paid + sum(amount for _, amount, _ in today), today[-1][2]
        if step is None:
            result = _unpaid(run, due, end)
            if not is_missing:
                yield run, (result, expected, 0, due, "", None)
            is_missing = is_missing or result == "MISSING"
            continue
        result = "OVER" if paid > expected else "SETTLED" if paid == expected else "SHORT"
        yield run, (result, expected, paid, due, "LATE" if today and run > end else "", step)
        if batch.returned_on is not None:
            yield from _rows_after_return(builder, batch)
            return
        if result != "SHORT" or run > end:
            return


def _rows_after_return(builder: Builder, batch: Batch) -> Iterator[tuple[date, Row]]:
    """A batch whose credit went back: closed until then, then open and due anew."""
    back = batch.returned_on
    assert back is not None
    due = due_date(batch.channel, back)
    for run in builder.month.days:
        if run < back:
            continue
        credit = next((one for one in batch.credits if one[0] == run and run > back), None)
        if credit is not None:
            yield run, ("SETTLED", batch.total, credit[1], due, "", credit[2])
            return
        result = "RETURNED" if run == back else _unpaid(run, due, grace_end(batch.channel, due))
        reasons = "RETURNED" if run == back else ""
        yield run, (result, batch.total, 0, due, reasons, None)


def _unpaid(run: date, due: date, end: date) -> str:
    return "PENDING" if run <= due else "LATE" if run <= end else "MISSING"


def _row_fact(case: str, batch: Batch, run: date, values: Row) -> Fact:
    result, expected, credited, due, reasons, step = values
    # What was open before the month has no name, only a date.
    name, since = ("", str(batch.key)) if batch.is_opening else (str(batch.key), "")
    key = (batch.channel, str(run), name, batch.merchant, since)
    out = expected if result == "CARRIED" else 0
    carried_in = batch.carried_in if run >= batch.key else 0
    return Fact(case, "settlement_checks", key, (
        result, ACTIONS.get(result, "REVIEW"), expected, credited, str(due), reasons, step,
        carried_in, out,
    ))  # fmt: skip


def _carried_facts(builder: Builder, batches: Iterable[Batch]) -> Iterator[Fact]:
    """The money that waits for the merchant's next batch has a row on every run."""
    by_purse: dict[tuple[str, str], dict[date, Batch]] = defaultdict(dict)
    for batch in batches:
        if not batch.is_opening:
            by_purse[batch.channel, batch.merchant][batch.key] = batch
    for (channel, merchant), by_day in by_purse.items():
        waiting = 0
        for run in builder.month.days:
            if run in by_day:
                waiting = by_day[run].total if by_day[run].is_carried else 0
            if waiting:
                yield Fact("settlement: carried money", "settlement_checks",
                           (channel, str(run), "", merchant, ""),
                           ("CARRIED", "NONE", 0, 0, "None", "", None, 0, waiting))  # fmt: skip


def _unknown_facts(
    builder: Builder, channel: str, paid: MonthLine, back: MonthLine | None
) -> Iterator[Fact]:
    """A credit that pays nothing waits until its grace is over; returned, both are gone."""

    def fact(line: MonthLine, run: date, result: str) -> Fact:
        return Fact("settlement: unknown credit", "settlement_checks",
                    (channel, str(run), "", "", f"{line.day} {line.line_id}"),
                    (result, ACTIONS.get(result, "REVIEW"), 0, line.amount, "None", "", None, 0, 0),
        )  # fmt: skip

    end = grace_end(channel, paid.day)
    # Money that comes within due and grace of the first date may be for what was open before it.
    start_end = grace_end(channel, due_date(channel, builder.month.first))
    last = "BEFORE_START" if paid.day <= start_end else "UNKNOWN_CREDIT"
    for run in builder.month.days:
        if run < paid.day:
            continue
        if back is not None and run == back.day:
            yield fact(paid, run, "UNKNOWN_CREDIT")
            yield fact(back, run, "UNKNOWN_CREDIT")
            return
        if run > end:
            yield fact(paid, run, last)
            return
        yield fact(paid, run, "PENDING")


def _balance_facts(builder: Builder, batches: list[Batch]) -> Iterator[Fact]:
    """Opening, net, credited, closing of each channel and date."""
    nets: dict[tuple[str, date], int] = defaultdict(int)
    for batch in batches:
        for day, net in batch.nets.items():
            nets[batch.channel, day] += net
    for label in builder.labels:
        if label.case.startswith("payout of ") and label.line is not None:
            nets["credited " + label.case.removeprefix("payout of "), label.line.day] += (
                label.line.amount
            )
    opened = {batch.channel: batch.carried_in for batch in batches if batch.is_opening}
    for channel in ACCOUNT:
        closing = opened.get(channel, 0)
        for day in builder.month.days:
            opening, net = closing, nets[channel, day]
            credited = nets[f"credited {channel}", day]
            closing = opening + net - credited
            yield Fact("balance of a channel", "channel_balances", (channel, str(day)),
                       (opening, net, credited, closing))  # fmt: skip


def _used_fact(line: MonthLine, is_nobodys: bool) -> Fact:
    payers = {"财": "wechat", "银": "bankcard", "E": "epay"}
    channel = None if is_nobodys else payers[line.payer[0]]
    case = "bank line of nobody" if is_nobodys else "bank line given to a channel"
    return Fact(case, "bank_lines_used", (line.channel, line.line_id), (channel,))
