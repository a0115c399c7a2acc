"""`tieout maintain`: joins small files, removes what no table needs, moves old dates to a history
lake.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, log, main_for
from jobs.cli.lake_session import open_lake
from jobs.lake.maintenance.maintain_lake import maintain_tables, remove_leftovers
from jobs.lake.tables import Lake
from jobs.operations.history.move_history import HistoryMove, move_history


def execute_request(request: Request) -> Report:
    """Maintains every table of the lake, after moving old dates if a place for them is given; a dry
    run changes nothing and says what would go.
    """
    report = Report({"dry_run": request.dry_run}, [])
    hours = request.retention_hours
    with open_lake(request.lake, request.engine, writes=False, lazy_session=True) as lake:
        if request.history:
            _add_history(report, _move(lake, request), request.dry_run)
        tables = maintain_tables(lake.storage, hours, request.dry_run)
        leftovers = remove_leftovers(lake.storage, hours, request.dry_run)
    verb = "to remove" if request.dry_run else "removed"
    for each in tables:
        joined = f"{each.files_before:>7,} files, now {each.files_after:,}"
        report.lines.append(f"{each.table:<22} {joined:<28} {len(each.removed):>7,} {verb}")
    report.lines += [f"{verb}: {path}" for path in leftovers]
    report.body["tables"] = {
        each.table: {
            "files_before": each.files_before,
            "files_after": each.files_after,
            "removed": len(each.removed),
        }
        for each in tables
    }
    report.body["leftovers"] = leftovers
    return report


def _move(lake: Lake, request: Request) -> HistoryMove:
    today, days = datetime.now(UTC).date(), request.older_than or 0
    return move_history(lake, request.config, request.history, days, today, request.dry_run)


def _add_history(report: Report, move: HistoryMove, dry_run: bool) -> None:
    """Adds a move to a report, as lines and as JSON; logs what holds dates back."""
    verb = "to move" if dry_run else "moved"
    for held in move.held:
        log.warning("HISTORY: nothing moves from %s on: %s", held.first, held.why)
    for each in move.tables:
        dates = f"{each.dates[0]} to {each.dates[-1]}"
        report.lines.append(
            f"{each.table:<22} {dates}  {each.rows:>12,} rows {each.bytes:>15,} bytes {verb}"
        )
    report.lines.append(
        f"{verb if move.tables else f'nothing {verb}'}: dates before {move.before}, to {move.place}"
    )
    report.body["history"] = {
        "place": move.place,
        "wanted": str(move.wanted),
        "before": str(move.before),
        "held_back": [{"from": str(held.first), "why": held.why} for held in move.held],
        "tables": {
            each.table: {
                "dates": [str(day) for day in each.dates],
                "files": each.files,
                "rows": each.rows,
                "bytes": each.bytes,
            }
            for each in move.tables
        },
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("maintain", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
