"""The labelled day: every item has a label, the match is right, a wrong result scores less."""

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.labels import make_days, read_outcomes, reconcile_days
from benchmarks.labels_book import CHANNEL, DAY
from benchmarks.labels_score import (
    UNKNOWN,
    Labels,
    Line,
    Row,
    Score,
    read_labels,
    read_result,
    render,
    score,
    verdict,
)
from jobs.lake.tables import Lake

TRADES = 20_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_days(tmp_path_factory.mktemp("labels") / "made", TRADES)


@pytest.mark.nightly
@pytest.mark.sail_only
def test_match_of_the_labelled_day_is_perfect(lake: Lake, folder: Path, tmp_path: Path) -> None:
    """20,000 lines: every precision and recall 1, from the lake and by way of a CSV."""
    reconcile_days(lake, folder)
    labels, result = read_labels(folder / "labels.csv"), list(read_outcomes(Path(lake.uri)))
    found = score(labels, result)
    assert found.is_perfect, render(found)
    file = tmp_path / "result.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("outcome", "reason", "line_id", "txn_id"))
        for row in result:
            outcome, _, reasons = row.verdict.partition(" ")
            writer.writerow((outcome, reasons, row.line_id, row.txn_id))
    assert score(labels, read_result(file)) == found
    # two look-alikes paired: only these two are wrong
    alone = [row for row in result if row.verdict == "SUSPENSE AMBIGUOUS"]
    ours = next(row for row in alone if row.txn_id)
    theirs = next(row for row in alone if row.line_id)
    kept = [row for row in result if row not in (ours, theirs)]
    changed_score = score(labels, [*kept, Row(ours.txn_id, theirs.line_id, "MATCHED")])
    assert not changed_score.is_perfect and changed_score.wrong_pairs == 1
    lost = [line.name for line in changed_score.verdicts if line.expected != line.right]
    assert lost == ["SUSPENSE AMBIGUOUS"]
    claimed = [line.name for line in changed_score.verdicts if line.found > line.right]
    assert claimed == ["MATCHED"]


def test_every_item_of_the_day_has_one_label(folder: Path) -> None:
    """Every line and transaction of the day once; items without a row have no label."""
    labels = read_labels(folder / "labels.csv")
    lines = Counter(row.line_id for row in labels.rows if row.line_id)
    ours = Counter(row.txn_id for row in labels.rows if row.txn_id)
    assert set(lines.values()) == set(ours.values()) == {1}
    text = (folder / "inbox" / CHANNEL / f"{DAY}.csv").read_text().splitlines()
    assert len(text) == TRADES + 2, "a header, a trailer, and as many lines as the argument says"
    (snapshot,) = (folder / "inbox" / "internal" / str(DAY)).glob("*.parquet")
    ids = set(pq.read_table(snapshot, columns=["txn_id"])["txn_id"].to_pylist())
    assert ids <= ours.keys()
    by_file = Counter(line.partition(":")[0] for line in lines)
    assert max(by_file.values()) == TRADES


def test_tenth_has_no_number_and_fifth_of_it_looks_alike(folder: Path) -> None:
    """2,000 payments: 1,600 with one candidate; the other 400 in units of two sides."""
    cases = Counter(read_labels(folder / "labels.csv").cases)
    assert cases["paired by amount and time"] == 1_600
    assert cases["AMBIGUOUS, two and two"] == cases["AMBIGUOUS, a chain"] == 66 * 4
    assert cases["AMBIGUOUS, a second line"] == 66 * 3


def test_same_size_makes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = make_days(tmp_path / "again", TRADES)
    for name in ("labels.csv", f"inbox/{CHANNEL}/{DAY}.csv"):
        assert (folder / name).read_bytes() == (again / name).read_bytes()


# ---- the score, by hand ---------------------------------------------------------------------

A, B = Row("A", "1", "MATCHED"), Row("B", "2", "MATCHED")
C, D = Row("C", "", "SUSPENSE AMBIGUOUS"), Row("", "3", "SUSPENSE AMBIGUOUS")
LATE = Row("E", "5", "BREAK AMOUNT_MISMATCH|LATE")
RIGHT = [A, B, C, D, LATE]
LABELS = Labels(RIGHT, ["pairs", "pairs", "alike", "alike", "late"])


def line(found: Score, name: str) -> Line:
    (row,) = [row for row in (*found.verdicts, *found.cases) if row.name == name]
    return row


def test_right_rows_in_any_order_are_perfect() -> None:
    found = score(LABELS, reversed(RIGHT))
    assert found.is_perfect and found.wrong_pairs == 0
    assert line(found, "MATCHED") == Line("MATCHED", 2, 2, 2)


def test_exchanged_partners_are_two_wrong_pairs() -> None:
    """Both were expected to be MATCHED, and are, but with each other's lines."""
    found = score(LABELS, [replace(A, line_id="2"), replace(B, line_id="1"), C, D, LATE])
    assert found.wrong_pairs == 2 and not found.is_perfect
    assert line(found, "MATCHED") == Line("MATCHED", 2, 2, 0)


def test_paired_look_alikes_lower_precision_and_recall() -> None:
    found = score(LABELS, [A, B, Row("C", "3", "MATCHED"), LATE])
    assert line(found, "MATCHED") == Line("MATCHED", 2, 3, 2)
    assert line(found, "SUSPENSE AMBIGUOUS") == Line("SUSPENSE AMBIGUOUS", 2, 0, 0)
    assert line(found, "alike") == Line("alike", 2, 1, 0)
    assert "0.666" in render(found)


def test_missing_row_lowers_recall() -> None:
    found = score(LABELS, RIGHT[1:])
    assert line(found, "MATCHED") == Line("MATCHED", 2, 1, 1) and not found.is_perfect


@pytest.mark.parametrize("more", [A, Row("Z", "9", "MATCHED")], ids=["twice", "unknown"])
def test_extra_row_lowers_precision(more: Row) -> None:
    found = score(LABELS, [*RIGHT, more])
    assert line(found, "MATCHED") == Line("MATCHED", 2, 3, 2) and not found.is_perfect


def test_unknown_item_has_a_case_of_its_own() -> None:
    found = score(LABELS, [*RIGHT, Row("Z", "", "SUSPENSE INTERNAL_ONLY")])
    assert line(found, UNKNOWN) == Line(UNKNOWN, 0, 1, 0)
    assert line(found, "SUSPENSE INTERNAL_ONLY").expected == 0 and not found.is_perfect


def test_missing_reason_is_another_verdict() -> None:
    found = score(LABELS, [A, B, C, D, replace(LATE, verdict="BREAK AMOUNT_MISMATCH")])
    assert line(found, "late") == Line("late", 1, 1, 0) and not found.is_perfect


def test_order_of_reasons_does_not_matter() -> None:
    assert verdict("BREAK", ["LATE", "AMOUNT_MISMATCH"]) == LATE.verdict
    assert verdict("MATCHED", []) == "MATCHED"


def test_result_without_a_column_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "result.csv"
    file.write_text("txn_id,line_id,outcome\nA,1,MATCHED\n")
    with pytest.raises(ValueError, match="no column reason"):
        list(read_result(file))
