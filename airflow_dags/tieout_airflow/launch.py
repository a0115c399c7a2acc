"""Starts the `run` of a channel's day on the worker, on the engine without a JVM."""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import BaseOperator

from tieout_airflow.commands import (
    DONE,
    STOPPED,
    Command,
    Outcome,
    describe_run,
    fail_task,
)
from tieout_airflow.plan import Channel, read_business_date
from tieout_airflow.settings import place_arguments, read_setting

HOURS_MAX = 4
#: Tasks that are a process of tieout's on the worker, and those that are a Spark driver there.
#: `airflow pools set NAME SLOTS "..."` says how many run at once.
EMBEDDED_POOL, SUBMIT_POOL = "tieout_embedded", "tieout_submit"
RETRIES = {"retries": 2, "retry_delay": timedelta(minutes=5)}


def run_arguments(channel: str, day: str, *more: str) -> list[str]:
    """The arguments of `run` for one channel and date."""
    places = place_arguments("lake", "config", "inbox")
    options = read_setting("run_options").split()
    return [*places, "--business-date", day, "--channel", channel, *options, *more]


def finish_run(context: Any, outcome: Outcome, channel: str, day: str) -> dict[str, Any]:
    """What a run's task returns; ends it red after any exit but 0, and 3 of which steps can tell.

    A run that ends with 3 and names no step was refused as a whole: no task after it would be red.
    """
    has_ended = outcome.status == DONE or (
        outcome.status == STOPPED and outcome.summary.get("stopped")
    )
    if not has_ended:
        fail_task(context, outcome.status, outcome.reasons)
    ti = context["ti"]
    ended = {"ended_at": datetime.now(UTC).isoformat(), "try": ti.try_number}
    return describe_run(outcome, channel, day) | ended


class RunEmbedded(BaseOperator):
    """Runs a channel's day on the worker, on the engine without a JVM.

    Returns how it ended (`describe_run`); the tasks after it show the steps.
    """

    def __init__(self, *, channel: Channel, **settings: Any) -> None:
        super().__init__(pool=EMBEDDED_POOL, **settings)
        self.channel = channel
        self.command: Command | None = None

    def execute(self, context: Any) -> dict[str, Any]:
        """Runs the command. Raises AirflowFailException if a retry cannot help."""
        name, day = self.channel.name, read_business_date(context, self.channel.zone)
        self.command = Command("run", *run_arguments(name, day, "--engine", "sail"))
        return finish_run(context, self.command.run(self.log.info), name, day)

    def on_kill(self) -> None:
        """Ends the process when the task is ended."""
        if self.command is not None:
            self.command.stop()


def build_run(channel: Channel) -> BaseOperator:
    """Builds the task that runs a channel's day as its plan says."""
    if channel.launch == "embedded":
        kind: Any = RunEmbedded
    else:  # Spark's operator takes long to import, and most places submit nothing
        from tieout_airflow.submitting import RunSubmitted

        kind = RunSubmitted
    return kind(
        task_id="run_day",
        channel=channel,
        trigger_rule="all_done",
        execution_timeout=timedelta(hours=HOURS_MAX),
    )
