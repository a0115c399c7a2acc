"""The rows that hang on a reference: narrow columns first, whole rows of a few dates then.

A date's rows are read where something of the story stands on that date: an item has an outcome on
the date that it bears, and on each one after a run that left it open.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from jobs.lake.point_query import Part, Picked, among
from jobs.lake.time_travel import Past, part_of
from jobs.timeline.linked_records import Row, ids_of
from jobs.timeline.references import LINE_KEYS, TXN_KEYS, Sought
from schemas.profile.channel import Profile
from schemas.tables import (
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    STATEMENT_FILES,
    STATEMENT_LINES,
    Table,
)

#: So many rows that bear the reference are looked into, of each side; the earliest first.
HITS_MAX = 100
#: A pair may lead to another row, and that to one more; nothing sound goes on longer.
ROUNDS_MAX = 4
_LINE_ID = re.compile(r"([0-9a-f]{64}):\d{9}")
_SIDES = ((STATEMENT_LINES, "line_id", LINE_KEYS), (INTERNAL_TRANSACTIONS, "txn_id", TXN_KEYS))
_SAME = ("our_ref_norm", "channel_ref_norm")


@dataclass
class Found:
    """Whole rows of the tables that hang on a reference.

    `met_in` says by id which columns are the reference itself; `more` that not all were looked at.
    """

    lines: list[Row] = field(default_factory=list)
    transactions: list[Row] = field(default_factory=list)
    outcomes: list[Row] = field(default_factory=list)
    open_items: list[Row] = field(default_factory=list)
    met_in: dict[str, list[str]] = field(default_factory=dict)
    more: bool = False


@dataclass(frozen=True)
class Room:
    """Where is looked: channels with their profiles, from a date to a date (None: no bound)."""

    profiles: Mapping[str, Profile]
    since: date | None = None
    until: date | None = None

    @property
    def near_days(self) -> int:
        """How far from a row another one of the same story may stand without its reference."""
        every = [each.match for each in self.profiles.values()]
        longest = [max(m.lookback, m.window.internal, m.window.statement) for m in every]
        return max(longest, default=0) + 1

    @property
    def channels(self) -> frozenset[str]:
        """Names of the channels."""
        return frozenset(self.profiles)

    @property
    def part(self) -> Part:
        """The partitions that are in it."""
        return Part(self.channels, None, self.since, self.until)


def find(past: Past, wanted: Sought, room: Room) -> Found:
    """Everything that hangs on a reference: rows that bear it, rows that share a number with those
    or were paired with them, and the outcomes of all.
    """
    found = Found()
    items: dict[tuple[str, ...], Row] = {}
    asked = {
        (name, value) for own in wanted.values.values() for name in _SAME for value in own[name]
    }
    fresh = _hits(past, wanted, room, found)
    for _ in range(ROUNDS_MAX):
        fresh = [row for row in fresh if _key(row) not in items]
        items.update({_key(row): row for row in fresh})
        linked = _followed(past, list(items.values()), room, found) if fresh else []
        fresh = _near(past, list(items.values()), linked, asked, room)
        if not fresh:
            break
    for table, own, _ in _SIDES:
        rows = _whole(past, table, own, [row for row in items.values() if own in row])
        (found.lines if table is STATEMENT_LINES else found.transactions).extend(rows)
    return found


def _hits(past: Past, wanted: Sought, room: Room, found: Found) -> list[Row]:
    """Narrow rows that bear the reference; says in `found` which columns are it."""
    named = _LINE_ID.fullmatch(wanted.reference)
    if named:
        return _line_by_id(past, wanted, named.group(1), found)
    out = []
    for table, own, keys in _SIDES:
        is_it = among(**{name: wanted.of_column(name) for name in keys})
        rows = _narrow(past, table, room.part, is_it, HITS_MAX + 1)
        found.more = found.more or len(rows) > HITS_MAX
        for row in rows[:HITS_MAX]:
            met = wanted.met_in(row, keys)
            if met:
                found.met_in.setdefault(row[own], met)
                out.append(row)
    return out


def _line_by_id(past: Past, wanted: Sought, file_id: str, found: Found) -> list[Row]:
    files = [row for row in past.control_rows(STATEMENT_FILES) if row["file_id"] == file_id]
    if not files:
        return []
    is_it = among(line_id=[wanted.reference])
    here = Part(frozenset(wanted.values), part_of(files, "business_date").days)
    rows = _narrow(past, STATEMENT_LINES, here, is_it, 1)
    found.met_in.update({row["line_id"]: ["line_id"] for row in rows})
    return rows


def _followed(past: Past, items: Sequence[Row], room: Room, found: Found) -> list[Row]:
    """Takes in the outcomes and open items of some items; returns the outcomes that pair them."""
    known = {_key(row)[:3] for row in items}
    txns, lines = (sorted(ids_of((r for r in items if own in r), own))
                   for own in ("txn_id", "line_id"))  # fmt: skip
    is_theirs = among(txn_id=txns, line_id=lines)
    days = {row["business_date"] for row in items}
    order = ("run_date", "channel", "txn_id", "line_id")
    rows = past.rows(OPEN_ITEMS, Part(room.channels, since=min(days)), is_theirs, order=order)
    found.open_items = [row for row in rows if _is_of(row, known)]
    days |= _seen_next(found.open_items)
    rows = past.rows(OUTCOMES, Part(room.channels, frozenset(days)), is_theirs, order=order)
    found.outcomes = [row for row in rows if _is_of(row, known)]
    return [row for row in found.outcomes if row["txn_id"] and row["line_id"]]


def _seen_next(open_items: Sequence[Row]) -> set[date]:
    """The dates after runs that left an item open; not those on which it was out of sight and
    stayed so, as a late candidate does for weeks.
    """
    broke = {(row["txn_id"], row["line_id"], row["run_date"]): row["broke_on"]
             for row in open_items}  # fmt: skip
    out = set()
    for txn_id, line_id, run_date in broke:
        after = run_date + timedelta(days=1)
        then = broke.get((txn_id, line_id, after))
        if then is None or then == after:
            out.add(after)
    return out


def _near(
    past: Past,
    items: Sequence[Row],
    linked: Sequence[Row],
    asked: set[tuple[str, str]],
    room: Room,
) -> list[Row]:
    """Rows on dates near by that share a number with an item, or that an outcome pairs with one."""
    known = {_key(row)[:3] for row in items}
    numbers = {(row["channel"], row["kind"], name, row[name]) for row in items for name in _SAME}
    new = {each for each in numbers if each[3] is not None and each[2:] not in asked}
    asked.update(each[2:] for each in new)
    days = {row["business_date"] for row in items}
    days |= {row[name] for row in linked for name in ("internal_date", "statement_date")}
    out = []
    for table, own, _ in _SIDES:
        ids = {row[own] for row in linked if (row["channel"], own, row[own]) not in known}
        if not new and not ids:
            continue
        by_number = {name: {v for _, _, n, v in new if n == name} for name in _SAME}
        is_it = among(**by_number, **{own: ids})
        rows = _narrow(past, table, _around(room, days), is_it, HITS_MAX)
        out += [
            row
            for row in rows
            if row[own] in ids
            or any((row["channel"], row["kind"], name, row[name]) in numbers for name in _SAME)
        ]
    return out


def _around(room: Room, days: Iterable[date | None]) -> Part:
    there, near = sorted(filter(None, days)), timedelta(days=room.near_days)
    return Part(room.channels, None, there[0] - near, there[-1] + near)


def _narrow(past: Past, table: Table, part: Part, picked: Picked, rows_max: int) -> list[Row]:
    own, keys = next((own, keys) for each, own, keys in _SIDES if each is table)
    columns = list(dict.fromkeys(["business_date", "channel", "kind", own, *keys]))
    order = ("business_date", "channel", own)
    return past.rows(table, part, picked, columns, order, rows_max)


def _whole(past: Past, table: Table, own: str, rows: Sequence[Row]) -> list[Row]:
    """All columns of some narrow rows, from their dates alone."""
    if not rows:
        return []
    wanted = {_key(row) for row in rows}
    is_it = among(**{own: ids_of(rows, own)})
    found = past.rows(table, part_of(rows, "business_date"), is_it, order=("business_date", own))
    return [row for row in found if _key(row) in wanted]


def _key(row: Row) -> tuple[str, ...]:
    """An item: its channel, side and id, and of a transaction the date of its state."""
    if "line_id" in row:
        return row["channel"], "line_id", row["line_id"]
    return row["channel"], "txn_id", row["txn_id"], str(row["business_date"])


def _is_of(row: Row, known: set[tuple[str, ...]]) -> bool:
    return any((row["channel"], own, row[own]) in known for own in ("txn_id", "line_id"))
