"""The code gives the golden files; `make golden` rewrites them and shows the diff."""

from pathlib import Path

import pytest

from tests.support.golden import TABLES_PAGE, list_cases, parse_case, render_tables_page


@pytest.mark.parametrize("case", list_cases(), ids=lambda case: f"{case.parent.name}-{case.name}")
def test_statement_gives_its_golden_rows(case: Path) -> None:
    """Each statement gives the same lines, rejected lines, totals and verdict as before."""
    assert parse_case(case) == (case / "landed.json").read_text("utf-8")


def test_tables_page_is_up_to_date() -> None:
    """docs/reference/tables.md shows the table definitions."""
    assert render_tables_page() == TABLES_PAGE.read_text("utf-8")
