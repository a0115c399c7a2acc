"""Starts the `run` of a channel's day as one `spark-submit`."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk.exceptions import AirflowException

from tieout_airflow.commands import DONE, Outcome, take_summary
from tieout_airflow.launch import SUBMIT_POOL, finish_run, run_arguments
from tieout_airflow.plan import Channel, read_business_date


class RunSubmitted(SparkSubmitOperator):
    """Submits a channel's day to Spark, all of its steps in one `spark-submit`.

    Returns how it ended (`describe_run`); the tasks after it show the steps.
    """

    def __init__(self, *, channel: Channel, **settings: Any) -> None:
        super().__init__(
            pool=SUBMIT_POOL,
            name=f"tieout-run-{channel.name}",
            application="{{ setting('home') }}/jobs/run.py",
            jars="{{ jars() }}",
            py_files="{{ setting('py_files') }}",
            properties_file="{{ setting('spark_properties') }}",
            conf={"spark.driver.memory": "{{ setting('memory') }}"},
            **settings,
        )
        self.channel = channel
        self.outcome = Outcome(DONE)

    def execute(self, context: Any) -> dict[str, Any]:
        """Submits the command. Raises AirflowFailException if a retry cannot help."""
        name, day = self.channel.name, read_business_date(context, self.channel.zone)
        self.application_args = run_arguments(name, day, "--engine", "spark")
        try:
            super().execute(context)
        except AirflowException as fault:
            status = parse_exit_status(str(fault))
            if status is None:
                raise
            self.outcome.status = status
        return finish_run(context, self.outcome, name, day)

    def _get_hook(self) -> Any:
        """The hook of spark-submit, which keeps the summary that the command prints."""
        hook = super()._get_hook()
        read: Callable[[Iterator[str]], None] = hook._process_spark_submit_log

        def keep_summary(lines: Iterable[str]) -> None:
            read(take_summary(lines, self.outcome))

        hook._process_spark_submit_log = keep_summary
        return hook


def parse_exit_status(message: str) -> int | None:
    """The exit status of `spark-submit` in a message of its operator; None if it names none."""
    match = re.search(r"\. Error code is: (-?\d+)\.", message)
    return int(match[1]) if match else None
