"""The list of faults fits the code: each fault can still be made, and changes the program."""

import ast
from collections import Counter

import pytest

from tests.faults.fault import Fault
from tests.faults.matching import FAULTS
from tests.faults.run_faults import TESTS
from tests.support.paths import ROOT


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_changes_the_program(fault: Fault) -> None:
    """With the fault the file still parses, and is another program."""
    changed = ast.parse(fault.apply(ROOT))
    assert ast.dump(changed) != ast.dump(ast.parse((ROOT / fault.file).read_text("utf-8")))


def test_fault_names_are_unique_and_test_files_exist() -> None:
    """No two faults share a name, and the test file that a fault runs first is in the list."""
    assert max(Counter(fault.name for fault in FAULTS).values()) == 1
    assert {fault.first_test for fault in FAULTS} <= {name.split("/")[1] for name in TESTS}
    assert all((ROOT / f"tests/contract/{name}.py").is_file() for name in TESTS)


def test_text_that_does_not_stand_once_is_an_error() -> None:
    """A text that the file does not have, or has several times, is refused."""
    for old, times in (("no such text", 0), ("import", 10)):
        fault = Fault("gone", "jobs/matching/steps/scope.py", old, "", "", "test_passes")
        with pytest.raises(ValueError, match=f"gone: its text stands {times} times"):
            fault.apply(ROOT)
