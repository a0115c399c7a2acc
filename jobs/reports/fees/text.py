"""Quotes and replays of fees as text for people, and as JSON."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from jobs.reports.fees.quote import Quote
from jobs.reports.fees.replay import ReplaySum, add_products
from schemas.currencies import in_major_units
from schemas.vocabulary import Kind


def render_quote(quote: Quote) -> list[str]:
    """The trade, the working of each component, and what is due; amounts in major units."""
    trade, code = quote.trade, quote.trade.currency
    named = [text for text in (trade.product, trade.card_type, trade.merchant_id) if text]
    what = f"{trade.kind} of {code} {in_major_units(trade.amount, code)} on {trade.day}"
    if trade.kind == Kind.REFUND:
        paid = trade.amount if trade.paid is None else trade.paid
        what += f", of a payment of {in_major_units(paid, code)} on {trade.paid_on or trade.day}"
    lines = [", ".join([f"{trade.channel}  {what}", *named])]
    lines += [f"  by {quote.entry}"] if quote.entry else []
    if quote.due is not None:
        lines += [f"    {text}" for text in quote.working]
    if quote.tax and "tax" not in quote.components:
        lines.append(f"    tax in it: {in_major_units(quote.tax, code)}")
    for name in quote.as_billed:
        lines.append(f"    {name}: what the statement will say is due, and is not in this quote")
    if quote.due is None:
        lines.append("  no entry of the rate card fits, so what is due is not known")
    else:
        comes_back = ", which comes back" if quote.due < 0 else ""
        lines.append(f"  due {code} {in_major_units(quote.due, code)}{comes_back}")
    if quote.not_known:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in quote.not_known)
        lines.append(f"  the card also asks for what was not typed; give {options}")
    return lines


def describe_quote(quote: Quote) -> dict[str, Any]:
    """A quote for a JSON summary; amounts in minor units."""
    trade = quote.trade
    refunded = {}
    if trade.kind == Kind.REFUND:
        paid = trade.amount if trade.paid is None else trade.paid
        refunded = {"paid": paid, "paid_on": str(trade.paid_on or trade.day)}
    return {
        "channel": trade.channel,
        "kind": trade.kind,
        "currency": trade.currency,
        "amount": trade.amount,
        "date": str(trade.day),
        "product": trade.product,
        "card_type": trade.card_type,
        "merchant_id": trade.merchant_id,
        "order_amount": trade.order_amount,
        **refunded,
        "schedule": quote.entry,
        "due": quote.due,
        "tax": quote.tax,
        "components": [{"name": name, "due": due} for name, due in quote.components.items()],
        "working": list(quote.working),
        "as_billed": list(quote.as_billed),
        "not_known": list(quote.not_known),
    }


_HEADINGS = ("CHANNEL", "MONTH", "PRODUCT", "CURRENCY", "LINES", "DUE TODAY", "DUE BY OTHER",
             "DIFFERENCE")  # fmt: skip
#: Columns of words, which begin at the left.
_WORDS = 4


def render_replay(sums: Iterable[ReplaySum]) -> list[str]:
    """A table by channel, month, product and currency, and totals; amounts in major units."""
    sums = list(sums)
    if not sums:
        return ["no lines on these dates"]
    totals = [("all", each) for each in add_products(sums)]
    rows = [_HEADINGS, *(_cells(each.month, each) for each in sums)]
    rows += [_cells(month, each) for month, each in totals]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    return [
        "  ".join(
            cell.ljust(width) if column < _WORDS else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _cells(month: str, each: ReplaySum) -> tuple[str, ...]:
    def money(minor: int | None, sign: str = "") -> str:
        return "not known" if minor is None else in_major_units(minor, each.currency, sign)

    product = each.product or ("" if each.month else "all")
    amounts = (money(each.due), money(each.due_other), money(each.difference, "+"))
    return (each.channel, month, product, each.currency, f"{each.lines:,}", *amounts)


def describe_replay(sums: Iterable[ReplaySum]) -> dict[str, Any]:
    """A replay for a JSON summary: sums and totals, amounts in minor units."""
    sums = list(sums)
    totals = [_describe_sum(each) for each in add_products(sums)]
    for total in totals:
        del total["month"], total["product"]
    return {"replay": [_describe_sum(each) for each in sums], "totals": totals}


def _describe_sum(each: ReplaySum) -> dict[str, Any]:
    return asdict(each) | {"difference": each.difference}
