"""Statement files to data files: planned here, read and written block by block by tasks.

A task parses its blocks and writes Parquet below the tables' folders, unseen until the lake commits
it; back come only counts, totals and the first rejected lines. Memory is bounded by a block.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from jobs.archive import Archived, Block, Storage
from jobs.lake import Lake
from jobs.lake_commit import DataFile
from jobs.line_file import LineFile
from jobs.statements import DIALECTS
from jobs.statements.canonical import without_cards
from jobs.statements.cells import Cells, Rejected, read_cells
from jobs.statements.dialect import HEAD_BYTES, TAIL_BYTES, Parsed, Plan, Sample
from schemas.profile import Profile
from schemas.tables import REJECTED_LINES, STATEMENT_LINES

T = TypeVar("T")
#: Below this many bytes a day is read here, without asking the engine for tasks.
INLINE_BYTES = 8 * 2**20
BLOCKS_OF_A_TASK = 8
#: How many rejected lines a message shows.
SHOWN_MAX = 3


@dataclass(frozen=True)
class Task:
    """Blocks of one file, for one worker."""

    base: str
    path: str
    file_id: str
    blocks: tuple[Block, ...]
    plan: Plan
    profile: Profile
    day: date


@dataclass
class Landed:
    """What the tasks of one file left: data files, and what its lines add up to.

    `totals` are by name and currency, in minor units or counts; `days` counts lines by local date.
    """

    file_id: str
    lines: list[DataFile] = field(default_factory=list)
    rejected: list[DataFile] = field(default_factory=list)
    totals: dict[str, Counter[str]] = field(default_factory=dict)
    days: Counter[str] = field(default_factory=Counter)
    shown: list[tuple[int, str]] = field(default_factory=list)

    @property
    def line_count(self) -> int:
        """Good lines."""
        return sum(each.rows for each in self.lines)

    @property
    def rejected_count(self) -> int:
        """Rejected lines."""
        return sum(each.rows for each in self.rejected)


def planned(storage: Storage, plain: Archived, name: str, profile: Profile) -> Plan:
    """How a file is read, from its first and last bytes.

    Raises:
        FileRefused: it is not as its dialect or its profile says.
    """
    with storage.fs.open_input_file(plain.path) as source:
        head = source.read(HEAD_BYTES)
        source.seek(max(0, plain.byte_size - TAIL_BYTES))
        tail = source.read(TAIL_BYTES)
    plan: Plan = DIALECTS[profile.dialect].plan(Sample(name, plain.byte_size, head, tail), profile)
    return plan


def tasks_of(
    storage: Storage, plain: Archived, plan: Plan, profile: Profile, day: date
) -> list[Task]:
    """The file's blocks, clipped to its lines, dealt out to tasks."""
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
        Task(
            storage.uri, plain.path, plain.file_id, tuple(blocks[place::count]), plan, profile, day
        )
        for place in range(count)
    ]


def land(lake: Lake, tasks: Sequence[Task]) -> dict[str, Landed]:
    """Carries the tasks out, on the engine where they are many, and adds up what they left."""
    size = sum(block.length for task in tasks for block in task.blocks)
    return landed_by(tasks, told_by(lake, tasks, carried_out, size))


def landed_by(tasks: Sequence[Task], told: Iterable[dict[str, Any]]) -> dict[str, Landed]:
    """What tasks said, added up by file."""
    landed: dict[str, Landed] = {task.file_id: Landed(task.file_id) for task in tasks}
    for one in told:
        _add(landed[one["file_id"]], one)
    return landed


def told_by(
    lake: Lake, tasks: Sequence[T], work: Callable[[T], dict[str, Any]], byte_size: int
) -> list[dict[str, Any]]:
    """What `work` (a function of a module) says of each task: here if they are small, else told by
    the engine's workers. What it says must be plain values.
    """
    if byte_size <= INLINE_BYTES or len(tasks) == 1:
        return [work(task) for task in tasks]

    def worked(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            told = [json.dumps(work(tasks[i])) for i in batch.column(0).to_pylist()]
            yield pa.RecordBatch.from_pydict({"told": pa.array(told, pa.string())})

    frame = lake.spark.range(0, len(tasks), 1, len(tasks)).mapInArrow(worked, "told string")
    return [json.loads(row["told"]) for row in frame.collect()]


def carried_out(task: Task) -> dict[str, Any]:
    """Reads a task's blocks and writes their lines; says what it left, as plain values."""
    storage = Storage(task.base)
    lines = LineFile(storage, STATEMENT_LINES, task.profile.channel, task.day, task.file_id)
    rejected = LineFile(storage, REJECTED_LINES, task.profile.channel, task.day, task.file_id)
    totals: dict[str, Counter[str]] = {}
    days: Counter[str] = Counter()
    shown: list[tuple[int, str]] = []
    dialect = DIALECTS[task.profile.dialect]
    with storage.fs.open_input_file(task.path) as source:
        for block in task.blocks:
            source.seek(block.offset)
            refused = Rejected()
            cells = read_cells(
                source.read(block.length), block.first_line, task.plan.shape, refused
            )
            parsed = _kept(cells, dialect.parse(cells, task.plan, task.profile), refused)
            _count(parsed, totals, days, task.profile.zone)
            lines.write(parsed.lines.columns)
            if refused.line_no:
                order = sorted(zip(refused.line_no, refused.raw, refused.reason, strict=True))
                shown += [(number, reason) for number, _, reason in order[:SHOWN_MAX]]
                number, raw, reason = zip(*order, strict=True)
                rejected.write(
                    {
                        "line_no": pa.array(number, pa.int64()),
                        "raw": pa.array([without_cards(each) for each in raw]),
                        "reason": pa.array(reason),
                    }
                )
    return {
        "file_id": task.file_id,
        "lines": lines.close(),
        "rejected": rejected.close(),
        "totals": {name: dict(sums) for name, sums in totals.items()},
        "days": dict(days),
        "shown": shown[:SHOWN_MAX],
    }


def _kept(cells: Cells, parsed: Parsed, refused: Rejected) -> Parsed:
    """The good lines, with their numbers; the faulty ones go to `refused`."""
    lines = parsed.lines
    lines.columns["line_no"] = cells.line_no
    if lines.faults:
        faulty = sorted(lines.faults.items())
        numbers = cells.line_no.take([row for row, _ in faulty]).to_pylist()
        for number, raw, (_, reason) in zip(numbers, cells.raw(numbers), faulty, strict=True):
            refused.add(number, raw, reason)
        rows = pa.array(sorted(lines.faults), pa.int64())
        good = pc.invert(pc.is_in(pa.array(range(len(cells.line_no)), pa.int64()), rows))
        lines.columns = {name: column.filter(good) for name, column in lines.columns.items()}
        parsed.totals = {name: column.filter(good) for name, column in parsed.totals.items()}
    return parsed


def _count(parsed: Parsed, totals: dict[str, Counter[str]], days: Counter[str], zone: str) -> None:
    columns = parsed.lines.columns
    for code in pc.unique(columns["currency"]).to_pylist():
        own = pc.equal(columns["currency"], code)
        for name, values in parsed.totals.items():
            wide = values.filter(own).cast(pa.decimal128(38, 0))
            totals.setdefault(name, Counter())[code] += int(pc.sum(wide).as_py() or 0)
    local = pc.local_timestamp(columns["traded_at"].cast(pa.timestamp("us", zone)))
    for each in pc.value_counts(pc.drop_null(local.cast(pa.date32()))).to_pylist():
        days[str(each["values"])] += each["counts"]


def _add(landed: Landed, told: dict[str, Any]) -> None:
    for name, place in (("lines", landed.lines), ("rejected", landed.rejected)):
        if told[name]:
            place.append(DataFile(**told[name]))
    for name, sums in told["totals"].items():
        landed.totals.setdefault(name, Counter()).update(sums)
    landed.days.update(told["days"])
    landed.shown = sorted([*landed.shown, *map(tuple, told["shown"])])[:SHOWN_MAX]
