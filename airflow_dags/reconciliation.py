"""# Payment reconciliation

One DAG per channel, `channel_NAME`, made from the file that `tieout schedule write` writes; and

- `day_close`: settlement and orders of all channels and the report, when they are done or nobody
  waits any more
- `late_files`: every hour, starts the channel's DAG of each date that has a new file
- `replay`: business dates again, by hand
- `maintenance`: once a week

**The run's name** has the business date. **Colours** follow the exit status of the step:

| exit | meaning | task |
| --- | --- | --- |
| 0 | done; breaks are a result | green |
| 1 | an unexpected error, perhaps a passing one | retried twice, then red |
| 2 | arguments or configuration are wrong | red at once |
| 3 | a check stopped something, the job did the rest | red at once; the next steps have run |

The reason is the message of the task's exception. What to do: docs/cookbook/schedule.md.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from airflow import sdk
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk.exceptions import AirflowSkipException
from tieout_airflow.alerts import tell_failure
from tieout_airflow.launch import EMBEDDED_POOL, HOURS_MAX, RETRIES, build_run
from tieout_airflow.notes import write_note
from tieout_airflow.plan import Channel, find_plan, read_business_date, read_plan
from tieout_airflow.refusals import FORM, ApproveAnswer, ProposeAnswer
from tieout_airflow.settings import list_jars, place_arguments, read_setting
from tieout_airflow.starts import choose_engine, choose_runs, list_replay, name_run, run_to_end
from tieout_airflow.steps import STEPS, ShowStep
from tieout_airflow.verdicts import Verdict
from tieout_airflow.waiting import WAIT_RETRIES, WaitForChannels, WaitForStatement

CHANNELS = read_plan(find_plan())
#: Local time at which a channel's run of the day before begins to wait for its files.
BEGINS = "5 0 * * *"
#: The day is closed in the zone of most channels.
ZONES = [channel.zone for channel in CHANNELS.values()]
CLOSE_ZONE = max(sorted(set(ZONES)), key=ZONES.count, default="UTC")
START = datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC"))
WORK = {"execution_timeout": timedelta(hours=HOURS_MAX), "pool": EMBEDDED_POOL}

COMMON = {
    "start_date": START,
    "catchup": False,
    # Only what may pass by itself is tried again: exits 2 and 3 raise AirflowFailException.
    "default_args": {"owner": "payments", "depends_on_past": False, **RETRIES,
                     "execution_timeout": timedelta(minutes=30)},
    "user_defined_macros": {"setting": read_setting, "jars": list_jars},
    "doc_md": __doc__,
}  # fmt: skip
#: Of a DAG, or a task, that no verdict closes: it tells people by itself when it is red.
TELLS = {"on_failure_callback": tell_failure}
WITHOUT_VERDICT = {**COMMON, "default_args": {**COMMON["default_args"], **TELLS}}
DATE_FORM = sdk.Param(
    None, type=["null", "string"], format="date", title="Business date",
    description="Empty: the date of the schedule, or yesterday.",
)  # fmt: skip
WAIT_FORM = sdk.Param(True, type="boolean", title="Wait for the files until their last moment")


def daily_in(zone: str) -> Any:
    """Runs every day; the run's name has the business date, which is the day before."""
    return sdk.CronPartitionTimetable(BEGINS, timezone=zone, run_offset=-1, key_format="%Y-%m-%d")


def build_channel(channel: Channel) -> sdk.DAG:
    """The day of one channel, a square per step."""
    with sdk.DAG(
        f"channel_{channel.name}",
        schedule=daily_in(channel.zone),
        max_active_runs=16,  # a run may wait for a person while the next day runs
        params={"business_date": DATE_FORM, "wait": WAIT_FORM},
        tags=["reconciliation", "channel", channel.launch],
        **COMMON,
    ) as dag:
        run_day = build_run(channel)
        steps = [ShowStep(channel=channel, step=step) for step in STEPS]
        WaitForStatement(channel=channel, **WAIT_RETRIES) >> run_day >> steps[0]
        for step, following in pairwise(steps):
            step >> following
        steps[-1] >> Verdict(subject=channel.name, zone=channel.zone)
        again = TriggerDagRunOperator(
            task_id="run_again",
            trigger_dag_id=dag.dag_id,
            trigger_run_id="{{ name_run(date_of(dag_run, params), 'decided') }}",
            conf={"business_date": "{{ date_of(dag_run, params) }}", "wait": False},
            logical_date=None,
            **TELLS,
        )
        proposed = ProposeAnswer(channel=channel, params=FORM, **TELLS)
        steps[0] >> proposed >> ApproveAnswer(channel=channel, **TELLS) >> again
    dag.user_defined_macros = {
        **COMMON["user_defined_macros"],
        "name_run": name_run,
        "date_of": lambda run, params: read_business_date(
            {"dag_run": run, "params": params}, channel.zone
        ),
    }
    return dag


@sdk.task(trigger_rule="all_done", **WORK)
def close(step: str) -> str:
    """Runs `check_settlement`, `check_orders` or `report` for the date, over all channels; returns
    where the report is, if the step writes it.
    """
    context = sdk.get_current_context()
    day = read_business_date(context, CLOSE_ZONE)
    words = [*place_arguments("lake", "config"), "--business-date", day]
    summary = run_to_end(context, step, *words, *choose_engine(CHANNELS.values()))
    return str(summary.get("page", ""))


@sdk.dag(
    schedule=daily_in(CLOSE_ZONE),
    max_active_runs=4,
    params={"business_date": DATE_FORM, "wait": WAIT_FORM},
    tags=["reconciliation", "day"],
    **COMMON,
)
def day_close() -> None:
    """Settlement, orders and the report of a date, when all channels are done or nobody waits any
    more.
    """
    wait = WaitForChannels(channels=CHANNELS, zone=CLOSE_ZONE, **WAIT_RETRIES)
    settlement = close.override(task_id="check_settlement")("check_settlement")
    orders = close.override(task_id="check_orders")("check_orders")
    report = close.override(task_id="report")("report")
    verdict = Verdict(subject="all channels", zone=CLOSE_ZONE, tells_always=True)
    wait >> settlement >> orders >> report >> verdict


@sdk.task(**WORK)
def find_arrivals() -> list[dict[str, Any]]:
    """The runs to start: a channel and date with a file that no ingest has taken in."""
    context = sdk.get_current_context()
    places = place_arguments("lake", "config", "inbox")
    arrived = run_to_end(context, "schedule", "progress", *places)["arrived"]
    return choose_runs(arrived, CHANNELS, datetime.now(UTC))


@sdk.dag(
    schedule=sdk.CronTriggerTimetable("20 * * * *", timezone=CLOSE_ZONE),
    max_active_runs=1,
    tags=["reconciliation", "hourly"],
    **WITHOUT_VERDICT,
)
def late_files() -> None:
    """Starts the runs of files that came late, and of channels whose day comes in parts."""
    start = TriggerDagRunOperator.partial(task_id="start", logical_date=None)
    start.expand_kwargs(find_arrivals())


REPLAY_FORM = {
    "channels": sdk.Param(
        [], type="array", items={"type": "string", "enum": sorted(CHANNELS)},
        examples=sorted(CHANNELS), title="Channels", description="Empty: all of them.",
    ),
    "from": sdk.Param(type="string", format="date", title="From: the first business date"),
    "through": sdk.Param(type="string", format="date", title="Through: the last business date"),
    "reason": sdk.Param(type="string", minLength=3, title="Reason"),
}  # fmt: skip


@sdk.task(**WORK)
def run_dates() -> None:
    """Runs the dates in order, all channels in one process."""
    context = sdk.get_current_context()
    form = context["params"]
    first, last = form["from"], form["through"]
    words = list_replay(form["channels"], first, last, CHANNELS)
    write_note(context, f"{first} to {last}: {form['reason']}", context["ti"].task.log)
    places = place_arguments("lake", "config", "inbox")
    run_to_end(context, "run", *places, *words, *read_setting("run_options").split())


@sdk.dag(
    schedule=None, max_active_runs=1, params=REPLAY_FORM, tags=["reconciliation", "by hand"],
    **WITHOUT_VERDICT,
)  # fmt: skip
def replay() -> None:
    """Business dates again: every step, in order of date, of the channels that the form names."""
    run_dates()


@sdk.task(**WORK)
def maintain() -> None:
    """Joins small files of the lake and removes what no table needs any more."""
    run_to_end(sdk.get_current_context(), "maintain", *place_arguments("lake"))


@sdk.task(**WORK)
def write_plan() -> None:
    """Writes the plan again, so that each channel is launched by the lines of its last dates."""
    if not find_plan().parent.is_dir():
        raise AirflowSkipException(f"{find_plan().parent} is not on this worker")
    places = place_arguments("lake", "config")
    run_to_end(sdk.get_current_context(), "schedule", "write", *places, "--out", str(find_plan()))


@sdk.dag(
    schedule=sdk.CronTriggerTimetable("0 3 * * 0", timezone=CLOSE_ZONE),
    max_active_runs=1,
    tags=["reconciliation", "weekly"],
    **WITHOUT_VERDICT,
)
def maintenance() -> None:
    """Once a week, on Sunday at 03:00: the lake is kept small, and the plan up to date."""
    maintain() >> write_plan()


for each in CHANNELS.values():
    globals()[f"channel_{each.name}"] = build_channel(each)
day_close()
late_files()
replay()
maintenance()
