"""`tieout schedule`: writes the file that Airflow makes its DAGs from, and says how far a date is.

Source: docs/cookbook/schedule.md.
"""

import argparse
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jobs.cli.arguments import parse_date
from jobs.cli.configuration import load_configuration
from jobs.cli.console import Report
from jobs.cli.lake_session import open_lake
from jobs.cli.places import find_place_faults
from jobs.ingestion.arrivals.listing import SNAPSHOT, InboxListing, list_arrivals
from jobs.lake.tables import Lake
from jobs.scheduling.channel_plan import build_plan, read_chosen
from jobs.scheduling.progress import describe_progress
from jobs.storage.archive import Storage
from schemas.configuration import Configuration
from schemas.errors import ConfigurationError, TableMissing
from schemas.tables import RUNS, STATEMENT_FILES, Table

PURPOSE = "write the file that Airflow makes its DAGs from; show how far a date has come"
#: Below the configuration folder, where no --out is given.
PLAN_FILE = "schedule.json"
_EPILOG = f"""examples:
  tieout schedule write --lake lake --config config
  tieout schedule write ... --launch wechat=submit --launch corner_shop=embedded
  tieout schedule progress --lake lake --config config --inbox inbox --business-date 2026-11-22

write     one entry per channel: its zone, when its files are due and how long they are waited for
          (`files.due` of its page), and how its jobs are started: `embedded`, without a JVM, or
          `submit`, to Spark, if it had more than 200,000 lines on one of its last seven dates.
          What --launch chose stays chosen, until --launch CHANNEL=auto. Run it again when a page
          has changed. The file is FILE, else CONFIG/{PLAN_FILE}.
progress  per channel what it waits for, how each job last ended, what the match found, and the
          files that no ingest has taken in

The lake need not exist. Both change nothing in it."""


def add_arguments(program: argparse.ArgumentParser) -> None:
    """Adds the steps of the command and their arguments to the parser."""
    program.description = f"{PURPOSE[0].upper()}{PURPOSE[1:]}."
    program.epilog = _EPILOG
    program.formatter_class = argparse.RawDescriptionHelpFormatter
    steps = program.add_subparsers(title="steps", metavar="STEP", required=True, dest="step")
    write = steps.add_parser("write", help="write the file that Airflow makes its DAGs from")
    progress = steps.add_parser("progress", help="show how far a date has come, by channel")
    for step in (write, progress):
        step.add_argument("--lake", help="folder or object-store URI of the tables [TIEOUT_LAKE]")
        step.add_argument("--config", help="folder with channels/ [TIEOUT_CONFIG]")
    write.add_argument("--out", metavar="FILE", help=f"the file to write [CONFIG/{PLAN_FILE}]")
    write.add_argument(
        "--launch",
        metavar="CHANNEL=HOW",
        action="append",
        default=[],
        help="embedded, submit, or auto (by its lines) for a channel; repeat for more [as before]",
    )
    progress.add_argument("--inbox", help="folder or URI where files arrive [TIEOUT_INBOX]")
    progress.add_argument(
        "--business-date", metavar="DATE", help="the accounting date [only new files, of any date]"
    )
    program.set_defaults(job="schedule")


def execute_request(arguments: argparse.Namespace) -> Report:
    """Runs one step of `tieout schedule`.

    Raises:
        ConfigurationError: an argument or a page is wrong; all faults together.
    """
    places = _read_places(arguments)
    config = load_configuration(places["config"])
    step = _write_plan if arguments.step == "write" else _show_progress
    with open_lake(places["lake"], None, writes=False, lazy_session=True) as lake:
        return step(arguments, places, config, lake)


def _read_places(arguments: argparse.Namespace) -> dict[str, str]:
    faults: list[str] = []
    places = {}
    for name in ("lake", "config", "inbox"):
        if hasattr(arguments, name):
            value = getattr(arguments, name) or os.environ.get(f"TIEOUT_{name.upper()}")
            if not value:
                faults.append(f"--{name} is missing; give it, or set TIEOUT_{name.upper()}")
            places[name] = value or ""
    faults += find_place_faults("schedule", places["lake"], places.get("inbox"))
    if faults:
        raise ConfigurationError(faults)
    return places


def _write_plan(
    arguments: argparse.Namespace, places: dict[str, str], config: Configuration, lake: Lake
) -> Report:
    path = Path(arguments.out or Path(places["config"], PLAN_FILE))
    launches = read_chosen(_read_plan(path), config)
    launches |= dict(text.partition("=")[::2] for text in arguments.launch)
    plan = build_plan(config, _read_runs(lake), launches)
    plan["made_at"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    _write_whole(path, json.dumps(plan, indent=2) + "\n")
    lines = [f"{path}: written, {len(plan['channels'])} channels"]
    for name, channel in plan["channels"].items():
        due = channel["due"]
        waits = f"due {due['at']}, waited for until {due['give_up']}" if channel["has_due"] else (
            f"waited for until {due['give_up']}, never late: files.due is not on its page"
        )  # fmt: skip
        lines.append(f"  {name:<12} {channel['launch']:<9} {waits} (day +{due['days']})")
    return Report({"step": "write", "file": str(path), "channels": plan["channels"]}, lines)


def _read_plan(path: Path) -> dict[str, Any]:
    """The plan that the file holds; an empty one if there is none."""
    try:
        plan = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError([f"{path}: this is no plan: {error}; remove it"]) from error
    return plan if isinstance(plan, dict) else {}


def _write_whole(path: Path, text: str) -> None:
    """Writes the file in one step: a DAG that is read meanwhile finds the old one or the new one.

    Everybody may read it: Airflow may run as another user, and nothing in it is private.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, "utf-8")
        unfinished.chmod(0o644)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise ConfigurationError([f"{path}: it cannot be written: {error.strerror}"]) from error


def _show_progress(
    arguments: argparse.Namespace, places: dict[str, str], config: Configuration, lake: Lake
) -> Report:
    faults: list[str] = []
    day = parse_date("--business-date", arguments.business_date, faults)
    if faults:
        raise ConfigurationError(faults)
    dates, inbox = (day,) if day else (), Storage(places["inbox"])
    listing = list_arrivals(lake, config, inbox, datetime.now(UTC), dates)
    channels = {}
    if day:
        runs = [row for row in _read_runs(lake) if row["business_date"] == day]
        files = _read_table(lake, STATEMENT_FILES)
        channels = describe_progress(config, day, listing.awaited, runs, files)
    arrived = _list_new(listing, config)
    lines = [_render(name, channel) for name, channel in channels.items()]
    lines += [f"new: {row['channel']} {row['business_date']}  {row['file']}" for row in arrived]
    body = {"step": "progress", "channels": channels, "arrived": arrived}
    return Report(body, lines)


def _list_new(listing: InboxListing, config: Configuration) -> list[dict[str, Any]]:
    """Files of the date that no ingest has taken in as they are now, and the channels whose day
    each of them changes: of a snapshot those that it holds.
    """
    names = ("channel", "business_date", "part", "file")
    return [
        {name: row[name] for name in names} | {"channels": _list_channels(row, config)}
        for row in listing.files
        if row["standing"] in ("new", "changed")
    ]


def _list_channels(row: Mapping[str, Any], config: Configuration) -> list[str]:
    if row["channel"] != SNAPSHOT:
        return [row["channel"]]
    snapshots = config.snapshots
    return [
        name
        for name, page in config.profiles.items()
        if page.statement == "files" and row["business_date"] >= page.first_date.isoformat()
        if not snapshots.parts or row["part"] in {part.name for part in snapshots.parts_of(name)}
    ]


def _render(name: str, channel: dict[str, Any]) -> str:
    waits = [*channel["awaited"], *(f"ours: {part}" for part in channel["awaited_ours"])]
    ends = ", ".join(f"{job} {result}" for job, result in channel["results"].items())
    return f"{name:<12} {'waits for ' + ', '.join(waits) if waits else 'all has come'}; {ends}"


def _read_runs(lake: Lake) -> list[dict[str, Any]]:
    return _read_table(lake, RUNS)


def _read_table(lake: Lake, table: Table) -> list[dict[str, Any]]:
    try:
        return lake.read_rows(table)
    except TableMissing:
        return []
