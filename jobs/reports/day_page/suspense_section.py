"""What waited after each of the last dates, in money."""

from collections import Counter
from datetime import timedelta

from jobs.reports.day_page.builder import Builder
from jobs.reports.day_page.outcomes import TREND_DAYS, Tally, Totals
from jobs.reports.html.charts import draw_columns
from jobs.reports.html.document import Cell, Chart, Section, Table
from schemas.currencies import exponent

#: Currencies that have a chart, those with most items.
_CHARTS_MAX = 2


def build_suspense(builder: Builder, totals: Totals) -> Section:
    """A row per date and currency, and a chart per currency."""
    say, last = builder.say, builder.scope.last
    first = last - timedelta(days=TREND_DAYS - 1)
    first = min(first, builder.scope.first)
    sums: dict[tuple[str, str], Tally] = {}
    for (day, _, code), one in totals.waiting.items():
        if day >= first:
            known = sums.setdefault((str(day), code), Tally())
            known.items += one.items
            known.money += one.money
    items: Counter[str] = Counter()
    for (_, code), one in sums.items():
        items[code] += one.items
    codes = sorted(items, key=lambda code: (-items[code], code))
    charts = []
    for code in codes[:_CHARTS_MAX]:
        rows = [
            {"day": str(day), "name": name, "value": one.money / 10 ** exponent(code)}
            for (day, name, each), one in sorted(totals.waiting.items())
            if each == code and day >= first
        ]
        sentence = say("Waiting after each date, in {code}", code=code)
        charts.append(Chart(sentence, draw_columns(rows)))
    names = ("Date", "Currency", "Waiting", "Waiting, money", "Change")
    cells, before = [], dict[str, int]()
    for (date_text, code), one in sorted(sums.items()):
        change = one.money - before[code] if code in before else None
        before[code] = one.money
        cells.append([
            Cell(date_text), Cell(code), builder.count(one.items), builder.money(one.money, code),
            builder.money(change, code, sign="+"),
        ])  # fmt: skip
    intro = say(
        "Items that wait for their other side; what waits longer than its window breaks. A sum that"
        " rises every day means a statement that is late, or a kind of item that never comes."
    )
    table = Table(builder.headings(*names, numbers=names[2:]), cells[::-1],
                  note="" if cells else say("Nothing waits."))  # fmt: skip
    return Section("suspense", say("Suspense"), intro, [table], charts)
