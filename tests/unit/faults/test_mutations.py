"""The list of faults fits the code as it is: each can still be made, and is one."""

import ast
from collections import Counter

import pytest

from tests.faults.fault import Mutation
from tests.faults.matching import MUTATIONS
from tests.faults.run_faults import TESTS
from tests.support.paths import ROOT


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_its_text_stands_once(mutation: Mutation) -> None:
    """With the fault the file is another program, and still one."""
    changed = ast.parse(mutation.made_in(ROOT))
    assert ast.dump(changed) != ast.dump(ast.parse((ROOT / mutation.file).read_text("utf-8")))


def test_names_and_tests_are_there() -> None:
    """No name stands twice, and what is asked first is a file that is asked at all."""
    assert max(Counter(each.name for each in MUTATIONS).values()) == 1
    assert {each.asked for each in MUTATIONS} <= {name.split("/")[1] for name in TESTS}
    assert all((ROOT / f"tests/contract/{name}.py").is_file() for name in TESTS)


def test_a_text_that_is_gone_is_an_error() -> None:
    """And so is one that stands twice."""
    for old, times in (("no such text", 0), ("import", 4)):
        gone = Mutation("gone", "jobs/matching/steps/scope.py", old, "", "", "test_passes")
        with pytest.raises(ValueError, match=f"gone: its text stands {times} times"):
            gone.made_in(ROOT)
