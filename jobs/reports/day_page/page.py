"""The report of a date or a month as a page, as large as its limit allows."""

from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from jobs import __version__
from jobs.lake.tables import Lake
from jobs.reports.day_page import (
    break_section,
    channel_section,
    fee_section,
    file_section,
    order_section,
    settlement_section,
    suspense_section,
)
from jobs.reports.day_page.builder import Builder
from jobs.reports.day_page.flash.difference import Difference, read_differences
from jobs.reports.day_page.flash.sections import build_differences
from jobs.reports.day_page.flash.stored import read_flash
from jobs.reports.day_page.inputs import (
    FileFigures,
    describe_gaps,
    describe_state,
    read_files,
)
from jobs.reports.day_page.movements import BreakFigures, read_break_figures
from jobs.reports.day_page.outcomes import ROWS_READ, Totals, list_largest, read_totals
from jobs.reports.day_page.scope import Owner, RowList, Scope
from jobs.reports.html.document import Page
from jobs.reports.html.language import Language
from jobs.reports.html.render import render_page

#: A page is smaller than this, bytes, so that it opens at once and goes by mail.
BYTES_MAX = 1_000_000
#: What the headline has room for; the section has all.
_NOTICES_MAX = 8
_NAMES_MAX = 6


@dataclass(frozen=True)
class Figures:
    """Everything that a report says, in minor units; the page only words it."""

    scope: Scope
    files: FileFigures
    totals: Totals
    lists: dict[tuple[str, str, str], RowList]
    breaks: BreakFigures
    fees: fee_section.FeeFigures
    settlement: settlement_section.SettlementFigures
    orders: order_section.OrderFigures
    differences: Mapping[Owner, Difference]


def read_figures(lake: Lake, scope: Scope) -> Figures:
    """Reads all tables for a report; writes nothing.

    Raises:
        TableMissing: the lake is older than a table.
    """
    return Figures(
        scope,
        read_files(lake, scope),
        read_totals(lake, scope),
        list_largest(lake, scope),
        read_break_figures(lake, scope),
        fee_section.read_fees(lake, scope),
        settlement_section.read_settlement(lake, scope),
        order_section.read_orders(lake, scope),
        read_differences(lake, scope, read_flash(lake, scope) if scope.is_day else {}),
    )


def render_report(figures: Figures, language: Language, files: Collection[str] = ()) -> str:
    """The report as HTML, below `BYTES_MAX`: lists get shorter until it fits.

    `files` are the export files that there are, relative to the page.
    """
    rows_max = ROWS_READ
    while True:
        html = render_page(build_page(figures, Builder(figures.scope, language, rows_max, files)))
        if len(html.encode()) < BYTES_MAX or rows_max == 0:
            return html
        rows_max //= 2


def build_page(figures: Figures, builder: Builder) -> Page:
    """The page of a report: the headline, then every topic, then the lists of rows."""
    say, scope = builder.say, figures.scope
    names = {name: describe_state(figures.files, name, builder.language) for name in scope.profiles}
    breaks = break_section.break_cards(builder, figures.breaks)
    cards = [
        *channel_section.share_cards(builder, figures.totals),
        *breaks,
        channel_section.waiting_card(builder, figures.totals),
        fee_section.fee_card(builder, figures.fees),
        settlement_section.settlement_card(builder, figures.settlement),
        order_section.order_card(builder, figures.orders),
        file_section.gap_card(builder, figures.files),
    ]
    sections = [
        file_section.build_gaps(builder, figures.files),
        channel_section.build_channels(builder, figures.totals, figures.lists, names),
        break_section.build_breaks(builder, figures.breaks),
        break_section.build_movement(builder, figures.breaks),
        suspense_section.build_suspense(builder, figures.totals),
        fee_section.build_fees(builder, figures.fees),
        settlement_section.build_settlement(builder, figures.settlement),
        order_section.build_orders(builder, figures.orders),
        *build_differences(builder, figures.differences),
        file_section.build_control_totals(builder, figures.files),
    ]
    gaps = describe_gaps(figures.files, builder.language)
    month_end = date(scope.last.year, scope.last.month, monthrange(*scope.last.timetuple()[:2])[1])
    if scope.is_month and scope.last < month_end:
        text = say("The month is counted up to {date}, the last date that was matched.",
                   date=scope.last)  # fmt: skip
        gaps = [text, *gaps]
    return Page(
        builder.language.html,
        say("Reconciliation report" if scope.is_day else "Reconciliation report of a month"),
        describe_scope(builder, [*scope.profiles]),
        cards,
        [*sections, *builder.list_sections()],
        shorten_notices(builder, gaps),
        say("Not complete"),
        describe_origin(builder, figures.files.matched_at),
    )


def shorten_notices(builder: Builder, gaps: Sequence[str]) -> list[str]:
    """The first gaps, and how many there are more."""
    more = len(gaps) - _NOTICES_MAX
    if more <= 0:
        return [*gaps]
    return [*gaps[:_NOTICES_MAX], builder.say("and {count} more, see Gaps", count=more)]


def describe_scope(builder: Builder, names: Sequence[str]) -> str:
    """The date or the month, and the channels."""
    scope = builder.scope
    day = scope.label
    if scope.is_day:
        day = f"{day}, {builder.say(f'{scope.first:%A}')}"
    channels = ", ".join(names)
    if len(names) > _NAMES_MAX:
        channels = builder.say("{count} channels", count=len(names))
    return f"{day} · {channels}"


def describe_origin(builder: Builder, matched_at: Any) -> list[str]:
    """From which state of the lake the page is, and what its words mean."""
    lines = [
        builder.say("Amounts are in major units of their currency, by the channels' business date.")
    ]
    if matched_at is not None:
        moment = matched_at.astimezone(UTC)
        lines.append(
            builder.say("State of the lake after the match of {time} UTC; tieout {version}.",
                        time=f"{moment:%Y-%m-%d %H:%M:%S}", version=__version__)
        )  # fmt: skip
    return lines
