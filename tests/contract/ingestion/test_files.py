"""The life of received files: parts, versions, what a person withdraws or accepts.

Channel bank; amounts in major units; T is 2026-11-16. A day's statement is a few visible lines.
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
from schemas.profile.day_parts import part_names
from schemas.tables import REJECTED_LINES, STATEMENT_FILES, STATEMENT_LINES
from tests.end_to_end.test_killed import Killed, dies
from tests.support.worlds import PAGE, World, day, line, txn

CENTRES = """
  pattern: "bank/{business_date:%Y-%m-%d}/{part}.csv"
  parts: {centres: [bj1, sh1], hours: "00-02"}"""
IN_PARTS = PAGE.replace('\n  pattern: "bank/{business_date:%Y-%m-%d}/*.csv*"', CENTRES)


def limited(limits: str) -> str:
    """The channel's page with some limits."""
    return PAGE.replace("\nlayout:", f"\n  {limits}\nlayout:", 1)


@pytest.fixture
def world(lake: Lake, tmp_path: Path) -> World:
    return World(tmp_path, lake)


def statuses(world: World) -> list[tuple[int, str]]:
    """Version and status of every reception but duplicates."""
    rows = world.lake.read_rows(STATEMENT_FILES)
    return sorted((r["version"], r["status"]) for r in rows if r["status"] != "DUPLICATE")


def refs(world: World, offset: int = 0) -> list[str]:
    """our_ref of the lines in force."""
    return sorted(r["our_ref"] for r in world.lake.read_day(STATEMENT_LINES, day(offset)).collect())


def version(world: World, number: int) -> dict:
    """The row of a version."""
    rows = world.lake.read_rows(STATEMENT_FILES, version=number)
    return next(row for row in rows if row["status"] != "DUPLICATE")


def page(world: World):
    return world.config.profiles["bank"]


# ---- parts ----------------------------------------------------------------------------------


def test_parts_by_rule() -> None:
    """144 parts are two short lists; the names are joined by a hyphen or what `join` says."""
    six = ["bj1", "bj2", "sh1", "sh2", "sz1", "sz2"]
    names = part_names({"centres": six, "hours": "00-23"})
    assert (len(names), names[0], names[1], names[-1]) == (144, "bj1-00", "bj1-01", "sz2-23")
    assert part_names({"a": ["x", "y"], "b": "1-2", "join": "_"}) == ("x_1", "x_2", "y_1", "y_2")
    assert part_names("08-10") == ("08", "09", "10")
    assert part_names(["00-23", "b"]) == ("00-23", "b")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"hours": "23-00"}, "the lower one first"),
        ({"hours": "0-23"}, "equally wide"),
        ({"hours": [0, 1]}, "put digits in quotes"),
        ({"a": "0000-9999", "b": "00-99"}, "1000000 parts"),
        (["a", "a"], "a part is named twice: a"),
        (["marker"], "a day without trades"),
    ],
)
def test_parts_that_are_no_rule(given: object, said: str) -> None:
    """What is wrong, and how it is written."""
    with pytest.raises(ValueError, match=said):
        part_names(given)
    from schemas.profile.channel import Files

    with pytest.raises(ValidationError, match=said):
        Files.model_validate({"pattern": "{business_date}/{part}", "parts": given})


@pytest.mark.sail_only
def test_a_day_in_parts_hour_by_hour(world: World) -> None:
    """Two centres, three hours: absent, incomplete with the missing parts named, whole."""
    world.profile(IN_PARTS)
    world.snapshot(0, txn("bj1-00"))
    said = []
    for hour in ("00", "01", "02"):
        states = world.ingest(0)[0].states["bank"]
        said.append((states.statement_state, len(states.missing), len(refs(world))))
        for centre in ("bj1", "sh1"):
            part = f"{centre}-{hour}"
            world.statement(0, line(part), name=f"{part}.csv")
    (world.inbox / "bank" / str(day(0)) / "sh1-02.csv").rename(world.root / "later.csv")
    summary = world.ingest(0)[0]
    assert f"STATEMENT_INCOMPLETE: bank {day(0)}: sh1-02" in summary.faults
    (world.root / "later.csv").rename(world.inbox / "bank" / str(day(0)) / "sh1-02.csv")
    last = world.ingest(0)[0].states["bank"]
    said.append((last.statement_state, len(last.missing), len(refs(world))))
    assert said == [("absent", 6, 0), ("incomplete", 4, 2), ("incomplete", 2, 4), ("whole", 0, 6)]


@pytest.mark.sail_only
def test_many_parts_are_one_commit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many parts come: lines, rejected lines and rows are written once each, rows twice;
    statement_files is read twice, for the day and for the same bytes elsewhere.
    """
    world.profile(IN_PARTS)
    for part in page(world).files.parts:
        world.statement(0, line(part), name=f"{part}.csv")
    versions = [world.lake.version(each) for each in (STATEMENT_LINES, STATEMENT_FILES)]
    reads = []
    whole = world.lake.read_rows
    monkeypatch.setattr(world.lake, "read_rows", lambda *a, **k: reads.append(a) or whole(*a, **k))
    receive_day(world.lake, page(world), Storage(str(world.inbox)), day(0))
    now = [world.lake.version(each) for each in (STATEMENT_LINES, STATEMENT_FILES)]
    assert [new - old for new, old in zip(now, versions, strict=True)] == [1, 2]
    assert len(reads) == 2


@pytest.mark.sail_only
def test_zero_trade(world: World) -> None:
    """A file with its header alone: the day is whole, and said to be without trades."""
    world.statement(0)
    assert world.ingest(0)[0].states["bank"].statement_state == "zero-trade"


@pytest.mark.sail_only
def test_a_marker_makes_a_day_of_parts_whole(world: World) -> None:
    """No part, but the file that says so: whole without trades, in the export's summary as well."""
    marked = IN_PARTS.replace(
        "\n  parts:", '\n  marker: "bank/{business_date:%Y-%m-%d}/none.txt"\n  parts:'
    )
    world.profile(marked)
    world.file(f"bank/{day(0)}/none.txt", "no trades")
    assert world.ingest(0)[0].states["bank"].statement_state == "zero-trade"
    rows = world.lake.read_rows(STATEMENT_FILES)
    assert describe_inputs(rows, [], page(world).files)["statement"]["state"] == "WHOLE"


# ---- versions -------------------------------------------------------------------------------


@pytest.mark.sail_only
def test_what_changed_between_versions(world: World) -> None:
    """A stays, B is 1 fen less, C is gone, D is new; N has no channel_ref and stays all the same,
    though it moves; the sum of it all by currency.
    """
    bare = line("N", "3.00", channel_ref=None)
    world.statement(0, line("A"), line("B"), line("C", "7.00"), bare)
    world.ingest(0)
    world.statement(0, bare, line("D", "2.00"), line("B", "9.99"), line("A"))
    world.ingest(0)
    rows, told = list_versions(world.lake, world.config, day(0))
    assert [row["status"] for row in rows] == ["SUPERSEDED", "ACCEPTED"]
    assert rows[0]["changes"] is None
    changes = rows[1]["changes"]
    counts = {name: changes[name] for name in ("against", "added", "gone", "changed", "same")}
    assert counts == {"against": 1, "added": 1, "gone": 1, "changed": 1, "same": 2}
    assert changes["amounts"] == {"CNY": 200 - 700 - 1}
    shown = [each.strip() for each in told]
    assert "added   PAYMENT C-D: line 3 SUCCEEDED CNY 2.00 fee 0.06" in shown
    assert "gone    PAYMENT C-C: was line 4 SUCCEEDED CNY 7.00 fee 0.06" in shown
    assert (
        "changed PAYMENT C-B: line 4 SUCCEEDED CNY 9.99 fee 0.06,"
        " was line 3 SUCCEEDED CNY 10.00 fee 0.06"
    ) in shown
    assert shown[0] == f"bank {day(0)}  whole"
    json.dumps(rows, default=str)


def many(count: int, amount: str = "10.00") -> list[dict]:
    return [line(f"A{number:02}", amount) for number in range(count)]


@pytest.mark.sail_only
def test_a_version_that_shrinks(world: World) -> None:
    """Twenty lines, then seventeen: set aside, version 1 stays; what is missing can be looked at;
    a person accepts it, and it is in force.
    """
    world.profile(limited("shrink_max: 0.1"))
    world.statement(0, *many(20))
    world.ingest(0)
    world.statement(0, *many(17))
    summary = world.ingest(0)[0]
    assert statuses(world) == [(1, "ACCEPTED"), (2, "QUARANTINED")]
    assert len(refs(world)) == 20
    row = version(world, 2)
    assert "SHRUNK: bank/2026-11-16/lines.csv: 17 lines instead of 20, CNY 17,000" in row["reason"]
    assert row["reason"] in summary.faults
    assert list_versions(world.lake, world.config, day(0))[0][1]["changes"]["gone"] == 3
    world.ingest(0)
    assert statuses(world) == [(1, "ACCEPTED"), (2, "QUARANTINED")], "read again, still too small"
    done = accept_file(world.lake, page(world), version(world, 2), "by ann at noon: mail")
    assert (done["status"], done["reason"]) == ("ACCEPTED", "ACCEPTED_BY_HAND by ann at noon: mail")
    assert statuses(world) == [(1, "SUPERSEDED"), (2, "ACCEPTED")]
    assert len(refs(world)) == 17
    world.ingest(0)
    assert statuses(world) == [(1, "SUPERSEDED"), (2, "ACCEPTED")]


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
def test_how_far_a_version_may_shrink(
    world: World, limits: str, before: list[dict], after: list[dict], status: str
) -> None:
    """By lines or by money without its sign, up to and with the limit; any size where none is
    written.
    """
    world.profile(limited(limits))
    world.statement(0, *before)
    world.ingest(0)
    world.statement(0, *after)
    world.ingest(0)
    assert version(world, 2)["status"] == status


@pytest.mark.sail_only
def test_versions_at_once_are_judged_as_one_after_another(world: World) -> None:
    """Twenty lines and seventeen come together: as if the second had come an hour later."""
    import os

    world.profile(limited("shrink_max: 0.1"))
    first = world.statement(0, *many(20), name="a.csv")
    os.utime(first, (1_000_000, 1_000_000))
    world.statement(0, *many(17), name="b.csv")
    world.ingest(0)
    assert statuses(world) == [(1, "ACCEPTED"), (2, "QUARANTINED")]
    assert len(refs(world)) == 20


# ---- withdrawn ------------------------------------------------------------------------------


@pytest.mark.sail_only
def test_a_file_is_withdrawn(world: World) -> None:
    """Its lines go, the row says why; the same bytes do not land again; the match replays."""
    world.statement(0, line("A"))
    world.snapshot(0, txn("A"))
    world.ingest(0)
    world.match(0)
    assert world.outcomes(0, "outcome") == [("MATCHED",)]
    withdraw_file(world.lake, page(world), version(world, 1), "by ann at noon: not ours")
    row = version(world, 1)
    assert (row["status"], row["reason"]) == ("WITHDRAWN", "WITHDRAWN by ann at noon: not ours")
    assert refs(world) == []
    state = world.ingest(0)[0].states["bank"]
    assert (refs(world), state.result) == ([], "STATEMENT_MISSING")
    again = world.lake.read_rows(STATEMENT_FILES, status="DUPLICATE")
    assert [each["reason"] for each in again] == [
        "the same bytes as version 1, which was withdrawn"
    ]
    # Another date is asked for: the withdrawn one is run as well, by itself.
    world.match(1)
    assert world.outcomes(0, "outcome", "reasons") == [("SUSPENSE", "INTERNAL_ONLY")]


@pytest.mark.sail_only
def test_an_older_version_comes_back_only_when_it_is_accepted(world: World) -> None:
    """Version 2 is withdrawn: nothing is in force, version 1 stays superseded until a person
    accepts it; while another is in force none is taken.
    """
    world.statement(0, line("A"))
    world.ingest(0)
    world.statement(0, line("WRONG"))
    world.ingest(0)
    with pytest.raises(VersionRefused, match="version 2\\) is in force; withdraw it first"):
        accept_file(world.lake, page(world), version(world, 1), "now")
    withdraw_file(world.lake, page(world), version(world, 2), "now: wrong")
    assert statuses(world) == [(1, "SUPERSEDED"), (2, "WITHDRAWN")]
    world.ingest(0)
    assert refs(world) == []
    accept_file(world.lake, page(world), version(world, 1), "now: right one")
    assert statuses(world) == [(1, "ACCEPTED"), (2, "WITHDRAWN")]
    world.ingest(0)
    assert refs(world) == ["A"]


@pytest.mark.sail_only
def test_withdrawn_bytes_land_under_the_right_day(world: World) -> None:
    """A file named after the wrong day: withdrawn there, it lands where it belongs, once."""
    near = line("A", traded_at=f"{day(0)} 23:59:00")
    path = world.statement(1, near)
    world.ingest(1)
    withdraw_file(world.lake, page(world), version(world, 1), "now: it is of the day before")
    world.file(f"bank/{day(0)}/lines.csv", path.read_bytes())
    world.ingest(0, 1)
    assert (refs(world, 0), refs(world, 1)) == (["A"], [])
    row = world.lake.read_rows(STATEMENT_FILES, business_date=day(1), status="WITHDRAWN")[0]
    with pytest.raises(VersionRefused, match="DUPLICATE_CONTENT"):
        accept_file(world.lake, page(world), row, "now")


@pytest.mark.sail_only
def test_only_limits_are_overruled(world: World) -> None:
    """A file that does not add up is not accepted by hand, nor withdrawn twice."""
    world.statement(0, line("A", kind="GIFT"))
    world.ingest(0)
    assert world.lake.read_day(REJECTED_LINES, day(0)).count() == 1
    with pytest.raises(VersionRefused, match="it was refused as REJECTED_LINES"):
        accept_file(world.lake, page(world), version(world, 1), "now")
    withdraw_file(world.lake, page(world), version(world, 1), "now")
    assert world.lake.read_day(REJECTED_LINES, day(0)).count() == 0
    assert world.ingest(0)[0].channels["bank"].reasons == [], "nobody is told of it any more"
    with pytest.raises(VersionRefused, match="it is WITHDRAWN, there is nothing to withdraw"):
        withdraw_file(world.lake, page(world), version(world, 1), "now")


# ---- killed ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.sail_only
@pytest.mark.parametrize("step", ["withdraw", "accept"])
def test_killed_while_a_person_decides(spark, tmp_path: Path, step: str) -> None:
    """Dead before or after each write of withdraw and accept: the next ingest ends it, though the
    file is not in the inbox any more.
    """
    for dies_at in range(1, 5):
        for after in (False, True):
            root = tmp_path / f"{dies_at}-{after}"
            world = World(root, Lake(spark, str(root / "lake")).prepare())
            world.statement(0, *many(20), line("X", kind="GIFT"))
            world.profile(limited("rejected_share_max: 0.5\n  shrink_max: 0.1"))
            world.ingest(0)
            world.statement(0, *many(10))
            world.ingest(0)
            row = version(world, 1 if step == "withdraw" else 2)
            (world.inbox / "bank" / str(day(0)) / "lines.csv").unlink()
            if step == "withdraw":
                withdraw_file(world.lake, page(world), version(world, 2), "now")
            dies(world.lake, dies_at, after)
            do = withdraw_file if step == "withdraw" else accept_file
            with pytest.raises(Killed):
                do(world.lake, page(world), row, "now")
            world.lake = Lake(spark, str(root / "lake")).prepare()
            world.ingest(0)
            if dies_at == 1 and not after:
                continue  # nothing was written, nothing is done
            ended = [(1, "WITHDRAWN"), (2, "WITHDRAWN")]
            ended = ended if step == "withdraw" else [(1, "SUPERSEDED"), (2, "ACCEPTED")]
            assert statuses(world) == ended, (dies_at, after)
            assert len(refs(world)) == (0 if step == "withdraw" else 10), (dies_at, after)
            if step == "withdraw":
                assert world.lake.read_day(REJECTED_LINES, day(0)).count() == 0


@pytest.mark.sail_only
def test_a_file_left_unread_is_read_from_the_archive(world: World) -> None:
    """Killed between lines and rows, and the inbox is emptied: the next ingest finishes it."""
    path = world.statement(0, line("A"))
    dies(world.lake, 2, True)
    with pytest.raises(Killed):
        world.ingest(0)
    path.unlink()
    world.lake = Lake(world.lake.spark, world.lake.uri).prepare()
    assert statuses(world) == [(1, "RECEIVED")]
    world.ingest(0)
    assert (statuses(world), refs(world)) == ([(1, "ACCEPTED")], ["A"])


# ---- the command ----------------------------------------------------------------------------


def asked(world: World, *words: str, reason: str = "") -> Request:
    """What the command line makes of it."""
    return Request("files", world.lake.uri, None, world.config, (day(0),), "sail", True,
                   positionals=words, actor="ann", reason=reason)  # fmt: skip


@pytest.mark.sail_only
def test_the_words_of_the_command(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking, withdrawing by the first digits, and what is refused."""
    monkeypatch.setattr(command, "open_lake", lambda *_, **__: _open(world.lake))
    world.statement(0, line("A"))
    world.ingest(0)
    file_id = version(world, 1)["file_id"]
    looked = command.execute_request(asked(world))
    assert looked.lines[0] == f"bank {day(0)}  whole" and file_id[:12] in looked.lines[1]
    for words, said in (
        (("withdraw",), "use `files` alone"),
        (("withdraw", file_id), "--reason TEXT is missing"),
    ):
        with pytest.raises(VersionRefused, match=said):
            command.execute_request(asked(world, *words))
    with pytest.raises(VersionRefused, match="give at least 8 digits"):
        command.execute_request(asked(world, "withdraw", file_id[:5], reason="x"))
    with pytest.raises(VersionRefused, match="no such file"):
        find_file(world.lake, "f" * 64)
    with pytest.raises(VersionRefused, match="--business-date is missing"):
        command.execute_request(replace(asked(world), dates=()))
    done = command.execute_request(asked(world, "withdraw", file_id[:8], reason="not ours"))
    assert done.body["files"][0]["status"] == "WITHDRAWN"
    reason = version(world, 1)["reason"]
    assert reason.startswith("WITHDRAWN by ann at 20") and reason.endswith(": not ours")


def _open(lake: Lake):
    from contextlib import nullcontext

    return nullcontext(lake)
