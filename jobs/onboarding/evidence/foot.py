"""The lines below the trades: by their first word, else by what they lack."""

import re
from collections.abc import Callable, Sequence

from jobs.onboarding.evidence.column_values import is_money
from jobs.onboarding.evidence.headings import find_footer_word

_EMPTY = ("", "-", "--")
_SHARE = 0.9
#: Whole numbers of so many digits are no amounts.
_NUMBER_DIGITS = 9
_DATE = re.compile(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}.*|20\d{6}(?:\d{6})?")
#: Texts of rows that print a balance, in place of a trade.
_BALANCE = re.compile(
    r"(?:opening|closing|beginning|starting|ending|final|initial) balance|(?:brought|carried)"
    r" forward|(?:anfangs|end|start|schluss)saldo|solde (?:initial|final|d'ouverture|de clôture)"
    r"|(?:ancien|nouveau) solde|saldo (?:inicial|final|anterior|iniziale|finale|precedente)"
    r"|(?:begin|eind)saldo|期初余额|期末余额|上期余额|承前页|过次页|前日残高|前月繰越|繰越残高",
    re.IGNORECASE,
)


def find_foot(
    last_lines: Sequence[str], rows: Sequence[Sequence[str]], split: Callable[[str], list[str]]
) -> list[str]:
    """The lines below the trades, of the last lines of a file below its header.

    They begin with a word for totals, or lack what every trade has: its date, or most of its other
    texts. `rows` are the first rows of the file.
    """
    full_columns = _find_full_columns(rows)
    # A subtotal of a page has trades below it, and is no foot.
    trades = [
        at for at, line in enumerate(last_lines)
        if full_columns and not find_footer_word(split(line)[0])
        and not _is_bare(split(line), full_columns)
    ]  # fmt: skip
    behind = trades[-1] + 1 if trades else 0
    starts = [at for at, line in enumerate(last_lines) if find_footer_word(split(line)[0])]
    starts = [at for at in starts if at >= behind]
    if starts:
        return [*last_lines[starts[0] :]]
    at = len(last_lines)
    while at and _is_bare(split(last_lines[at - 1]), full_columns):
        at -= 1
    # A file of such lines alone has no foot: they are its trades.
    return [*last_lines[at:]] if at or len(rows) > len(last_lines) else []


def _find_full_columns(rows: Sequence[Sequence[str]]) -> dict[int, bool]:
    """The columns (from 0) with a date on most rows, or another number than an amount on nearly
    all; whether with dates.

    Texts without digits, such as names, do not count: a label stands there as well.
    """
    full = {}
    for at in range(max(map(len, rows), default=0)):
        values = [row[at].strip("`'\t ") for row in rows if at < len(row)]
        values = [value for value in values if re.search(r"\d", value)]
        dates = sum(1 for value in values if _DATE.fullmatch(value))
        if dates * 2 >= len(rows):
            full[at] = True
        elif len(values) >= _SHARE * (len(rows) - 1) and values and not _may_be_amounts(values):
            full[at] = False
    return full


def _may_be_amounts(values: Sequence[str]) -> bool:
    return is_money(values) and min(map(len, values)) < _NUMBER_DIGITS


def _is_bare(cells: Sequence[str], full_columns: dict[int, bool]) -> bool:
    """Whether a line lacks the dates of trades, or all of their numbers."""
    filled = {
        at for at in full_columns
        if at < len(cells) and cells[at] not in _EMPTY and re.search(r"\d", cells[at])
    }  # fmt: skip
    dates = {at for at, is_date in full_columns.items() if is_date}
    if dates:
        return not dates & filled
    return bool(full_columns) and not filled


def find_balance_rows(rows: Sequence[Sequence[str]]) -> list[str]:
    """The texts by which rows among the trades say that they print a balance."""
    texts = {cell for row in rows for cell in row if len(cell) < 60 and _BALANCE.search(cell)}
    return sorted(texts)
