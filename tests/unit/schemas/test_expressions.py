"""Expressions of a profile: what could explode is refused, and both engines read the rest alike."""

import re
import time

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.expressions import TEXT_MAX, check_engine_expression, check_expression
from schemas.profile.file_pattern import check_path_pattern

EXPLODING = [
    r"(a+)+$", r"(a*)*$", r"(a|aa)+$", r"(\d+)*x", r"(?:a{1,5}){2,9}b", r"(a?){30}a{30}",
    r".*.*.*x", r".*a.*b.*c", r"a?" * 40 + "a" * 40, r"(?:ab|ab)" * 30 + "c", r"(.*,){11}P",
    r"\s*\s*\s*$", r"a{0,50}" * 10 + "b", r"(?:ab|abab|a.)" * 20, r"((a{10}){10}){100}",
]  # fmt: skip


@pytest.mark.parametrize("text", EXPLODING)
def test_expression_that_could_explode_is_refused(text: str) -> None:
    """Each takes time that grows faster than the square of the text."""
    with pytest.raises(ValueError, match=r"repetition|repeat|alternatives"):
        check_expression(text)


@pytest.mark.parametrize(
    ("text", "instead"),
    [(r"(?=a)b", "write out"), (r"(?<!a)b", "write out"), (r"(a)\1", "write out"),
     (r"(a)?(?(1)b|c)", "write out"), ("a*+b", r"write \* \+ \?"), ("(?>a)b", r"write \* \+ \?"),
     ("(", "no regular expression"), ("a" * 501, "at most 500")],
)  # fmt: skip
def test_refusal_says_what_to_write(text: str, instead: str) -> None:
    """Look-around, back-references and atomic groups; what is no expression; too long a one."""
    with pytest.raises(ValueError, match=instead):
        check_expression(text)


@pytest.mark.parametrize(
    "text",
    [r"\s*$", "合计", r"合计\t(?P<count>\d+)\t+(?P<amount>[\d.]+)", r"S20\d{12}", r"^(?:AB|CD)\d+$",
     r"笔数[^0-9]*(?P<count>[0-9]+)[^0-9]*(?P<amount>[0-9.,]+)", r"(?:\d{4}-){3}\d{4}", r".*x.*"],
)  # fmt: skip
def test_usual_expressions_are_accepted(text: str) -> None:
    """As pages have them; a layout's expression stays as it is written."""
    assert check_expression(text) == text


_PIECES = st.sampled_from(
    ["a", "b", ".", r"\d", "[ab]", "a?", "a*", "[ab]+", ".*", "a{2,3}", "(?:a|ab)", "(?:ab)?", ","]
)


@given(st.lists(_PIECES, min_size=1, max_size=12).map("".join), st.text("ab,", max_size=40))
def test_accepted_expressions_end_soon(text: str, line: str) -> None:
    """Whatever is accepted ends within a second, on a text that is made to fit nearly."""
    try:
        check_expression(text)
    except ValueError:
        return
    started = time.monotonic()
    re.search(f"{text}$", f"{line}{'a' * 100}!")
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "text",
    [r"(?i)abc", r"(?P<n>a)", r"\bA", r"\Aa", r"a\Z", r"[^\D]", r"[a[b]", r"[a&&b]", "[]a]",
     "A{,3}", r"\x41", r"\u4e2d", r"(?#c)a", r"[\b]", "a{"],
)  # fmt: skip
def test_expression_that_engines_read_differently_is_refused(text: str) -> None:
    """Java, Rust and Python differ in flags, names, anchors, classes and counts."""
    with pytest.raises(ValueError, match=r"not read alike|no regular expression"):
        check_engine_expression(text)


def test_classes_are_written_out_in_ascii() -> None:
    """Java's classes are ASCII, those of Rust and Python are Unicode."""
    assert check_engine_expression(r"^\d\D[\d-]\w\s\.$") == (
        r"^[0-9][^0-9][0-9-][A-Za-z0-9_][ \t\n\r\f]\.$"
    )


_REFERENCES = st.text("aB09_-. ٣中", max_size=6)
_ENGINE_PIECES = st.sampled_from(
    ["a", "B", ".", r"\d", r"\w", r"\D", r"\.", "[a-z]", r"[^\d]", r"[\w.-]", "a?", r"\d{2}", "^",
     "$", "(?:aB|9)", r"\d+", "中"]
)  # fmt: skip


@given(st.lists(_ENGINE_PIECES, min_size=1, max_size=6).map("".join), st.lists(_REFERENCES))
def test_another_engine_reads_what_is_accepted_alike(text: str, references: list[str]) -> None:
    """RE2, a third engine, finds the same references as Python."""
    try:
        pattern = check_engine_expression(text)
    except ValueError:
        return
    found = pc.match_substring_regex(pa.array(references, pa.string()), pattern).to_pylist()
    assert found == [re.search(pattern, reference) is not None for reference in references]


def test_longest_text_takes_seconds_at_most() -> None:
    """Two long repetitions that share characters, on the longest text."""
    pattern = re.compile(check_expression(".*a.*b"))
    started = time.monotonic()
    assert pattern.match("a" * TEXT_MAX) is None
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "text",
    ["../../{business_date}", "/etc/{business_date}", "a/../{business_date}", "a//{business_date}",
     "{business_date}/", "./{business_date}", r"a\{business_date}", "{business_date:%Y/../..}/x",
     "{business_date:.}{business_date:.}/x", "*" * 9 + "{business_date}"],
)  # fmt: skip
def test_pattern_that_leaves_the_inbox_is_refused(text: str) -> None:
    """Also where the date's format makes the two dots."""
    with pytest.raises(ValueError, match=r"below the inbox|stars"):
        check_path_pattern(text)


@pytest.mark.parametrize("text", ["{business_date}", "a/{business_date:%Y/%m}/..x/*.csv*"])
def test_pattern_below_the_inbox_is_accepted(text: str) -> None:
    """Folders of a date, and names with dots."""
    assert check_path_pattern(text) == text
