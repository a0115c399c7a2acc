"""`python -m demo.airflow`: Airflow on this machine alone, with the demo's channels.

It listens on the loopback address, prints its address and the passwords once, and stops with all
that it started on Ctrl-C.
"""

import argparse
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.data import make_data
from demo.model import LAST

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
#: Two people: whoever proposes what becomes of a refused file cannot approve it.
PEOPLE = ("ann", "bob")
#: The account with which the DAGs write their notes.
SERVICE = "tieout"
PARTS = {
    "api-server": ("--host", HOST, "--workers", "1"),
    "scheduler": ("--skip-serve-logs",),
    "dag-processor": (),
    "triggerer": ("--skip-serve-logs",),
}
POOLS = {"tieout_embedded": 2, "tieout_submit": 1}
SECONDS_TO_START, SECONDS_TO_STOP = 240, 20


@dataclass
class Airflow:
    """An Airflow with its own home: its Python, its environment and the passwords of its users."""

    python: Path
    home: Path
    port: int
    env: dict[str, str]
    passwords: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where its screen and its API are."""
        return f"http://{HOST}:{self.port}"

    def run(self, *words: str) -> None:
        """Runs one command of Airflow. Raises RuntimeError with what it printed if it fails."""
        done = subprocess.run(
            [self.python, "-m", "airflow", *words], env=self.env, cwd=self.home,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"airflow {' '.join(words)}\n{done.stdout}{done.stderr}")

    @contextlib.contextmanager
    def started(self) -> Iterator[None]:
        """Starts every part of Airflow, and ends them all.

        Raises RuntimeError if one of them does not start; their logs are in the home.
        """
        running = {}
        try:
            for part, options in PARTS.items():
                more = ("--port", str(self.port)) if part == "api-server" else ()
                with (self.home / f"{part}.log").open("wb") as log:
                    running[part] = subprocess.Popen(
                        [self.python, "-m", "airflow", part, *options, *more], env=self.env,
                        cwd=self.home, stdout=log, stderr=log, start_new_session=True,
                    )  # fmt: skip
            self._wait_until_ready(running)
            for name, slots in POOLS.items():
                self._make_pool(name, slots)
            yield
        finally:
            stop_processes(running.values())

    def call(self, path: str, body: object, token: str = "") -> Any:
        """Posts to the API; returns its answer. Raises OSError if it refuses."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        request = urllib.request.Request(
            f"{self.address}{path}", json.dumps(body).encode(), headers, method="POST"
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def _make_pool(self, name: str, slots: int) -> None:
        who = {"username": SERVICE, "password": self.passwords[SERVICE]}
        token = self.call("/auth/token", who)["access_token"]
        self.call("/api/v2/pools", {"name": name, "slots": slots}, token)

    def _wait_until_ready(self, running: Mapping[str, subprocess.Popen[bytes]]) -> None:
        until = time.monotonic() + SECONDS_TO_START
        while True:
            ended = [part for part, process in running.items() if process.poll() is not None]
            if ended or time.monotonic() > until:
                why = f"{', '.join(ended)} ended" if ended else "it is not ready in time"
                raise RuntimeError(f"Airflow did not start: {why}; see {self.home}/*.log")
            with contextlib.suppress(OSError, ValueError):
                with urllib.request.urlopen(f"{self.address}/api/v2/monitor/health") as answer:
                    parts = json.load(answer).values()
                if all(part["status"] == "healthy" for part in parts):
                    return
            time.sleep(1)


def stop_processes(running: Collection[subprocess.Popen[bytes]]) -> None:
    """Ends processes with all that they started: asks them first, and kills what is left."""
    for number, seconds in ((signal.SIGTERM, SECONDS_TO_STOP), (signal.SIGKILL, 5)):
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        until = time.monotonic() + seconds
        while any(process.poll() is None for process in running) and time.monotonic() < until:
            time.sleep(0.1)


def find_python() -> Path:
    """Airflow's own Python: TIEOUT_AIRFLOW_PYTHON, else that of .venv-airflow."""
    return Path(os.environ.get("TIEOUT_AIRFLOW_PYTHON", ROOT / ".venv-airflow/bin/python"))


def free_port() -> int:
    """A port of the loopback address that nobody uses."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def prepare_airflow(home: Path, settings: Mapping[str, object], port: int = 0) -> Airflow:
    """Makes a new Airflow in an empty folder: database, users, pools. `settings` are TIEOUT_NAME.

    Raises RuntimeError if one of its commands fails.
    """
    port = port or free_port()
    passwords = {name: secrets.token_urlsafe(12) for name in (*PEOPLE, SERVICE)}
    home.mkdir(parents=True, exist_ok=True)
    stored = home / "passwords.json"
    stored.touch(0o600)
    stored.write_text(json.dumps(passwords), "utf-8")
    inherited = {
        name: value for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "TIEOUT_", "PYTEST_", "COV_", "COVERAGE_"))
    }  # fmt: skip
    note = {"conn_type": "http", "host": HOST, "port": port, "login": SERVICE,
            "password": passwords[SERVICE]}  # fmt: skip
    ours = {
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__DAGS_FOLDER": ROOT / "airflow_dags",
        "AIRFLOW__CORE__LOAD_EXAMPLES": False,
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": 4,
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": True,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{HOST}:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{n}:admin" for n in passwords),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": stored,
        "AIRFLOW__API__BASE_URL": f"http://{HOST}:{port}",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
        # A machine that is busy answers late: a task must not fail for it.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": 60,
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": 10,
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": False,
        "AIRFLOW_CONN_TIEOUT_AIRFLOW": json.dumps(note),
        "AIRFLOW_CONN_SPARK_DEFAULT": json.dumps({"conn_type": "spark", "host": "local[2]"}),
        # The triggerer finds the DAGs' package here; spark-submit is that of the jobs.
        "PYTHONPATH": ROOT / "airflow_dags",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": HOST,
        "TIEOUT_HOME": ROOT,
        "TIEOUT_COMMAND": f"{sys.executable} -m jobs",
        **{f"TIEOUT_{name.upper()}": value for name, value in settings.items()},
    }
    env = inherited | {name: str(value) for name, value in ours.items()}
    airflow = Airflow(find_python(), home, port, env, passwords)
    airflow.run("db", "migrate")
    return airflow


def main(argv: Sequence[str] | None = None) -> int:
    """Starts Airflow with the demo's channels until Ctrl-C; 1 if it does not start."""
    parser = argparse.ArgumentParser(prog="python -m demo.airflow", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "demo-data", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help="the port of the screen [a free one]")
    arguments = parser.parse_args(argv)
    data: Path = arguments.data
    for old in ("inbox", "lake", "airflow"):
        shutil.rmtree(data / old, ignore_errors=True)
    inbox = make_data(data).inbox
    settings = {"lake": data / "lake", "config": ROOT / "demo/config", "inbox": inbox,
                "schedule": data / "schedule.json"}  # fmt: skip
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        subprocess.run(
            [sys.executable, "-m", "jobs", "schedule", "write", "--lake", settings["lake"],
             "--config", settings["config"], "--out", settings["schedule"]],
            cwd=ROOT, check=True,
        )  # fmt: skip
        print("making Airflow's database, and starting it (a minute)", flush=True)
        airflow = prepare_airflow(data / "airflow", settings, arguments.port)
        with airflow.started():
            people = ", ".join(f"{name} with {airflow.passwords[name]}" for name in PEOPLE)
            print(f"\n{airflow.address}\nlog in as {people}\n")
            print(f"Start replay there, from 2026-11-16 through {LAST}. Ctrl-C stops all of it.",
                  flush=True)  # fmt: skip
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        print("stopped")
        return 0
    except (RuntimeError, subprocess.CalledProcessError) as fault:
        print(fault, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
