"""Precision and recall of a result against the labels, by verdict and by case."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HEAD = ("class", "expected", "found", "right", "precision", "recall")
RESULT_COLUMNS = ("txn_id", "line_id", "outcome", "reason")
UNKNOWN = "(nothing of the day)"


@dataclass(frozen=True)
class Row:
    """One row of a result: a pair, or one side (the other is empty), with its verdict: the outcome,
    a blank, and the reasons in alphabetical order with `|` between.
    """

    txn_id: str
    line_id: str
    verdict: str


@dataclass(frozen=True)
class Labels:
    """The rows that must come out, each with the case that it was made for."""

    rows: Sequence[Row]
    cases: Sequence[str]


@dataclass(frozen=True)
class Line:
    """Rows of one class: how many are due, how many the result has, how many of those are right."""

    name: str
    expected: int
    found: int
    right: int

    @property
    def is_perfect(self) -> bool:
        """Whether the result has all of them and nothing else: counted, not rounded."""
        return self.expected == self.found == self.right


@dataclass(frozen=True)
class Score:
    """By verdict: a row counts under its own verdict. By case: under each case of its items.

    `wrong_pairs`: rows with both sides that no label has.
    """

    verdicts: Sequence[Line]
    cases: Sequence[Line]
    wrong_pairs: int

    @property
    def is_perfect(self) -> bool:
        """Whether every precision and every recall is 1."""
        return (
            all(line.is_perfect for line in (*self.verdicts, *self.cases)) and not self.wrong_pairs
        )


def verdict(outcome: str, reasons: Iterable[str]) -> str:
    """Outcome and reasons as one word group, the same for any order of the reasons."""
    return f"{outcome} {'|'.join(sorted(reasons))}".strip()


def score(labels: Labels, result: Iterable[Row]) -> Score:
    """Compares every row of a result with the labels; each label counts once at most."""
    case_of: dict[str, str] = {}
    open_labels: dict[tuple[str, str], tuple[str, str]] = {}
    for row, case in zip(labels.rows, labels.cases, strict=True):
        open_labels[row.txn_id, row.line_id] = (row.verdict, case)
        case_of |= {item: case for item in (row.txn_id, row.line_id) if item}
    pairs = {place for place in open_labels if all(place)}
    claimed, claimed_right = Counter[str](), Counter[str]()
    case_counts, case_right = Counter[str](), Counter[str]()
    wrong_pairs = 0
    for row in result:
        place = (row.txn_id, row.line_id)
        claimed[row.verdict] += 1
        case_counts.update({case_of.get(item, UNKNOWN) for item in place if item} or {UNKNOWN})
        wrong_pairs += all(place) and place not in pairs
        expected, case = open_labels.get(place, ("", ""))
        if expected == row.verdict:
            del open_labels[place]
            claimed_right[expected] += 1
            case_right[case] += 1
    return Score(
        _lines(Counter(row.verdict for row in labels.rows), claimed, claimed_right),
        _lines(Counter(labels.cases), case_counts, case_right),
        wrong_pairs,
    )


def _lines(expected: Counter[str], found: Counter[str], right: Counter[str]) -> list[Line]:
    names = [*expected, *sorted(found.keys() - expected.keys())]
    return [Line(name, expected[name], found[name], right[name]) for name in names]


def read_labels(path: Path) -> Labels:
    """The label file."""
    rows, cases = [], []
    for cells in _cells(path, ("case", *RESULT_COLUMNS)):
        rows.append(_row(cells[1:]))
        cases.append(cells[0])
    return Labels(rows, cases)


def read_result(path: Path) -> Iterator[Row]:
    """Another tool's result: a CSV with `txn_id,line_id,outcome,reason` among its columns.

    Raises:
        ValueError: a column is not there.
    """
    for cells in _cells(path, RESULT_COLUMNS):
        yield _row(cells)


def _cells(path: Path, names: Sequence[str]) -> Iterator[list[str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        absent = [name for name in names if name not in header]
        if absent:
            raise ValueError(f"{path}: no column {', '.join(absent)}")
        places = [header.index(name) for name in names]
        for cells in reader:
            yield [cells[place] for place in places]


def _row(cells: Sequence[str]) -> Row:
    txn_id, line_id, outcome, reasons = cells
    return Row(txn_id, line_id, verdict(outcome, reasons.split("|") if reasons else ()))


def render(found: Score) -> str:
    """Both tables as text, and the wrong pairs."""
    verdicts, cases = _table("outcome and reasons", found.verdicts), _table("case", found.cases)
    return f"{verdicts}\n\n{cases}\n\nwrong pairs: {found.wrong_pairs:,}"


def _table(title: str, lines: Sequence[Line]) -> str:
    rows = [(title, *HEAD[1:])]
    rows += [(line.name, f"{line.expected:,}", f"{line.found:,}", f"{line.right:,}",
              _share(line.right, line.found), _share(line.right, line.expected))
             for line in lines]  # fmt: skip
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEAD))]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]),
                   *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    )  # fmt: skip


def _share(right: int, of: int) -> str:
    """Three decimals, cut: 0.9996 is not 1.000; of nothing, all of it."""
    thousandths = right * 1_000 // of if of else 1_000
    return f"{thousandths // 1_000}.{thousandths % 1_000:03d}"
