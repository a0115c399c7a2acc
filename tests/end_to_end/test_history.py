"""The demo's lake with its first dates in a history lake: nobody who reads sees a difference."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from demo.model import DAYS
from jobs.__main__ import main
from jobs.check_fees import check_dates as check_fees
from jobs.cli.configuration import load_configuration
from jobs.cli.console import Report
from jobs.lake.history.dated_tables import HISTORY_TABLES
from jobs.lake.partitions import list_add_actions
from jobs.lake.tables import Lake
from jobs.operations.history.move_history import move_history
from jobs.orders.check_day import check_dates as check_orders
from jobs.reconcile.run_dates import match_dates
from jobs.treasury.accounts import list_accounts
from jobs.treasury.check_dates import check_account
from schemas.configuration import Configuration
from schemas.tables import BANK_LINES_USED, FEE_MONTHS, STATEMENT_LINES
from tests.support.demos import Demo
from tests.support.paths import ROOT

#: Beside the tables that move, those that a replay of later dates writes for earlier ones.
COMPARED = (*HISTORY_TABLES, BANK_LINES_USED, FEE_MONTHS)
KEPT = DAYS[3:]
DAYS_KEPT = 600


def every_row(lake: Lake) -> dict[str, list[str]]:
    """All rows by table, as text, sorted."""
    return {
        table.name: sorted(
            json.dumps(row, default=str)
            for row in lake.read_arrow(table, date.min, date.max).to_pylist()
        )
        for table in COMPARED
    }


def replay(lake: Lake, config: Configuration) -> None:
    """Does every job of the kept dates again, though nothing asks for it."""
    for name, profile in config.profiles.items():
        match_dates(lake, profile, KEPT, config.snapshots)
        if name in config.schedules:
            check_fees(Report({}, []), lake, profile, config.schedules[name], KEPT)
    for account in list_accounts(config, config.profiles):
        check_account(lake, account, KEPT)
    check_orders(lake, KEPT)


def explain(lake: Lake, reference: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """The whole timeline of a reference."""
    place = ["--lake", lake.uri, "--config", str(ROOT / "demo/config"), "--engine", "sail"]
    capsys.readouterr()
    assert main(["explain", *place, reference, "--json"]) == 0
    timeline: dict[str, object] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return timeline


@pytest.mark.slow
@pytest.mark.sail_only
@pytest.mark.programs
def test_replay_of_kept_dates_gives_the_same_rows(
    finished_demo: Demo, spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Windows, look-back, fees of refunds, volumes, batches and orders reach over the boundary."""
    shutil.copytree(finished_demo.folder / "demo-data/lake", tmp_path / "lake")
    lake, config = (
        Lake(spark, str(tmp_path / "lake")),
        load_configuration(str(ROOT / "demo/config")),
    )
    lines = lake.read_arrow(STATEMENT_LINES, DAYS[0], DAYS[0], "wechat")
    reference = lines["our_ref"].drop_null()[0].as_py()
    before, timeline = every_row(lake), explain(lake, reference, capsys)
    assert all(before[table.name] for table in (STATEMENT_LINES, BANK_LINES_USED))

    today = KEPT[0] + timedelta(days=DAYS_KEPT)
    move = move_history(lake, config, str(tmp_path / "cold"), DAYS_KEPT, today)
    assert (move.before, move.held) == (KEPT[0], [])
    assert sum(each.rows for each in move.tables) > 10_000
    for table in HISTORY_TABLES:
        left = list_add_actions(lake.open(table), table, date.min, KEPT[0] - timedelta(days=1))
        assert left == [], table.name
    assert every_row(lake) == before
    assert explain(lake, reference, capsys) == timeline

    replay(lake, config)
    assert every_row(lake) == before
