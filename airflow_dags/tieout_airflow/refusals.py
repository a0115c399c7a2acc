"""A refused file is a person's decision: one proposes, another approves, then it is carried out.

Both tasks wait without a worker and without the triggerer. The rest of the channel's day goes on
meanwhile.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from tieout_airflow.alerts import Alert, send_alert
from tieout_airflow.commands import DONE, Command, fail_task
from tieout_airflow.launch import EMBEDDED_POOL
from tieout_airflow.plan import Channel, read_business_date
from tieout_airflow.settings import place_arguments
from tieout_airflow.steps import find_reasons

ACCEPT, WITHDRAW, WAIT = ANSWERS = ("accept", "withdraw", "wait")
APPROVE, REJECT = "approve", "reject"
#: Without an answer for so long, nothing is done: a new version of the file may come.
HOURS_OPEN = 20
#: Reasons that a person may overrule; others mean that the file is wrong.
ACCEPTABLE = ("SHRUNK", "STALE_FILE")


#: What a person types beside the answer. Give it where the task is made: Airflow adds its own.
FORM = {"reason": Param("", type="string", title="Reason, for the audit trail")}


class ProposeAnswer(HITLOperator):
    """Asks what shall become of the files of a date that ingest refused; skipped if none was.

    Returns the answer, who gave it and why, and the files.
    """

    def __init__(self, *, channel: Channel, **settings: Any) -> None:
        super().__init__(
            task_id="decide_refused",
            subject="Refused files",
            options=list(ANSWERS),
            defaults=WAIT,
            response_timeout=timedelta(hours=HOURS_OPEN),
            trigger_rule="all_done",
            pool=EMBEDDED_POOL,
            **settings,
        )
        self.channel = channel

    def execute(self, context: Any) -> Any:
        """Asks. Raises AirflowSkipException if no file of the date is refused."""
        result = context["ti"].xcom_pull(task_ids="run_day") or {"stopped": []}
        is_stopped = find_reasons(result["stopped"], "ingest")
        files = _list_refused(context, self.channel, self.log.info) if is_stopped else []
        if not files:
            raise AirflowSkipException("no file of the date is refused")
        name, day = self.channel.name, read_business_date(context, self.channel.zone)
        self.subject = f"{name} {day}: {len(files)} refused"
        self.body = "\n\n".join(describe_file(file) for file in files)
        if not all(is_acceptable(file) for file in files):
            self.options = [WITHDRAW, WAIT]
            self.body += "\n\nNobody can accept these files: they are wrong in themselves."
        context["ti"].xcom_push(key="files", value=[file["file_id"] for file in files])
        send_alert(context, Alert("decision", name, day, self.body))
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Returns the answer. Raises AirflowFailException if it lacks a reason."""
        given = super().execute_complete(context, event)
        answer, user = given["chosen_options"][0], given["responded_by_user"] or {}
        reason = str(given["params_input"].get("reason", "")).strip()
        if answer != WAIT and not reason:
            raise AirflowFailException(f"{answer} needs a reason; clear this task and answer again")
        files = context["ti"].xcom_pull(task_ids=self.task_id, key="files")
        return {"answer": answer, "reason": reason, "by": user.get("name") or "", "files": files,
                "by_id": user.get("id") or ""}  # fmt: skip


class ApproveAnswer(HITLOperator):
    """Asks another person to approve the answer, and carries it out; skipped where it is `wait`."""

    def __init__(self, *, channel: Channel, **settings: Any) -> None:
        super().__init__(
            task_id="approve_decision",
            subject="Approval",
            options=[APPROVE, REJECT],
            defaults=REJECT,
            response_timeout=timedelta(hours=HOURS_OPEN),
            pool=EMBEDDED_POOL,
            **settings,
        )
        self.channel = channel

    def execute(self, context: Any) -> Any:
        """Asks. Raises AirflowSkipException if there is nothing to approve."""
        proposal = _read_proposal(context)
        if not proposal or proposal["answer"] == WAIT:
            raise AirflowSkipException("there is nothing to approve")
        name, day = self.channel.name, read_business_date(context, self.channel.zone)
        self.subject = f"{name} {day}: {proposal['answer']} {len(proposal['files'])} refused"
        self.body = (
            f"{proposal['by']} proposes: {proposal['answer']}, because {proposal['reason']}\n\n"
            + "\n\n".join(proposal["files"])
            + "\n\nWhoever proposed it cannot approve it."
        )
        send_alert(context, Alert("approval", name, day, self.body))
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Carries the answer out, file by file, with both names.

        Raises AirflowFailException if maker and checker are one person, and
        AirflowSkipException if the answer is rejected.
        """
        given = super().execute_complete(context, event)
        proposal, user = _read_proposal(context), given["responded_by_user"] or {}
        if given["chosen_options"] != [APPROVE]:
            raise AirflowSkipException(f"rejected by {user.get('name') or 'nobody in time'}")
        check_persons(proposal, user)
        day = read_business_date(context, self.channel.zone)
        for file_id in proposal["files"]:
            command = Command(
                *("files", proposal["answer"], file_id, *place_arguments("lake", "config")),
                *("--channel", self.channel.name, "--business-date", day, "--engine", "sail"),
                *("--by", proposal["by"]),
                *("--reason", f"{proposal['reason']} (approved by {user['name']})"),
            )
            outcome = command.run(self.log.info)
            if outcome.status != DONE:
                fail_task(context, outcome.status, outcome.reasons)
        return {"applied": proposal["answer"], "by": proposal["by"], "approved_by": user["name"]}


def check_persons(proposal: dict[str, Any], approver: dict[str, Any]) -> None:
    """Raises AirflowFailException if maker and checker are one person, or one is unknown."""
    maker, checker = proposal["by_id"], approver.get("id")
    if not maker or not checker:
        raise AirflowFailException("it is not known who answered; nothing was changed")
    if maker == checker or proposal["by"].casefold() == str(approver.get("name")).casefold():
        raise AirflowFailException(
            f"{approver.get('name')} proposed it and cannot approve it: maker and checker differ;"
            " nothing was changed. Clear this task, and let another person answer"
        )


def describe_file(file: dict[str, Any]) -> str:
    """A refused file for those who decide: name, lines, why, declared and computed totals.

    Amounts are minor units, as the file's row has them.
    """
    totals = []
    for total in file.get("totals") or ():
        names = [total[key] for key in total if key not in ("declared", "computed")]
        declared = total.get("declared")
        says = "not declared" if declared is None else f"declared {declared}"
        what = " ".join(str(name) for name in names if name is not None)
        totals.append(f"{what}: {says}, computed {total.get('computed')}")
    head = f"**{file['file_name']}**, version {file['version']}, {file['line_count'] or 0} lines"
    return "\n\n".join([head, str(file["reason"]), *totals])


def is_acceptable(file: dict[str, Any]) -> bool:
    """Whether a person may accept a refused file."""
    codes = [fault.split(":")[0] for fault in str(file["reason"]).split(" | ")]
    return all(code in ACCEPTABLE for code in codes)


def _list_refused(context: Any, channel: Channel, say: Any) -> list[dict[str, Any]]:
    day = read_business_date(context, channel.zone)
    places = place_arguments("lake", "config")
    outcome = Command(
        "files", *places, "--business-date", day, "--channel", channel.name, "--engine", "sail"
    ).run(say)
    if outcome.status != DONE:
        fail_task(context, outcome.status, outcome.reasons)
    return find_refused(outcome.summary["files"])


def find_refused(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The refused files that still matter: the latest version of their part."""
    latest: dict[str, dict[str, Any]] = {}
    for file in sorted(files, key=lambda file: file["version"] or 0):
        if file["status"] != "DUPLICATE":
            latest[file["part"]] = file
    return [file for file in latest.values() if file["status"] == "QUARANTINED"]


def _read_proposal(context: Any) -> Any:
    return context["ti"].xcom_pull(task_ids="decide_refused")
