"""Landing and the match by themselves: each case runs, small, and what it leaves is checked."""

from pathlib import Path

import pytest

from benchmarks import banks, landing, matching, speed
from benchmarks.formula import DAY, expected_counts
from tests.fuzz.reading import read_statement


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Made data and lakes in a folder of the test's own; children find it by the module's name."""
    monkeypatch.setattr(landing, "DATA", tmp_path)
    monkeypatch.setattr(matching, "DATA", tmp_path)
    assert tmp_path != speed.DATA


@pytest.mark.nightly
@pytest.mark.parametrize("case", ["one", pytest.param("large", marks=pytest.mark.nightly)])
def test_a_file_lands_by_itself(case: str, tmp_path: Path) -> None:
    """Lines of one file, by a process of its own; the lake is gone afterwards."""
    inbox = landing.make_inbox(tmp_path / "inbox", case, 1 if case == "one" else 2_000)
    run = landing.run_round(case, "sail", inbox)
    assert run.steps["land"] > 0
    assert not list(tmp_path.glob("lake-*"))


@pytest.mark.nightly
@pytest.mark.parametrize("case", list(banks.WRITERS))
def test_bank_statement_is_ingested_whole(case: str, tmp_path: Path) -> None:
    """2,500 entries, in batches too: the statement ties, and as many lines land."""
    inbox = landing.make_inbox(tmp_path / "inbox", case, 2_500)
    (page,) = inbox.rglob("*_all.*")
    profile = landing.profile_of(case)
    seen = read_statement(page.read_bytes(), profile, DAY, page.name)
    assert (seen.verdict, len(seen.lines)) == ("ACCEPTED", 2_500)
    assert sum(row["amount"] for row in seen.lines) == sum(map(banks.cents, range(2_500)))
    assert landing.run_round(case, "sail", inbox).steps["land"] > 0


@pytest.mark.nightly
@pytest.mark.parametrize("case", list(banks.WRITERS))
def test_bank_statement_of_100_mb_needs_bounded_memory(case: str, tmp_path: Path) -> None:
    """One statement, in one process: under a gibibyte, whatever its size."""
    inbox = landing.make_inbox(tmp_path / "inbox", case, banks.ENTRIES[case])
    (page,) = inbox.rglob("*_all.*")
    assert page.stat().st_size > 95e6
    assert landing.run_round(case, "sail", inbox).peak_bytes < 2**30


@pytest.mark.nightly
def test_day_in_parts_has_the_lines_of_the_day(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """144 parts of 10 lines: together the lines of a day of 1,440 trades."""
    monkeypatch.setattr(landing, "LINES_OF_A_PART", 10)
    inbox = landing.make_inbox(tmp_path / "inbox", "parts", 1_440)
    files = list(inbox.rglob("*_all.csv"))
    lines = sum(path.read_text("utf-8").count("\n") - 3 for path in files)
    assert (len(files), lines) == (144, expected_counts(1_440).lines)
    assert landing.run_round("parts", "sail", inbox).steps["land"] > 0


@pytest.mark.nightly
def test_hot_amount_is_matched(tmp_path: Path) -> None:
    """300 payments and 300 lines of one amount within an hour: every item has its row."""
    run = matching.run_round("hot-300", "sail")
    assert run.steps["match"] > 0


@pytest.mark.nightly
def test_look_back_runs_on_engine_and_peer(tmp_path: Path) -> None:
    """2,000 trades over two closed days as large, on the engine and in DuckDB."""
    matching.prepare_lake("2k")
    assert matching.run_round("lookback-2k", "sail").steps["match"] > 0
    assert matching.run_round("lookback-2k", "duckdb").steps["match"] > 0
