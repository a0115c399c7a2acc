"""Orders across channels: what was paid and given back against the order's amount."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from pyspark.sql import SparkSession

from jobs.lake.tables import Lake
from jobs.statements.canonical.references import normalize_reference
from tests.oracle.orders import check_orders
from tests.support.ledger import T, day, internal_only_row, outcome_row
from tests.support.order_ledger import OrderLedger, Row, order_txn, refund_txn, select

ROW = ("order_ref_norm", "result", "action", "surplus", "refund_txn_id")
#: The columns that the oracle gives.
COMPARED = (
    "order_ref_norm", "merchant_id", "currency", "result", "action", "order_amount", "paid",
    "refunded", "refund_pending", "surplus", "refund_txn_id", "first_date",
)  # fmt: skip


@pytest.fixture(scope="module")
def ledger(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> OrderLedger:
    """Eight days of orders in two channels, the last a month later."""
    made = OrderLedger(Lake(spark, str(tmp_path_factory.mktemp("orders") / "lake")).prepare())
    other = {"channel": "wallet"}
    made.put(
        0,
        order_txn("fits", "FITS"),
        order_txn("twice.1", "TWICE"),
        order_txn("part.1", "PART", 400),
        order_txn("back.1", "BACK"),
        order_txn("expires.1", "EXPIRES"),
        order_txn("expires.2", "EXPIRES"),
        order_txn("asked.1", "ASKED"),
        order_txn("asked.2", "ASKED"),
        order_txn("doubt.1", "DOUBT"),
        order_txn("doubt.2", "DOUBT"),
        order_txn("late.1", "LATE"),
        order_txn("late.2", "LATE"),
        order_txn("shop.1", "SHOP", merchant_id="M1"),
        order_txn("shop.2", "SHOP", merchant_id="M2"),
        order_txn("usd.1", "USD"),
        order_txn("usd.2", "USD", currency="USD", order_amount=None),
        refund_txn("stranger.r", "STRANGER", -500, original_txn_id="long-ago"),
        refund_txn("gone.r", "GONE", -500),
        order_txn("none", None),
    )
    second = {"txn_id": None, "our_ref_norm": normalize_reference("asked.2")}
    settled = {"line_id": "late", "our_ref_norm": normalize_reference("late.2")}
    made.put_outcomes(
        0,
        outcome_row("line", 0, outcome="BREAK", action="REFUND", **second),
        internal_only_row("doubt.2", 1000, on=0),
        outcome_row("late", 0, **settled | {"txn_id": None}, outcome="BREAK", action="REFUND"),
    )
    made.put_outcomes(1, outcome_row("late.2", 1, **settled))
    made.put(
        1,
        order_txn("twice.2", "TWICE", **other),
        order_txn("part.2", "PART", 600, **other),
        refund_txn("back.r", "BACK", -1000, original_txn_id="back.1"),
        refund_txn("back.cb", "BACK", -1000, original_txn_id="back.1", kind="CHARGEBACK", **other),
    )
    made.put(2, refund_txn("twice.r", "TWICE", -1000, status="PENDING", original_txn_id="twice.2"))
    made.put(3, refund_txn("twice.r", "TWICE", -1000, original_txn_id="twice.2"))
    made.put(
        4,
        order_txn("bank.1", "BANK", 1000),
        order_txn("bank.2", "BANK", 1000, **other),
        *(order_txn(f"back.{n}", "BACKWARDS", 1000) for n in (4, 5, 6)),
    )
    made.put(
        5,
        order_txn("payout", None, -1000, kind="PAYOUT", original_txn_id="bank.2",
                  order_amount=None, **other),
        order_txn("sent", None, -1000, kind="PAYOUT", original_txn_id="back.5", order_amount=None),
    )  # fmt: skip
    made.put(
        6,
        order_txn("may-return", None, 1000, kind="PAYOUT_RETURN", original_txn_id="sent",
                  order_amount=None, status="PENDING"),
        order_txn("return", None, 1000, kind="PAYOUT_RETURN", original_txn_id="payout",
                  order_amount=None, **other),
    )  # fmt: skip
    made.put(30, order_txn("later", "LATER"))
    made.check(*range(7), 30)
    return made


def of(ledger: OrderLedger, on: int, order: str, *columns: str) -> list[tuple[object, ...]]:
    """The rows of an order on a day, without the order."""
    rows = ledger.rows(on, "order_ref_norm", *(columns or ROW[1:]))
    return [row[1:] for row in rows if row[0] == order]


@pytest.mark.sail_only
def test_money_on_its_way_back_to_us_is_not_refunded_again(ledger: OrderLedger) -> None:
    """30.00 paid for 10.00, of which 10.00 were paid out; that payout may return, and until it has,
    10.00 are to be refunded and not 20.00.
    """
    columns = ("result", "refund_pending", "to_refund", "refund_txn_id")
    expected = [("OVERPAID", 0, 1000, "back.6")]
    assert of(ledger, 5, "BACKWARDS", *columns) == expected
    assert of(ledger, 6, "BACKWARDS", *columns) == expected


@pytest.mark.sail_only
def test_paid_twice_over_two_channels(ledger: OrderLedger) -> None:
    """Nothing on day 0; then 10.00 too much, a refund under way, and given back."""
    assert of(ledger, 0, "TWICE") == []
    assert of(ledger, 1, "TWICE") == [("OVERPAID", "REFUND", 1000, "twice.2")]
    assert of(ledger, 2, "TWICE") == [("REFUND_PENDING", "WAIT", 1000, None)]
    assert of(ledger, 3, "TWICE") == [("REFUNDED", "NONE", 0, None)]
    assert of(ledger, 4, "TWICE") == []


@pytest.mark.sail_only
def test_parts_of_an_order_fit(ledger: OrderLedger) -> None:
    """4.00 by one channel and 6.00 by another, and orders that are paid once, have no row."""
    for order in ("PART", "FITS", "LATER"):
        assert [of(ledger, on, order) for on in (0, 1, 30)] == [[], [], []]


@pytest.mark.sail_only
def test_refund_and_chargeback(ledger: OrderLedger) -> None:
    """The same 10.00 left twice, in two channels."""
    assert of(ledger, 1, "BACK", "result", "action", "paid", "refunded") == [
        ("OVER_REFUNDED", "REVIEW", 1000, 2000)
    ]
    assert of(ledger, 2, "BACK") == []


@pytest.mark.sail_only
def test_refunds_without_their_payment_in_sight(ledger: OrderLedger) -> None:
    """The payment may be older than what is in sight: nothing is said."""
    assert of(ledger, 0, "STRANGER") == of(ledger, 0, "GONE") == []


@pytest.mark.sail_only
def test_surplus_that_an_outcome_gives_back_already(ledger: OrderLedger) -> None:
    """An outcome says REFUND of the same money: a person looks at it."""
    columns = ("result", "action", "actions")
    assert of(ledger, 0, "ASKED", *columns) == [("OVERPAID", "REVIEW", ["REFUND"])]
    assert of(ledger, 0, "LATE", *columns) == [("OVERPAID", "REVIEW", ["REFUND"])]
    assert of(ledger, 1, "LATE", *columns) == [("OVERPAID", "REFUND", [])], "the line is in a pair"


@pytest.mark.sail_only
def test_payment_in_doubt_is_not_refunded(ledger: OrderLedger) -> None:
    """The second payment is on no statement: perhaps it never came."""
    columns = ("result", "action", "actions")
    assert of(ledger, 0, "DOUBT", *columns) == [("OVERPAID", "REVIEW", ["QUERY"])]


@pytest.mark.sail_only
def test_merchants_and_currencies_apart(ledger: OrderLedger) -> None:
    """Two merchants use one order number; one order is paid in two currencies."""
    assert of(ledger, 0, "SHOP") == of(ledger, 0, "USD") == []


@pytest.mark.sail_only
def test_refund_by_transfer(ledger: OrderLedger) -> None:
    """A payout for a payment gives the surplus back; its return makes the order overpaid again."""
    assert of(ledger, 4, "BANK") == [("OVERPAID", "REFUND", 1000, "bank.2")]
    assert of(ledger, 5, "BANK") == [("REFUNDED", "NONE", 0, None)]
    assert of(ledger, 6, "BANK") == [("OVERPAID", "REFUND", 1000, "bank.2")]


@pytest.mark.sail_only
def test_order_expires(ledger: OrderLedger) -> None:
    """It is open for 30 days after its last transaction."""
    assert of(ledger, 6, "EXPIRES") == [("OVERPAID", "REFUND", 1000, "expires.2")]
    assert of(ledger, 30, "EXPIRES") == [("EXPIRED", "NONE", 1000, None)]


def test_one_date_on_either_engine(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Paid twice, and a payout for a payment of another order."""
    made = OrderLedger(Lake(spark, str(tmp_path_factory.mktemp("one") / "lake")).prepare())
    payout = {"kind": "PAYOUT", "order_amount": None, "original_txn_id": "c"}
    orders = (order_txn("a", "O"), order_txn("b", "O"), order_txn("c", "P", 1500))
    made.put(0, *orders, order_txn("d", None, -1500, **payout))
    assert [summary.results for summary in made.check(0)] == [{"OVERPAID": 1}]
    assert made.rows(0, *ROW) == [("O", "OVERPAID", "REFUND", 1000, "b")]


@pytest.mark.sail_only
def test_checks_follow_snapshots(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A snapshot that comes anew changes its date and the later ones; a second check changes
    nothing."""
    made = OrderLedger(Lake(spark, str(tmp_path_factory.mktemp("anew") / "lake")).prepare())
    made.put(0, order_txn("a", "O"), order_txn("b", "O"))
    made.put(1, order_txn("c", "P"))
    assert [summary.results for summary in made.check(0, 1)] == [{"OVERPAID": 1}] * 2
    assert [summary.business_date for summary in made.check(1)] == [day(1)]
    made.put(0, order_txn("a", "O"), order_txn("b", "O", status="FAILED"))
    assert [summary.business_date for summary in made.check(1)] == [day(0), day(1)]
    assert made.rows(0) == made.rows(1) == []


def draw_days(rng: Random, orders: int, days: list[int]) -> dict[int, list[Row]]:
    """Snapshots of drawn orders: parts, doubles, refunds, payouts, later states, merchants."""
    out: dict[int, list[Row]] = {on: [] for on in days}
    for number in range(orders):
        order, merchants = f"O{number}", rng.choice([[None], ["M1"], ["M1", "M2"], ["M1", None]])
        ids: list[str] = []
        for step in range(rng.randint(1, 6)):
            on = rng.choice(days)
            kind = rng.choice(["PAYMENT", "PAYMENT", "TOP_UP", "REFUND", "REFUND", "CHARGEBACK",
                               "PAYOUT", "PAYOUT_RETURN"])  # fmt: skip
            amount = rng.choice([500, 1000, 1500])
            pays = kind in ("PAYMENT", "TOP_UP")
            refers = kind != "CHARGEBACK" and not pays and ids
            row = order_txn(
                f"{order}.{step}",
                order if not kind.startswith("PAYOUT") or rng.random() < 0.3 else None,
                amount if pays or kind == "PAYOUT_RETURN" else -amount,
                kind=kind,
                status=rng.choice(["SUCCEEDED"] * 4 + ["PENDING", "FAILED"]),
                channel=rng.choice(["bank", "wallet"]),
                currency=rng.choice(["CNY"] * 5 + ["USD"]),
                merchant_id=rng.choice(merchants),
                order_amount=rng.choice([1000, 1000, 1500, None]),
                original_txn_id=rng.choice([*ids, "unknown"]) if refers else None,
                occurred_at=datetime(T.year, T.month, T.day, tzinfo=UTC)
                + timedelta(days=on, seconds=rng.randint(0, 3)),
            )
            ids.append(row["txn_id"])
            out[on].append(row)
            again = rng.choice(days)
            if rng.random() < 0.3 and again > on:
                moved = {"order_ref": f"O{number + 1}", "order_ref_norm": f"O{number + 1}"}
                other = rng.choice([{}, {}, {"channel": "card"}, moved if pays else {}])
                state = {"status": rng.choice(["SUCCEEDED", "REVERSED"])}
                out[again].append(row | state | other)
    return out


@pytest.mark.slow
@pytest.mark.sail_only
def test_drawn_orders_are_those_of_the_oracle(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Three hundred drawn orders over six dates of six weeks."""
    days = [0, 1, 2, 20, 33, 45]
    made = OrderLedger(Lake(spark, str(tmp_path_factory.mktemp("drawn") / "lake")).prepare())
    for on, rows in draw_days(Random(5), 300, days).items():
        made.put(on, *rows)
    made.check(*days)
    before: list[Row] = []
    results = set()
    for on in days:
        expected = check_orders(day(on), made.snapshots, before, {})
        assert made.rows(on, *COMPARED) == select(expected, COMPARED), f"day {on}"
        before = expected
        results |= {row["result"] for row in expected}
    assert results == {
        "OVERPAID", "REFUND_PENDING", "OVER_REFUNDED", "REFUNDED", "RESOLVED", "EXPIRED"
    }  # fmt: skip
