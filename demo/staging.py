"""`python -m demo.staging`: a standalone Spark cluster and an object store on this machine alone.

It starts a master, two workers and a server of the S3 protocol on the loopback address, puts the
demo's files into a bucket, prints how to submit a day, and stops all of it on Ctrl-C.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import boto3

from demo.airflow import stop_processes
from demo.data import make_data

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
#: As conf/staging.conf has them.
MASTER_PORT, STORE_PORT, SCREEN_PORT = 7077, 9000, 8080
WORKERS = 2
WORKER_MEMORY = "2g"
BUCKET = "books"
SECONDS_TO_START = 60
#: What the store accepts, for this process and everything that it starts.
STORE_ENV = {
    "AWS_ENDPOINT_URL": f"http://{HOST}:{STORE_PORT}",
    "AWS_ALLOW_HTTP": "true",
    "AWS_ACCESS_KEY_ID": "staging",
    "AWS_SECRET_ACCESS_KEY": "staging",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
_CLASSES = "org.apache.spark.deploy"


@contextlib.contextmanager
def started(folder: Path) -> Iterator[None]:
    """Starts the cluster and the store with the demo's inbox, and ends them all.

    Logs and the workers' files are in `folder`.

    Raises:
        RuntimeError: a port is in use, or a part did not start.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for port in (MASTER_PORT, STORE_PORT, SCREEN_PORT):
        _assert_is_free(port)
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in _list_commands(folder).items():
            with (folder / f"{name}.log").open("wb") as log:
                running[name] = subprocess.Popen(
                    command, env=_environment(), cwd=folder, stdout=log, stderr=log,
                    start_new_session=True,
                )  # fmt: skip
            if name in ("store", "master"):
                _wait_for(name, STORE_PORT if name == "store" else MASTER_PORT, running, folder)
        _wait_for_workers(running, folder)
        upload(make_data(folder).inbox)
        yield
    finally:
        stop_processes(running.values())


def upload(inbox: Path) -> int:
    """Puts the files of an inbox into the bucket, below `inbox/`; returns their number."""
    client = boto3.client(
        "s3", endpoint_url=STORE_ENV["AWS_ENDPOINT_URL"], region_name=STORE_ENV["AWS_REGION"],
        aws_access_key_id="staging", aws_secret_access_key="staging",
    )  # fmt: skip
    client.create_bucket(Bucket=BUCKET)
    files = [path for path in inbox.rglob("*") if path.is_file()]
    for path in files:
        client.upload_file(str(path), BUCKET, f"inbox/{path.relative_to(inbox)}")
    return len(files)


def _list_commands(folder: Path) -> dict[str, list[str]]:
    """The servers in the order in which they start, by name."""
    tools = Path(sys.executable).parent
    spark_class = str(tools / "spark-class")
    worker = [
        spark_class, f"{_CLASSES}.worker.Worker", "--host", HOST, "--webui-port", "0",
        "--cores", "1", "--memory", WORKER_MEMORY, "--work-dir", str(folder / "work"),
        f"spark://{HOST}:{MASTER_PORT}",
    ]  # fmt: skip
    return {
        "store": [str(tools / "moto_server"), "--host", HOST, "--port", str(STORE_PORT)],
        "master": [
            spark_class, f"{_CLASSES}.master.Master", "--host", HOST,
            "--port", str(MASTER_PORT), "--webui-port", str(SCREEN_PORT),
        ],
        **{f"worker-{number + 1}": worker for number in range(WORKERS)},
    }  # fmt: skip


def _environment() -> dict[str, str]:
    """Workers find their Python and the store; Spark listens on the loopback address alone."""
    own = {"SPARK_LOCAL_IP": HOST, "SPARK_NO_DAEMONIZE": "1", "PYSPARK_PYTHON": sys.executable}
    return os.environ | STORE_ENV | own


def _assert_is_free(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex((HOST, port)) == 0:
            raise RuntimeError(f"port {port} is in use: end the program that listens on it")


def _wait_for(
    name: str, port: int, running: Mapping[str, subprocess.Popen[bytes]], folder: Path
) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while True:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        _assert_runs(name, running, folder, until)
        time.sleep(0.2)


def _wait_for_workers(running: Mapping[str, subprocess.Popen[bytes]], folder: Path) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while True:
        screen = f"http://{HOST}:{SCREEN_PORT}/json/"
        with contextlib.suppress(OSError), urllib.request.urlopen(screen) as answer:
            if answer.read().count(b'"ALIVE"') > WORKERS:  # the master is alive, too
                return
        for name in running:
            _assert_runs(name, running, folder, until)
        time.sleep(0.5)


def _assert_runs(
    name: str, running: Mapping[str, subprocess.Popen[bytes]], folder: Path, until: float
) -> None:
    if running[name].poll() is not None or time.monotonic() > until:
        raise RuntimeError(f"{name} did not start; see {folder / f'{name}.log'}")


def main() -> int:
    """Starts everything and waits for Ctrl-C; 1 if a part did not start."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with started(ROOT / "build" / "staging"):
            print(
                f"Spark's master: spark://{HOST}:{MASTER_PORT}, "
                f"its screen http://{HOST}:{SCREEN_PORT}"
                f"\nobject store:   {STORE_ENV['AWS_ENDPOINT_URL']}, bucket {BUCKET}"
                "\ndocs/cookbook/staging.md has the commands. Ctrl-C stops it all.",
                flush=True,
            )
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
