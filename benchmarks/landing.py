"""`python -m benchmarks.landing`: statement files into Delta, by themselves, on each engine.

Three cases in the WeChat layout: a day in one large file, a day in 144 parts of 10,000 lines (six
centres, every hour), and a file of one line. Four of bank statements of 100 MB, which are
documents: each is read once, in a stream. Each run is a process of its own over a fresh lake;
seconds count from when its session is up, memory is that of all its processes.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.banks import ENTRIES, SUFFIXES, WRITERS
from benchmarks.formula import DAY, SIZES, expected_counts
from benchmarks.generate import write_bill
from benchmarks.measure import Measured, environment, measure
from benchmarks.speed import CONFIG, DATA, ROOT, machine
from jobs.cli.configuration import load_channel_page, load_configuration
from jobs.cli.lake_session import open_lake
from jobs.ingestion.receive_statements import receive_day
from jobs.onboarding.catalog import SHIPPED
from jobs.storage.archive import Storage
from schemas.profile.channel import Profile

RESULTS = Path(__file__).resolve().parent / "landing.md"
CENTRES = ("bj1", "bj2", "sh1", "sh2", "sz1", "sz2")
PARTS = tuple(f"{centre}-{hour:02}" for hour in range(24) for centre in CENTRES)
LINES_OF_A_PART = 10_000
CASES = ("one", "parts", "large", *WRITERS)
HEAD = ("date", "case", "lines", "MB", "engine", "machine", "rounds", "seconds", "best to worst",
        "lines a second", "peak GiB")  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints and appends to landing.md."""
    arguments = _arguments(argv)
    if arguments.child:
        return _land(*arguments.child)
    sizes = {
        "one": 1,
        "parts": len(PARTS) * LINES_OF_A_PART,
        "large": SIZES[arguments.size],
        **ENTRIES,
    }
    inboxes = {
        case: make_inbox(DATA / f"landing-{case}-{sizes[case]}", case, sizes[case])
        for case in arguments.cases
    }
    rows = []
    for case in arguments.cases:
        runs: dict[str, list[Measured]] = {engine: [] for engine in arguments.engines}
        for number in range(arguments.rounds):
            for engine in arguments.engines:
                run = run_round(case, engine, inboxes[case])
                runs[engine].append(run)
                took = f"{run.steps['land']:8.2f} s{run.peak_bytes / 2**30:7.2f} GiB"
                print(f"round {number + 1}  {case:<6} {engine:<6}{took}", flush=True)
        rows += [_row(case, sizes[case], inboxes[case], each, runs[each]) for each in runs]
    text = "\n".join(f"| {' | '.join(each)} |" for each in rows)
    print(f"\n| {' | '.join(HEAD)} |\n{text}")
    if arguments.append:
        with RESULTS.open("a", encoding="utf-8") as out:
            out.write(f"{text}\n")
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.landing", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="10m", help="the large file's lines [10m]")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES, help="some [all]")
    parser.add_argument("--engines", nargs="+", default=["sail", "spark"], help="[sail spark]")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, in turn [3]")
    parser.add_argument("--no-append", dest="append", action="store_false", help="print only")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def make_inbox(folder: Path, case: str, size: int) -> Path:
    """The inbox of a case, made if it is not there yet."""
    write, channel = WRITERS.get(case, (write_bill, "wechat"))
    day = folder / channel / str(DAY)
    if (folder / "made").is_file():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    day.mkdir(parents=True)
    (folder / ".gitignore").write_text("*\n")
    if case == "parts":
        for number, part in enumerate(PARTS):
            first = number * LINES_OF_A_PART
            write_bill(day / f"{part}_all.csv", size, range(first, first + LINES_OF_A_PART))
    else:
        write(day / f"day_all.{SUFFIXES.get(channel, 'csv')}", size)
    (folder / "made").touch()
    return folder


def run_round(case: str, engine: str, inbox: Path) -> Measured:
    """One run in a process of its own, over a fresh lake."""
    lake = DATA / f"lake-landing-{engine}"
    shutil.rmtree(lake, ignore_errors=True)
    command = [sys.executable, "-m", "benchmarks.landing", "--child", case, engine,
               str(inbox), str(lake)]  # fmt: skip
    try:
        return measure(command, ROOT, environment())
    finally:
        shutil.rmtree(lake, ignore_errors=True)


def _land(case: str, engine: str, inbox: str, lake_uri: str) -> int:
    """The run itself: says its seconds as JSON; 1 where lines are missing."""
    with open_lake(lake_uri, engine) as lake:
        begun = time.monotonic()
        received = receive_day(lake, profile_of(case), Storage(inbox), DAY)
        seconds = time.monotonic() - begun
    files = len(list(Path(inbox).rglob("*_all.*")))
    whole = received.counts["ACCEPTED"] == files and not received.counts["rejected"]
    print(json.dumps({"seconds": {"land": seconds}, "lines": received.counts["lines"]}))
    return 0 if whole else 1


def profile_of(case: str) -> Profile:
    """The demo's profile of the channel, of a day in parts where the case is that; a bank's own."""
    if case in WRITERS:
        return load_channel_page(str(SHIPPED / f"{WRITERS[case][1]}.yaml"))
    profile = load_configuration(str(CONFIG)).profiles["wechat"]
    if case != "parts" or profile.files is None:
        return profile
    page: dict[str, Any] = profile.files.model_dump() | {
        "pattern": "wechat/{business_date:%Y-%m-%d}/{part}_all.csv",
        "parts": PARTS,
    }
    return profile.model_copy(update={"files": type(profile.files).model_validate(page)})


def _row(case: str, size: int, inbox: Path, engine: str, runs: Sequence[Measured]) -> list[str]:
    took = [run.steps["land"] for run in runs]
    lines = expected_counts(size).lines if case == "large" else size
    stored = sum(path.stat().st_size for path in inbox.rglob("*_all.*")) / 1e6
    return [
        f"{datetime.now(UTC):%Y-%m-%d}", case, f"{lines:,}", f"{stored:,.0f}", engine, machine(),
        str(len(took)), f"{median(took):.2f}", f"{min(took):.2f} to {max(took):.2f}",
        f"{lines / median(took):,.0f}", f"{max(run.peak_bytes for run in runs) / 2**30:.1f}",
    ]  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
