"""The demo: its data has one label each, and the jobs produce what the labels say."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from demo import report
from demo.check import find_fee_faults, find_outcome_faults, read_labels
from demo.data import draw_days, make_data
from demo.model import CHANNELS, DAYS, LAST, outcome_without_partner
from demo.settlement import draw_settlement
from jobs.__main__ import main
from tests.support.demos import ROOT, Demo, run_demo

DAY = date(2026, 11, 16)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    make_data(folder)
    return folder


def row(**cells: Any) -> dict[str, Any]:
    """One row of outcomes: a matched pair of 10.00 on the first day, changed by `cells`."""
    plain = {"run_date": DAY, "channel": "wechat", "txn_id": "S1", "line_id": "f:1", "reasons": [],
             "outcome": "MATCHED", "action": "NONE", "difference": 0, "statement_amount": 1000,
             "internal_amount": 1000}  # fmt: skip
    return plain | cells


def label(**cells: str) -> dict[str, str]:
    plain = {"case": "paid", "channel": "wechat", "txn_id": "S1", "line_id": "f:1", "reasons": "",
             "outcome": "MATCHED", "action": "NONE", "run_date": "2026-11-16", "fee_result": "",
             "fee_difference": "0"}  # fmt: skip
    return plain | cells


def test_every_line_and_transaction_has_one_label(data: Path) -> None:
    builder, rows = draw_days(), read_labels(data / "labels.csv")
    batches = draw_settlement(builder)
    assert len(batches) == len(CHANNELS) * len(DAYS)
    lines = Counter(row["line_id"] for row in rows if row["line_id"])
    ours = Counter(row["txn_id"] for row in rows if row["txn_id"])
    assert set(lines.values()) == set(ours.values()) == {1}
    assert len(lines) == sum(not line.is_absent for line in builder.lines)
    assert set(ours) == {row.txn_id for row in builder.rows}


def test_same_seed_makes_the_same_files(data: Path, tmp_path: Path) -> None:
    make_data(tmp_path)
    for path in data.rglob("*.*"):
        if path.is_file() and path.suffix != ".parquet":
            assert path.read_bytes() == (tmp_path / path.relative_to(data)).read_bytes(), path


def test_wallet_lacks_one_part_on_the_last_day(data: Path) -> None:
    files = sorted(path.relative_to(data / "inbox").as_posix() for path in data.rglob("*.gz"))
    assert f"epay/{LAST}/epay-north.csv.gz" in files
    assert f"epay/{LAST}/epay-south.csv.gz" not in files
    assert len(files) == 2 * len(DAYS) - 1


@pytest.mark.parametrize(
    ("channel", "day", "other", "broken", "run"),
    [
        ("wechat", DAYS[0], "statement", True, DAYS[2]),  # tried on the 16th, 17th and 18th
        ("wechat", DAYS[2], "statement", True, LAST),
        ("wechat", DAYS[3], "statement", False, LAST),  # two matching attempts so far
        ("epay", DAYS[2], "statement", False, LAST),  # the last day's file is not whole
        ("epay", DAYS[2], "internal", True, LAST),  # our snapshot of it is there
    ],
)
def test_item_without_partner_breaks_after_its_matching_attempts(
    channel: str, day: date, other: str, broken: bool, run: date
) -> None:
    assert outcome_without_partner(channel, day, other) == (broken, run)


def test_check_compares_the_last_row_of_an_item() -> None:
    """Waits on the 16th, matched on the 17th: right; without the second row: wrong."""
    waits = row(line_id=None, outcome="SUSPENSE", reasons=["INTERNAL_ONLY"], action="WAIT")
    later = row(run_date=date(2026, 11, 17))
    expected = [label(run_date="2026-11-17")]
    assert list(find_outcome_faults([later, waits], expected)) == []
    (first, second) = find_outcome_faults([waits], expected)
    assert "found 2026-11-16 SUSPENSE [INTERNAL_ONLY] WAIT of S1 with -" in first
    assert "f:1: expected 2026-11-17 MATCHED [] NONE of S1 with f:1, found no row" in second


def test_check_finds_a_pair_of_the_wrong_two() -> None:
    crossed = [row(line_id="f:2"), row(txn_id="S2")]
    expected = [label(), label(txn_id="S2", line_id="f:2")]
    assert len(list(find_outcome_faults(crossed, expected))) == 4


def test_check_finds_a_row_without_a_label() -> None:
    (fault,) = find_outcome_faults([row(), row(txn_id="S9", line_id=None)], [label()])
    assert fault.startswith("wechat S9: no label")


def test_check_finds_wrong_fees_and_missing_fee_checks() -> None:
    """0.01 over on f:1 is labelled; f:2 has no label, f:3 has no fee check."""
    rows = [{"line_id": "f:1", "result": "OVERCHARGED", "difference": 1},
            {"line_id": "f:2", "result": "OVERCHARGED", "difference": 1}]  # fmt: skip
    expected = [label(fee_result="OVERCHARGED", fee_difference="1"),
                label(line_id="f:3", fee_result="FEE_MISSING", fee_difference="-7")]  # fmt: skip
    assert list(find_fee_faults(rows, expected)) == [
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
def test_amount_at_risk_of_a_row(cells: dict[str, Any], stake: int) -> None:
    assert report.amount_at_risk(row(**cells)) == stake


def test_money_is_printed_in_yuan() -> None:
    assert [report.format_money(fen) for fen in (0, 5, -123456789)] == [
        "0.00",
        "0.05",
        "-1,234,567.89",
    ]


@pytest.mark.slow
@pytest.mark.sail_only
@pytest.mark.programs
def test_five_days_end_as_labelled_and_second_run_changes_nothing(finished_demo: Demo) -> None:
    first = finished_demo.stdout
    assert "labelled outcomes, fees and batches are right" in first
    assert "statement incomplete" in first
    assert f"exports/{LAST}/epay/breaks.xlsx" in first
    data = str(finished_demo.folder / "demo-data")
    again = run_demo(ROOT, "--engine", "sail", "--data", data, "--keep")
    assert again.returncode == 0, again.stdout + again.stderr
    # Nothing stands on our account on the first day.
    assert len(days_of(first)) == 4 * len(DAYS) - 1
    assert days_of(first) == days_of(again.stdout)


@pytest.mark.slow
@pytest.mark.sail_only
@pytest.mark.programs
def test_finished_days_are_closed(finished_demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of channels that are settled, too; only the wallet lacks a part of its last day."""
    lake, config = finished_demo.folder / "demo-data/lake", ROOT / "demo/config"
    place = ["--lake", str(lake), "--config", str(config)]
    dates = ["--business-date", str(DAYS[0]), "--through", str(LAST)]
    assert main(["status", *place, *dates]) == 0
    days = json.loads(capsys.readouterr().out.splitlines()[-1])["days"]
    is_open = [(one["channel"], one["business_date"]) for one in days if not one["closed"]]
    assert is_open == [("epay", str(LAST))]
    assert {one["settlement"]["state"] for one in days if one["channel"] in CHANNELS} == {"done"}


def days_of(stdout: str) -> list[str]:
    """The rows of the demo's own table, which follows the run's output."""
    table = stdout.split("\nday ", 1)[1]
    return [line for line in table.splitlines() if line.startswith("2026-11-")]


def test_demo_refuses_a_lake_with_content(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kept.txt").write_text("kept")
    refused = run_demo(ROOT, "--lake", str(tmp_path / "mine"), "--data", str(tmp_path / "data"))
    assert refused.returncode == 2
    assert "is not empty: name another --lake, or add --keep" in refused.stderr
