"""A day in 24 hourly parts: what the match of the last part costs, and that of the whole day."""

import os
import shutil
import time
from pathlib import Path
from typing import Any

from benchmarks.formula import DAY, SIZES, expected_counts
from benchmarks.generate import make_inbox, write_bill
from benchmarks.speed import CONFIG, DATA
from jobs.cli.configuration import load_configuration
from jobs.cli.lake_session import open_lake
from jobs.ingestion import ingest_day
from jobs.lake.tables import Lake
from jobs.reconcile import run_dates
from jobs.reconcile.rerun_plan import RULES_VERSION
from jobs.storage.archive import Storage
from schemas.configuration import Configuration
from schemas.tables import MATCHED_PARTS

HOURS = 24


def folder_of(size: str) -> Path:
    """Where the lake lies from which both cases begin; it depends on the version of the rules."""
    return DATA / f"parts-{size}-{RULES_VERSION}"


def _config() -> Configuration:
    config = load_configuration(str(CONFIG), ["wechat"])
    profile = config.profiles["wechat"]
    if profile.files is None:
        raise ValueError("the demo's channel has files")
    page: dict[str, Any] = profile.files.model_dump() | {
        "pattern": "wechat/{business_date:%Y-%m-%d}/{part}_all.csv",
        "parts": f"00-{HOURS - 1}",
    }
    files = type(profile.files).model_validate(page)
    config.profiles["wechat"] = profile.model_copy(update={"files": files})
    return config


def prepare_lake(size: str) -> Path:
    """The lake of a day whose last part has landed and is not matched; made if it is not there."""
    place, trades = folder_of(size), SIZES[size]
    if (place / "made").is_file():
        return place
    shutil.rmtree(place, ignore_errors=True)
    inbox = place / "inbox"
    day = inbox / "wechat" / str(DAY)
    day.mkdir(parents=True)
    ours = make_inbox(DATA / size, trades) / "internal"
    shutil.copytree(ours, inbox / "internal", copy_function=os.link)
    edges = [trades * hour // HOURS for hour in range(HOURS + 1)]
    config = _config()
    with open_lake(str(place / "lake"), "sail") as lake:
        for hour in range(HOURS):
            write_bill(day / f"{hour:02}_all.csv", trades, range(edges[hour], edges[hour + 1]))
            if hour == HOURS - 2:
                ingest_day.ingest_day(lake, config, Storage(str(inbox)), DAY)
                run_dates.match_dates(lake, config.profiles["wechat"], [DAY], config.snapshots)
        ingest_day.ingest_day(lake, config, Storage(str(inbox)), DAY)
    shutil.rmtree(inbox)
    (place / "made").touch()
    return place


def matched(lake: Lake, case: str, size: str) -> float:
    """Seconds of the match: of the `last` part, or of the `whole` day without earlier parts.

    Raises:
        ValueError: the rows are not the formula's.
    """
    if case == "whole":
        lake.replace_rows(MATCHED_PARTS, [], DAY, "wechat")
    begun, config = time.monotonic(), _config()
    (run,) = run_dates.match_dates(lake, config.profiles["wechat"], [DAY], config.snapshots)
    seconds = time.monotonic() - begun
    if run.counts["matched"] != expected_counts(SIZES[size]).matched:
        raise ValueError(f"{run.counts} of {expected_counts(SIZES[size])}")
    return seconds
