"""Tasks that wait, deferred: for a channel's files, and for the channels of a date."""

from datetime import date, datetime, timedelta
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from tieout_airflow.alerts import Alert, send_alert
from tieout_airflow.commands import fail_task
from tieout_airflow.plan import Channel, read_business_date
from tieout_airflow.polling import ProgressTrigger
from tieout_airflow.settings import build_command, place_arguments, read_setting

#: Time that a channel's jobs have after its last moment, before the day is closed without it.
WORK_TIME = timedelta(minutes=60)
#: When the files are there already, a wait resumes before Airflow has noted that it began to wait;
#: Airflow then ends the task, and only a retry goes on.
WAIT_RETRIES = {"retries": 2, "retry_delay": timedelta(seconds=20)}


def build_trigger(day: str, waits: dict[str, datetime], what: str) -> ProgressTrigger:
    """The trigger of a wait; see `ProgressTrigger`."""
    words = ["schedule", "progress", *place_arguments("lake", "config", "inbox")]
    return ProgressTrigger(
        build_command(*words, "--business-date", day),
        read_setting("home"),
        {name: until.isoformat() for name, until in waits.items()},
        what,
        float(read_setting("poll_seconds")),
    )


class WaitForStatement(BaseOperator):
    """Waits until the channel's statement and our snapshot of the date have come.

    At the due time it tells people that the files are late; at the channel's last moment it ends
    red, and the day runs with what has come.
    """

    def __init__(self, *, channel: Channel, **settings: Any) -> None:
        super().__init__(task_id="wait_for_statement", **settings)
        self.channel = channel

    def execute(self, context: Any) -> None:
        """Begins to wait; a run by hand without `wait` does not."""
        if not context["params"].get("wait", True):
            raise AirflowSkipException("this run does not wait")
        day = date.fromisoformat(read_business_date(context, self.channel.zone))
        due, last = self.channel.due_at(day), self.channel.gives_up_at(day)
        self._wait(day, due if self.channel.has_due and due < last else last)

    def _wait(self, day: date, until: datetime) -> None:
        trigger = build_trigger(day.isoformat(), {self.channel.name: until}, "files")
        self.defer(trigger=trigger, method_name="resume")

    def resume(self, context: Any, event: dict[str, Any]) -> None:
        """Goes on when the files have come, or the time is over.

        Raises AirflowFailException if the channel's last moment has passed.
        """
        if "fault" in event:
            fail_task(context, event["fault"], event["reasons"])
        if not event["open"]:
            return
        day = date.fromisoformat(read_business_date(context, self.channel.zone))
        due, last = self.channel.due_at(day), self.channel.gives_up_at(day)
        lacks = ", ".join(event["open"][self.channel.name])
        if datetime.fromisoformat(event["waits"][self.channel.name]) < last:
            reason = f"late: due {due:%Y-%m-%d %H:%M}, waited for until {last:%H:%M}: {lacks}"
            send_alert(context, Alert("late", self.channel.name, day.isoformat(), reason))
            self._wait(day, last)
        reason = f"not come by {last:%Y-%m-%d %H:%M} ({self.channel.zone}): {lacks}"
        context["ti"].xcom_push(key="reason", value=reason)
        raise AirflowFailException(reason)


class WaitForChannels(BaseOperator):
    """Waits until all channels of a date are matched with their files and exported, or the last
    moment of each has passed.
    """

    def __init__(self, *, channels: dict[str, Channel], zone: str, **settings: Any) -> None:
        super().__init__(task_id="wait_for_channels", **settings)
        self.channels = channels
        self.zone = zone

    def execute(self, context: Any) -> None:
        """Begins to wait; a run by hand without `wait` does not."""
        if not context["params"].get("wait", True):
            return
        day = date.fromisoformat(read_business_date(context, self.zone))
        waits = {
            name: channel.gives_up_at(day) + WORK_TIME for name, channel in self.channels.items()
        }
        self.defer(trigger=build_trigger(str(day), waits, "export"), method_name="resume")

    def resume(self, context: Any, event: dict[str, Any]) -> list[str]:
        """Returns the channels that the day is closed without, each with what it lacks."""
        if "fault" in event:
            fail_task(context, event["fault"], event["reasons"])
        return [f"{name} ({', '.join(lacks)})" for name, lacks in sorted(event["open"].items())]
