"""`tieout explain REF`: the timeline of one reference, and optionally its match alone."""

from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for
from jobs.cli.lake_session import open_lake
from jobs.timeline.text import render_timeline
from jobs.timeline.trace import summarize_timeline, trace_reference


def execute_request(request: Request) -> Report:
    """Traces the reference; with `--json` the summary is the whole timeline."""
    with open_lake(request.lake, request.engine, writes=False, lazy_session=True) as lake:
        timeline = trace_reference(
            lake,
            request.config,
            request.reference,
            request.dates,
            request.as_of,
            request.match_alone,
        )
    if request.as_json:
        return Report(timeline, [])
    return Report(summarize_timeline(timeline), render_timeline(timeline), shown=timeline)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("explain", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
