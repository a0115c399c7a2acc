"""`python -m demo`: makes five labelled days, reconciles them, checks and shows what came out."""

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
from demo.check import faults, labels
from demo.data import Made, make
from demo.model import DAYS, FIRST, LAST
from jobs.cli.console import exit_process

ROOT = Path(__file__).resolve().parent.parent
CONFIG = Path(__file__).resolve().parent / "config"
#: Done, or done with a gate that stopped something: the last day lacks a file on purpose.
EXPECTED_EXITS = (0, 3)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the demo; 0 when every outcome is as labelled, else 1 (2: the arguments are wrong)."""
    asked = _arguments(argv)
    folder: Path = asked.data
    lake: Path = asked.lake or folder / "lake"
    if asked.lake and lake.is_dir() and any(lake.iterdir()) and not asked.keep:
        print(f"{lake} is not empty: name another --lake, or add --keep", file=sys.stderr)
        return 2
    made = _made(folder, lake, asked.keep)
    if asked.data_only:
        return 0
    began = time.monotonic()
    status = _run(asked.engine, lake, made.inbox)
    seconds = time.monotonic() - began
    if status not in EXPECTED_EXITS:
        print(f"the run ended with exit {status}; its message stands above", file=sys.stderr)
        return 1
    _show(lake, made, asked.engine, seconds)
    return _verdict(lake, made)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--engine", choices=("auto", "sail", "spark"), default="auto")
    parser.add_argument("--lake", type=Path, help="put the tables here [demo-data/lake]")
    parser.add_argument("--data", type=Path, default=ROOT / "demo-data", help=argparse.SUPPRESS)
    parser.add_argument(
        "--keep",
        action="store_true",
        help="run over the data and the lake of last time: nothing must change",
    )
    parser.add_argument("--data-only", action="store_true", help="make the data set and stop")
    return parser.parse_args(argv)


def _made(folder: Path, lake: Path, keep: bool) -> Made:
    for old in (folder / "inbox", *(() if keep else (folder / "lake",))):
        shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    made = make(folder)
    print(f"made {made.files} files in {_short(made.inbox)}: {made.lines:,} statement lines and"
          f" {made.transactions:,} transactions of ours, {DAYS[0]} to {LAST};"
          f" what must become of each stands in {_short(made.labels)}")  # fmt: skip
    lake.mkdir(parents=True, exist_ok=True)
    return made


def _run(engine: str, lake: Path, inbox: Path) -> int:
    os.environ.setdefault("TIEOUT_LOG", "WARNING")  # what is done shows in the table below
    from jobs.__main__ import main as tieout

    days = f"--business-date {FIRST} --through {LAST} --engine {engine}".split()
    arguments = ["run", *_places(lake, inbox), *days]
    print(f"\n$ {_tieout()} {shlex.join(arguments)}", flush=True)
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            status = int(tieout(arguments) or 0)
    finally:
        lines = said.getvalue().splitlines()
        print("\n".join(line for line in lines if not line.startswith("{")))
    return status


def _show(lake: Path, made: Made, engine: str, seconds: float) -> None:
    print(f"\n{report.rendered(report.by_day(lake))}\n")
    print(f"broken, by reason, and what is asked for:\n{report.reasons(lake)}\n")
    print("exceptions of the last day, to be opened in a spreadsheet:")
    for path in report.exported(lake, str(LAST)):
        print(f"  {_short(path)}")
    one_day = ["run", *_places(lake, made.inbox), "--engine", engine, "--business-date", str(LAST)]
    outcomes = f"DeltaTable('{_short(lake)}/outcomes').to_pandas()"
    print("\nlook further:")
    print(f"  # one day again: the rows stay the same\n  {_tieout()} {shlex.join(one_day)}")
    print("  # every outcome, in Python")
    print(f'  {_short(sys.executable)} -c "from deltalake import DeltaTable; print({outcomes})"')
    print(f"  # what the channels' pages look like\n  less {_short(CONFIG)}/channels/*.yaml")
    print(f"\n{len(DAYS)} days, {made.lines:,} lines, in {seconds:.1f} s")


def _verdict(lake: Path, made: Made) -> int:
    found = faults(lake, made.labels)
    count = len(labels(made.labels))
    if not found:
        print(f"checked: all {count:,} labelled outcomes and fees are as they must be")
        return 0
    print(f"NOT as labelled: {len(found)} of {count:,}", file=sys.stderr)
    for each in found[:20]:
        print(f"  {each}", file=sys.stderr)
    return 1


def _places(lake: Path, inbox: Path) -> list[str]:
    named = {"--lake": lake, "--config": CONFIG, "--inbox": inbox}
    return [word for name, path in named.items() for word in (name, _short(path))]


def _tieout() -> str:
    """How the command is called from here: as it is installed, else as a module."""
    script = Path(sys.executable).parent / "tieout"
    return _short(script) if script.is_file() else f"{_short(sys.executable)} -m jobs"


def _short(path: Path | str) -> str:
    text = str(path)
    here = f"{Path.cwd()}/"
    return text.removeprefix(here)


if __name__ == "__main__":
    exit_process(main())
