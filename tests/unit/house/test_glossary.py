"""The glossary: every term once, in order, with one line and the Chinese term."""

import re

from tests.support.paths import ROOT

PAGE = ROOT / "docs/reference/glossary.md"
#: Terms that a reader of the code meets first.
NEEDED = (
    "business date, T", "carried forward", "channel", "control totals", "day state", "dialect",
    "fingerprint", "layout", "look-back", "marker", "match key", "matching attempts (chances)",
    "late candidate", "one-sided item", "participant", "pass", "profile", "reference hash",
    "run date", "snapshot", "unit (unit_id)", "version",
)  # fmt: skip
CHINESE = ("对账单", "单边账", "长款", "短款", "挂账", "差错", "清分", "结算", "日切")


def rows() -> list[tuple[str, str, str]]:
    """Term, Chinese term and meaning of each row, the heading left out."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")][2:]
    return [(term, chinese, meaning) for term, chinese, meaning in map(_cells, lines)]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("| ").split(" | ")]


def _plain(term: str) -> str:
    return term.replace("`", "")


def test_terms_are_unique_and_in_alphabetical_order() -> None:
    terms = [_plain(term).lower() for term, _, _ in rows()]
    assert len(terms) > 60
    assert terms == sorted(set(terms))


def test_every_term_has_a_chinese_term_and_one_line() -> None:
    for term, chinese, meaning in rows():
        assert re.search(r"[\u4e00-\u9fff]", chinese), term
        assert 10 < len(meaning) < 160, term


def test_terms_of_field_and_code_are_there() -> None:
    terms = {_plain(term) for term, _, _ in rows()}
    assert set(NEEDED) <= terms
    chinese = {word for _, words, _ in rows() for word in words.split(", ")}
    assert set(CHINESE) <= chinese
