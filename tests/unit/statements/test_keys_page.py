"""The page of examples on keys is true: every row of its tables is normalized as it says."""

import re
from typing import Any

import pyarrow as pa
import pytest
import yaml

from jobs.statements.canonical.references import normalize, normalized_column
from schemas.profile.channel import ReferenceRules
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "reference" / "keys.md"
ROW = re.compile(r"^\| (`+)(?P<got>.*?)\1 \| (?P<rules>.*?) ?\| (?P<made>.*?) \|$", re.MULTILINE)


def rows() -> list[tuple[str, dict[str, Any], str | None]]:
    """Received, rules as a page has them, compared as."""
    out = []
    for found in ROW.finditer(PAGE.read_text(encoding="utf-8")):
        got = found["got"].removesuffix(" ") if found["got"].startswith("`") else found["got"]
        rules = yaml.safe_load("\n".join(found["rules"].split("; "))) or {}
        made = None if found["made"] == "none" else found["made"].strip("`")
        out.append((got, rules, made))
    return out


def test_the_page_has_its_rows() -> None:
    assert len(rows()) == 17


@pytest.mark.parametrize(("got", "rules", "made"), rows(), ids=lambda value: str(value))
def test_each_row(got: str, rules: dict[str, Any], made: str | None) -> None:
    """One by one, and as a column with a plain neighbour."""
    checked = ReferenceRules.model_validate(rules)
    assert normalize(got, checked) == made
    assert normalized_column(pa.array([got, "X9"]), checked).to_pylist()[0] == made
