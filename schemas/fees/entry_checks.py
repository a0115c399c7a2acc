"""Finds keys of an entry that do not go together: batches, volumes, fees that a month decides."""

from collections.abc import Iterator
from decimal import Decimal

from schemas.currencies import MINOR_UNITS
from schemas.fee_schedule import FeeEntry
from schemas.fees.price import Price
from schemas.vocabulary import Kind

#: The fixed part of a batch is counted by its lines: so many of these stay within BIGINT.
BATCH_FIXED_MAX = 10**9
_BATCH_RULES = (None, "return", "keep", "charge")


def find_entry_faults(entry: FeeEntry) -> Iterator[str]:
    """Yields what is wrong with an entry whose keys are right by themselves."""
    if Kind.SETTLEMENT in entry.kind:
        yield (
            "kind: SETTLEMENT lines pay our balance out and never owe a fee; take SETTLEMENT away,"
            " and name FEE or PAYOUT if lines of these kinds are meant"
        )
    if entry.is_batch:
        yield from _find_batch_faults(entry)
    if entry.billed is not None:
        if any(price.pass_through for price in entry.prices.values()):
            yield (
                "billed: FEE lines bear the fee, and pass_through takes it from the line; give the"
                " component an entry of its own, or take billed away"
            )
        if Kind.FEE in entry.kind:
            yield "billed: no FEE line bears the fee of FEE lines; take FEE out of kind"
    if entry.monthly is not None:
        currency = entry.monthly.currency
        if currency not in MINOR_UNITS:
            yield f"monthly.currency: {currency} is no currency of ISO 4217"
        elif entry.currency and currency not in entry.currency:
            yield (
                f"monthly.currency: {currency} is not one of {', '.join(entry.currency)}, so no"
                " line of the entry counts against it"
            )


def find_merchant_faults(entry: FeeEntry) -> Iterator[str]:
    """Yields what an entry of a merchant's card asks for that a merchant statement cannot know."""
    keys = {
        "tiers: a volume": bool(entry.volumes),
        "level: batch": entry.is_batch,
        "billed": entry.billed is not None,
        "monthly": entry.monthly is not None,
    }
    for key, is_there in keys.items():
        if is_there:
            yield (
                f"{key} is for what a channel charges us; a merchant statement prices line by line,"
                " so take it away"
            )


def _find_batch_faults(entry: FeeEntry) -> Iterator[str]:
    prices = entry.prices.values()
    if entry.refund not in _BATCH_RULES:
        yield (
            f"refund: {entry.refund} prices refunds one by one; with level: batch write return,"
            " keep or charge"
        )
    if any(price.pass_through for price in prices):
        yield "pass_through: with level: batch there is no line to take it from; take it away"
    if any(volume.per == "merchant" for volume in entry.volumes):
        yield "tiers: a batch may have lines of many merchants; write per: channel"
    if len({price.base for price in prices}) > 1:
        yield "base: a batch has one base; write the same one in all components"
    fixed = [text for price in prices for text in (price.fixed, *_fixed_of_steps(price))]
    if any(Decimal(text) > BATCH_FIXED_MAX for text in fixed):
        yield f"fixed: with level: batch it is at most {BATCH_FIXED_MAX}, as each line counts"


def _fixed_of_steps(price: Price) -> list[str]:
    return [step.fixed for step in price.tiers.steps] if price.tiers else []
