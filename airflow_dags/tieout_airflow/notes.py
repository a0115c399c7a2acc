"""Writes the note of a run: what it was about and how it ended, beside its name in the grid."""

import json
import urllib.parse
import urllib.request
from typing import Any

from airflow import sdk
from airflow.sdk.exceptions import AirflowNotFoundException

#: The connection to Airflow's own API: host, port, login, password. Without it nothing is noted.
CONNECTION = "tieout_airflow"
SECONDS = 10


def write_note(context: Any, note: str, log: Any) -> None:
    """Writes a run's note through Airflow's API; a note that cannot be written is only logged."""
    log.info("note: %s", note)
    try:
        connection = sdk.Connection.get(CONNECTION)
    except AirflowNotFoundException:
        log.info("no connection %s: the run gets no note", CONNECTION)
        return
    host = f"{connection.schema or 'http'}://{connection.host}:{connection.port or 80}"
    run = context["dag_run"]
    try:
        who = {"username": connection.login, "password": connection.password}
        token = _call("POST", f"{host}/auth/token", who)["access_token"]
        path = f"/api/v2/dags/{run.dag_id}/dagRuns/{urllib.parse.quote(run.run_id, safe='')}"
        _call("PATCH", f"{host}{path}?update_mask=note", {"note": note[:1000]}, token)
    except (OSError, KeyError, ValueError) as fault:
        log.warning("the note was not written: %s", fault)


def _call(method: str, url: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=SECONDS) as response:
        answer: dict[str, Any] = json.load(response)
        return answer
