"""Payment families: what names a payment must not give back more than came in."""

import pytest
from pyspark.sql import SparkSession

from jobs.lake.tables import Lake
from jobs.statements.canonical.references import normalize_reference
from jobs.timeline.text import render_timeline
from jobs.timeline.trace import trace_reference
from schemas.configuration import Configuration
from schemas.profile.channel import Snapshots
from schemas.tables import PAYMENT_FAMILIES, STATEMENT_LINES
from tests.support.ledger import day, frame_of, line, outcome_row, pair_row, statement_only_row
from tests.support.match_ledger import profile
from tests.support.order_ledger import OrderLedger, order_txn, refund_txn, select

ROW = ("payment_id", "reasons", "came_in", "refunded", "charged_back", "member_ids")
MORE, BOTH = "MORE_OUT_THAN_IN", "REFUND_AND_CHARGEBACK"

pytestmark = pytest.mark.sail_only


@pytest.fixture(scope="module")
def ledger(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> OrderLedger:
    """Three days of payments without orders, refunds, chargebacks and a line of the channel's."""
    made = OrderLedger(Lake(spark, str(tmp_path_factory.mktemp("families") / "lake")).prepare())
    other = {"channel": "wallet"}
    names = ("twice", "parts", "fails", "moved", "won", "line", "paired")
    made.put(0, *[order_txn(name, None) for name in names],
             order_txn("attempt", None, our_ref="line", status="FAILED"))  # fmt: skip
    made.put(
        1,
        refund_txn("twice.r", None, -1000, original_txn_id="twice"),
        refund_txn("parts.r", None, -400, original_txn_id="parts"),
        refund_txn("fails.r", None, -1000, original_txn_id="fails"),
        refund_txn("moved.p", None, -1000, kind="PAYOUT", original_txn_id="moved", **other),
        refund_txn("won.cb", None, -1000, kind="CHARGEBACK", original_txn_id="won"),
        refund_txn("strange.r", None, -1000, original_txn_id="long-ago"),
    )
    made.put(
        2,
        refund_txn("twice.cb", None, -1000, kind="CHARGEBACK", original_txn_id="twice"),
        refund_txn("parts.r2", None, -600, original_txn_id="parts"),
        refund_txn("parts.r3", None, -1, status="FAILED", original_txn_id="parts"),
        order_txn("fails", None, status="REVERSED"),
        refund_txn(
            "moved.back", None, 1000, kind="PAYOUT_RETURN", original_txn_id="moved.p", **other
        ),
        refund_txn("moved.r", None, -1000, original_txn_id="moved"),
        refund_txn("won.back", None, 1000, kind="CHARGEBACK", original_txn_id="won"),
        refund_txn("won.r", None, -1000, original_txn_id="won"),
        refund_txn("line.r", None, -1000, original_txn_id="line"),
    )
    back = {"kind": "CHARGEBACK", "amount": -1000, "original_ref": "line"}
    lines = [line("f:1", None, on=2, **back), line("f:2", None, on=2, **back)]
    frame = frame_of(spark, STATEMENT_LINES, lines)
    made.lake.replace_day(STATEMENT_LINES, frame, day(2), "bank")
    channel_ref = {"channel_ref_norm": normalize_reference("C-line")}
    made.put_outcomes(0, pair_row("line", 1000, 1000, **channel_ref))
    made.put_outcomes(
        2,
        statement_only_row("f:1", -1000, line_id="f:1", kind="CHARGEBACK", run_date=day(2)),
        outcome_row("f:2", 2, txn_id=None, line_id="f:2", outcome="BREAK",
                    reasons=["DUPLICATE_LINE"], action="CLAIM"),
    )  # fmt: skip
    made.check(0, 1, 2)
    return made


def of(ledger: OrderLedger, on: int, payment: str) -> list[tuple[object, ...]]:
    """The rows of a family on a day, without the payment."""
    rows = [row.asDict() for row in ledger.lake.read_day(PAYMENT_FAMILIES, day(on)).collect()]
    assert {row["action"] for row in rows} <= {"REVIEW"}
    return [row[1:] for row in select(rows, ROW) if row[0] == payment]


def test_refund_and_chargeback_of_one_payment(ledger: OrderLedger) -> None:
    """10.00 came in, 10.00 was refunded; then the payer's bank took 10.00 back as well."""
    assert of(ledger, 1, "twice") == []
    assert of(ledger, 2, "twice") == [([MORE, BOTH], 1000, 1000, 1000, ["twice.cb", "twice.r"])]


def test_refunds_in_parts_fit(ledger: OrderLedger) -> None:
    """4.00 and 6.00 of 10.00; a refund that failed gives nothing back."""
    assert [of(ledger, on, "parts") for on in (1, 2)] == [[], []]


def test_payment_that_is_reversed_after_its_refund(ledger: OrderLedger) -> None:
    """Nothing of it names the payment on that day: the payment itself changed."""
    assert of(ledger, 2, "fails") == [([MORE], 0, 1000, 0, ["fails.r"])]


def test_what_came_back_does_not_count(ledger: OrderLedger) -> None:
    """A payout that was returned, and a chargeback that we won; then each is refunded."""
    assert [of(ledger, 2, name) for name in ("moved", "won")] == [[], []]


def test_line_that_our_books_do_not_know(ledger: OrderLedger) -> None:
    """The channel charged a refunded payment back; its second listing is a copy. An attempt that
    failed under the same our_ref is another payment.
    """
    assert of(ledger, 2, "attempt") == []
    assert of(ledger, 2, "line") == [([MORE, BOTH], 1000, 1000, 1000, ["f:1", "line.r"])]


def test_payment_that_is_not_in_sight(ledger: OrderLedger) -> None:
    """It may be older than a month: nothing is said."""
    assert of(ledger, 1, "long-ago") == of(ledger, 1, "strange.r") == []


def test_explain_shows_the_family(ledger: OrderLedger) -> None:
    """Asked for the refund, it names the payment and the chargeback."""
    config = Configuration({"bank": profile(first_date=day(0))}, {}, Snapshots())
    timeline = trace_reference(ledger.lake, config, "twice.r")
    text = "\n".join(render_timeline(timeline))
    assert "More went out than came in and a refund and a chargeback both gave money back." in (
        " ".join(text.split())
    )
    assert "payment twice: CNY 10.00 in, CNY 20.00 out" in text
    assert "named by twice.cb, twice.r" in text
