"""Groups rows by payment, refund or payout."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
_LINKING_COLUMNS = ("our_ref_norm", "channel_ref_norm")


@dataclass
class LinkedRecords:
    """Lines and transactions of one channel and kind that belong together, and their outcomes.

    Every list is sorted by date. `found_by` names the columns that contain the searched reference.
    """

    channel: str
    kind: str
    transactions: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    outcomes: list[Row] = field(default_factory=list)
    open_items: list[Row] = field(default_factory=list)
    found_by: list[str] = field(default_factory=list)

    @property
    def txn_ids(self) -> list[str]:
        """Ids of the transactions, sorted."""
        return sorted({row["txn_id"] for row in self.transactions})

    @property
    def line_ids(self) -> list[str]:
        """Ids of the lines, sorted."""
        return sorted({row["line_id"] for row in self.lines})

    @property
    def dates(self) -> list[Any]:
        """Business dates of the rows, sorted."""
        return sorted({row["business_date"] for row in (*self.transactions, *self.lines)})


def link_records(
    lines: Sequence[Row],
    transactions: Sequence[Row],
    outcomes: Sequence[Row],
    open_items: Sequence[Row],
    columns_by_id: Mapping[str, Sequence[str]],
) -> list[LinkedRecords]:
    """Groups rows into linked records.

    Two items are linked if an outcome pairs them, or if they share `our_ref` or `channel_ref`
    within a channel and kind. `columns_by_id` names, by `txn_id` or `line_id`, the columns that
    contain the searched reference.
    """
    parents: dict[Hashable, Hashable] = {}
    for row in (*lines, *transactions):
        for name in _LINKING_COLUMNS:
            if row[name] is not None:
                _link(parents, _item_key(row), (row["channel"], row["kind"], name, row[name]))
    for row in outcomes:
        if row["txn_id"] and row["line_id"]:
            _link(parents, _transaction_key(row), _line_key(row))
    records: dict[Hashable, LinkedRecords] = {}

    def records_of(row: Row, item: Hashable) -> LinkedRecords:
        root = _find_root(parents, item)
        return records.setdefault(root, LinkedRecords(row["channel"], row["kind"]))

    for row in transactions:
        records_of(row, _item_key(row)).transactions.append(row)
    for row in lines:
        records_of(row, _item_key(row)).lines.append(row)
    roots = {_find_root(parents, _item_key(row)) for row in (*lines, *transactions)}
    for row in outcomes:
        item = _transaction_key(row) if row["txn_id"] else _line_key(row)
        if _find_root(parents, item) in roots:
            records_of(row, item).outcomes.append(row)
    for row in open_items:
        item = _transaction_key(row) if row["txn_id"] else _line_key(row)
        if _find_root(parents, item) in roots:
            records_of(row, item).open_items.append(row)
    return [_sort_rows(group, columns_by_id) for group in sorted(records.values(), key=_sort_key)]


def _sort_rows(records: LinkedRecords, columns_by_id: Mapping[str, Sequence[str]]) -> LinkedRecords:
    records.transactions.sort(key=lambda row: (row["business_date"], row["txn_id"]))
    records.lines.sort(key=lambda row: (row["business_date"], row["line_id"]))
    for rows in (records.outcomes, records.open_items):
        rows.sort(key=lambda row: (row["run_date"], row["txn_id"] or "~", row["line_id"] or ""))
    names = [
        name
        for item in (*records.txn_ids, *records.line_ids)
        for name in columns_by_id.get(item, ())
    ]
    records.found_by = list(dict.fromkeys(name.removesuffix("_norm") for name in names))
    return records


def _sort_key(records: LinkedRecords) -> tuple[str, ...]:
    first = min(row["business_date"] for row in (*records.transactions, *records.lines))
    ids = [*sorted(row["txn_id"] for row in records.transactions),
           *sorted(row["line_id"] for row in records.lines)]  # fmt: skip
    return records.channel, str(first), records.kind, *ids


def _item_key(row: Row) -> Hashable:
    return _line_key(row) if "line_id" in row else _transaction_key(row)


def _transaction_key(row: Row) -> Hashable:
    return row["channel"], "txn", row["txn_id"]


def _line_key(row: Row) -> Hashable:
    return row["channel"], "line", row["line_id"]


def _find_root(parents: dict[Hashable, Hashable], item: Hashable) -> Hashable:
    while item in parents:
        item = parents[item]
    return item


def _link(parents: dict[Hashable, Hashable], one: Hashable, other: Hashable) -> None:
    roots = _find_root(parents, one), _find_root(parents, other)
    if roots[0] != roots[1]:
        parents[roots[0]] = roots[1]


def ids_of(rows: Iterable[Row], name: str) -> set[str]:
    """The ids in one column of some rows."""
    return {row[name] for row in rows if row[name] is not None}
