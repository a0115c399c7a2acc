"""Progress, summary and exit status, the same for every command.

Progress and logs go to stderr, with a bar where a person watches; the last line of stdout is one
JSON summary. Exit: 0 done, 1 unexpected failure, 2 arguments or configuration, 3 a gate stopped
something and the rest was done.
"""

import json
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
from jobs.cli.arguments import Request, parser, request_of
from schemas.errors import ConfigurationError, TieoutError

log = logging.getLogger("tieout")


@dataclass
class Report:
    """What a command did, as its JSON summary says it; `exit_status` is the worst of its parts."""

    body: dict[str, Any]
    lines: list[str]
    exit_status: int = 0

    def warn(self, message: str) -> None:
        """Logs what a check stopped; the command ends with 3 at least."""
        log.warning("%s", message)
        self.exit_status = max(self.exit_status, 3)

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Adds the seconds of a step to `seconds` of the summary; one done twice adds up."""
        begun, seconds = time.monotonic(), self.body.setdefault("seconds", {})
        yield
        seconds[step] = round(seconds.get(step, 0.0) + time.monotonic() - begun, 3)


def command(job: str, work: Callable[[Request], Report], argv: Sequence[str] | None = None) -> int:
    """Runs a command from its arguments; returns the exit status and prints the summary."""
    return carry_out(parser(job).parse_args(argv), work)


def carry_out(given: Any, work: Callable[[Any], Report], asked: Any = request_of) -> int:
    """Runs a command from its parsed arguments; see `command`."""
    _logging()
    try:
        report = work(asked(given))
    except ConfigurationError as error:
        return _failed(given.job, 2, error.faults)
    except TieoutError as error:
        return _failed(given.job, error.exit_status, [str(error)])
    except Exception as error:
        log.exception("%s failed", given.job)
        said = str(error).splitlines() or [""]
        return _failed(given.job, 1, [f"{type(error).__name__}: {said[0]}"])
    for line in report.lines:
        print(line)
    body = {"job": given.job, "exit": report.exit_status, "version": __version__, **report.body}
    print(json.dumps(body, ensure_ascii=False, default=str))
    return report.exit_status


def _failed(job: str, status: int, errors: Iterable[str]) -> int:
    errors = list(errors)
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    body = {"job": job, "exit": status, "version": __version__, "errors": errors}
    print(json.dumps(body, ensure_ascii=False))
    return status


def watched(items: Sequence[Any], what: str) -> Iterator[Any]:
    """Items one by one, with a bar where a person watches."""
    person = sys.stderr.isatty()
    yield from tqdm(items, desc=what, disable=not person, file=sys.stderr, leave=False)


def _logging() -> None:
    level = os.environ.get("TIEOUT_LOG", "WARNING" if sys.stderr.isatty() else "INFO")
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
        log.propagate = False
    log.setLevel(level)


def leave(status: int) -> NoReturn:
    """Ends the process with a status, at once: all is written and every session is closed.

    The embedded engine's threads may otherwise abort the process while Python takes itself apart,
    and a scheduler would read that as a failure.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
