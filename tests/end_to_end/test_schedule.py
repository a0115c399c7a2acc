"""`tieout schedule progress` and the summary of `run`, as Airflow reads them: a day as it comes."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.__main__ import main
from tests.support.airflow_days import (
    write_lines,
    write_pages,
    write_snapshot,
    write_statement,
)

DAY = "2026-11-22"


def run_command(capsys: pytest.CaptureFixture[str], root: Path, *words: str) -> dict[str, Any]:
    """Runs a command on the folders below the root; returns its JSON summary."""
    places = [word for name in ("lake", "config", "inbox")
              for word in (f"--{name}", str(root / name))]  # fmt: skip
    main([*words, *places, "--business-date", DAY])
    summary: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return summary


def test_progress_of_a_day_as_it_comes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing has come; then a good statement and one whose trailer is wrong; then all has run.

    shop   one line matches
    till   its file is refused at ingest, and its match lacks the statement
    """
    write_pages(tmp_path, {"shop": "", "till": ""}, "Asia/Shanghai", DAY)
    (tmp_path / "inbox").mkdir()
    progress = run_command(capsys, tmp_path, "schedule", "progress")
    waits = {name: (channel["awaited"], channel["awaited_ours"], channel["is_exported"])
             for name, channel in progress["channels"].items()}  # fmt: skip
    assert waits == {"shop": (["all"], ["all"], False), "till": (["all"], ["all"], False)}
    write_statement(tmp_path, "shop", DAY, ["09:00:00,S1,A1,100.00,0.60"])
    write_lines(tmp_path / f"inbox/till/{DAY}.csv", [
        "time,ours,theirs,amount,fee", f"{DAY} 09:00:00,S2,B1,8.00,0.05", "total,2,8.00",
    ])  # fmt: skip
    write_snapshot(tmp_path, DAY, [("S1", "shop", "100.00"), ("S2", "till", "8.00")])
    progress = run_command(capsys, tmp_path, "schedule", "progress")
    assert {one["channel"]: one["channels"] for one in progress["arrived"]} == {
        "shop": ["shop"], "till": ["till"], "snapshot": ["shop", "till"],
    }  # fmt: skip
    assert not any(channel["awaited"] for channel in progress["channels"].values())
    run = run_command(capsys, tmp_path, "run", "--no-quality", "--engine", "sail")
    found = [(each["step"], each["message"].split(":")[0]) for each in run["stopped"]]
    assert run["exit"] == 3
    assert ("ingest", "TOTALS_DIFFER") in found
    assert ("match", "STATEMENT_REFUSED") in found
    assert {step for step, _ in found} == {"ingest", "match"}
    progress = run_command(capsys, tmp_path, "schedule", "progress")
    shop, till = progress["channels"]["shop"], progress["channels"]["till"]
    assert (shop["is_exported"], shop["counts"]["matched"]) == (True, 1)
    assert shop["results"]["match"] == "DONE"
    assert (till["awaited"], till["results"]["match"]) == ([], "STATEMENT_REFUSED")
    assert progress["arrived"] == []


def test_a_wrong_date_and_a_place_that_is_missing_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2, with every fault."""
    monkeypatch.delenv("TIEOUT_LAKE", raising=False)
    monkeypatch.delenv("TIEOUT_CONFIG", raising=False)
    assert main(["schedule", "write"]) == 2
    errors = json.loads(capsys.readouterr().out)["errors"]
    assert [error.split()[0] for error in errors] == ["--lake", "--config"]
    write_pages(tmp_path, {"shop": ""}, "Asia/Shanghai", DAY)
    (tmp_path / "inbox").mkdir()
    places = [word for name in ("lake", "config", "inbox")
              for word in (f"--{name}", str(tmp_path / name))]  # fmt: skip
    assert main(["schedule", "progress", *places, "--business-date", "today"]) == 2
    assert "'today' is not a date" in capsys.readouterr().out
    broken = tmp_path / "config/schedule.json"
    broken.write_text("{", "utf-8")
    assert main(["schedule", "write", *places[:4]]) == 2
    assert "this is no plan" in capsys.readouterr().out
