"""`python -m benchmarks.matching`: only the match, with a look-back, and with a hot amount.

`lookback`: the benchmark's day over a lake whose two days before are as large and closed; one in
two thousand of their references comes again. DuckDB joins, classifies and writes the same rows.
`rare`: the same, and one in a hundred as many items of a channel without numbers, with two groups
as large; DuckDB joins by numbers alone.
`last` and `whole`: the last of 24 hourly parts of the day, and the day in one go, on the same lake.
`hot-N`: N lines and N transactions without a reference, all of one amount within an hour.
Each run is a process of its own; seconds count from when its session is up.
"""

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

import duckdb
from deltalake import DeltaTable
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from benchmarks import parts, peer_duckdb, rest
from benchmarks.formula import DAY, SIZES, expected_counts
from benchmarks.generate import make_inbox
from benchmarks.hot import match_hot_amount
from benchmarks.measure import Measured, environment, measure
from benchmarks.speed import CONFIG, DATA, ROOT, machine
from jobs.cli.configuration import load_configuration
from jobs.cli.lake_session import open_lake
from jobs.ingestion import ingest_day
from jobs.lake.tables import Lake
from jobs.matching.fast_path import reference_hashes
from jobs.reconcile import run_dates
from jobs.storage.archive import Storage
from schemas.table import Table
from schemas.tables import (
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    STATEMENT_LINES,
)

RESULTS = Path(__file__).resolve().parent / "matching.md"
LOOKBACK_DAYS = 2
AGAIN_EVERY = 2_000
#: Cases that DuckDB does as well.
PEERED = ("lookback", "rare")
REFERENCES = ("txn_id", "our_ref", "channel_ref", "our_ref_norm", "channel_ref_norm")
HEAD = ("date", "case", "engine", "machine", "rounds", "seconds", "best to worst", "of DuckDB",
        "CPU seconds", "peak GiB")  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints and appends to matching.md."""
    arguments = _arguments(argv)
    if arguments.child:
        print(json.dumps({"seconds": {"match": _run_case(*arguments.child)}}))
        return 0
    cases = [f"hot-{number}" for number in arguments.hot]
    if arguments.size:
        cases += [f"{case}-{arguments.size}" for case in arguments.cases]
        for make in {_PREPARE[case] for case in arguments.cases}:
            make(arguments.size)
    rows = []
    for case in cases:
        engines = [*arguments.engines, *(["duckdb"] if case.startswith(PEERED) else [])]
        runs: dict[str, list[Measured]] = {engine: [] for engine in engines}
        for number in range(arguments.rounds):
            for engine in engines:
                run = run_round(case, engine)
                runs[engine].append(run)
                took = f"{run.steps['match']:8.2f} s{run.peak_bytes / 2**30:7.2f} GiB"
                print(f"round {number + 1}  {case:<14} {engine:<7}{took}", flush=True)
        rows += [_row(case, engine, runs) for engine in engines]
    text = "\n".join(f"| {' | '.join(each)} |" for each in rows)
    print(f"\n| {' | '.join(HEAD)} |\n{text}")
    if arguments.append:
        with RESULTS.open("a", encoding="utf-8") as out:
            out.write(f"{text}\n")
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching", description=__doc__)
    parser.add_argument("--size", choices=SIZES, help="trades of each day of the look-back [none]")
    parser.add_argument("--hot", type=int, nargs="*", default=[50_000, 100_000, 200_000],
                        help="sizes of the hot amount [50000 100000 200000]")  # fmt: skip
    parser.add_argument("--cases", nargs="+", choices=_PREPARE, default=list(_PREPARE),
                        help="of a size [all]")  # fmt: skip
    parser.add_argument("--engines", nargs="+", choices=("sail", "spark"), default=["sail"],
                        help="beside DuckDB [sail]")  # fmt: skip
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, in turn [3]")
    parser.add_argument("--no-append", dest="append", action="store_false", help="print only")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def run_round(case: str, engine: str) -> Measured:
    """One run in a process of its own, over a lake of its own."""
    lake = DATA / f"lake-matching-{engine}"
    shutil.rmtree(lake, ignore_errors=True)
    kind, _, size = case.partition("-")
    if kind != "hot":
        # Data files are never changed, only added: links will do.
        place = _lake_folder(size) if kind in PEERED else parts.folder_of(size) / "lake"
        shutil.copytree(place, lake, copy_function=os.link)
    command = [sys.executable, "-m", "benchmarks.matching", "--child", case, engine, str(lake)]
    try:
        return measure(command, ROOT, environment())
    finally:
        shutil.rmtree(lake, ignore_errors=True)


def _run_case(case: str, engine: str, lake_uri: str) -> float:
    kind, _, size = case.partition("-")
    if engine == "duckdb":
        return _match_in_duckdb(Path(lake_uri), kind == "rare")
    with open_lake(lake_uri, engine) as lake:
        if kind == "hot":
            return match_hot_amount(lake, int(size))
        if kind not in PEERED:
            return parts.match_part(lake, kind, size)
        seconds = _match_lookback(lake, SIZES[size])
        return (
            seconds + rest.match_without_references(lake, SIZES[size])
            if kind == "rare"
            else seconds
        )


# ---- a look-back over days as large -----------------------------------------------------------


def _lake_folder(size: str) -> Path:
    return DATA / f"lookback-{size}"


def prepare_lake(size: str) -> Path:
    """The lake of the day before its match, two days behind it closed; made if it is missing."""
    place = _lake_folder(size)
    if (place / "made").is_file():
        return place
    shutil.rmtree(place, ignore_errors=True)
    inbox = make_inbox(DATA / size, SIZES[size])
    config = load_configuration(str(CONFIG), ["wechat"])
    with open_lake(str(place), "sail") as lake:
        ingest_day.ingest_day(lake, config, Storage(str(inbox)), DAY)
        run_dates.match_dates(lake, config.profiles["wechat"], [DAY], config.snapshots)
        done = lake.read_day(OUTCOMES, DAY, "wechat")
        for number in range(1, LOOKBACK_DAYS + 1):
            day = DAY - timedelta(days=number)
            lake.replace_day(OUTCOMES, _as_earlier_day(done, day, f"P{number}"), day, "wechat")
        for table in (OUTCOMES, OPEN_ITEMS):
            lake.replace_day(table, lake.read_day(table, DAY, "wechat").limit(0), DAY, "wechat")
        rest.add_items(lake, SIZES[size])
    (place / "made").touch()
    return place


def _as_earlier_day(done: DataFrame, day: date, prefix: str) -> DataFrame:
    """The day's outcomes as those of an earlier day: other references, but for some."""
    columns = []
    for name in OUTCOMES.columns:
        again = F.pmod(F.xxhash64(name), F.lit(AGAIN_EVERY)) == F.lit(0)
        column = F.col(name)
        if name == "run_date":
            column = F.lit(day)
        elif name == "line_id":  # of another file, always
            column = F.concat(F.lit(prefix), column)
        elif name in REFERENCES:
            column = F.when(again, column).otherwise(F.concat(F.lit(prefix), column))
        columns.append(column.alias(name))
    hashes = reference_hashes.stored_hashes()
    return done.select(*columns).withColumns(hashes).select(*OUTCOMES.columns)


def _match_lookback(lake: Lake, size: int) -> float:
    config = load_configuration(str(CONFIG))
    begun = time.monotonic()
    (run,) = run_dates.match_dates(lake, config.profiles["wechat"], [DAY], config.snapshots)
    seconds = time.monotonic() - begun
    least = expected_counts(size).matched - 6 * LOOKBACK_DAYS * size // AGAIN_EVERY
    if not least <= run.counts["matched"] < expected_counts(size).matched:
        raise ValueError(f"{run.counts} of {expected_counts(size)}")
    return seconds


def _match_in_duckdb(lake: Path, with_rest: bool) -> float:
    """The same rows in DuckDB: what was closed before is set aside by three semi-joins."""

    def files(table: Table, day: date) -> str:
        by = table.partitions[0]
        where = [(by, "=", str(day)), *([] if with_rest else [("channel", "=", "wechat")])]
        paths = DeltaTable(str(lake / table.name)).file_uris(where)
        columns = f"*, date '{day}' as {by}, 'wechat' as channel"
        return f"select {columns} from read_parquet({paths!r})"

    begun = time.monotonic()
    with duckdb.connect(config={"temp_directory": str(lake / ".spilled")}) as db:
        days = [DAY - timedelta(days=number) for number in range(1, LOOKBACK_DAYS + 1)]
        closed = " union all ".join(files(OUTCOMES, day) for day in days)
        db.execute(f"create view closed as {closed}")
        for table, own_id, keys in (
            (STATEMENT_LINES, "line_id", ("kind, channel_ref_norm", "kind, our_ref_norm")),
            (INTERNAL_TRANSACTIONS, "txn_id", ("txn_id",)),
        ):
            db.execute(f"create view all_{own_id} as {files(table, DAY)}")
            again = " union ".join(
                f"select {own_id} from all_{own_id} semi join closed using ({key})" for key in keys
            )
            db.execute(f"create table again_{own_id} as {again}")
            db.execute(
                f"create view {table.name} as select * from all_{own_id}"
                f" anti join again_{own_id} using ({own_id})"
            )
        out = lake / "peer"
        out.mkdir()
        peer_duckdb.match_sides(db, out, DAY)
    return time.monotonic() - begun


_PREPARE = {
    "lookback": prepare_lake,
    "rare": prepare_lake,
    "last": parts.prepare_lake,
    "whole": parts.prepare_lake,
}


def _row(case: str, engine: str, runs: dict[str, list[Measured]]) -> list[str]:
    took = [run.steps["match"] for run in runs[engine]]
    peer = median(run.steps["match"] for run in runs["duckdb"]) if "duckdb" in runs else None
    return [
        f"{datetime.now(UTC):%Y-%m-%d}", case, engine, machine(), str(len(took)),
        f"{median(took):.1f}", f"{min(took):.1f} to {max(took):.1f}",
        f"{median(took) / peer:.1f}" if peer else "-",
        f"{median(run.cpu_seconds for run in runs[engine]):.1f}",
        f"{max(run.peak_bytes for run in runs[engine]) / 2**30:.1f}",
    ]  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
