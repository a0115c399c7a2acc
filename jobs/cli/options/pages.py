"""Options of commands that write a page: a date or a month, and a language."""

import argparse
import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

#: Commands that write a page, of a date or of a month.
MONTHLY = ("report", "scorecard")
#: Languages of a page, as jobs/reports has them.
PAGE_LANGUAGES = ("en", "zh")
#: Examples and texts of their help.
PAGE_EPILOGS = {
    "report": """examples:
  tieout report --lake lake --config config --business-date 2026-11-22
  tieout report ... --business-date 2026-11-22 --language zh
  tieout report ... --month 2026-11 --channel wechat
  tieout report ... --business-date 2026-11-22 --provisional    # before the statements are there

The command writes one HTML page that needs no network, to LAKE/exports/DATE/report.html or
LAKE/exports/months/MONTH/report.html: what is reconciled, what is at stake, breaks by reason and
age, what is new and cleared, suspense, fees, settlement, orders, control totals and gaps. Every
number leads to its rows, largest first. It reads the tables as they are: `tieout run` brings them
up to date. A date that no match has run is named (exit 3).

With --provisional the page says what our own side has for the date: taken for right, with accrued
fees, and what statements confirm so far. It goes to flash.html, and its figures to flash.json; the
report of the same date then shows the difference to them, by cause.""",
    "scorecard": """examples:
  tieout scorecard --lake lake --config config --month 2026-11
  tieout scorecard ... --month 2026-11 --channel wechat --language zh

The command shows how well each channel did in a month: whether its files came in time (files.due),
re-issues, refused files, late lines, breaks per million lines, fee error, settlement days late
times money, and claims. It is a text on a terminal and JSON elsewhere, and it writes a page to
LAKE/exports/months/MONTH/scorecard.html.""",
}
_MONTH = re.compile(r"[12][0-9]{3}-(0[1-9]|1[0-2])")
#: Name of an option, its text and the faults so far; gives the date.
ParseDate = Callable[[str, str | None, list[str]], date | None]


@dataclass(frozen=True)
class PageOptions:
    """The language of a page, and whether it is a flash."""

    language: str = PAGE_LANGUAGES[0]
    provisional: bool = False

    @classmethod
    def read(cls, arguments: argparse.Namespace) -> Self:
        """Those that were given; of a command without pages the defaults."""
        names = ("language", "provisional")
        return cls(**{name: getattr(arguments, name) for name in names if hasattr(arguments, name)})


def add_report_options(out: argparse.ArgumentParser, job: str) -> None:
    """Adds the options of a page to a parser."""
    out.add_argument("--month", metavar="MONTH", default="", help="a month, such as 2026-11")
    if job == "report":
        out.add_argument(
            "--business-date",
            metavar="DATE",
            help="the accounting date: 2026-11-22, yesterday or latest",
        )
        out.add_argument(
            "--provisional",
            action="store_true",
            help="before the statements are there: what our own side says of the date",
        )
    else:
        out.add_argument(
            "--json", action="store_true", help="print JSON on a terminal, too; elsewhere it is"
            " JSON",
        )  # fmt: skip
        out.set_defaults(business_date=None)
    out.add_argument(
        "--language", choices=PAGE_LANGUAGES, default="en", help="language of the page [en]"
    )
    out.set_defaults(through=None)


def parse_period(
    arguments: argparse.Namespace, faults: list[str], parse_date: ParseDate
) -> tuple[date, ...]:
    """The date of a page, or the days of its month."""
    if bool(arguments.business_date) == bool(arguments.month):
        either = "--business-date or --month" if arguments.job == "report" else "--month"
        faults.append(f"give {either}, such as --month 2026-11")
        return ()
    if arguments.business_date:
        day = parse_date("--business-date", arguments.business_date, faults)
        return (day,) if day else ()
    if getattr(arguments, "provisional", False):
        faults.append("--provisional is about a date; give --business-date")
    if not _MONTH.fullmatch(arguments.month):
        faults.append(f"--month {arguments.month!r} is not a month; write it as 2026-11")
        return ()
    first = date.fromisoformat(f"{arguments.month}-01")
    days = calendar.monthrange(first.year, first.month)[1]
    return tuple(first + timedelta(days=n) for n in range(days))
