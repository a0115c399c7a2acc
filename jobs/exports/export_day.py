"""Exports one channel's exceptions of one run date, for people and the transaction system."""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, BinaryIO

from pyspark.sql import DataFrame

from jobs.exports.breaks import render_rows, select_cells
from jobs.exports.fee_differences import render_fee_rows, select_fee_rows
from jobs.exports.file_places import FilePlaces
from jobs.exports.out_of_scope import FOLDER, write_out_of_scope
from jobs.exports.overview import render_summary
from jobs.exports.sections import (
    add_break_ids,
    add_details,
    count_sections,
    select_sections,
)
from jobs.exports.sheets import write_breaks
from jobs.exports.summary import (
    at_stake_by_currency,
    describe_inputs,
    rows_by_outcome,
    sum_groups,
    summarize_groups,
)
from jobs.exports.updates import encode_updates
from jobs.lake.run_log import Run, latest_run, record_runs
from jobs.lake.tables import Lake
from jobs.storage.atomic_folder import join_parts, remove_folder, replace_folder
from schemas.errors import CheckFailed
from schemas.profile.channel import Profile, Snapshots
from schemas.tables import (
    BREAK_EVENTS,
    CANDIDATES,
    FEE_CHECKS,
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    SNAPSHOT_FILES,
    STATEMENT_FILES,
    STATEMENT_LINES,
)
from schemas.vocabulary import Outcome

SUMMARY = "summary.json"


@dataclass(frozen=True)
class ExportSummary:
    """What an export wrote.

    `folder` is below the lake, `files` gives the bytes of each file, `outcomes` counts rows by
    outcome, `at_stake` is per currency in minor units.
    """

    channel: str
    run_date: date
    folder: str
    files: dict[str, int]
    breaks: int
    updates: int
    outcomes: dict[str, int]
    at_stake: dict[str, int]
    versions_read: dict[str, int]

    def render_line(self, lake_uri: str) -> str:
        """What a command prints."""
        return (
            f"{self.run_date}  {self.channel:<12} {self.breaks:>9,} breaks"
            f"  {lake_uri}/{self.folder}/breaks.xlsx"
        )

    def to_json(self, lake_uri: str) -> dict[str, Any]:
        """The export in a summary of JSON."""
        return {
            "channel": self.channel,
            "run_date": str(self.run_date),
            "folder": f"{lake_uri}/{self.folder}",
            "breaks": self.breaks,
            "updates": self.updates,
            "at_stake": self.at_stake,
        }


def export_day(
    lake: Lake, profile: Profile, day: date, expected: Snapshots | None = None
) -> ExportSummary:
    """Writes `exports/<run_date>/<channel>/` below the lake, the whole folder or nothing.

    `expected` says in which parts our own side comes, in one if it is None.

    Raises:
        CheckFailed: a file has more or fewer rows than the outcomes; the earlier export stays.
        TableMissing: no date has been matched yet.
    """
    # All files come from one version of the outcomes, even if a match runs at the same time.
    version = lake.version(OUTCOMES)
    outcomes = lake.read_day(OUTCOMES, day, profile.channel, version)
    groups = [row.asDict() for row in sum_groups(outcomes).collect()]
    _check_against_run(lake, profile.channel, day, rows_by_outcome(groups))
    received = lake.read_rows(STATEMENT_FILES, channel=profile.channel, business_date=day)
    snapshots = lake.read_rows(SNAPSHOT_FILES, business_date=day)
    inputs = describe_inputs(received, snapshots, profile, expected or Snapshots())
    files, folder = lake.storage.fs, f"exports/{day}/{profile.channel}"
    with replace_folder(files, lake.storage.full_path(folder), last=SUMMARY) as new_folder:
        # The engine encodes the updates in parallel while this process writes the breaks.
        parts, updates_path = f"{new_folder}/parts", f"{new_folder}/status_updates.jsonl"
        with ThreadPoolExecutor(1) as executor:
            encoding = executor.submit(
                _encode_lines, lake, encode_updates(outcomes), parts, updates_path
            )
            with (
                files.open_output_stream(f"{new_folder}/breaks.csv") as as_csv,
                files.open_output_stream(f"{new_folder}/breaks.xlsx") as as_xlsx,
            ):
                break_count = _write_sheets(
                    lake, profile, day, outcomes, groups, inputs, as_csv, as_xlsx
                )
            update_count = encoding.result()
        owned = {}
        if profile.scope.exclude:
            owned["out_of_scope"] = write_out_of_scope(
                lake, profile, day, outcomes, received, new_folder
            )
        names = ["breaks.csv", "breaks.xlsx", "status_updates.jsonl"]
        owners = sorted({rule.owner for rule in profile.scope.exclude})
        names += [f"{FOLDER}/{owner}.csv" for owner in owners]
        sizes = {name: int(files.get_file_info(f"{new_folder}/{name}").size) for name in names}
        _check_row_counts(groups, break_count, update_count)
        report = {
            "channel": profile.channel,
            "run_date": str(day),
            **inputs,
            **summarize_groups(groups),
            **owned,
            "files": sizes,
        }
        with files.open_output_stream(f"{new_folder}/{SUMMARY}") as out:
            out.write(json.dumps(report, ensure_ascii=False, indent=2).encode() + b"\n")
    return ExportSummary(
        channel=profile.channel,
        run_date=day,
        folder=folder,
        files=sizes,
        breaks=break_count,
        updates=update_count,
        outcomes=rows_by_outcome(groups),
        at_stake=at_stake_by_currency(groups),
        versions_read={OUTCOMES.name: version, FEE_CHECKS.name: lake.version(FEE_CHECKS)},
    )


def _write_sheets(
    lake: Lake,
    profile: Profile,
    day: date,
    outcomes: DataFrame,
    groups: list[dict[str, Any]],
    inputs: dict[str, Any],
    as_csv: BinaryIO,
    as_xlsx: BinaryIO,
) -> int:
    """Writes `breaks.csv` and `breaks.xlsx`; returns the number of breaks."""
    channel = profile.channel
    columns = ("file_id", "file_name", "status", "received_at")
    places = FilePlaces(lake.read_rows(STATEMENT_FILES, columns, channel=channel))
    rows: Iterable[tuple[Any, ...]] = ()
    sizes = count_sections(groups)
    if any(sizes.values()):
        chosen = lake.stage(select_sections(outcomes), "sections")
        detailed = add_details(
            chosen,
            lake.read_day(STATEMENT_LINES, day, channel),
            lake.read_day(INTERNAL_TRANSACTIONS, day, channel),
            lake.read_day(OPEN_ITEMS, day - timedelta(days=1), channel),
            lake.read_day(CANDIDATES, day, channel),
            profile.zone,
        )
        detailed = add_break_ids(detailed, lake.read_day(BREAK_EVENTS, day, channel))
        rows = select_cells(detailed).toLocalIterator()
    states = {name.capitalize(): inputs[name]["state"] for name in inputs}
    fees: Iterable[tuple[Any, ...]] = ()
    if lake.count_rows(FEE_CHECKS, day, channel):
        fees = select_fee_rows(lake.read_day(FEE_CHECKS, day, channel)).collect()
    return write_breaks(
        render_summary(channel, str(day), states, groups),
        render_rows(rows, places),
        sizes,
        render_fee_rows(fees, places),
        as_csv,
        as_xlsx,
    )


def _encode_lines(lake: Lake, lines: DataFrame, parts: str, target: str) -> int:
    """Lets the engine write lines of text, and joins them to one file; returns their number."""
    lines.write.text(parts.replace(lake.storage.base, lake.uri, 1))
    count = join_parts(lake.storage.fs, parts, target)
    remove_folder(lake.storage.fs, parts)
    return count


def _check_against_run(lake: Lake, channel: str, day: date, counts: dict[str, int]) -> None:
    """The outcomes are those that the last match of the date has counted."""
    run = latest_run(lake, "match", channel, day)
    if run is None or not run["counts"]:
        return
    recorded = {outcome: int(dict(run["counts"]).get(outcome.lower(), 0)) for outcome in counts}
    if recorded != counts:
        raise CheckFailed(
            f"export: {channel} {day}: the last match counted {recorded}, the lake has {counts};"
            " the earlier export stays; run `tieout match` for that date again"
        )


def _check_row_counts(groups: list[dict[str, Any]], breaks: int, updates: int) -> None:
    expected = (rows_by_outcome(groups)[Outcome.BREAK], sum(row["updates"] for row in groups))
    if expected != (breaks, updates):
        raise CheckFailed(
            f"export: {breaks} breaks and {updates} updates were written, the outcomes have"
            f" {expected[0]} and {expected[1]}; the earlier export stays; run it again"
        )


def record_export(
    lake: Lake, profile: Profile, day: date, expected: Snapshots | None = None
) -> ExportSummary:
    """Exports a day, and records the export in the table `runs`."""
    job = Run("export", profile.channel, day)
    with job.step("export"):
        summary = export_day(lake, profile, day, expected)
    job.versions_read = summary.versions_read
    job.counts = {"breaks": summary.breaks, "updates": summary.updates}
    record_runs(lake, job)
    return summary
