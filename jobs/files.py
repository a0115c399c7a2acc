"""`tieout files`: lists the statement files of a date; withdraws or accepts a version; verifies.

Source: docs/reference/files.md.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for
from jobs.cli.lake_session import open_lake
from jobs.ingestion.file_register import find_damaged_archive
from jobs.ingestion.list_versions import list_versions, render_version
from jobs.ingestion.manual_review import accept_file, find_file, format_file_label, withdraw_file
from jobs.lake.history.place import describe_moved, find_first_date
from jobs.lake.tables import Lake
from schemas.errors import DateMoved, VersionRefused
from schemas.vocabulary import FileStatus

STEPS = ("withdraw", "accept")
VERIFY = "verify"


def _check_request(request: Request) -> Sequence[str]:
    """Returns the step and its FILE_ID, or nothing to list files.

    Raises:
        VersionRefused: all faults of the arguments, together.
    """
    positionals, faults = request.positionals, []
    if positionals == (VERIFY,):
        return positionals
    if positionals and (positionals[0] not in STEPS or len(positionals) != 2):
        faults.append(
            "use `files` alone, `files withdraw FILE_ID`, `files accept FILE_ID` or `files verify`"
        )
    if positionals and not request.reason.strip():
        faults.append("--reason TEXT is missing; say why, for those who read the decision")
    if not positionals and not request.dates:
        faults.append("--business-date is missing; give the accounting date, such as 2026-11-22")
    if faults:
        raise VersionRefused("; ".join(faults))
    return positionals


def execute_request(request: Request) -> Report:
    """Lists files, or changes one; reports the versions as text and as JSON."""
    positionals = _check_request(request)
    is_light = not positionals or positionals[0] == VERIFY
    with open_lake(request.lake, request.engine, lazy_session=is_light) as lake:
        if positionals == (VERIFY,):
            return _verify_archive(lake, request)
        if not positionals:
            listings = [list_versions(lake, request.config, day) for day in request.dates]
            rows = [row for versions, _ in listings for row in versions]
            return Report({"files": rows}, [line for _, lines in listings for line in lines])
        row = find_file(lake, positionals[1], request.channels, request.dates)
        if row["business_date"] < find_first_date(lake.storage):
            raise DateMoved(describe_moved([row["business_date"]], format_file_label(row)))
        profile = request.config.profiles.get(row["channel"])
        if profile is None:
            raise VersionRefused(f"{format_file_label(row)}: channel {row['channel']} has no page")
        actor = f"by {request.actor.strip()} " if request.actor.strip() else ""
        comment = f"{actor}at {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}: {request.reason.strip()}"
        changed = (withdraw_file if positionals[0] == "withdraw" else accept_file)(
            lake, profile, row, comment
        )
    is_same = changed == row
    lines = [f"{format_file_label(row)}: it is {row['status']} already; nothing changed"]
    return Report(
        {"files": [changed], "already": is_same},
        [*(lines if is_same else ()), *render_version(changed, None)],
        3 if changed["status"] == FileStatus.QUARANTINED else 0,
    )


def _verify_archive(lake: Lake, request: Request) -> Report:
    count, damaged = find_damaged_archive(lake, request.channels, request.dates)
    lines = [
        f"{row['channel'] or 'snapshot'} {row['business_date']}  {row['file_name']}  {row['fault']}"
        for row in damaged
    ]
    lines.append(f"{count:,} archived files were read, {len(damaged):,} are damaged")
    return Report({"verified": count, "damaged": damaged}, lines, 3 if damaged else 0)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("files", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
