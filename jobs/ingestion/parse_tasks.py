"""Turns statement files into data files: plans tasks, which parse and write block by block.

A task parses its blocks and writes Parquet below the tables' folders; readers do not see the files
until the lake commits them. The task returns only counts, totals and the first rejected lines.
Memory is bounded by a block.
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.engine.task_pool import run_tasks
from jobs.ingestion.open_file import parse_chunks
from jobs.ingestion.record_ends import end_at_records
from jobs.lake.commit import DataFile
from jobs.lake.line_writer import LineFileWriter
from jobs.lake.tables import Lake
from jobs.statements import DIALECTS
from jobs.statements.canonical.references import add_card_counts
from jobs.statements.parser import BalanceSegment, BalanceSpan, ControlTotal, ParsedBlock, Plan
from jobs.statements.reading.line_format import RejectedLines
from jobs.storage.archive import ArchivedFile, Block, Storage
from schemas.errors import FileRefused
from schemas.private_text import mask_private_text, safe_text
from schemas.profile.channel import Profile
from schemas.tables import REJECTED_LINES, STATEMENT_LINES

BLOCKS_PER_TASK = 8
#: A message shows at most so many rejected lines.
EXAMPLES_MAX = 3


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
    """The merged results of the tasks of one file: data files, sums, and the first faults.

    `totals` are the totals that the file declares, by name and currency, in minor units or counts;
    `column_sums` are count, amount, fee and gross (|amount| + |fee|) of every file. `lines_by_date`
    counts lines by local date, `card_counts` by reference the values that were looked at and those
    that are card numbers. `read_fault` says why the rest of a document could not be read.
    """

    file_id: str
    line_files: list[DataFile] = field(default_factory=list)
    rejected_files: list[DataFile] = field(default_factory=list)
    totals: dict[str, Counter[str]] = field(default_factory=dict)
    column_sums: dict[str, Counter[str]] = field(default_factory=dict)
    lines_by_date: Counter[str] = field(default_factory=Counter)
    card_counts: dict[str, Counter[str]] = field(default_factory=dict)
    rejected_examples: list[tuple[int, str]] = field(default_factory=list)
    balance_segments: list[BalanceSegment] = field(default_factory=list)
    control_totals: list[ControlTotal] = field(default_factory=list)
    balance_spans: list[BalanceSpan] = field(default_factory=list)
    read_fault: str | None = None

    @property
    def line_count(self) -> int:
        """The number of good lines."""
        return sum(data_file.rows for data_file in self.line_files)

    @property
    def rejected_count(self) -> int:
        """The number of rejected lines."""
        return sum(data_file.rows for data_file in self.rejected_files)


def plan_tasks(
    storage: Storage, plain: ArchivedFile, plan: Plan, profile: Profile, day: date
) -> list[ParseTask]:
    """Clips the file's blocks to its lines and shares them out among tasks.

    A document is one task.
    """
    if DIALECTS[plan.dialect].is_document:
        whole = (Block(0, plain.byte_size, 1),)
        return [ParseTask(storage.uri, plain.path, plain.file_id, whole, plan, profile, day)]
    blocks = []
    for block in plain.blocks:
        start = max(block.offset, plan.start_byte)
        end = min(block.offset + block.length, plan.end_byte)
        if start < end:
            first = plan.first_line if start == plan.start_byte else block.first_line
            blocks.append(Block(start, end - start, first))
    if len(blocks) > 1:
        with storage.fs.open_input_file(plain.path) as source:
            blocks = end_at_records(source, blocks, plan.line_format)
    cores = os.cpu_count() or 1
    rounds = -(-len(blocks) // (BLOCKS_PER_TASK * cores))
    count = min(len(blocks), rounds * cores)
    return [
        ParseTask(
            storage.uri, plain.path, plain.file_id, tuple(blocks[first::count]), plan, profile, day
        )
        for first in range(count)
    ]


def run_parse_tasks(lake: Lake, tasks: Sequence[ParseTask]) -> dict[str, ParsedFile]:
    """Runs the tasks, on the engine if they are large, and merges their results by file."""
    total_bytes = sum(block.length for task in tasks for block in task.blocks)
    return merge_results(tasks, run_tasks(lake.spark, tasks, parse_blocks, total_bytes))


def merge_results(
    tasks: Sequence[ParseTask], results: Iterable[dict[str, Any]]
) -> dict[str, ParsedFile]:
    """Adds up the results of tasks by file; the keys are file ids."""
    parsed: dict[str, ParsedFile] = {task.file_id: ParsedFile(task.file_id) for task in tasks}
    for result in results:
        _add_result(parsed[result["file_id"]], result)
    return parsed


def parse_blocks(task: ParseTask) -> dict[str, Any]:
    """Parses a task's blocks and writes their lines; returns the result as plain values."""
    storage = Storage(task.base)
    lines = LineFileWriter(storage, STATEMENT_LINES, task.profile.channel, task.day, task.file_id)
    rejected = LineFileWriter(storage, REJECTED_LINES, task.profile.channel, task.day, task.file_id)
    result = ParsedFile(task.file_id)
    with storage.fs.open_input_file(task.path) as source:
        try:
            for chunk in parse_chunks(source, task.blocks, task.plan, task.profile):
                _count_lines(chunk.parsed, result, task.profile.zone)
                lines.write(_keep_day(chunk.parsed.lines.columns, task))
                _write_rejected(rejected, chunk.rejected, result)
        except FileRefused as fault:
            result.read_fault = str(fault)
    return {
        "file_id": task.file_id,
        "lines": lines.close(),
        "rejected": rejected.close(),
        "totals": {name: dict(sums) for name, sums in result.totals.items()},
        "column_sums": {name: dict(sums) for name, sums in result.column_sums.items()},
        "lines_by_date": dict(result.lines_by_date),
        "card_counts": {name: dict(counts) for name, counts in result.card_counts.items()},
        "rejected_examples": result.rejected_examples[:EXAMPLES_MAX],
        "balance_segments": [astuple(segment) for segment in result.balance_segments],
        "control_totals": [astuple(total) for total in result.control_totals],
        "balance_spans": [_to_plain(span) for span in result.balance_spans],
        "read_fault": result.read_fault,
    }


def _to_plain(span: BalanceSpan) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, date) else value
            for key, value in asdict(span).items()}  # fmt: skip


def _from_plain(span: dict[str, Any]) -> BalanceSpan:
    days = {name: span[name] and date.fromisoformat(span[name])
            for name in ("opening_day", "closing_day")}  # fmt: skip
    return BalanceSpan(**{**span, **days})


def _keep_day(columns: dict[str, pa.Array], task: ParseTask) -> dict[str, pa.Array]:
    """Keeps the lines of the task's date if the file has several days, else all lines."""
    files = task.profile.files
    if files is None or not files.spans:
        return columns
    dates = _local_dates(columns["traded_at"], task.profile.zone)
    is_of_day = pc.equal(dates, pa.scalar(task.day))
    return {name: column.filter(is_of_day) for name, column in columns.items()}


def _local_dates(times: pa.Array, zone: str) -> pa.Array:
    return pc.local_timestamp(times.cast(pa.timestamp("us", zone))).cast(pa.date32())


def _write_rejected(writer: LineFileWriter, rejected: RejectedLines, result: ParsedFile) -> None:
    """Writes the rejected lines, with masked numbers, and keeps the first as examples."""
    if not rejected.line_no:
        return
    safe_reasons = map(safe_text, rejected.reason)
    rows = sorted(zip(rejected.line_no, rejected.raw, safe_reasons, strict=True))
    result.rejected_examples += [(line_no, reason) for line_no, _, reason in rows[:EXAMPLES_MAX]]
    line_nos, texts, reasons = zip(*rows, strict=True)
    writer.write(
        {
            "line_no": pa.array(line_nos, pa.int64()),
            "raw": pa.array([mask_private_text(text) for text in texts]),
            "reason": pa.array(reasons),
        }
    )


def _count_lines(parsed: ParsedBlock, result: ParsedFile, zone: str) -> None:
    """Adds a block's lines to the totals, sums, dates and balances of the result."""
    columns = parsed.lines.columns
    summed = {"amount": columns["amount"], "gross": pc.abs(columns["amount"])}
    if "fee" in columns:
        summed["fee"] = columns["fee"]
        fee_size = pc.abs(pc.fill_null(columns["fee"], 0))
        summed["gross"] = pc.add(summed["gross"], fee_size)
    for code in pc.unique(columns["currency"]).to_pylist():
        in_currency = pc.equal(columns["currency"], code)
        count = pc.sum(in_currency).as_py() or 0
        result.column_sums.setdefault("count", Counter())[code] += count
        for sums, values in ((result.totals, parsed.totals), (result.column_sums, summed)):
            for name, column in values.items():
                wide = column.filter(in_currency).cast(pa.decimal128(38, 0))
                sums.setdefault(name, Counter())[code] += int(pc.sum(wide).as_py() or 0)
    add_card_counts(result.card_counts, columns)
    dates = _local_dates(columns["traded_at"], zone)
    for row in pc.value_counts(pc.drop_null(dates)).to_pylist():
        result.lines_by_date[str(row["values"])] += row["counts"]
    result.control_totals += parsed.control_totals
    result.balance_spans += parsed.balance_spans
    if parsed.balance_segment is not None:
        result.balance_segments.append(parsed.balance_segment)


def _add_result(parsed: ParsedFile, result: dict[str, Any]) -> None:
    """Adds the result of one task, as `parse_blocks` returns it, to its file."""
    for name, files in (("lines", parsed.line_files), ("rejected", parsed.rejected_files)):
        if result[name]:
            files.append(DataFile(**result[name]))
    added = (
        (parsed.totals, result["totals"]),
        (parsed.column_sums, result["column_sums"]),
        (parsed.card_counts, result["card_counts"]),
    )
    for sums, more in added:
        for name, by_currency in more.items():
            sums.setdefault(name, Counter()).update(by_currency)
    parsed.lines_by_date.update(result["lines_by_date"])
    examples = [*parsed.rejected_examples, *map(tuple, result["rejected_examples"])]
    parsed.rejected_examples = sorted(examples)[:EXAMPLES_MAX]
    parsed.balance_segments += [BalanceSegment(*fields) for fields in result["balance_segments"]]
    parsed.balance_spans += map(_from_plain, result["balance_spans"])
    parsed.control_totals += [ControlTotal(*fields) for fields in result["control_totals"]]
    parsed.read_fault = parsed.read_fault or result["read_fault"]
