"""The breaks of a channel, brought forward run by run."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from jobs.casework.break_ids import first_id_of, id_of_number
from jobs.casework.classes import class_of, is_decided, is_later_state, opening_of
from jobs.casework.judge import CLOSING, OF_PAYMENTS, OWN_VALUES, Path, judge_row, own_values
from schemas.profile.match_rules import Window
from schemas.vocabulary import BreakClass, BreakEvent, BreakState

Row = dict[str, Any]

_INDEXED = ("txn_id", "line_id", "pair_txn_id")
#: What a break has from the row that opened it last.
_FROM_ROW = (
    "channel", "kind", "reasons", "action", "at_stake", "txn_id", "line_id", "pair_txn_id",
    "our_ref", "channel_ref", "order_ref", "internal_status", "statement_status",
    "internal_amount", "statement_amount", "internal_currency",
)  # fmt: skip


class BreakBook:
    """The breaks that are open, and those closed ones that may open again.

    `breaks` are rows of `breaks` as they were before the first run. `decided_on` has the day of
    each decision by `matched_by`.
    """

    def __init__(
        self, breaks: Iterable[Row], window: Window, decided_on: Mapping[str, date]
    ) -> None:
        self.breaks: dict[str, Row] = {}
        self._window, self._decided_on = window, decided_on
        self._index: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._numbers: dict[str, dict[str, int]] = defaultdict(dict)
        for row in breaks:
            self._put(row)

    def run(self, day: date, rows: Iterable[Row]) -> list[Row]:
        """Takes in the rows of a run, later than all before; returns its rows of `break_events`."""
        rows = sorted(rows, key=lambda row: (row["txn_id"] or "", row["line_id"] or ""))
        openings = [broke for row in rows if (broke := opening_of(row, self._window))]
        opened = {known["break_id"]: (known, row) for known, row in map(self._identify, openings)}
        concerned: dict[str, list[tuple[Path, Row]]] = defaultdict(list)
        for row in rows:
            for break_id, path in self._find_concerned(row).items():
                if break_id not in opened:
                    concerned[break_id].append((path, row))
        events = [self._touch(day, break_id, concerned[break_id]) for break_id in sorted(concerned)]
        return [event for event in events if event] + [
            self._open(day, *opened[break_id]) for break_id in sorted(opened)
        ]

    def _identify(self, row: Row) -> tuple[Row, Row]:
        """Class and ids of the break that a row opens, and the row; equal lines are numbered as
        they come.
        """
        break_class = class_of(row)
        first_id = first_id_of(row, break_class)
        numbers = self._numbers[first_id]
        subject = row["line_id"] if row["txn_id"] is None else row["txn_id"]
        number = numbers.setdefault(subject, max(numbers.values(), default=0) + 1)
        ids = {"break_id": id_of_number(first_id, number), "first_id": first_id}
        return ids | {"class": break_class.value, "equal_number": number}, row

    def _find_concerned(self, row: Row) -> dict[str, Path]:
        """The open breaks that a row concerns, each with the nearest way in which it does."""
        nearest: dict[str, Path] = {}
        for path, break_id in self._list_paths(row):
            nearest[break_id] = min(path, nearest.get(break_id, path))
        return nearest

    def _list_paths(self, row: Row) -> Iterator[tuple[Path, str]]:
        for break_id in self._about("txn_id", row["txn_id"]):
            yield Path.OWN_TRANSACTION, break_id
        for break_id in self._about("line_id", row["line_id"]):
            yield Path.OWN_LINE, break_id
        for break_id in self._about("pair_txn_id", row["txn_id"], (BreakClass.LATER_STATE,)):
            yield Path.COMPARED, break_id
        if is_later_state(row):
            for break_id in self._about("line_id", row["duplicate_of"]):
                yield Path.LINE, break_id
            payment = row["pair_txn_id"]
            for break_id in [
                *self._about("txn_id", payment, OF_PAYMENTS),
                *self._about("pair_txn_id", payment, (BreakClass.LATER_STATE,)),
            ]:
                if self.breaks[break_id]["line_id"] != row["line_id"]:
                    yield Path.PAYMENT, break_id

    def _about(self, name: str, value: str | None, classes: Iterable[str] = ()) -> list[str]:
        """The open breaks of some classes whose column has a value."""
        if value is None:
            return []
        every = self._index.get((name, value), ())
        return [each for each in every if not classes or self.breaks[each]["class"] in classes]

    def _touch(self, day: date, break_id: str, touches: list[tuple[Path, Row]]) -> Row | None:
        """Applies the rows of a run that concern an open break; None if they change nothing."""
        known = dict(self.breaks[break_id])
        closings: list[tuple[int, int, Row]] = []
        before = own_values(known)
        for path, row in sorted(touches, key=lambda touch: touch[0]):
            event = judge_row(row, path, known)
            if event is not None:
                closings.append((CLOSING.index(event), len(closings), row))
            if path == Path.OWN_TRANSACTION:
                known.update({name: row[name] for name in OWN_VALUES})
        if closings:
            rank, _, row = min(closings, key=lambda closing: closing[:2])
            return self._close(day, known, CLOSING[rank], row)
        if own_values(known) == before:
            return None
        return self._record(day, known, BreakEvent.SENT_AGAIN, touches[0][1])

    def _open(self, day: date, ids: Row, row: Row) -> Row:
        earlier = self.breaks.get(ids["break_id"])
        known = {name: row[name] for name in _FROM_ROW} | ids
        known |= {
            "state": BreakState.OPEN.value,
            "opened_on": earlier["opened_on"] if earlier else day,
            "closed_on": None,
            "closed_by": None,
            "currency": row["currency"] or row["internal_currency"],
        }
        if is_decided(row):
            return self._close(day, known, BreakEvent.DECISION, row)
        return self._record(day, known, BreakEvent.OPENED, row)

    def _close(self, day: date, known: Row, event: BreakEvent, row: Row) -> Row:
        closed_on = day
        if event == BreakEvent.DECISION:
            closed_on = max(day, self._decided_on.get(row["matched_by"], day))
        closed = {
            "state": BreakState.CLOSED.value,
            "closed_on": closed_on,
            "closed_by": event.value,
        }
        return self._record(day, known | closed, event, row)

    def _record(self, day: date, known: Row, event: BreakEvent, row: Row) -> Row:
        """Keeps a break as it is now; returns its row of `break_events`."""
        known["last_event_on"] = day
        self._put(known)
        return known | {"run_date": day, "event": event.value, "matched_by": row["matched_by"]}

    def _put(self, row: Row) -> None:
        break_id, earlier = row["break_id"], self.breaks.get(row["break_id"])
        for name in _INDEXED:
            if earlier and earlier[name] is not None:
                self._index[name, earlier[name]].discard(break_id)
            if row["state"] == BreakState.OPEN and row[name] is not None:
                self._index[name, row[name]].add(break_id)
        self.breaks[break_id] = row
        subject = row["line_id"] if row["txn_id"] is None else row["txn_id"]
        self._numbers[row["first_id"]][subject] = row["equal_number"]
