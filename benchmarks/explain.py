"""`python -m benchmarks.explain`: the timeline of one reference in a lake of 30 days.

The lake holds the benchmark's day and 29 days before it that are as large, whose references are
others and begin at random, so that the range of a file's values rules nothing out. Each case is a
process of its own from a cold start: `tieout explain REF`, all dates searched.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import md5
from pathlib import Path
from statistics import median
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from benchmarks.formula import AMOUNT_MISMATCHES, DAY, DUPLICATE_LINES, INTERNAL_ONLY_TRADES, SIZES
from benchmarks.generate import make_inbox
from benchmarks.measure import Measured, environment, measure
from benchmarks.speed import CONFIG, DATA, ROOT, machine
from jobs.cli.lake_session import open_lake
from jobs.lake.commit import DataFile
from jobs.lake.parquet_options import GROUP_ROWS_MIN, writer_options
from jobs.lake.tables import Lake
from jobs.lake.write_checks import arrow_schema
from jobs.matching.fast_path import reference_hashes
from schemas.table import Table
from schemas.tables import (
    INTERNAL_TRANSACTIONS,
    OUTCOMES,
    STATEMENT_FILES,
    STATEMENT_LINES,
)

RESULTS = Path(__file__).resolve().parent / "explain.md"
DAYS = 30
HEAD_LENGTH = 4
#: Rows of a row group, about as landing makes them of a day as large.
GROUP_ROWS = 2 * GROUP_ROWS_MIN
TABLES = (STATEMENT_LINES, INTERNAL_TRANSACTIONS, OUTCOMES)
OURS, THEIRS = f"S{DAY:%Y%m%d}{{:09}}", f"4200002611{DAY:%Y%m%d}{{:010}}"
FIRST = OURS.format(1_000)
#: Name, reference, and the number of threads that its timeline must have.
CASES = (
    ("matched", FIRST, 1),
    ("their number, listed twice", THEIRS.format(DUPLICATE_LINES.start), 1),
    ("other amount", OURS.format(AMOUNT_MISMATCHES.start), 1),
    ("ours only", OURS.format(INTERNAL_ONLY_TRADES.start), 1),
    ("of the first day", f"{md5(FIRST.encode()).hexdigest()[:HEAD_LENGTH]}P{DAYS - 1}{FIRST}", 1),
    ("unknown", "NOBODY-HAS-THIS", 0),
)
HEAD = ("date", "lake", "engine", "machine", "rounds", "case", "seconds", "worst", "CPU seconds",
        "peak GiB")  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints and appends to explain.md."""
    arguments = _arguments(argv)
    lake = prepare_lake(arguments.size)
    rows = []
    for engine in arguments.engines:
        for name, reference, threads in CASES:
            runs = [_one(engine, lake, reference, threads) for _ in range(arguments.rounds)]
            rows.append(_row(arguments.size, engine, name, runs))
            print(f"| {' | '.join(rows[-1])} |", flush=True)
    if arguments.append:
        with RESULTS.open("a", encoding="utf-8") as out:
            out.writelines(f"| {' | '.join(each)} |\n" for each in rows)
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explain", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="1m", help="trades of each day [1m]")
    parser.add_argument("--engines", nargs="+", default=["sail"], help="[sail]")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each [3]")
    parser.add_argument("--no-append", dest="append", action="store_false", help="print only")
    return parser.parse_args(argv)


def prepare_lake(size: str) -> Path:
    """The lake of a month, made if it is not there."""
    place = DATA / f"month-{size}"
    if (place / "made").is_file():
        return place
    shutil.rmtree(place, ignore_errors=True)
    inbox = make_inbox(DATA / size, SIZES[size])
    subprocess.run(
        [sys.executable, "-m", "jobs", "run", "--engine", "sail", "--inbox", str(inbox),
         "--lake", str(place), "--config", str(CONFIG), "--business-date", str(DAY),
         "--channel", "wechat", "--no-quality"],
        cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    with open_lake(str(place), "sail") as lake:
        for number in range(1, DAYS):
            day = DAY - timedelta(days=number)
            for table in TABLES:
                rows = as_earlier_day(lake.read_day(table, DAY, "wechat"), table, day, f"P{number}")
                if table is OUTCOMES:
                    lake.replace_day(table, rows, day, "wechat")
                else:
                    commit_rows(lake, table, rows, day)
            _copy_file_rows(lake, day, f"P{number}")
    (place / "made").touch()
    return place


def as_earlier_day(rows: DataFrame, table: Table, day: date, prefix: str) -> DataFrame:
    """A day's rows as those of an earlier day, under other ids and references."""
    columns = []
    for field in table.schema:
        column = F.col(field.name)
        if field.dataType.simpleString() == "date":
            column = F.when(column.isNotNull(), F.lit(day))
        elif field.name == "file_id":
            column = F.concat(F.lit(prefix), column)
        elif field.name.endswith(("_id", "_ref", "_ref_norm")):
            column = F.concat(F.substring(F.md5(column), 1, HEAD_LENGTH), F.lit(prefix), column)
        columns.append(column.cast(field.dataType).alias(field.name))
    renamed = rows.select(*columns)
    if table is OUTCOMES:
        renamed = renamed.withColumns(reference_hashes.stored_hashes()).select(*table.columns)
    return renamed


def commit_rows(lake: Lake, table: Table, rows: DataFrame, day: date) -> None:
    """Rows of a date as a data file such as landing writes."""
    path = f"{table.partitions[0]}={day}/channel=wechat/{uuid4().hex}.parquet"
    full = lake.storage.full_path(f"{table.name}/{path}")
    kept = pa.schema([each for each in arrow_schema(table) if each.name not in table.partitions])
    data = rows.select(*kept.names).toArrow().cast(kept)
    Path(full).parent.mkdir(parents=True)
    options = writer_options(table, data.slice(0, GROUP_ROWS))
    pq.write_table(data, full, GROUP_ROWS, **options)
    file = DataFile("wechat", path, lake.storage.file_size(full), len(data))
    lake.commit_files(table, day, [file], lambda _channel, _path: True)


def _copy_file_rows(lake: Lake, day: date, prefix: str) -> None:
    rows = lake.read_rows(STATEMENT_FILES, business_date=DAY, channel="wechat")
    renamed = [row | {"business_date": day, "file_id": prefix + row["file_id"]} for row in rows]
    lake.replace_rows(STATEMENT_FILES, renamed, day, "wechat")


def _one(engine: str, lake: Path, reference: str, threads: int) -> Measured:
    """One run from a cold start.

    Raises:
        ValueError: the run found another number of threads.
    """
    command = [sys.executable, "-m", "jobs", "explain", reference, "--engine", engine,
               "--lake", str(lake), "--config", str(CONFIG), "--channel", "wechat"]  # fmt: skip
    run = measure(command, ROOT, environment())
    if run.summary["found"] != threads:
        raise ValueError(f"{reference}: {run.summary}")
    return run


def _row(size: str, engine: str, name: str, runs: Sequence[Measured]) -> list[str]:
    took = [run.seconds for run in runs]
    return [
        f"{datetime.now(UTC):%Y-%m-%d}", f"{DAYS} x {size}", engine, machine(), str(len(runs)),
        name, f"{median(took):.1f}", f"{max(took):.1f}",
        f"{median(run.cpu_seconds for run in runs):.1f}",
        f"{max(run.peak_bytes for run in runs) / 2**30:.1f}",
    ]  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
