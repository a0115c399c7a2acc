"""Definitions of tables: every column is described, every former name leads to a column."""

import pytest

from schemas.table import Table, columns_of
from schemas.tables import TABLES


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_has_a_description(table: Table) -> None:
    """A sentence that ends with a full stop; no column stands twice."""
    without = [
        column.name
        for column in table.definition
        if not (column.description[:1].strip() and column.description.endswith("."))
    ]
    assert not without, f"{table.name}: describe {', '.join(without)} in schemas/tables/"
    assert len(set(table.columns)) == len(table.columns)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_former_names_lead_to_columns(table: Table) -> None:
    """A migration rewrites the whole table, so that only unpartitioned ones have former names."""
    assert set(table.former_names.values()) <= set(table.columns)
    assert not set(table.former_names) & set(table.columns)
    assert not (table.former_names and table.partitions)


def test_column_without_a_description_is_found() -> None:
    """The rule above sees a column whose line has no text behind the colon."""
    (column,) = columns_of("amount long")
    assert column.description == ""
