"""One channel's exceptions of one run date, for people and for the transaction system."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from jobs.exports.breaks import broken, cells
from jobs.exports.folder import join_parts, remove, replaced
from jobs.exports.sheets import write_breaks
from jobs.exports.summary import counts, figures, sides, stakes, tally
from jobs.exports.updates import updates
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from schemas.errors import CheckFailed
from schemas.profile.channel import Profile
from schemas.tables import OUTCOMES, SNAPSHOT_FILES, STATEMENT_FILES
from schemas.vocabulary import Outcome

SUMMARY = "summary.json"


@dataclass(frozen=True)
class ExportSummary:
    """What an export wrote: the folder below the lake, its files with their bytes, and the day.

    `outcomes` counts rows; `at_stake` is per currency, in minor units.
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


def run(lake: Lake, profile: Profile, day: date) -> ExportSummary:
    """Writes `exports/<run_date>/<channel>/` below the lake, whole or not at all.

    Raises:
        CheckFailed: a file does not hold the rows that it should; the earlier export stays.
        TableMissing: nothing has been matched yet.
    """
    # All files are made of one version of the outcomes, whatever is matched meanwhile.
    version = lake.version(OUTCOMES)
    outcomes = lake.read_day(OUTCOMES, day, profile.channel, version)
    groups = [row.asDict() for row in tally(outcomes).collect()]
    received = lake.read_rows(STATEMENT_FILES, channel=profile.channel, business_date=day)
    files, folder = lake.storage.fs, f"exports/{day}/{profile.channel}"
    with replaced(files, lake.storage.full_path(folder), last=SUMMARY) as making:
        # The engine encodes the updates, in parallel, while the breaks are written here.
        parts, told_to = f"{making}/parts", f"{making}/status_updates.jsonl"
        with ThreadPoolExecutor(1) as beside:
            lines = beside.submit(_encoded, lake, updates(outcomes), parts, told_to)
            with (
                files.open_output_stream(f"{making}/breaks.csv") as as_csv,
                files.open_output_stream(f"{making}/breaks.xlsx") as as_xlsx,
            ):
                count = write_breaks(cells(broken(outcomes).toLocalIterator()), as_csv, as_xlsx)
            told = lines.result()
        names = ("breaks.csv", "breaks.xlsx", "status_updates.jsonl")
        sizes = {name: int(files.get_file_info(f"{making}/{name}").size) for name in names}
        _checked(groups, count, told)
        report = {
            "channel": profile.channel,
            "run_date": str(day),
            **sides(received, lake.read_rows(SNAPSHOT_FILES, business_date=day), profile.files),
            **figures(groups),
            "files": sizes,
        }
        with files.open_output_stream(f"{making}/{SUMMARY}") as out:
            out.write(json.dumps(report, ensure_ascii=False, indent=2).encode() + b"\n")
    return ExportSummary(
        channel=profile.channel,
        run_date=day,
        folder=folder,
        files=sizes,
        breaks=count,
        updates=told,
        outcomes=counts(groups),
        at_stake=stakes(groups),
        versions_read={OUTCOMES.name: version},
    )


def _encoded(lake: Lake, lines: DataFrame, parts: str, target: str) -> int:
    """Has the engine write lines of text, and joins them to one file; returns how many."""
    lines.write.text(parts.replace(lake.storage.base, lake.uri, 1))
    count = join_parts(lake.storage.fs, parts, target)
    remove(lake.storage.fs, parts)
    return count


def _checked(groups: list[dict[str, Any]], breaks: int, told: int) -> None:
    wanted = (counts(groups)[Outcome.BREAK], sum(row["updates"] for row in groups))
    if wanted != (breaks, told):
        raise CheckFailed(
            f"export: {breaks} breaks and {told} updates were written, the outcomes have"
            f" {wanted[0]} and {wanted[1]}; the earlier export stays; run it again"
        )


def step(lake: Lake, profile: Profile, day: date) -> ExportSummary:
    """`run`, and its row in `runs`."""
    job = Run("export", profile.channel, day)
    with job.step("export"):
        summary = run(lake, profile, day)
    job.versions_read = summary.versions_read
    job.counts = {"breaks": summary.breaks, "updates": summary.updates}
    record_runs(lake, job)
    return summary
