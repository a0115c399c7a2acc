"""Two processes work on one channel and date at once: nothing is lost, whoever is first.

A test forces the order: in the middle of one process's work, before each of its commits in turn,
the other does all of its own.
"""

from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.ingestion.manual_review import accept_file, withdraw_file
from jobs.lake import control_rows, tables
from jobs.lake.tables import Lake
from schemas.errors import DecisionRefused, TieoutError
from schemas.tables import DECISIONS, INTERNAL_TRANSACTIONS, SNAPSHOT_FILES, STATEMENT_FILES
from schemas.vocabulary import Effect
from tests.contract.ingestion.test_files import IN_PARTS, refs, statuses, version
from tests.support.decision_steps import approve, propose_by_ids
from tests.support.first_by_day import first_by_day
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PipelineFixture

pytestmark = pytest.mark.sail_only
#: The functions that commit: each is the moment at which another process may be faster.
COMMITS = ((control_rows, "_write_change"), (tables, "commit_data_files"))


@contextmanager
def other_first(monkeypatch: pytest.MonkeyPatch, at: int, other: Callable[[], object]) -> Any:
    """Lets another process work before the commit with this number, from 1. Yields a function that
    returns how many commits were tried.
    """
    count = 0

    def wrap(commit: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == at:
                with monkeypatch.context() as unpatched:
                    for module, name in COMMITS:
                        unpatched.setattr(module, name, originals[name])
                    other()
            return commit(*args, **kwargs)

        return call

    originals = {name: getattr(module, name) for module, name in COMMITS}
    with monkeypatch.context() as patched:
        for module, name in COMMITS:
            patched.setattr(module, name, wrap(originals[name]))
        yield lambda: count


def orders(
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[[Path], tuple[Callable[[], object], Callable[[], object]]],
    root: Path,
    check: Callable[[Path], None],
) -> int:
    """Runs `first` and `second` of `work` in every order of commits; returns how many there are."""
    at = 1
    while True:
        folder = root / str(at)
        folder.mkdir()
        first, second = work(folder)
        with other_first(monkeypatch, at, second) as count:
            first()
        if count() < at:
            return at - 1
        check(folder)
        at += 1


@pytest.fixture
def pipeline_at(spark: SparkSession) -> Callable[[Path], PipelineFixture]:
    """A process's own view of the pipeline in a folder."""

    def open_pipeline(root: Path, page: str = IN_PARTS) -> PipelineFixture:
        return PipelineFixture(root, Lake(spark, str(root / "lake")).prepare(), page)

    return open_pipeline


def test_two_parts_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pipeline_at: Callable[..., PipelineFixture]
) -> None:
    """While one process ingests part bj1-00, another ingests bj1-01: both are in force, each line
    once, and a further ingest changes nothing.
    """

    def work(root: Path) -> tuple[Callable[[], object], Callable[[], object]]:
        one = pipeline_at(root)
        one.write_statement(0, file_line("A"), name="bj1-00.csv")

        def second() -> None:
            other = pipeline_at(root)
            other.write_statement(0, file_line("B"), name="bj1-01.csv")
            other.ingest(0)

        return lambda: one.ingest(0), second

    def check(root: Path) -> None:
        pipeline = pipeline_at(root)
        for _ in range(2):
            assert refs(pipeline) == ["A", "B"], root
            assert statuses(pipeline) == [(1, "ACCEPTED"), (1, "ACCEPTED")], root
            pipeline.ingest(0)

    assert orders(monkeypatch, work, tmp_path, check) >= 4


@pytest.mark.nightly
def test_two_versions_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pipeline_at: Callable[..., PipelineFixture]
) -> None:
    """While one process ingests a version, another finds the next one: one version is in force, and
    its lines are the only ones.
    """

    def work(root: Path) -> tuple[Callable[[], object], Callable[[], object]]:
        one = pipeline_at(root)
        one.write_statement(0, file_line("A"), name="bj1-00.csv")

        def second() -> None:
            other = pipeline_at(root)
            other.write_statement(0, file_line("B"), file_line("C"), name="bj1-00.csv")
            other.ingest(0)

        return lambda: one.ingest(0), second

    def check(root: Path) -> None:
        pipeline = pipeline_at(root)
        in_force = pipeline.lake.read_rows(STATEMENT_FILES, status="ACCEPTED")
        assert len(in_force) == 1, root
        expected = ["A"] if in_force[0]["line_count"] == 1 else ["B", "C"]
        assert refs(pipeline) == expected, root

    assert orders(monkeypatch, work, tmp_path, check) >= 4


@pytest.mark.parametrize("step", first_by_day("accept", "withdraw"))
def test_a_person_changes_a_version_during_an_ingest(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    pipeline_at: Callable[..., PipelineFixture],
    step: str,
) -> None:
    """Part bj1-01 is ingested while a person withdraws bj1-00, or accepts it again: both happen."""

    def work(root: Path) -> tuple[Callable[[], object], Callable[[], object]]:
        one = pipeline_at(root)
        path = one.write_statement(0, file_line("A"), name="bj1-00.csv")
        one.ingest(0)
        path.unlink()
        profile = one.config.profiles["bank"]
        if step == "accept":
            withdraw_file(one.lake, profile, version(one, 1), "no")
        one.write_statement(0, file_line("B"), name="bj1-01.csv")

        def second() -> None:
            other = pipeline_at(root)
            rows = other.lake.read_rows(STATEMENT_FILES, part="bj1-00")
            act = withdraw_file if step == "withdraw" else accept_file
            act(other.lake, profile, rows[0], "yes")

        return lambda: one.ingest(0), second

    def check(root: Path) -> None:
        pipeline = pipeline_at(root)
        assert refs(pipeline) == (["B"] if step == "withdraw" else ["A", "B"]), root
        expected = "WITHDRAWN" if step == "withdraw" else "ACCEPTED"
        (row,) = pipeline.lake.read_rows(STATEMENT_FILES, part="bj1-00")
        assert row["status"] == expected, root

    assert orders(monkeypatch, work, tmp_path, check) >= 4


@pytest.mark.nightly
def test_two_snapshots_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pipeline_at: Callable[..., PipelineFixture]
) -> None:
    """One is in force, and the lake has its rows only."""

    def work(root: Path) -> tuple[Callable[[], object], Callable[[], object]]:
        one = pipeline_at(root)
        one.write_snapshot(0, file_txn("A"))

        def second() -> None:
            other = pipeline_at(root)
            other.write_snapshot(0, file_txn("B"), file_txn("C"))
            other.ingest(0)

        return lambda: one.ingest(0), second

    def check(root: Path) -> None:
        lake = pipeline_at(root).lake
        (row,) = lake.read_rows(SNAPSHOT_FILES, status="ACCEPTED")
        assert lake.count_rows_by_file(INTERNAL_TRANSACTIONS, day(0)) == {
            row["file_id"]: row["line_count"]
        }, root

    assert orders(monkeypatch, work, tmp_path, check) >= 3


def test_one_snapshot_by_two_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pipeline_at: Callable[..., PipelineFixture]
) -> None:
    """The same bytes are version 1, whoever recorded them first and whoever read them."""

    def work(root: Path) -> tuple[Callable[[], object], Callable[[], object]]:
        one = pipeline_at(root)
        one.write_snapshot(0, file_txn("A"))
        return lambda: one.ingest(0), lambda: pipeline_at(root).ingest(0)

    def check(root: Path) -> None:
        rows = pipeline_at(root).lake.read_rows(SNAPSHOT_FILES)
        assert [(row["version"], row["status"]) for row in rows] == [(1, "ACCEPTED")], root

    assert orders(monkeypatch, work, tmp_path, check) >= 3


def test_three_people_decide_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pipeline_at: Callable[..., PipelineFixture]
) -> None:
    """Of two proposals on one row one counts, of three approvals at once one; the others are
    refused by name.
    """
    pipeline = pipeline_at(tmp_path)
    pipeline.write_statement(0, file_line("A", "9.99"), name="bj1-00.csv")
    pipeline.write_snapshot(0, file_txn("A"))
    pipeline.ingest(0)
    pipeline.match(0)
    lake = pipeline.lake
    refused: list[str] = []

    def attempt(step: Callable[[], object]) -> None:
        try:
            step()
        except TieoutError as fault:
            refused.append(type(fault).__name__)

    def propose_by(name: str) -> Callable[[], object]:
        return lambda: propose_by_ids(lake, Effect.ACCEPT, "A", by=name)

    with other_first(monkeypatch, 1, propose_by("ann")):
        attempt(propose_by("bob"))
    (proposal,) = lake.read_rows(DECISIONS)
    assert (proposal["actor"], refused) == ("ann", ["DecisionRefused"])

    def approve_by(name: str) -> Callable[[], object]:
        return lambda: approve(lake, proposal["decision_id"], name)

    def two_others() -> None:
        approve_by("eve")()
        with pytest.raises(DecisionRefused):
            approve_by("dan")()

    with other_first(monkeypatch, 1, two_others):
        attempt(approve_by("cho"))
    assert [row["actor"] for row in lake.read_rows(DECISIONS, step="APPROVED")] == ["eve"]
    assert refused == ["DecisionRefused"] * 2
