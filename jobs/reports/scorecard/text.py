"""A scorecard as text and as JSON."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from jobs.reports.html.language import Language
from jobs.reports.html.numbers import format_share, list_money, per_million
from jobs.reports.scorecard.figures import Counted, Scorecard
from jobs.reports.scorecard.late_money import LateMoney
from schemas.currencies import in_major_units

_HOUR = timedelta(hours=1)


def format_lateness(lateness: timedelta) -> str:
    """`26:05` hours and minutes, the minute begun included."""
    minutes = -(-int(lateness.total_seconds()) // 60)
    return f"{minutes // 60}:{minutes % 60:02d}"


def format_day_money(one: LateMoney, currency: str) -> str:
    """Money times days: `CNY 12,500.00 x days`, which is so much late for one day."""
    return f"{currency} {in_major_units(one.day_money, currency)}"


def count_breaks(card: Scorecard) -> int:
    """Breaks of a month."""
    return sum(one.count for one in card.breaks.values())


def render_cards(cards: Sequence[Scorecard], month: str, language: Language) -> list[str]:
    """A paragraph per channel, in the order in which one talks about it."""
    lines = []
    for card in cards:
        lines += [f"{month}  {card.channel}  {card.lines:,} {language.say('lines')}"]
        facts = list_facts(card, language)
        width = max(len(name) for name, _ in facts)
        lines += [f"  {name:<{width}}  {text}" for name, text in facts]
    return lines


def list_facts(card: Scorecard, language: Language) -> list[tuple[str, str]]:
    """What a scorecard says, as (name, sentence)."""
    say, files = language.say, card.files
    days, missing = len(files.arrivals), len(files.missing)
    if files.in_time is None:
        punctual = say("no due time on the channel's page")
    else:
        worst = files.late[0].lateness if files.late else None
        punctual = say("{part} of {whole} dates in time", part=files.in_time, whole=days)
        if worst:
            punctual += f", {say('at most {hours} hours late', hours=format_lateness(worst))}"
    if missing:
        punctual += f", {say('{count} not whole', count=missing)}"
    refused = ", ".join(f"{code} {count}" for code, count in sorted(files.refused.items()))
    facts = [
        (say("punctuality"), punctual),
        (say("re-issues"), f"{files.reissues}"),
        (say("refused files"), refused or "0"),
        (say("rejected lines"), f"{files.rejected:,}"),
        (say("late lines"), _counted(card.late_lines)),
        (say("breaks per million lines"),
         f"{per_million(count_breaks(card), card.lines)} ({count_breaks(card):,})"),
    ]  # fmt: skip
    for reason, one in sort_breaks(card):
        facts.append((f"  {language.say_reasons([reason])}",
                      f"{per_million(one.count, card.lines)} ({_counted(one)})"))  # fmt: skip
    differences = {code: row["difference"] for code, row in card.fees.items()}
    facts += [
        (say("fee error"),
         f"{', '.join(list_money(differences, '+')) or say('not checked')}"
         f" ({card.wrong_fees.count:,} {say('lines')})"),
        *((say("settlement late"), _late(one, code, language))
          for code, one in sorted(card.late_money.items())),
        (say("claims"),
         "; ".join(f"{say(cause)} {_counted(one)}" for cause, one in sorted(card.claims.items()))
         or say("none")),
    ]  # fmt: skip
    return facts


def sort_breaks(card: Scorecard) -> list[tuple[str, Counted]]:
    """Breaks by reason, most first."""
    return sorted(card.breaks.items(), key=lambda item: (-item[1].count, item[0]))


def _counted(one: Counted) -> str:
    money = ", ".join(list_money(one.money))
    return f"{one.count:,}, {money}" if money else f"{one.count:,}"


def _late(one: LateMoney, code: str, language: Language) -> str:
    return language.say(
        "{late} of {batches} batches, at most {days} days; money x days {money}; unpaid {unpaid}",
        late=one.late_batches, batches=one.batches, days=one.days_max,
        money=format_day_money(one, code), unpaid=f"{code} {in_major_units(one.unpaid, code)}",
    )  # fmt: skip


def to_json(card: Scorecard) -> dict[str, Any]:
    """A scorecard for programs; amounts in minor units, lateness in minutes."""
    files = card.files
    return {
        "channel": card.channel,
        "lines": card.lines,
        "dates": len(files.arrivals),
        "in_time": files.in_time,
        "late": [
            {"business_date": str(one.day), "due": str(one.due), "complete": str(one.complete),
             "minutes": int((one.lateness or timedelta()).total_seconds()) // 60}
            for one in files.late
        ],
        "missing": [str(day) for day in files.missing],
        "reissues": files.reissues,
        "duplicates": files.duplicates,
        "refused": dict(sorted(files.refused.items())),
        "rejected_lines": files.rejected,
        "late_lines": _count_json(card.late_lines),
        "breaks": {
            reason: _count_json(one)
            | {"per_million": per_million(one.count, card.lines).replace(",", "")}
            for reason, one in sort_breaks(card)
        },
        "fees": card.fees,
        "wrong_fees": _count_json(card.wrong_fees),
        "settlement": {code: vars(one) for code, one in sorted(card.late_money.items())},
        "claims": {cause: _count_json(one) for cause, one in sorted(card.claims.items())},
    }  # fmt: skip


def _count_json(one: Counted) -> dict[str, Any]:
    return {"count": one.count, "money": dict(sorted(one.money.items()))}


def share_in_time(card: Scorecard) -> str:
    """Share of the dates whose files came in time."""
    in_time = card.files.in_time
    return "-" if in_time is None else format_share(in_time, len(card.files.arrivals))
