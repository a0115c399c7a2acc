"""The demo: its data is what its labels say, and the jobs make of it what the labels say."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from demo import report
from demo.check import fee_faults, labels, outcome_faults
from demo.data import draw, make
from demo.model import DAYS, LAST, alone
from tests.support.demos import ROOT, Demo, run_demo

DAY = date(2026, 11, 16)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    make(folder)
    return folder


def row(**cells: Any) -> dict[str, Any]:
    """One row of outcomes: a matched pair of 10.00 on the first day unless told otherwise."""
    plain = {"run_date": DAY, "channel": "wechat", "txn_id": "S1", "line_id": "f:1", "reasons": [],
             "outcome": "MATCHED", "action": "NONE", "difference": 0, "statement_amount": 1000,
             "internal_amount": 1000}  # fmt: skip
    return plain | cells


def label(**cells: str) -> dict[str, str]:
    plain = {"case": "paid", "channel": "wechat", "txn_id": "S1", "line_id": "f:1", "reasons": "",
             "outcome": "MATCHED", "action": "NONE", "run_date": "2026-11-16", "fee_result": "",
             "fee_difference": "0"}  # fmt: skip
    return plain | cells


def test_every_line_and_every_transaction_has_one_label(data: Path) -> None:
    book, listed = draw(), labels(data / "labels.csv")
    lines = Counter(each["line_id"] for each in listed if each["line_id"])
    ours = Counter(each["txn_id"] for each in listed if each["txn_id"])
    assert set(lines.values()) == set(ours.values()) == {1}
    assert len(lines) == sum(not line.absent for line in book.lines)
    assert set(ours) == {each.txn_id for each in book.rows}


def test_the_same_seed_makes_the_same_files(data: Path, tmp_path: Path) -> None:
    make(tmp_path)
    for path in data.rglob("*.*"):
        if path.is_file() and path.suffix != ".parquet":
            assert path.read_bytes() == (tmp_path / path.relative_to(data)).read_bytes(), path


def test_one_part_of_the_wallet_is_missing_on_the_last_day(data: Path) -> None:
    files = sorted(path.relative_to(data / "inbox").as_posix() for path in data.rglob("*.gz"))
    assert f"epay/{LAST}/epay-north.csv.gz" in files
    assert f"epay/{LAST}/epay-south.csv.gz" not in files
    assert len(files) == 2 * len(DAYS) - 1


@pytest.mark.parametrize(
    ("channel", "day", "other", "broken", "run"),
    [
        ("wechat", DAYS[0], "statement", True, DAYS[2]),  # tried on the 16th, 17th and 18th
        ("wechat", DAYS[2], "statement", True, LAST),
        ("wechat", DAYS[3], "statement", False, LAST),  # two chances so far
        ("epay", DAYS[2], "statement", False, LAST),  # the last day's file is not whole
        ("epay", DAYS[2], "internal", True, LAST),  # our snapshot of it is there
    ],
)
def test_a_lone_item_breaks_when_its_chances_are_used(
    channel: str, day: date, other: str, broken: bool, run: date
) -> None:
    assert alone(channel, day, other) == (broken, run)


def test_the_check_takes_the_last_row_of_an_item() -> None:
    """Waits on the 16th, matched on the 17th: right; without the second row: wrong."""
    waits = row(line_id=None, outcome="SUSPENSE", reasons=["INTERNAL_ONLY"], action="WAIT")
    later = row(run_date=date(2026, 11, 17))
    expected = [label(run_date="2026-11-17")]
    assert list(outcome_faults([later, waits], expected)) == []
    (first, second) = outcome_faults([waits], expected)
    assert "found 2026-11-16 SUSPENSE [INTERNAL_ONLY] WAIT of S1 with -" in first
    assert "f:1: expected 2026-11-17 MATCHED [] NONE of S1 with f:1, found no row" in second


def test_the_check_sees_a_pair_of_the_wrong_two() -> None:
    crossed = [row(line_id="f:2"), row(txn_id="S2")]
    expected = [label(), label(txn_id="S2", line_id="f:2")]
    assert len(list(outcome_faults(crossed, expected))) == 4


def test_the_check_sees_a_row_without_a_label() -> None:
    (told,) = outcome_faults([row(), row(txn_id="S9", line_id=None)], [label()])
    assert told.startswith("wechat S9: no label")


def test_the_check_sees_fees_that_are_off_and_those_that_should_be() -> None:
    """0.01 over on f:1 is labelled; f:2 was found, f:3 was not."""
    rows = [{"line_id": "f:1", "result": "OVERCHARGED", "difference": 1},
            {"line_id": "f:2", "result": "OVERCHARGED", "difference": 1}]  # fmt: skip
    expected = [label(fee_result="OVERCHARGED", fee_difference="1"),
                label(line_id="f:3", fee_result="FEE_MISSING", fee_difference="-7")]  # fmt: skip
    assert list(fee_faults(rows, expected)) == [
        "fee of f:2: expected OK, found OVERCHARGED 1",
        "fee of f:3: expected FEE_MISSING -7, found OK",
    ]


@pytest.mark.parametrize(
    ("cells", "stake"),
    [
        ({"outcome": "BREAK", "difference": -100}, 100),
        ({"outcome": "BREAK", "difference": None, "internal_amount": None}, 1000),
        ({"outcome": "BREAK", "difference": 0, "reasons": ["STATUS_MISMATCH"]}, 1000),
        ({"outcome": "SUSPENSE", "difference": None}, 0),
    ],
)
def test_what_is_at_stake(cells: dict[str, Any], stake: int) -> None:
    assert report.at_stake(row(**cells)) == stake


def test_money_is_shown_in_yuan() -> None:
    assert [report.money(fen) for fen in (0, 5, -123456789)] == ["0.00", "0.05", "-1,234,567.89"]


@pytest.mark.slow
@pytest.mark.sail_only
@pytest.mark.programs
def test_five_days_end_as_labelled_and_a_second_run_changes_nothing(finished_demo: Demo) -> None:
    first = finished_demo.stdout
    assert "labelled outcomes and fees are as they must be" in first
    assert "statement incomplete" in first
    assert f"exports/{LAST}/epay/breaks.xlsx" in first
    data = str(finished_demo.folder / "demo-data")
    again = run_demo(ROOT, "--engine", "sail", "--data", data, "--keep")
    assert again.returncode == 0, again.stdout + again.stderr
    assert len(days_of(first)) == 15
    assert days_of(first) == days_of(again.stdout)


def days_of(stdout: str) -> list[str]:
    """The rows of the demo's own table, which stands below what the run says."""
    table = stdout.split("\nday ", 1)[1]
    return [line for line in table.splitlines() if line.startswith("2026-11-")]


def test_the_demo_does_not_write_into_a_lake_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept.txt").write_text("kept")
    refused = run_demo(ROOT, "--lake", str(tmp_path / "mine"), "--data", str(tmp_path / "data"))
    assert refused.returncode == 2
    assert "is not empty: name another --lake, or add --keep" in refused.stderr
