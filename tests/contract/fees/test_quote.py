"""The fee of one trade, by the rules of the fee check."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.reports.fees.quote import Quote, quote_fee
from jobs.reports.fees.text import describe_quote, render_quote
from schemas.fee_schedule import FeeSchedule
from schemas.fees.trade import Trade
from schemas.vocabulary import Kind
from tests.support.fee_ledger import SHANGHAI, card

DAY = date(2026, 11, 22)
PAYMENT = Trade("wechat", Kind.PAYMENT, 10_000, "CNY", DAY)
REFUND = replace(PAYMENT, kind=Kind.REFUND, amount=5_000, paid=10_000)
DATED = card(
    {"name": "credit", "card_type": "CREDIT", "rate": "0.01", "min": 10, "refund": "keep"},
    {"name": "old", "to": "2026-11-21", "rate": "0.0060"},
    {"name": "new", "from": "2026-11-22", "currency": ["CNY", "JPY", "KWD"], "rate": "0.00545"},
)
PARTS = card(
    {
        "kind": ["PAYMENT"],
        "refund": "return_rate",
        "components": [
            {"name": "acquirer", "rate": "0.003", "fixed": "1.95"},
            {"name": "scheme", "pass_through": "settlement_amount"},
            {"name": "order", "rate": "0.001", "base": "order_amount"},
        ],
        "tax": {"rate": "0.06", "mode": "on_top"},
    },
    {"name": "again", "kind": ["TOP_UP", "REFUND"], "fixed": 20, "refund": "charge"},
)


@pytest.mark.sail_only
@pytest.mark.parametrize(
    ("trade", "entry", "due", "working"),
    [
        (PAYMENT, "new", 55, "100.00 x 0.545 % = 0.545, HALF_UP 0.55"),
        (replace(PAYMENT, currency="JPY"), "new", 55, "10000 x 0.545 % = 54.5, HALF_UP 55"),
        (replace(PAYMENT, currency="KWD"), "new", 55, "10.000 x 0.545 % = 0.0545, HALF_UP 0.055"),
        (replace(PAYMENT, day=date(2026, 11, 21)), "old", 60,
         "100.00 x 0.60 % = 0.60, HALF_UP 0.60"),
        (replace(PAYMENT, card_type="CREDIT", amount=300), "credit", 10,
         "3.00 x 1.00 % = 0.03, HALF_UP 0.03, at least 0.10"),
        (REFUND, "new", -27, "refund of 50.00 returns 0.27 of the fee of 0.55, of which refunds"
         " before it returned 0.00, due -0.27"),
        (replace(REFUND, card_type="CREDIT"), "credit", 0,
         "refund of 50.00: the fee is kept, due 0.00"),
        (replace(REFUND, paid_on=date(2026, 11, 21)), "old", -30, "refund of 50.00 returns 0.30 of"
         " the fee of 0.60, of which refunds before it returned 0.00, due -0.30"),
        (replace(REFUND, paid_on=date(2026, 8, 23)), "new", 0,
         "refund of 50.00: its payment is not known, due 0.00"),
    ],
)  # fmt: skip
def test_quote_has_entry_due_and_working(
    spark: SparkSession, trade: Trade, entry: str, due: int, working: str
) -> None:
    """By date, attribute and currency; a refund by the date of its payment."""
    quote = quote_fee(spark, DATED, SHANGHAI, trade)
    assert (quote.entry, quote.due, quote.working) == (entry, due, (f"fee: {working}",))
    assert quote.components == {"fee": due}


def quote_of(spark: SparkSession, schedule: FeeSchedule, **changes: Any) -> Quote:
    """The quote of a payment of 100.00 with some changes."""
    return quote_fee(spark, schedule, SHANGHAI, replace(PAYMENT, **changes))


@pytest.mark.sail_only
def test_components_line_by_line(spark: SparkSession) -> None:
    """acquirer 0.3195, rounded 0.32; order 0.25; tax of 0.57 is 0.0342. What the statement will
    say of `scheme` is in no sum.
    """
    quote = quote_of(spark, PARTS, order_amount=25_000)
    assert quote.components == {"acquirer": 32, "order": 25, "tax": 3}
    assert (quote.due, quote.tax, quote.as_billed, quote.not_known) == (60, 3, ("scheme",), ())
    assert render_quote(quote) == [
        "wechat  PAYMENT of CNY 100.00 on 2026-11-22",
        "  by e0",
        "    acquirer: 100.00 x 0.30 % + 0.0195 = 0.3195, HALF_UP 0.32",
        "    order: 250.00 x 0.10 % = 0.25, HALF_UP 0.25",
        "    tax: 0.57 x 6.00 % = 0.0342, HALF_UP 0.03",
        "    scheme: what the statement will say is due, and is not in this quote",
        "  due CNY 0.60",
    ]
    assert quote_of(spark, PARTS).not_known == ("order_amount",)


@pytest.mark.sail_only
def test_refund_that_is_charged_again(spark: SparkSession) -> None:
    """The entry that names refunds goes first; the text says which payment it is of."""
    quote = quote_of(spark, PARTS, kind=Kind.REFUND, amount=5_000)
    assert (quote.entry, quote.due) == ("again", 20)
    assert render_quote(quote)[0] == (
        "wechat  REFUND of CNY 50.00 on 2026-11-22, of a payment of 50.00 on 2026-11-22"
    )


@pytest.mark.sail_only
def test_trade_that_no_entry_fits(spark: SparkSession) -> None:
    """A payment that fits none is not known; a kind that none names owes nothing. What the card
    asks for and nobody typed is named.
    """
    quote = quote_of(spark, DATED, currency="USD")
    assert (quote.entry, quote.due, quote.not_known) == (None, None, ("card_type",))
    assert render_quote(quote)[1:] == [
        "  no entry of the rate card fits, so what is due is not known",
        "  the card also asks for what was not typed; give --card-type",
    ]
    assert describe_quote(quote)["due"] is None
    quote = quote_of(spark, DATED, kind=Kind.CHARGEBACK)
    assert (quote.entry, quote.due) == (None, 0)
    assert quote.working == ("no entry names CHARGEBACK: nothing is due",)


@pytest.mark.sail_only
def test_volume_says_the_step(spark: SparkSession) -> None:
    """Without one the first step counts, and the answer says that it is not known."""
    steps = [{"to": 100_000, "rate": "0.01"}, {"rate": "0.005"}]
    tiers = {"by": "previous_month", "per": "merchant", "of": "net", "steps": steps}
    schedule, trade = card({"tiers": tiers}), replace(PAYMENT, merchant_id="M1")
    first = quote_fee(spark, schedule, SHANGHAI, trade)
    assert (first.due, first.not_known) == (100, ("volume",))
    second = quote_fee(spark, schedule, SHANGHAI, replace(trade, volume=100_001))
    assert (second.due, second.not_known) == (50, ())
    assert second.working == ("fee: 100.00 x 0.50 % (step 2 by volume) = 0.50, HALF_UP 0.50",)


@pytest.mark.sail_by_day
def test_further_column_chooses_the_entry(spark: SparkSession) -> None:
    """A card that filters by extra.brand: 1 % for one brand, 2 % for the others."""
    schedule = card({"extra.brand": "visa", "rate": "0.01"}, {"rate": "0.02"})
    assert quote_of(spark, schedule, extra=(("brand", "visa"),)).due == 100
    quote = quote_of(spark, schedule)
    assert (quote.due, quote.not_known) == (200, ("extra.brand",))
    assert render_quote(quote)[-1].endswith("give --extra brand=...")
