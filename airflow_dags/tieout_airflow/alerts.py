"""Tells people: a webhook, and e-mail, with channel, date, reason, totals and a link."""

import json
import urllib.request
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.sdk import BaseNotifier

from tieout_airflow.settings import read_setting

WEBHOOK_SECONDS = 10


@dataclass(frozen=True)
class Alert:
    """What people are told. `what` is `late`, `decision`, `approval`, `red` or `closed`."""

    what: str
    channel: str
    business_date: str
    reason: str
    totals: str = ""

    @property
    def subject(self) -> str:
        """One line."""
        return f"tieout {self.channel} {self.business_date}: {self.what}"


class WebhookNotifier(BaseNotifier):
    """Posts an alert as JSON to an address."""

    template_fields = ()

    def __init__(self, url: str, alert: Alert, link: str) -> None:
        super().__init__()
        if not url.startswith(("http://", "https://")):
            raise ValueError("tieout_alert_webhook is no address of http or https")
        self.url = url
        self.body = asdict(alert) | {"text": f"{alert.subject}: {alert.reason}", "link": link}

    def notify(self, context: Any) -> None:
        """Posts the alert. Raises OSError if nobody takes it."""
        body = json.dumps(self.body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url, body, headers, method="POST")
        with urllib.request.urlopen(request, timeout=WEBHOOK_SECONDS):
            # The path of a webhook is its secret.
            self.log.info("told %s", urlsplit(self.url).hostname)


def link_to(context: Any, tail: str = "") -> str:
    """The address of a run in Airflow's screen."""
    base = conf.get("api", "base_url", fallback="") or ""
    run = context["dag_run"]
    return f"{base.rstrip('/')}/dags/{run.dag_id}/runs/{run.run_id}{tail}"


def send_alert(context: Any, alert: Alert) -> None:
    """Tells an alert to every receiver that the settings name.

    Raises OSError if a receiver does not take it: the task ends red, so that nobody relies on it.
    """
    link = link_to(context)
    if url := read_setting("alert_webhook"):
        WebhookNotifier(url, alert, link).notify(context)
    if people := read_setting("alert_email"):
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier

        lines = [alert.reason, alert.totals, link]
        SmtpNotifier(
            to=people,
            subject=alert.subject,
            html_content="<br>\n".join(_escape(line) for line in lines if line),
        ).notify(context)


def tell_failure(context: Any) -> None:
    """Tells that a task is red, of a run or of a decision that no verdict closes."""
    ti, run = context["ti"], context["dag_run"]
    day = context["params"].get("business_date") or getattr(run, "partition_key", None) or ""
    reason = f"{ti.task_id}: {context.get('exception') or 'see its log'}"
    send_alert(context, Alert("red", ti.dag_id, str(day), reason))


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
