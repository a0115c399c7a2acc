"""Credits on our account that pay no batch."""

from collections.abc import Iterator

from demo.month.builder import Builder
from demo.month.business_days import ONE_DAY
from demo.month.model import MonthLine
from demo.month.payouts import add_bank_line, return_credit

AMOUNT = 123_45
#: The channel that a credit is recognised as (empty: none), the credit, and the line that takes
#: it back, if any.
UnknownCredit = tuple[str, MonthLine, MonthLine | None]


def draw_unknown_credits(builder: Builder) -> Iterator[UnknownCredit]:
    """Money of a stranger, and money of WeChat Pay without a batch, part of which goes back."""
    for number, day in enumerate(builder.month.days):
        if number % 5 == 3:
            line = builder.bank_line("icbc", day, AMOUNT + number, "转账", "张三")
            builder.label_one_side("money of a stranger", None, line, "REVIEW")
            yield "", line, None
        if number % 9 == 4:
            paid = add_bank_line(builder, "wechat", day, AMOUNT - number, "备付金")
            assert paid is not None
            is_returned = number % 2 == 1
            back = return_credit(builder, "wechat", paid, day + ONE_DAY) if is_returned else None
            yield "wechat", paid, back
