"""Scorecards as a page: a line per channel, then each channel's own sheet."""

from collections.abc import Sequence
from datetime import date, timedelta

from jobs import __version__
from jobs.reports.day_page.builder import Builder
from jobs.reports.html.document import Card, Cell, Page, Section, Table
from jobs.reports.html.numbers import (
    add_money,
    format_money,
    format_share,
    list_money,
    per_million,
)
from jobs.reports.scorecard.figures import Scorecard
from jobs.reports.scorecard.text import (
    count_breaks,
    format_day_money,
    format_lateness,
    share_in_time,
    sort_breaks,
)

#: Dates of a channel's sheet that came late, the latest first.
_LATE_MAX = 15


def build_scorecards(builder: Builder, cards: Sequence[Scorecard], last: date) -> Page:
    """The page; `last` is the last date that was matched."""
    say, scope = builder.say, builder.scope
    sections = [_build_overview(builder, cards), *(_build_sheet(builder, card) for card in cards)]
    notices = []
    if last < scope.last:
        notices.append(say("The month is counted up to {date}, the last date that was matched.",
                           date=last))  # fmt: skip
    silent = [card.channel for card in cards if card.files.in_time is None]
    if silent:
        notices.append(say("No due time (files.due) on the page of: {names}; their punctuality"
                           " cannot be judged.", names=", ".join(silent)))  # fmt: skip
    names = ", ".join(card.channel for card in cards)
    return Page(
        builder.language.html,
        say("Channel scorecard"),
        f"{scope.label} · {names}",
        _build_cards(builder, cards),
        sections,
        notices,
        say("Not complete"),
        [
            say("Amounts are in major units of their currency, by the channels' business date."),
            say("Money x days: unpaid money, summed over the calendar days after it was due."),
            f"tieout {__version__}",
        ],
    )


def _build_cards(builder: Builder, cards: Sequence[Scorecard]) -> list[Card]:
    say = builder.say
    lines = sum(card.lines for card in cards)
    breaks = sum(map(count_breaks, cards))
    judged = [card for card in cards if card.files.in_time is not None]
    in_time = sum(card.files.in_time or 0 for card in judged)
    dates = sum(len(card.files.arrivals) for card in judged)
    fees: dict[str, int] = {}
    claims: dict[str, int] = {}
    for card in cards:
        for code, row in card.fees.items():
            add_money(fees, code, row["difference"])
        for one in card.claims.values():
            for code, minor in one.money.items():
                add_money(claims, code, minor)
    counts = sum(one.count for card in cards for one in card.claims.values())
    fee_texts, claim_texts = list_money(fees, "+"), list_money(claims)
    unpaid: dict[str, int] = {}
    for card in cards:
        for code, late_money in card.late_money.items():
            add_money(unpaid, code, late_money.day_money)
    late = list_money({code: minor for code, minor in unpaid.items() if minor})
    return [
        Card(say("Statements in time"), format_share(in_time, dates),
             [say("{part} of {whole} dates in time", part=in_time, whole=dates)], "overview",
             "good" if dates and in_time == dates else "warn" if dates else ""),
        Card(say("Breaks per million lines"), per_million(breaks, lines),
             [say("{part} breaks, {whole} lines", part=f"{breaks:,}", whole=f"{lines:,}")],
             "overview"),
        Card(say("Fee error"), fee_texts[0] if fee_texts else "-", fee_texts[1:], "overview"),
        Card(say("Settlement, money x days late"), late[0] if late else "0", late[1:],
             "overview", "bad" if late else "good"),
        Card(say("Claims"), f"{counts:,}", claim_texts, "overview", "warn" if counts else "good"),
    ]  # fmt: skip


def _build_overview(builder: Builder, cards: Sequence[Scorecard]) -> Section:
    rows = []
    for card in cards:
        files, link = card.files, f"card-{card.channel}"
        worst = files.late[0].lateness if files.late else None
        late = [format_day_money(one, code) for code, one in sorted(card.late_money.items())
                if one.day_money]  # fmt: skip
        differences = {code: row["difference"] for code, row in card.fees.items()}
        claims = sum(one.count for one in card.claims.values())
        rows.append([
            Cell(card.channel, link), builder.count(card.lines),
            Cell(share_in_time(card), link),
            Cell(format_lateness(worst) if worst else "", tone="bad"),
            builder.count(len(files.missing), link, "bad"),
            builder.count(files.reissues, link), builder.count(files.refused.total(), link, "bad"),
            builder.count(card.late_lines.count, link),
            Cell(per_million(count_breaks(card), card.lines), link),
            Cell(", ".join(list_money(differences, "+"))), Cell(", ".join(late), tone="bad"),
            builder.count(claims, link),
        ])  # fmt: skip
    names = ("Channel", "Lines", "In time", "Latest, hours", "Not whole", "Re-issues", "Refused",
             "Late lines", "Breaks per million", "Fee error", "Money x days late",
             "Claims")  # fmt: skip
    table = Table(builder.headings(*names, numbers=names[1:]), rows)
    return Section("overview", builder.say("Overview"), tables=[table])


def _build_sheet(builder: Builder, card: Scorecard) -> Section:
    say, files = builder.say, card.files
    tables = []
    late = [
        [Cell(str(one.day)), Cell(f"{one.due:%Y-%m-%d %H:%M} {one.due.tzinfo}" if one.due else ""),
         Cell(f"{one.complete.astimezone(one.due.tzinfo):%Y-%m-%d %H:%M}"
              if one.complete and one.due else ""),
         Cell(format_lateness(one.lateness or timedelta()), tone="bad")]
        for one in files.late[:_LATE_MAX]
    ]  # fmt: skip
    if late:
        heads = ("Date", "Due date", "Came", "Hours late")
        rest = len(files.late) - len(late)
        note = say("{count} more", count=rest) if rest else ""
        tables.append(Table(builder.headings(*heads, numbers=heads[3:]), late,
                            say("Files that came late"), note=note))  # fmt: skip
    faults = [[Cell(say("not whole")), builder.count(1), Cell(str(day))] for day in files.missing]
    faults += [[Cell(say("refused")), builder.count(count), Cell(code)]
               for code, count in sorted(files.refused.items())]  # fmt: skip
    for name, count in (("re-issues", files.reissues), ("rejected lines", files.rejected),
                        ("the same file again", files.duplicates)):  # fmt: skip
        if count:
            faults.append([Cell(say(name)), builder.count(count), Cell()])
    if faults:
        faults_heads = ("What", "Number", "Which")
        tables.append(Table(builder.headings(*faults_heads, numbers=("Number",)), faults,
                            say("What was wrong with files")))  # fmt: skip
    breaks = [
        [Cell(builder.language.say_reasons([reason])), builder.count(one.count),
         Cell(per_million(one.count, card.lines)), Cell(", ".join(list_money(one.money)))]
        for reason, one in sort_breaks(card)
    ]  # fmt: skip
    if breaks:
        heads = ("What is wrong", "Breaks", "Per million lines", "At stake")
        tables.append(Table(builder.headings(*heads, numbers=heads[1:]), breaks,
                            say("Breaks that opened in the month")))  # fmt: skip
    tables += _money_tables(builder, card)
    note = say("Nothing to talk about.") if not tables else ""
    return Section(f"card-{card.channel}", card.channel, note, tables)


def _money_tables(builder: Builder, card: Scorecard) -> list[Table]:
    say, tables = builder.say, []
    fees = [
        [Cell(code), builder.count(row["lines"]), builder.money(row["amount"], code),
         *(Cell(format_money(row[name], code)) for name in ("charged", "due")),
         Cell(format_money(row["difference"], code, "+"), tone="bad" if row["difference"] else ""),
         Cell(per_million(abs(row["difference"]), abs(row["due"])))]
        for code, row in sorted(card.fees.items())
    ]  # fmt: skip
    if fees:
        heads = ("Currency", "Lines", "Amount", "Charged", "Due", "Difference",
                 "Per million of what is due")  # fmt: skip
        tables.append(Table(builder.headings(*heads, numbers=heads[1:]), fees, say("Fees")))
    settled = [
        [Cell(code), builder.count(one.batches), builder.money(one.expected, code),
         builder.count(one.late_batches, tone="bad"), builder.count(one.days_max, tone="bad"),
         builder.money(one.day_money, code, tone="bad"),
         builder.money(one.unpaid, code, tone="bad")]
        for code, one in sorted(card.late_money.items())
    ]  # fmt: skip
    if settled:
        heads = ("Currency", "Batches due", "Expected", "Late batches", "Most days late",
                 "Money x days", "Unpaid at the end")  # fmt: skip
        tables.append(Table(builder.headings(*heads, numbers=heads[1:]), settled,
                            say("Settlement")))  # fmt: skip
    claims = [
        [Cell(say(cause)), builder.count(one.count), Cell(", ".join(list_money(one.money)))]
        for cause, one in sorted(card.claims.items())
    ]
    if claims:
        headings = builder.headings("What to claim", "Number", "Money",
                                    numbers=("Number", "Money"))  # fmt: skip
        tables.append(Table(headings, claims, say("Claims")))
    return tables
