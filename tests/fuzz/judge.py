"""Whether what became of a damaged file is right.

Right is a named refusal or rejection, or lines in force that are the good file's. A byte that
became another in a reference, a time or a text makes another file, and no total can see it; but
what a total speaks of must never differ: with a count the number of lines, with an amount or a fee
each of them, and kinds and statuses always.
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
    Good,
    packed,
    recoded,
    rows_swapped,
)
from tests.fuzz.reading import Told, read
from tests.support.bills import bill, payment, refund
from tests.support.golden import DAY, GOLDEN, cases, profile_of

#: Seconds after which reading a file counts as a hang.
SECONDS_MAX = 30
#: Blocks as small as this make a small file one of many blocks.
SMALL_BLOCK_BYTES = 300
SHIPPED_CASES = GOLDEN / "shipped"
_NAMED = re.compile(r"[A-Z][A-Z_]+: ")
_OF_THE_FILE = ("file_id", "line_id", "line_no")
_MONEY = ("currency", "amount", "fee", "settlement_amount", "settlement_currency")


class Hung(BaseException):
    """Raised when a file is not read within `SECONDS_MAX`; no handler of ours catches it."""


@dataclass(frozen=True)
class Subject:
    """A golden case that is accepted, as it is read undamaged."""

    case: Path
    statement: str
    profile: Profile
    good: Good
    told: Told

    @property
    def name(self) -> str:
        """Its folder, for messages."""
        return f"{self.case.parent.name}/{self.case.name}"

    @property
    def packed(self) -> bool:
        """Whether its dialect opens archives itself."""
        return DIALECTS[self.profile.dialect].is_archive


def subjects() -> list[Subject]:
    """Every golden case whose statement is accepted, and a bill of two hundred lines."""
    out = []
    for case in cases():
        page = next(p for p in sorted(case.iterdir()) if p.name.startswith("statement"))
        out.append(_subject(case, page.name, profile_of(case), page.read_bytes()))
    rows = [refund(n) if n % 7 == 3 else payment(n, f"{n}.{n % 100:02}") for n in range(200)]
    many = Path("made/wechat_of_200_lines")
    out.append(_subject(many, "statement.csv", profile_of(SHIPPED_CASES / "wechat"), bill(rows)))
    return [subject for subject in out if subject.told.accepted]


def _subject(case: Path, statement: str, profile: Profile, content: bytes) -> Subject:
    told = read(content, profile, DAY, statement)
    rows = tuple(int(row["line_no"]) - 1 for row in told.lines)
    lined = not DIALECTS[profile.dialect].is_document
    plain = not content.startswith((b"PK\x03\x04", b"\x1f\x8b"))
    return Subject(case, statement, profile, Good(content, rows if lined and plain else ()), told)


def fault_of(subject: Subject, damage: Damage, seed: str) -> str | None:
    """Damages a file as the seed says, reads it, and says what is wrong with what came of it."""
    draw = Random(seed)
    content = damage(draw, subject.good)
    small = damage not in LARGE and draw.random() < 0.5
    block_bytes = SMALL_BLOCK_BYTES if small else 2**20
    try:
        with within(SECONDS_MAX):
            told = read(content, subject.profile, DAY, subject.statement, block_bytes)
    except Hung:
        return f"hangs: not read within {SECONDS_MAX} s"
    except Exception as fault:  # noqa: BLE001 - any is what is looked for
        return f"traceback: {type(fault).__name__}: {str(fault)[:200]}"
    return judged(subject, damage, content, told)


def judged(subject: Subject, damage: Damage, content: bytes, told: Told) -> str | None:
    """What is wrong with what was told of a damaged file; None where it is right."""
    good = subject.told
    if not told.accepted:
        if not _NAMED.match(told.verdict):
            return f"refused without a name: {told.verdict[:200]}"
        if content == subject.good.content or _is_harmless(subject, damage):
            return f"harmless, and refused: {told.verdict[:300]}"
        return None
    files = subject.profile.files
    if told.rejected and files and not files.rejected_share_max:
        return f"accepted with {len(told.rejected)} rejected lines"
    if _bag(told.lines) == _bag(good.lines):
        return None
    if damage in (*HARMLESS, recoded):
        return f"accepted with other lines: {_difference(good.lines, told.lines)}"
    if good.checked("count") and len(told.lines) != len(good.lines):
        return f"accepted {len(told.lines)} lines, the good file has {len(good.lines)}"
    touched = sum((_bag(good.lines) - _bag(told.lines)).values())
    # In a document a byte may be of many lines, such as its day, and a reference is a field that a
    # byte makes another.
    one_by_one = not DIALECTS[subject.profile.dialect].is_document
    if one_by_one and damage in SMALL and touched > SMALL[damage]:
        return f"accepted with {touched} other lines, damaged was less"
    vanished = one_by_one and damage in SMALL and _vanished(good.lines, told.lines)
    if vanished:
        return f"accepted without {vanished}"
    for name in ("kind", "status", *_MONEY):
        proof = name if name in ("amount", "fee") else "amount"
        if not good.checked(proof):
            continue
        if name == "kind" and not one_by_one and _by_its_code(good.lines, told.lines):
            continue
        if _values(told.lines, name) != _values(good.lines, name):
            return f"accepted with another {name}: {_difference(good.lines, told.lines)}"
    return None


def _is_harmless(subject: Subject, damage: Damage) -> bool:
    files = subject.profile.files
    if damage is packed:
        already = subject.packed or subject.good.content.startswith((b"PK\x03\x04", b"\x1f\x8b"))
        return not already and files is not None and files.member is None
    if not subject.good.rows or damage not in HARMLESS:
        return False
    return not (damage is rows_swapped and subject.told.chained)


def _by_its_code(good: list[dict[str, Any]], bad: list[dict[str, Any]]) -> bool:
    """Whether other kinds come of other codes alone, such as PayPal's, of which no total speaks."""
    return len(good) == len(bad) and all(
        one["kind"] == other["kind"] or one["product"] != other["product"]
        for one, other in zip(good, bad, strict=True)
    )


def _bag(lines: list[dict[str, Any]]) -> Counter[str]:
    return Counter(
        str({name: value for name, value in row.items() if name not in _OF_THE_FILE})
        for row in lines
    )


def _values(lines: list[dict[str, Any]], name: str) -> Counter[Any]:
    return Counter(row[name] for row in lines)


def _vanished(good: list[dict[str, Any]], bad: list[dict[str, Any]]) -> str:
    """References that were there and are not, as when a heading is not known any more."""
    pairs = list(zip(good, bad, strict=False))
    names = [reference.value for reference in Reference]
    return ", ".join(
        name for name in names if any(one[name] and not other[name] for one, other in pairs)
    )


def _difference(good: list[dict[str, Any]], bad: list[dict[str, Any]]) -> str:
    """The first line that the good file has otherwise, by its columns."""
    if len(good) != len(bad):
        return f"{len(bad)} lines, not {len(good)}"
    for one, other in zip(good, bad, strict=True):
        odd = {
            name: (one[name], other[name])
            for name in one
            if name not in _OF_THE_FILE and one[name] != other[name]
        }
        if odd:
            return str(odd)[:300]
    return "another order"


def drawn(
    all_subjects: list[Subject], count: int, seed: int
) -> Iterator[tuple[Subject, Damage, str]]:
    """Damages of every subject in turn, `count` in all: the large ones once, then common ones."""
    plan: list[tuple[Subject, Damage]] = [
        (subject, damage) for damage in LARGE for subject in all_subjects
    ][: count // 10]
    for number in range(count - len(plan)):
        turn, place = divmod(number, len(all_subjects))
        # Each subject begins elsewhere, so that a few files are damaged in many ways.
        plan.append((all_subjects[place], COMMON[(turn + 7 * place) % len(COMMON)]))
    for number, (subject, damage) in enumerate(plan):
        yield subject, damage, f"{seed}:{number}:{subject.name}:{damage.__name__}"


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Ends what takes longer, where the platform has alarms.

    Raises:
        Hung: it took longer.
    """
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def ring(_: int, __: FrameType | None) -> None:
        raise Hung

    before: Callable[..., Any] | int | None = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
