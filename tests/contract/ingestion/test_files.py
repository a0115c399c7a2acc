"""The states of received files: parts, versions, files that a person withdraws or accepts.

Channel bank; amounts in major units; T is 2026-11-16. The tests show every line of a statement.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from jobs import files as command
from jobs.cli.arguments import Request
from jobs.exports.summary import describe_inputs
from jobs.files import list_versions
from jobs.ingestion.manual_review import accept_file, find_file, withdraw_file
from jobs.ingestion.receive_statements import receive_day
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.errors import VersionRefused
from schemas.profile.channel import Snapshots
from schemas.profile.day_parts import part_names
from schemas.tables import REJECTED_LINES, STATEMENT_FILES, STATEMENT_LINES
from tests.end_to_end.test_killed import Killed, kill_at_write
from tests.support.first_by_day import first_by_day
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture

CENTRES = """
  pattern: "bank/{business_date:%Y-%m-%d}/{part}.csv"
  parts: {centres: [bj1, sh1], hours: "00-02"}"""
IN_PARTS = PAGE.replace('\n  pattern: "bank/{business_date:%Y-%m-%d}/*.csv*"', CENTRES)


def page_with_limits(limits: str) -> str:
    """The channel's page with more keys below `files`."""
    return PAGE.replace("\nlayout:", f"\n  {limits}\nlayout:", 1)


@pytest.fixture
def pipeline(lake: Lake, tmp_path: Path) -> PipelineFixture:
    return PipelineFixture(tmp_path, lake)


def statuses(pipeline: PipelineFixture) -> list[tuple[int, str]]:
    """Version and status of every file row, without duplicates."""
    rows = pipeline.lake.read_rows(STATEMENT_FILES)
    return sorted((r["version"], r["status"]) for r in rows if r["status"] != "DUPLICATE")


def refs(pipeline: PipelineFixture, offset: int = 0) -> list[str]:
    """our_ref of the lines in force."""
    return sorted(
        r["our_ref"] for r in pipeline.lake.read_day(STATEMENT_LINES, day(offset)).collect()
    )


def version(pipeline: PipelineFixture, number: int) -> dict:
    """The row of a version."""
    rows = pipeline.lake.read_rows(STATEMENT_FILES, version=number)
    return next(row for row in rows if row["status"] != "DUPLICATE")


def page(pipeline: PipelineFixture):
    return pipeline.config.profiles["bank"]


# ---- parts ----------------------------------------------------------------------------------


def test_parts_rule_combines_every_value() -> None:
    """Two short lists give 144 parts, joined by a hyphen or by `join`."""
    six = ["bj1", "bj2", "sh1", "sh2", "sz1", "sz2"]
    names = part_names({"centres": six, "hours": "00-23"})
    assert (len(names), names[0], names[1], names[-1]) == (144, "bj1-00", "bj1-01", "sz2-23")
    assert part_names({"a": ["x", "y"], "b": "1-2", "join": "_"}) == ("x_1", "x_2", "y_1", "y_2")
    assert part_names("08-10") == ("08", "09", "10")
    assert part_names(["00-23", "b"]) == ("00-23", "b")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"hours": "23-00"}, "the lower one first"),
        ({"hours": "0-23"}, "equally wide"),
        ({"hours": [0, 1]}, "put digits in quotes"),
        ({"a": "0000-9999", "b": "00-99"}, "1000000 parts"),
        (["a", "a"], "a part is named twice: a"),
        (["marker"], "a day without trades"),
    ],
)
def test_invalid_parts_rule_is_refused(parts: object, message: str) -> None:
    """The message says what is wrong and how to write it."""
    with pytest.raises(ValueError, match=message):
        part_names(parts)
    from schemas.profile.channel import Files

    with pytest.raises(ValidationError, match=message):
        Files.model_validate({"pattern": "{business_date}/{part}", "parts": parts})


@pytest.mark.sail_only
def test_day_in_parts_is_absent_then_incomplete_then_whole(pipeline: PipelineFixture) -> None:
    """Two centres send three hours each; the state counts the missing parts."""
    pipeline.write_profile(IN_PARTS)
    pipeline.write_snapshot(0, file_txn("bj1-00"))
    day_states = []
    for hour in ("00", "01", "02"):
        state = pipeline.ingest(0)[0].states["bank"]
        day_states.append((state.statement_state, len(state.missing), len(refs(pipeline))))
        for centre in ("bj1", "sh1"):
            part = f"{centre}-{hour}"
            pipeline.write_statement(0, file_line(part), name=f"{part}.csv")
    (pipeline.inbox / "bank" / str(day(0)) / "sh1-02.csv").rename(pipeline.root / "later.csv")
    summary = pipeline.ingest(0)[0]
    pattern = f"bank/{day(0)}/{{part}}.csv"
    fault = f"STATEMENT_INCOMPLETE: bank {day(0)}: sh1-02; no file came that fits {pattern}"
    assert fault in summary.faults
    (pipeline.root / "later.csv").rename(pipeline.inbox / "bank" / str(day(0)) / "sh1-02.csv")
    last = pipeline.ingest(0)[0].states["bank"]
    day_states.append((last.statement_state, len(last.missing), len(refs(pipeline))))
    assert day_states == [
        ("absent", 6, 0),
        ("incomplete", 4, 2),
        ("incomplete", 2, 4),
        ("whole", 0, 6),
    ]


@pytest.mark.sail_only
def test_many_parts_are_one_commit(
    pipeline: PipelineFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many parts arrive, ingest writes lines once and file rows twice.

    It reads statement_files twice: for the day, and for the same bytes elsewhere.
    """
    pipeline.write_profile(IN_PARTS)
    for part in page(pipeline).files.parts:
        pipeline.write_statement(0, file_line(part), name=f"{part}.csv")
    versions = [pipeline.lake.version(each) for each in (STATEMENT_LINES, STATEMENT_FILES)]
    reads = []
    read_rows = pipeline.lake.read_rows
    monkeypatch.setattr(
        pipeline.lake, "read_rows", lambda *a, **k: reads.append(a) or read_rows(*a, **k)
    )
    receive_day(pipeline.lake, page(pipeline), Storage(str(pipeline.inbox)), day(0))
    now = [pipeline.lake.version(each) for each in (STATEMENT_LINES, STATEMENT_FILES)]
    assert [new - old for new, old in zip(now, versions, strict=True)] == [1, 2]
    assert len(reads) == 2


@pytest.mark.sail_only
def test_file_with_only_a_header_is_a_zero_trade_day(pipeline: PipelineFixture) -> None:
    pipeline.write_statement(0)
    assert pipeline.ingest(0)[0].states["bank"].statement_state == "zero-trade"


@pytest.mark.sail_only
def test_marker_makes_a_day_of_parts_whole(pipeline: PipelineFixture) -> None:
    """Without any part, a marker file makes the day whole, in the export's summary too."""
    with_marker = IN_PARTS.replace(
        "\n  parts:", '\n  marker: "bank/{business_date:%Y-%m-%d}/none.txt"\n  parts:'
    )
    pipeline.write_profile(with_marker)
    pipeline.write_file(f"bank/{day(0)}/none.txt", "no trades")
    assert pipeline.ingest(0)[0].states["bank"].statement_state == "zero-trade"
    rows = pipeline.lake.read_rows(STATEMENT_FILES)
    inputs = describe_inputs(rows, [], page(pipeline), Snapshots())
    assert inputs["statement"]["state"] == "WHOLE"


# ---- versions -------------------------------------------------------------------------------


@pytest.mark.sail_only
def test_versions_are_compared_line_by_line(pipeline: PipelineFixture) -> None:
    """A stays, B is 1 fen less, C is gone, D is new. N has no channel_ref and stays too, though it
    moves. `amounts` sum the changes by currency.
    """
    bare = file_line("N", "3.00", channel_ref=None)
    pipeline.write_statement(0, file_line("A"), file_line("B"), file_line("C", "7.00"), bare)
    pipeline.ingest(0)
    pipeline.write_statement(
        0, bare, file_line("D", "2.00"), file_line("B", "9.99"), file_line("A")
    )
    pipeline.ingest(0)
    rows, text = list_versions(pipeline.lake, pipeline.config, day(0))
    assert [row["status"] for row in rows] == ["SUPERSEDED", "ACCEPTED"]
    assert rows[0]["changes"] is None
    changes = rows[1]["changes"]
    counts = {name: changes[name] for name in ("against", "added", "gone", "changed", "same")}
    assert counts == {"against": 1, "added": 1, "gone": 1, "changed": 1, "same": 2}
    assert changes["amounts"] == {"CNY": 200 - 700 - 1}
    shown = [line_text.strip() for line_text in text]
    assert "added   PAYMENT C-D: line 3 SUCCEEDED CNY 2.00 fee 0.06" in shown
    assert "gone    PAYMENT C-C: was line 4 SUCCEEDED CNY 7.00 fee 0.06" in shown
    assert (
        "changed PAYMENT C-B: line 4 SUCCEEDED CNY 9.99 fee 0.06,"
        " was line 3 SUCCEEDED CNY 10.00 fee 0.06"
    ) in shown
    assert shown[0] == f"bank {day(0)}  whole"
    json.dumps(rows, default=str)


def many(count: int, amount: str = "10.00") -> list[dict]:
    return [file_line(f"A{number:02}", amount) for number in range(count)]


@pytest.mark.sail_only
def test_shrunk_version_is_quarantined_until_a_person_accepts_it(pipeline: PipelineFixture) -> None:
    """Twenty lines, then seventeen: version 1 stays in force, and `files` lists the missing lines.
    After a person accepts version 2, it is in force.
    """
    pipeline.write_profile(page_with_limits("shrink_max: 0.1"))
    pipeline.write_statement(0, *many(20))
    pipeline.ingest(0)
    pipeline.write_statement(0, *many(17))
    summary = pipeline.ingest(0)[0]
    assert statuses(pipeline) == [(1, "ACCEPTED"), (2, "QUARANTINED")]
    assert len(refs(pipeline)) == 20
    row = version(pipeline, 2)
    assert "SHRUNK: bank/2026-11-16/lines.csv: 17 lines instead of 20, CNY 17,000" in row["reason"]
    assert row["reason"] in summary.faults
    assert list_versions(pipeline.lake, pipeline.config, day(0))[0][1]["changes"]["gone"] == 3
    pipeline.ingest(0)
    assert statuses(pipeline) == [(1, "ACCEPTED"), (2, "QUARANTINED")], (
        "read again, still too small"
    )
    accepted = accept_file(
        pipeline.lake, page(pipeline), version(pipeline, 2), "by ann at noon: mail"
    )
    assert (accepted["status"], accepted["reason"]) == (
        "ACCEPTED",
        "ACCEPTED_BY_HAND by ann at noon: mail",
    )
    assert statuses(pipeline) == [(1, "SUPERSEDED"), (2, "ACCEPTED")]
    assert len(refs(pipeline)) == 17
    pipeline.ingest(0)
    assert statuses(pipeline) == [(1, "SUPERSEDED"), (2, "ACCEPTED")]


@pytest.mark.sail_only
@pytest.mark.parametrize(
    ("limits", "before", "after", "status"),
    [
        ("shrink_max: 0.2", many(5), many(4), "ACCEPTED"),
        ("shrink_max: 0.2", many(5), many(3), "QUARANTINED"),
        ("shrink_max: 0.2", many(5), many(5, "7.99"), "QUARANTINED"),
        ("shrink_max: 0.2", many(5), many(5, "-10.00"), "ACCEPTED"),
        ("due: '09:00'", many(5), many(1), "ACCEPTED"),
        ("due: '09:00'", many(20), [], "ACCEPTED"),
        ("shrink_max: 0", many(20), many(19), "QUARANTINED"),
    ],
)
def test_version_may_shrink_up_to_the_limit(
    pipeline: PipelineFixture, limits: str, before: list[dict], after: list[dict], status: str
) -> None:
    """By lines or by unsigned money, including the limit; any size if there is no limit."""
    pipeline.write_profile(page_with_limits(limits))
    pipeline.write_statement(0, *before)
    pipeline.ingest(0)
    pipeline.write_statement(0, *after)
    pipeline.ingest(0)
    assert version(pipeline, 2)["status"] == status


@pytest.mark.sail_only
def test_versions_of_one_ingest_are_checked_in_order(pipeline: PipelineFixture) -> None:
    """Twenty lines and seventeen arrive together: the second is compared with the first."""
    import os

    pipeline.write_profile(page_with_limits("shrink_max: 0.1"))
    first = pipeline.write_statement(0, *many(20), name="a.csv")
    os.utime(first, (1_000_000, 1_000_000))
    pipeline.write_statement(0, *many(17), name="b.csv")
    pipeline.ingest(0)
    assert statuses(pipeline) == [(1, "ACCEPTED"), (2, "QUARANTINED")]
    assert len(refs(pipeline)) == 20


# ---- withdraw and accept ---------------------------------------------------------------------


@pytest.mark.sail_only
def test_withdrawn_file_loses_its_lines(pipeline: PipelineFixture) -> None:
    """The row says why. The same bytes are a DUPLICATE, and the match runs the date again."""
    pipeline.write_statement(0, file_line("A"))
    pipeline.write_snapshot(0, file_txn("A"))
    pipeline.ingest(0)
    pipeline.match(0)
    assert pipeline.outcomes(0, "outcome") == [("MATCHED",)]
    withdraw_file(pipeline.lake, page(pipeline), version(pipeline, 1), "by ann at noon: not ours")
    row = version(pipeline, 1)
    assert (row["status"], row["reason"]) == ("WITHDRAWN", "WITHDRAWN by ann at noon: not ours")
    assert refs(pipeline) == []
    state = pipeline.ingest(0)[0].states["bank"]
    assert (refs(pipeline), state.result) == ([], "STATEMENT_MISSING")
    again = pipeline.lake.read_rows(STATEMENT_FILES, status="DUPLICATE")
    assert [row["reason"] for row in again] == ["the same bytes as version 1, which was withdrawn"]
    # The match of another date also runs the date of the withdrawn file.
    pipeline.match(1)
    assert pipeline.outcomes(0, "outcome", "reasons") == [("SUSPENSE", "INTERNAL_ONLY")]


@pytest.mark.sail_only
def test_older_version_returns_only_if_a_person_accepts_it(pipeline: PipelineFixture) -> None:
    """After version 2 is withdrawn, version 1 stays superseded until a person accepts it. A person
    cannot accept it while version 2 is in force.
    """
    pipeline.write_statement(0, file_line("A"))
    pipeline.ingest(0)
    pipeline.write_statement(0, file_line("WRONG"))
    pipeline.ingest(0)
    with pytest.raises(VersionRefused, match="version 2\\) is in force; withdraw it first"):
        accept_file(pipeline.lake, page(pipeline), version(pipeline, 1), "now")
    withdraw_file(pipeline.lake, page(pipeline), version(pipeline, 2), "now: wrong")
    assert statuses(pipeline) == [(1, "SUPERSEDED"), (2, "WITHDRAWN")]
    pipeline.ingest(0)
    assert refs(pipeline) == []
    accept_file(pipeline.lake, page(pipeline), version(pipeline, 1), "now: right one")
    assert statuses(pipeline) == [(1, "ACCEPTED"), (2, "WITHDRAWN")]
    pipeline.ingest(0)
    assert refs(pipeline) == ["A"]


@pytest.mark.sail_only
def test_withdrawn_bytes_are_accepted_for_the_right_day(pipeline: PipelineFixture) -> None:
    """A file has the wrong day in its name: a person withdraws it, and its own day accepts it."""
    late_line = file_line("A", traded_at=f"{day(0)} 23:59:00")
    path = pipeline.write_statement(1, late_line)
    pipeline.ingest(1)
    withdraw_file(
        pipeline.lake, page(pipeline), version(pipeline, 1), "now: it is of the day before"
    )
    pipeline.write_file(f"bank/{day(0)}/lines.csv", path.read_bytes())
    pipeline.ingest(0, 1)
    assert (refs(pipeline, 0), refs(pipeline, 1)) == (["A"], [])
    row = pipeline.lake.read_rows(STATEMENT_FILES, business_date=day(1), status="WITHDRAWN")[0]
    with pytest.raises(VersionRefused, match="DUPLICATE_CONTENT"):
        accept_file(pipeline.lake, page(pipeline), row, "now")


@pytest.mark.sail_only
def test_person_cannot_accept_rejected_lines(pipeline: PipelineFixture) -> None:
    pipeline.write_statement(0, file_line("A", kind="GIFT"))
    pipeline.ingest(0)
    assert pipeline.lake.read_day(REJECTED_LINES, day(0)).count() == 1
    with pytest.raises(VersionRefused, match="it was refused as REJECTED_LINES"):
        accept_file(pipeline.lake, page(pipeline), version(pipeline, 1), "now")
    withdraw_file(pipeline.lake, page(pipeline), version(pipeline, 1), "now")
    assert pipeline.lake.read_day(REJECTED_LINES, day(0)).count() == 0
    assert pipeline.ingest(0)[0].channels["bank"].reasons == [], "ingest reports it no more"


@pytest.mark.sail_only
@pytest.mark.parametrize("step", ["withdraw", "accept"])
def test_step_said_again_after_a_kill_is_done(
    pipeline: PipelineFixture, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The process dies after it wrote the row. The same command again finishes, a third one says
    that it is so already: exit 0, and the reason of the first.
    """
    pipeline.write_profile(page_with_limits("shrink_max: 0.1"))
    pipeline.write_statement(0, *many(20))
    pipeline.ingest(0)
    if step == "accept":
        pipeline.write_statement(0, *many(10))
        pipeline.ingest(0)
    row = version(pipeline, 2 if step == "accept" else 1)
    kill_at_write(pipeline.lake, 1, True)
    with pytest.raises(Killed):
        act = withdraw_file if step == "withdraw" else accept_file
        act(pipeline.lake, page(pipeline), row, "by ann: seen")
    pipeline.lake = Lake(pipeline.lake.spark, pipeline.lake.uri)
    monkeypatch.setattr(command, "open_lake", lambda *_, **__: _open(pipeline.lake))
    request = files_request(pipeline, step, row["file_id"], reason="again")
    for is_said_again in (step == "withdraw", True):
        report = command.execute_request(request)
        assert (report.exit_status, report.body["already"]) == (0, is_said_again)
        final = version(pipeline, row["version"])
        assert final["status"] == ("WITHDRAWN" if step == "withdraw" else "ACCEPTED")
        assert "by ann: seen" in final["reason"] and "again" not in final["reason"]
        assert len(refs(pipeline)) == (0 if step == "withdraw" else 10)
    assert "already; nothing changed" in report.lines[0]


# ---- killed ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.sail_only
@pytest.mark.parametrize("step", first_by_day("withdraw", "accept"))
def test_ingest_finishes_a_killed_withdraw_or_accept(spark, tmp_path: Path, step: str) -> None:
    """The process dies before or after each write. The next ingest finishes the work, although the
    file is no longer in the inbox.
    """
    for kill_at in range(1, 5):
        for after in (False, True):
            root = tmp_path / f"{kill_at}-{after}"
            pipeline = PipelineFixture(root, Lake(spark, str(root / "lake")).prepare())
            pipeline.write_statement(0, *many(20), file_line("X", kind="GIFT"))
            pipeline.write_profile(page_with_limits("rejected_share_max: 0.5\n  shrink_max: 0.1"))
            pipeline.ingest(0)
            pipeline.write_statement(0, *many(10))
            pipeline.ingest(0)
            row = version(pipeline, 1 if step == "withdraw" else 2)
            (pipeline.inbox / "bank" / str(day(0)) / "lines.csv").unlink()
            if step == "withdraw":
                withdraw_file(pipeline.lake, page(pipeline), version(pipeline, 2), "now")
            kill_at_write(pipeline.lake, kill_at, after)
            act = withdraw_file if step == "withdraw" else accept_file
            with pytest.raises(Killed):
                act(pipeline.lake, page(pipeline), row, "now")
            pipeline.lake = Lake(spark, str(root / "lake")).prepare()
            pipeline.ingest(0)
            if kill_at == 1 and not after:
                continue  # the process wrote nothing, so nothing is left to finish
            expected = [(1, "WITHDRAWN"), (2, "WITHDRAWN")]
            expected = expected if step == "withdraw" else [(1, "SUPERSEDED"), (2, "ACCEPTED")]
            assert statuses(pipeline) == expected, (kill_at, after)
            assert len(refs(pipeline)) == (0 if step == "withdraw" else 10), (kill_at, after)
            if step == "withdraw":
                assert pipeline.lake.read_day(REJECTED_LINES, day(0)).count() == 0


@pytest.mark.sail_only
def test_unfinished_file_is_read_from_the_archive(pipeline: PipelineFixture) -> None:
    """The process dies between lines and rows, and the inbox is empty: the next ingest finishes."""
    path = pipeline.write_statement(0, file_line("A"))
    kill_at_write(pipeline.lake, 3, True)
    with pytest.raises(Killed):
        pipeline.ingest(0)
    path.unlink()
    pipeline.lake = Lake(pipeline.lake.spark, pipeline.lake.uri).prepare()
    assert statuses(pipeline) == [(1, "RECEIVED")]
    pipeline.ingest(0)
    assert (statuses(pipeline), refs(pipeline)) == ([(1, "ACCEPTED")], ["A"])


# ---- the command ----------------------------------------------------------------------------


def files_request(pipeline: PipelineFixture, *words: str, reason: str = "") -> Request:
    """The request that the command line builds."""
    return Request("files", pipeline.lake.uri, None, pipeline.config, (day(0),), "sail", True,
                   positionals=words, actor="ann", reason=reason)  # fmt: skip


@pytest.mark.sail_only
def test_command_lists_withdraws_and_refuses(
    pipeline: PipelineFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lists files, withdraws one by its first digits, and refuses invalid arguments."""
    monkeypatch.setattr(command, "open_lake", lambda *_, **__: _open(pipeline.lake))
    pipeline.write_statement(0, file_line("A"))
    pipeline.ingest(0)
    file_id = version(pipeline, 1)["file_id"]
    listing = command.execute_request(files_request(pipeline))
    assert listing.lines[0] == f"bank {day(0)}  whole" and file_id[:12] in listing.lines[1]
    for words, message in (
        (("withdraw",), "use `files` alone"),
        (("withdraw", file_id), "--reason TEXT is missing"),
    ):
        with pytest.raises(VersionRefused, match=message):
            command.execute_request(files_request(pipeline, *words))
    with pytest.raises(VersionRefused, match="give at least 8 digits"):
        command.execute_request(files_request(pipeline, "withdraw", file_id[:5], reason="x"))
    with pytest.raises(VersionRefused, match="no such file"):
        find_file(pipeline.lake, "f" * 64)
    with pytest.raises(VersionRefused, match="--business-date is missing"):
        command.execute_request(replace(files_request(pipeline), dates=()))
    report = command.execute_request(
        files_request(pipeline, "withdraw", file_id[:8], reason="not ours")
    )
    assert report.body["files"][0]["status"] == "WITHDRAWN"
    reason = version(pipeline, 1)["reason"]
    assert reason.startswith("WITHDRAWN by ann at 20") and reason.endswith(": not ours")


def _open(lake: Lake):
    from contextlib import nullcontext

    return nullcontext(lake)
