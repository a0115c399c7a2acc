"""A small fixed set of damaged files; `make fuzz` reads thousands."""

from random import Random

import pytest

from tests.fuzz import damage as damages
from tests.fuzz.damage import COMMON, LARGE, GoodFile, insert_bomb, make_bomb
from tests.fuzz.judge import Subject, draw_damages, find_fault, judge_result, load_subjects
from tests.fuzz.reading import read_statement
from tests.support.golden import DAY

FILES = 166  # without the large damages among them
SEED = 16


@pytest.fixture(scope="module")
def accepted() -> list[Subject]:
    """Every accepted golden statement."""
    return load_subjects()


def test_damaged_files_give_correct_lines_or_a_named_refusal(
    accepted: list[Subject],
) -> None:
    """No damaged file gives a traceback, a hang, or wrong accepted lines."""
    plan = [draw for draw in draw_damages(accepted, FILES, SEED) if draw[1] not in LARGE]
    faults = [
        f"{seed}\n    {fault}"
        for subject, damage, seed in plan
        if (fault := find_fault(subject, damage, seed))
    ]
    assert not faults, "\n".join(faults)


def test_zip_bomb_is_refused(accepted: list[Subject]) -> None:
    """A file of a hundred kilobytes unpacks to seventy megabytes."""
    assert find_fault(accepted[0], make_bomb, "bomb") is None


def test_zip_bomb_inside_an_archive_is_refused(accepted: list[Subject]) -> None:
    """A member of a workbook or archive unpacks to seventy megabytes."""
    packed = [subject for subject in accepted if subject.good_file.content.startswith(b"PK")]
    for subject in packed:
        assert find_fault(subject, insert_bomb, "bomb") is None


def test_zip_with_missing_bytes_is_refused(accepted: list[Subject]) -> None:
    """Missing bytes anywhere give BAD_ARCHIVE, also where offsets become negative."""
    subject = next(subject for subject in accepted if subject.name == "wechat_bill/all")
    whole = damages.pack(Random("zip"), subject.good_file)
    assert whole.startswith(b"PK")
    for at in range(4, len(whole), 9):
        result = read_statement(whole[:at] + whole[at + 40 :], subject.profile, DAY)
        assert result.verdict.startswith("BAD_ARCHIVE: statement.csv: "), at


def test_block_size_does_not_change_the_lines(accepted: list[Subject]) -> None:
    """A good file gives the same result in blocks of a hundred bytes and in one block."""
    for subject in accepted:
        again = read_statement(
            subject.good_file.content, subject.profile, DAY, subject.statement, 100
        )
        assert (again.lines, again.totals) == (subject.result.lines, subject.result.totals)


def test_judge_reports_wrong_lines(accepted: list[Subject]) -> None:
    """A changed amount, a lost line, and refusals without a reason or need are faults."""
    subject = next(subject for subject in accepted if subject.name == "wechat_bill/all")
    result = read_statement(subject.good_file.content, subject.profile, DAY, subject.statement)
    assert judge_result(subject, damages.change_byte, b"", result) is None
    result.lines[0]["amount"] += 1
    assert "another amount" in str(judge_result(subject, damages.change_byte, b"", result))
    del result.lines[0]
    assert "accepted 4 lines" in str(judge_result(subject, damages.remove_line, b"", result))
    result.verdict = "division by zero"
    assert "without a name" in str(judge_result(subject, damages.remove_line, b"", result))
    result.verdict = "BAD_FOOTER: x"
    assert "harmless, and refused" in str(
        judge_result(subject, damages.change_line_ends, b"", result)
    )


def test_judge_accepts_kinds_that_follow_other_codes(accepted: list[Subject]) -> None:
    """Another event code may give another kind, which no total proves; the same code may not."""
    subject = next(subject for subject in accepted if subject.name == "shipped/paypal")
    result = read_statement(subject.good_file.content, subject.profile, DAY, subject.statement)
    fee = next(row for row in result.lines if row["kind"] == "FEE")
    fee["kind"] = "ADJUSTMENT"
    assert "another kind" in str(judge_result(subject, damages.change_digit, b"", result))
    fee["product"] = "T0206"
    assert judge_result(subject, damages.change_digit, b"", result) is None


def test_same_seed_gives_the_same_damage() -> None:
    """The seed alone repeats a damage."""
    good = GoodFile(b"head,1\nrow,2\nrow,3\nfoot,4\n", (1, 2))
    for damage in COMMON:
        assert damage(Random("seed"), good) == damage(Random("seed"), good)
