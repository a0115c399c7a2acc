"""The words of `tieout fees`: the options of its step, checked together."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from jobs.cli.arguments import Request, parse_date
from jobs.cli.configuration import load_schedules
from schemas.currencies import MINOR_UNITS, to_minor_units
from schemas.errors import ConfigurationError
from schemas.fee_schedule import FeeSchedule
from schemas.fees.numbers import AMOUNT_MAX
from schemas.fees.trade import Trade
from schemas.profile.channel import Profile
from schemas.vocabulary import Kind

#: The options of each step, those that it needs first.
_OPTIONS = {
    "quote": (("amount", "date"), ("kind", "currency", "product", "card-type", "merchant-id",
              "extra", "order-amount", "paid", "paid-on", "volume")),
    "replay": (("schedules",), ()),
    "claim": (("month",), ()),
    "infer": ((), ()),
}  # fmt: skip
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


def check_quote(request: Request) -> tuple[Trade, Profile, FeeSchedule]:
    """The trade to quote, and its channel's profile and rate card.

    Raises:
        ConfigurationError: all faults of the words, together; or the channel has no rate card.
    """
    faults = _find_common_faults(request)
    faults += _find_date_faults(request)
    options = request.fee_options
    kind = (options["kind"] or Kind.PAYMENT).upper()
    if kind not in tuple(Kind):
        faults.append(f"--kind {options['kind']}: no such kind; one of {', '.join(Kind)}")
    for name in ("paid", "paid-on"):
        if options[name] and kind != Kind.REFUND:
            faults.append(f"--{name} is for --kind REFUND: it says which payment is refunded")
    day = parse_date("--date", options["date"], faults)
    paid_on = parse_date("--paid-on", options["paid-on"], faults)
    if day and paid_on and paid_on > day:
        faults.append(f"--paid-on {paid_on} is after --date {day}")
    card = _find_card(request, faults)
    currency = _find_currency(request, card, faults)
    amounts = {
        name: _parse_amount(name, options[name], currency, faults)
        for name in ("amount", "order-amount", "paid", "volume")
    }
    extra = _parse_extra(options["extra"], faults)
    if faults or card is None or day is None:
        raise ConfigurationError(faults)
    trade = Trade(
        channel=request.channels[0],
        kind=Kind(kind),
        amount=amounts["amount"] or 0,
        currency=currency,
        day=day,
        product=options["product"] or None,
        card_type=options["card-type"] or None,
        merchant_id=options["merchant-id"] or None,
        extra=extra,
        order_amount=amounts["order-amount"],
        paid=amounts["paid"],
        paid_on=paid_on,
        volume=amounts["volume"],
    )
    return trade, request.config.profiles[trade.channel], card


def check_replay(request: Request) -> dict[str, FeeSchedule]:
    """The other rate cards, by the channels to replay.

    Raises:
        ConfigurationError: all faults of the words and of the other cards, together.
    """
    faults = _find_common_faults(request) + _find_date_faults(request)
    folder, profiles = request.fee_options["schedules"], request.config.profiles
    cards: dict[str, FeeSchedule] = {}
    if folder:
        try:
            # Of channels that are named only these are known, and other cards may stay.
            cards = load_schedules(folder, None if request.channels else profiles)
        except ConfigurationError as error:
            faults += [f"--schedules: {fault}" for fault in error.faults]
        else:
            faults += [
                f"--channel {name} has no page in {folder}; add {name}.yaml"
                for name in request.channels if name not in cards
            ]  # fmt: skip
    if faults:
        raise ConfigurationError(faults)
    return {name: card for name, card in cards.items() if name in profiles}


def check_claim(request: Request) -> tuple[date, Profile, FeeSchedule]:
    """The first day of the month to claim, and the channel's profile and rate card.

    Raises:
        ConfigurationError: all faults of the words, together; or the channel has no rate card.
    """
    faults = _find_common_faults(request)
    faults += _find_date_faults(request)
    card, text = _find_card(request, faults), request.fee_options["month"]
    month = parse_date("--month", f"{text}-01", []) if _MONTH.fullmatch(text) else None
    if text and month is None:
        faults.append(f"--month {text} is not a month; write it as 2026-11")
    if faults or card is None or month is None:
        raise ConfigurationError(faults)
    profile = request.config.profiles[request.channels[0]]
    if (month.year, month.month) < (profile.first_date.year, profile.first_date.month):
        raise ConfigurationError(
            [f"--month {text} is before first_date {profile.first_date} of {profile.channel}"]
        )
    return month, profile, card


def check_infer(request: Request) -> Profile:
    """The profile of the channel whose card is to be inferred.

    Raises:
        ConfigurationError: all faults of the words, together.
    """
    faults = _find_common_faults(request) + _find_date_faults(request)
    if faults:
        raise ConfigurationError(faults)
    return request.config.profiles[request.channels[0]]


def _find_common_faults(request: Request) -> list[str]:
    """Options that the step needs and that are not there, and those that are not its own."""
    (step, *_), options = request.positionals, request.fee_options
    needed, others = _OPTIONS[step]
    faults = [
        f"{step} needs --{name}; see tieout fees --help" for name in needed if not options[name]
    ]
    faults += [
        f"--{name} is not for {step}; see tieout fees --help"
        for name, value in options.items()
        if value and name not in (*needed, *others)
    ]
    if step != "replay" and len(request.channels) != 1:
        faults.append(f"{step} needs one --channel, such as --channel wechat")
    return faults


def _find_date_faults(request: Request) -> list[str]:
    step = request.positionals[0]
    if step in ("replay", "infer"):
        return [] if request.dates else [f"{step} needs --business-date, and --through for more"]
    instead = "--date" if step == "quote" else "--month"
    return [f"--business-date is for replay and infer; give {instead}"] if request.dates else []


def _find_card(request: Request, faults: list[str]) -> FeeSchedule | None:
    if len(request.channels) != 1:
        return None
    channel, cards = request.channels[0], request.config.schedules
    if channel not in cards:
        known = ", ".join(sorted(cards)) or "no channel"
        faults.append(
            f"--channel {channel} has no rate card; add fee_schedules/{channel}.yaml. There are"
            f" cards for {known}"
        )
    return cards.get(channel)


def _parse_extra(text: str, faults: list[str]) -> tuple[tuple[str, str], ...]:
    pairs = [pair.partition("=") for pair in text.split(",") if pair]
    faults += [
        f"--extra {name}: write NAME=VALUE, such as card_brand=visa"
        for name, equals, value in pairs if not (name and equals and value)
    ]  # fmt: skip
    return tuple((name.strip(), value.strip()) for name, _, value in pairs)


def _find_currency(request: Request, card: FeeSchedule | None, faults: list[str]) -> str:
    """The currency that is typed, else the only one that the channel's page or its card names."""
    code = request.fee_options["currency"].upper()
    if code and code not in MINOR_UNITS:
        faults.append(f"--currency {code}: no such currency; write a code such as CNY")
    if code or card is None:
        return code
    profile = request.config.profiles[request.channels[0]]
    constants: list[Mapping[Any, str]] = [
        layout.constants for layout in (profile.layout, profile.fixed_width) if layout
    ]
    codes = {page["currency"] for page in constants if "currency" in page}
    if not codes and all(entry.currency for entry in card.entries):
        codes = {each for entry in card.entries for each in entry.currency}
    if len(codes) != 1:
        faults.append("--currency is missing; give the one of the amount, such as CNY")
        return ""
    return codes.pop()


def _parse_amount(name: str, text: str, currency: str, faults: list[str]) -> int | None:
    if not text or currency not in MINOR_UNITS:
        return None
    try:
        minor = to_minor_units(text, currency)
    except ValueError as error:
        faults.append(f"--{name} {text}: {error}")
        return None
    if minor == 0 or minor > AMOUNT_MAX:
        faults.append(f"--{name} {text}: give more than 0, and less than 10^15 minor units")
    return minor
