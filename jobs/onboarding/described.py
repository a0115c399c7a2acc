"""The layout of a table, as far as its headings and values say it, each guess with its reason."""

from collections import Counter
from contextlib import suppress
from datetime import date, datetime

from jobs.onboarding.columns import currency, direction, is_chinese, money, words
from jobs.onboarding.guesswork import Described, Work
from jobs.onboarding.table import Table
from jobs.onboarding.values import format_of, is_reversible, joined_format

_ORDER = ("sheet", "encoding", "separator", "quote", "preamble", "extra_cells", "columns",
          "constants", "strip", "kinds", "kind_by_sign", "statuses", "currencies", "amount_unit",
          "amounts", "amount_sign", "sign", "in_out", "time_format", "date_format")  # fmt: skip


def described(table: Table, is_sheet: bool) -> Described:
    """The layout of a table, as far as its headings and values say it."""
    work = Work(table, is_sheet)
    out = work.out
    if not is_sheet:
        _text(work)
    if table.above:
        why = f"the header is line {len(table.above) + 1}; it is looked for by its names"
        out.set("preamble", "find", why)
    _width(work)
    _times(work)
    money(work)
    direction(work)
    words(work)
    currency(work)
    for name in ("our_ref", "channel_ref", "order_ref", "original_ref", "batch_ref",
                 "account_tail", "payer_name", "merchant_id", "terminal_id", "product",
                 "card_type"):  # fmt: skip
        if name in work.at:
            out.layout["columns"][name] = work.heading(name)
    first = work.rows[0] if work.rows else []
    if any(cell[:1] in "`'" and cell for cell in first):
        out.set("strip", " \t`'", "values are led by a mark that keeps a spreadsheet off")
    used = set(work.at.values())
    left = [each for at, each in enumerate(work.header) if at not in used and each]
    out.why["columns"] = f"by their headings; not used: {', '.join(left) or 'none'}"
    out.layout = {key: out.layout[key] for key in sorted(out.layout, key=_ORDER.index)}
    if not work.rows:
        out.open.append("the rest from a file of a day with trades: this one has none")
    return out


def _text(work: Work) -> None:
    table, out = work.table, work.out
    out.set("encoding", table.encoding, "the first that its bytes fit, of utf-8 and gb18030")
    out.set("separator", table.separator, f"parts its lines into {len(table.header)} columns")
    if table.quote is not None:
        out.set("quote", table.quote, "values stand in quotes")


def _width(work: Work) -> None:
    widths = [len(row) for row in work.rows]
    extra = max(set(widths), key=widths.count) - len(work.header) if widths else 0
    if extra > 0 and not work.is_sheet:
        work.out.set("extra_cells", extra, "cells that lines have beyond their header")


def _times(work: Work) -> None:
    out, at, columns = work.out, work.at, work.out.layout["columns"]
    form: str | None = None
    places: str | list[str] | None = None
    if "traded_at" in at:
        form, places = format_of(work.values("traded_at")), work.heading("traded_at")
    if form is None and "traded_at" in at and "date" in at:
        form = joined_format(work.values("date"), work.values("traded_at"))
        places = [work.heading("date"), work.heading("traded_at")]
    elif form is None and "date" in at:
        form, places = format_of(work.values("date")), work.heading("date")
    if places is not None:
        columns["traded_at"] = places
    if form is not None and places is not None:
        doubt = "; say whether day or month comes first" if is_reversible(form) else ""
        out.set("time_format", form, f"as its times are printed{doubt}")
        out.day = _day(work, places, form)
    elif places is not None and work.rows:
        out.open.append(f"how {places} is printed (time_format, as in Python's strptime)")
    if "settlement_date" in at:
        form = format_of(work.values("settlement_date"))
        if form is not None:
            columns["settlement_date"] = work.heading("settlement_date")
            out.set("date_format", form, "as its dates are printed")


def _day(work: Work, places: str | list[str], form: str) -> date | None:
    """The day of the most trades."""
    names = [places] if isinstance(places, str) else places
    columns = [work.header.index(each) for each in names]
    seen: Counter[date] = Counter()
    for row in work.rows:
        with suppress(ValueError, IndexError):
            text = " ".join(row[at].strip("`'") for at in columns)
            seen[datetime.strptime(text, form).date()] += 1
    return seen.most_common(1)[0][0] if seen else None


def zone_of(table: Table) -> tuple[str, str]:
    """A zone to begin with, and what is to be said of it."""
    if is_chinese(table.header):
        return "Asia/Shanghai", "say which: its headings are Chinese, no time says its zone"
    return "Etc/UTC", "say which: no file says in which zone its times are"
