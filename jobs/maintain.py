"""`tieout maintain`: joins small files of a lake and removes what no table needs any more."""

from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for
from jobs.cli.lake_session import open_lake
from jobs.lake.maintenance.maintain_lake import maintain_tables, remove_leftovers


def execute_request(request: Request) -> Report:
    """Maintains every table of the lake; a dry run changes nothing and says what would go."""
    report = Report({"dry_run": request.dry_run}, [])
    hours = request.retention_hours
    with open_lake(request.lake, request.engine, writes=False, lazy_session=True) as lake:
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


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("maintain", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
