"""A late file: the dates that match runs again have their fees checked and are exported anew."""

import json
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from jobs.__main__ import main
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture, statement_text

pytestmark = [pytest.mark.sail_only, pytest.mark.slow]

#: A refund returns the fee of its payment, at the payment's date.
RATE_CARD = f"""
channel: bank
entries:
  - {{name: old, rate: "0.0060", to: {day(0)}}}
  - {{name: new, rate: "0.0054", from: {day(1)}}}
"""
#: The refund's payment stands in the second version of day 0 only.
FIRST, LATE = file_line("S1"), file_line("S2", "100.00", fee="0.60", channel_ref="C2")
REFUND = file_line("R2", "-100.00", kind="REFUND", fee="-0.60", channel_ref="CR2")


def write_inbox(root: Path, *lines_of_day_0: dict[str, Any]) -> PipelineFixture:
    """Two days of a channel whose refunds name their payment; day 1 is the same each time."""
    page = PAGE.replace("kind: kind", "kind: kind\n    original_ref: original_ref")
    page = page.replace("internal: 2", "internal: 1")
    pipeline = PipelineFixture(root, None, page)  # type: ignore[arg-type]
    (root / "config/fee_schedules").mkdir(exist_ok=True)
    (root / "config/fee_schedules/bank.yaml").write_text(RATE_CARD)
    for offset, lines in enumerate((lines_of_day_0, (REFUND,))):
        head, *rows = statement_text(lines, day(offset)).splitlines()
        original = "C2" if offset else ""
        text = "\n".join([f"{head},original_ref", *(f"{row},{original}" for row in rows), ""])
        pipeline.write_file(f"bank/{day(offset)}/lines.csv", text)
    pipeline.write_snapshot(0, file_txn("S1"), file_txn("S2", "100.00"))
    pipeline.write_snapshot(1, file_txn("R2", "-100.00", kind="REFUND"))
    return pipeline


def run_job(
    pipeline: PipelineFixture,
    capsys: pytest.CaptureFixture[str],
    job: str,
    *more: str,
    status: int = 0,
) -> dict[str, Any]:
    """The summary of a command of day 0, which ends with `status`."""
    arguments = [job, "--lake", str(pipeline.root / "lake"), "--engine", "sail"]
    arguments += ["--config", str(pipeline.root / "config"), "--business-date", str(day(0)), *more]
    arguments += ["--inbox", str(pipeline.inbox)] if job in ("ingest", "run") else []
    arguments += ["--no-quality"] if job in ("ingest", "match", "run") else []
    assert main(arguments) == status
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def results(pipeline: PipelineFixture) -> dict[str, Any]:
    """Fees by table, the last status update of each subject, and the other exported files, without
    the id and the time of a file.
    """
    lake = pipeline.root / "lake"
    fees = {
        name: DeltaTable(lake / name).to_pyarrow_table().sort_by("business_date").to_pylist()
        for name in ("fee_checks", "fee_totals")
    }
    updates: dict[str, Any] = {}
    for path in sorted((lake / "exports/status_updates").rglob("*.jsonl")):
        for update in map(json.loads, path.read_text("utf-8").splitlines()):
            state = {key: update[key] for key in update if key not in ("sequence", "was")}
            updates[update.get("txn_id") or update["line_id"]] = state
    standing = {key: state for key, state in updates.items() if not state["withdrawn"]}
    files = {}
    for path in sorted((lake / "exports").rglob("*")):
        if path.suffix in (".csv", ".jsonl") and "status_updates" not in path.parts:
            rows = path.read_text("utf-8")
            for archived in (lake / "archive").rglob("*"):
                rows = rows.replace(archived.name, "FILE") if archived.is_file() else rows
            files[str(path.relative_to(lake))] = rows
    return fees | files | {"status_updates": standing}


def test_run_checks_and_exports_every_date_that_match_ran(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second version of day 0 settles S2 and has the payment of day 1's refund, at the old rate:
    after `run` of day 0 both days are as if all files had come in order.
    """
    in_order = write_inbox(tmp_path / "in_order", FIRST, LATE)
    run_job(in_order, capsys, "run", "--through", str(day(1)))
    expected = results(in_order)
    assert expected["fee_checks"] == []

    late = write_inbox(tmp_path / "late", FIRST)
    run_job(late, capsys, "run", "--through", str(day(1)))
    before = results(late)
    assert [row["result"] for row in before["fee_checks"]] == ["UNDERCHARGED"]
    assert "S2" in before[f"exports/{day(1)}/bank/breaks.csv"]
    write_inbox(tmp_path / "late", FIRST, LATE)
    summary = run_job(late, capsys, "run")
    assert [row["business_date"] for row in summary["fees"]] == [str(day(0)), str(day(1))]
    assert results(late) == expected


@pytest.mark.nightly
def test_single_commands_name_the_dates_that_are_stale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ingest and match alone leave both days to check and export; `--stale` does the second too."""
    pipeline = write_inbox(tmp_path, FIRST)
    run_job(pipeline, capsys, "run", "--through", str(day(1)))
    write_inbox(tmp_path, FIRST, LATE)
    run_job(pipeline, capsys, "ingest")
    both = [str(day(0)), str(day(1))]
    summary = run_job(pipeline, capsys, "match")
    assert summary["stale"] == {"check_fees": both, "export": both}
    summary = run_job(pipeline, capsys, "check_fees")
    assert summary["stale"] == {"check_fees": both[1:], "export": both}
    summary = run_job(pipeline, capsys, "check_fees", "--stale")
    assert summary["stale"] == {"check_fees": [], "export": both}
    summary = run_job(pipeline, capsys, "export", "--stale")
    assert summary["stale"] == {"check_fees": [], "export": []}
    done = results(pipeline)
    assert done["fee_checks"] == []
    assert "S2" not in done[f"exports/{day(1)}/bank/breaks.csv"]
    summary = run_job(pipeline, capsys, "check_fees", "--through", str(day(2)), status=3)
    assert [row["business_date"] for row in summary["fees"]] == both, "day 2 was never ingested"
