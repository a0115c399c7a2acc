"""The file that Airflow makes its DAGs from: one entry per channel, from the pages and past runs.

Source: docs/cookbook/schedule.md.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from schemas.configuration import Configuration
from schemas.errors import ConfigurationError
from schemas.profile.channel import Profile
from schemas.profile.due_time import ANY_TIME

#: The form of the file; the DAGs refuse another.
FORM = 1
EMBEDDED, SUBMIT = LAUNCHES = ("embedded", "submit")
#: By its lines, not by what a person chose before.
AUTO = "auto"
#: A channel with more lines a day than this is submitted to Spark.
EMBEDDED_LINES_MAX = 200_000
#: So many of its last dates say how many lines a channel has.
DATES_LOOKED_AT = 7


def build_plan(
    config: Configuration, runs: Iterable[Mapping[str, Any]], launches: Mapping[str, str]
) -> dict[str, Any]:
    """Builds the plan of all channels that send statements, by name.

    `runs` are rows of `runs`; `launches` say for some channels how their jobs are started, and AUTO
    that its lines say so. Of a channel: `zone`, `first_date`, `due` (local times `at` and
    `give_up`, and the `days` after the business date), whether lateness is told (`has_due`),
    `in_parts`, `lines` (most of its last dates, or null), `launch`, and whether a person chose it
    (`is_chosen`).

    Raises:
        ConfigurationError: `launches` names a channel or a launch that does not exist.
    """
    profiles = {name: page for name, page in config.profiles.items() if page.statement == "files"}
    faults = [
        f"--launch {name}={launch}: write CHANNEL=HOW with embedded, submit or auto, and a channel"
        f" of {', '.join(profiles)}"
        for name, launch in launches.items()
        if name not in profiles or launch not in (*LAUNCHES, AUTO)
    ]
    if faults:
        raise ConfigurationError(faults)
    lines = count_lines(runs)
    return {
        "form": FORM,
        "channels": {
            name: _describe(page, lines.get(name), launches.get(name))
            for name, page in sorted(profiles.items())
        },
    }


def read_chosen(plan: Mapping[str, Any], config: Configuration) -> dict[str, str]:
    """What a person chose in an earlier plan, for the channels that still have a page."""
    channels: Mapping[str, Any] = plan.get("channels", {}) if plan.get("form") == FORM else {}
    return {
        name: str(entry["launch"])
        for name, entry in channels.items()
        if entry.get("is_chosen") and name in config.profiles
    }


def count_lines(runs: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The most lines that each channel had on one of its last dates, from rows of `runs`.

    A date that was ingested several times counts as it was the last time.
    """
    latest: dict[str, dict[date, int]] = {}
    for row in sorted(runs, key=lambda row: row["ended_at"]):
        counts = dict(row["counts"] or {})
        if row["job"] == "ingest" and row["channel"] and counts.get("lines"):
            latest.setdefault(row["channel"], {})[row["business_date"]] = int(counts["lines"])
    return {
        channel: max(days[day] for day in sorted(days)[-DATES_LOOKED_AT:])
        for channel, days in latest.items()
    }


def _describe(page: Profile, lines: int | None, launch: str | None) -> dict[str, Any]:
    files = page.files
    due = (files.due if files else None) or ANY_TIME
    is_small = lines is None or lines <= EMBEDDED_LINES_MAX
    is_chosen = launch in LAUNCHES
    return {
        "zone": page.zone,
        "first_date": page.first_date.isoformat(),
        "due": {
            "days": due.days,
            "at": f"{due.at:%H:%M}",
            "give_up": f"{due.last_time:%H:%M}",
        },
        "has_due": files is not None and files.due is not None,
        "in_parts": bool(files and files.parts),
        "lines": lines,
        "launch": launch if is_chosen else EMBEDDED if is_small else SUBMIT,
        "is_chosen": is_chosen,
    }
