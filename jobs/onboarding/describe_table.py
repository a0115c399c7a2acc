"""Guesses the layout of a table from its headings and values, each guess with its reason."""

from collections import Counter
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from jobs.onboarding.evidence.foot import find_balance_rows
from jobs.onboarding.evidence.unbound_columns import (
    account_for_columns,
    ask_about_texts,
    check_references,
)
from jobs.onboarding.evidence.value_formats import (
    detect_joined_format,
    detect_time_format,
    is_ambiguous,
    list_time_formats,
)
from jobs.onboarding.guesses.amounts import guess_amounts
from jobs.onboarding.guesses.columns import (
    bind_by_values,
    guess_currency,
    guess_fee_sign,
)
from jobs.onboarding.guesses.kinds import guess_direction, guess_kinds_and_statuses
from jobs.onboarding.guesses.zone import guess_zone
from jobs.onboarding.layout_draft import OPEN, LayoutDraft, TableAnalysis
from jobs.onboarding.table import Table

_ORDER = ("sheet", "encoding", "separator", "quote", "header", "preamble", "extra_cells", "columns",
          "constants", "net", "balance", "strip", "kinds", "kind_by_sign", "statuses", "currencies",
          "amount_unit", "amounts", "amount_sign", "fee_sign", "sign", "in_out", "time_format",
          "date_format")  # fmt: skip
_TEXTS = ("our_ref", "channel_ref", "order_ref", "original_ref", "batch_ref", "account_tail",
          "payer_name", "merchant_id", "terminal_id", "product", "card_type", "text")  # fmt: skip


def describe_table(table: Table, is_sheet: bool, day: date | None) -> LayoutDraft:
    """Drafts the layout of a table; what cannot be guessed becomes a question.

    `day` is the date in the file's name, which tells day from month in the times.
    """
    analysis = TableAnalysis(table, is_sheet)
    draft = analysis.draft
    if not is_sheet:
        _guess_text_format(analysis)
    if not table.has_header:
        draft.set_key("header", "none", "no line has headings; columns are given by number")
        if table.above:
            draft.set_key("preamble", len(table.above), "lines above the first trade")
        draft.questions.append("what each column is (columns): no line of the file has headings")
    elif table.above:
        why = f"the header is line {len(table.above) + 1}; ingest finds it by its names"
        draft.set_key("preamble", "find", why)
    _guess_extra_cells(analysis)
    bind_by_values(analysis)
    _guess_times(analysis, day)
    guess_amounts(analysis)
    guess_direction(analysis)
    guess_kinds_and_statuses(analysis)
    guess_currency(analysis)
    guess_fee_sign(analysis)
    for name in _TEXTS:
        if name in analysis.column_index:
            draft.layout["columns"][name] = analysis.heading(name)
    first = analysis.rows[0] if analysis.rows else []
    if any(cell[:1] in "`'" and cell for cell in first):
        draft.set_key(
            "strip", " \t`'", "values start with a mark that stops a spreadsheet from changing them"
        )
    check_references(analysis)
    _bind_proven_columns(analysis)
    account_for_columns(analysis)
    ask_about_texts(analysis)
    _ask_about_balance_rows(analysis)
    guess_zone(analysis)
    if not analysis.rows:
        draft.questions.append("the rest from a file with trades: this file has none")
    finish_layout(draft)
    return draft


def finish_layout(draft: LayoutDraft) -> None:
    """Puts the keys in order, and says which columns are left out and why."""
    left_out = "; ".join(f"{name} ({why})" for name, why in draft.left_out.items())
    draft.reasons["columns"] = f"by their headings; left out: {left_out or 'none'}"
    draft.layout = {
        key: draft.layout[key]
        for key in sorted(
            draft.layout, key=lambda key: _ORDER.index(key) if key in _ORDER else len(_ORDER)
        )
    }


def _ask_about_balance_rows(analysis: TableAnalysis) -> None:
    """Asks about rows among the trades that say that they print a balance."""
    texts = find_balance_rows(analysis.rows)
    if texts:
        question = f"whether the rows with {', '.join(texts[:3])} are no trades (ignore)"
        analysis.draft.ask("ignore", question, [])


def _bind_proven_columns(analysis: TableAnalysis) -> None:
    """Binds the net amount and the running balance, which a trial must prove."""
    draft, index = analysis.draft, analysis.column_index
    currency = draft.layout["constants"].get("currency", OPEN)
    if "net" in index and "fee" in draft.layout["columns"]:
        draft.set_key("net", analysis.heading("net"), "every line has amount less fee there")
    if "balance" in index and currency != OPEN:
        draft.set_key("balance", analysis.heading("balance"), "each follows from the one before")


def _guess_text_format(analysis: TableAnalysis) -> None:
    table, draft = analysis.table, analysis.draft
    draft.set_key("encoding", table.encoding, "by the letters that its bytes are in it")
    draft.set_key("separator", table.separator, f"gives {len(table.header)} columns per line")
    if table.quote is not None:
        draft.set_key("quote", table.quote, "values are in quotes")


def _guess_extra_cells(analysis: TableAnalysis) -> None:
    widths = [len(row) for row in analysis.rows]
    extra = max(set(widths), key=widths.count) - len(analysis.header) if widths else 0
    if extra > 0 and not analysis.is_sheet and analysis.table.has_header:
        analysis.draft.set_key("extra_cells", extra, "lines have more cells than the header")


def _guess_times(analysis: TableAnalysis, day: date | None) -> None:
    draft, at, columns = analysis.draft, analysis.column_index, analysis.draft.layout["columns"]
    time_format: str | None = None
    headings: Any = None
    days: list[str] = []
    if "traded_at" in at:
        days, headings = analysis.values("traded_at"), analysis.heading("traded_at")
        # 101201 beside a date is a time of day, not a date of its own.
        is_time_of_day = "date" in at and detect_time_format(days, with_date=False) is not None
        time_format = None if is_time_of_day else detect_time_format(days)
    if time_format is None and "traded_at" in at and "date" in at:
        days = analysis.values("date")
        time_format = detect_joined_format(days, analysis.values("traded_at"))
        headings = [analysis.heading("date"), analysis.heading("traded_at")]
    elif time_format is None and "date" in at:
        days, headings = analysis.values("date"), analysis.heading("date")
        time_format = detect_time_format(days)
    if headings is not None:
        columns["traded_at"] = headings
    if time_format is not None and headings is not None:
        _set_time_format(analysis, headings, time_format, days, day)
    elif headings is not None and analysis.rows:
        draft.ask("time_format", f"the format of {headings} (time_format, as in Python's"
                  " strptime)", "%Y-%m-%d %H:%M:%S")  # fmt: skip
    if "settlement_date" in at:
        _guess_settlement_date(analysis, time_format)


def _set_time_format(
    analysis: TableAnalysis, headings: Any, form: str, days: list[str], day: date | None
) -> None:
    """Sets the format; where day and month could be exchanged the file's own date must decide."""
    draft, day_form = analysis.draft, form
    rest = ""
    if isinstance(headings, list):
        day_form, _, rest = form.partition(" ")
    forms = list_time_formats(days) or [day_form]
    chosen = day_form if day_form in forms else forms[0]
    busiest = {each: _busiest_day(analysis, headings, f"{each} {rest}".strip()) for each in forms}
    if is_ambiguous(days, chosen):
        fitting = [each for each in forms if day is not None and busiest[each] == day]
        if not fitting:
            draft.ask("time_format", f"whether day or month comes first in {days[0]} (time_format)",
                      f"{chosen} {rest}".strip())  # fmt: skip
            return
        chosen = fitting[0]
    draft.set_key("time_format", f"{chosen} {rest}".strip(), "the format of its times")
    draft.busiest_day = busiest.get(chosen)


def _guess_settlement_date(analysis: TableAnalysis, time_format: str | None) -> None:
    draft, values = analysis.draft, analysis.values("settlement_date")
    forms = list_time_formats(values)
    same = next((form for form in forms if time_format and time_format.startswith(form)), None)
    form = same or next(iter(forms), None)
    if form is None:
        return
    columns = draft.layout["columns"]
    columns["settlement_date"] = analysis.heading("settlement_date")
    if same is None and is_ambiguous(values, form):
        draft.ask("date_format", f"whether day or month comes first in {values[0]} (date_format)",
                  form)  # fmt: skip
    else:
        draft.set_key("date_format", form, "the format of its dates")


def _busiest_day(analysis: TableAnalysis, headings: Any, time_format: str) -> date | None:
    """The date with the most trades."""
    names = headings if isinstance(headings, list) else [headings]
    columns = [name - 1 if isinstance(name, int) else analysis.header.index(name) for name in names]
    counts: Counter[date] = Counter()
    for row in analysis.rows:
        with suppress(ValueError, IndexError):
            text = " ".join(row[at].strip("`'") for at in columns)
            counts[datetime.strptime(text, time_format).date()] += 1
    return counts.most_common(1)[0][0] if counts else None
