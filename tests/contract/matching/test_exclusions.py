"""Step 1: lines that others own, by rules of the profile. The first rule that fits counts.

Columns of a row: id, outcome, reasons, matched_by.
"""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.support.first_by_day import first_by_day
from tests.support.ledger import day, line, txn
from tests.support.match_ledger import Ledger

#: On Spark the oracle test covers the same.
pytestmark = pytest.mark.sail_only

ROW = ("outcome", "reasons", "matched_by")
OURS = ("SUSPENSE", "STATEMENT_ONLY", None)
SCOPE = {
    "merchants": ["M1"],
    "exclude": [
        {"name": "fees", "owner": "treasury", "from": str(day(0)), "kind": ["FEE"]},
        {
            "name": "small_tests",
            "owner": "qa",
            "from": str(day(0)),
            "currency": ["CNY"],
            "amount": {"min": -1, "max": 1},
        },
        {
            "name": "head_office",
            "owner": "treasury",
            "from": str(day(0)),
            "text": "^hand fee (nov)",
        },
        {"name": "loans", "owner": "lending", "from": str(day(1)), "order_ref": "^LN [0-9]|'"},
        {
            "name": "cards",
            "owner": "x",
            "from": str(day(0)),
            "card_type": ["GIFT"],
            "product": ["P"],
        },
    ],
}
LINES: list[Any] = [
    line("fee", kind="FEE", amount=-1),
    line("pending", kind="FEE", status="PENDING"),
    line("other", kind="FEE", merchant_id="M2"),
    line("min", amount=-1),
    line("max", amount=1),
    line("more", amount=2),
    line("usd", amount=1, currency="USD"),
    line("hand", text=" Hand\u3000ｆｅｅ\tNovember "),
    line("no_text", text=None),
    line("foot", text="by hand fee nov"),
    line("loan", order_ref="ln  7"),
    line("both", card_type="GIFT", product="P"),
    line("one", card_type="GIFT"),
    line("ours.1", "ours", text="HAND FEE NOV"),
    line("ours.2", channel_ref="c-7", text="HAND FEE NOV"),
]


@pytest.fixture(scope="module", params=first_by_day(0, 10**6, ids=("exact_pairs", "all_steps")))
def ledger(
    request: pytest.FixtureRequest, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Ledger:
    """Two days: the rule `loans` holds from the second one on."""
    folder = tmp_path_factory.mktemp("exclusions")
    new_ledger = Ledger(spark, folder, None, request.param, scope=SCOPE)
    new_ledger.run(0, LINES, [txn("ours"), txn("other.1", channel_ref="C-7")])
    return new_ledger.run(1, [line("loan.2", order_ref="LN 8"), line("empty", order_ref="' '")])


def test_first_rule_that_fits_excludes_a_line(ledger: Ledger) -> None:
    """PENDING and the merchants come first; a missing value, another currency or date fit not."""
    rows = {row[0]: row[1:] for row in ledger.rows(0, *ROW)}
    excluded = ("EXCLUDED", "OUT_OF_SCOPE")
    assert rows == {
        "fee": (*excluded, "fees"),
        "pending": ("EXCLUDED", "NOT_EXPECTED", None),
        "other": (*excluded, None),
        "min": (*excluded, "small_tests"),
        "max": (*excluded, "small_tests"),
        "more": OURS,
        "usd": OURS,
        "hand": (*excluded, "head_office"),
        "no_text": OURS,
        "foot": OURS,
        "loan": OURS,
        "both": (*excluded, "cards"),
        "one": OURS,
        "ours.1": (*excluded, "head_office"),
        "ours.2": (*excluded, "head_office"),
        "ours": ("SUSPENSE", "INTERNAL_ONLY", None),
        "other.1": ("SUSPENSE", "INTERNAL_ONLY", None),
    }


def test_rule_holds_from_its_date_on(ledger: Ledger) -> None:
    """The loan of the day before stays ours; so does a reference of which nothing is left."""
    rows = {row[0]: row[1:] for row in ledger.rows(1, *ROW)}
    assert rows["loan.2"] == ("EXCLUDED", "OUT_OF_SCOPE", "loans")
    assert rows["loan"] == rows["empty"] == OURS


def test_excluded_lines_whose_number_is_ours_are_counted(ledger: Ledger) -> None:
    """By our_ref and by channel_ref."""
    assert ledger.excluded_of_ours[0] == [
        {"excluded_by": "head_office", "lines": 2, "line_id": "ours.1"}
    ]
    assert ledger.excluded_of_ours[1] == []
