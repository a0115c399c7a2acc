"""Says where the balances of a bank account do not follow: within a file, and from day to day.

A gap is a warning, never a reason to refuse a file. Source: docs/reference/dialects/bank.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from jobs.statements.parser import BalanceSpan
from schemas.currencies import in_major_units
from schemas.vocabulary import FileStatus

#: The warning in the reason of an accepted file begins with this.
BALANCE_GAP = "BALANCE_GAP"
#: A file's row names at most so many gaps.
NAMED_MAX = 20
#: Joins the notes in a row's reason.
NOTE_SEPARATOR = " | "
_Rows = Iterable[Mapping[str, Any]]
_AccountKey = tuple[str, str]


def describe_gaps(name: str, spans: Sequence[BalanceSpan]) -> list[str]:
    """The gaps within one file: between the spans of each account, which are in order."""
    by_account = _group_by_account(spans)
    gaps = [
        _describe_gap(name, before, after)
        for account_spans in by_account.values()
        for before, after in pairwise(account_spans)
    ]
    return _limit(name, gaps)


def note_balance_gaps(day_files: Sequence[dict[str, Any]], accepted: _Rows) -> None:
    """Writes to the rows of a date which gaps their files have, within and before them.

    `day_files` are the rows of `statement_files` of a channel and date, `accepted` accepted ones of
    the channel. The notes replace those of earlier calls, since the missing file may have come.
    """
    in_force = [row for row in day_files if _is_in_force(row)]
    if not any(row.get("balances") for row in in_force):
        return
    dates = {row["business_date"] for row in in_force}
    others = [row for row in accepted if _is_in_force(row) and row["business_date"] not in dates]
    for row in in_force:
        spans = read_spans(row)
        gaps = describe_gaps(row["file_name"], spans)
        rest = [other for other in (*others, *in_force) if other is not row]
        gaps += _describe_gaps_before(row, spans, rest)
        notes = [note for note in str(row["reason"] or "").split(NOTE_SEPARATOR) if note]
        kept = [note for note in notes if not note.startswith(BALANCE_GAP)]
        row["reason"] = NOTE_SEPARATOR.join([*kept, *_limit(row["file_name"], gaps)]) or None


def read_spans(row: Mapping[str, Any]) -> list[BalanceSpan]:
    """The balances in a row of `statement_files`, in the order of the statements."""
    return [BalanceSpan(**span) for span in row.get("balances") or ()]


def _is_in_force(row: Mapping[str, Any]) -> bool:
    return bool(row["status"] == FileStatus.ACCEPTED)


def _group_by_account(spans: Iterable[BalanceSpan]) -> dict[_AccountKey, list[BalanceSpan]]:
    by_account: dict[_AccountKey, list[BalanceSpan]] = defaultdict(list)
    for span in spans:
        by_account[span.account, span.currency].append(span)
    return by_account


def _describe_gaps_before(
    row: Mapping[str, Any], spans: Sequence[BalanceSpan], others: _Rows
) -> Iterator[str]:
    """The gaps between the first statement of each account and the last one of other files."""
    known = _group_by_account(span for other in others for span in read_spans(other))
    for key, own in _group_by_account(spans).items():
        before = _find_last_before(own[0], known.get(key, ()))
        if before is not None:
            yield _describe_gap(row["file_name"], before, own[0])


def _find_last_before(span: BalanceSpan, known: Iterable[BalanceSpan]) -> BalanceSpan | None:
    """The last statement before a span, where the span does not open as it closed.

    None where there is no gap, none before, or where files overlap: then nothing can be said.
    """
    if span.closing_day is None:
        return None
    earlier = [
        other
        for other in known
        if other.closing_day is not None and _stands_before(other, span)
    ]  # fmt: skip
    latest = max((other.closing_day for other in earlier if other.closing_day), default=None)
    last = [other for other in earlier if other.closing_day == latest]
    if not last or any(other.closing == span.opening for other in last):
        return None
    if span.opening_day is not None and latest is not None and span.opening_day < latest:
        return None
    return max(last, key=lambda other: (other.last_number or 0, other.closing))


def _stands_before(other: BalanceSpan, span: BalanceSpan) -> bool:
    """Whether a statement is before another by its last day, on one day by numbers or balances."""
    assert other.closing_day is not None and span.closing_day is not None
    if other.closing_day != span.closing_day:
        return other.closing_day < span.closing_day
    if other.last_number and span.first_number and other.last_number != span.first_number:
        return other.last_number < span.first_number
    # On one day without numbers only the balances tell the order.
    return other.closing == span.opening


def _describe_gap(name: str, before: BalanceSpan, after: BalanceSpan) -> str:
    code = after.currency
    difference = after.opening - before.closing
    return (
        f"{BALANCE_GAP}: {name}: account ...{after.account_tail}:"
        f" {_describe_statement(before.last_number)} closes{_describe_day(before.closing_day)} with"
        f" {code} {in_major_units(before.closing, code)},"
        f" {_describe_statement(after.first_number)} opens{_describe_day(after.opening_day)} with"
        f" {code} {in_major_units(after.opening, code)}, difference"
        f" {code} {in_major_units(difference, code)}:"
        f" {_describe_missing(before.last_number, after.first_number)}"
    )


def _describe_statement(number: int | None) -> str:
    return f"statement {number}" if number else "a statement"


def _describe_day(day: object) -> str:
    return f" on {day}" if day else ""


def _describe_missing(last: int | None, first: int | None) -> str:
    """What the numbers of the statements at both sides of a gap say is missing."""
    if last is None or first is None or first <= last:
        return "statements are missing between them; have the bank send them"
    if first == last + 1:
        return "no number is missing between them; ask the bank for the difference"
    if first == last + 2:
        return f"statement {last + 1} is missing; have the bank send it"
    return f"statements {last + 1} to {first - 1} are missing; have the bank send them"


def _limit(name: str, gaps: Iterable[str]) -> list[str]:
    """The first gaps, and how many more there are."""
    named = list(gaps)
    more = len(named) - NAMED_MAX
    if more > 0:
        named[NAMED_MAX:] = [f"{BALANCE_GAP}: {name}: {more} more gaps"]
    return named
