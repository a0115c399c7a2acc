"""In every dialect, tieout refuses a file of another day or channel than its name says.

The tests read each accepted golden file as a file of other days, and by the profiles of all other
channels.
"""

import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest

from jobs.ingestion.gates.control_totals import control_total_failures
from jobs.ingestion.open_file import decompress, plan_file
from jobs.ingestion.parse_tasks import merge_results, parse_blocks, plan_tasks
from jobs.storage.archive import Storage, archive_file
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from tests.support.golden import DAY, list_cases, load_profile

CASES = {f"{case.parent.name}/{case.name}": case for case in list_cases()}


def accepts_any_day(case: Path) -> bool:
    """Whether the case's profile accepts lines of any day."""
    files = load_profile(case).files
    return files is not None and files.day_check == "none"


def read_case(case: Path, profile: Profile, day: date) -> tuple[str | None, int, int]:
    """Reads a case's statement by a profile: why it is refused, its lines, and its dated lines."""
    statement = next(p for p in sorted(case.iterdir()) if p.name.startswith("statement"))
    with tempfile.TemporaryDirectory() as folder:
        storage = Storage(folder)
        with statement.open("rb") as source:
            archived = archive_file(storage, source)
        try:
            plain = decompress(storage, archived, statement.name, "scratch", profile)
            plan = plan_file(storage, plain, statement.name, profile, day)
        except FileRefused as fault:
            return str(fault), 0, 0
        tasks = plan_tasks(storage, plain, plan, profile, day)
        parsed = merge_results(tasks, [parse_blocks(task) for task in tasks]).get(archived.file_id)
        assert parsed is not None and profile.files is not None
        refused = control_total_failures(parsed, plan, profile.files, statement.name, day)
        return refused, parsed.line_count, sum(parsed.lines_by_date.values())


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if not accepts_any_day(case)]
)
def test_file_of_another_day_is_refused(name: str) -> None:
    """A day that is a month off either way refuses the file."""
    profile = load_profile(CASES[name])
    refused, lines, dated = read_case(CASES[name], profile, DAY)
    assert refused is None and dated, "a case is accepted on its own day"
    for days in (-30, 30):
        refused, _, _ = read_case(CASES[name], profile, DAY + timedelta(days=days))
        assert refused is not None, f"{lines} lines accepted {days} days off"


@pytest.mark.parametrize("name", [n for n in CASES if "wechat_bill" in n])
def test_wechat_bill_of_the_next_day_is_refused(name: str) -> None:
    """A WeChat bill covers one calendar day: the next day refuses it."""
    profile = load_profile(CASES[name])
    assert read_case(CASES[name], profile, DAY)[0] is None, "a case is accepted on its own day"
    refused, _, _ = read_case(CASES[name], profile, DAY + timedelta(days=1))
    assert refused is not None and "WRONG_DAY" in refused


@pytest.mark.parametrize("name", CASES)
def test_file_of_another_channel_is_refused(name: str) -> None:
    """The profile of any other dialect refuses the file or reads no line of it."""
    own = load_profile(CASES[name])
    others = {load_profile(case).dialect: load_profile(case) for case in CASES.values()}
    for dialect, other in others.items():
        if dialect == own.dialect or {dialect, own.dialect} <= FAMILIES:
            continue
        refused, lines, _ = read_case(CASES[name], other, DAY)
        assert refused is not None or not lines, f"{lines} lines accepted by {dialect}"


#: Dialects of which one reads the other's files with its profile.
FAMILIES = {"delimited", "xlsx"}
