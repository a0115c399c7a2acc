"""`tieout files`: what came for a day and what changed; a person withdraws or accepts a version.

Source: docs/reference/files.md.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from jobs.cli.arguments import Request
from jobs.cli.console import Report, command, leave
from jobs.cli.lake_session import at_work
from jobs.ingestion.file_register import (
    QUARANTINED,
)
from jobs.ingestion.list_versions import listed, render_version
from jobs.ingestion.manual_review import accepted, file_label, named_by, withdrawn
from schemas.errors import VersionRefused

STEPS = ("withdraw", "accept")


def _asked(request: Request) -> Sequence[str]:
    """The step and its FILE_ID, none to look; every fault of the arguments at once."""
    words, faults = request.words, []
    if words and (words[0] not in STEPS or len(words) != 2):
        faults.append("files takes nothing, or `withdraw FILE_ID`, or `accept FILE_ID`")
    if words and not request.reason.strip():
        faults.append("--reason TEXT is missing: it is what others will read")
    if not words and not request.dates:
        faults.append("--business-date is missing; give the accounting day, such as 2026-11-22")
    if faults:
        raise VersionRefused("; ".join(faults))
    return words


def work(request: Request) -> Report:
    """Carries out the command; the rows in words and in the JSON summary."""
    words = _asked(request)
    with at_work(request.lake, request.engine, asks=not words) as lake:
        if not words:
            found = [listed(lake, request.config, day) for day in request.dates]
            rows = [row for each, _ in found for row in each]
            return Report({"files": rows}, [said for _, told in found for said in told])
        row = named_by(lake, words[1], request.channels, request.dates)
        profile = request.config.profiles.get(row["channel"])
        if profile is None:
            raise VersionRefused(f"{file_label(row)}: channel {row['channel']} has no page")
        by = f"by {request.by.strip()} " if request.by.strip() else ""
        why = f"{by}at {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}: {request.reason.strip()}"
        done = (withdrawn if words[0] == "withdraw" else accepted)(lake, profile, row, why)
    return Report(
        {"files": [done]}, render_version(done, None), 3 if done["status"] == QUARANTINED else 0
    )


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    return command("files", work, argv)


if __name__ == "__main__":
    leave(main())
