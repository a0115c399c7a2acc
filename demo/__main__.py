"""`python -m demo`: makes five labelled days, reconciles them, checks and shows the result."""

import argparse
import contextlib
import io
import os
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from demo import report
from demo.check import find_faults, find_settlement_faults, read_labels
from demo.data import DemoData, make_data
from demo.model import DAYS, FIRST, LAST
from jobs.cli.console import exit_process

ROOT = Path(__file__).resolve().parent.parent
CONFIG = Path(__file__).resolve().parent / "config"
#: Done, or done with a gate that stopped something: the last day lacks a file on purpose.
EXPECTED_EXITS = (0, 3)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the demo; 0 when every outcome is as labelled, else 1 (2: the arguments are wrong)."""
    arguments = _parse_arguments(argv)
    folder: Path = arguments.data
    lake: Path = arguments.lake or folder / "lake"
    if arguments.lake and lake.is_dir() and any(lake.iterdir()) and not arguments.keep:
        print(f"{lake} is not empty: name another --lake, or add --keep", file=sys.stderr)
        return 2
    data = _prepare_data(folder, lake, arguments.keep)
    if arguments.data_only:
        return 0
    began = time.monotonic()
    status = _run_days(arguments.engine, lake, data.inbox)
    seconds = time.monotonic() - began
    if status not in EXPECTED_EXITS:
        print(f"the run ended with exit {status}; see its message above", file=sys.stderr)
        return 1
    _show_result(lake, data, arguments.engine, seconds)
    return _check_result(lake, data)


def _parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--engine", choices=("auto", "sail", "spark"), default="auto")
    parser.add_argument("--lake", type=Path, help="put the tables here [demo-data/lake]")
    parser.add_argument("--data", type=Path, default=ROOT / "demo-data", help=argparse.SUPPRESS)
    parser.add_argument(
        "--keep",
        action="store_true",
        help="run again on the data and the lake of last time: nothing must change",
    )
    parser.add_argument("--data-only", action="store_true", help="make the data set and stop")
    return parser.parse_args(argv)


def _prepare_data(folder: Path, lake: Path, keep: bool) -> DemoData:
    for old in (folder / "inbox", *(() if keep else (folder / "lake",))):
        shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    data = make_data(folder)
    print(f"made {data.files} files in {_short_path(data.inbox)}: {data.lines:,} statement lines"
          f" and {data.transactions:,} transactions of ours, {DAYS[0]} to {LAST};"
          f" {_short_path(data.labels)} says what must become of each")  # fmt: skip
    lake.mkdir(parents=True, exist_ok=True)
    return data


def _run_days(engine: str, lake: Path, inbox: Path) -> int:
    os.environ.setdefault("TIEOUT_LOG", "WARNING")  # the table below shows what was done
    from jobs.__main__ import main as tieout

    days = f"--business-date {FIRST} --through {LAST} --engine {engine}".split()
    arguments = ["run", *_folder_arguments(lake, inbox), *days]
    print(f"\n$ {_tieout_command()} {shlex.join(arguments)}", flush=True)
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            status = int(tieout(arguments) or 0)
    finally:
        lines = output.getvalue().splitlines()
        print("\n".join(line for line in lines if not line.startswith("{")))
    return status


def _show_result(lake: Path, data: DemoData, engine: str, seconds: float) -> None:
    print(f"\n{report.render_table(report.rows_by_day(lake))}\n")
    print(f"breaks by reason, with the action for each:\n{report.render_reasons(lake)}\n")
    print("exceptions of the last day, for a spreadsheet:")
    for path in report.exported_files(lake, str(LAST)):
        print(f"  {_short_path(path)}")
    one_day = [
        "run",
        *_folder_arguments(lake, data.inbox),
        "--engine",
        engine,
        "--business-date",
        str(LAST),
    ]
    outcomes = f"DeltaTable('{_short_path(lake)}/outcomes').to_pandas()"
    print("\nlook further:")
    print(f"  # one day again: the rows stay the same\n  {_tieout_command()} {shlex.join(one_day)}")
    print("  # every outcome, in Python")
    print(
        f'  {_short_path(sys.executable)} -c "from deltalake import DeltaTable; print({outcomes})"'
    )
    print(f"  # the channels' pages\n  less {_short_path(CONFIG)}/channels/*.yaml")
    print(f"\n{len(DAYS)} days, {data.lines:,} lines, in {seconds:.1f} s")


def _check_result(lake: Path, data: DemoData) -> int:
    faults = find_faults(lake, data.labels)
    faults += find_settlement_faults(lake, data.settlement_labels)
    batches = len(read_labels(data.settlement_labels))
    count = len(read_labels(data.labels)) + batches
    if not faults:
        print(f"checked: all {count:,} labelled outcomes, fees and batches are right")
        return 0
    print(f"NOT as labelled: {len(faults)} of {count:,}", file=sys.stderr)
    for fault in faults[:20]:
        print(f"  {fault}", file=sys.stderr)
    return 1


def _folder_arguments(lake: Path, inbox: Path) -> list[str]:
    folders = {"--lake": lake, "--config": CONFIG, "--inbox": inbox}
    return [word for name, path in folders.items() for word in (name, _short_path(path))]


def _tieout_command() -> str:
    """The command as typed here: the installed script, else the module."""
    script = Path(sys.executable).parent / "tieout"
    return _short_path(script) if script.is_file() else f"{_short_path(sys.executable)} -m jobs"


def _short_path(path: Path | str) -> str:
    text = str(path)
    here = f"{Path.cwd()}/"
    return text.removeprefix(here)


if __name__ == "__main__":
    exit_process(main())
