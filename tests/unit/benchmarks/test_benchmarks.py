"""The benchmark's day: the files have the formula's counts, and the peer finds them."""

import os
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks import peer_duckdb
from benchmarks.formula import (
    AMOUNT_MISMATCHES,
    DAY,
    DUPLICATE_LINES,
    FEE_OVERCHARGES,
    INTERNAL_ONLY_TRADES,
    REFUNDS,
    STATEMENT_ONLY_TRADES,
    EveryNth,
    expected_counts,
)
from benchmarks.generate import make_inbox
from benchmarks.measure import ProgramFailed, measure, steps_of
from benchmarks.result_counts import read_counts
from benchmarks.speed import HEAD, append

SIZE = 2_000
RULES = (
    INTERNAL_ONLY_TRADES,
    STATEMENT_ONLY_TRADES,
    AMOUNT_MISMATCHES,
    DUPLICATE_LINES,
    FEE_OVERCHARGES,
    REFUNDS,
)


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_inbox(tmp_path_factory.mktemp("bench"), SIZE)


def bill_of(inbox: Path) -> list[str]:
    (bill,) = inbox.glob(f"wechat/{DAY}/*_all.csv")
    return bill.read_text("utf-8").splitlines()


def test_at_most_one_rule_holds_for_a_trade() -> None:
    for number in range(10_000):
        holding = [rule for rule in RULES if number % rule.step == rule.start]
        assert len(holding) <= 1, f"{number}: {holding}"


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("size", [1, 117, 118, 1_999, 2_000, 10_001])
def test_rule_counts_the_numbers_it_holds_for(rule: EveryNth, size: int) -> None:
    assert rule.count(size) == sum(n % rule.step == rule.start for n in range(size))


def test_two_thousand_trades_by_hand() -> None:
    """2,000 trades: 10 internal only, 10 statement only, 2 amounts, 1 listed twice, 2 fees over.

    lines 2,000 - 10 + 1; ours 2,000 - 10; matched 2,000 - 10 - 10 - 2
    """
    found = expected_counts(SIZE)
    assert (found.lines, found.transactions, found.matched) == (1_991, 1_990, 1_978)
    assert (found.internal_only, found.statement_only) == (10, 10)
    assert (found.amount_mismatches, found.duplicate_lines, found.fee_overcharged) == (2, 1, 2)


def test_bill_has_the_formulas_lines_and_its_footer_agrees(inbox: Path) -> None:
    header, *lines, _, footer = bill_of(inbox)
    rows = [line.removeprefix("`").split(",`") for line in lines]
    assert header.startswith("\ufeff交易时间,") and header.count(",") == 26
    assert {len(row) for row in rows} == {27}
    assert len(rows) == expected_counts(SIZE).lines
    paid, back, fees = (round(100 * sum(float(row[n]) for row in rows)) for n in (12, 16, 22))
    declared = [cell.strip("`") for cell in footer.split(",")]
    assert declared[0] == str(len(rows))
    assert [round(100 * float(declared[n])) for n in (1, 2, 4)] == [paid, back, fees]
    assert len({row[0] for row in rows if row[9] == "REFUND" and not row[22].startswith("-")}) == 0


def test_snapshot_has_each_transaction_once(inbox: Path) -> None:
    (path,) = inbox.glob(f"internal/{DAY}/*.parquet")
    ids = pq.read_table(path, columns=["txn_id"])["txn_id"].to_pylist()
    assert len(ids) == len(set(ids)) == expected_counts(SIZE).transactions
    assert ids != sorted(ids), "the two sides are not in the same order"


def test_same_size_makes_the_same_bytes(inbox: Path, tmp_path: Path) -> None:
    again = make_inbox(tmp_path / "again", SIZE)
    for path in inbox.rglob("*.csv"):
        assert path.read_bytes() == (again / path.relative_to(inbox)).read_bytes()
    before = [path.stat().st_mtime_ns for path in again.rglob("*.*")]
    make_inbox(tmp_path / "again", SIZE)
    assert before == [path.stat().st_mtime_ns for path in again.rglob("*.*")], "made twice"


def test_peer_finds_the_counts_of_the_formula(inbox: Path, tmp_path: Path) -> None:
    lake = tmp_path / "peer"
    seconds = peer_duckdb.run(inbox, lake)
    assert list(seconds) == ["land", "match", "check_fees", "export"]
    assert expected_counts(SIZE).difference(read_counts(lake)) == ""
    assert (lake / "breaks.csv").read_text().count("\n") == 1 + 10 + 10 + 2 + 1


def test_peer_refuses_a_footer_that_differs(inbox: Path, tmp_path: Path) -> None:
    bill = tmp_path / "inbox" / "wechat" / str(DAY) / "1_all.csv"
    bill.parent.mkdir(parents=True)
    *lines, footer = bill_of(inbox)
    bill.write_text("\n".join([*lines, footer.replace("`1991", "`1990")]) + "\n", "utf-8")
    (tmp_path / "inbox" / "internal").symlink_to(inbox / "internal")
    with pytest.raises(ValueError, match="footer"):
        peer_duckdb.run(tmp_path / "inbox", tmp_path / "lake")


def test_wrong_count_is_reported_by_name() -> None:
    difference = expected_counts(2_000).difference(expected_counts(4_000))
    assert (
        "lines 3,982 instead of 1,991" in difference
        and "duplicate_lines 2 instead of 1" in difference
    )


def test_program_is_measured_with_its_children(tmp_path: Path) -> None:
    """A parent that holds little starts a child that holds 60 MB for half a second."""
    child = "import time; kept = bytearray(60_000_000); time.sleep(0.5)"
    parent = (f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]);"
              " print('{\"seconds\": {\"match\": 1.5}}')")  # fmt: skip
    run = measure([sys.executable, "-c", parent], tmp_path, os.environ)
    assert run.steps == {"match": 1.5}
    assert run.seconds > 0.5
    assert run.peak_bytes > 60_000_000


def test_failing_program_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed, match=r"exit 3: (?s:.*)no such lake"):
        fails = "import sys; print('no such lake', file=sys.stderr); sys.exit(3)"
        measure([sys.executable, "-c", fails], tmp_path, os.environ)


def test_steps_come_from_the_last_line() -> None:
    assert steps_of('progress\n{"seconds": {"ingest": 2}}\n') == {"ingest": 2.0}
    assert steps_of('{"seconds": {"match": {"read": 1, "pair": 0.5}}}') == {"match": 1.5}
    assert steps_of("") == {}


def test_results_are_appended_below_one_heading(tmp_path: Path) -> None:
    file = tmp_path / "results.md"
    append(file, [["a"] * len(HEAD)])
    append(file, [["b"] * len(HEAD)])
    assert [line[:5] for line in file.read_text().splitlines() if line.startswith("|")] == [
        "| dat", "| ---", "| a |", "| b |",
    ]  # fmt: skip
