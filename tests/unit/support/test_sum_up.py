"""The closing line of `make test`: no lane that failed, died or never ran is counted as passed."""

from pathlib import Path

import pytest

from tests.support.sum_up import OTHER_LANES, TEST_LANES, Counts, count_lane, main

REPORT = (
    '<testsuites><testsuite tests="{tests}" skipped="{skipped}" failures="{failures}" errors="0">'
    '<testcase classname="tests.a" name="test_b" time="1.5"/></testsuite></testsuites>'
)


def leave_lane(folder: Path, lane: str, status: str, **counts: int) -> None:
    """A lane as it ends: its exit status, and its report where it has counts."""
    (folder / f"{lane}.exit").write_text(f"{status}\n")
    if counts:
        numbers = {"tests": 0, "skipped": 0, "failures": 0} | counts
        (folder / f"{lane}.xml").write_text(REPORT.format(**numbers))


@pytest.mark.parametrize(
    ("status", "counts", "expected"),
    [
        ("0", {"tests": 5, "skipped": 1}, Counts(4, 0, 1)),
        ("1", {"tests": 5, "failures": 2}, Counts(3, 2, 0)),
        ("2", {"tests": 5}, Counts(5, 1, 0)),  # pytest itself failed after the tests
        ("0", {}, Counts(0, 1, 0)),  # no report
        ("absent", {}, Counts(0, 0, 1)),
    ],
)
def test_a_lane_is_counted_as_it_ended(
    tmp_path: Path, status: str, counts: dict[str, int], expected: Counts
) -> None:
    leave_lane(tmp_path, "sail", status, **counts)
    assert count_lane(tmp_path, "sail", is_ci=False) == expected


def test_a_killed_lane_is_a_failure(tmp_path: Path) -> None:
    assert count_lane(tmp_path, "sail", is_ci=False) == Counts(failed=1)
    assert count_lane(tmp_path, "lint", is_ci=False) == Counts(failed=1)


def test_an_absent_lane_is_a_failure_in_ci(tmp_path: Path) -> None:
    leave_lane(tmp_path, "spark", "absent")
    assert count_lane(tmp_path, "spark", is_ci=True) == Counts(failed=1)


def test_all_lanes_add_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    for lane in TEST_LANES:
        leave_lane(tmp_path, lane, "0", tests=2)
    for lane in OTHER_LANES:
        leave_lane(tmp_path, lane, "0")
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "8 passed, 0 failed, 0 skipped"
    leave_lane(tmp_path, "lint", "1")
    assert main([str(tmp_path)]) == 1
