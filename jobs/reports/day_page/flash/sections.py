"""The flash and the difference to it as parts of a page."""

from collections.abc import Mapping

from jobs.reports.day_page.builder import Builder
from jobs.reports.day_page.flash.difference import CHANGED, UNEXPLAINED, Difference
from jobs.reports.day_page.flash.own_side import OwnSide
from jobs.reports.day_page.scope import Owner, Row, RowList
from jobs.reports.html.document import Card, Cell, Section, Table
from jobs.reports.html.numbers import (
    add_money,
    format_money,
    format_share,
    list_money,
    name_money,
)
from jobs.reports.labels import REASON_LABELS
from schemas.vocabulary import Outcome

_LABELS = {
    CHANGED: "our own side changed since the flash",
    UNEXPLAINED: "not explained",
    "GROUPED": "groups with members of other dates",
    "LINE_OF_EARLIER_TRANSACTION": "lines of transactions of other dates",
    "TRANSACTION_OF_EARLIER_LINE": "transactions whose line came on another date",
    "AMOUNT_ACCEPTED": "differences that were accepted",
    "WAITS_FOR_STATEMENT": "waits for the statement",
    "WAITS_FOR_OURS": "lines that wait for our transaction",
    "PAID_OUT_TO_US": "paid out to our bank account",
    "FEE_LINES": "lines of fees",
}
Sides = Mapping[Owner, OwnSide]


def flash_cards(builder: Builder, sides: Sides) -> list[Card]:
    """Our own side, what of it is confirmed, what is not, and its accrued fees."""
    say = builder.say
    done, every = 0, 0
    sums: dict[str, dict[str, int]] = {name: {} for name in ("ours", "done", "open", "fees")}
    unpriced = sorted({name for (name, _), side in sides.items() if side.accrued is None})
    for (_, code), side in sides.items():
        every += side.succeeded[0]
        done += side.confirmed[0]
        add_money(sums["ours"], code, side.succeeded[1])
        add_money(sums["done"], code, side.confirmed[1])
        add_money(sums["open"], code, side.succeeded[1] - side.confirmed[1])
        add_money(sums["fees"], code, side.accrued)
    money = {name: list_money(by_code) for name, by_code in sums.items()}
    accrued = say("not accrued: {names}", names=", ".join(unpriced)) if unpriced else say("accrued")
    return [
        Card(say("Our transactions, succeeded"), f"{every:,}", money["ours"], "own"),
        Card(say("Confirmed by statements"), format_share(done, every),
             [say("{part} of {whole}", part=f"{done:,}", whole=f"{every:,}"), *money["done"]],
             "own", "good" if every and done == every else ""),
        Card(say("Not confirmed"), f"{every - done:,}", money["open"], "own",
             "warn" if every - done else "good"),
        Card(say("Fees due"), money["fees"][0] if money["fees"] else "-",
             [*money["fees"][1:], accrued], "own", "warn" if unpriced else ""),
    ]  # fmt: skip


def build_own_side(builder: Builder, sides: Sides, states: Mapping[str, str]) -> list[Section]:
    """A row per channel and currency, and one per status that is not taken for right."""
    say, rows, others = builder.say, [], []
    for (channel, code), side in sorted(sides.items()):
        money = side.succeeded[1] - side.confirmed[1]
        looked_at = sum(number for number, _ in side.outcomes.values())
        waits, broken, excluded = (
            side.outcomes.get(outcome, (0, 0))[0]
            for outcome in (Outcome.SUSPENSE, Outcome.BREAK, Outcome.EXCLUDED)
        )
        fees = Cell(say("not accrued"), tone="warn")
        if side.accrued is not None:
            fees = Cell(format_money(side.accrued, code))
        rows.append([
            Cell(channel), Cell(states.get(channel, "") or say("complete")), Cell(code),
            builder.count(side.succeeded[0]), builder.money(side.succeeded[1], code),
            fees, Cell(format_money(side.net, code)),
            builder.count(side.confirmed[0], tone="good"),
            builder.money(side.confirmed[1], code, tone="good"),
            builder.money(money, code, tone="warn"),
            builder.count(waits), builder.count(broken, tone="bad"), builder.count(excluded),
            builder.count(side.succeeded[0] - looked_at),
        ])  # fmt: skip
        for status, (number, amount) in sorted(side.statuses.items()):
            others.append([Cell(channel), Cell(builder.say_code(status)), Cell(code),
                           builder.count(number), builder.money(amount, code)])  # fmt: skip
    names = ("Channel", "Statement", "Currency", "Our transactions", "Money", "Fees due",
             "Net of fees", "Confirmed", "Confirmed, money", "Not confirmed, money", "Waiting",
             "Broken", "Excluded", "Not matched yet")  # fmt: skip
    intro = say(
        "Our own transactions of the date that succeeded, taken for right until the statements are"
        " there; confirmed is what a statement agrees with already. Money is signed: refunds and"
        " payouts count against payments."
    )
    note = "" if rows else say("Our own side has no transaction of this date.")
    table = Table(builder.headings(*names, numbers=names[3:]), rows, note=note)
    sections = [Section("own", say("Our own side"), intro, [table])]
    if others:
        heads = ("Channel", "Status", "Currency", "Our transactions", "Money")
        table = Table(builder.headings(*heads, numbers=heads[3:]), others)
        intro = say("Not counted above, because they have not succeeded.")
        sections.append(Section("other", say("Other statuses"), intro, [table]))
    return sections


def build_differences(builder: Builder, differences: Mapping[Owner, Difference]) -> list[Section]:
    """From the flash to the statement, by cause; nothing without a flash."""
    if not differences:
        return []
    say, tables, fees = builder.say, [], []
    for (channel, code), one in sorted(differences.items()):
        rows = [[Cell(say("flash: our transactions")), builder.count(one.flash.transactions),
                 Cell(format_money(one.flash.amount, code))]]  # fmt: skip
        order = sorted(one.causes.items(), key=lambda item: (-abs(item[1][1]), item[0]))
        for cause, (number, money) in order:
            anchor = _add_list(builder, channel, code, cause, one.lists.get(cause, RowList()))
            tone = "bad" if cause == UNEXPLAINED else ""
            rows.append([Cell(_say_cause(builder, cause), tone=tone),
                         builder.count(number, anchor),
                         builder.money(money, code, anchor, tone, "+")])  # fmt: skip
        rows.append([Cell(say("statement: lines")), builder.count(one.lines),
                     Cell(format_money(one.statement, code))])  # fmt: skip
        headings = builder.headings("From the flash to the statement", "Rows", "Money",
                                    numbers=("Rows", "Money"))  # fmt: skip
        tables.append(Table(headings, rows, f"{channel} {code}", has_totals=True))
        accrued = one.flash.accrued
        differs = None if accrued is None else one.charged - accrued
        fees.append([
            Cell(channel), Cell(code),
            Cell(say("not accrued") if accrued is None else format_money(accrued, code)),
            Cell(format_money(one.charged, code)),
            builder.money(differs, code, sign="+"),
        ])  # fmt: skip
    heads = ("Channel", "Currency", "Accrued at the flash", "Charged on the lines", "Difference")
    tables.append(Table(builder.headings(*heads, numbers=heads[2:]), fees, say("Fees")))
    intro = say(
        "The flash took our own side for right before the statements were there. This is what"
        " became of it, to the last minor unit; money is signed."
    )
    return [Section("flash", say("Difference to the flash"), intro, tables)]


def _say_cause(builder: Builder, cause: str) -> str:
    return builder.say(_LABELS[cause] if cause in _LABELS else REASON_LABELS[cause])


def _add_list(builder: Builder, channel: str, code: str, cause: str, rows: RowList) -> str:
    headings = builder.headings("Our reference", "Channel reference", "Transaction", "Difference",
                                numbers=("Difference",))  # fmt: skip

    def render(row: Row) -> list[Cell]:
        return [Cell(row["our_ref"] or "", tone="id"), Cell(row["channel_ref"] or "", tone="id"),
                Cell(row["txn_id"] or "", tone="id"),
                Cell(name_money(int(row["money"]), code, "+"))]  # fmt: skip

    title = f"{channel} {code}: {_say_cause(builder, cause)}"
    source = builder.say("table outcomes, run_date {day}, channel {channel}",
                         day=builder.scope.last, channel=channel)  # fmt: skip
    return builder.add_list("Rows of the difference to the flash", title, rows, headings, render,
                            source)  # fmt: skip
