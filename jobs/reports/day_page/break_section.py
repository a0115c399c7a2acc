"""Open breaks: by reason and age, and what became of them since the dates before."""

from jobs.reports.day_page.builder import Builder
from jobs.reports.day_page.movements import (
    AGE_LIMITS,
    PARTS,
    BreakFigures,
    Movement,
)
from jobs.reports.day_page.scope import Owner, Row, RowList
from jobs.reports.html.charts import draw_bars
from jobs.reports.html.document import Card, Cell, Chart, Heading, Section, Table
from jobs.reports.html.numbers import list_money, name_money
from jobs.reports.labels import REASON_LABELS
from schemas.currencies import exponent

_REASONS_TOPIC = "Open breaks by reason and age"
_MOVEMENT_TOPIC = "New, cleared and older breaks"
_TITLES = {
    "opening": "{channel} {code}: open before",
    "new": "{channel} {code}: new",
    "reopened": "{channel} {code}: opened again",
    "cleared": "{channel} {code}: cleared",
    "closing": "{channel} {code}: open after",
}
#: Currencies that have a chart.
_CHARTS_MAX = 2
#: Ages up to this place are no alarm.
_FRESH = 2


def break_cards(builder: Builder, breaks: BreakFigures) -> list[Card]:
    """Money at stake, and what moved."""
    say = builder.say
    stakes = list_money(breaks.money("closing"))
    cards = [
        Card(say("Money at stake"), stakes[0] if stakes else "0",
             [*stakes[1:], say("in {count} open breaks", count=f"{breaks.total('closing'):,}")],
             "breaks", "bad" if breaks.total("closing") else "good"),
        Card(say("New breaks"), f"{breaks.total('new'):,}", _nonzero(breaks.money("new")),
             "movement", "bad" if breaks.total("new") else "good"),
        Card(say("Cleared"), f"{breaks.total('cleared'):,}", _nonzero(breaks.money("cleared")),
             "movement", "good" if breaks.total("cleared") else ""),
    ]  # fmt: skip
    if breaks.overdue.count:
        anchor = _add_list(builder, "Breaks past their due date", say("Past their due date"),
                           breaks.overdue)  # fmt: skip
        cards.append(
            Card(say("Past their due date"), f"{breaks.overdue.count:,}",
                 [say("breaks, by the rules of their channels")], anchor, "bad")
        )  # fmt: skip
    return cards


def _nonzero(sums: dict[str, int]) -> list[str]:
    return list_money({code: minor for code, minor in sums.items() if minor})


def _age_labels(builder: Builder) -> list[str]:
    first = builder.say("new that day")
    labels, low = [first], AGE_LIMITS[0] + 1
    for limit in AGE_LIMITS[1:]:
        one_day = low == limit == 1
        days = str(low) if low == limit else f"{low}-{limit}"
        labels.append(builder.say("1 day") if one_day else builder.say("{days} days", days=days))
        low = limit + 1
    return [*labels, builder.say("over {days} days", days=AGE_LIMITS[-1])]


def build_breaks(builder: Builder, breaks: BreakFigures) -> Section:
    """A row per reason and currency, most money first; a column per age."""
    say, labels = builder.say, _age_labels(builder)
    reasons: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for (reason, code, place), cell in breaks.cells.items():
        reasons.setdefault((code, reason), [(0, 0)] * len(labels))[place] = cell
    order = sorted(reasons, key=lambda key: (key[0], -sum(c[1] for c in reasons[key]), key[1]))
    rows, charts = [], []
    for code, reason in order:
        cells = reasons[code, reason]
        anchors = [
            _add_list(builder, _REASONS_TOPIC,
                      f"{_label(builder, reason)}, {code}, {labels[place]}",
                      breaks.cell_lists.get((reason, code, place), RowList()))
            for place in reversed(range(len(labels)))
        ][::-1]  # fmt: skip
        first = next((anchor for anchor in reversed(anchors) if anchor), "")
        rows.append([
            Cell(_label(builder, reason)),
            Cell(code),
            builder.count(sum(cell[0] for cell in cells), first),
            builder.money(sum(cell[1] for cell in cells), code, first, "bad"),
            *(builder.count(cells[place][0], anchors[place], "bad" if place > _FRESH else "")
              for place in range(len(labels))),
        ])  # fmt: skip
    for code in sorted({code for code, _ in order})[:_CHARTS_MAX]:
        names = [_label(builder, reason) for each, reason in order if each == code]
        bars = [
            {"name": _label(builder, reason), "part": labels[place],
             "value": cell[1] / 10 ** exponent(code)}
            for each, reason in order if each == code
            for place, cell in enumerate(reasons[code, reason]) if cell[1]
        ]  # fmt: skip
        if bars:
            sentence = say("Money at stake in {code}, by reason; darker is older", code=code)
            charts.append(Chart(sentence, draw_bars(bars, names, labels)))
    headings = [
        *builder.headings("What is wrong", "Currency", "Open breaks", "At stake",
                          numbers=("Open breaks", "At stake")),
        *(Heading(label, True) for label in labels),
    ]  # fmt: skip
    intro = say(
        "Breaks that are open after the last date, each under its first reason; the age counts"
        " from the run that found it. At stake is the difference where only amounts differ,"
        " otherwise the whole amount."
    )
    table = Table(headings, rows, note="" if rows else say("No break is open."))
    return Section("breaks", say("Open breaks"), intro, [table], charts)


def build_movement(builder: Builder, breaks: BreakFigures) -> Section:
    """From the breaks that were open before to those that are open after, by channel."""
    say, rows = builder.say, []
    totals: dict[str, Movement] = {}
    for owner in sorted(breaks.movements):
        one = breaks.movements[owner]
        rows.append(_movement_cells(builder, owner, one, breaks))
        total = totals.setdefault(owner[1], Movement())
        for part in PARTS:
            total.counts[part] += one.counts[part]
        for part in one.money:
            total.money[part] += one.money[part]
    if len(rows) > 1:
        rows += [
            _movement_cells(builder, (say("all channels"), code), one, None)
            for code, one in sorted(totals.items())
        ]
    names = ("Channel", "Currency", "Open before", "At stake before", "New", "New, money",
             "Opened again", "Cleared", "Cleared, money", "Revalued", "Open after",
             "At stake after")  # fmt: skip
    intro = say(
        "Open before, and new, and opened again, less cleared, is open after; revalued is what"
        " older breaks have more or less at stake."
    )
    table = Table(
        builder.headings(*names, numbers=names[2:]), rows,
        note="" if rows else say("No break was open, and none is."),
        has_totals=len(breaks.movements) > 1 and len(totals) == 1,
    )  # fmt: skip
    return Section("movement", say("New, cleared and older breaks"), intro, [table])


def _movement_cells(
    builder: Builder, owner: Owner, one: Movement, breaks: BreakFigures | None
) -> list[Cell]:
    channel, code = owner
    anchors = dict.fromkeys(PARTS, "")
    if breaks is not None:
        anchors = {
            part: _add_list(
                builder, _MOVEMENT_TOPIC,
                builder.say(_TITLES[part], channel=channel, code=code),
                breaks.lists.get((part, *owner), RowList()),
                builder.export_file(channel) if part == "new" else "",
                f"tieout breaks --channel {channel}" + (" --open" if part == "closing" else ""),
            )
            for part in ("new", "reopened", "cleared", "closing", "opening")
        }  # fmt: skip
    counts, money = one.counts, one.money
    return [
        Cell(channel),
        Cell(code),
        builder.count(counts["opening"], anchors["opening"]),
        builder.money(money["opening"], code, anchors["opening"]),
        builder.count(counts["new"], anchors["new"], "bad"),
        builder.money(money["new"], code, anchors["new"], "bad"),
        builder.count(counts["reopened"], anchors["reopened"]),
        builder.count(counts["cleared"], anchors["cleared"], "good"),
        builder.money(money["cleared"], code, anchors["cleared"], "good"),
        builder.money(money["revalued"], code, sign="+"),
        builder.count(counts["closing"], anchors["closing"]),
        builder.money(money["closing"], code, anchors["closing"]),
    ]


def _label(builder: Builder, reason: str) -> str:
    return builder.say(REASON_LABELS[reason])


def _add_list(
    builder: Builder,
    topic: str,
    title: str,
    rows: RowList,
    file: str = "",
    source: str = "tieout breaks --open",
) -> str:
    numbers = ("At stake", "Days")
    headings = builder.headings(
        "Break", "Channel", "What is wrong", "What to do", "At stake", "Our reference",
        "Channel reference", "Opened", "Days", "Owner", "Due date", "Closed", numbers=numbers,
    )  # fmt: skip
    return builder.add_list(
        topic, title, rows, headings, lambda row: _cells(builder, row), source, file
    )


def _cells(builder: Builder, row: Row) -> list[Cell]:
    last = builder.scope.last
    is_late = row["is_open"] and row["due_on"] is not None and row["due_on"] < last
    closed = ""
    if not row["is_open"] and row["closed_on"] is not None:
        closed = f"{row['closed_on']} {builder.say_code(row['closed_by'])}"
    until = last if row["is_open"] else row["closed_on"] or last
    return [
        Cell(row["break_id"]),
        Cell(row["channel"]),
        Cell(builder.language.say_reasons(row["reasons"])),
        Cell(builder.language.say_action(row["action"])),
        Cell(name_money(row["at_stake"] or 0, row["currency"]) if row["currency"] else ""),
        Cell(row["our_ref"] or "", tone="id"),
        Cell(row["channel_ref"] or "", tone="id"),
        Cell(str(row["opened_on"])),
        Cell(str((until - row["opened_on"]).days)),
        Cell(row["owner"] or "", tone="id"),
        Cell(str(row["due_on"] or ""), tone="bad" if is_late else ""),
        Cell(closed),
    ]
