"""`tieout diff`: what changed between two runs of one date."""

from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for
from jobs.cli.lake_session import at_work
from jobs.timeline.diff.compare import run
from jobs.timeline.diff.text import difference


def execute_request(request: Request) -> Report:
    """Compares the runs of every date; with `--json` the summary also has the changed rows."""
    report = Report({"diffs": []}, [])
    with at_work(request.lake, request.engine, writes=False) as lake:
        for day in request.dates:
            report.body["diffs"] += run(lake, day, request.channels, request.as_of)
    if not request.as_json:
        for diff in report.body["diffs"]:
            report.lines += difference(diff)
            diff.pop("rows", None)
        if not report.body["diffs"]:
            report.lines.append("No channel was matched on these dates.")
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("diff", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
