"""The DAG's own rules, one by one. Airflow's pytest runs this file: the jobs' has no Airflow."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "airflow_dags"))

import daily_reconciliation as rules
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    ParamValidationError,
)
from airflow.serialization.encoders import coerce_to_core_timetable
from airflow.timetables.base import TimeRestriction

DAG = rules.daily_reconciliation()


@pytest.mark.parametrize(
    ("asked", "at", "date"),
    [
        (None, "2026-11-23T02:30:00+00:00", "2026-11-22"),  # 10:30 in Shanghai
        (None, "2026-11-23T10:30:00+08:00", "2026-11-22"),
        (None, "2026-11-22T15:59:59+00:00", "2026-11-21"),  # a second before midnight there
        (None, "2026-11-22T16:00:00+00:00", "2026-11-22"),
        (None, "2027-01-01T02:30:00+00:00", "2026-12-31"),
        ("2026-11-01", "2026-11-23T02:30:00+00:00", "2026-11-01"),
    ],
)
def test_business_date(asked, at, date):
    """The day before, in Shanghai and nowhere else, unless the form says another."""
    assert rules.business_date_of(asked, datetime.fromisoformat(at)) == date


def test_each_scheduled_run_is_of_the_day_before():
    """10:30 in Shanghai, every day, none left out and none twice."""
    timetable = coerce_to_core_timetable(DAG.timetable)
    first = datetime.fromisoformat("2026-11-22T00:00:00+08:00")
    restriction = TimeRestriction(first, None, catchup=True)
    dates, last = [], None
    for _ in range(3):
        info = timetable.next_dagrun_info_v2(last_dagrun_info=last, restriction=restriction)
        dates.append(rules.business_date_of(None, info.logical_date))
        last = info
    assert dates == ["2026-11-21", "2026-11-22", "2026-11-23"]
    assert (DAG.catchup, DAG.max_active_runs) == (False, 1)


@pytest.mark.parametrize("date", ["22/11/2026", "2026-11-31", "yesterday", ""])
def test_the_form_refuses_what_is_no_date(date):
    """The picker gives ISO dates; whoever triggers by command is held to the same."""
    with pytest.raises(ParamValidationError):
        DAG.params.get_param("business_date").resolve(date)


def test_channels(tmp_path):
    """Every page is a channel; of those asked for, each must have one."""
    folder = tmp_path / "channels"
    folder.mkdir()
    with pytest.raises(AirflowFailException, match="no page of any channel"):
        rules.channels_of(str(tmp_path), None)
    for name in ("bravo.yaml", "alpha.yaml", "notes.md"):
        (folder / name).touch()
    assert rules.channels_of(str(tmp_path), None) == ["alpha", "bravo"]
    assert rules.channels_of(str(tmp_path), []) == ["alpha", "bravo"]
    assert rules.channels_of(str(tmp_path), ["bravo", "bravo"]) == ["bravo"]
    with pytest.raises(AirflowFailException, match="no page of brava; there is: alpha, bravo"):
        rules.channels_of(str(tmp_path), ["alpha", "brava"])


def test_jars(tmp_path, monkeypatch):
    """A folder is listed, a list is taken as it is, nothing is nothing, an empty folder a fault."""
    monkeypatch.setattr(rules, "setting", lambda name: chosen)
    chosen = str(tmp_path)
    with pytest.raises(AirflowFailException, match="make jars"):
        rules.jars()
    (tmp_path / "b.jar").touch()
    (tmp_path / "a.jar").touch()
    assert rules.jars() == f"{tmp_path}/a.jar,{tmp_path}/b.jar"
    for chosen in ("s3://lib/delta.jar,s3://lib/storage.jar", ""):
        assert rules.jars() == chosen


class Instance:
    """A task instance that keeps what is pushed."""

    def __init__(self):
        self.pushed = {}

    def xcom_push(self, key, value):
        self.pushed[key] = value


@pytest.mark.parametrize(
    ("said", "raised", "pushed"),
    [
        (None, None, {}),
        (" Error code is: 1.", AirflowException, {}),
        (" Error code is: 2.", AirflowFailException, {"return_value": 2}),
        (" Error code is: 3.\nLast: Error code is: 1.", AirflowFailException, {"return_value": 3}),
        (" Error code is: -9.", AirflowException, {}),
        (" Error code is: 137.", AirflowException, {}),
        ("No driver id is known", AirflowException, {}),
    ],
)
def test_exit_status(monkeypatch, said, raised, pushed):
    """2 and 3 fail at once and say so to the next job; anything else may be tried again."""

    def submit(operator, context):
        if said:
            raise AirflowException(f"Cannot execute: spark-submit --jars 2.jar match.py.{said}")

    monkeypatch.setattr(rules.SparkSubmitOperator, "execute", submit)
    job, instance = rules.job("match", "2026-11-22", ["alpha"], before=3), Instance()
    if raised is None:
        assert job.execute({"ti": instance}) == 0
    else:
        with pytest.raises(AirflowException) as fault:
            job.execute({"ti": instance})
        assert fault.type is raised
    assert instance.pushed == pushed
    assert job.application_args[-2:] == ["--channel", "alpha"]


@pytest.mark.parametrize("before", [1, 2, None])
def test_what_comes_after_a_failure_is_skipped(before):
    """After 0 and 3 the day goes on; after anything else there is nothing to go on with."""
    with pytest.raises(AirflowSkipException):
        rules.job("export", "2026-11-22", ["alpha"], before=before).execute({"ti": Instance()})


def test_retries_are_the_jobs():
    """A job is tried twice more, some minutes later; the verdict never."""
    assert DAG.get_task("channel.match").retries == 2
    assert DAG.get_task("channel.match").retry_delay == timedelta(minutes=5)
    assert DAG.get_task("verdict").retries == 0
