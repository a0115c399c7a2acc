"""The headline's shares, and a line per channel and currency."""

from collections.abc import Mapping

from jobs.reports.day_page.builder import LAST_TOPIC, Builder
from jobs.reports.day_page.outcomes import Totals
from jobs.reports.day_page.scope import Row, RowList
from jobs.reports.html.document import Card, Cell, Section, Table
from jobs.reports.html.numbers import format_money, format_share, list_money, name_money
from schemas.vocabulary import Outcome

#: Outcomes that take part in the reconciliation; what is excluded does not.
PARTICIPATING = (Outcome.MATCHED, Outcome.BREAK, Outcome.SUSPENSE)
#: Rows of a list of what is matched, or excluded.
_SETTLED_MAX = 10
_TITLES = {
    Outcome.MATCHED: "{channel} {code}: matched",
    Outcome.BREAK: "{channel} {code}: broken on these dates",
    Outcome.SUSPENSE: "{channel} {code}: waiting",
    Outcome.EXCLUDED: "{channel} {code}: excluded",
}
Lists = Mapping[tuple[str, str, str], RowList]


def share_cards(builder: Builder, totals: Totals) -> list[Card]:
    """The shares of both sides that are reconciled, of their number and of their money."""
    say, cards = builder.say, []
    for side, label in (("ours", "Our transactions reconciled"),
                        ("theirs", "Statement lines reconciled")):  # fmt: skip
        done, every = totals.tally(side, [Outcome.MATCHED]), totals.tally(side, PARTICIPATING)
        detail = [say("{part} of {whole}", part=f"{done.items:,}", whole=f"{every.items:,}")]
        for code in totals.currencies:
            part = totals.tally(side, [Outcome.MATCHED], currency=code).money
            whole = totals.tally(side, PARTICIPATING, currency=code).money
            if whole:
                share = format_share(part, whole)
                money = f"{code} {format_money(whole, code)}"
                detail.append(say("{share} of {money}", share=share, money=money))
        tone = "good" if every.items and done.items == every.items else ""
        cards.append(
            Card(say(label), format_share(done.items, every.items), detail, "channels", tone)
        )
    return cards


def waiting_card(builder: Builder, totals: Totals) -> Card:
    """What waits for its other side."""
    sums: dict[str, int] = {}
    for (day, _, code), one in totals.waiting.items():
        if day == builder.scope.last:
            sums[code] = sums.get(code, 0) + one.money
    waits = sum(n for (_, outcome), n in totals.rows.items() if outcome == Outcome.SUSPENSE)
    detail = [builder.say("in suspense, carried forward"), *list_money(sums)]
    return Card(builder.say("Waiting"), f"{waits:,}", detail, "suspense")


def build_channels(
    builder: Builder, totals: Totals, lists: Lists, states: Mapping[str, str]
) -> Section:
    """A row per channel and currency; `states` says what a channel's dates lack."""
    say = builder.say
    owners = sorted({(name, code) for name, code, _, _ in totals.sides})
    empty = sorted({*builder.scope.profiles} - {name for name, _ in owners})
    rows = []
    for name, code in [*owners, *((name, "") for name in empty)]:
        ours, ours_done, theirs, theirs_done = (
            totals.tally(side, outcomes, name, code)
            for side in ("ours", "theirs")
            for outcomes in (PARTICIPATING, [Outcome.MATCHED])
        )
        own = {outcome: _choose(lists.get((name, outcome, code)), outcome) for outcome in Outcome}
        anchors = {outcome: _add(builder, name, code, outcome, own[outcome]) for outcome in Outcome}
        waits = totals.waiting.get((builder.scope.last, name, code))
        state = states.get(name, "")
        every = next((anchor for anchor in anchors.values() if anchor), "")
        rows.append([
            Cell(name),
            Cell(state or say("complete"), "gaps" if state else "", "warn" if state else "good"),
            Cell(code),
            builder.count(ours.items, every),
            Cell(format_share(ours_done.money, ours.money) if ours.items else ""),
            builder.count(theirs.items, every),
            Cell(format_share(theirs_done.money, theirs.money) if theirs.items else ""),
            builder.count(own[Outcome.MATCHED].count, anchors[Outcome.MATCHED]),
            builder.count(own[Outcome.SUSPENSE].count, anchors[Outcome.SUSPENSE]),
            builder.money(waits.money if waits else 0, code, anchors[Outcome.SUSPENSE]),
            builder.count(own[Outcome.BREAK].count, anchors[Outcome.BREAK], "bad"),
            builder.money(totals.at_stake.get((name, code), 0), code, anchors[Outcome.BREAK]),
            builder.count(own[Outcome.EXCLUDED].count, anchors[Outcome.EXCLUDED]),
        ])  # fmt: skip
    names = ("Channel", "State", "Currency", "Our transactions", "Share of money, ours",
             "Statement lines", "Share of money, theirs", "Matched rows", "Waiting",
             "Waiting, money", "Broken", "At stake", "Excluded")  # fmt: skip
    intro = say(
        "A row is a pair, a member of a group, or an item alone. Shares are of what takes part:"
        " matched, waiting and broken; excluded items are not ours, or no money moved."
    )
    table = Table(builder.headings(*names, numbers=names[3:]), rows)
    return Section("channels", say("Channels"), intro, [table])


def _add(builder: Builder, name: str, code: str, outcome: Outcome, rows: RowList) -> str:
    return builder.add_list(
        LAST_TOPIC,
        builder.say(_TITLES[outcome], channel=name, code=code),
        rows,
        builder.headings(
            "Our reference", "Channel reference", "What is wrong", "What to do", "Kind", "Amount",
            "Our amount", "Statement amount", "Days", "Transaction or line",
            numbers=("Amount", "Our amount", "Statement amount", "Days"),
        ),
        lambda row: _cells(builder, row),
        _source(builder, name, outcome),
        builder.export_file(name) if outcome in (Outcome.BREAK, Outcome.SUSPENSE) else "",
    )  # fmt: skip


def _choose(rows: RowList | None, outcome: Outcome) -> RowList:
    """The rows to list: only a few of those that need nobody."""
    if rows is None or outcome in (Outcome.BREAK, Outcome.SUSPENSE):
        return rows or RowList()
    return RowList(rows.count, rows.rows[:_SETTLED_MAX])


def _source(builder: Builder, name: str, outcome: Outcome) -> str:
    dates = f"{builder.scope.first} - {builder.scope.last}"
    day = str(builder.scope.first) if builder.scope.is_day else dates
    return builder.say(
        "table outcomes, run_date {day}, channel {channel}, outcome {outcome}",
        day=day, channel=name, outcome=outcome.value,
    )  # fmt: skip


def _cells(builder: Builder, row: Row) -> list[Cell]:
    code = row["shown_currency"]
    return [
        Cell(row["our_ref"] or "", tone="id"),
        Cell(row["channel_ref"] or "", tone="id"),
        Cell(builder.language.say_reasons(row["reasons"])),
        Cell(builder.language.say_action(row["action"])),
        Cell(builder.say_code(row["kind"]) if row["kind"] else ""),
        Cell(name_money(int(row["money"] or 0), code) if code else ""),
        Cell(format_money(row["internal_amount"], code)),
        Cell(format_money(row["statement_amount"], code)),
        Cell(str(row["age_days"])),
        Cell(row["txn_id"] or _short(row["line_id"]), tone="id"),
    ]


def _short(line_id: str | None) -> str:
    """A line as the head of its file's hash and its number; people find it by `tieout files`."""
    head, _, number = (line_id or "").partition(":")
    return f"{head[:12]}:{int(number)}" if number.isdigit() else head
