"""`tieout run` and `tieout explain` as functions: the same checks, the same code, no process."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jobs.cli.arguments import Request, build_request
from jobs.cli.console import Report
from jobs.cli.lake_session import open_lake
from jobs.cli.parser import build_parser
from jobs.timeline.text import render_timeline
from jobs.timeline.trace import trace_reference


@dataclass(frozen=True)
class Explanation:
    """The timeline of a reference: `timeline` as plain values; printed, it is readable text."""

    timeline: dict[str, Any]

    def __str__(self) -> str:
        return "\n".join(render_timeline(self.timeline))

    __repr__ = __str__


def run(
    business_date: date | str | None = None,
    through: date | str | None = None,
    *,
    lake: str | None = None,
    config: str | None = None,
    inbox: str | None = None,
    channels: Sequence[str] = (),
    engine: str | None = None,
    quality: bool = True,
) -> Report:
    """Runs all steps for a date or a range, like `tieout run`.

    Without a date it takes in every new file of the inbox and runs each date that this makes due.
    `lake`, `config` and `inbox` default to TIEOUT_LAKE, TIEOUT_CONFIG and TIEOUT_INBOX. The report
    has one line per channel and date, the JSON summary in `body`, and the exit status.

    Raises:
        ConfigurationError: all faults of the arguments and the configuration, together.
    """
    # The checks of shapes need a second to import; other users of this module need not wait.
    from jobs.run import execute_request

    options = {"business-date": business_date, "through": through, "lake": lake, "config": config,
               "inbox": inbox, "engine": engine}  # fmt: skip
    flags = () if quality else ("--no-quality",)
    return execute_request(_request("run", options, channels, *flags))


def explain(
    reference: str,
    *,
    lake: str | None = None,
    config: str | None = None,
    business_date: date | str | None = None,
    through: date | str | None = None,
    channels: Sequence[str] = (),
    as_of: datetime | str | None = None,
    match_alone: bool = False,
    engine: str | None = None,
) -> Explanation:
    """Explains one reference, like `tieout explain`; writes nothing.

    `lake` and `config` default to TIEOUT_LAKE and TIEOUT_CONFIG. `as_of` without a zone is in UTC.

    Raises:
        ConfigurationError: all faults of the arguments and the configuration, together; also if
            there is no lake.
    """
    options = {"business-date": business_date, "through": through, "lake": lake, "config": config,
               "as-of": as_of, "engine": engine}  # fmt: skip
    request = _request("explain", options, channels, "--", reference)
    with open_lake(request.lake, request.engine, writes=False, lazy_session=True) as opened:
        return Explanation(
            trace_reference(
                opened, request.config, request.reference, request.dates, request.as_of, match_alone
            )
        )


def _request(
    job: str, options: dict[str, Any], channels: Sequence[str], *positionals: str
) -> Request:
    """The checked request of a command, built by the command line's own parser."""
    named_options = {name: value for name, value in options.items() if value is not None}
    arguments = [f"--{name}={os.fspath(value) if isinstance(value, os.PathLike) else value}"
                 for name, value in named_options.items()]  # fmt: skip
    arguments += [f"--channel={name}" for name in channels]
    return build_request(build_parser(job).parse_args([*arguments, *positionals]))
