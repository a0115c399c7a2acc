"""`python -m benchmarks.labels`: is what comes out right? A labelled day, matched and scored.

About a million trades of one channel with every trouble of the match in known numbers, and two
small days before it. What must become of each item follows from how it was made. Exit 1 unless
every precision and every recall is 1. The format: docs/reference/labels.md.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.compute as pc
from deltalake import DeltaTable

from benchmarks import labels_book
from benchmarks.labels_book import DAY, DAYS, LABEL
from benchmarks.labels_cases import draw
from benchmarks.labels_score import Row, read_labels, read_result, render, score, verdict
from jobs.cli.configuration import load_configuration
from jobs.cli.lake_session import open_lake
from jobs.ingestion import ingest_day
from jobs.lake.tables import Lake
from jobs.reconcile import run_dates
from jobs.storage.archive import Storage
from schemas.tables import OUTCOMES

DATA = Path(__file__).resolve().parent.parent / "bench-data"
TRADES = 1_000_000
#: Raised when the same number of trades would make other bytes.
VERSION = 2


def make_days(folder: Path, trades: int) -> Path:
    """The folder with `inbox`, `config` and `labels.csv`, made if they are not there yet."""
    recipe_file, recipe = folder / "made.json", {"version": VERSION, "trades": trades}
    if recipe_file.is_file() and json.loads(recipe_file.read_text()) == recipe:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / ".gitignore").write_text("*\n")
    draw(trades).write(folder)
    recipe_file.write_text(json.dumps(recipe))
    return folder


def reconcile_days(lake: Lake, folder: Path) -> dict[str, float]:
    """The three days landed and matched, as `tieout ingest` and `tieout match` do; seconds of each.

    Raises:
        RuntimeError: a file or a day was not taken in whole.
    """
    config = load_configuration(str(folder / "config"))
    inbox = Storage(str(folder / "inbox"))
    seconds = {"ingest": 0.0, "match": 0.0}
    for day in DAYS:
        begun = time.monotonic()
        ingest_day.ingest_day(lake, config, inbox, day)
        seconds["ingest"] += time.monotonic() - begun
        begun = time.monotonic()
        profile = config.profiles[labels_book.CHANNEL]
        runs = run_dates.match_dates(lake, profile, [day], config.snapshots)
        seconds["match"] += time.monotonic() - begun
        if [run.result for run in runs] != ["DONE"]:
            raise RuntimeError(f"{day}: {[run.result for run in runs]}")
    return seconds


def read_outcomes(lake: Path) -> Iterator[Row]:
    """The rows of the labelled day as our match left them."""
    whole = DeltaTable(str(lake / OUTCOMES.name)).to_pyarrow_dataset()
    columns = ["txn_id", "line_id", "outcome", "reasons"]
    for batch in whole.to_batches(columns=columns, filter=pc.field("run_date") == DAY):
        cells = (batch[name].to_pylist() for name in columns)
        for txn_id, line_id, outcome, reasons in zip(*cells, strict=True):
            yield Row(txn_id or "", line_id or "", verdict(outcome, reasons))


def main(argv: Sequence[str] | None = None) -> int:
    """Makes, matches and scores, or scores another tool's result; 1 unless all of it is right."""
    arguments = _arguments(argv)
    folder = make_days(DATA / f"labels-{arguments.trades}", arguments.trades)
    if arguments.score:
        result: Iterator[Row] = read_result(arguments.score)
    else:
        lake = folder / "lake"
        shutil.rmtree(lake, ignore_errors=True)
        with open_lake(str(lake), arguments.engine) as lake_in_use:
            seconds = reconcile_days(lake_in_use, folder)
        print(", ".join(f"{step} {took:.1f} s" for step, took in seconds.items()), file=sys.stderr)
        result = read_outcomes(lake)
    labels = read_labels(folder / "labels.csv")
    found = score(labels, result)
    print(f"{len(labels.rows):,} rows are due on {DAY}\n\n{render(found)}")
    return 0 if found.is_perfect else 1


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.labels", description=__doc__)
    parser.add_argument("--trades", type=int, default=TRADES, help="of the day [1000000]")
    parser.add_argument("--engine", default="sail", help="sail or spark [sail]")
    parser.add_argument(
        "--score",
        type=Path,
        metavar="RESULT.csv",
        help=f"score this instead: {','.join(LABEL.names[1:])}",
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
