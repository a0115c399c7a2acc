"""Golden files stand as the code makes them; `make golden` writes them anew and shows the diff."""

from pathlib import Path

import pytest

from tests.support.golden import TABLES_PAGE, cases, landed, tables_page


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.parent.name}-{case.name}")
def test_statements_land_as_before(case: Path) -> None:
    """Lines, rejected lines, totals and verdict of each statement."""
    assert landed(case) == (case / "landed.json").read_text("utf-8")


def test_the_tables_page_is_the_tables() -> None:
    """The reference page says what the definitions say."""
    assert tables_page() == TABLES_PAGE.read_text("utf-8")
