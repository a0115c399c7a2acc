"""Quotes of fees as text for people, and as JSON."""

from typing import Any

from jobs.reports.fees.quote import Quote
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
