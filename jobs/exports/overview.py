"""The first sheet of a workbook: what the day has, by outcome, reasons and action."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from jobs.exports.workbook import Heading
from jobs.reports.labels import ACTION_LABELS, REASON_LABELS
from jobs.reports.money_text import Cell, money_cell
from schemas.vocabulary import Outcome

NAME = "Summary"
HEADINGS = (
    Heading("Channel", 14),
    Heading("Run date", 11),
    Heading("Outcome", 12),
    Heading("Why", 40),
    Heading("What to do", 38),
    Heading("Rows", 10),
    Heading("Currency", 9),
    Heading("At stake", 16),
    Heading("Our amount", 18),
    Heading("Statement amount", 18),
    Heading("Difference", 16),
)
#: What a person has to look at comes first.
_ORDER = (Outcome.BREAK, Outcome.SUSPENSE, Outcome.EXCLUDED, Outcome.MATCHED)


def render_summary(
    channel: str, run_date: str, states: Mapping[str, str], groups: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[Cell, ...]]:
    """Yields a row for each side's state, then one for each group of `sum_groups`.

    Breaks come first; among equal outcomes those with most at stake, currency by currency. Amounts
    are in major units.

    Raises:
        KeyError: a currency is not in ISO 4217.
    """
    for side, state in states.items():
        yield (channel, run_date, side, state, *[None] * (len(HEADINGS) - 4))
    for row in sorted(groups, key=sort_key):
        currency = row["currency"] or row["internal_currency"]
        yield (
            channel,
            run_date,
            row["outcome"],
            "; ".join(REASON_LABELS[code] for code in row["reasons"].split()) or None,
            ACTION_LABELS[row["action"]],
            row["rows"],
            currency,
            money_cell(row["at_stake"], currency),
            money_cell(row["internal_amount"], row["internal_currency"]),
            money_cell(row["statement_amount"], row["currency"]),
            money_cell(row["difference"], row["currency"]),
        )


def sort_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Sorts groups of `sum_groups`, or of `summary.json`, in which amounts are text."""
    return (
        _ORDER.index(Outcome(row["outcome"])),
        str(row["currency"]),
        -Decimal(row["at_stake"] or 0),
        -row["rows"],
        " ".join(row["reasons"]) if isinstance(row["reasons"], list) else row["reasons"],
        row["action"],
        str(row["internal_currency"]),
    )
