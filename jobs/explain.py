"""`tieout explain REF`: all that is known of one reference, in order, and its match done alone."""

from collections.abc import Sequence

from jobs.cli.arguments import Request
from jobs.cli.console import Report, command, leave
from jobs.cli.lake_session import at_work
from jobs.timeline.history import run, summary_of
from jobs.timeline.text import told


def work(request: Request) -> Report:
    """Carries out the command; with `--json` the summary is the whole story."""
    with at_work(request.lake, request.engine, writes=False, asks=True) as lake:
        story = run(lake, request.config, request.reference, request.dates, request.as_of,
                    request.match_alone)  # fmt: skip
    if request.as_json:
        return Report(story, [])
    return Report(summary_of(story), told(story))


def main(argv: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    return command("explain", work, argv)


if __name__ == "__main__":
    leave(main())
