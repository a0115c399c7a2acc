"""The running balance of an account in delimited text: each line must follow from the last one.

Source: docs/reference/profile.md, `layout.balance`.
"""

from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines
from jobs.statements.delimited.amounts import set_printed_amount
from jobs.statements.parser import BalanceSegment, ParsedBlock, Plan, Sample, check_running_balance
from jobs.statements.reading.cells import read_cells
from jobs.statements.reading.line_format import Cells, LineFormat, RejectedLines
from schemas.profile.channel import Profile
from schemas.profile.layout.delimited import DelimitedLayout
from schemas.vocabulary import Status

Parse = Callable[[Cells, Plan, Profile], ParsedBlock]


def check_balance(
    lines: Lines, texts: pa.Array, line_no: pa.Array, reverse_order: bool, layout: DelimitedLayout
) -> BalanceSegment | None:
    """Checks the running balance of a block; None where the layout or every line has no balance.

    The balance moves by the amount less the fee of lines that are `SUCCEEDED`. It rejects a line
    without a balance.
    """
    if layout.balance is None:
        return None
    set_printed_amount(lines, "balance", texts, layout)
    columns = lines.columns
    balance = columns.pop("balance")
    lines.reject_where(pc.is_null(texts), "NO_VALUE: balance is empty")
    change = pc.subtract(columns["amount"], pc.fill_null(columns["fee"], 0))
    if layout.amount_sign == "reversed":
        balance = pc.negate(balance)
    is_booked = pc.fill_null(pc.equal(columns["status"], Status.SUCCEEDED.value), False)
    has_balance = pc.and_(is_booked, pc.and_(pc.is_valid(change), pc.is_valid(balance)))
    if not pc.any(has_balance).as_py():
        return None
    return check_running_balance(
        change.filter(has_balance),
        balance.filter(has_balance),
        line_no.filter(has_balance),
        reverse_order,
    )


def detect_order(
    sample: Sample, plan: Plan, line_format: LineFormat, parse: Parse, profile: Profile
) -> Plan:
    """Detects whether the newest line comes first, and returns the plan with `reverse_order` set.

    The times of the first and last line decide where they differ. Else the order is reverse where
    the balance has gaps one way only, forwards.
    """
    if profile.layout is None or profile.layout.balance is None:
        return plan
    head = sample.head[plan.start_byte : plan.end_byte]
    cells = read_cells(
        head[: head.rfind(b"\n") + 1] or head, plan.first_line, line_format, RejectedLines()
    )
    reversed_plan = replace(plan, reverse_order=True)
    forward_block, reverse_block = (parse(cells, block, profile) for block in (plan, reversed_plan))
    times = pc.drop_null(forward_block.lines.columns["traded_at"])
    if len(times) and times[0] != times[-1]:
        return reversed_plan if times[0].as_py() > times[-1].as_py() else plan
    has_gaps = [
        bool(block.balance_segment and block.balance_segment.gaps)
        for block in (forward_block, reverse_block)
    ]
    return reversed_plan if has_gaps == [True, False] else plan
