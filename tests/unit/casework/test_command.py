"""`tieout breaks` on a lake that another process filled; none of it opens an engine."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from jobs import breaks
from jobs.casework.book import BreakBook
from jobs.lake.changes.channel_days import DaysChange, change_arrow_days
from jobs.lake.tables import Lake
from jobs.lake.write_checks import rows_to_arrow
from jobs.reports.labels import REASON_LABELS
from schemas.dates import OPEN_MONTH
from schemas.profile.match_rules import Window
from schemas.tables import BREAK_EVENTS, BREAK_NOTES, BREAKS, RUNS
from tests.support.break_runs import break_row
from tests.support.followup_ledger import pair
from tests.support.ledger import day, internal_only_row, statement_only_row

PAGE = "channel: bank\nzone: UTC\nfirst_date: 2026-11-01\nstatement: none\n"
Row = dict[str, Any]
Tieout = Callable[..., tuple[int, Row]]


def no_engine() -> Any:
    raise AssertionError("an engine is opened")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration and a lake with three breaks.

    A opened on day 0 with 10.00 at stake and is closed on day 3, U opened on day 1 with 5.00 USD;
    L, 25.00, opened on day 3, the latest run.
    """
    root = tmp_path_factory.mktemp("filled")
    (root / "config" / "channels").mkdir(parents=True)
    (root / "config" / "channels" / "bank.yaml").write_text(PAGE)
    lake = Lake(no_engine, str(root / "lake")).prepare()
    dollars = {"currency": "USD", "internal_currency": "USD"}
    runs: dict[int, list[Row]] = {
        0: [internal_only_row("A", 1_000)],
        1: [internal_only_row("U", 500, **dollars)],
        3: [statement_only_row("L", 2_500), pair("A", reasons=["LATE"])],
    }
    book = BreakBook([], Window(), {})
    events = {}
    for on, rows in runs.items():
        told = book.run(day(on), [break_row(row) for row in rows])
        events[day(on)] = rows_to_arrow(BREAK_EVENTS, told)
    change_arrow_days(lake, BREAK_EVENTS, "bank", lambda _: DaysChange(events))
    months: dict[date, list[Row]] = {}
    for row in book.breaks.values():
        month = row["closed_on"].replace(day=1) if row["closed_on"] else OPEN_MONTH
        months.setdefault(month, []).append(row | {"closed_month": month})
    change = DaysChange({month: rows_to_arrow(BREAKS, rows) for month, rows in months.items()})
    change_arrow_days(lake, BREAKS, "bank", lambda _: change)
    matched = {"job": "match", "channel": "bank", "business_date": day(3), "result": "DONE",
               "ended_at": datetime(2026, 11, 30, tzinfo=UTC)}  # fmt: skip
    lake.append_rows(RUNS, [matched | {"versions_written": {"outcomes": 0}}])
    return root


@pytest.fixture
def tieout(filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Tieout:
    """Runs `tieout breaks` on a copy of it; returns its exit status and its JSON."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)

    def run(*words: str) -> tuple[int, Row]:
        places = ["--lake", str(tmp_path / "lake"), "--config", str(tmp_path / "config")]
        status = breaks.main([*words, *places])
        return status, dict(json.loads(capsys.readouterr().out.splitlines()[-1]))

    return run


def listed(tieout: Tieout, *words: str) -> list[str]:
    """The transactions or lines that a list shows, in its order."""
    status, body = tieout(*words)
    assert status == 0
    assert body["count"] == len(body["breaks"])
    return [row["txn_id"] or row["line_id"] for row in body["breaks"]]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ((), ["f:L", "A", "U"]),
        (("--open",), ["f:L", "U"]),
        (("--since", str(day(1))), ["f:L", "U"]),
        (("--older-than", "1"), ["A", "U"]),
        (("--older-than", "2"), ["A"]),
        (("--open", "--older-than", "2"), []),
        (("--reason", "STATEMENT_ONLY"), ["f:L"]),
        (("--owner", "ann"), []),
        (("--channel", "bank", "--open"), ["f:L", "U"]),
    ],
)
def test_options(tieout: Tieout, words: tuple[str, ...], shown: list[str]) -> None:
    assert listed(tieout, *words) == shown


def test_sums_and_dates_that_are_not_counted(tieout: Tieout) -> None:
    """Most money first; of what is cut off the sums still tell."""
    status, body = tieout("list", "--limit", "1")
    assert status == 0
    assert (body["count"], len(body["breaks"])) == (3, 1)
    assert body["at_stake"] == {"CNY": 3_500, "USD": 500}
    assert body["breaks"][0]["age_days"] == 0
    assert body["stale"] == {"bank": [str(day(3))]}


def test_assign_and_note(tieout: Tieout, tmp_path: Path) -> None:
    """Rows are added, never changed; saying the same again adds none."""
    break_id = tieout("--reason", "STATEMENT_ONLY")[1]["breaks"][0]["break_id"]
    for name, is_known in (("Ann", False), ("Ann", True), ("bob", False)):
        status, body = tieout("assign", break_id, "--to", name, "--by", "cleo")
        assert (status, body["already"], body["break"]["owner"]) == (0, is_known, name)
    status, body = tieout("note", break_id, "asked, card 6222021234567890128", "--by", "cleo")
    assert status == 0
    assert listed(tieout, "--owner", "BOB") == ["f:L"]
    assert listed(tieout, "--owner", "Ann") == []
    rows = Lake(no_engine, str(tmp_path / "lake")).read_rows(BREAK_NOTES)
    rows.sort(key=lambda row: row["created_at"])
    assert [(row["step"], row["owner"], row["actor"]) for row in rows] == [
        ("ASSIGN", "Ann", "cleo"), ("ASSIGN", "bob", "cleo"), ("NOTE", None, "cleo")
    ]  # fmt: skip
    assert "6222021234567890128" not in str(rows)
    body = tieout("show", break_id)[1]
    assert [note["step"] for note in body["notes"]] == ["ASSIGN", "ASSIGN", "NOTE"]
    assert [event["event"] for event in body["events"]] == ["OPENED"]


def test_life_of_a_closed_break(tieout: Tieout) -> None:
    break_id = tieout("--older-than", "2")[1]["breaks"][0]["break_id"]
    body = tieout("show", break_id)[1]
    assert [(event["run_date"], event["event"]) for event in body["events"]] == [
        (str(day(0)), "OPENED"),
        (str(day(3)), "LATE_MATCH"),
    ]
    assert body["break"]["closed_by"] == "LATE_MATCH"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "nobody"), "nobody: there is no such break; `tieout breaks` lists the ids"),
        (("assign", "nobody", "--to", "ann"), "nobody: there is no such break"),
        (("assign", "nobody"), "assign takes ID --to NAME"),
        (("note", "nobody", " "), "the note is empty"),
        (("note", "nobody"), 'note takes ID "TEXT"'),
        (("list", "nobody"), "list takes no id"),
        (("--reason", "WRONG"), "--reason WRONG: no such code; one of OUT_OF_SCOPE"),
        (("--since", "soon"), "--since"),
        (("--older-than", "-1"), "--older-than -1 is below 0"),
        (("--limit", "0"), "--limit 0 is below 1"),
    ],
)
def test_what_is_refused(tieout: Tieout, words: tuple[str, ...], said: str) -> None:
    status, body = tieout(*words)
    assert status == 2
    assert any(said in error for error in body["errors"]), body["errors"]


def test_table_on_a_terminal(
    tieout: Tieout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Amounts in major units; the JSON has no rows then."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    places = ["--lake", str(tmp_path / "lake"), "--config", str(tmp_path / "config")]
    assert breaks.main(["--open", *places]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert "CNY 25.00" in lines[1]
    assert REASON_LABELS["STATEMENT_ONLY"] in lines[1]
    assert lines[0].split() == ["BREAK", "AGE", "DUE", "AT", "STAKE", "CHANNEL", "WHAT", "IS",
                                "WRONG", "REFERENCE", "OWNER", "STATE"]  # fmt: skip
    assert "2 breaks, CNY 25.00, USD 5.00 at stake" in lines
    assert "breaks" not in json.loads(last)
    assert breaks.main(["--owner", "ann", *places]) == 0
    assert capsys.readouterr().out.startswith("no breaks fit")
