"""Normalized references: examples, and the column normalizer against the definition."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.statements.canonical.references import normalize_reference, normalize_references
from schemas.profile.channel import ReferenceRules

EXAMPLES = [
    ("abc-1", {}, "ABC-1"),
    ("  a b\tc\u3000d\u00a0", {}, "ABCD"),
    ("'123", {}, "123"),
    ("`42\u201900\u201d", {}, "4200"),
    ("ＡＢ１２", {}, "AB12"),
    ("caf\u00b4e", {}, "CAFE"),
    ("a\u200bb\u0000c\ufeff", {}, "ABC"),
    ("", {}, None),
    (" ' ", {}, None),
    (None, {}, None),
    ("T001", {"strip_prefix": ["T"], "strip_leading_zeros": True}, "1"),
    ("T001", {"strip_leading_zeros": True, "strip_prefix": ["T"]}, "001"),
    ("000", {"strip_leading_zeros": True}, None),
    ("S20261122000017-01", {"cut": 15}, "S20261122000017"),
    ("EP-S1", {"strip_prefix": ["ep-"]}, "S1"),
    ("S1_REFUND", {"strip_suffix": ["_refund"]}, "S1"),
    ("TTA", {"strip_prefix": ["T"]}, "TA"),
]


@pytest.mark.parametrize(("text", "rules", "expected"), EXAMPLES)
def test_example_is_normalized(
    text: str | None, rules: dict[str, object], expected: str | None
) -> None:
    """Each example gives the expected reference, alone and in a column."""
    page = ReferenceRules.model_validate(rules)
    assert normalize_reference(text, page) == expected
    assert normalize_references(pa.array([text], pa.string()), page).to_pylist() == [expected]


RULES = st.lists(
    st.sampled_from([("strip_prefix", ["T", "EP-", "0"]), ("strip_suffix", ["X", "_R"]),
                     ("strip_leading_zeros", True), ("cut", 4)]),
    unique_by=lambda rule: rule[0],
)  # fmt: skip
TEXTS = st.one_of(
    st.none(),
    st.text("0TEPXab-_1R", max_size=9),
    st.text(max_size=9).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)),
)


@given(st.lists(TEXTS, max_size=20), RULES)
def test_column_normalizer_equals_the_definition(
    texts: list[str | None], rules: list[tuple[str, object]]
) -> None:
    """For any texts and rules, a column gives the same references as each text alone."""
    page = ReferenceRules.model_validate(dict(rules))
    expected = [normalize_reference(text, page) for text in texts]
    assert normalize_references(pa.array(texts, pa.string()), page).to_pylist() == expected


@given(TEXTS)
def test_normalizing_twice_changes_nothing(text: str | None) -> None:
    """A second normalization changes nothing."""
    once = normalize_reference(text)
    assert normalize_reference(once) == once or not (once or "").isascii()
