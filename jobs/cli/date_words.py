"""Words for dates on the command line: `yesterday`, and `latest`, the newest date of the lake."""

import argparse
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta, tzinfo

from pyspark.sql import SparkSession

from jobs.cli.places import find_lake_faults
from jobs.lake.tables import Lake
from schemas.configuration import Configuration
from schemas.tables import RUNS

WORDS = ("yesterday", "latest")
_OPTIONS = ("business_date", "through", "since")


def resolve_date_words(
    arguments: argparse.Namespace, config: Configuration | None, lake: str | None, faults: list[str]
) -> None:
    """Puts dates in the place of words in the arguments; adds to `faults` what a word cannot mean.

    `yesterday` is the day before today in the zone of the channels, `latest` the newest business
    date that a run of the channels is about. A fault leaves the option empty.
    """
    for name in _OPTIONS:
        word = getattr(arguments, name, None)
        if word not in WORDS:
            continue
        option = f"--{name.replace('_', '-')} {word}"
        day = None
        if config is not None:
            find = _find_yesterday if word == "yesterday" else _find_latest
            day = find(option, config, lake, faults)
        setattr(arguments, name, day and str(day))


def _find_yesterday(
    option: str, config: Configuration, lake: str | None, faults: list[str]
) -> date | None:
    zones: list[tzinfo] = [profile.zone_info for profile in config.profiles.values()]
    zones = zones or [UTC]
    days = {datetime.now(zone).date() - timedelta(days=1) for zone in zones}
    if len(days) > 1:
        named = " and ".join(map(str, sorted(days)))
        faults.append(f"{option}: it is {named} in the zones of the channels; name the date")
        return None
    return days.pop()


def _find_latest(
    option: str, config: Configuration, lake: str | None, faults: list[str]
) -> date | None:
    is_there = lake is not None and not list(find_lake_faults(lake))
    dates = _list_dates(lake or "", config.profiles) if is_there else []
    if not dates:
        faults.append(f"{option}: the lake has no run yet; name the date")
    return max(dates, default=None)


def _list_dates(lake: str, channels: Collection[str]) -> list[date]:
    def open_none() -> SparkSession:
        raise AssertionError("rows of a control table are read without an engine")

    rows = Lake(open_none, lake).read_rows(RUNS, ("business_date", "channel"))
    return [row["business_date"] for row in rows if not channels or row["channel"] in channels]
