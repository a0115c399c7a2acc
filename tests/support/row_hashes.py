"""`make rows`: one hash per table over the demo's five days and over 300 drawn scenarios.

A hash is the sum of the hashes of the rows, so that neither the order of rows nor the names of
columns matter; the identity of runs and files' paths, clocks and versions are left out. Both
engines must give the hashes in `row_hashes.json`. A change that is meant to change rows writes the
file anew with `--write` and says why.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from contextlib import redirect_stdout
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from demo.__main__ import main as run_demo
from jobs.cli.console import exit_process
from jobs.engine.session import close_session, open_session, resolve_engine, tune_session
from jobs.lake.tables import Lake
from schemas.tables import OPEN_ITEMS, OUTCOMES, TABLES
from tests.oracle.compare_match import mode_of_batch, run_match
from tests.oracle.scenarios import draw_seeded_batch

EXPECTED = Path(__file__).with_name("row_hashes.json")
SCENARIO_BATCHES = tuple(f"rows:{index}" for index in range(3))
SCENARIOS_PER_BATCH = 100
#: Per table, columns that are another value on each run of the same day.
VOLATILE = {
    "statement_files": {"archived_path", "received_at"},
    "snapshot_files": {"archived_path", "received_at"},
    "matched_parts": {"state_json"},
    "decisions": {"decision_id", "created_at"},
    "runs": {
        "run_id", "started_at", "ended_at", "fingerprint", "versions_read", "versions_written",
        "seconds", "engine", "software_version",
    },
}  # fmt: skip

Hashes = dict[str, dict[str, Any]]


def hash_rows(rows: Iterable[Iterable[Any]]) -> dict[str, Any]:
    """Number of rows, and the sum of their SHA-256 modulo 2^256 in hexadecimal."""
    count, total = 0, 0
    for row in rows:
        text = json.dumps([_plain(value) for value in row], ensure_ascii=False)
        total += int.from_bytes(sha256(text.encode()).digest(), "big")
        count += 1
    return {"rows": count, "hash": f"{total % 2**256:064x}"}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.timestamp() * 1_000_000)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        if all(isinstance(each, tuple) and len(each) == 2 for each in value) and value:
            return {name: _plain(each) for name, each in sorted(value)}
        return [_plain(each) for each in value]
    return value


def hash_demo(engine: str, folder: Path) -> Hashes:
    """Runs the demo's five days and hashes each table of its lake.

    Raises:
        AssertionError: the demo's outcomes are not as labelled.
    """
    lake = folder / "lake"
    with redirect_stdout(sys.stderr):
        status = run_demo(["--engine", engine, "--data", str(folder), "--lake", str(lake)])
    assert status == 0, "the demo failed; its message stands above"
    found = {}
    for table in TABLES:
        rows = DeltaTable(str(lake / table.name)).to_pyarrow_table().to_pylist()
        left_out = VOLATILE.get(table.name, set())
        kept = [name for name in table.columns if name not in left_out]
        found[table.name] = hash_rows([row[name] for name in kept] for row in rows)
    return found


def hash_scenarios(engine: str, folder: Path) -> Hashes:
    """Matches the drawn scenarios date by date and hashes outcomes and open items, by batch."""
    session = open_session(engine)
    tune_session(session, 0)
    found = {}
    for name in SCENARIO_BATCHES:
        lake = Lake(session, str(folder / name.replace(":", "-"))).prepare()
        runs = run_match(lake, draw_seeded_batch(name, SCENARIOS_PER_BATCH), mode_of_batch(name))
        for place, table in enumerate((OUTCOMES, OPEN_ITEMS)):
            found[f"{name} {table.name}"] = hash_rows(
                [on, *(row[column] for column in sorted(row))]
                for on, run in enumerate(runs)
                for row in run[place]
            )
        lake.remove_staged()
    close_session(session)
    return found


def main(argv: list[str] | None = None) -> int:
    """Hashes and compares, 0 when all are equal; with `--write`, writes the file instead."""
    parser = argparse.ArgumentParser(prog="row_hashes", description=__doc__)
    parser.add_argument("--engine", default=os.environ.get("TIEOUT_ENGINE", "sail"))
    parser.add_argument("--write", action="store_true", help="write what was found into the file")
    asked = parser.parse_args(argv)
    engine = resolve_engine(asked.engine)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        found = {
            "demo": hash_demo(engine, place / "demo"),
            "scenarios": hash_scenarios(engine, place / "scenarios"),
        }
    if asked.write:
        EXPECTED.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
        return 0
    expected = json.loads(EXPECTED.read_text("utf-8"))
    differing = 0
    for part, tables in expected.items():
        for name in sorted({*tables, *found[part]}):
            before, now = tables.get(name), found[part].get(name)
            differing += before != now
            verdict = "equal" if before == now else f"DIFFERS, before {before}, now"
            sys.stderr.write(f"{part} {name}: {verdict} {now}\n")
    sys.stderr.write(f"{engine}: {differing} hashes differ\n")
    return int(differing > 0)


if __name__ == "__main__":
    exit_process(main())
