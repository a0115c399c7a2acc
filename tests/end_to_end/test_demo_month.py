"""The labelled month: its arithmetic, its score, and a short and a whole run of it."""

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from demo.month.__main__ import main
from demo.month.business_days import add_business_days, is_business_day
from demo.month.data import MonthData, late_files, make_month
from demo.month.model import Fact, Month
from demo.month.rates import Refunds, find_entry
from demo.month.score import READERS, Score, render_scores, score_lake
from tests.support.paths import ROOT

SMALL = Month(date(2026, 10, 5), date(2026, 10, 14), trades=60)
NEW_CARD = date(2026, 10, 16)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> MonthData:
    return make_month(tmp_path_factory.mktemp("month"), SMALL)


@pytest.mark.parametrize("number", range(61))
def test_business_days_are_those_of_the_library(number: int) -> None:
    """October and November 2026."""
    day = date(2026, 10, 1) + timedelta(days=number)
    assert is_business_day(day) == chinese_calendar.is_workday(day)


def test_day_before_the_holiday_is_settled_after_it() -> None:
    assert add_business_days(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert add_business_days(date(2026, 10, 9), 1) == date(2026, 10, 10)  # a Saturday made up


@pytest.mark.parametrize(
    ("name", "size", "parts", "expected"),
    [
        # 10,000.00 by debit card costs 18.00 at most: the first half returns all of it
        ("借记卡", 1_000_000, (500_000, 500_000), (-1800, 0)),
        # 0.60 % of 1.00 is 0.01 by rounding: a third returns nothing, and all of it 0.01
        ("NATIVE", 100, (33, 33, 34), (0, -1, 0)),
        ("外卡", 10_000, (10_000,), (-180,)),  # 1.80 + 1.00: the 1.00 stays
        ("qr", 10_000, (10_000,), (0,)),
        ("app", 10_000, (5_000, 5_000), (20, 20)),
        ("MICROPAY", 10_000, (5_000,), (-19,)),
    ],
)
def test_refunds_by_every_rule(
    name: str, size: int, parts: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    day = date(2026, 10, 12)
    refunds = Refunds(find_entry(name, day, NEW_CARD, is_cheaper=False), size, day)
    assert tuple(refunds.due_on(part, day) for part in parts) == expected


def test_fee_stays_when_the_payment_is_settled() -> None:
    """Paid on the first day of the holiday, settled on the 8th: from then on nothing comes back."""
    entry = find_entry("MICROPAY", SMALL.first, NEW_CARD, is_cheaper=False)
    for last, due in ((date(2026, 10, 7), -38), (date(2026, 10, 8), 0)):
        assert Refunds(entry, 10_000, date(2026, 10, 1)).due_on(10_000, last) == due


def test_new_card_and_volume_change_the_price() -> None:
    """100.00 by credit card: 0.60, then 0.45 + 0.0325 + 0.08; by JSAPI 0.60, then 0.54."""
    day = date(2026, 10, 15)
    assert find_entry("贷记卡", day, NEW_CARD, is_cheaper=False).fee(10_000) == 60
    assert find_entry("贷记卡", NEW_CARD, NEW_CARD, is_cheaper=False).fee(10_000) == 45 + 3 + 8
    assert find_entry("JSAPI", day, NEW_CARD, is_cheaper=False).fee(10_000) == 60
    assert find_entry("JSAPI", day, NEW_CARD, is_cheaper=True).fee(10_000) == 54


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--first", "2026-10-08", "--last", "2026-10-08"], "at least two days"),
        (["--first", "2026-10-30", "--last", "2026-11-02"], "of one month"),
        (["--first", "2026-09-01", "--last", "2026-09-30"], "October or November 2026"),
        (["--trades", "9"], "at least 10 transactions"),
    ],
)
def test_days_that_cannot_be_drawn_are_refused(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main([*arguments, "--data", str(tmp_path / "month")])
    assert refused.value.code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "month").exists()


def test_month_changes_its_prices_on_the_16th_and_the_20th() -> None:
    assert (Month().new_card_from.day, Month().cheaper_from.day) == (16, 20)


def test_same_seed_makes_the_same_files(data: MonthData, tmp_path: Path) -> None:
    again = make_month(tmp_path, SMALL)
    assert again.facts == data.facts
    for path in data.store.rglob("*.*"):
        if path.is_file() and path.suffix != ".parquet":
            assert path.read_bytes() == (again.store / path.relative_to(data.store)).read_bytes()


def test_every_file_arrives_once(data: MonthData) -> None:
    names = [name for day in data.arrivals.values() for name in day]
    stored = [path.relative_to(data.store).as_posix()
              for path in data.store.rglob("*.*") if path.is_file()]  # fmt: skip
    assert sorted(names) == sorted(stored)
    assert late_files(SMALL)["bankcard", date(2026, 10, 9)] == date(2026, 10, 10)


def test_whole_month_plants_every_class(tmp_path: Path) -> None:
    """Of each rule and each fate something is there, also in a small month."""
    facts = make_month(tmp_path, Month(trades=60)).facts
    planted = {fact.case for fact in facts}
    fates = {"on time", "late", "missing", "never", "short", "over", "returned", "split", "merged",
             "open before the month", "carried, or paid with what was carried"}  # fmt: skip
    assert {f"settlement: batch {fate}" for fate in fates} <= planted
    refunds = {"jsapi", "native", "micropay", "debit", "credit-old", "foreign", "qr", "app-refund"}
    assert {f"fee: {name}, refund" for name in refunds} <= planted
    orders = {"overpaid", "refund pending", "refunded", "over refunded"}
    assert {f"order: {result}" for result in orders} <= planted
    assert {fact.table for fact in facts} == set(READERS)


def test_score_counts_what_is_wrong_missing_and_too_much(tmp_path: Path) -> None:
    """Two of three facts are in the table, one of them with another value; one row has no fact."""
    rows = {"bank": ["icbc"] * 3, "line_id": ["f:1", "f:2", "f:9"],
            "channel": ["wechat", "epay", "wechat"]}  # fmt: skip
    write_deltalake(str(tmp_path / "bank_lines_used"), pa.table(rows))
    facts = [Fact("used", "bank_lines_used", ("icbc", f"f:{n}"), ("wechat",)) for n in (1, 2, 3)]
    scores = score_lake(tmp_path, facts)
    other = scores["(not planted: bank_lines_used)"]
    used = scores["used"]
    assert (used.expected, used.found_rows, used.right) == (3, 2, 1)
    assert (other.expected, other.found_rows, other.right) == (0, 1, 0)
    assert not used.is_perfect and not other.is_perfect
    assert sorted(used.faults) == [
        "bank_lines_used icbc f:2: expected ('wechat',), found ('epay',)",
        "bank_lines_used icbc f:3: expected ('wechat',), found nothing",
    ]
    assert render_scores(scores).splitlines()[1].split() == [
        "used",
        "3",
        "2",
        "1",
        "0.500",
        "0.333",
    ]


def test_share_is_never_rounded_up_to_1() -> None:
    score = {"x": Score(expected=10_000, found_rows=10_000, right=9_999)}
    assert render_scores(score).split()[-2:] == ["0.999", "0.999"]


def test_two_facts_about_one_thing_are_refused(tmp_path: Path) -> None:
    fact = Fact("a", "bank_lines_used", ("icbc", "f:1"), ("wechat",))
    with pytest.raises(ValueError, match="two facts about bank_lines_used icbc f:1"):
        score_lake(tmp_path, [fact, fact])


@pytest.mark.slow
@pytest.mark.sail_only
@pytest.mark.programs
def test_days_around_the_holiday_are_as_labelled(tmp_path: Path) -> None:
    """The first working day after the holiday to the Saturday that makes up for it."""
    run_month(tmp_path, "--first", "2026-10-08", "--last", "2026-10-10", "--trades", "60")


@pytest.mark.nightly
@pytest.mark.sail_only
def test_whole_month_is_as_labelled(tmp_path: Path) -> None:
    run_month(tmp_path)


def run_month(folder: Path, *arguments: str) -> None:
    """A month in a process of its own; all classes must have precision and recall 1."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": sys.executable}
    done = subprocess.run(
        [sys.executable, "-m", "demo.month", "--engine", "sail", "--data", str(folder), *arguments],
        cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=3600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "labels found, and nothing else" in done.stdout
