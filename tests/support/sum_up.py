"""`python -m tests.support.sum_up FOLDER`: adds up the lanes of `make test` in one closing line.

Each lane leaves `NAME.exit` with its exit status (or `absent`: what it needs is not on this
machine) and, where it runs pytest, `NAME.xml` with its report. The slowest tests are shown before
the line.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

#: Lanes that run pytest, and those that only end well or not.
TEST_LANES = ("sail", "programs", "spark", "airflow")
OTHER_LANES = ("lint",)
SLOWEST = 25


@dataclass(frozen=True)
class Counts:
    """Tests by how they ended; a lane that did not end well counts as one failure at least."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )


def count_lane(folder: Path, lane: str, is_ci: bool) -> Counts:
    """What one lane came to; one that is absent is skipped, and is a failure where CI runs it."""
    ended = folder / f"{lane}.exit"
    status = ended.read_text().strip() if ended.exists() else "killed"
    if status == "absent":
        return Counts(failed=1) if is_ci else Counts(skipped=1)
    if lane in OTHER_LANES:
        return Counts(failed=int(status != "0"))
    report = folder / f"{lane}.xml"
    if not report.exists():
        return Counts(failed=1)
    suite = ElementTree.parse(report).getroot().find("testsuite")
    if suite is None:
        return Counts(failed=1)
    tests, skipped = int(suite.attrib["tests"]), int(suite.attrib["skipped"])
    bad = int(suite.attrib["failures"]) + int(suite.attrib["errors"])
    return Counts(tests - bad - skipped, bad or int(status != "0"), skipped)


def slowest_tests(folder: Path, count: int) -> list[str]:
    """The slowest tests of all lanes as lines of text, with their seconds."""
    found = []
    for lane in TEST_LANES:
        report = folder / f"{lane}.xml"
        if report.exists():
            for case in ElementTree.parse(report).getroot().iter("testcase"):
                name = f"{case.attrib['classname'].removeprefix('tests.')}::{case.attrib['name']}"
                found.append((float(case.attrib["time"]), f"{lane:<8} {name}"))
    found.sort(reverse=True)
    return [f"{seconds:8.1f} s  {name}" for seconds, name in found[:count]]


def main(argv: list[str] | None = None) -> int:
    """Prints the slowest tests and the closing line; 1 where anything failed, else 0."""
    (place,) = argv or sys.argv[1:]
    folder, total = Path(place), Counts()
    for lane in (*TEST_LANES, *OTHER_LANES):
        total = total.plus(count_lane(folder, lane, os.environ.get("CI") == "true"))
    for line in slowest_tests(folder, SLOWEST):
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped\n")
    return int(total.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
