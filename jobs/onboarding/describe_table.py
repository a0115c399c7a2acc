"""Guesses the layout of a table from its headings and values, each guess with its reason."""

from collections import Counter
from contextlib import suppress
from datetime import date, datetime

from jobs.onboarding.columns import (
    guess_amounts,
    guess_currency,
    guess_direction,
    guess_kinds_and_statuses,
    is_chinese,
)
from jobs.onboarding.layout_draft import LayoutDraft, TableAnalysis
from jobs.onboarding.table import Table
from jobs.onboarding.value_formats import detect_joined_format, detect_time_format, is_reversible

_ORDER = ("sheet", "encoding", "separator", "quote", "preamble", "extra_cells", "columns",
          "constants", "strip", "kinds", "kind_by_sign", "statuses", "currencies", "amount_unit",
          "amounts", "amount_sign", "sign", "in_out", "time_format", "date_format")  # fmt: skip


def describe_table(table: Table, is_sheet: bool) -> LayoutDraft:
    """Drafts the layout of a table; what cannot be guessed becomes a question."""
    analysis = TableAnalysis(table, is_sheet)
    draft = analysis.draft
    if not is_sheet:
        _guess_text_format(analysis)
    if table.above:
        why = f"the header is line {len(table.above) + 1}; ingest finds it by its names"
        draft.set_key("preamble", "find", why)
    _guess_extra_cells(analysis)
    _guess_times(analysis)
    guess_amounts(analysis)
    guess_direction(analysis)
    guess_kinds_and_statuses(analysis)
    guess_currency(analysis)
    for name in ("our_ref", "channel_ref", "order_ref", "original_ref", "batch_ref",
                 "account_tail", "payer_name", "merchant_id", "terminal_id", "product",
                 "card_type"):  # fmt: skip
        if name in analysis.column_index:
            draft.layout["columns"][name] = analysis.heading(name)
    first = analysis.rows[0] if analysis.rows else []
    if any(cell[:1] in "`'" and cell for cell in first):
        draft.set_key(
            "strip", " \t`'", "values start with a mark that stops a spreadsheet from changing them"
        )
    used = set(analysis.column_index.values())
    unused = [name for at, name in enumerate(analysis.header) if at not in used and name]
    draft.reasons["columns"] = f"by their headings; not used: {', '.join(unused) or 'none'}"
    draft.layout = {key: draft.layout[key] for key in sorted(draft.layout, key=_ORDER.index)}
    if not analysis.rows:
        draft.questions.append("the rest from a file with trades: this file has none")
    return draft


def _guess_text_format(analysis: TableAnalysis) -> None:
    table, draft = analysis.table, analysis.draft
    draft.set_key(
        "encoding", table.encoding, "the first of utf-8 and gb18030 that can decode the file"
    )
    draft.set_key("separator", table.separator, f"gives {len(table.header)} columns per line")
    if table.quote is not None:
        draft.set_key("quote", table.quote, "values are in quotes")


def _guess_extra_cells(analysis: TableAnalysis) -> None:
    widths = [len(row) for row in analysis.rows]
    extra = max(set(widths), key=widths.count) - len(analysis.header) if widths else 0
    if extra > 0 and not analysis.is_sheet:
        analysis.draft.set_key("extra_cells", extra, "lines have more cells than the header")


def _guess_times(analysis: TableAnalysis) -> None:
    draft, at, columns = analysis.draft, analysis.column_index, analysis.draft.layout["columns"]
    time_format: str | None = None
    headings: str | list[str] | None = None
    if "traded_at" in at:
        time_format, headings = (
            detect_time_format(analysis.values("traded_at")),
            analysis.heading("traded_at"),
        )
    if time_format is None and "traded_at" in at and "date" in at:
        time_format = detect_joined_format(analysis.values("date"), analysis.values("traded_at"))
        headings = [analysis.heading("date"), analysis.heading("traded_at")]
    elif time_format is None and "date" in at:
        time_format, headings = (
            detect_time_format(analysis.values("date")),
            analysis.heading("date"),
        )
    if headings is not None:
        columns["traded_at"] = headings
    if time_format is not None and headings is not None:
        advice = "; say whether day or month comes first" if is_reversible(time_format) else ""
        draft.set_key("time_format", time_format, f"the format of its times{advice}")
        draft.busiest_day = _busiest_day(analysis, headings, time_format)
    elif headings is not None and analysis.rows:
        draft.questions.append(f"the format of {headings} (time_format, as in Python's strptime)")
    if "settlement_date" in at:
        time_format = detect_time_format(analysis.values("settlement_date"))
        if time_format is not None:
            columns["settlement_date"] = analysis.heading("settlement_date")
            draft.set_key("date_format", time_format, "the format of its dates")


def _busiest_day(
    analysis: TableAnalysis, headings: str | list[str], time_format: str
) -> date | None:
    """The date with the most trades."""
    names = [headings] if isinstance(headings, str) else headings
    columns = [analysis.header.index(name) for name in names]
    counts: Counter[date] = Counter()
    for row in analysis.rows:
        with suppress(ValueError, IndexError):
            text = " ".join(row[at].strip("`'") for at in columns)
            counts[datetime.strptime(text, time_format).date()] += 1
    return counts.most_common(1)[0][0] if counts else None


def guess_zone(table: Table) -> tuple[str, str]:
    """A time zone to begin with, and the comment for it."""
    if is_chinese(table.header):
        return "Asia/Shanghai", "check it: the headings are Chinese, but no time names a zone"
    return "Etc/UTC", "set it: the file does not name the zone of its times"
