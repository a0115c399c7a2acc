"""`python -m benchmarks.speed`: the whole day against the clock, on each engine and the peer.

Every round is a process of its own from a cold start over a fresh lake: ingest, match, check_fees
and export of one day of one channel. The result must agree with the formula before the time counts.
"""

import argparse
import os
import platform
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.formula import DAY, SIZES, Counts, expected_counts
from benchmarks.generate import make_inbox
from benchmarks.measure import Measured, environment, measure
from benchmarks.result_counts import read_counts

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "bench-data"
#: The demo's page of wechat without settlement, which the peers do not have either.
CONFIG = ROOT / "benchmarks" / "config"
RESULTS = Path(__file__).resolve().parent / "results.md"
ENGINES = ("sail", "spark", "duckdb")
PACKAGES = {"sail": ("pysail", "pyspark", "deltalake"), "spark": ("pyspark", "delta-spark"),
            "duckdb": ("duckdb",)}  # fmt: skip
HEAD = ("date", "size", "engine", "versions", "machine", "rounds", "seconds", "best to worst",
        "CPU seconds", "of DuckDB", "rows a second", "peak GiB", "steps, seconds")  # fmt: skip


class WrongResult(Exception):
    """Raised when a run's counts are not the formula's: its time does not count."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints and appends to results.md; 0 when every run was right."""
    arguments = _arguments(argv)
    size, engines = SIZES[arguments.size], arguments.engines
    print(f"making the day of {size:,} trades, unless it is there", file=sys.stderr)
    inbox = make_inbox(DATA / arguments.size, size)
    busy = os.getloadavg()[0]
    if busy > 0.5:
        print(f"other programs run here (load {busy:.1f}): do not use these times", file=sys.stderr)
    runs: dict[str, list[Measured]] = {engine: [] for engine in engines}
    for number in range(arguments.rounds):
        for engine in engines:
            run = run_round(engine, inbox, expected_counts(size), arguments.quality)
            runs[engine].append(run)
            print(f"round {number + 1}  {engine:<7}{run.seconds:8.2f} s"
                  f"{run.peak_bytes / 2**30:7.2f} GiB  {steps(run.steps)}", flush=True)  # fmt: skip
    rows = [row(engine, arguments, runs) for engine in engines]
    print("\n" + "\n".join(_table_row(each) for each in (HEAD, *rows)))
    if arguments.append:
        append(RESULTS, rows)
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="1m", help="trades of the day [1m]")
    parser.add_argument(
        "--engines",
        type=_engines,
        default=None,
        help="some of sail,spark,duckdb [all that run here]",
    )
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, in turn [3]")
    parser.add_argument(
        "--no-quality",
        dest="quality",
        action="store_false",
        help="without the Great Expectations suites",
    )
    parser.add_argument(
        "--no-append",
        dest="append",
        action="store_false",
        help="leave benchmarks/results.md as it is",
    )
    arguments = parser.parse_args(argv)
    if arguments.engines is None:
        arguments.engines = [each for each in ENGINES if each != "spark" or _has_java()]
    return arguments


def _engines(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in ENGINES]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: none of {', '.join(ENGINES)}")
    return names


def _has_java() -> bool:
    home = os.environ.get("JAVA_HOME")
    found = bool(shutil.which("java") or (home and Path(home, "bin", "java").is_file()))
    if not found:
        print("spark is left out: there is no JDK here", file=sys.stderr)
    return found


def run_round(engine: str, inbox: Path, expected: Counts, quality: bool) -> Measured:
    """One cold run over a fresh lake, checked.

    Raises:
        ProgramFailed: the run ended with another status than 0.
        WrongResult: a count is not the formula's.
    """
    lake = DATA / f"lake-{engine}"
    shutil.rmtree(lake, ignore_errors=True)
    try:
        run = measure(command(engine, inbox, lake, quality), ROOT, environment())
        wrong = expected.difference(read_counts(lake))
        if wrong:
            raise WrongResult(f"{engine}: {wrong}")
        return run
    finally:
        shutil.rmtree(lake, ignore_errors=True)


def command(engine: str, inbox: Path, lake: Path, quality: bool) -> list[str]:
    """What a round runs."""
    places = ["--inbox", str(inbox), "--lake", str(lake)]
    if engine == "duckdb":
        return [sys.executable, "-m", "benchmarks.peer_duckdb", *places]
    return [sys.executable, "-m", "jobs", "run", "--engine", engine, *places,
            "--config", str(CONFIG), "--business-date", str(DAY), "--channel", "wechat",
            *([] if quality else ["--no-quality"])]  # fmt: skip


def row(engine: str, arguments: argparse.Namespace, runs: dict[str, list[Measured]]) -> list[str]:
    """One engine's medians as a row of the results; no name of a machine or a folder."""
    walls = [run.seconds for run in runs[engine]]
    middle = median(walls)
    peer = median(run.seconds for run in runs["duckdb"]) if "duckdb" in runs else None
    day = expected_counts(SIZES[arguments.size])
    by_step = {step: median(run.steps[step] for run in runs[engine])
               for step in runs[engine][0].steps}  # fmt: skip
    name = engine if arguments.quality or engine == "duckdb" else f"{engine}, no quality"
    return [
        f"{datetime.now(UTC):%Y-%m-%d}", arguments.size, name,
        " ".join(f"{package} {version(package)}" for package in PACKAGES[engine]), machine(),
        str(len(walls)), f"{middle:.1f}", f"{min(walls):.1f} to {max(walls):.1f}",
        f"{median(run.cpu_seconds for run in runs[engine]):.1f}",
        f"{middle / peer:.1f}" if peer else "-",
        f"{round((day.lines + day.transactions) / middle, -2):,.0f}",
        f"{max(run.peak_bytes for run in runs[engine]) / 2**30:.1f}", steps(by_step),
    ]  # fmt: skip


def machine() -> str:
    """Cores and memory; nothing that names the machine."""
    import psutil

    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def steps(seconds: dict[str, float]) -> str:
    """Steps and their seconds in one line."""
    return ", ".join(f"{step} {value:.1f}" for step, value in seconds.items())


def append(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Adds rows to the results file, making it with its heading if it is not there."""
    if not path.is_file():
        rule = _table_row(["---"] * len(HEAD))
        path.write_text(f"{_TITLE}\n{_table_row(HEAD)}\n{rule}\n", encoding="utf-8")
    with path.open("a", encoding="utf-8") as out:
        out.writelines(f"{_table_row(each)}\n" for each in rows)


def _table_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


_TITLE = """# Speed

A whole day of one channel: ingest, match, check_fees, export. Each run is a process of its own
over a fresh lake; the engines take turns. Seconds are medians of wall time, start-up included;
rows are those of both sides. Made by `make bench SIZE=1m|10m`; the head of `peer_duckdb.py` says
what DuckDB leaves out.
"""


if __name__ == "__main__":
    raise SystemExit(main())
