"""`tieout diff`: what changed between two runs of one date."""

from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report, command, leave
from jobs.cli.lake_session import at_work
from jobs.timeline.diff.compare import run
from jobs.timeline.diff.text import difference


def work(request: Request) -> Report:
    """Carries out the command; with `--json` the summary has the rows too."""
    report = Report({"diffs": []}, [])
    with at_work(request.lake, request.engine, writes=False) as lake:
        for day in request.dates:
            report.body["diffs"] += run(lake, day, request.channels, request.as_of)
    if not request.as_json:
        for each in report.body["diffs"]:
            report.lines += difference(each)
            each.pop("rows", None)
        if not report.body["diffs"]:
            report.lines.append("No channel has been matched on these dates.")
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    return command("diff", work, argv)


if __name__ == "__main__":
    leave(main())
