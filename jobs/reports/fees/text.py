"""Quotes, replays and proposals of fees as text for people, and as JSON."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

from jobs.reports.fees.infer import Proposal
from jobs.reports.fees.quote import Quote
from jobs.reports.fees.replay import Replay, ReplaySum, add_products
from schemas.currencies import in_major_units
from schemas.dates import format_dates
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
        options = ", ".join(map(_option, quote.not_known))
        lines.append(f"  the card also asks for what was not typed; give {options}")
    return lines


def _option(name: str) -> str:
    head, _, extra = name.partition(".")
    return f"--extra {extra}=..." if extra else f"--{head.replace('_', '-')}"


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
        "extra": dict(trade.extra),
        "order_amount": trade.order_amount,
        "volume": trade.volume,
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


def warn_of_replay(replay: Replay) -> Iterator[str]:
    """What a replay could not price: dates never ingested, lines without an entry."""
    yield from _warn_of_dates(replay.channel, replay.not_ingested)
    for which, name in (("today's card", "unpriced"), ("the other card", "unpriced_other")):
        if lines := sum(getattr(each, name) for each in replay.sums):
            yield (
                f"NO_SCHEDULE: {replay.channel}: {lines:,} lines have no entry on {which}, so"
                " what is due on their products is not known"
            )


def warn_of_proposal(proposal: Proposal) -> Iterator[str]:
    """What a proposal lacks: dates never ingested, or any fee."""
    yield from _warn_of_dates(proposal.channel, proposal.not_ingested)
    if not proposal.entries:
        yield f"NO_FEES: {proposal.channel}: no payment or top-up of these dates has a fee"


def _warn_of_dates(channel: str, days: Collection[date]) -> Iterator[str]:
    if days:
        yield f"NOT_INGESTED: {channel}: never ingested: {format_dates(days)}"


def _describe_sum(each: ReplaySum) -> dict[str, Any]:
    return asdict(each) | {"difference": each.difference}


def render_proposal(proposal: Proposal) -> list[str]:
    """A page of `fee_schedules/`, with the lines that each entry explains as comments."""
    first, last = min(proposal.dates), max(proposal.dates)
    lines = [
        f"# {proposal.channel}, {first} to {last}: payments and top-ups that have a fee",
        f"# explains {_share(proposal.explained, proposal.lines)}",
        "# not inferred: what refunds return, tiers, components; compare the contract",
        *(f"# no price explains half of the lines of {name}" for name in proposal.unexplained),
        f"channel: {proposal.channel}",
        "entries:",
    ]
    for entry in proposal.entries:
        head, *others = [f"{name}: {_yaml(name, value)}" for name, value in entry.keys.items()]
        lines.append(f"  # explains {_share(entry.explained, entry.lines)}")
        lines += [f"  - {head}", *(f"    {text}" for text in others)]
    return lines


def describe_proposal(proposal: Proposal) -> dict[str, Any]:
    """A proposal for a JSON summary; shares are rounded down."""
    return {
        "channel": proposal.channel,
        "dates": [str(day) for day in proposal.dates],
        "lines": proposal.lines,
        "explained": proposal.explained,
        "share": _percent(proposal.explained, proposal.lines),
        "unexplained": list(proposal.unexplained),
        "entries": [
            {"lines": entry.lines, "explained": entry.explained,
             "share": _percent(entry.explained, entry.lines), **entry.keys}
            for entry in proposal.entries
        ],
    }  # fmt: skip


def _share(explained: int, lines: int) -> str:
    return f"{explained:,} of {lines:,} lines exactly ({_percent(explained, lines)} %)"


def _percent(explained: int, lines: int) -> str:
    """A share in percent, rounded down: 100.00 is all of them."""
    hundredths = explained * 10_000 // lines if lines else 0
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _yaml(name: str, value: Any) -> str:
    is_plain = name in ("from", "to", "fixed", "min", "max", "rounding", "refund")
    return str(value) if is_plain else json.dumps(value, ensure_ascii=False)
