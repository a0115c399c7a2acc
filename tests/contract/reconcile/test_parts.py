"""A statement that comes in parts, matched after each: the rows of a match of the whole day, from a
look at the new lines, at what was no pair, and at the pairs that they touch. More draws with
`TIEOUT_ARRIVALS=20`.
"""

import os
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.lake.tables import Lake
from jobs.reconcile import one_day
from jobs.reconcile.partial_day import PartialRun, resume
from schemas.tables import CANDIDATES, MATCHED_PARTS, OPEN_ITEMS, OUTCOMES, SETTLED_ITEMS
from tests.end_to_end.test_killed import snapshot_each_write
from tests.support.first_by_day import first_by_day
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture
from tests.support.snapshot_parts import write_internal_page, write_snapshot_part

Rows = list[dict[str, Any]]
PARTS = 4
IN_PARTS = PAGE.replace("*.csv*", "{part}.csv").replace("layout:", '  parts: "0-3"\nlayout:', 1)
IN_PARTS = IN_PARTS.replace(
    "passes: [our_ref, channel_ref]",
    "passes: [our_ref, channel_ref, {name: by_amount, on: [amount, currency]}]",
)
SCOPED = f'{IN_PARTS}scope:\n  our_ref: "^T"\n'


class Spy:
    """Notes what each run took over."""

    def __init__(self) -> None:
        self.taken: list[PartialRun | None] = []

    def __call__(self, *given: Any) -> PartialRun | None:
        """As `resume`."""
        self.taken.append(resume(*given))
        return self.taken[-1]


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    """Every day is large enough for pairs at once, and what runs take over is noted."""
    seen = Spy()
    monkeypatch.setattr(one_day, "resume", seen)
    monkeypatch.setattr(one_day, "EXACT_PAIRS_MIN_ITEMS", 0)
    return seen


def world_of(root: Path, spark: SparkSession, page: str = SCOPED) -> PipelineFixture:
    root.mkdir()
    return PipelineFixture(root, Lake(spark, str(root / "lake")).prepare(), page)


def part(pipeline: PipelineFixture, number: int, *lines: dict[str, Any], on: int = 0) -> None:
    """A part comes and is matched."""
    pipeline.write_statement(on, *lines, name=f"{number}.csv")
    pipeline.ingest(on)
    pipeline.match(on)


def whole(pipeline: PipelineFixture, parts: list[Rows], on: int = 0) -> None:
    """All parts come, and are matched once."""
    for number, lines in enumerate(parts):
        pipeline.write_statement(on, *lines, name=f"{number}.csv")
    pipeline.ingest(on)
    pipeline.match(on)


def rows_of(pipeline: PipelineFixture) -> dict[str, list[str]]:
    """All rows of both dates, in an order."""
    return {
        table.name: sorted(
            str(row) for on in (0, 1) for row in pipeline.lake.read_day(table, day(on)).collect()
        )
        for table in (OUTCOMES, OPEN_ITEMS, CANDIDATES)
    }


def drawn(rng: Random) -> tuple[list[Rows], Rows]:
    """Lines by part and transactions: most agree, some are touched by a line of another part."""
    parts: list[Rows] = [[file_line(f"T-own-{number}")] for number in range(PARTS)]
    ours = [file_txn(f"T-own-{number}") for number in range(PARTS)]
    troubles = ["none", "none", "copy", "paid twice", "reversed", "same number", "amount", "ours",
                "theirs", "no number", "pending", "failed first", "not ours"]  # fmt: skip
    for number in range(24):
        first, later = rng.randrange(PARTS), rng.randrange(PARTS)
        own, amount = f"T{number}", rng.choice(["10.00", "20.00", f"{number + 1}.50"])
        there, trouble = file_line(own, amount), rng.choice(troubles)
        changed = {
            "copy": {},
            "paid twice": {"channel_ref": f"D-{own}"},
            "reversed": {"status": "REVERSED"},
            "same number": {"our_ref": f"T9{number}"},
            "failed first": {"status": "FAILED", "channel_ref": f"D-{own}"},
        }
        if trouble == "amount":
            there = file_line(own, "9.99")
        elif trouble == "no number":
            there = file_line(None, amount, channel_ref=None)
        elif trouble == "pending":
            there = file_line(own, amount, status="PENDING")
        elif trouble == "not ours":
            there = file_line(f"X{number}", amount)
        if trouble != "ours":
            parts[first].append(there)
        if trouble != "theirs":
            ours.append(file_txn(own, amount))
        if trouble in changed:
            parts[later].append(there | changed[trouble])
    return parts, ours


@pytest.mark.sail_only
@pytest.mark.parametrize("seed", range(int(os.environ.get("TIEOUT_ARRIVALS", "1"))))
def test_part_by_part_is_the_whole_day(
    spark: SparkSession, tmp_path: Path, spy: Spy, seed: int
) -> None:
    """Four parts in any order, each matched when it comes; then the same day in one go. The next
    day, whole, sees the same open items.
    """
    rng = Random(f"parts {seed}")
    parts, ours = drawn(rng)
    step, once = world_of(tmp_path / "step", spark), world_of(tmp_path / "once", spark)
    for pipeline in (step, once):
        pipeline.write_snapshot(0, *ours)
        pipeline.write_snapshot(1, file_txn("T-next"))
    for number in rng.sample(range(PARTS), PARTS):
        part(step, number, *parts[number])
    assert [each is not None for each in spy.taken] == [False, True, True, True]
    assert any(each and each.rewritten is not None for each in spy.taken), "no pair was touched"
    assert any(each and each.pairs for each in spy.taken), "no data file stayed"
    whole(once, parts)
    for pipeline in (step, once):
        whole(pipeline, [[file_line("T-next")], [], [], []], on=1)
    assert rows_of(step) == rows_of(once)


@pytest.mark.sail_only
def test_only_what_the_new_part_touches_is_looked_at(
    spark: SparkSession, tmp_path: Path, spy: Spy
) -> None:
    """Part 0 pairs 9 of 10; part 1 brings the tenth and a copy of the first: 1 new line and 1
    transaction, the copy, and the pair that it touches are looked at, 5 items.
    """
    pipeline = world_of(tmp_path / "w", spark)
    pipeline.write_snapshot(0, *[file_txn(f"T{number}") for number in range(10)])
    part(pipeline, 0, *[file_line(f"T{number}") for number in range(9)])
    before = {row["path"] for row in pipeline.lake.list_data_files(OUTCOMES, day(0), "bank")}
    part(pipeline, 1, file_line("T9"), file_line("T0", traded_at=f"{day(0)} 13:00:00"))
    taken = spy.taken[-1]
    assert taken is not None
    assert (taken.items, taken.rewritten_rows, taken.pairs) == (5, 8, ())
    part(pipeline, 2, file_line("T-nobody"))
    taken = spy.taken[-1]
    assert taken is not None
    assert (taken.items, taken.rewritten) == (4, None)  # the copy and its pair, and the new line
    assert sum(each.rows for each in taken.pairs) == 9
    after = {row["path"] for row in pipeline.lake.list_data_files(OUTCOMES, day(0), "bank")}
    assert not before & after, "the file of the first run lost a pair, and was written anew"
    assert pipeline.outcomes(0, "our_ref", "outcome", "reasons")[:2] == [
        ("T-nobody", "SUSPENSE", "STATEMENT_ONLY"),
        ("T0", "BREAK", "DUPLICATE_LINE"),
    ]


@pytest.mark.sail_only
def test_only_what_a_new_part_of_ours_touches_is_looked_at(
    spark: SparkSession, tmp_path: Path, spy: Spy
) -> None:
    """Part 0 pairs 9 of 10 lines. Part 1 brings the tenth, a second transaction with the our_ref of
    the first, and the second with another amount: 3 new transactions and 1 line are looked at, a
    pair of two, and the line of a pair whose transaction came anew, 7 items.
    """
    pipeline = world_of(tmp_path / "w", spark, PAGE)
    write_internal_page(pipeline, '"0-2"')
    pipeline.write_statement(0, *[file_line(f"T{number}") for number in range(10)])
    write_snapshot_part(pipeline, 0, "0", *[file_txn(f"T{number}") for number in range(9)])
    pipeline.ingest(0)
    pipeline.match(0)
    again = file_txn("T0-again", our_ref="T0")
    write_snapshot_part(pipeline, 0, "1", file_txn("T9"), again, file_txn("T1", "20.00"))
    pipeline.ingest(0)
    (summary,) = pipeline.match(0)
    taken = spy.taken[-1]
    assert taken is not None
    assert (taken.items, taken.rewritten_rows, taken.pairs) == (7, 7, ())
    assert summary.result == "SNAPSHOT_INCOMPLETE"
    rows = pipeline.outcomes(0, "txn_id", "outcome", "reasons")
    assert [row for row in rows if row[0] in ("T0", "T0-again", "T1", "T9")] == [
        ("T0", "MATCHED", ""),
        ("T0-again", "BREAK", "DUPLICATE_TRANSACTION"),
        ("T1", "BREAK", "AMOUNT_MISMATCH"),
        ("T9", "MATCHED", ""),
    ]


@pytest.mark.nightly
@pytest.mark.sail_only
def test_nothing_is_left_once_the_day_is_whole(
    spark: SparkSession, tmp_path: Path, spy: Spy
) -> None:
    """What the next part would take over is gone with the last part."""
    pipeline = world_of(tmp_path / "w", spark)
    pipeline.write_snapshot(0, *[file_txn(f"T{number}") for number in range(PARTS)])
    for number in range(PARTS):
        part(pipeline, number, file_line(f"T{number}"))
        left = pipeline.lake.read_rows(MATCHED_PARTS, channel="bank"), number
        assert bool(left[0]) == (number < PARTS - 1)
    assert pipeline.lake.count_rows(SETTLED_ITEMS, day(0), "bank") == 0
    assert len(pipeline.outcomes(0, "our_ref")) == PARTS


@pytest.mark.sail_only
@pytest.mark.parametrize(
    "what", first_by_day("a part anew", "our side anew", "the page", "the tables")
)
def test_in_doubt_the_whole_day_is_matched(
    spark: SparkSession, tmp_path: Path, spy: Spy, what: str
) -> None:
    """Another version of a part or of our snapshot, another window, or a table that somebody else
    has written: nothing is taken over, and the rows are those of the whole day.
    """
    pipeline = world_of(tmp_path / "w", spark)
    pipeline.write_snapshot(0, file_txn("T0"), file_txn("T1", "20.00"), file_txn("T2"))
    part(pipeline, 0, file_line("T0"), file_line("T1", "20.00"))
    if what == "a part anew":
        part(pipeline, 0, file_line("T0"))
    elif what == "our side anew":
        pipeline.write_snapshot(0, file_txn("T0"), file_txn("T1", "20.01"), file_txn("T2"))
    elif what == "the page":
        pipeline.write_profile(SCOPED.replace("internal: 2", "internal: 1"))
    else:
        rows = pipeline.lake.read_day(OPEN_ITEMS, day(0), "bank")
        pipeline.lake.replace_day(OPEN_ITEMS, rows, day(0), "bank")
    part(pipeline, 1, file_line("T2"))
    first, second = (
        ("BREAK", "AMOUNT_MISMATCH") if what == "our side anew" else ("MATCHED", ""),
        ("SUSPENSE", "INTERNAL_ONLY") if what == "a part anew" else ("MATCHED", ""),
    )
    assert None in spy.taken[1:]
    for number in (2, 3):
        pipeline.write_statement(0, file_line(f"X{number}"), name=f"{number}.csv")
    pipeline.write_snapshot(
        0,
        file_txn("T0"),
        file_txn("T1", "20.01" if what == "our side anew" else "20.00"),
        file_txn("T2"),
        file_txn("T-late", status="CLOSED"),
    )
    pipeline.ingest(0)
    pipeline.match(0)
    assert spy.taken[-1] is None
    assert not pipeline.lake.read_rows(MATCHED_PARTS, channel="bank"), "the day is whole"
    ours = [row for row in pipeline.outcomes(0, "txn_id", "outcome", "reasons") if row[0]]
    assert ours == [
        ("T-late", "EXCLUDED", "NOT_EXPECTED"),
        ("T0", "MATCHED", ""),
        ("T1", *(second if what == "a part anew" else first)),
        ("T2", "MATCHED", ""),
    ]


@pytest.mark.nightly
@pytest.mark.slow
@pytest.mark.sail_only
def test_killed_at_every_write(spark: SparkSession, tmp_path: Path, spy: Spy) -> None:
    """Part 1 of a day that took over part 0, dead before each write of its match and after the
    last one: run again, the rows are those of a run that nobody killed; so they are after part 2,
    where what it takes over was being written.
    """
    begun = world_of(tmp_path / "begun", spark)
    begun.write_snapshot(0, *[file_txn(f"T{number}") for number in range(8)])
    part(begun, 0, *[file_line(f"T{number}") for number in range(4)])
    second = [
        file_line("T4"),
        file_line("T0", traded_at=f"{day(0)} 13:00:00"),
        file_line("T-nobody"),
    ]
    begun.write_statement(0, *second, name="1.csv")
    begun.ingest(0)
    last = [file_line("T5"), file_line("T1", status="REVERSED"), file_line("T6", "9.99")]

    def again(name: str) -> PipelineFixture:
        shutil.copytree(tmp_path / "begun", tmp_path / name)
        return PipelineFixture(
            tmp_path / name, Lake(spark, str(tmp_path / name / "lake")).prepare(), begun.page
        )

    clean = again("clean")
    left = snapshot_each_write(clean, tmp_path / "left")
    clean.match(0)
    assert spy.taken[-1] is not None
    places = [place for place in left() if "after" not in place.name]
    assert len(places) >= 6
    clean.lake = Lake(spark, clean.lake.uri).prepare()
    expected = [rows_of(clean)]
    part(clean, 2, *last)
    expected.append(rows_of(clean))
    for number, root in list(enumerate(places))[::-1]:
        pipeline = PipelineFixture(root, Lake(spark, str(root / "lake")).prepare(), begun.page)
        pipeline.match(0)
        assert rows_of(pipeline) == expected[0], root.name
        if number >= len(places) - 4:
            part(pipeline, 2, *last)
            assert rows_of(pipeline) == expected[1], root.name


@pytest.mark.nightly
@pytest.mark.sail_only
@pytest.mark.parametrize("seed", range(int(os.environ.get("TIEOUT_ARRIVALS", "1"))))
def test_both_sides_in_parts_are_the_whole_day(
    spark: SparkSession, tmp_path: Path, spy: Spy, seed: int
) -> None:
    """Parts of both sides in any order, some transactions in two of ours, some
    references in two transactions; each run takes over the
    pairs of the run before, and the end is the day in one go.
    """
    rng = Random(f"both sides {seed}")
    theirs, rows = drawn(rng)
    ours: list[Rows] = [[] for _ in range(PARTS)]
    for number, row in enumerate(rows):
        first, later = sorted(rng.choices(range(PARTS), k=2))
        if first < later and number % 3 == 0:
            ours[first].append(row | {"amount": "7.77", "status": "PENDING"})
        ours[later].append(row)
        if number % 5 == 0:
            ours[first].append(row | {"txn_id": f"{row['txn_id']}-again", "our_ref": row["txn_id"]})
    step, once = world_of(tmp_path / "step", spark), world_of(tmp_path / "once", spark)
    for pipeline in (step, once):
        write_internal_page(pipeline, '"0-3"')
    sides = [(True, number) for number in range(PARTS)] + [(False, n) for n in range(PARTS)]
    for is_theirs, number in rng.sample(sides, len(sides)):
        if is_theirs:
            step.write_statement(0, *theirs[number], name=f"{number}.csv")
        else:
            write_snapshot_part(step, 0, str(number), *ours[number])
        step.ingest(0)
        step.match(0)
    assert sum(each is not None for each in spy.taken) >= PARTS
    assert any(each and each.rewritten is not None for each in spy.taken), "no pair was touched"
    for number in range(PARTS):
        once.write_statement(0, *theirs[number], name=f"{number}.csv")
        write_snapshot_part(once, 0, str(number), *ours[number])
    once.ingest(0)
    once.match(0)
    assert rows_of(step) == rows_of(once)
