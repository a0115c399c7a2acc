"""The items that take part in a run, and the rows of those that a step settled."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.profile.match_rules import Window
from schemas.vocabulary import Side
from tests.oracle.rows import DirectedKind, Item, Row, kind_of


@dataclass(frozen=True)
class PairOfPass:
    """A line and a transaction that a pass paired, and their row."""

    line: Item
    transaction: Item
    row: Row


@dataclass
class Participants:
    """The items that take part in a run, and the rows of those that a step settled."""

    lines: list[Item]
    transactions: list[Item]
    rows: list[Row] = field(default_factory=list)
    #: ids of the items that had a candidate in some pass
    with_candidates: set[str] = field(default_factory=set)
    #: lines of two or more parts of a payment that is not ours, which take part in no pass
    parts: set[str] = field(default_factory=set)
    #: pairs of the passes, which groups may take apart
    pairs: list[PairOfPass] = field(default_factory=list)
    #: members of units that wait, or that have nothing new to say: they stay open as they are
    held: list[Item] = field(default_factory=list)
    #: members of units that broke today
    broken: list[Item] = field(default_factory=list)

    def take_out(self, item: Item) -> None:
        """Takes an item out."""
        side = self.lines if item["side"] == Side.STATEMENT else self.transactions
        side.remove(item)

    def settle(self, row: Row, item: Item) -> None:
        """Takes an item out and adds its row."""
        self.take_out(item)
        self.rows.append(row)

    def add_pair(self, line: Item, transaction: Item, row: Row) -> None:
        """Takes a line and a transaction out and adds their row."""
        self.take_out(line)
        self.settle(row, transaction)
        self.pairs.append(PairOfPass(line, transaction, row))

    def undo_pair(self, pair: PairOfPass) -> None:
        """Puts the line and the transaction of a pair back, and removes their row."""
        self.pairs.remove(pair)
        self.rows.remove(pair.row)
        self.lines.append(pair.line)
        self.transactions.append(pair.transaction)


def group_by_reference(items: Iterable[Item], reference: str) -> list[list[Item]]:
    """Items that share directed kind and reference; null never equals null."""
    groups: dict[tuple[DirectedKind, str], list[Item]] = defaultdict(list)
    for item in items:
        if item[reference] is not None:
            groups[kind_of(item), item[reference]].append(item)
    return list(groups.values())


def is_reportable(item: Item) -> bool:
    """Whether an unsettled item has a row: it has not broken, or it is sent again today."""
    return item["broke_on"] is None or item["sent"]


def window_length(item: Item, window: Window) -> int:
    """The matching attempts that an item of its side has before it breaks."""
    return window.statement if item["side"] == Side.STATEMENT else window.internal
