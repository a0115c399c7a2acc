"""# One business date, reconciled

Runs at 10:30 in Shanghai, for the day before; channels do not wait for each other.

`business_date` → `channels` → `ingest` → for each channel: `match` → `check_fees` → `export`
→ `check_settlement` → `check_orders` → `verdict`

**By hand**: *Trigger* opens a form. Without a date the run takes yesterday in Shanghai; without
channels it takes all of them. You can run any date again at any time: a job replaces its own rows.

**Colours** follow the exit status of the job:

| exit | meaning | task | the jobs after it |
| --- | --- | --- | --- |
| 0 | done; breaks are a result | green | run |
| 1 | an unexpected error, perhaps a passing one | retried twice, then red | are skipped |
| 2 | arguments or configuration are wrong | red at once | are skipped |
| 3 | a check stopped something, the job did the rest | red at once | run |

One refused file makes `ingest` red, and all channels are still matched and exported. If any task is
red the run ends red, and `verdict` names the task. **After the repair**, clear the first red task
with *downstream*. Settings and what to do: docs/cookbook/schedule.md.
"""

import os
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from airflow import sdk
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

#: The zone whose days are business dates, and the time at which the day's files have arrived.
ZONE = ZoneInfo("Asia/Shanghai")
SCHEDULE = sdk.CronTriggerTimetable("30 10 * * *", timezone="Asia/Shanghai")
#: Each running job is a Spark driver on the worker. An ordinary machine has room for two.
DRIVERS_MAX = 2
JOB_HOURS_MAX = 4
RETRIES = {"retries": 2, "retry_delay": timedelta(minutes=5)}

#: Exit statuses of a job after which the next job runs, and those that a retry cannot help.
CONTINUE_AFTER = (0, 3)
NO_RETRY_AFTER = {
    2: "exit 2: arguments or configuration are wrong; the log names every fault",
    3: "exit 3: a check stopped something, see the last line of the log",
}

#: A chained job starts however the job before it ended, and decides by that job's exit
#: status whether to run. Airflow shows it under the name of its channel.
CHAINED = {"trigger_rule": sdk.TriggerRule.ALL_DONE, "map_index_template": "{{ task.channels[0] }}"}

#: The form for a run that is started by hand.
FORM = {
    "business_date": sdk.Param(
        None, type=["null", "string"], format="date", title="Business date",
        description="The date to reconcile. Empty: yesterday in Shanghai.",
    ),
    "channels": sdk.Param(
        None, type=["null", "array"], items={"type": "string"}, title="Channels",
        description="One per line. Empty: every channel of the configuration."),
}  # fmt: skip

#: Default values of the settings; `{home}` is the folder that holds jobs/.
DEFAULTS = {
    "home": str(Path(__file__).resolve().parents[1]),
    "lake": "{home}/lake",
    "config": "{home}/config",
    "inbox": "{home}/inbox",
    "jars": "{home}/.jars",
    "py_files": "",
    "spark_properties": "",
    "memory": "4g",
}


def read_setting(name: str) -> str:
    """Reads Airflow variable `tieout_NAME`, else environment TIEOUT_NAME, else the default."""
    chosen = sdk.Variable.get(f"tieout_{name}", default=os.environ.get(f"TIEOUT_{name.upper()}"))
    if chosen is None:
        default = DEFAULTS[name]
        chosen = default.format(home=read_setting("home")) if "{home}" in default else default
    return str(chosen)


def list_jars() -> str:
    """Lists Delta's jars for `--jars`: a folder, or already a list, or empty if the cluster has
    them. Raises AirflowFailException if the folder has no jar.
    """
    chosen = read_setting("jars")
    if not chosen or chosen.endswith(".jar"):
        return chosen
    paths = sorted(str(path) for path in Path(chosen).glob("*.jar"))
    if not paths:
        raise AirflowFailException(f"no jar in {chosen}: run `make jars`, or set TIEOUT_JARS")
    return ",".join(paths)


def choose_date(requested: str | None, at: datetime) -> str:
    """The date to reconcile, as text: the requested one, else the day before `at` in ZONE.

    `at` is a time with a zone of its own, such as UTC. Raises ValueError if `requested` is no date.
    """
    if requested:
        return date.fromisoformat(requested).isoformat()
    return (at.astimezone(ZONE).date() - timedelta(days=1)).isoformat()


def select_channels(config: str, requested: list[str] | None) -> list[str]:
    """The channels with a page in `<config>/channels`, or the requested ones of them, sorted.

    Raises AirflowFailException if there is no page, or a requested channel has none.
    """
    folder = Path(config) / "channels"
    known = sorted(page.stem for page in folder.glob("*.y*ml"))
    unknown = sorted(set(requested or ()) - set(known))
    if unknown or not known:
        raise AirflowFailException(
            f"{folder} has no page of {', '.join(unknown) or 'any channel'};"
            f" it has: {', '.join(known) or 'nothing'}"
        )
    return sorted(set(requested)) if requested else known


def parse_exit_status(message: str) -> int | None:
    """The exit status of `spark-submit` in a message of its operator; None if it names none."""
    match = re.search(r"\. Error code is: (-?\d+)\.", message)
    return int(match[1]) if match else None


class Job(SparkSubmitOperator):
    """One command of tieout, submitted to Spark; returns its exit status.

    `channels` are the names of the channels to run. `previous_status` is the exit status of the job
    before this one, None if that job did not end; after status 3 this job still runs.
    """

    template_fields = (*SparkSubmitOperator.template_fields, "channels", "previous_status")

    def __init__(self, *, channels: Any, previous_status: Any = 0, **settings: Any) -> None:
        super().__init__(**settings)
        self.channels = channels
        self.previous_status = previous_status

    def execute(self, context: Any) -> int:
        """Submits the job. Raises AirflowFailException if a retry cannot help."""
        if self.previous_status not in CONTINUE_AFTER:
            raise AirflowSkipException("the job before this one failed; see its log")
        channel_args = [word for name in self.channels for word in ("--channel", name)]
        self.application_args = [*(self.application_args or ()), *channel_args]
        try:
            super().execute(context)
        except AirflowException as fault:
            status = parse_exit_status(str(fault))
            if status not in NO_RETRY_AFTER:
                raise
            context["ti"].xcom_push(key="return_value", value=status)
            raise AirflowFailException(NO_RETRY_AFTER[status]) from fault
        return 0


def build_job(name: str, day: Any, channels: Any, *more_args: str, **settings: Any) -> Job:
    """Builds the task of one job for a date and channels; `more_args` are its own arguments."""
    return Job(
        task_id=name,
        name=f"tieout-{name}",
        channels=channels,
        application="{{ setting('home') }}/jobs/" + name + ".py",
        application_args=[
            *("--lake", "{{ setting('lake') }}", "--config", "{{ setting('config') }}"),
            *("--business-date", day, "--engine", "spark", *more_args),
        ],
        jars="{{ jars() }}",
        py_files="{{ setting('py_files') }}",
        properties_file="{{ setting('spark_properties') }}",
        conf={"spark.driver.memory": "{{ setting('memory') }}"},
        execution_timeout=timedelta(hours=JOB_HOURS_MAX),
        **settings,
    )


@sdk.task
def business_date() -> str:
    """Returns the date of this run: from the form, else from the time it was scheduled for.

    It never uses the clock: a run that is cleared next week keeps its date.
    """
    context = sdk.get_current_context()
    run = context["dag_run"]
    return choose_date(context["params"]["business_date"], run.logical_date or run.run_after)


@sdk.task
def channels() -> list[str]:
    """Returns the names of the channels to run."""
    return select_channels(read_setting("config"), sdk.get_current_context()["params"]["channels"])


@sdk.task(trigger_rule=sdk.TriggerRule.ALL_DONE, retries=0)
def verdict(day: str, names: list[str] | None) -> None:
    """Ends the run red if a task of it is red, and names the red tasks and their channels."""
    context = sdk.get_current_context()
    run, ti = context["dag_run"].run_id, context["ti"]
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[run])[run]
    if red := [format_task(task, names or []) for task in states if states[task] == "failed"]:
        raise AirflowFailException(f"{day}: look at {'; '.join(sorted(red))}")


def format_task(task_id: str, names: list[str]) -> str:
    """Formats a task id for people: `channel.match_1` is `match bravo`, with the names in order."""
    match = re.fullmatch(r"channel\.(\w+)_(\d+)", task_id)
    return f"{match[1]} {names[int(match[2])]}" if match else task_id


@sdk.dag(
    schedule=SCHEDULE,
    start_date=datetime(2026, 1, 1, tzinfo=ZONE),
    catchup=False,
    max_active_runs=1,  # dates in order: a match also runs the earlier dates that have not run
    max_active_tasks=DRIVERS_MAX,
    # Not depends_on_past: a file refused on one day must not stop the next days.
    default_args={"owner": "payments", "depends_on_past": False, **RETRIES},
    params=FORM,
    user_defined_macros={"setting": read_setting, "jars": list_jars},
    tags=["reconciliation", "payments", "daily"],
    doc_md=__doc__,
)
def daily_reconciliation() -> None:
    """Ingests the files; matches and exports each channel; then settlement and orders of all."""
    day, names = business_date(), channels()
    ingest = build_job("ingest", day, names, "--inbox", "{{ setting('inbox') }}")

    @sdk.task_group
    def channel(name: str) -> None:
        match = build_job("match", day, [name], previous_status=ingest.output, **CHAINED)
        after = ([name], "--stale")  # also the dates that a late file made the match run again
        fees = build_job("check_fees", day, *after, previous_status=match.output, **CHAINED)
        build_job("export", day, *after, previous_status=fees.output, **CHAINED)

    day >> names
    # For all channels at once: those that are paid on one bank account are settled together.
    done = sdk.TriggerRule.ALL_DONE
    settlement = build_job("check_settlement", day, names, trigger_rule=done)
    orders = build_job("check_orders", day, names, trigger_rule=done)
    channel.expand(name=names) >> settlement >> orders >> verdict(day, names)


daily_reconciliation()
