"""Statement files to data files: planned here, read and written block by block by tasks.

A task parses its blocks and writes Parquet below the tables' folders, unseen until the lake commits
it; back come only counts, totals and the first rejected lines. Memory is bounded by a block.
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.engine.task_pool import run_tasks
from jobs.ingestion.open_file import parse_chunks
from jobs.lake.commit import DataFile
from jobs.lake.line_writer import LineFileWriter
from jobs.lake.tables import Lake
from jobs.statements import DIALECTS
from jobs.statements.canonical.lines import mask_personal_numbers
from jobs.statements.parser import BalanceSegment, ControlTotal, ParsedBlock, Plan
from jobs.statements.reading.shape import RejectedLines
from jobs.storage.archive import ArchivedFile, Block, Storage
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from schemas.tables import REJECTED_LINES, STATEMENT_LINES

BLOCKS_OF_A_TASK = 8
#: How many rejected lines a message shows.
SHOWN_MAX = 3


@dataclass(frozen=True)
class ParseTask:
    """Blocks of one file, for one worker."""

    base: str
    path: str
    file_id: str
    blocks: tuple[Block, ...]
    plan: Plan
    profile: Profile
    day: date


@dataclass
class ParsedFile:
    """What the tasks of one file left: data files, and what its lines add up to.

    `totals` are by name and currency, in minor units or counts, of what the file declares; `sums`
    are the same of every file; `days` counts lines by local date; `refused` says why a document
    could not be read on.
    """

    file_id: str
    lines: list[DataFile] = field(default_factory=list)
    rejected: list[DataFile] = field(default_factory=list)
    totals: dict[str, Counter[str]] = field(default_factory=dict)
    sums: dict[str, Counter[str]] = field(default_factory=dict)
    days: Counter[str] = field(default_factory=Counter)
    shown: list[tuple[int, str]] = field(default_factory=list)
    links: list[BalanceSegment] = field(default_factory=list)
    checks: list[ControlTotal] = field(default_factory=list)
    refused: str | None = None

    @property
    def line_count(self) -> int:
        """Good lines."""
        return sum(each.rows for each in self.lines)

    @property
    def rejected_count(self) -> int:
        """Rejected lines."""
        return sum(each.rows for each in self.rejected)


def plan_tasks(
    storage: Storage, plain: ArchivedFile, plan: Plan, profile: Profile, day: date
) -> list[ParseTask]:
    """The file's blocks, clipped to its lines, dealt out to tasks; a document is one task's."""
    if DIALECTS[plan.dialect].is_document:
        whole = (Block(0, plain.byte_size, 1),)
        return [ParseTask(storage.uri, plain.path, plain.file_id, whole, plan, profile, day)]
    blocks = []
    for block in plain.blocks:
        start = max(block.offset, plan.start)
        end = min(block.offset + block.length, plan.end)
        if start < end:
            first = plan.first_line if start == plan.start else block.first_line
            blocks.append(Block(start, end - start, first))
    cores = os.cpu_count() or 1
    rounds = -(-len(blocks) // (BLOCKS_OF_A_TASK * cores))
    count = min(len(blocks), rounds * cores)
    return [
        ParseTask(
            storage.uri, plain.path, plain.file_id, tuple(blocks[place::count]), plan, profile, day
        )
        for place in range(count)
    ]


def run_parse_tasks(lake: Lake, tasks: Sequence[ParseTask]) -> dict[str, ParsedFile]:
    """Carries the tasks out, on the engine where they are many, and adds up what they left."""
    size = sum(block.length for task in tasks for block in task.blocks)
    return merge_results(tasks, run_tasks(lake.spark, tasks, parse_blocks, size))


def merge_results(
    tasks: Sequence[ParseTask], told: Iterable[dict[str, Any]]
) -> dict[str, ParsedFile]:
    """What tasks said, added up by file."""
    landed: dict[str, ParsedFile] = {task.file_id: ParsedFile(task.file_id) for task in tasks}
    for one in told:
        _add(landed[one["file_id"]], one)
    return landed


def parse_blocks(task: ParseTask) -> dict[str, Any]:
    """Reads a task's blocks and writes their lines; says what it left, as plain values."""
    storage = Storage(task.base)
    lines = LineFileWriter(storage, STATEMENT_LINES, task.profile.channel, task.day, task.file_id)
    rejected = LineFileWriter(storage, REJECTED_LINES, task.profile.channel, task.day, task.file_id)
    seen = ParsedFile(task.file_id)
    with storage.fs.open_input_file(task.path) as source:
        try:
            for piece in parse_chunks(source, task.blocks, task.plan, task.profile):
                _count(piece.parsed, seen, task.profile.zone)
                lines.write(_of_day(piece.parsed.lines.columns, task))
                _write_refused(rejected, piece.refused, seen)
        except FileRefused as fault:
            seen.refused = str(fault)
    return {
        "file_id": task.file_id,
        "lines": lines.close(),
        "rejected": rejected.close(),
        "totals": {name: dict(sums) for name, sums in seen.totals.items()},
        "sums": {name: dict(sums) for name, sums in seen.sums.items()},
        "days": dict(seen.days),
        "shown": seen.shown[:SHOWN_MAX],
        "links": [astuple(each) for each in seen.links],
        "checks": [astuple(each) for each in seen.checks],
        "refused": seen.refused,
    }


def _of_day(columns: dict[str, pa.Array], task: ParseTask) -> dict[str, pa.Array]:
    """The lines that land under the task's date: of a file of several days, that date's only."""
    files = task.profile.files
    if files is None or not files.spans:
        return columns
    own = pc.equal(_local_dates(columns["traded_at"], task.profile.zone), pa.scalar(task.day))
    return {name: column.filter(own) for name, column in columns.items()}


def _local_dates(moments: pa.Array, zone: str) -> pa.Array:
    return pc.local_timestamp(moments.cast(pa.timestamp("us", zone))).cast(pa.date32())


def _write_refused(rejected: LineFileWriter, refused: RejectedLines, seen: ParsedFile) -> None:
    if not refused.line_no:
        return
    order = sorted(zip(refused.line_no, refused.raw, refused.reason, strict=True))
    seen.shown += [(number, reason) for number, _, reason in order[:SHOWN_MAX]]
    number, raw, reason = zip(*order, strict=True)
    rejected.write(
        {
            "line_no": pa.array(number, pa.int64()),
            "raw": pa.array([mask_personal_numbers(each) for each in raw]),
            "reason": pa.array(reason),
        }
    )


def _count(parsed: ParsedBlock, seen: ParsedFile, zone: str) -> None:
    columns = parsed.lines.columns
    every = {"amount": columns["amount"]}
    if "fee" in columns:
        every["fee"] = columns["fee"]
    for code in pc.unique(columns["currency"]).to_pylist():
        own = pc.equal(columns["currency"], code)
        seen.sums.setdefault("count", Counter())[code] += pc.sum(own).as_py() or 0
        for into, named in ((seen.totals, parsed.totals), (seen.sums, every)):
            for name, values in named.items():
                wide = values.filter(own).cast(pa.decimal128(38, 0))
                into.setdefault(name, Counter())[code] += int(pc.sum(wide).as_py() or 0)
    local = _local_dates(columns["traded_at"], zone)
    for each in pc.value_counts(pc.drop_null(local)).to_pylist():
        seen.days[str(each["values"])] += each["counts"]
    seen.checks += parsed.checks
    if parsed.balance_segment is not None:
        seen.links.append(parsed.balance_segment)


def _add(landed: ParsedFile, told: dict[str, Any]) -> None:
    for name, place in (("lines", landed.lines), ("rejected", landed.rejected)):
        if told[name]:
            place.append(DataFile(**told[name]))
    for into, named in ((landed.totals, told["totals"]), (landed.sums, told["sums"])):
        for name, sums in named.items():
            into.setdefault(name, Counter()).update(sums)
    landed.days.update(told["days"])
    landed.shown = sorted([*landed.shown, *map(tuple, told["shown"])])[:SHOWN_MAX]
    landed.links += [BalanceSegment(*each) for each in told["links"]]
    landed.checks += [ControlTotal(*each) for each in told["checks"]]
    landed.refused = landed.refused or told["refused"]
