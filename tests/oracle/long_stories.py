"""Stories of many days: a number in many states, a group that waits, a transaction of long ago."""

from datetime import timedelta
from typing import Any

from tests.oracle.book import at
from tests.oracle.rows import Record
from tests.oracle.soup import EVERY_KIND, EVERY_STATUS, Soup


def states(soup: Soup) -> None:
    """A pair, then its number in a second, third and fourth state; ours follows now and then."""
    on = soup.after(0, 0, 0, 1)
    status = soup.pick(*EVERY_STATUS)
    made = _long_ago(soup, on, our_ref="A", status=status if soup.chance(0.7) else "SUCCEEDED")
    said = "SUCCEEDED" if status == "PENDING" else status
    soup.line(on, our_ref=soup.pick("A", "A", None), channel_ref="C1", status=said)
    for _ in range(soup.pick(2, 3, 4)):
        on = soup.after(on, 0, 1, 1, 2)
        if soup.chance(0.75):
            soup.line(
                on,
                our_ref=soup.pick("A", "A", "A", None, "B"),
                channel_ref=soup.pick("C1", "C1", "C1", "C2", None),
                status=soup.pick(*EVERY_STATUS),
                amount=soup.pick(1000, 1000, 900),
                traded_at=soup.pick(at(on), soup.time(on), at(0), None),
            )
        if soup.chance(0.5):
            _once_more(soup, on, made, amount=soup.pick(1000, 1000, 900))


def old_transaction(soup: Soup) -> None:
    """Closed early, sent again when the look-back of lines has passed it by."""
    made = _long_ago(soup, 0, our_ref="A", status=soup.pick(*EVERY_STATUS))
    soup.line(soup.after(0, 0, 0, 1), our_ref="A", channel_ref="C1", status="SUCCEEDED")
    for _ in range(soup.pick(1, 2, 3)):
        _once_more(soup, soup.any_day(), made)
    for _ in range(soup.pick(0, 1, 2)):
        number, status = soup.pick("C1", "C1", "C2"), soup.pick(*EVERY_STATUS)
        soup.line(soup.any_day(), our_ref=soup.pick("A", None), channel_ref=number, status=status)


def waiting_group(soup: Soup) -> None:
    """Members of two groups and kinds, held, that are paired away, sent again or change groups."""
    on = soup.a_day()
    for _ in range(soup.pick(1, 2, 3)):
        amount = soup.pick(500, 100, -100, 0)
        soup.txn(soup.after(on, 0, 0, 1), amount=amount, **_member(soup))
    for _ in range(soup.pick(1, 1, 2, 3)):
        number, amount = soup.pick(None, "C1", "C2"), soup.pick(500, 600, 100, -100, 0)
        there = soup.after(on, 0, 0, 1, 2)
        soup.line(there, channel_ref=number, amount=amount, **_member(soup))
    for _ in range(soup.pick(0, 1, 2, 3)):
        known = soup.pick(*soup.records)
        again = soup.after(known["on"], 1, 1, 2, 3, 4)
        given = {name: value for name, value in known.items() if name not in ("line_id", "on")}
        given["status"] = soup.pick(given["status"], *EVERY_STATUS)
        given["batch_ref"] = soup.pick(given.get("batch_ref"), "B1", "B2", None)
        if "line_id" in known:
            soup.line(again, **given | {"channel_ref": soup.pick(None, "C1", "C2")})
        else:
            soup.txn(again, **given)


def _member(soup: Soup) -> dict[str, Any]:
    return {
        "kind": soup.pick("PAYOUT", "PAYOUT", *EVERY_KIND),
        "currency": soup.pick("CNY", "CNY", "CNY", "JPY"),
        "our_ref": soup.spelled(soup.pick(None, "A", "B", "D")),
        "batch_ref": soup.spelled(soup.pick("B1", "B1", "B2")),
        "order_ref": soup.spelled(soup.pick(None, "O1")),
    }


def _long_ago(soup: Soup, on: int, **given: Any) -> Record:
    """A transaction of ours that occurred some days before it is sent."""
    made = soup.txn(on, occurred_at=soup.time(on) - timedelta(days=soup.pick(0, 0, 1, 4)), **given)
    assert made is not None, "a new transaction stands in no snapshot yet"
    return made


def _once_more(soup: Soup, on: int, made: Record, **given: Any) -> None:
    soup.txn(**made | {"on": on, "status": soup.pick(*EVERY_STATUS)} | given)
