"""The last task of a run: tells people what is red, writes the note, gives the run its state."""

from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from tieout_airflow.alerts import Alert, send_alert
from tieout_airflow.notes import write_note
from tieout_airflow.plan import read_business_date

#: Tasks whose end the verdict does not wait for: a person may take hours.
DECISIONS = ("decide_refused", "approve_decision", "run_again")


class Verdict(BaseOperator):
    """Ends red if a task of the run is red, with the tasks and their reasons.

    `subject` is the channel, or `all channels`. A day that is closed is told in any case.
    """

    def __init__(self, *, subject: str, zone: str, tells_always: bool = False, **settings: Any):
        super().__init__(task_id="verdict", trigger_rule="all_done", **settings)
        self.subject = subject
        self.zone = zone
        self.tells_always = tells_always

    def execute(self, context: Any) -> str:
        """Returns the note. Raises AirflowFailException if a task is red."""
        ti, day = context["ti"], read_business_date(context, self.zone)
        states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id])[ti.run_id]
        red = sorted(
            task for task, state in states.items()
            if state in ("failed", "upstream_failed") and task not in (*DECISIONS, ti.task_id)
        )  # fmt: skip
        reasons = {task: ti.xcom_pull(task_ids=task, key="reason") for task in red}
        told = "; ".join(f"{task}: {why or 'see its log'}" for task, why in reasons.items())
        if late := ti.xcom_pull(task_ids="wait_for_channels"):
            told = "; ".join(filter(None, [f"closed without {', '.join(late)}", told]))
        totals = (ti.xcom_pull(task_ids="run_day") or {}).get("totals", "")
        totals = totals or ti.xcom_pull(task_ids="report") or ""
        write_note(context, note_of(day, self.subject, told, totals), self.log)
        if told or self.tells_always:
            what = "red" if told else "closed"
            alert = Alert(what, self.subject, day, told or "every task is done", totals)
            send_alert(context, alert)
        if told:
            raise AirflowFailException(f"{self.subject} {day}: {told}")
        return totals


def note_of(day: str, subject: str, told: str, totals: str) -> str:
    """The note of a run: business date, state, amounts, and what is red."""
    state = "RED" if told else "DONE"
    return " - ".join(filter(None, [f"{day} {subject} {state}", totals, told]))
