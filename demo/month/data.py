"""Draws the month, writes its files and its configuration, and collects its facts."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from demo.month.builder import Builder
from demo.month.business_days import ONE_DAY
from demo.month.day import draw_day
from demo.month.facts.breaks import break_facts
from demo.month.facts.bridge import bridge_facts
from demo.month.facts.fees import fee_facts
from demo.month.facts.settlement import settlement_facts
from demo.month.facts.waits import wait_facts
from demo.month.fees import charge_fees, list_accruals, volume_limit
from demo.month.files import arrivals, write_pages, write_snapshots, write_statements
from demo.month.model import Fact, Month
from demo.month.orders import draw_orders
from demo.month.payouts import (
    carry_small_batches,
    draw_batches,
    open_before,
    pay_batches,
)
from demo.month.score import outcome_facts
from demo.month.strangers import draw_unknown_credits


@dataclass(frozen=True)
class MonthData:
    """The data set: where it lies, when its files arrive, and what must be said of it."""

    month: Month
    store: Path
    config: Path
    arrivals: dict[date, list[str]]
    late: dict[tuple[str, date], date]
    facts: list[Fact]
    lines: int
    transactions: int


def make_month(folder: Path, month: Month) -> MonthData:
    """Writes `folder`/store and `folder`/config; `folder` holds none of them yet."""
    builder = Builder(month)
    for day in month.days:
        draw_day(builder, day)
        draw_orders(builder, day)
    charge_fees(builder)
    batches = draw_batches(builder)
    small = [batch.total for batch in batches if batch.merchant == "EM03"]
    minimum = max(2 * sum(small) // max(len(small), 1), 100)
    carry_small_batches(batches, minimum)
    opening, eve = 1_234_56 + month.trades, month.first - ONE_DAY
    batches.append(open_before(builder, eve, opening))
    pay_batches(builder, batches[:-1])
    unknown = [*draw_unknown_credits(builder)]
    store, config = folder / "store", folder / "config"
    write_statements(store, builder.lines, month.days)
    write_snapshots(store, builder.rows, month.days)
    write_pages(config, {
        "first": month.first, "eve": eve, "opening": opening, "minimum": minimum,
        "volume_limit": volume_limit(builder), "new_card_from": month.new_card_from,
        "old_card_to": month.new_card_from - ONE_DAY,
    })  # fmt: skip
    accruals = [*list_accruals(builder)]
    facts = [
        *outcome_facts(builder.labels),
        *wait_facts(builder),
        *break_facts(builder.labels),
        *fee_facts(builder, accruals),
        *builder.facts,
    ]
    facts += settlement_facts(builder, batches, unknown)
    facts += bridge_facts(builder, batches, accruals)
    late = late_files(month)
    return MonthData(
        month, store, config, arrivals(month.days, late), late, facts, len(builder.lines),
        len({row.txn_id for row in builder.rows}),
    )  # fmt: skip


def late_files(month: Month) -> dict[tuple[str, date], date]:
    """Files that are not there when their date is run, and the day on which they come."""
    waits = {("bankcard", 4): 1, ("icbc", 8): 1, ("wechat", 13): 2, ("cmb", 19): 1}
    return {
        (channel, month.days[place]): month.days[place] + timedelta(days=days)
        for (channel, place), days in waits.items()
        if place + days < len(month.days)
    }
