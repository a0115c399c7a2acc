"""Rows of totals that a layout does not describe: they must not become trades.

Where the file has words for kinds or statuses, a row of totals lacks them and is rejected for that.
Where every line has one kind and one status by the layout, only what it lacks tells it from a
trade. Source: docs/reference/profile.md, `layout`.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines
from jobs.statements.delimited.layout_binding import split_cells
from jobs.statements.parser import Sample
from schemas.errors import FileRefused
from schemas.profile.layout.delimited import DelimitedLayout
from schemas.vocabulary import Reference

#: Columns that hold numbers of a trade; a label such as `Grand total` is none.
_NUMBERS = (*Reference, "account_tail", "merchant_id", "terminal_id")
#: Columns that a row of totals may fill, too.
_OF_TOTALS = frozenset(("amount", "fee", "currency", "kind", "status"))
_FAULT = (
    "NO_VALUE: it has an amount, but neither a time nor a number of a trade; if it is a total, say"
    " so in trailer, footer or ignore"
)


def reject_total_rows(lines: Lines, layout: DelimitedLayout) -> None:
    """Rejects rows that have amounts and at most a label beside them.

    Where the layout binds a time, such a row has none, and none of its numbers has a digit.
    Otherwise all of its columns but amounts and currency are empty.
    """
    bound = {str(name) for name in layout.columns} - _OF_TOTALS
    if not bound or {"kind", "status"} & set(layout.columns):
        return
    columns = lines.columns
    times = [columns[name] for name in ("traded_at", "settlement_date") if name in bound]
    is_total = pc.is_valid(columns["amount"])
    for values in times:
        is_total = pc.and_(is_total, pc.is_null(values))
    if not pc.any(is_total).as_py():
        return
    numbers = [columns[name] for name in _NUMBERS if name in bound]
    others = [] if times else [columns[name] for name in bound if name not in _NUMBERS]
    for values in [*numbers, *others]:
        is_total = pc.and_(is_total, pc.invert(_may_be_number(values, not times)))
    lines.reject_where(is_total, _FAULT)


def assert_no_trades_below(
    sample: Sample, layout: DelimitedLayout, places: Mapping[str, int], lines: Sequence[str]
) -> None:
    """Makes sure that no line of the footer, those apart that begin one, has the time of a trade.

    Raises:
        FileRefused: one has; a subtotal of a page may be taken for the footer.
    """
    names = [name for name in ("traded_at", "traded_at+1") if name in places]
    if layout.footer is None or not names:
        return
    for line in lines:
        cells = split_cells(line, layout)
        if max(places.values()) >= len(cells) or re.match(layout.footer.starts, line):
            continue
        text = " ".join(cells[places[name]] for name in names)
        with suppress(ValueError):
            datetime.strptime(text, layout.time_format)
            raise FileRefused(
                "BAD_FOOTER", sample.file_name,
                f"a line below {layout.footer.starts!r} has the time of a trade",
                "say in `layout.footer` how the last lines begin, and in `ignore` how subtotals do",
            )  # fmt: skip


def _may_be_number(texts: pa.Array, is_any_text: bool) -> pa.Array:
    """Whether each text has a digit, or is one character; with `is_any_text` whether there is one.

    A null is no number.
    """
    if is_any_text:
        return pc.is_valid(texts)
    return pc.fill_null(pc.match_substring_regex(texts, r"\d|^.$"), False)
