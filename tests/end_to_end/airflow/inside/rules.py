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
    ("requested", "at", "date"),
    [
        (None, "2026-11-23T02:30:00+00:00", "2026-11-22"),  # 10:30 in Shanghai
        (None, "2026-11-23T10:30:00+08:00", "2026-11-22"),
        (None, "2026-11-22T15:59:59+00:00", "2026-11-21"),  # a second before midnight there
        (None, "2026-11-22T16:00:00+00:00", "2026-11-22"),
        (None, "2027-01-01T02:30:00+00:00", "2026-12-31"),
        ("2026-11-01", "2026-11-23T02:30:00+00:00", "2026-11-01"),
    ],
)
def test_business_date_is_the_day_before_in_shanghai(requested, at, date):
    """The form may name another date."""
    assert rules.choose_date(requested, datetime.fromisoformat(at)) == date


def test_each_scheduled_run_is_of_the_day_before():
    """A run starts at 10:30 in Shanghai on every day; no day is left out or repeated."""
    timetable = coerce_to_core_timetable(DAG.timetable)
    first = datetime.fromisoformat("2026-11-22T00:00:00+08:00")
    restriction = TimeRestriction(first, None, catchup=True)
    dates, last = [], None
    for _ in range(3):
        info = timetable.next_dagrun_info_v2(last_dagrun_info=last, restriction=restriction)
        dates.append(rules.choose_date(None, info.logical_date))
        last = info
    assert dates == ["2026-11-21", "2026-11-22", "2026-11-23"]
    assert (DAG.catchup, DAG.max_active_runs) == (False, 1)


@pytest.mark.parametrize("date", ["22/11/2026", "2026-11-31", "yesterday", ""])
def test_form_refuses_an_invalid_date(date):
    """The form sends ISO dates; a command line must send them too."""
    with pytest.raises(ParamValidationError):
        DAG.params.get_param("business_date").resolve(date)


def test_every_page_is_a_channel(tmp_path):
    """Each requested channel must have a page."""
    folder = tmp_path / "channels"
    folder.mkdir()
    with pytest.raises(AirflowFailException, match="no page of any channel"):
        rules.select_channels(str(tmp_path), None)
    for name in ("bravo.yaml", "alpha.yaml", "notes.md"):
        (folder / name).touch()
    assert rules.select_channels(str(tmp_path), None) == ["alpha", "bravo"]
    assert rules.select_channels(str(tmp_path), []) == ["alpha", "bravo"]
    assert rules.select_channels(str(tmp_path), ["bravo", "bravo"]) == ["bravo"]
    with pytest.raises(AirflowFailException, match="no page of brava; it has: alpha, bravo"):
        rules.select_channels(str(tmp_path), ["alpha", "brava"])


def test_jars_are_listed_from_a_folder_or_taken_as_a_list(tmp_path, monkeypatch):
    """An empty setting gives an empty list; an empty folder is a fault."""
    monkeypatch.setattr(rules, "read_setting", lambda name: chosen)
    chosen = str(tmp_path)
    with pytest.raises(AirflowFailException, match="make jars"):
        rules.list_jars()
    (tmp_path / "b.jar").touch()
    (tmp_path / "a.jar").touch()
    assert rules.list_jars() == f"{tmp_path}/a.jar,{tmp_path}/b.jar"
    for chosen in ("s3://lib/delta.jar,s3://lib/storage.jar", ""):
        assert rules.list_jars() == chosen


class Instance:
    """A task instance that keeps the values pushed to it."""

    def __init__(self):
        self.pushed = {}

    def xcom_push(self, key, value):
        self.pushed[key] = value


@pytest.mark.parametrize(
    ("message", "error", "pushed"),
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
def test_exit_status_decides_whether_airflow_retries(monkeypatch, message, error, pushed):
    """2 and 3 fail at once and are passed to the next job; Airflow may retry any other."""

    def submit(operator, context):
        if message:
            raise AirflowException(f"Cannot execute: spark-submit --jars 2.jar match.py.{message}")

    monkeypatch.setattr(rules.SparkSubmitOperator, "execute", submit)
    job, instance = rules.build_job("match", "2026-11-22", ["alpha"], previous_status=3), Instance()
    if error is None:
        assert job.execute({"ti": instance}) == 0
    else:
        with pytest.raises(AirflowException) as fault:
            job.execute({"ti": instance})
        assert fault.type is error
    assert instance.pushed == pushed
    assert job.application_args[-2:] == ["--channel", "alpha"]


@pytest.mark.parametrize("previous_status", [1, 2, None])
def test_job_after_a_failure_is_skipped(previous_status):
    """A job runs after 0 and 3 only."""
    job = rules.build_job("export", "2026-11-22", ["alpha"], previous_status=previous_status)
    with pytest.raises(AirflowSkipException):
        job.execute({"ti": Instance()})


def test_only_jobs_are_retried():
    """Airflow retries a job twice, five minutes apart, and never retries `verdict`."""
    assert DAG.get_task("channel.match").retries == 2
    assert DAG.get_task("channel.match").retry_delay == timedelta(minutes=5)
    assert DAG.get_task("verdict").retries == 0
