"""A file of another day, or of another channel, than its name says is refused, in every dialect.

Made from the golden files: each that is accepted as it stands is held against other days, and
against the pages of all other channels.
"""

import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest

from jobs.ingestion.control_totals import control_total_failures
from jobs.ingestion.open_file import decompress, plan_file
from jobs.ingestion.parse_tasks import merge_results, parse_blocks, plan_tasks
from jobs.storage.archive import Storage, archive_file
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from tests.support.golden import DAY, cases, profile_of

CASES = {f"{case.parent.name}/{case.name}": case for case in cases()}


def any_day(case: Path) -> bool:
    """The case's page takes lines of any day."""
    files = profile_of(case).files
    return files is not None and files.day_check == "none"


def read(case: Path, profile: Profile, day: date) -> tuple[str | None, int, int]:
    """Why a case's statement is refused as a page's file of a day, its lines, those with a date."""
    statement = next(p for p in sorted(case.iterdir()) if p.name.startswith("statement"))
    with tempfile.TemporaryDirectory() as folder:
        storage = Storage(folder)
        with statement.open("rb") as source:
            kept = archive_file(storage, source)
        try:
            plain = decompress(storage, kept, statement.name, "scratch", profile)
            plan = plan_file(storage, plain, statement.name, profile, day)
        except FileRefused as fault:
            return str(fault), 0, 0
        tasks = plan_tasks(storage, plain, plan, profile, day)
        told = merge_results(tasks, [parse_blocks(task) for task in tasks]).get(kept.file_id)
        assert told is not None and profile.files is not None
        refused = control_total_failures(told, plan, profile.files, statement.name, day)
        return refused, told.line_count, sum(told.days.values())


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not any_day(case)])
def test_another_day(name: str) -> None:
    """A month off either way: refused, by day or by what the day makes of its lines."""
    profile = profile_of(CASES[name])
    refused, lines, dated = read(CASES[name], profile, DAY)
    assert refused is None and dated, "a case is accepted on its own day"
    for days in (-30, 30):
        refused, _, _ = read(CASES[name], profile, DAY + timedelta(days=days))
        assert refused is not None, f"{lines} lines taken {days} days off"


@pytest.mark.parametrize("name", [n for n in CASES if "wechat_bill" in n])
def test_the_next_day_of_a_calendar_day(name: str) -> None:
    """A WeChat bill is of one calendar day: as the file of the next day it is refused."""
    profile = profile_of(CASES[name])
    assert read(CASES[name], profile, DAY)[0] is None, "a case is accepted on its own day"
    refused, _, _ = read(CASES[name], profile, DAY + timedelta(days=1))
    assert refused is not None and "WRONG_DAY" in refused


@pytest.mark.parametrize("name", CASES)
def test_another_channel(name: str) -> None:
    """Read by the page of any other dialect, it is refused: none of its lines would land."""
    own = profile_of(CASES[name])
    others = {profile_of(case).dialect: profile_of(case) for case in CASES.values()}
    for dialect, other in others.items():
        if dialect == own.dialect or {dialect, own.dialect} <= FAMILIES:
            continue
        refused, lines, _ = read(CASES[name], other, DAY)
        assert refused is not None or not lines, f"{lines} lines taken by {dialect}"


#: Dialects one of which reads the other's files by its profile.
FAMILIES = {"delimited", "xlsx"}
