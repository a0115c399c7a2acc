"""How often each case happens on a day, by channel."""

from collections.abc import Callable, Iterator
from datetime import date

from demo.month.builder import Builder
from demo.month.cases import (
    add_a_cent,
    belong_to_others,
    book_next_day,
    charge_twice,
    end_next_day,
    fail_here,
    fail_on_both,
    keep_the_fee,
    list_days_later,
    list_next_day,
    list_twice,
    lose_our_number,
    never_book,
    never_list,
    pay,
    print_no_fee,
    refund,
    refund_in_halves,
    stay_open_here,
    take_back,
    take_other_amount,
)

Case = Callable[[Builder, str, date], None]
#: How many transactions of a thousand are of a channel.
SHARES = {"wechat": 500, "bankcard": 200, "epay": 300}
_EVERYWHERE: dict[Case, int] = {
    refund: 50, list_next_day: 7, list_days_later: 1, take_other_amount: 2, fail_here: 1,
    list_twice: 2, charge_twice: 1, never_list: 3, never_book: 2, belong_to_others: 5,
    add_a_cent: 1,
}  # fmt: skip
#: How many of a thousand transactions of a channel are of a case; all others are paid.
CASES: dict[str, dict[Case, int]] = {
    "wechat": {**_EVERYWHERE, book_next_day: 4, stay_open_here: 2, keep_the_fee: 1},
    "bankcard": {**_EVERYWHERE, lose_our_number: 8, refund_in_halves: 1, keep_the_fee: 1},
    "epay": {**_EVERYWHERE, book_next_day: 4, stay_open_here: 2, fail_on_both: 7,
             end_next_day: 4, print_no_fee: 1, take_back: 2},
}  # fmt: skip
#: Of the cases that are rarer than that, each happens at least every so many days.
AT_LEAST_EVERY = 4


def draw_day(builder: Builder, day: date) -> None:
    """All cases of a day, in every channel."""
    for channel, share in SHARES.items():
        count = builder.month.trades * share // 1000
        drawn = list(_list_cases(builder, channel, day, count))
        for case in [pay] * max(count - len(drawn), 0) + drawn:
            case(builder, channel, day)


def _list_cases(builder: Builder, channel: str, day: date, count: int) -> Iterator[Case]:
    number = (day - builder.month.first).days
    for place, (case, per_thousand) in enumerate(CASES[channel].items()):
        times = count * per_thousand // 1000
        if not times and (number + place) % AT_LEAST_EVERY == 0:
            times = 1
        for _ in range(times):
            yield case
