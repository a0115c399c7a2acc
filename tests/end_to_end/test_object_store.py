"""A whole day whose inbox and lake lie in an object store: a server of the S3 protocol on loopback.

The rows are those of a lake in a folder, on both engines.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from deltalake import DeltaTable
from moto.server import ThreadedMotoServer

from jobs.engine.delta_jars import jar_paths
from schemas.tables import INTERNAL_TRANSACTIONS, OUTCOMES, STATEMENT_LINES
from tests.end_to_end.test_kill_moments import make_day
from tests.support.ledger import day
from tests.support.paths import ROOT

BUCKET = "books"
TABLES = (STATEMENT_LINES, INTERNAL_TRANSACTIONS, OUTCOMES)
#: What docs/reference/engines.md says that Spark needs.
PACKAGES = (
    "org.apache.hadoop:hadoop-aws:3.4.2",
    "software.amazon.awssdk:s3:2.57.8",
    "software.amazon.awssdk:s3-transfer-manager:2.57.8",
    "software.amazon.awssdk:apache-client:2.57.8",
)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an empty object store; the environment names its server to every process."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    yield client
    server.stop()


def _run(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT), "SPARK_LOCAL_IP": "127.0.0.1"},
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-1000:]}{done.stderr[-3000:]}"
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _arguments(root: Path, lake: str, inbox: str) -> list[str]:
    config = ["--config", f"{root}/config", "--no-quality"]
    return ["--lake", lake, "--inbox", inbox, "--business-date", str(day(0)), *config]


def _rows(lake: str) -> dict[str, list[str]]:
    tables = {table.name: DeltaTable(f"{lake}/{table.name}").to_pyarrow_table() for table in TABLES}
    return {name: sorted(map(str, rows.to_pylist())) for name, rows in tables.items()}


def _prepare(store: Any, root: Path) -> dict[str, list[str]]:
    """Puts a day's files into the store; returns the rows of the same day in a folder."""
    make_day(root)
    for path in (root / "inbox").rglob("*"):
        if path.is_file():
            store.upload_file(str(path), BUCKET, str(path.relative_to(root)))
    local = [sys.executable, "-m", "jobs", "run", "--engine", "sail"]
    _run([*local, *_arguments(root, f"{root}/lake", f"{root}/inbox")])
    return _rows(f"{root}/lake")


@pytest.mark.nightly
@pytest.mark.sail_only
def test_day_in_an_object_store_on_sail(store: Any, tmp_path: Path) -> None:
    """`tieout run` with two URIs; then its exports lie in the store."""
    expected = _prepare(store, tmp_path / "day")
    command = [sys.executable, "-m", "jobs", "run", "--engine", "sail"]
    _run([*command, *_arguments(tmp_path / "day", f"s3://{BUCKET}/lake", f"s3://{BUCKET}/inbox")])
    assert _rows(f"s3://{BUCKET}/lake") == expected
    exports = store.list_objects_v2(Bucket=BUCKET, Prefix=f"lake/exports/{day(0)}/bank/")
    names = {item["Key"].rpartition("/")[2] for item in exports["Contents"]}
    assert {"breaks.csv", "breaks.xlsx", "status_updates.jsonl", "summary.json"} <= names


@pytest.mark.nightly
@pytest.mark.spark
def test_day_in_an_object_store_on_spark(store: Any, tmp_path: Path) -> None:
    """`spark-submit` with the packages that the page names."""
    expected = _prepare(store, tmp_path / "day")
    submit = [
        "spark-submit", "--master", "local[2]",
        "--jars", ",".join(str(path) for path in jar_paths()),
        "--packages", ",".join(PACKAGES),
        "--exclude-packages", "software.amazon.awssdk:bundle",
        "--conf", f"spark.hadoop.fs.s3a.endpoint={os.environ['AWS_ENDPOINT_URL']}",
        "--conf", "spark.hadoop.fs.s3a.path.style.access=true",
        "--conf", "spark.hadoop.fs.s3a.endpoint.region=us-east-1",
        str(ROOT / "jobs/run.py"),
    ]  # fmt: skip
    places = f"s3a://{BUCKET}/lake", f"s3a://{BUCKET}/inbox"
    _run([*submit, *_arguments(tmp_path / "day", *places)])
    assert _rows(f"s3://{BUCKET}/lake") == expected
