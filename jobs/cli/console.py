"""Progress, summary and exit status, the same for every command.

A command writes progress and logs to stderr, with a progress bar on a terminal. The last line of
stdout is one JSON summary. Exit status: 0 finished, 1 unexpected failure, 2 wrong arguments or
configuration, 3 a check stopped something and the command finished the rest.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from tqdm import tqdm

from jobs import __version__
from jobs.cli.arguments import Request, build_request
from jobs.cli.parser import build_parser
from jobs.cli.safe_output import (
    JsonLines,
    SafeFormatter,
    SafeMessages,
    collect_references,
    safe_json,
    safe_lines,
)
from schemas.errors import ConfigurationError, TieoutError

log = logging.getLogger("tieout")
log.addFilter(SafeMessages())


@dataclass
class Report:
    """What a command did.

    `body` becomes the JSON summary, `lines` are printed before it, and `exit_status` is the
    highest of the command's parts. Both are printed with personal numbers masked, except for the
    references in `body` and in `shown`, the values that the lines speak of. Of one that `is_silent`
    only the lines are printed: they are what another program reads. `step` is the one that is at
    work, of a command with several: `stopped` in the summary says what each of them stopped.
    """

    body: dict[str, Any]
    lines: list[str]
    exit_status: int = 0
    shown: Any = None
    is_silent: bool = False
    step: str = ""

    def warn(self, message: str) -> None:
        """Logs what a check stopped; the command then exits with 3 or more."""
        log.warning("%s", message)
        self.add_stopped(message, 3)

    def add_stopped(self, message: str, exit_status: int) -> None:
        """Adds to the summary what a check stopped; the command exits with that status or more."""
        self.exit_status = max(self.exit_status, exit_status)
        self.body.setdefault("stopped", []).append({"step": self.step, "message": message})

    @contextmanager
    def measure_seconds(self, step: str) -> Iterator[None]:
        """Adds the seconds of a step to `seconds` of the summary; a repeated step adds up. What
        a check stops from here on is this step's.
        """
        started, seconds = time.monotonic(), self.body.setdefault("seconds", {})
        self.step = step
        yield
        seconds[step] = round(seconds.get(step, 0.0) + time.monotonic() - started, 3)


def main_for(
    job: str, execute_request: Callable[[Request], Report], argv: Sequence[str] | None = None
) -> int:
    """Parses the arguments of a command, runs it, prints its summary; returns the exit status."""
    return run_command(build_parser(job).parse_args(argv), execute_request)


def run_command(
    arguments: Any, execute_request: Callable[[Any], Report], build_request: Any = build_request
) -> int:
    """Runs a command from its parsed arguments, prints its summary; returns the exit status."""
    chosen = getattr(arguments, "log_format", None) or os.environ.get("TIEOUT_LOG_FORMAT")
    _configure_logging(arguments.job, is_json=chosen == "json")
    try:
        report = execute_request(build_request(arguments))
    except ConfigurationError as error:
        return _report_failure(arguments.job, 2, error.faults)
    except TieoutError as error:
        return _report_failure(arguments.job, error.exit_status, [str(error)])
    except Exception as error:
        log.exception("%s failed", arguments.job)
        message_lines = str(error).splitlines() or [""]
        return _report_failure(arguments.job, 1, [f"{type(error).__name__}: {message_lines[0]}"])
    known = collect_references([report.body, report.shown])
    for entry in report.body.get("stopped", ()):
        entry["step"] = entry["step"] or arguments.job
    body = {"job": arguments.job, "exit": report.exit_status, "version": __version__, **report.body}
    try:
        for line in safe_lines(report.lines, known):
            print(line)
        if not report.is_silent:
            print(safe_json(body, known))
        sys.stdout.flush()
    except BrokenPipeError:  # of `tieout ... | head`: the work is done, and nobody reads on
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    return report.exit_status


def _report_failure(job: str, status: int, errors: Iterable[str]) -> int:
    errors = list(errors)
    for error in safe_lines(errors):
        print(f"error: {error}", file=sys.stderr)
    print(safe_json({"job": job, "exit": status, "version": __version__, "errors": errors}))
    return status


def with_progress(items: Sequence[Any], description: str) -> Iterator[Any]:
    """Yields the items, and shows a progress bar on stderr if that is a terminal."""
    is_terminal = sys.stderr.isatty()
    yield from tqdm(items, desc=description, disable=not is_terminal, file=sys.stderr, leave=False)


def _configure_logging(job: str, is_json: bool) -> None:
    level = os.environ.get("TIEOUT_LOG", "WARNING" if sys.stderr.isatty() else "INFO")
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        text = SafeFormatter("%(asctime)s %(levelname)s %(message)s")
        handler.setFormatter(JsonLines(job) if is_json else text)
        log.addHandler(handler)
        log.propagate = False
    log.setLevel(level)


def exit_process(status: int) -> NoReturn:
    """Ends the process at once with an exit status.

    Call it after everything is written and every session is closed. In an ordinary exit the
    embedded engine's threads can abort the process while Python shuts down, and a scheduler would
    report a failure.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
