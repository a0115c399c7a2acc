"""# One business date, reconciled

Runs at 10:30 in Shanghai, for the day before; channels do not wait for each other.

`business_date` → `channels` → `ingest` → for each channel: `match` → `check_fees` → `export`
→ `verdict`

**By hand**: *Trigger* opens a form. Without a date it takes yesterday in Shanghai; without channels
it takes all of them. Any date can be run again at any time: a job replaces what it left before.

**Colours** follow the exit status of the job:

| exit | meaning | task | what comes after |
| --- | --- | --- | --- |
| 0 | done; breaks are a result | green | goes on |
| 1 | unexpected, perhaps gone in a minute | tried twice more, then red | is skipped |
| 2 | arguments or configuration are wrong | red at once | is skipped |
| 3 | a gate stopped something, the rest was done | red at once | goes on |

So one channel's refused file makes `ingest` red, and all are still matched and exported. Where
anything is red the run ends red, and `verdict` names it. **After the repair**, clear the first red
task with *downstream*. Settings and what to do: docs/cookbook/schedule.md.
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

#: The zone whose days are business dates, and the moment by which the day's files are there.
ZONE = ZoneInfo("Asia/Shanghai")
SCHEDULE = sdk.CronTriggerTimetable("30 10 * * *", timezone="Asia/Shanghai")
#: Each running job is a Spark driver on the worker: two at once fit an ordinary machine.
DRIVERS_MAX = 2
JOB_HOURS_MAX = 4
RETRIES = {"retries": 2, "retry_delay": timedelta(minutes=5)}

#: Exit statuses of the jobs after which the day goes on, and those that no repetition can help.
GOES_ON = (0, 3)
HELPLESS = {
    2: "exit 2: arguments or configuration are wrong; the log names every fault",
    3: "exit 3: a gate stopped something, the rest was done; the last line of the log says what",
}

#: A job that comes after another runs however that one ended, decides by its status whether to go
#: on, and is shown by its channel.
LATER = {"trigger_rule": sdk.TriggerRule.ALL_DONE, "map_index_template": "{{ task.channels[0] }}"}

#: What the form asks for when a run is started by hand.
FORM = {
    "business_date": sdk.Param(
        None, type=["null", "string"], format="date", title="Business date",
        description="The date to reconcile. Empty: yesterday in Shanghai.",
    ),
    "channels": sdk.Param(
        None, type=["null", "array"], items={"type": "string"}, title="Channels",
        description="One a line. Empty: every channel of the configuration.",
    ),
}  # fmt: skip

#: What a setting is where nobody chose it; `{home}` is the folder that holds jobs/.
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


def setting(name: str) -> str:
    """A setting: Airflow variable `tieout_NAME`, else environment TIEOUT_NAME, else the default."""
    chosen = sdk.Variable.get(f"tieout_{name}", default=os.environ.get(f"TIEOUT_{name.upper()}"))
    if chosen is None:
        default = DEFAULTS[name]
        chosen = default.format(home=setting("home")) if "{home}" in default else default
    return str(chosen)


def jars() -> str:
    """Delta's jars for `--jars`: those in the folder of the setting, or the list that it is.

    Empty where the setting is empty: the cluster has them, or the properties file names them.
    """
    chosen = setting("jars")
    if not chosen or chosen.endswith(".jar"):
        return chosen
    found = sorted(str(path) for path in Path(chosen).glob("*.jar"))
    if not found:
        raise AirflowFailException(f"no jar in {chosen}: run `make jars`, or set TIEOUT_JARS")
    return ",".join(found)


def business_date_of(asked: str | None, at: datetime) -> str:
    """The date to reconcile, as text: the one asked for, else the day before `at` in ZONE.

    `at` has a zone of its own, such as UTC. Raises ValueError where `asked` is no date.
    """
    if asked:
        return date.fromisoformat(asked).isoformat()
    return (at.astimezone(ZONE).date() - timedelta(days=1)).isoformat()


def channels_of(config: str, asked: list[str] | None) -> list[str]:
    """The channels that have a page in `<config>/channels`, or those of them that are asked for.

    Raises AirflowFailException where there is none, or one is asked for that has no page.
    """
    folder = Path(config) / "channels"
    known = sorted(page.stem for page in folder.glob("*.yaml"))
    unknown = sorted(set(asked or ()) - set(known))
    if unknown or not known:
        raise AirflowFailException(
            f"{folder} has no page of {', '.join(unknown) or 'any channel'};"
            f" there is: {', '.join(known) or 'nothing'}"
        )
    return sorted(set(asked)) if asked else known


def exit_status(said: str) -> int | None:
    """The exit status of `spark-submit` in what its operator says, None where it says none."""
    found = re.search(r"\. Error code is: (-?\d+)\.", said)
    return int(found[1]) if found else None


class Job(SparkSubmitOperator):
    """One command of tieout, submitted to Spark; returns its exit status.

    `channels` are the names to run it for. `before` is the exit status of the job that comes before
    this one, None where that one did not end: a gate there (3) does not stop this job.
    """

    template_fields = (*SparkSubmitOperator.template_fields, "channels", "before")

    def __init__(self, *, channels: Any, before: Any = 0, **settings: Any) -> None:
        super().__init__(**settings)
        self.channels = channels
        self.before = before

    def execute(self, context: Any) -> int:
        """Submits the job. Raises AirflowFailException where a retry cannot help."""
        if self.before not in GOES_ON:
            raise AirflowSkipException("the job before this one did not end well; see there")
        only = [word for name in self.channels for word in ("--channel", name)]
        self.application_args = [*(self.application_args or ()), *only]
        try:
            super().execute(context)
        except AirflowException as fault:
            status = exit_status(str(fault))
            if status not in HELPLESS:
                raise
            context["ti"].xcom_push(key="return_value", value=status)
            raise AirflowFailException(HELPLESS[status]) from fault
        return 0


def job(name: str, day: Any, channels: Any, *words: str, **order: Any) -> Job:
    """The task of one job for a date and channels; `words` are arguments that it alone has."""
    return Job(
        task_id=name,
        name=f"tieout-{name}",
        channels=channels,
        application="{{ setting('home') }}/jobs/" + name + ".py",
        application_args=[
            *("--lake", "{{ setting('lake') }}", "--config", "{{ setting('config') }}"),
            *("--business-date", day, "--engine", "spark", *words),
        ],
        jars="{{ jars() }}",
        py_files="{{ setting('py_files') }}",
        properties_file="{{ setting('spark_properties') }}",
        conf={"spark.driver.memory": "{{ setting('memory') }}"},
        execution_timeout=timedelta(hours=JOB_HOURS_MAX),
        **order,
    )


@sdk.task
def business_date() -> str:
    """The date of this run, from the form, or from the moment for which it was scheduled.

    Never from the clock: a run cleared next week still is about its own date.
    """
    context = sdk.get_current_context()
    run = context["dag_run"]
    return business_date_of(context["params"]["business_date"], run.logical_date or run.run_after)


@sdk.task
def channels() -> list[str]:
    """The names of the channels to go through."""
    return channels_of(setting("config"), sdk.get_current_context()["params"]["channels"])


@sdk.task(trigger_rule=sdk.TriggerRule.ALL_DONE, retries=0)
def verdict(day: str, names: list[str] | None) -> None:
    """Ends the run red where a task of it is red, and names those tasks and their channels."""
    context = sdk.get_current_context()
    run, ti = context["dag_run"].run_id, context["ti"]
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[run])[run]
    red = [readable(task, names or []) for task, state in states.items() if state == "failed"]
    if red:
        raise AirflowFailException(f"{day}: look at {'; '.join(sorted(red))}")


def readable(task_id: str, names: list[str]) -> str:
    """A task as people call it: `channel.match_1` is `match bravo`, with the names in order."""
    found = re.fullmatch(r"channel\.(\w+)_(\d+)", task_id)
    return f"{found[1]} {names[int(found[2])]}" if found else task_id


@sdk.dag(
    schedule=SCHEDULE,
    start_date=datetime(2026, 1, 1, tzinfo=ZONE),
    catchup=False,
    max_active_runs=1,  # dates in order; a date without its eve is matched from the eve on
    max_active_tasks=DRIVERS_MAX,
    # Not depends_on_past: a file refused on one day must not keep the next days from running.
    default_args={"owner": "payments", "depends_on_past": False, **RETRIES},
    params=FORM,
    user_defined_macros={"setting": setting, "jars": jars},
    tags=["reconciliation", "payments", "daily"],
    doc_md=__doc__,
)
def daily_reconciliation() -> None:
    """Yesterday's files in; each channel matched, its fees checked, its exceptions exported."""
    day = business_date()
    names = channels()
    ingest = job("ingest", day, names, "--inbox", "{{ setting('inbox') }}")

    @sdk.task_group
    def channel(name: str) -> None:
        match = job("match", day, [name], before=ingest.output, **LATER)
        fees = job("check_fees", day, [name], before=match.output, **LATER)
        job("export", day, [name], before=fees.output, **LATER)

    day >> names
    channel.expand(name=names) >> verdict(day, names)


daily_reconciliation()
