"""The hourly run of a NetsUnion day: 144 parts of theirs, 144 of ours, in drawn orders of arrival.

More runs and draws with `TIEOUT_ARRIVALS=24`.
"""

import os
import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from pyspark.sql import SparkSession

from jobs.ingestion.manual_review import withdraw_file
from jobs.lake.tables import Lake
from schemas.tables import CANDIDATES, OPEN_ITEMS, OUTCOMES, STATEMENT_FILES
from tests.support.first_by_day import first_by_day
from tests.support.golden import SHIPPED
from tests.support.ledger import day
from tests.support.netsunion_files import CENTRES, build_detail, build_part
from tests.support.pipeline_fixture import PipelineFixture
from tests.support.snapshot_parts import write_internal_page

RUNS = int(os.environ.get("TIEOUT_ARRIVALS", "4"))
PAGE = (SHIPPED / "netsunion.yaml").read_text("utf-8")
NODES = range(1, 7)
HEADER = "txn_id,channel,kind,status,amount,currency,occurred_at,account_tail,payer_name\n"
Rows = dict[str, dict[int, str]]


def bill_record(number: int, hour: int) -> bytes:
    """A payment of its own amount, account and time."""
    return build_detail(number, hour, 1000 + number)


def own_row(number: int, hour: int, status: str = "SUCCEEDED", fen: int = 0) -> str:
    """The same payment on our side; `fen` are too many."""
    amount, at = (1000 + number + fen) / 100, f"{number // 60 % 60:02}:{number % 60:02}"
    occurred = f"{day(0)}T{hour:02}:{at}+08:00"
    tail = f"{number % 10000:04}"
    return f"P{number},netsunion,PAYMENT,{status},{amount:.2f},CNY,{occurred},{tail},王小明\n"


@dataclass
class Arrivals:
    """What comes before which run: files by path, and parts that a person withdraws."""

    files: dict[int, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))
    withdrawn: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))


def _their_file(part: str) -> str:
    return f"netsunion/20261116/NETS_20261116_{part}.txt"


def _our_file(part: str) -> str:
    return f"internal/{day(0)}/{part}/rows.csv"


def draw(rng: Random) -> tuple[Arrivals, list[set[int]], dict[str, bytes]]:
    """The arrivals, the payments that are pairs after each run, and the last version of each file.

    Of theirs one part comes anew with a line that it lacked, and one is withdrawn and comes anew.
    Of ours one part comes anew with another amount, and some payments stand in two parts: PENDING
    in that of their hour, then SUCCEEDED in the last hour of their node.
    """
    theirs: Rows = {f"{centre}-{hour:02}": {} for centre in CENTRES for hour in range(24)}
    ours: Rows = {f"{hour:02}-{node}": {} for hour in range(24) for node in NODES}
    lines, final = dict[int, str](), dict[int, str]()
    for number in range(300):
        hour, centre, node = rng.randrange(23), rng.choice(CENTRES), rng.choice(NODES)
        if number % 17:
            lines[number] = f"{centre}-{hour:02}"
            theirs[lines[number]][number] = ""
        if number % 19:
            final[number] = f"{hour:02}-{node}"
            is_twice = number % 23 == 0
            ours[final[number]][number] = own_row(
                number, hour, "PENDING" if is_twice else "SUCCEEDED"
            )
            if is_twice:
                final[number] = f"23-{node}"
                ours[final[number]][number] = own_row(number, hour)
    hours = {number: int(part[-2:]) for number, part in lines.items()}

    def their_bytes(part: str, without: int = -1) -> bytes:
        kept = [bill_record(n, hours[n]) for n in theirs[part] if n != without]
        return build_part(part[:3], int(part[-2:]), kept)

    def our_bytes(part: str, wrong: int = -1) -> bytes:
        kept = [own_row(n, int(part[:2]), fen=1) if n == wrong else row
                for n, row in ours[part].items()]  # fmt: skip
        return (HEADER + "".join(kept)).encode()

    arrivals, last = Arrivals(), dict[str, bytes]()
    comes = dict[str, int]()
    paired = sorted(set(lines) & set(final) - {n for n in final if final[n].startswith("23")})
    anew, withdrawn, wrong = rng.sample([n for n in paired if hours[n] < 20], 3)
    for parts, path_of, bytes_of in (
        (theirs, _their_file, their_bytes),
        (ours, _our_file, our_bytes),
    ):
        for part in parts:
            hour = int(part[-2:] if parts is theirs else part[:2])
            comes[part] = min(hour * RUNS // 24 + rng.choice([0, 0, 0, 1]), RUNS - 1)
            last[path_of(part)] = bytes_of(part)
    for number, part, early in (
        (anew, lines[anew], their_bytes(lines[anew], anew)),
        (withdrawn, lines[withdrawn], their_bytes(lines[withdrawn])),
        (wrong, final[wrong], our_bytes(final[wrong], wrong)),
    ):
        first = rng.randrange(RUNS - 1)
        path = _our_file(part) if number == wrong else _their_file(part)
        arrivals.files[first][path] = early
        comes[part] = rng.randrange(first + 1, RUNS)
        if number == withdrawn:
            arrivals.withdrawn[rng.randrange(first + 1, comes[part] + 1)].append(part)
            last[path] = early.replace(b"Z2026000000001", b"Z2026000000002")
    for path, content in last.items():
        part = path.split("_")[-1][:-4] if path.startswith("n") else path.split("/")[2]
        arrivals.files[comes[part]][path] = content
    return arrivals, _expected(arrivals, lines, final, anew, wrong), last


def _expected(
    arrivals: Arrivals, lines: dict[int, str], final: dict[int, str], anew: int, wrong: int
) -> list[set[int]]:
    """After each run the payments of which both sides have come, as they are in the end."""
    versions: dict[str, int] = defaultdict(int)
    out, gone = [], set[str]()
    twice = {path for run in arrivals.files for path in arrivals.files[run]
             if sum(path in files for files in arrivals.files.values()) > 1}  # fmt: skip
    for run in range(RUNS):
        gone |= {_their_file(part) for part in arrivals.withdrawn[run]}
        gone -= {*arrivals.files[run]}
        for path in arrivals.files[run]:
            versions[path] += 1

        there = {path for path in versions if path not in gone}
        whole = {path for path in there if path not in twice or versions[path] > 1}
        out.append({
            number
            for number in set(lines) & set(final)
            if _their_file(lines[number]) in (whole if number == anew else there)
            and _our_file(final[number]) in (whole if number == wrong else there)
        })  # fmt: skip
    return out


def world_of(spark: SparkSession, root: Path) -> PipelineFixture:
    """A pipeline of the shipped profile, our side in hours by nodes."""
    root.mkdir()
    pipeline = PipelineFixture(root, Lake(spark, str(root / "lake")).prepare(), "")
    (root / "config/channels/bank.yaml").unlink()
    pipeline.write_profile(PAGE, "netsunion")
    write_internal_page(pipeline, '{hours: "00-23", nodes: "1-6"}')
    return pipeline


def rows_of(pipeline: PipelineFixture) -> dict[str, list[str]]:
    """All rows of the date, in an order."""
    return {
        table.name: sorted(map(str, pipeline.lake.read_day(table, day(0)).collect()))
        for table in (OUTCOMES, OPEN_ITEMS, CANDIDATES)
    }


def _withdraw(pipeline: PipelineFixture, part: str) -> None:
    (row,) = pipeline.lake.read_rows(STATEMENT_FILES, part=part, status="ACCEPTED")
    withdraw_file(pipeline.lake, pipeline.config.profiles["netsunion"], row, "of another day")


@pytest.mark.slow
@pytest.mark.sail_only
@pytest.mark.parametrize("seed", first_by_day(0, 1, 2))
def test_pairs_are_made_when_their_later_side_comes(
    spark: SparkSession, tmp_path: Path, seed: int
) -> None:
    """After each run the pairs are those of which both sides have come, and nothing broke; in the
    end all rows are those of the day in one go.
    """
    arrivals, expected, last = draw(Random(f"netsunion {seed}"))
    pipeline, once = world_of(spark, tmp_path / "step"), world_of(spark, tmp_path / "once")
    for run in range(RUNS):
        for part in arrivals.withdrawn[run]:
            _withdraw(pipeline, part)
        shutil.rmtree(pipeline.inbox, ignore_errors=True)
        pipeline.inbox.mkdir()
        for path, content in arrivals.files[run].items():
            pipeline.write_file(path, content)
        pipeline.ingest(0)
        (summary,) = pipeline.match(0, channel="netsunion")
        assert (summary.result == "DONE") == (run == RUNS - 1)
        rows = pipeline.outcomes(0, "txn_id", "outcome")
        matched = {int(txn_id[1:]) for txn_id, outcome in rows if outcome == "MATCHED"}
        assert matched == expected[run], f"after run {run}"
        broken = [txn_id for txn_id, outcome in rows if outcome == "BREAK" and txn_id is None]
        assert not broken, "nothing ages before all parts are there"
    for path, content in last.items():
        once.write_file(path, content)
    once.ingest(0)
    (summary,) = once.match(0, channel="netsunion")
    assert summary.result == "DONE"
    assert rows_of(pipeline) == rows_of(once)
