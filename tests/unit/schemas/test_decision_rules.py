"""Who may decide: names as they are compared, limits, and the faults of the page."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from jobs.cli.configuration import load_configuration
from schemas.decision_rules import DecisionRules, normalize_actor
from schemas.errors import ConfigurationError
from tests.support.pipeline_fixture import PipelineFixture


@pytest.mark.parametrize(
    "name", ["Ann Lee", " ann  lee ", "ＡＮＮ ＬＥＥ", "ann\u00a0lee", "a\u200bnn lee", "ANN\tLEE"]
)
def test_one_person_under_several_spellings(name: str) -> None:
    """Case, blanks, full-width letters and characters that do not show make nobody else."""
    assert normalize_actor(name) == "annlee"


def test_names_and_limits() -> None:
    """A name that is not listed may not; no list is everybody. Limits are by currency, and once
    there is one, money in another currency needs two.
    """
    rules = DecisionRules(
        propose=("Ann",), approve=("Bob", "Eve"), second_checker_above={"CNY": 100}
    )
    assert [rules.may("propose", name) for name in ("ann ", "bob")] == [True, False]
    assert [rules.may("approve", name) for name in ("ann", "BOB")] == [False, True]
    assert DecisionRules().may("approve", "anybody")
    stakes = [{"CNY": 100}, {"CNY": 101}, {"CNY": 1, "USD": 1}, {"USD": 0}, {}]
    assert [rules.count_checkers(each) for each in stakes] == [1, 2, 2, 1, 1]
    assert DecisionRules().count_checkers({"CNY": 10**12}) == 1


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ({"approve": ["ann", "Ann "]}, "are one name"),
        ({"approve": []}, "at least 1"),
        ({"propose": ["\u200b"]}, "is no name"),
        ({"approve": ["ann"], "second_checker_above": {"CNY": 1}}, "two people"),
        ({"second_checker_above": {"XXX": 1}}, "no such currency"),
        ({"names": "somewhere"}, "option"),
    ],
)
def test_faults_of_the_page(page: dict[str, Any], fault: str) -> None:
    """Each fault is named."""
    with pytest.raises(ValidationError, match=fault):
        DecisionRules.model_validate(page)


def test_page_is_read_and_a_page_of_nearly_its_name_is_a_fault(tmp_path: Path) -> None:
    """A page that nobody reads would let everybody decide."""
    root = PipelineFixture(tmp_path, lake=None).root / "config"  # type: ignore[arg-type]
    (root / "decisions.yaml").write_text("approve: [bob]\n")
    assert load_configuration(str(root)).decision_rules.approve == ("bob",)
    (root / "decisions.yaml").write_text("aprove: [bob]\n")
    (root / "decisions.yml").write_text("approve: [bob]\n")
    with pytest.raises(ConfigurationError) as error:
        load_configuration(str(root))
    faults = sorted(fault.removeprefix(str(root)) for fault in error.value.faults)
    assert faults[0].startswith("/decisions.yaml:1: aprove")
    assert faults[1].startswith("/decisions.yml:1: nobody reads this page")
