"""A fixed small set of damaged files: `make fuzz` reads thousands."""

from random import Random

import pytest

from tests.fuzz import damage as ways
from tests.fuzz.damage import COMMON, LARGE, Good, bomb, bomb_inside
from tests.fuzz.judge import Subject, drawn, fault_of, judged, subjects
from tests.fuzz.reading import read
from tests.support.golden import DAY

FILES = 166  # the large ones among them are left out
SEED = 16


@pytest.fixture(scope="module")
def accepted() -> list[Subject]:
    """Every golden statement that is accepted."""
    return subjects()


def test_damaged_files_end_accepted_with_the_right_lines_or_refused_by_name(
    accepted: list[Subject],
) -> None:
    """Never a traceback, never a hang, never wrong lines in force."""
    plan = [each for each in drawn(accepted, FILES, SEED) if each[1] not in LARGE]
    faults = [
        f"{seed}\n    {fault}"
        for subject, damage, seed in plan
        if (fault := fault_of(subject, damage, seed))
    ]
    assert not faults, "\n".join(faults)


def test_a_bomb_is_refused_before_it_fills_the_disk(accepted: list[Subject]) -> None:
    """A hundred kilobytes that unpack to seventy megabytes."""
    assert fault_of(accepted[0], bomb, "bomb") is None


def test_a_bomb_inside_a_packed_file(accepted: list[Subject]) -> None:
    """A member of a workbook or an archive that unpacks to seventy megabytes."""
    packed = [each for each in accepted if each.good.content.startswith(b"PK")]
    for subject in packed:
        assert fault_of(subject, bomb_inside, "bomb") is None


def test_a_zip_with_a_hole_is_refused_by_name(accepted: list[Subject]) -> None:
    """A hole anywhere: places that then lie before the file's beginning are no traceback."""
    subject = next(each for each in accepted if each.name == "wechat_bill/all")
    whole = ways.packed(Random("zip"), subject.good)
    assert whole.startswith(b"PK")
    for at in range(4, len(whole), 9):
        told = read(whole[:at] + whole[at + 40 :], subject.profile, DAY)
        assert told.verdict.startswith("BAD_ARCHIVE: statement.csv: "), at


def test_blocks_of_any_size_read_alike(accepted: list[Subject]) -> None:
    """A good file in blocks of a hundred bytes and in one."""
    for subject in accepted:
        again = read(subject.good.content, subject.profile, DAY, subject.statement, 100)
        assert (again.lines, again.totals) == (subject.told.lines, subject.told.totals)


def test_the_judge_sees_wrong_lines(accepted: list[Subject]) -> None:
    """A cent more, a line less, a silent rejection, a refusal without a name: each is a fault."""
    subject = next(each for each in accepted if each.name == "wechat_bill/all")
    told = read(subject.good.content, subject.profile, DAY, subject.statement)
    assert judged(subject, ways.flip, b"", told) is None
    told.lines[0]["amount"] += 1
    assert "another amount" in str(judged(subject, ways.flip, b"", told))
    del told.lines[0]
    assert "accepted 4 lines" in str(judged(subject, ways.lost, b"", told))
    told.verdict = "division by zero"
    assert "without a name" in str(judged(subject, ways.lost, b"", told))
    told.verdict = "BAD_FOOTER: x"
    assert "harmless, and refused" in str(judged(subject, ways.other_ends, b"", told))


def test_the_judge_knows_codes_that_make_kinds(accepted: list[Subject]) -> None:
    """Another event code is another kind, which no total sees; of one code it is wrong."""
    subject = next(each for each in accepted if each.name == "shipped/paypal")
    told = read(subject.good.content, subject.profile, DAY, subject.statement)
    fee = next(row for row in told.lines if row["kind"] == "FEE")
    fee["kind"] = "ADJUSTMENT"
    assert "another kind" in str(judged(subject, ways.digit, b"", told))
    fee["product"] = "T0206"
    assert judged(subject, ways.digit, b"", told) is None


def test_every_damage_is_drawn_the_same_again() -> None:
    """A seed is all that is needed to see a fault once more."""
    good = Good(b"head,1\nrow,2\nrow,3\nfoot,4\n", (1, 2))
    for way in COMMON:
        assert way(Random("seed"), good) == way(Random("seed"), good)
