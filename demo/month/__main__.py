"""`python -m demo.month`: makes the labelled month, runs it day by day, and prints the score."""

import argparse
import contextlib
import io
import os
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from demo.month.business_days import MONTHS, YEAR
from demo.month.data import MonthData, make_month
from demo.month.files import deliver
from demo.month.model import Month
from demo.month.score import render_scores, score_lake
from jobs.cli.console import exit_process

ROOT = Path(__file__).resolve().parents[2]
FAULTS_SHOWN = 10
#: Fewer are not one payment a day for each channel.
TRADES_MIN = 10


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the month; 0 when precision and recall of every class are 1, else 1."""
    arguments = _parse_arguments(argv)
    month = Month(arguments.first, arguments.last, arguments.trades, arguments.seed)
    folder: Path = arguments.data
    for old in ("inbox", "store", "config", "lake"):
        shutil.rmtree(folder / old, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    began = time.monotonic()
    data = make_month(folder, month)
    print(f"made {len(month.days)} days, {month.first} to {month.last}: {data.lines:,} statement"
          f" lines and {data.transactions:,} transactions of ours in"
          f" {time.monotonic() - began:.0f} s", flush=True)  # fmt: skip
    began = time.monotonic()
    if not _run_days(data, folder, arguments.engine):
        return 1
    seconds = time.monotonic() - began
    scores = score_lake(folder / "lake", data.facts)
    print(f"\n{render_scores(scores)}\n")
    print(f"{len(month.days)} days, {data.lines:,} lines, in {seconds:.0f} s"
          f" ({seconds / len(month.days):.1f} s a day)")  # fmt: skip
    wrong = {case: score for case, score in scores.items() if not score.is_perfect}
    for score in wrong.values():
        print("\n".join(f"  {fault}" for fault in score.faults[:FAULTS_SHOWN]), file=sys.stderr)
    if wrong:
        print(f"NOT as labelled: {', '.join(wrong)}", file=sys.stderr)
        return 1
    print(f"checked: all {len(data.facts):,} labels found, and nothing else")
    return 0


def _parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    plain = Month()
    parser = argparse.ArgumentParser(prog="python -m demo.month", description=__doc__)
    parser.add_argument("--engine", choices=("auto", "sail", "spark"), default="auto")
    parser.add_argument("--trades", type=int, default=plain.trades,
                        help="transactions a day [5000]")  # fmt: skip
    parser.add_argument("--first", type=date.fromisoformat, default=plain.first,
                        help="first day [2026-10-01]")  # fmt: skip
    parser.add_argument("--last", type=date.fromisoformat, default=plain.last,
                        help="last day, of the same month [2026-10-31]")  # fmt: skip
    parser.add_argument("--seed", type=int, default=plain.seed)
    parser.add_argument("--data", type=Path, default=ROOT / "demo-data/month",
                        help=argparse.SUPPRESS)  # fmt: skip
    arguments = parser.parse_args(argv)
    first, last = arguments.first, arguments.last
    if not first < last or (first.year, first.month) != (last.year, last.month):
        parser.error("the days are at least two days of one month, the first one before the last")
    if first.year != YEAR or first.month not in MONTHS:
        parser.error(f"the days are of October or November {YEAR}: holidays are known for these")
    if arguments.trades < TRADES_MIN:
        parser.error(f"a day has at least {TRADES_MIN} transactions")
    return arguments


def _run_days(data: MonthData, folder: Path, engine: str) -> bool:
    """Each day's files arrive, then `tieout run` works on the date, as a scheduler would."""
    os.environ.setdefault("TIEOUT_LOG", "ERROR")  # what is late is noted below
    from jobs.__main__ import main as tieout

    days = data.month.days
    for number, day in enumerate(days, 1):
        began = time.monotonic()
        deliver(data.store, folder / "inbox", data.arrivals[day])
        words = ["run", "--lake", str(folder / "lake"), "--config", str(data.config),
                 "--inbox", str(folder / "inbox"), "--engine", engine]  # fmt: skip
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = int(tieout(words) or 0)
        missing = [channel for (channel, date_), came in data.late.items() if date_ <= day < came]
        # A gate stops a date whose statement is not there yet: exit 3, and the rest is done.
        if status != (3 if missing else 0):
            print(output.getvalue(), file=sys.stderr)
            print(f"the run of {day} ended with exit {status}; see its message above",
                  file=sys.stderr)  # fmt: skip
            return False
        note = f"  without {', '.join(missing)}" if missing else ""
        print(f"{number:2}/{len(days)}  {day:%Y-%m-%d %a}  {time.monotonic() - began:5.1f} s{note}",
              flush=True)  # fmt: skip
    return True


if __name__ == "__main__":
    exit_process(main())
