"""`python -m benchmarks.history`: what one small day costs after 1, 100 and 400 days of history.

`tieout run` does the day after the history, three channels of 41 lines, as a process of its own
from a cold start, on a copy of the lake (`benchmarks/history_lake.py`).
"""

import argparse
import shutil
import sys
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

from deltalake import DeltaTable

from benchmarks.history_lake import (
    CHANNELS,
    FIRST_DAY,
    PAYMENTS,
    History,
    write_configuration,
)
from benchmarks.measure import Measured, environment, measure
from benchmarks.speed import DATA, ROOT, machine
from jobs.lake.tables import Lake
from schemas.tables import RUNS, SNAPSHOT_FILES, STATEMENT_FILES

RESULTS = Path(__file__).resolve().parent / "history.md"


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints and appends to history.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    parser.add_argument("--days", type=int, nargs="+", default=[1, 100, 400], help="[1 100 400]")
    parser.add_argument("--engine", default="sail", help="[sail]")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each [3]")
    parser.add_argument("--note", default="", help="what is measured, for the last column")
    parser.add_argument("--no-append", dest="append", action="store_false", help="print only")
    arguments = parser.parse_args(argv)
    place = DATA / f"history-{uuid.uuid4().hex[:8]}"
    rows = []
    try:
        write_configuration(place)
        run_day(place, place / "lake", FIRST_DAY, arguments.engine)
        history = History(place)
        for days in sorted(arguments.days):
            history.extend_to(days)
            runs = [
                _measure_next_day(place, days, arguments.engine) for _ in range(arguments.rounds)
            ]
            rows.append(_row(days, arguments, history.lake, runs))
            print(f"| {' | '.join(rows[-1])} |", flush=True)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if arguments.append:
        with RESULTS.open("a", encoding="utf-8") as out:
            out.writelines(f"| {' | '.join(row)} |\n" for row in rows)
    return 0


def write_files(inbox: Path, day: date) -> None:
    """Writes the statements and the snapshot of a day; each reference has the day in it."""
    ours = ["txn_id,channel,kind,status,amount,currency,occurred_at,business_date"]
    for name in CHANNELS:
        lines = ["our_ref,channel_ref,kind,status,amount,fee,currency,traded_at"]
        for number in range(PAYMENTS + 1):
            ref = f"{name.upper()}{day:%Y%m%d}{number:06}"
            lines.append(f"{ref},C{ref},PAYMENT,SUCCEEDED,10.00,0.06,CNY,{day} 12:00:00")
            ref = ref if number < PAYMENTS else f"{ref}X"
            ours.append(f"{ref},{name},PAYMENT,SUCCEEDED,10.00,CNY,{day}T04:00:00Z,{day}")
        (inbox / name).mkdir(parents=True, exist_ok=True)
        (inbox / name / f"{day}.csv").write_text("\n".join([*lines, ""]))
    (inbox / "internal").mkdir(parents=True, exist_ok=True)
    (inbox / "internal" / f"{day}.csv").write_text("\n".join([*ours, ""]))


def run_day(place: Path, lake: Path, day: date, engine: str) -> Measured:
    """Runs a day on a lake.

    Raises:
        ValueError: the run matched other days, or another number of payments.
    """
    write_files(place / "inbox", day)
    command = [sys.executable, "-m", "jobs", "run", "--engine", engine, "--no-quality",
               "--lake", str(lake), "--config", str(place / "config"),
               "--inbox", str(place / "inbox"), "--business-date", str(day)]  # fmt: skip
    measured = measure(command, ROOT, environment())
    matched = [(run["business_date"], run["counts"]["matched"]) for run in measured.summary["runs"]]
    if matched != [(str(day), PAYMENTS)] * len(CHANNELS):
        raise ValueError(f"{day}: {matched}")
    return measured


def _measure_next_day(place: Path, days: int, engine: str) -> Measured:
    copy = place / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(place / "lake", copy)
    return run_day(place, copy, FIRST_DAY + timedelta(days=days), engine)


def _row(
    days: int, arguments: argparse.Namespace, lake: Lake, runs: Sequence[Measured]
) -> list[str]:
    files = sum(1 for _ in _control_files(lake))
    return [
        f"{datetime.now(UTC):%Y-%m-%d}", arguments.engine, machine(), str(len(runs)), str(days),
        f"{median(run.cpu_seconds for run in runs):.1f}",
        f"{median(run.seconds for run in runs):.1f}", str(files), arguments.note,
    ]  # fmt: skip


def _control_files(lake: Lake) -> Iterator[str]:
    """The data files in force of the tables without partitions."""
    for table in (RUNS, STATEMENT_FILES, SNAPSHOT_FILES):
        yield from DeltaTable(lake.path(table)).file_uris()


if __name__ == "__main__":
    raise SystemExit(main())
