"""`tieout inbox`: shows what lies in the inbox, what it would be, and what is still missing."""

from collections.abc import Sequence
from datetime import UTC, datetime

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for
from jobs.cli.lake_session import open_lake
from jobs.ingestion.arrivals.listing import list_arrivals
from jobs.storage.archive import Storage


def execute_request(request: Request) -> Report:
    """Lists the inbox against the lake, which need not exist; changes nothing."""
    inbox, now = Storage(request.inbox or ""), datetime.now(UTC)
    with open_lake(request.lake, request.engine, writes=False, lazy_session=True) as lake:
        listing = list_arrivals(
            lake, request.config, inbox, now, request.dates, not request.channels
        )
    body = {"files": listing.files, "unknown": listing.unknown, "missing": listing.missing}
    return Report(body, listing.to_lines())


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("inbox", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
