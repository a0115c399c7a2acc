"""`yesterday` and `latest` on the command line."""

import argparse
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from jobs.cli.date_words import resolve_date_words
from jobs.lake.run_log import Run, record_runs
from jobs.lake.tables import Lake
from tests.support.ledger import day
from tests.support.pipeline_fixture import PAGE, PipelineFixture


@pytest.mark.sail_only
def test_words_become_dates(lake: Lake, tmp_path: Path) -> None:
    """`yesterday` is that of the channels, and refused where their zones have two; `latest` is the
    newest date of a run of the channels, and refused without one.
    """
    config = PipelineFixture(tmp_path, lake.prepare()).config

    def resolve(word: str) -> tuple[str | None, list[str]]:
        arguments = argparse.Namespace(business_date=word, through=None)
        faults: list[str] = []
        resolve_date_words(arguments, config, lake.uri, faults)
        return arguments.business_date, faults

    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    assert resolve("yesterday") == (str(today - timedelta(days=1)), [])
    assert resolve("2026-11-16") == ("2026-11-16", [])
    found, (fault,) = resolve("latest")
    assert found is None and "the lake has no run yet; name the date" in fault
    record_runs(lake, Run("match", "bank", day(3), "DONE"), Run("match", "other", day(5), "DONE"))
    assert resolve("latest") == (str(day(3)), [])
    world = PipelineFixture(tmp_path, lake)
    for name, zone in (("east", "Pacific/Kiritimati"), ("west", "Pacific/Pago_Pago")):
        page = PAGE.replace("channel: bank", f"channel: {name}").replace("Asia/Shanghai", zone)
        world.write_profile(page, name)
    config = world.config
    found, faults = resolve("yesterday")
    assert found is None and "in the zones of the channels; name the date" in faults[0]
