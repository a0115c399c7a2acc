"""Rows of tables: every column, the right types, and the state there and back."""

from datetime import date
from random import Random
from typing import Any

import pytest

from jobs.settlement.settle import settle
from jobs.settlement.table_rows import balance_row, check_row, read_state, state_rows
from jobs.settlement.terms import start_state
from schemas.table import Table
from schemas.tables.settlement import (
    BANK_LINES_USED,
    CHANNEL_BALANCES,
    SETTLEMENT_BATCHES,
    SETTLEMENT_CHECKS,
    SETTLEMENT_OPEN,
)
from tests.support.ledger import day
from tests.support.settlement_draws import draw_days, draw_terms

_TYPES = {
    "string": str, "bigint": int, "int": int, "date": date, "boolean": bool,
    "array<string>": list,
}  # fmt: skip


def assert_fits(table: Table, row: dict[str, Any]) -> None:
    """The row has the table's columns, each null or of its type."""
    assert sorted(row) == sorted(table.columns)
    for field in table.schema.fields:
        value = row[field.name]
        expected = _TYPES[field.dataType.simpleString()]
        assert value is None or type(value) is expected, (table.name, field.name, value)


def test_state_comes_back_from_its_rows_and_goes_on_alike() -> None:
    """Drawn days, the state written and read back between any two of them: the same rows."""
    written = 0
    for seed in range(8):
        random = Random(seed)
        terms = draw_terms(random)
        state = start_state(terms)
        for one in draw_days(random, terms, 14):
            settled = settle(day(one.offset), one.batches, one.credits, one.bank, state, terms)
            rows = list(state_rows("wechat", settled.state))
            random.shuffle(rows)
            state = read_state(rows)
            assert state == settled.state, seed
            for row in rows:
                assert_fits(SETTLEMENT_OPEN, row)
            for checked in settled.rows:
                assert_fits(SETTLEMENT_CHECKS, check_row(day(one.offset), "wechat", checked))
            for balance in settled.balances:
                row = balance_row(day(one.offset), "wechat", balance)
                assert_fits(CHANNEL_BALANCES, row)
                assert row["closing"] == row["open"] + row["unresolved"]
            written += len(rows)
    assert written > 300


def test_state_of_no_run_has_no_rows() -> None:
    terms = draw_terms(Random(1))
    with pytest.raises(ValueError, match="before the first run"):
        list(state_rows("wechat", start_state(terms)))


@pytest.mark.parametrize(
    "table",
    [BANK_LINES_USED, CHANNEL_BALANCES, SETTLEMENT_BATCHES, SETTLEMENT_CHECKS, SETTLEMENT_OPEN],
    ids=lambda table: table.name,
)
def test_tables_are_described(table: Table) -> None:
    assert len(set(table.columns)) == len(table.columns)
    assert set(table.partitions) <= set(table.columns)
    assert all(column.description.endswith(".") for column in table.definition)
