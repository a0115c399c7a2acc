"""Parses a statement with a profile as ingest would, in a temporary folder.

Shows the first lines, the declared and computed totals, the rejected lines, and likely faults.
"""

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.ingestion.gates.balance_gaps import describe_gaps
from jobs.ingestion.gates.control_totals import compare_totals, control_total_failures
from jobs.ingestion.gates.likely_causes import likely_cause
from jobs.ingestion.open_file import decompress, plan_file
from jobs.ingestion.parse_tasks import ParsedFile, merge_results, parse_blocks, plan_tasks
from jobs.onboarding.likely_faults import find_likely_faults
from jobs.statements.canonical.timestamps import parse_business_date
from jobs.storage.archive import Storage, archive_file
from schemas.currencies import in_major_units
from schemas.errors import ConfigurationError, FileRefused
from schemas.profile.channel import Profile
from schemas.tables import STATEMENT_LINES
from schemas.vocabulary import SIGN_OF_KIND, Kind

#: Columns that are always shown; of the others those in which a shown line has a value.
_COLUMNS = ("line_no", "kind", "status", "amount", "currency")
#: Columns that are made of others, or are the same on every line.
_NOT_SHOWN = ("line_id", "file_id", "business_date", "channel")
_MONEY = {"amount": "currency", "fee": "currency", "settlement_amount": "settlement_currency"}
_CELL_MAX = 28


@dataclass(frozen=True)
class Trial:
    """The result of a trial: text lines for people, `body` for programs.

    `rows` are the first rows of `statement_lines` that ingest would write.
    """

    accepted: bool
    lines: list[str]
    body: dict[str, Any]
    rows: Sequence[Mapping[str, Any]] = ()


def try_statement(profile: Profile, statement: Path, day: date | None, lines_max: int) -> Trial:
    """Parses a statement with a profile; keeps nothing.

    Raises:
        ConfigurationError: the channel sends no files.
    """
    files = profile.files
    if files is None:
        raise ConfigurationError([f"{profile.channel} sends no statements"])
    pattern = files.pattern.rsplit("/", 1)[-1]
    day = day or parse_business_date(statement.name, pattern)
    head = statement.read_bytes()[: 2**20]
    with tempfile.TemporaryDirectory() as folder:
        storage = Storage(folder)
        with statement.open("rb") as source:
            archived = archive_file(storage, source)
        try:
            plain = decompress(storage, archived, statement.name, "scratch", profile)
            plan = plan_file(storage, plain, statement.name, profile, day)
            tasks = plan_tasks(storage, plain, plan, profile, day or date(1970, 1, 1))
        except FileRefused as fault:
            hints = find_likely_faults(profile, statement.name, head, [])
            return _refused_trial(str(fault), hints)
        results = [parse_blocks(task) for task in tasks]
        parsed = merge_results(tasks, results).get(archived.file_id, ParsedFile(archived.file_id))
        counts = Counter(parsed.lines_by_date).most_common(1)
        business_date = day or (date.fromisoformat(counts[0][0]) if counts else date(1970, 1, 1))
        totals, _ = compare_totals(parsed, plan)
        gaps = describe_gaps(statement.name, parsed.balance_spans)
        refusal = control_total_failures(parsed, plan, files, statement.name, business_date)
        cause = likely_cause(storage, parsed, totals) if refusal else None
        lines = _read_first_rows(
            folder, "statement_lines", [file.path for file in parsed.line_files], lines_max
        )
        rejected = _read_first_rows(
            folder, "rejected_lines", [file.path for file in parsed.rejected_files], 5
        )
        paths = [f"{folder}/statement_lines/{file.path}" for file in parsed.line_files]
        against_kind, refund_fees = _count_against_kind(paths), _count_refund_fees(paths)
    reasons = [str(row["reason"]) for row in rejected]
    hints = find_likely_faults(profile, statement.name, head, reasons) if refusal else []
    out = _render_rows(lines)
    out += ["", f"{parsed.line_count:,} lines, {parsed.rejected_count:,} rejected"]
    out += [
        f"  line {row['line_no']}: {row['reason']}   {str(row['raw'])[:80]}" for row in rejected
    ]
    out += ["", "totals (declared, computed):", *(_render_total(row) for row in totals)]
    out += ["", *gaps] if gaps else []
    out += [f"check the kind: {describe_signs(kind, n)}" for kind, n in against_kind.items()]
    unchecked = [str(row["name"]) for row in totals if row["declared"] is None]
    if unchecked:
        out.append(f"not checked, as the file declares no total: {', '.join(unchecked)}")
    out += ["", f"would be REFUSED: {refusal}" if refusal else "would be ACCEPTED"]
    out += [f"  {cause}"] if cause else []
    out += [f"  perhaps: {hint}" for hint in hints]
    body = {
        "verdict": refusal or "ACCEPTED",
        "lines": parsed.line_count,
        "rejected": parsed.rejected_count,
        "first_rejected": rejected[0]["line_no"] if rejected else None,
        "totals": totals,
        "days": dict(parsed.lines_by_date),
        "warnings": gaps,
        "against_kind": against_kind,
        "refund_fees": refund_fees,
        "guesses": hints,
        "likely_cause": cause,
        "unchecked": unchecked,
    }
    return Trial(refusal is None, out, body, lines)


def _count_against_kind(paths: Iterable[str]) -> dict[str, int]:
    """How many lines of each kind have the other sign than money of that kind."""
    counts: Counter[str] = Counter()
    for path in paths:
        rows = pq.ParquetFile(path).read(["kind", "amount"])
        for kind in Kind:
            amounts = rows.filter(pc.equal(rows["kind"], kind.value))["amount"]
            is_against = pc.less(pc.multiply(pc.sign(amounts), SIGN_OF_KIND[kind]), 0)
            counts[kind.value] += pc.sum(is_against).as_py() or 0
    return {kind: count for kind, count in sorted(counts.items()) if count}


def _count_refund_fees(paths: Iterable[str]) -> int:
    """How many refunds have a fee that is charged, as it has no minus."""
    count = 0
    for path in paths:
        rows = pq.ParquetFile(path).read(["kind", "fee"])
        is_refund = pc.equal(rows["kind"], Kind.REFUND.value)
        count += pc.sum(pc.and_(is_refund, pc.greater(rows["fee"], 0))).as_py() or 0
    return count


def describe_signs(kind: str, count: int) -> str:
    """That lines of a kind go against it, in words."""
    side = "below" if SIGN_OF_KIND[Kind(kind)] > 0 else "above"
    return f"{count:,} line{'s are' if count > 1 else ' is'} a {kind} {side} zero"


def _refused_trial(refusal: str, hints: list[str]) -> Trial:
    lines = [f"would be REFUSED: {refusal}", *(f"  perhaps: {hint}" for hint in hints)]
    return Trial(False, lines, {"verdict": refusal, "lines": 0, "rejected": 0, "guesses": hints})


def _read_first_rows(
    folder: str, table: str, paths: Sequence[str], rows_max: int
) -> list[dict[str, Any]]:
    """The first `rows_max` rows by line number."""
    if not paths:
        return []
    rows_read = pa.concat_tables(
        pq.ParquetFile(f"{folder}/{table}/{path}").read() for path in paths
    )
    rows: list[dict[str, Any]] = rows_read.sort_by("line_no").slice(0, rows_max).to_pylist()
    return rows


def _render_rows(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rows as a table of every column that has a value in one of them."""
    names = [
        name for name in ("line_no", *STATEMENT_LINES.columns)
        if name in _COLUMNS or (name not in _NOT_SHOWN and not name.endswith("_norm")
                                and any(row[name] is not None for row in rows))
    ]  # fmt: skip
    names = [*dict.fromkeys([*_COLUMNS, *names])]
    cells = [names, *([_render_cell(row, name) for name in names] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(names))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _render_cell(row: Mapping[str, Any], name: str) -> str:
    value = row[name]
    if value is None:
        return ""
    if name in _MONEY:
        return in_major_units(value, row[_MONEY[name]])
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}Z"
    if name == "extra":
        value = " ".join(f"{key}={text}" for key, text in value)
    return str(value)[:_CELL_MAX]


def _render_total(row: Mapping[str, Any]) -> str:
    code = row["currency"]
    values = [
        "unchecked" if value is None else in_major_units(value, code) if code else f"{value:,}"
        for value in (row["declared"], row["computed"])
    ]
    mark = "" if row["declared"] in (None, row["computed"]) else "   DIFFERS"
    return f"  {row['name']:<24} {code or '':<4} {values[0]:>18} {values[1]:>18}{mark}"
