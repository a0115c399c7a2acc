"""`tieout explain REF`: the timeline of one reference, and optionally its match alone."""

from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for
from jobs.cli.lake_session import at_work
from jobs.timeline.history import run, summary_of
from jobs.timeline.text import told


def execute_request(request: Request) -> Report:
    """Traces the reference; with `--json` the summary is the whole timeline."""
    with at_work(request.lake, request.engine, writes=False, asks=True) as lake:
        story = run(lake, request.config, request.reference, request.dates, request.as_of,
                    request.match_alone)  # fmt: skip
    if request.as_json:
        return Report(story, [])
    return Report(summary_of(story), told(story))


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("explain", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
