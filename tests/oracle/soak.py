"""`python -m tests.oracle.soak --scenarios 20000`: compares the match with the oracle for long.

The command prints its seed. A batch has the name `seed:index`, and `--batch NAME` runs one again.
It ends with 1 if a scenario differs, and prints the smallest one that still does.
"""

import argparse
import os
import secrets
import sys
import tempfile
import time

from jobs.cli.console import exit_process
from jobs.engine.session import close_session, open_session, resolve_engine, tune_session
from jobs.lake.tables import Lake
from tests.oracle.compare_match import find_differences, mode_of_batch, shrink_difference
from tests.oracle.explain_diff import explain_difference
from tests.oracle.scenarios import Batch, draw_batches, draw_seeded_batch


def _print(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--scenarios", type=int, default=20_000)
    parser.add_argument("--per-batch", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None, help="random if left out")
    parser.add_argument("--batch", default=None, help="one batch by its name, alone")
    parser.add_argument("--engine", default=os.environ.get("TIEOUT_ENGINE", "sail"))
    parser.add_argument("--failures", type=int, default=3, help="stop after so many batches")
    return parser.parse_args(argv)


def _select_batches(arguments: argparse.Namespace, seed: int) -> list[Batch]:
    if arguments.batch is not None:
        return [draw_seeded_batch(arguments.batch, arguments.per_batch)]
    return list(draw_batches(seed, arguments.scenarios, arguments.per_batch))


def _has_difference(lake: Lake, batch: Batch) -> bool:
    mode = mode_of_batch(batch.name)
    differences = list(find_differences(lake, batch, mode))
    if differences:
        smallest = min(differences, key=lambda difference: len(difference.scenario.records))
        _print(
            f"{len(differences)} of {len(batch.scenarios)} scenarios differ, {mode}; the smallest:"
        )
        _print(explain_difference(*shrink_difference(lake, batch, smallest, mode)))
    return bool(differences)


def main(argv: list[str] | None = None) -> int:
    """Runs batches until all are done or enough differ; 1 if any differs, else 0."""
    arguments = _arguments(argv)
    seed = secrets.randbelow(2**31) if arguments.seed is None else arguments.seed
    _print(f"seed {seed}")
    session = open_session(resolve_engine(arguments.engine))
    tune_session(session, 0)
    started, done, failed = time.monotonic(), 0, 0
    for batch in _select_batches(arguments, seed):
        with tempfile.TemporaryDirectory() as folder:
            lake = Lake(session, folder).prepare()
            failed += _has_difference(lake, batch)
            lake.remove_staged()
        done += len(batch.scenarios)
        seconds = time.monotonic() - started
        _print(f"batch {batch.name}: {done} scenarios, {failed} batches differ, {seconds:.0f} s")
        if failed >= arguments.failures:
            break
    close_session(session)
    return int(failed > 0)


if __name__ == "__main__":
    exit_process(main())
