"""Talks to a running Airflow as a person would, and receives its alerts."""

import json
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from demo.airflow import HOST, Airflow

SECONDS_TO_READ = 10


class Client:
    """Airflow's API, as one of its users."""

    def __init__(self, airflow: Airflow, user: str) -> None:
        self._root = airflow.address
        who = {"username": user, "password": airflow.passwords[user]}
        self._token = self._call("POST", "/auth/token", who)["access_token"]

    def _call(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if hasattr(self, "_token"):
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._root}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def get(self, path: str) -> Any:
        """Reads from the API."""
        return self._call("GET", f"/api/v2{path}")

    def unpause(self, dag_id: str) -> None:
        """Switches a DAG on: its latest date that is due starts at once."""
        self._call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """The runs of a DAG, the oldest first."""
        found: list[dict[str, Any]] = self.get(f"/dags/{dag_id}/dagRuns")["dag_runs"]
        return sorted(found, key=lambda run: run["queued_at"] or "")

    def states(self, dag_id: str, run_id: str) -> dict[str, str]:
        """The state of each task of a run."""
        run = urllib.parse.quote(run_id, safe="")
        tasks = self.get(f"/dags/{dag_id}/dagRuns/{run}/taskInstances")["task_instances"]
        return {task["task_id"]: task["state"] for task in tasks}

    def answer(self, dag_id: str, run_id: str, task_id: str, option: str, **form: str) -> None:
        """Answers a question that a task asks people, once it stands there for some seconds: an
        answer within a second or two meets the scheduler before it has noted that the task waits.
        """
        time.sleep(SECONDS_TO_READ)
        run = urllib.parse.quote(run_id, safe="")
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run}/taskInstances/{task_id}/-1/hitlDetails"
        self._call("PATCH", path, {"chosen_options": [option], "params_input": form})

    def log_of(self, dag_id: str, run_id: str, task_id: str, attempt: int = 1) -> str:
        """The log of a task's attempt, as one text."""
        run = urllib.parse.quote(run_id, safe="")
        path = f"/dags/{dag_id}/dagRuns/{run}/taskInstances/{task_id}/logs/{attempt}"
        return json.dumps(self.get(f"{path}?full_content=true"), ensure_ascii=False)


def wait_until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """The first true value of the condition. Raises AssertionError if it does not come in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(1)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


@contextmanager
def receive_alerts() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A receiver on the loopback address: where it listens, and the alerts that came."""
    came: list[dict[str, Any]] = []

    class Receiver(BaseHTTPRequestHandler):
        """Keeps each body."""

        def do_POST(self) -> None:
            """Keeps a body, and says that it was taken."""
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Prints nothing."""

    server = ThreadingHTTPServer((HOST, 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/alerts", came
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
