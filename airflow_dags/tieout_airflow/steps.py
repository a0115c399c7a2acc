"""The steps of a channel's day as tasks: each shows what its own step of `run` did."""

from datetime import datetime
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from tieout_airflow.commands import DONE, STOPPED, Command, fail_task
from tieout_airflow.launch import EMBEDDED_POOL
from tieout_airflow.plan import Channel, read_business_date
from tieout_airflow.settings import place_arguments

STEPS = ("ingest", "match", "check_fees", "check_settlement", "export")
#: What a settlement without the bank's statement says: `day_close` settles the date again.
BANK_MISSING = "BANK_STATEMENT_MISSING"


class ShowStep(BaseOperator):
    """Shows one step of the channel's `run`: green, or red with what a check stopped.

    A task that is cleared alone has nothing to show: it runs its own command again, on the worker.
    """

    def __init__(self, *, channel: Channel, step: str, **settings: Any) -> None:
        super().__init__(task_id=step, trigger_rule="all_done", pool=EMBEDDED_POOL, **settings)
        self.channel = channel
        self.step = step
        self.command: Command | None = None

    def execute(self, context: Any) -> None:
        """Ends as the step ended. Raises AirflowSkipException if `run` did not end."""
        result = context["ti"].xcom_pull(task_ids="run_day")
        if not result:
            raise AirflowSkipException("run_day did not end; see its log")
        if self._is_cleared_alone(context, result):
            reasons = self._run_again(context)
        else:
            reasons = find_reasons(result["stopped"], self.step)
        waits_for_bank = all(reason.startswith(BANK_MISSING) for reason in reasons)
        if reasons and self.step == "check_settlement" and waits_for_bank:
            raise AirflowSkipException(f"{'; '.join(reasons)}; day_close settles it again")
        if reasons:
            fail_task(context, STOPPED, reasons)

    def _is_cleared_alone(self, context: Any, result: dict[str, Any]) -> bool:
        started = context["dag_run"].start_date
        is_older = started is not None and datetime.fromisoformat(result["ended_at"]) < started
        return is_older or context["ti"].try_number > result["try"]

    def _run_again(self, context: Any) -> list[str]:
        self.log.info("cleared alone: %s runs again", self.step)
        day = read_business_date(context, self.channel.zone)
        inbox = ("inbox",) if self.step == "ingest" else ()
        stale = ("--stale",) if self.step in ("check_fees", "export") else ()
        self.command = Command(
            self.step,
            *place_arguments("lake", "config", *inbox),
            *("--business-date", day, "--channel", self.channel.name, "--engine", "sail", *stale),
        )
        outcome = self.command.run(self.log.info)
        if outcome.status not in (DONE, STOPPED):
            fail_task(context, outcome.status, outcome.reasons)
        nameless = ["a check stopped something; its reason is in the log"]
        return outcome.reasons or nameless if outcome.status == STOPPED else []

    def on_kill(self) -> None:
        """Ends the process when the task is ended."""
        if self.command is not None:
            self.command.stop()


def find_reasons(stopped: list[dict[str, str]], step: str) -> list[str]:
    """What a step of `run` stopped, one sentence each.

    What is no task of its own, such as the shape checks, shows at `match`.
    """
    shown = [entry | {"step": entry["step"] if entry["step"] in STEPS else "match"}
             for entry in stopped]  # fmt: skip
    return list(dict.fromkeys(entry["message"] for entry in shown if entry["step"] == step))
