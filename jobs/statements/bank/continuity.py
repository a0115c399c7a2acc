"""Balances of an account from statement to statement: what is missing between them is a gap.

A gap never refuses a file: each statement proves its own entries. Source:
docs/reference/dialects/bank.md, "Order and gaps".
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date
from itertools import chain, groupby, pairwise
from zlib import crc32

from jobs.statements.bank.accounts import account_tail, hash_account
from jobs.statements.parser import BalanceSpan, ControlTotal
from schemas.errors import FileRefused

#: Statements of a file that are held one by one to put them in order; those behind them are held
#: together as long as they follow each other.
HELD_MAX = 100_000


@dataclass(frozen=True)
class StatementEnds:
    """Where a statement of an account begins and ends; balances in minor units, None if missing.

    `place` is its place in the file, from 1, `line` its first line; `number` the one that the bank
    gave it, None where that says nothing, as 0. The days are those of the balances. `content`
    stands for its entries, 0 where it has none. `name` tells reports without balances apart: the
    bank's id, or a time.
    """

    place: int
    number: int | None
    opening: int | None
    closing: int | None
    opening_day: date | None = None
    closing_day: date | None = None
    line: int = 0
    content: int = 0
    name: str = ""


@dataclass
class Balance:
    """The balances of a statement and the sum of its entries, in minor units."""

    name: str
    currency: str | None = None
    opening: int | None = None
    closing: int | None = None
    moved: int = 0

    def check(self) -> tuple[ControlTotal, ...]:
        """Opening balance and entries against the closing balance, where both balances exist."""
        if self.opening is None or self.closing is None:
            return ()
        return (ControlTotal(self.name, self.currency, self.closing, self.opening + self.moved),)


def add_content(content: int, *texts: object) -> int:
    """A number that stands for the entries so far and one more."""
    return crc32(repr(texts).encode(), content) or 1


@dataclass(frozen=True)
class _Run:
    """Statements of which each opens as the one before closed; the first and the last of them."""

    first: StatementEnds
    last: StatementEnds

    def extend(self, statement: StatementEnds) -> "_Run | None":
        """The run with a statement behind or before it; None where it does not join."""
        if statement.opening == self.last.closing and _may_follow(self.last, statement):
            return _Run(self.first, statement)
        if statement.closing == self.first.opening and _may_follow(statement, self.first):
            return _Run(statement, self.last)
        return None


class Continuity:
    """The statements of a file that have both balances, by account and currency."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._runs: dict[tuple[str, str | None], list[_Run]] = {}
        self._held = 0
        self._places: dict[int, int] = {}

    @property
    def account_count(self) -> int:
        """How many accounts and currencies there are."""
        return len(self._runs)

    def add(
        self, account: str, currency: str | None, statement: StatementEnds
    ) -> list[ControlTotal]:
        """Adds a statement; returns its check where it joins the one before or behind it.

        Raises:
            FileRefused: the statement stands twice in the file, or too many do not join.
        """
        self._assert_once(account, currency, statement)
        if statement.opening is None or statement.closing is None:
            return []
        runs = self._runs.setdefault((account, currency), [])
        extended = runs[-1].extend(statement) if runs else None
        if self._held < HELD_MAX:
            self._held += 1
            runs.append(_Run(statement, statement))
        elif extended is not None:
            runs[-1] = extended
        else:
            problem = f"more than {HELD_MAX} statements, and not all follow each other"
            raise FileRefused("BAD_STATEMENT", self.name, problem, "have it sent in parts")
        if extended is None:
            return []
        joint = statement.opening if extended.last is statement else statement.closing
        return [ControlTotal(f"opening_balance {statement.place}", currency, joint, joint)]

    def _assert_once(self, account: str, currency: str | None, statement: StatementEnds) -> None:
        if not statement.content:
            return
        has_balances = statement.opening is not None and statement.closing is not None
        what = replace(statement, place=0, line=0, name="" if has_balances else statement.name)
        key = (account, currency, *astuple(what))
        first = self._places.setdefault(hash(key), statement.place)
        if first != statement.place:
            raise FileRefused(
                "REPEATED_STATEMENT", self.name,
                f"statement {statement.place} is statement {first} once more",
                "have the bank send each statement once", statement.line,
            )  # fmt: skip

    def spans(self) -> list[BalanceSpan]:
        """The balances of each account from gap to gap, in order."""
        return [
            _to_span(account, currency, run)
            for (account, currency), runs in self._runs.items()
            for run in _join(_order(runs))
        ]


def _may_follow(before: StatementEnds, after: StatementEnds) -> bool:
    """Whether dates, or on one day numbers, do not contradict this order."""
    days = (before.closing_day, after.closing_day)
    if days[0] and days[1] and days[0] != days[1]:
        return days[0] < days[1]
    if before.number and after.number and before.number != after.number:
        return before.number < after.number
    return True


def _order(runs: Sequence[_Run]) -> list[_Run]:
    """The order of statements: by balance dates, then by numbers, then by their balances."""
    newest_first = list(reversed(runs))  # of those that date and number leave open
    forward, backward = sorted(runs, key=_date_key), sorted(newest_first, key=_date_key)
    return min((forward, backward, _chain(forward), _chain(backward)), key=_count_gaps)


def _date_key(run: _Run) -> tuple[date, date, int]:
    first = run.first
    day = first.closing_day or first.opening_day or date.min
    return day, first.opening_day or day, first.number or 0


def _chain(runs: Sequence[_Run]) -> list[_Run]:
    """Of statements of one date and number, each time the first that opens as the last closed.

    Where none does, one that opens as no other closes goes first.
    """
    ordered: list[_Run] = []
    for _, group in groupby(runs, key=_date_key):
        left = dict.fromkeys(group)
        by_opening: dict[int | None, list[_Run]] = {}
        for run in left:
            by_opening.setdefault(run.first.opening, []).append(run)
        closings = {run.last.closing for run in left}
        heads = iter([run for run in left if run.first.opening not in closings])
        others = iter(tuple(left))
        while left:
            fitting = iter(by_opening.get(ordered[-1].last.closing if ordered else None, ()))
            free = (run for run in chain(fitting, heads, others) if run in left)
            chosen = next(free)
            del left[chosen]
            ordered.append(chosen)
    return ordered


def _count_gaps(runs: Iterable[_Run]) -> int:
    return sum(before.last.closing != after.first.opening for before, after in pairwise(runs))


def _join(runs: Sequence[_Run]) -> list[_Run]:
    joined: list[_Run] = []
    for run in runs:
        if joined and joined[-1].last.closing == run.first.opening:
            joined[-1] = _Run(joined[-1].first, run.last)
        else:
            joined.append(run)
    return joined


def _to_span(account: str, currency: str | None, run: _Run) -> BalanceSpan:
    first, last = run.first, run.last
    assert first.opening is not None and last.closing is not None
    return BalanceSpan(
        hash_account(account), account_tail(account), currency or "",
        first.number, first.opening_day, first.opening,
        last.number, last.closing_day, last.closing,
    )  # fmt: skip
