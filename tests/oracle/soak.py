"""`python -m tests.oracle.soak --scenarios 20000`: the match against the oracle, for long.

Prints its seed; each batch is named `seed:index`, and `--batch NAME` runs one again. Ends with 1
where a scenario differs, told as the smallest that still does.
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


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--scenarios", type=int, default=20_000)
    parser.add_argument("--per-batch", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None, help="drawn where it is not given")
    parser.add_argument("--batch", default=None, help="one batch by its name, alone")
    parser.add_argument("--engine", default=os.environ.get("TIEOUT_ENGINE", "sail"))
    parser.add_argument("--failures", type=int, default=3, help="stop after so many batches")
    return parser.parse_args(argv)


def _chosen(asked: argparse.Namespace, seed: int) -> list[Batch]:
    if asked.batch is not None:
        return [draw_seeded_batch(asked.batch, asked.per_batch)]
    return list(draw_batches(seed, asked.scenarios, asked.per_batch))


def _differs(lake: Lake, batch: Batch) -> bool:
    mode = mode_of_batch(batch.name)
    found = list(find_differences(lake, batch, mode))
    if found:
        fewest = min(found, key=lambda each: len(each.scenario.records))
        _say(f"{len(found)} of {len(batch.scenarios)} scenarios differ, {mode}; the smallest:")
        _say(explain_difference(*shrink_difference(lake, batch, fewest, mode)))
    return bool(found)


def main(argv: list[str] | None = None) -> int:
    """Runs batches until all agree or enough differ; 0 or 1."""
    asked = _arguments(argv)
    seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed
    _say(f"seed {seed}")
    session = open_session(resolve_engine(asked.engine))
    tune_session(session, 0)
    started, done, failed = time.monotonic(), 0, 0
    for batch in _chosen(asked, seed):
        with tempfile.TemporaryDirectory() as folder:
            lake = Lake(session, folder).prepare()
            failed += _differs(lake, batch)
            lake.remove_staged()
        done += len(batch.scenarios)
        seconds = time.monotonic() - started
        _say(f"batch {batch.name}: {done} scenarios, {failed} batches differ, {seconds:.0f} s")
        if failed >= asked.failures:
            break
    close_session(session)
    return int(failed > 0)


if __name__ == "__main__":
    exit_process(main())
