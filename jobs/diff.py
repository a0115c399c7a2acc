"""`tieout diff`: what changed between two runs of one date."""

from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for
from jobs.cli.lake_session import open_lake
from jobs.timeline.diff.compare import compare_runs
from jobs.timeline.diff.text import render_diff


def execute_request(request: Request) -> Report:
    """Compares the runs of every date; with `--json` the summary also has the changed rows."""
    report = Report({"diffs": []}, [])
    with open_lake(request.lake, request.engine, writes=False) as lake:
        for day in request.dates:
            report.body["diffs"] += compare_runs(lake, day, request.channels, request.as_of)
    report.shown = [dict(diff) for diff in report.body["diffs"]]
    if not request.as_json:
        for diff in report.body["diffs"]:
            report.lines += render_diff(diff)
            diff.pop("rows", None)
        if not report.body["diffs"]:
            report.lines.append("No channel was matched on these dates.")
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("diff", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
