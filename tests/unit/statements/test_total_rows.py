"""Rows of totals that a page does not describe: no trade, whatever their label."""

from typing import Any

import pytest

from tests.fuzz.reading import read_statement
from tests.unit.statements.test_delimited import CONSTANTS, DAY, build_profile

HEADER = "time,number,holder,amount,currency\n"
COLUMNS = {"traded_at": "time", "channel_ref": "number", "payer_name": "holder", "amount": "amount"}
TRADE = "2026-11-16 10:00:00,A1,Wang,10.00,CNY\n"


def read_rows(*rows: str, columns: dict[str, Any] = COLUMNS, **layout: Any) -> tuple[str, int]:
    """The verdict, and the number of lines."""
    text = HEADER + TRADE + "".join(rows)
    result = read_statement(text.encode(), build_profile(columns=columns, **layout), DAY)
    return result.verdict, len(result.lines)


@pytest.mark.parametrize(
    "row",
    [",,,10.00,CNY", ",Endsumme,,10.00,CNY", ",,Yhteensä 1,10.00,", ",Grand total,,10.00,",
     ",---,,10.00,", ",,,10.00,"],
)  # fmt: skip
def test_row_with_amounts_alone_is_no_trade(row: str) -> None:
    """Every line is a payment by the page: without a time and a number the row is rejected."""
    verdict, count = read_rows(f"{row}\n")
    assert (count, "neither a time nor a number of a trade" in verdict) == (1, True), verdict


@pytest.mark.parametrize(
    "row", [",A2,,10.00,CNY", "2026-11-16 10:00:00,,,10.00,CNY", ",B,,10.00,CNY"]
)
def test_line_with_a_time_or_a_number_is_a_trade(row: str) -> None:
    """A trade may lack one of them."""
    assert read_rows(f"{row}\n") == ("ACCEPTED", 2)


def test_row_in_a_layout_without_a_time() -> None:
    """Any value beside the amounts makes a trade; a settlement date does, too."""
    columns = {"channel_ref": "number", "payer_name": "holder", "amount": "amount"}
    assert read_rows(",,Li,10.00,CNY\n", ",x,,1.00,\n", columns=columns) == ("ACCEPTED", 3)
    assert read_rows(",,,10.00,CNY\n", columns=columns)[1] == 1
    dated = {"settlement_date": "time", "amount": "amount"}
    form = "%Y-%m-%d %H:%M:%S"
    assert read_rows(TRADE, columns=dated, date_format=form) == ("ACCEPTED", 2)
    assert read_rows("2026-11-16 10:00:00,,,1.00,\n", ",,,11.00,\n", columns=dated,
                     date_format=form)[1] == 2  # fmt: skip


def test_layout_of_amounts_alone_reads_them() -> None:
    """Where nothing else is bound, nothing is missing; and words of kinds tell a total apart."""
    assert read_rows(",,,10.00,CNY\n", columns={"amount": "amount"}) == ("ACCEPTED", 2)
    constants = {key: value for key, value in CONSTANTS.items() if key != "kind"}
    columns = {**COLUMNS, "kind": "holder"}
    rows = (",,Wang,10.00,CNY\n",)
    assert read_rows(*rows, columns={k: v for k, v in columns.items() if k != "payer_name"},
                     constants=constants, kinds={"Wang": "PAYMENT"}) == ("ACCEPTED", 2)  # fmt: skip


def test_trade_below_a_subtotal_is_not_lost() -> None:
    """Each page has a subtotal; the footer begins with the same word, and would hide a trade."""
    page = "Total,,,10.00,\n"
    verdict, count = read_rows(page, TRADE, page, footer={"starts": "Total"})
    assert (count, verdict.split(":")[0]) == (0, "BAD_FOOTER")
    rows = ("Subtotal,,,10.00,\n", TRADE, page, "printed by the bank\n")
    assert read_rows(*rows, footer={"starts": "Total"}, ignore=["Subtotal"]) == ("ACCEPTED", 2)
    # What begins the footer may have a date of its own.
    dated = "2026-11-16 23:59:59,end,,20.00,\n"
    assert read_rows(TRADE, dated, footer={"starts": "[0-9: -]+,end"}) == ("ACCEPTED", 2)
