"""Rows that are of one payment, refund or payout, told apart from those of another."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
_SAME = ("our_ref_norm", "channel_ref_norm")


@dataclass
class Thread:
    """Lines and transactions of one channel and kind that hang together, and what came of them.

    Every list is in the order of dates. `met_in` says which columns are the reference sought.
    """

    channel: str
    kind: str
    transactions: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    outcomes: list[Row] = field(default_factory=list)
    open_items: list[Row] = field(default_factory=list)
    met_in: list[str] = field(default_factory=list)

    @property
    def txn_ids(self) -> list[str]:
        """Our ids, in order."""
        return sorted({row["txn_id"] for row in self.transactions})

    @property
    def line_ids(self) -> list[str]:
        """Ids of the lines, in order."""
        return sorted({row["line_id"] for row in self.lines})

    @property
    def dates(self) -> list[Any]:
        """Business dates of its rows, in order."""
        return sorted({row["business_date"] for row in (*self.transactions, *self.lines)})


def threads(
    lines: Sequence[Row],
    transactions: Sequence[Row],
    outcomes: Sequence[Row],
    open_items: Sequence[Row],
    met_in: Mapping[str, Sequence[str]],
) -> list[Thread]:
    """Rows by what they are about.

    Two items are of one thread where an outcome names both, or where they share `our_ref` or
    `channel_ref` within a channel and kind. `met_in` is by `txn_id` or `line_id`.
    """
    joined: dict[Hashable, Hashable] = {}
    for row in (*lines, *transactions):
        for name in _SAME:
            if row[name] is not None:
                _join(joined, _item(row), (row["channel"], row["kind"], name, row[name]))
    for row in outcomes:
        if row["txn_id"] and row["line_id"]:
            _join(joined, _ours(row), _theirs(row))
    made: dict[Hashable, Thread] = {}

    def of(row: Row, item: Hashable) -> Thread:
        root = _root(joined, item)
        return made.setdefault(root, Thread(row["channel"], row["kind"]))

    for row in transactions:
        of(row, _item(row)).transactions.append(row)
    for row in lines:
        of(row, _item(row)).lines.append(row)
    known = {_root(joined, _item(row)) for row in (*lines, *transactions)}
    for row in outcomes:
        item = _ours(row) if row["txn_id"] else _theirs(row)
        if _root(joined, item) in known:
            of(row, item).outcomes.append(row)
    for row in open_items:
        item = _ours(row) if row["txn_id"] else _theirs(row)
        if _root(joined, item) in known:
            of(row, item).open_items.append(row)
    return [_ordered(each, met_in) for each in sorted(made.values(), key=_place)]


def _ordered(thread: Thread, met_in: Mapping[str, Sequence[str]]) -> Thread:
    thread.transactions.sort(key=lambda row: (row["business_date"], row["txn_id"]))
    thread.lines.sort(key=lambda row: (row["business_date"], row["line_id"]))
    for rows in (thread.outcomes, thread.open_items):
        rows.sort(key=lambda row: (row["run_date"], row["txn_id"] or "~", row["line_id"] or ""))
    found = [name for item in (*thread.txn_ids, *thread.line_ids) for name in met_in.get(item, ())]
    thread.met_in = list(dict.fromkeys(name.removesuffix("_norm") for name in found))
    return thread


def _place(thread: Thread) -> tuple[str, ...]:
    first = min(row["business_date"] for row in (*thread.transactions, *thread.lines))
    ids = [*sorted(row["txn_id"] for row in thread.transactions),
           *sorted(row["line_id"] for row in thread.lines)]  # fmt: skip
    return thread.channel, str(first), thread.kind, *ids


def _item(row: Row) -> Hashable:
    return _theirs(row) if "line_id" in row else _ours(row)


def _ours(row: Row) -> Hashable:
    return row["channel"], "txn", row["txn_id"]


def _theirs(row: Row) -> Hashable:
    return row["channel"], "line", row["line_id"]


def _root(joined: dict[Hashable, Hashable], item: Hashable) -> Hashable:
    while item in joined:
        item = joined[item]
    return item


def _join(joined: dict[Hashable, Hashable], one: Hashable, other: Hashable) -> None:
    roots = _root(joined, one), _root(joined, other)
    if roots[0] != roots[1]:
        joined[roots[0]] = roots[1]


def ids_of(rows: Iterable[Row], name: str) -> set[str]:
    """The ids that some rows have."""
    return {row[name] for row in rows if row[name] is not None}
