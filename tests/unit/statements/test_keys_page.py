"""Every example on docs/reference/keys.md is true."""

import re
from typing import Any

import pyarrow as pa
import pytest
import yaml

from jobs.statements.canonical.references import normalize_reference, normalize_references
from schemas.profile.channel import ReferenceRules
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "reference" / "keys.md"
ROW = re.compile(
    r"^\| (`+)(?P<received>.*?)\1"
    r" \| (?P<rules>.*?) ?\| (?P<expected>.*?) \|$",
    re.MULTILINE,
)


def read_example_rows() -> list[tuple[str, dict[str, Any], str | None]]:
    """Reads the examples: received reference, rules of a profile, normalized reference."""
    examples = []
    for row in ROW.finditer(PAGE.read_text(encoding="utf-8")):
        received = (
            row["received"].removesuffix(" ")
            if row["received"].startswith("`")
            else row["received"]
        )
        rules = yaml.safe_load("\n".join(row["rules"].split("; "))) or {}
        expected = None if row["expected"] == "none" else row["expected"].strip("`")
        examples.append((received, rules, expected))
    return examples


def test_page_has_17_examples() -> None:
    assert len(read_example_rows()) == 17


@pytest.mark.parametrize(
    ("received", "rules", "expected"), read_example_rows(), ids=lambda value: str(value)
)
def test_example_row_is_true(received: str, rules: dict[str, Any], expected: str | None) -> None:
    """The example holds for one reference, and in a column beside a plain one."""
    checked = ReferenceRules.model_validate(rules)
    assert normalize_reference(received, checked) == expected
    assert normalize_references(pa.array([received, "X9"]), checked).to_pylist()[0] == expected
