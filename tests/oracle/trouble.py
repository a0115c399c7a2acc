"""What goes wrong in a scenario: stories of a few trades, then what is listed or sent again.

Records are plain dicts, not yet named apart: see scenarios.py.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.oracle.book import at
from tests.oracle.long_stories import old_transaction, states, waiting_group
from tests.oracle.soup import EMPTY, EVERY_KIND, KINDS, NUMBERS, STATUSES, Soup

# ---- stories -------------------------------------------------------------------------------


def trade(soup: Soup) -> None:
    """One transaction and its line, at a cut-over's distance, that agree or do not."""
    on = soup.a_day()
    ref, number = soup.pick("A", "B", "D", "Z"), soup.pick(*NUMBERS)
    money = {"kind": soup.pick(*KINDS, *EVERY_KIND), "amount": soup.amount(), "status": "SUCCEEDED"}
    extra = {
        "order_ref": soup.pick(None, None, None, "O1", "O2"),
        "batch_ref": soup.pick(None, None, None, "B1"),
        "account_tail": soup.pick(None, None, "1", "2"),
        "payer_name": soup.pick(None, None, "Li"),
    }
    given = money | extra
    if soup.chance(0.92):
        soup.txn(
            on,
            our_ref=soup.spelled(ref),
            channel_ref=soup.spelled(soup.pick(None, number, number)),
            occurred_at=soup.time(on),
            **_bent(soup, given),
        )
    if soup.chance(0.92):
        there = soup.after(on, 0, 0, 0, 0, 0, 1, 1, -1, -1, 2, 3, 4)
        soup.line(
            there,
            our_ref=soup.spelled(soup.pick(ref, ref, ref, None)),
            channel_ref=soup.spelled(number),
            traded_at=soup.pick(soup.time(there), soup.time(there), None),
            **_bent(soup, given),
        )


def _bent(soup: Soup, given: dict[str, Any]) -> dict[str, Any]:
    """One side's view of a trade: mostly the same, sometimes not."""
    bent = dict(given)
    if soup.chance(0.08):
        bent["amount"] = soup.amount()
    if soup.chance(0.04):
        bent["currency"] = "JPY"
    if soup.chance(0.25):
        bent["status"] = soup.pick(*STATUSES)
    return bent


def lookalikes(soup: Soup) -> None:
    """Lines without our number beside transactions of the same facts, near the limit in time."""
    on = soup.a_day()
    facts = {"amount": 1000, "account_tail": "1", "payer_name": soup.pick("Li", None)}
    apart = soup.limit
    for _ in range(soup.pick(1, 1, 2, 2, 3)):
        status = soup.pick("SUCCEEDED", "SUCCEEDED", "PENDING", "FAILED")
        given = facts | {"status": status, "occurred_at": at(on, soup.pick(0, 0, 2 * apart))}
        soup.txn(soup.after(on, 0, 0, 0, 1), **given)
    for _ in range(soup.pick(1, 1, 2, 2, 3)):
        shift = soup.pick(0, apart, -apart, apart + 1, -apart - 1, apart + 0.5, apart - 0.5)
        soup.line(
            soup.after(on, 0, 0, 0, 1, 2),
            our_ref=soup.pick(None, None, None, EMPTY, "Q"),
            channel_ref=soup.pick(None, None, *NUMBERS),
            traded_at=soup.pick(at(on, shift), at(on, shift), at(on, shift), None),
            status=soup.pick("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED"),
            **facts,
        )


def group(soup: Soup) -> None:
    """A batch or an order: some of ours, some of theirs, over some days, complete or not."""
    on = soup.a_day()
    key = soup.pick(
        {"batch_ref": "B1"}, {"order_ref": "O1"}, {"batch_ref": "B1", "order_ref": "O1"}
    )
    kind = soup.pick("PAYOUT", "PAYMENT")
    parts = [soup.pick(500, 100, 400, -100) for _ in range(soup.pick(1, 2, 2, 3))]
    theirs = parts if soup.chance(0.3) else [sum(parts)]
    ours = parts if soup.chance(0.5) else [sum(parts)]
    if soup.chance(0.3):
        theirs = [*theirs, soup.pick(100, -100)]
    days = (0, 0, 0, 0, 1, 2)
    for amount in ours:
        soup.txn(soup.after(on, *days), amount=amount, kind=kind, **_grouped(soup, key))
    for amount in theirs:
        number = soup.pick(None, *NUMBERS)
        where = soup.after(on, *days)
        back = "REFUND" if amount < 0 else kind
        soup.line(where, amount=amount, kind=back, channel_ref=number, **_grouped(soup, key))


def _grouped(soup: Soup, key: dict[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {name: soup.spelled(value) for name, value in key.items()}
    if soup.chance(0.1):
        out["currency"] = "JPY"
    if soup.chance(0.1):
        out["status"] = soup.pick(*STATUSES)
    return out


def failed_then_good(soup: Soup) -> None:
    """An attempt that failed on both sides, and a good one after it, under whichever number."""
    on = soup.a_day()
    ref = soup.pick("A", "B")
    made = soup.txn(on, our_ref=ref, status=soup.pick("FAILED", "CLOSED"), occurred_at=at(on))
    assert made is not None
    soup.line(on, our_ref=ref, channel_ref="C1", status=soup.pick("FAILED", "CLOSED"))
    good = soup.after(on, 0, 1, 1, 2)
    soup.line(good, our_ref=ref, channel_ref=soup.pick("C1", "C2"), status=soup.pick(*STATUSES))
    later = made | {"status": soup.pick(*STATUSES), "on": soup.after(on, 1, 1, 2, 3)}
    soup.txn(**later)


def refund(soup: Soup) -> None:
    """A payment and its refund share a number on either side."""
    on = soup.a_day()
    ref, number = soup.pick("A", "B"), soup.pick(*NUMBERS)
    for kind, amount in (("PAYMENT", 1000), ("REFUND", -1000)):
        where = soup.after(on, 0, 0, 1)
        soup.txn(where, our_ref=ref, amount=amount, kind=kind)
        soup.line(where, our_ref=ref, channel_ref=number, amount=amount, kind=kind)


STORIES: tuple[Callable[[Soup], None], ...] = (
    trade,
    trade,
    trade,
    lookalikes,
    group,
    failed_then_good,
    refund,
    states,
    old_transaction,
    waiting_group,
)


# ---- again ---------------------------------------------------------------------------------


def again(soup: Soup) -> None:
    """Something of the scenario once more: the same, in a later state, or changed."""
    known = soup.pick(*soup.records)
    on = soup.after(known["on"], 0, 0, 1, 1, 1, 2, 2, 3, 4, -1)
    given = {name: value for name, value in known.items() if name not in ("line_id", "on")}
    if soup.chance(0.5):
        given["status"] = soup.pick(*STATUSES)
    if soup.chance(0.1):
        given["amount"] = soup.amount()
    if soup.chance(0.03):
        given["currency"] = "JPY"
    if soup.chance(0.03):
        given["kind"] = soup.pick(*KINDS)
    if "line_id" in known:
        _listed_again(soup, on, given)
    else:
        _sent_again(soup, on, given)


def _listed_again(soup: Soup, on: int, given: dict[str, Any]) -> None:
    if soup.chance(0.35):
        given["channel_ref"] = soup.spelled(soup.pick(None, *NUMBERS))
    if soup.chance(0.15):
        given["our_ref"] = soup.spelled(soup.pick(None, "A", "B", "D"))
    if soup.chance(0.6):
        given["traded_at"] = soup.pick(soup.time(on), at(on), None)
    soup.line(on, **given)


def _sent_again(soup: Soup, on: int, given: dict[str, Any]) -> None:
    if soup.chance(0.25):
        given.pop("txn_id")  # a twin: another transaction under the same number
    if soup.chance(0.1):
        given["channel_ref"] = soup.spelled(soup.pick(None, *NUMBERS))
    if soup.chance(0.1):
        given["occurred_at"] = soup.time(on) - timedelta(days=soup.pick(0, 0, 1, 5))
    soup.txn(on, **given)


def stir(soup: Soup) -> None:
    """Draws one scenario: a few stories, then trouble."""
    for _ in range(soup.pick(1, 1, 1, 2, 2, 3)):
        soup.pick(*STORIES)(soup)
    for _ in range(soup.pick(0, 1, 1, 2, 3, 4, 6)):
        if soup.records:
            again(soup)
