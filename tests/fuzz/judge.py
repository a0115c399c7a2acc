"""Judges what tieout reads from a damaged file.

Right is a refusal or rejection with a reason, or the good file's lines. A byte changed in a
reference, a time or a text makes another file, which no total can detect. But values that a
declared total proves must never differ: the number of lines with a count, each amount or fee with
their sum, and kinds and statuses always.
"""

import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from jobs.statements import DIALECTS
from schemas.profile.channel import Profile
from schemas.vocabulary import Reference
from tests.fuzz.damage import (
    COMMON,
    HARMLESS,
    LARGE,
    SMALL,
    Damage,
    GoodFile,
    change_encoding,
    pack,
    swap_rows,
)
from tests.fuzz.reading import ReadResult, read_statement
from tests.support.golden import DAY, GOLDEN, list_cases, load_profile
from tests.support.wechat_bills import build_bill, build_payment, build_refund

#: After so many seconds, reading a file counts as a hang.
SECONDS_MAX = 30
#: With blocks of this size, a small file has many blocks.
SMALL_BLOCK_BYTES = 300
SHIPPED_CASES = GOLDEN / "shipped"
_NAMED = re.compile(r"[A-Z][A-Z_]+: ")
_OF_THE_FILE = ("file_id", "line_id", "line_no")
_MONEY = ("currency", "amount", "fee", "settlement_amount", "settlement_currency")


class ReadTimeout(BaseException):
    """Raised when reading a file takes more than `SECONDS_MAX`; no handler in `jobs` catches it."""


@dataclass(frozen=True)
class Subject:
    """An accepted golden case: the good file and what tieout reads from it."""

    case: Path
    statement: str
    profile: Profile
    good_file: GoodFile
    result: ReadResult

    @property
    def name(self) -> str:
        """The case's folder, for messages."""
        return f"{self.case.parent.name}/{self.case.name}"

    @property
    def is_archive(self) -> bool:
        """Whether the dialect opens archives itself."""
        return DIALECTS[self.profile.dialect].is_archive


def load_subjects() -> list[Subject]:
    """Loads every golden case with an accepted statement, and a bill of two hundred lines."""
    loaded = []
    for case in list_cases():
        statement = next(p for p in sorted(case.iterdir()) if p.name.startswith("statement"))
        loaded.append(
            _build_subject(case, statement.name, load_profile(case), statement.read_bytes())
        )
    rows = [
        build_refund(n) if n % 7 == 3 else build_payment(n, f"{n}.{n % 100:02}") for n in range(200)
    ]
    case_path = Path("made/wechat_of_200_lines")
    loaded.append(
        _build_subject(
            case_path, "statement.csv", load_profile(SHIPPED_CASES / "wechat"), build_bill(rows)
        )
    )
    return [subject for subject in loaded if subject.result.is_accepted]


def _build_subject(case: Path, statement: str, profile: Profile, content: bytes) -> Subject:
    result = read_statement(content, profile, DAY, statement)
    rows = tuple(int(row["line_no"]) - 1 for row in result.lines)
    has_lines = not DIALECTS[profile.dialect].is_document
    is_plain = not content.startswith((b"PK\x03\x04", b"\x1f\x8b"))
    return Subject(
        case, statement, profile, GoodFile(content, rows if has_lines and is_plain else ()), result
    )


def find_fault(subject: Subject, damage: Damage, seed: str) -> str | None:
    """Damages a file by the seed, reads it, and returns what is wrong; None where all is right."""
    random_source = Random(seed)
    content = damage(random_source, subject.good_file)
    has_small_blocks = damage not in LARGE and random_source.random() < 0.5
    block_bytes = SMALL_BLOCK_BYTES if has_small_blocks else 2**20
    try:
        with time_limit(SECONDS_MAX):
            result = read_statement(content, subject.profile, DAY, subject.statement, block_bytes)
    except ReadTimeout:
        return f"hangs: not read within {SECONDS_MAX} s"
    except Exception as fault:  # noqa: BLE001 - every exception is a fault
        return f"traceback: {type(fault).__name__}: {str(fault)[:200]}"
    return judge_result(subject, damage, content, result)


def judge_result(
    subject: Subject, damage: Damage, content: bytes, result: ReadResult
) -> str | None:
    """Returns what is wrong with the result of a damaged file; None where it is right."""
    good = subject.result
    if not result.is_accepted:
        if not _NAMED.match(result.verdict):
            return f"refused without a name: {result.verdict[:200]}"
        if content == subject.good_file.content or _is_harmless(subject, damage):
            return f"harmless, and refused: {result.verdict[:300]}"
        return None
    files = subject.profile.files
    if result.rejected and files and not files.rejected_share_max:
        return f"accepted with {len(result.rejected)} rejected lines"
    if _count_lines(result.lines) == _count_lines(good.lines):
        return None
    if damage in (*HARMLESS, change_encoding):
        return f"accepted with other lines: {_describe_difference(good.lines, result.lines)}"
    if good.is_proved("count") and len(result.lines) != len(good.lines):
        return f"accepted {len(result.lines)} lines, the good file has {len(good.lines)}"
    changed_lines = sum((_count_lines(good.lines) - _count_lines(result.lines)).values())
    # In a document, one byte can change many lines (such as the date) or the meaning of a field.
    is_line_format = not DIALECTS[subject.profile.dialect].is_document
    if is_line_format and damage in SMALL and changed_lines > SMALL[damage]:
        return f"accepted with {changed_lines} other lines, more than the damage changed"
    lost_references = (
        is_line_format and damage in SMALL and _find_lost_references(good.lines, result.lines)
    )
    if lost_references:
        return f"accepted without {lost_references}"
    for name in ("kind", "status", *_MONEY):
        proving_total = name if name in ("amount", "fee") else "amount"
        if not good.is_proved(proving_total):
            continue
        if name == "kind" and not is_line_format and _has_kinds_by_code(good.lines, result.lines):
            continue
        if _count_values(result.lines, name) != _count_values(good.lines, name):
            return f"accepted with another {name}: {_describe_difference(good.lines, result.lines)}"
    return None


def _is_harmless(subject: Subject, damage: Damage) -> bool:
    files = subject.profile.files
    if damage is pack:
        is_already_packed = subject.is_archive or subject.good_file.content.startswith(
            (b"PK\x03\x04", b"\x1f\x8b")
        )
        return not is_already_packed and files is not None and files.member is None
    if not subject.good_file.rows or damage not in HARMLESS:
        return False
    return not (damage is swap_rows and subject.result.has_running_balance)


def _has_kinds_by_code(good: list[dict[str, Any]], bad: list[dict[str, Any]]) -> bool:
    """Whether kinds differ only where codes differ, such as PayPal's, which no total proves."""
    return len(good) == len(bad) and all(
        one["kind"] == other["kind"] or one["product"] != other["product"]
        for one, other in zip(good, bad, strict=True)
    )


def _count_lines(lines: list[dict[str, Any]]) -> Counter[str]:
    return Counter(
        str({name: value for name, value in row.items() if name not in _OF_THE_FILE})
        for row in lines
    )


def _count_values(lines: list[dict[str, Any]], name: str) -> Counter[Any]:
    return Counter(row[name] for row in lines)


def _find_lost_references(good: list[dict[str, Any]], bad: list[dict[str, Any]]) -> str:
    """Finds references that are lost, as when a damaged heading is no longer known."""
    pairs = list(zip(good, bad, strict=False))
    names = [reference.value for reference in Reference]
    return ", ".join(
        name for name in names if any(one[name] and not other[name] for one, other in pairs)
    )


def _describe_difference(good: list[dict[str, Any]], bad: list[dict[str, Any]]) -> str:
    """Describes the first line that differs from the good file, by its columns."""
    if len(good) != len(bad):
        return f"{len(bad)} lines, not {len(good)}"
    for one, other in zip(good, bad, strict=True):
        differences = {
            name: (one[name], other[name])
            for name in one
            if name not in _OF_THE_FILE and one[name] != other[name]
        }
        if differences:
            return str(differences)[:300]
    return "another order"


def draw_damages(
    all_subjects: list[Subject], count: int, seed: int
) -> Iterator[tuple[Subject, Damage, str]]:
    """Yields `count` damages over all subjects: large ones once each, then common ones."""
    plan: list[tuple[Subject, Damage]] = [
        (subject, damage) for damage in LARGE for subject in all_subjects
    ][: count // 10]
    for number in range(count - len(plan)):
        round_number, subject_index = divmod(number, len(all_subjects))
        # Each subject starts at another damage, so that few draws cover many damages.
        plan.append(
            (all_subjects[subject_index], COMMON[(round_number + 7 * subject_index) % len(COMMON)])
        )
    for number, (subject, damage) in enumerate(plan):
        yield subject, damage, f"{seed}:{number}:{subject.name}:{damage.__name__}"


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Stops the block after `seconds`, where the platform has alarms.

    Raises:
        ReadTimeout: the block took longer.
    """
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def raise_timeout(_: int, __: FrameType | None) -> None:
        raise ReadTimeout

    previous_handler: Callable[..., Any] | int | None = signal.signal(signal.SIGALRM, raise_timeout)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous_handler)
