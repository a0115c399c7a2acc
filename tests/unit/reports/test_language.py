"""Every text of a page has Chinese, and so has every code that a page may show."""

import ast
import string
from collections.abc import Iterator

import pytest

from jobs.cli.options.pages import PAGE_LANGUAGES
from jobs.reports.html.language import LANGUAGES, Language, mask, read_chinese
from jobs.reports.labels import ACTION_LABELS, REASON_LABELS
from jobs.settlement.balances import CAUSES
from jobs.settlement.vocabulary import SettlementReason, SettlementResult
from schemas.vocabulary import (
    Action,
    BreakEvent,
    FamilyReason,
    FeeResult,
    FileStatus,
    Kind,
    OrderResult,
    RunResult,
    Status,
)
from tests.support.paths import ROOT

CODES = [
    code.value
    for codes in (
        Action, BreakEvent, FamilyReason, FeeResult, FileStatus, Kind, OrderResult, RunResult,
        SettlementReason, SettlementResult, Status,
    )
    for code in codes
    if code not in (RunResult.FAILED, BreakEvent.OPENED)
    and not (isinstance(code, Action) and code not in ("NONE", "WAIT", "QUERY", "CLAIM", "REVIEW"))
]  # fmt: skip


def list_texts() -> Iterator[tuple[str, str]]:
    """Text and module of every literal that is passed to `say` or `headings`."""
    for path in sorted((ROOT / "jobs/reports").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name == "say":
                texts = [one for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)]
            elif name == "headings":
                texts = [one for one in node.args if isinstance(one, ast.Constant)]
            else:
                continue
            for one in texts:
                if isinstance(one.value, str) and one.value.strip(" _") not in ("", "%A"):
                    yield one.value, path.name


def test_every_text_has_chinese() -> None:
    texts = dict(list_texts())
    assert len(texts) > 150
    assert {text: name for text, name in texts.items() if text not in read_chinese()} == {}


@pytest.mark.parametrize("code", sorted({*CODES, *CAUSES, "whole", "refused", "incomplete",
                                         "absent", "zero-trade"}))  # fmt: skip
def test_every_code_has_chinese(code: str) -> None:
    assert Language("zh").say_code(code)


def test_every_label_has_chinese() -> None:
    labels = {*REASON_LABELS.values(), *ACTION_LABELS.values()}
    assert labels - {*read_chinese()} == set()


def test_both_languages_have_the_same_values() -> None:
    """A translation that drops or invents `{count}` fails here, not on a page."""

    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    wrong = {one for one, other in read_chinese().items() if names(one) != names(other)}
    assert wrong == set()


def test_command_line_offers_the_languages() -> None:
    assert (*LANGUAGES,) == PAGE_LANGUAGES


def test_text_of_others_is_masked_and_on_one_line() -> None:
    assert mask("card 4111111111111111\n  was\trefused") == "card ************1111 was refused"
