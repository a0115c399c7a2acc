"""The running balance of an account in delimited text: each must follow from the one beside it.

Source: docs/reference/profile.md, `layout.balance`.
"""

from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines
from jobs.statements.delimited.amounts import set_money
from jobs.statements.parser import Link, Parsed, Plan, Sample, linked
from jobs.statements.reading.cells import read_cells
from jobs.statements.reading.shape import Cells, Rejected, Shape
from schemas.profile.channel import Profile
from schemas.profile.layout.delimited import DelimitedLayout
from schemas.vocabulary import Status

Parse = Callable[[Cells, Plan, Profile], Parsed]


def link_of(
    lines: Lines, texts: pa.Array, line_no: pa.Array, newest_first: bool, layout: DelimitedLayout
) -> Link | None:
    """A block's piece of the running balance; None where the layout has none, or no line a balance.

    It moves by the amount less the fee of lines that are `SUCCEEDED`; blames a line without one.
    """
    if layout.balance is None:
        return None
    set_money(lines, "balance", texts, layout)
    columns = lines.columns
    balance = columns.pop("balance")
    lines.blame_where(pc.is_null(texts), "NO_VALUE: balance is empty")
    moved = pc.subtract(columns["amount"], pc.fill_null(columns["fee"], 0))
    if layout.amount_sign == "reversed":
        balance = pc.negate(balance)
    booked = pc.fill_null(pc.equal(columns["status"], Status.SUCCEEDED.value), False)
    there = pc.and_(booked, pc.and_(pc.is_valid(moved), pc.is_valid(balance)))
    if not pc.any(there).as_py():
        return None
    return linked(moved.filter(there), balance.filter(there), line_no.filter(there), newest_first)


def turned(sample: Sample, made: Plan, shape: Shape, parse: Parse, profile: Profile) -> Plan:
    """A plan that knows which way the balance runs: by the times of the first line and the last
    where these differ, else backwards where it follows only that way.
    """
    if profile.layout is None or profile.layout.balance is None:
        return made
    head = sample.head[made.start : made.end]
    cells = read_cells(head[: head.rfind(b"\n") + 1] or head, made.first_line, shape, Rejected())
    back = replace(made, newest_first=True)
    onward, backward = (parse(cells, each, profile) for each in (made, back))
    times = pc.drop_null(onward.lines.columns["traded_at"])
    if len(times) and times[0] != times[-1]:
        return back if times[0].as_py() > times[-1].as_py() else made
    broken = [bool(each.link and each.link.broken) for each in (onward, backward)]
    return back if broken == [True, False] else made
