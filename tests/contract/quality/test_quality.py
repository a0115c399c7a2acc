"""Shape checks: faults that fail the day, faults that only warn, and pages without network."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.lake.tables import Lake
from jobs.quality.great_expectations_checks import QualitySummary, check_day
from jobs.quality.pages import build_pages
from jobs.quality.rules import AMOUNT_MAX, UNIQUE_ROWS_MAX, Severity, select_rules
from schemas.tables import INTERNAL_TRANSACTIONS, OUTCOMES, STATEMENT_LINES
from tests.support.paths import ROOT
from tests.support.small_lake import DAY, pair, put, unmatched_transaction

TRADED = datetime(2026, 11, 22, 3, tzinfo=UTC)

#: Great Expectations is slow to start.
pytestmark = pytest.mark.slow


def line(number: int, **more: Any) -> dict[str, Any]:
    """A good line of 12.50 CNY."""
    return {"line_id": f"file:{number:09d}", "file_id": "file", "line_no": number,
            "kind": "PAYMENT", "status": "SUCCEEDED", "amount": 1250, "fee": 8, "currency": "CNY",
            "our_ref": f"S{number}", "traded_at": TRADED, **more}  # fmt: skip


def transaction(number: int, **more: Any) -> dict[str, Any]:
    """A good transaction of 12.50 CNY."""
    return {"txn_id": f"S{number}", "kind": "PAYMENT", "status": "SUCCEEDED", "amount": 1250,
            "currency": "CNY", "occurred_at": TRADED, **more}  # fmt: skip


def failed_checks(summary: QualitySummary) -> list[tuple[str, str, str]]:
    """Severity, column and name of every failed check."""
    return [(str(check.severity), check.column, check.name)
            for check in (*summary.failures, *summary.warnings)]  # fmt: skip


def test_good_day_is_ok_in_every_table(lake: Lake) -> None:
    put(lake, STATEMENT_LINES, DAY, "wechat", line(1), line(2, kind="REFUND", amount=-1250))
    put(lake, INTERNAL_TRANSACTIONS, DAY, "wechat", transaction(1), transaction(2))
    put(
        lake,
        OUTCOMES,
        DAY,
        "wechat",
        pair("S1", 1250, 1250),
        unmatched_transaction("S2", "SUSPENSE", 1250),
    )
    for table in (STATEMENT_LINES, INTERNAL_TRANSACTIONS, OUTCOMES):
        summary = check_day(lake, table, DAY)
        assert (summary.result, summary.rows, failed_checks(summary)) == ("OK", 2, []), table.name


@pytest.mark.sail_only
@pytest.mark.parametrize(
    ("fault", "expected", "problem"),
    [
        ({"kind": "GIFT"}, ("fail", "kind", "is one of the known values"), "GIFT"),
        ({"status": "DONE"}, ("fail", "status", "is one of the known values"), "DONE"),
        ({"amount": None}, ("fail", "amount", "is never null"), "1 of 3 rows"),
        ({"amount": AMOUNT_MAX + 1}, ("fail", "amount", "is within bounds"), "1 of 3 rows"),
        ({"currency": "yuan"}, ("fail", "currency", "is well formed"), "yuan"),
        ({"line_id": "file:000000001"}, ("fail", "line_id", "is unique"), "2 of 3 rows"),
        ({"traded_at": None}, ("warn", "traded_at", "is never null"), "1 of 3 rows"),
    ],
)
def test_bad_line_fails_or_warns_with_count_and_values(
    lake: Lake, fault: Mapping[str, Any], expected: tuple[str, str, str], problem: str
) -> None:
    """A `fail` fails the table, a `warn` does not; both count the rows and show the values."""
    put(lake, STATEMENT_LINES, DAY, "wechat", line(1), line(2), line(3, **fault))
    summary = check_day(lake, STATEMENT_LINES, DAY)
    assert failed_checks(summary) == [expected]
    assert summary.result == expected[0].upper()
    assert problem in (*summary.failures, *summary.warnings)[0].problem


@pytest.mark.sail_only
def test_outcome_with_unknown_values_fails(lake: Lake) -> None:
    bad = pair("S2", 1250, 1250, action="SHRUG", chances=-1)
    put(lake, OUTCOMES, DAY, "wechat", pair("S1", 1250, 1250), bad)
    assert failed_checks(check_day(lake, OUTCOMES, DAY)) == [
        ("fail", "action", "is one of the known values"), ("fail", "chances", "is within bounds")
    ]  # fmt: skip


@pytest.mark.sail_only
def test_day_without_rows_is_a_warning(lake: Lake) -> None:
    """A day without trades is possible: the volume warns, and no rule of a column runs."""
    summary = check_day(lake, STATEMENT_LINES, DAY)
    assert (summary.result, len(summary.checks)) == ("WARN", 2)
    assert failed_checks(summary) == [("warn", "the table", "has the usual volume")]


@pytest.mark.sail_only
def test_volume_is_compared_with_the_days_before(lake: Lake) -> None:
    """Ten rows on each of three days, then one: less than a fifth of the usual number."""
    for days_ago in (1, 2, 3):
        rows = [transaction(number) for number in range(10)]
        put(lake, INTERNAL_TRANSACTIONS, DAY - timedelta(days=days_ago), "wechat", *rows)
    put(lake, INTERNAL_TRANSACTIONS, DAY, "wechat", transaction(1))
    summary = check_day(lake, INTERNAL_TRANSACTIONS, DAY)
    assert failed_checks(summary) == [("warn", "the table", "has the usual volume")]
    assert summary.warnings[0].problem == "it is 1"


@pytest.mark.sail_only
def test_only_the_given_channels_are_checked(lake: Lake) -> None:
    put(lake, STATEMENT_LINES, DAY, "wechat", line(1))
    put(lake, STATEMENT_LINES, DAY, "alipay", line(1, kind="GIFT"), line(2))
    assert check_day(lake, STATEMENT_LINES, DAY, ["wechat"]).result == "OK"
    assert check_day(lake, STATEMENT_LINES, DAY, ["alipay"]).result == "FAIL"


@pytest.mark.sail_only
def test_large_days_have_no_check_of_unique_ids() -> None:
    names = [rule.name for rule in select_rules(STATEMENT_LINES, UNIQUE_ROWS_MAX, None)]
    assert "is unique" in names
    names = [rule.name for rule in select_rules(STATEMENT_LINES, UNIQUE_ROWS_MAX + 1, None)]
    assert "is unique" not in names


@pytest.mark.sail_only
def test_no_rule_sums_money() -> None:
    """Great Expectations adds in floats, so no rule uses a sum, a mean or the like."""
    for table in (STATEMENT_LINES, INTERNAL_TRANSACTIONS, OUTCOMES):
        for rule in select_rules(table, 1, None):
            assert not re.search("Sum|Mean|Stdev|Median|Quantile", rule.expectation)
            assert rule.severity in Severity


@pytest.mark.sail_only
def test_pages_link_to_nothing_outside_and_earlier_days_stay(lake: Lake) -> None:
    """Two days; the second has a fault that looks like HTML."""
    index = Path(lake.uri, "quality", "index.html")
    for day, kind in ((date(2026, 11, 21), "PAYMENT"), (DAY, "<script>alert(1)</script>")):
        put(lake, STATEMENT_LINES, day, "wechat", line(1, kind=kind), line(2))
        assert build_pages(lake, [check_day(lake, STATEMENT_LINES, day)]) == str(index)

    pages = {path.relative_to(index.parent).as_posix(): path.read_text("utf-8")
             for path in index.parent.rglob("*.html")}  # fmt: skip
    assert sorted(pages) == [
        "2026-11-21/statement_lines.all.html", "2026-11-22/statement_lines.all.html", "index.html"
    ]  # fmt: skip
    for path, page in pages.items():
        assert not re.search(r"<(script|link|img|iframe|object|embed)\b|@import|url\(", page), path
        assert not re.search(r"(https?:)?//", page), path
        assert "newsletter" not in page.lower()
        for target in re.findall(r'href="([^"]*)"', page):
            assert (index.parent / Path(path).parent / target).resolve().is_file(), target
    assert "&lt;script&gt;alert(1)" in pages["2026-11-22/statement_lines.all.html"]
    assert "values must belong to this set" in pages["2026-11-22/statement_lines.all.html"]
    assert pages["index.html"].index("2026-11-22") < pages["index.html"].index("2026-11-21")

    facts = json.loads(Path(index.parent, "2026-11-22", "statement_lines.all.json").read_text())
    assert facts["result"] == "FAIL"
    assert facts["wrong"] == [
        "fail: kind is one of the known values: 1 of 2 rows, such as <script>alert(1)</script>"
    ]


@pytest.mark.sail_only
def test_new_check_of_a_day_replaces_its_page(lake: Lake) -> None:
    put(lake, STATEMENT_LINES, DAY, "wechat", line(1, kind="GIFT"))
    build_pages(lake, [check_day(lake, STATEMENT_LINES, DAY)])
    put(lake, STATEMENT_LINES, DAY, "wechat", line(1))
    build_pages(lake, [check_day(lake, STATEMENT_LINES, DAY)])
    index = Path(lake.uri, "quality", "index.html").read_text("utf-8")
    assert (index.count("statement_lines.all.html"), index.count("GIFT")) == (1, 0)


@pytest.mark.nightly
@pytest.mark.sail_only
def test_great_expectations_is_imported_late_with_its_reporting_off() -> None:
    """Importing our module does not import it. Later the lazy modules become the real ones."""
    code = (
        "import os, sys, jobs.quality.great_expectations_checks as quality\n"
        "assert 'great_expectations' not in sys.modules\n"
        "quality.preload_great_expectations().join()\n"
        "assert 'great_expectations' in sys.modules\n"
        "assert os.environ['GX_ANALYTICS_ENABLED'] == 'false'\n"
        "assert 'altair' not in sys.modules and 'scipy.stats' not in sys.modules\n"
        "from great_expectations.expectations.core import"
        " expect_column_kl_divergence_to_be_less_than as spared\n"
        "from scipy import stats\n"
        "assert spared.stats.entropy is stats.entropy\n"
    )
    root = ROOT
    process = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
