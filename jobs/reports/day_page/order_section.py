"""Orders over all channels: overpaid, refunded too much; payments of which too much went out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.lake.tables import Lake
from jobs.reports.day_page.builder import Builder
from jobs.reports.day_page.outcomes import ROWS_READ
from jobs.reports.day_page.scope import Row, RowList, Scope
from jobs.reports.html.document import Card, Cell, Section, Table
from jobs.reports.html.numbers import format_money, list_money
from schemas.tables import ALL_CHANNELS, ORDER_CHECKS, PAYMENT_FAMILIES
from schemas.vocabulary import OrderResult

#: Results that need a person.
_WRONG = (OrderResult.OVERPAID, OrderResult.OVER_REFUNDED)
Key = tuple[str, str]


@dataclass(frozen=True)
class OrderFigures:
    """The latest row of each order, by result and currency, and families of payments by reason and
    currency: their number and money (to refund; more out than in), and the largest. Minor units.
    """

    orders: Mapping[Key, tuple[int, int]]
    order_lists: Mapping[Key, RowList]
    families: Mapping[Key, tuple[int, int]]
    family_lists: Mapping[Key, RowList]


def read_orders(lake: Lake, scope: Scope) -> OrderFigures:
    """Reads the order checks of the report's dates, of all channels."""
    checks = lake.read_arrow(ORDER_CHECKS, scope.first, scope.last, ALL_CHANNELS).to_pylist()
    orders = _keep_latest(checks, "merchant_id", "order_ref_norm", "currency")
    families = _keep_latest(
        lake.read_arrow(PAYMENT_FAMILIES, scope.first, scope.last, ALL_CHANNELS).to_pylist(),
        "payment_id", "currency",
    )  # fmt: skip
    by_result: dict[Key, list[Row]] = {}
    for row in orders:
        row["money"] = row["to_refund"] or 0
        if row["result"] == OrderResult.OVER_REFUNDED:
            row["money"] = row["refunded"] - row["paid"]
        by_result.setdefault((row["result"], row["currency"]), []).append(row)
    by_reason: dict[Key, list[Row]] = {}
    for row in families:
        row["money"] = max(row["went_out"] - row["came_in"], 0)
        by_reason.setdefault(("; ".join(row["reasons"]), row["currency"]), []).append(row)
    return OrderFigures(*_sum(by_result, "order_ref_norm"), *_sum(by_reason, "payment_id"))


def _keep_latest(rows: Sequence[Row], *names: str) -> list[Row]:
    latest = {}
    for row in sorted(rows, key=lambda row: row["run_date"]):
        latest[tuple(row[name] for name in names)] = row
    return [*latest.values()]


def _sum(
    groups: Mapping[Key, list[Row]], name: str
) -> tuple[dict[Key, tuple[int, int]], dict[Key, RowList]]:
    sums = {key: (len(rows), sum(row["money"] for row in rows)) for key, rows in groups.items()}
    lists = {
        key: RowList(
            len(rows), sorted(rows, key=lambda row: (-abs(row["money"]), row[name]))[:ROWS_READ]
        )
        for key, rows in groups.items()
    }
    return sums, lists


def order_card(builder: Builder, orders: OrderFigures) -> Card:
    """What orders have too much, or gave back too much."""
    count, sums = 0, dict[str, int]()
    for (result, code), (number, money) in orders.orders.items():
        if result in _WRONG:
            count += number
            sums[code] = sums.get(code, 0) + money
    detail = [*list_money(sums), builder.say("overpaid, or refunded too much")]
    return Card(builder.say("Orders that do not fit"), f"{count:,}", detail, "orders",
                "bad" if count else "good")  # fmt: skip


def build_orders(builder: Builder, orders: OrderFigures) -> Section:
    """A row per result and currency of orders, and per reason and currency of families."""
    say = builder.say
    rows = []
    for key in sorted(orders.orders):
        (number, money), (result, code) = orders.orders[key], key
        anchor = _add_orders(builder, key, orders.order_lists[key])
        tone = "bad" if result in _WRONG else ""
        rows.append([Cell(builder.say_code(result), tone=tone), Cell(code),
                     builder.count(number, anchor, tone),
                     builder.money(money, code, anchor, tone)])  # fmt: skip
    families = []
    for key in sorted(orders.families):
        (number, money), (reasons, code) = orders.families[key], key
        anchor = _add_families(builder, key, orders.family_lists[key])
        families.append([Cell(_say_codes(builder, reasons), tone="bad"), Cell(code),
                         builder.count(number, anchor, "bad"),
                         builder.money(money, code, anchor, "bad")])  # fmt: skip
    names = ("Result", "Currency", "Orders", "Money")
    note = "" if rows else say("Every order fits, or none was checked.")
    tables = [Table(builder.headings(*names, numbers=names[2:]), rows, note=note)]
    if families:
        names = ("Reason", "Currency", "Payments", "More out than in")
        headings = builder.headings(*names, numbers=names[2:])
        tables.append(Table(headings, families, say("Payments of which too much went out")))
    intro = say(
        "What was paid and given back per order, over all channels, whatever this page shows."
    )
    return Section("orders", say("Orders"), intro, tables)


def _say_codes(builder: Builder, codes: str) -> str:
    return "; ".join(builder.say_code(code) for code in codes.split("; "))


def _add_orders(builder: Builder, key: Key, rows: RowList) -> str:
    numbers = ("Amount of the order", "Paid", "Refunded", "To refund")
    headings = builder.headings("Order", "Merchant", "Currency", *numbers, "Payment to refund",
                                "What to do", "Date", numbers=numbers)  # fmt: skip

    def render(row: Row) -> list[Cell]:
        code = row["currency"]
        columns = ("order_amount", "paid", "refunded", "to_refund")
        return [
            Cell(row["order_ref"] or "", tone="id"), Cell(row["merchant_id"] or "", tone="id"),
            Cell(code),
            *(Cell(format_money(row[name], code)) for name in columns),
            Cell(row["refund_txn_id"] or "", tone="id"),
            Cell(builder.language.say_action(row["action"])),
            Cell(str(row["run_date"])),
        ]  # fmt: skip

    title = f"{builder.say_code(key[0])}, {key[1]}"
    return builder.add_list("Rows of orders", title, rows, headings, render,
                            builder.say("table order_checks"))  # fmt: skip


def _add_families(builder: Builder, key: Key, rows: RowList) -> str:
    numbers = ("Came in", "Went out", "Refunded", "Charged back")
    headings = builder.headings("Payment", "Channel", "Currency", *numbers, "Date",
                                numbers=numbers)  # fmt: skip

    def render(row: Row) -> list[Cell]:
        columns = ("came_in", "went_out", "refunded", "charged_back")
        return [
            Cell(row["payment_id"], tone="id"), Cell(row["payment_channel"] or ""),
            Cell(row["currency"]),
            *(Cell(format_money(row[name], row["currency"])) for name in columns),
            Cell(str(row["run_date"])),
        ]  # fmt: skip

    title = f"{_say_codes(builder, key[0])}, {key[1]}"
    return builder.add_list("Rows of payments", title, rows, headings, render,
                            builder.say("table payment_families"))  # fmt: skip
