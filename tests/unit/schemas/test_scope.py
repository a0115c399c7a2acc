"""Rules for lines that others own, and the texts that they compare."""

import re
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.comparable_text import to_comparable
from schemas.expressions import TEXT_MAX
from schemas.profile.scope import Exclusion

RULE = {"name": "fees", "owner": "treasury", "from": "2026-11-16"}


@pytest.mark.parametrize(
    ("text", "comparable"),
    [
        ("  ｆｅｅ\u3000of\t\nNov ", "FEE OF NOV"),
        ("ﬁne №7", "FINE NO7"),
        (" \t", None),
        (None, None),
        ("x" * TEXT_MAX, "X" * TEXT_MAX),
        ("x" * (TEXT_MAX + 1), None),
    ],
)
def test_texts_are_compared_in_one_form(text: str | None, comparable: str | None) -> None:
    """Full width, ligatures, case and blanks; a text that no expression is tried on is none."""
    assert to_comparable(text) == comparable


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^hand fee", "Hand  Fee of November"),
        ("手续费（自营）", "手续费(自营)"),
        (r"fee\t?\d+", "fee7"),
        (r"[a-f]\-[^x]", "b-y"),
        ("ｆｅｅ", "Fee"),
    ],
)
def test_pattern_is_written_as_people_see_the_text(pattern: str, text: str) -> None:
    """Lower case, full-width characters and brackets fit what stands there; escapes stay."""
    rule = Exclusion.model_validate({**RULE, "text": pattern})
    assert rule.text is not None
    assert re.search(rule.text, str(to_comparable(text)))


def test_rule_names_the_first_date_on_which_it_holds() -> None:
    rule = Exclusion.model_validate(
        {**RULE, "kind": ["FEE"], "currency": ["CNY"], "amount": {"max": 0}}
    )
    assert (rule.since, rule.amount and rule.amount.max) == (date(2026, 11, 16), 0)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "would fit every line"),
        ({"amount": {"min": 1}}, "amount without currency"),
        ({"currency": ["CNY"], "amount": {}}, "neither min nor max"),
        ({"currency": ["CNY"], "amount": {"min": 2, "max": 1}}, "min 2 is above max 1"),
        ({"kind": []}, "at least 1"),
        ({"text": "(a+)+"}, "stands within a repetition"),
        ({"kind": ["FEE"], "owner": "../x"}, "owner"),
        ({"kind": ["FEE"], "from": None}, "from"),
    ],
)
def test_rule_that_says_too_little_is_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Exclusion.model_validate({**RULE, **keys})
