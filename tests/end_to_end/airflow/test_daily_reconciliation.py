"""Airflow runs the DAG: a new home, SQLite, and a real `spark-submit` for every job.

Airflow has its own environment (`make airflow-env`, or TIEOUT_AIRFLOW_PYTHON). It runs the files
in `inside/`; this module checks the results.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from deltalake import DeltaTable

from jobs.engine.delta_jars import JarsMissing, jar_paths
from tests.support.paths import ROOT

pytestmark = pytest.mark.airflow

PROJECT = ROOT
INSIDE = Path(__file__).with_name("inside")
#: 10:30 in Shanghai on the 23rd: the run reconciles the 22nd.
ON_THE_23RD = "2026-11-23T02:30:00+00:00"
SECONDS_MAX = 900


@dataclass(frozen=True)
class Airflow:
    """Airflow's Python and its environment variables."""

    python: Path
    env: dict[str, str]

    def __call__(self, *arguments: object, **env: object) -> subprocess.CompletedProcess[str]:
        """Runs Airflow's Python with these arguments; a failure shows its whole output."""
        command = [str(self.python), *map(str, arguments)]
        settings = self.env | {name: str(value) for name, value in env.items()}
        process = subprocess.run(
            command, env=settings, cwd=settings["AIRFLOW_HOME"], timeout=SECONDS_MAX,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert process.returncode == 0, f"{' '.join(command)}\n{process.stdout}\n{process.stderr}"
        return process

    def run_day(
        self, logical_date: str, conf: dict[str, object], **env: object
    ) -> dict[str, object]:
        """Runs the DAG once; returns its state, and the state and tries of each task."""
        report = Path(self.env["AIRFLOW_HOME"], "report.json")
        self(INSIDE / "run_day.py", logical_date, json.dumps(conf), report, **env)
        return json.loads(report.read_text())


def _require(condition: object, message: str) -> None:
    """Skips the test if the condition is false; with CI=true the test fails instead."""
    if not condition:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)


@pytest.fixture(scope="module")
def airflow(tmp_path_factory) -> Airflow:
    """An Airflow with its own home and an empty database."""
    python = Path(
        os.environ.get("TIEOUT_AIRFLOW_PYTHON", PROJECT / ".venv-airflow" / "bin" / "python")
    )
    _require(python.exists(), f"the Airflow test needs {python}: run `make airflow-env`")
    java = os.environ.get("JAVA_HOME")
    _require(shutil.which("java", path=f"{java}/bin" if java else None),
            "the Airflow test needs a JDK 17 or newer")  # fmt: skip
    home = tmp_path_factory.mktemp("airflow")
    project_bin = Path(sys.executable).parent
    inherited = {
        name: value for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "TIEOUT_", "PYTEST_", "COV_", "COVERAGE_"))
    }  # fmt: skip
    airflow = Airflow(python, inherited | {
        "PATH": f"{project_bin}{os.pathsep}{os.environ['PATH']}",
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONDONTWRITEBYTECODE": "1",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "airflow_dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_SPARK_DEFAULT": json.dumps({"conn_type": "spark", "host": "local[2]"}),
    })  # fmt: skip
    airflow("-m", "airflow", "db", "migrate")
    return airflow


def test_dag_rules_pass_inside_airflow(airflow):
    """Dates, channels, jars and exit statuses, one by one; see inside/rules.py."""
    options = (
        "-c",
        os.devnull,
        "--rootdir",
        INSIDE,
        "--confcutdir",
        INSIDE,
        "-p",
        "no:cacheprovider",
    )
    process = airflow("-m", "pytest", "-q", *options, INSIDE / "rules.py")
    assert " passed" in process.stdout


# A stand-in for the jobs: it exits with the statuses that `statuses.json` lists, try by try, and
# writes its arguments to `calls.jsonl`.
STAND_IN = """
import json, sys
from pathlib import Path

words = [word for word in sys.argv[1:] if word != "--stale"]
options = dict(zip(words[::2], words[1::2]))
lake, job = Path(options["--lake"]), Path(sys.argv[0]).stem
of_all = job in ("ingest", "check_settlement", "check_orders")
name = job if of_all else f"{job} {options['--channel']}"
with (lake / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps([name, words]) + "\\n")
tries = sum(json.loads(call)[0] == name for call in (lake / "calls.jsonl").open())
statuses = json.loads((lake / "statuses.json").read_text()).get(name, [0])
sys.exit(statuses[min(tries, len(statuses)) - 1])
"""


@pytest.fixture
def stand_in(tmp_path):
    """A project of two channels whose jobs are stand-ins; returns its environment."""
    for folder in ("jobs", "lake", "config/channels"):
        (tmp_path / folder).mkdir(parents=True)
    for job in ("ingest", "match", "check_fees", "export", "check_settlement", "check_orders"):
        (tmp_path / "jobs" / f"{job}.py").write_text(STAND_IN)
    for channel in ("alpha", "bravo"):
        (tmp_path / "config" / "channels" / f"{channel}.yaml").touch()
    (tmp_path / "lake" / "statuses.json").write_text("{}")
    return {"TIEOUT_HOME": tmp_path, "TIEOUT_JARS": ""}


def _calls(env):
    lines = (env["TIEOUT_HOME"] / "lake" / "calls.jsonl").read_text().splitlines()
    return [tuple(json.loads(line)) for line in lines]


@pytest.mark.nightly
def test_each_exit_status_has_its_effect(airflow, stand_in):
    """A file is refused (3), alpha's match fails once (1), bravo's fee schedule is wrong (2).

    ingest 3 -> alpha: match 1, retry 0 -> check_fees 0 -> export 0
             -> bravo: match 0 -> check_fees 2, no retry -> export does not run
    """
    lake = stand_in["TIEOUT_HOME"] / "lake"
    (lake / "statuses.json").write_text(
        json.dumps({"ingest": [3], "match alpha": [1, 0], "check_fees bravo": [2]})
    )
    assert airflow.run_day(ON_THE_23RD, {}, **stand_in) == {
        "state": "failed",
        "tasks": {
            "business_date": ["success", 1],
            "channels": ["success", 1],
            "ingest": ["failed", 1],
            "match alpha": ["success", 2],
            "match bravo": ["success", 1],
            "check_fees alpha": ["success", 1],
            "check_fees bravo": ["failed", 1],
            "export alpha": ["success", 1],
            "export bravo": ["skipped", 1],
            "check_settlement": ["success", 1],
            "check_orders": ["success", 1],
            "verdict": ["failed", 1],
        },
    }
    calls = [name for name, _ in _calls(stand_in)]
    assert sorted(calls) == sorted(
        ["ingest", "match alpha", "match alpha", "check_fees alpha", "export alpha",
         "match bravo", "check_fees bravo", "check_settlement", "check_orders"]
    )  # fmt: skip
    assert (calls[0], calls[-1]) == ("ingest", "check_orders")


# The real jobs. All channels send the same kind of file: alpha's is good, bravo's trailer counts a
# line too many, charlie's is late, and the form does not name delta.
PAGE = """
channel: {channel}
dialect: delimited
zone: Asia/Shanghai
first_date: 2026-11-22
files: {{pattern: "{channel}/{{business_date:%Y-%m-%d}}.csv"}}
layout:
  columns: {{traded_at: time, our_ref: ours, channel_ref: theirs, amount: amount, fee: fee}}
  constants: {{kind: PAYMENT, status: SUCCEEDED, currency: CNY}}
  trailer: {{starts_with: "total,", totals: {{count: 2, amount: 3}}}}
"""
SCHEDULE = """
channel: {channel}
entries:
  - {{name: standard, rate: "0.0060"}}
"""
STATEMENTS = {
    "alpha": [
        "time,ours,theirs,amount,fee",
        "2026-11-22 09:00:00,S1,A1,100.00,0.60",
        "2026-11-22 09:05:00,S2,A2,25.00,0.16",  # ours is 20.00, and 0.15 is due
        "total,2,125.00",
    ],
    "bravo": [
        "time,ours,theirs,amount,fee",
        "2026-11-22 10:00:00,S3,B1,8.00,0.05",
        "total,2,8.00",
    ],
    "delta": [
        "time,ours,theirs,amount,fee",
        "2026-11-22 11:00:00,S5,D1,3.00,0.02",
        "total,1,3.00",
    ],
}
CHANNELS = ("alpha", "bravo", "charlie", "delta")
SNAPSHOT = [
    "txn_id,channel,kind,status,amount,currency,occurred_at,business_date",
    "S1,alpha,PAYMENT,SUCCEEDED,100.00,CNY,2026-11-22T01:00:00Z,2026-11-22",
    "S2,alpha,PAYMENT,SUCCEEDED,20.00,CNY,2026-11-22T01:05:00Z,2026-11-22",
    "S3,bravo,PAYMENT,SUCCEEDED,8.00,CNY,2026-11-22T02:00:00Z,2026-11-22",
    "S4,charlie,PAYMENT,SUCCEEDED,5.00,CNY,2026-11-22T02:00:00Z,2026-11-22",
]


# For three rows Spark needs more time to compile a plan than to run it.
SMALL = [
    "spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.codegen.wholeStage false",
    "spark.sql.codegen.factoryMode NO_CODEGEN",
]


def _write(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def project(tmp_path):
    """Pages and files of four channels, and the package as a zip; returns its environment.

    The jobs find the package only in the zip, as on a cluster.
    """
    try:
        jars = ",".join(map(str, jar_paths()))
    except JarsMissing as missing:
        _require(None, str(missing))
    config = tmp_path / "config"
    for channel in CHANNELS:
        for folder, page in (("channels", PAGE), ("fee_schedules", SCHEDULE)):
            _write(config / folder / f"{channel}.yaml", [page.format(channel=channel)])
    for channel, lines in STATEMENTS.items():
        _write(tmp_path / f"inbox/{channel}/2026-11-22.csv", lines)
    _write(config / "internal.yaml", ['pattern: "internal/{business_date:%Y-%m-%d}/*.csv"'])
    _write(tmp_path / "inbox/internal/2026-11-22/all.csv", SNAPSHOT)
    _write(tmp_path / "spark.conf", SMALL)
    for package in ("jobs", "schemas"):
        shutil.copytree(PROJECT / package, tmp_path / "package" / package,
                        ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    return {
        "TIEOUT_HOME": PROJECT,
        "TIEOUT_LAKE": tmp_path / "lake",
        "TIEOUT_CONFIG": config,
        "TIEOUT_INBOX": tmp_path / "inbox",
        "TIEOUT_JARS": jars,
        "TIEOUT_PY_FILES": shutil.make_archive(
            str(tmp_path / "tieout"), "zip", tmp_path / "package"
        ),
        "TIEOUT_SPARK_PROPERTIES": tmp_path / "spark.conf",
        "TIEOUT_MEMORY": "2g",
    }


def _rows(project, table, *columns):
    """The rows of a table of the lake as sorted tuples."""
    rows = DeltaTable(str(project["TIEOUT_LAKE"] / table)).to_pyarrow_table().to_pylist()
    return sorted(tuple(row[column] for column in columns) for row in rows)


def _breaks(project, channel):
    """The exported breaks of a channel; asserts that its other files exist too."""
    folder = project["TIEOUT_LAKE"] / "exports" / "2026-11-22" / channel
    files = {"breaks.csv", "breaks.xlsx", "summary.json", "status_updates.jsonl"}
    assert files == {path.name for path in folder.iterdir()}
    columns = ("Our reference", "Our amount", "Statement amount", "Difference", "Reason codes")
    with (folder / "breaks.csv").open(encoding="utf-8-sig", newline="") as breaks:
        return [tuple(row[column] for column in columns) for row in csv.DictReader(breaks)]


def test_day_with_a_good_a_refused_and_a_late_channel(airflow, project):
    """A run by hand, for the 22nd and three of four channels. Ingest refuses bravo's file, and
    charlie's has not arrived. Alpha is matched, its fees are checked, its breaks are exported.

    alpha    S1 100.00 = 100.00          matched; fee 0.60 is due and charged
             S2  25.00 against 20.00     a break of 5.00; fee 0.16 charged, 0.15 due
    bravo    S3   8.00, no statement     waits; the export has no rows
    charlie  S4   5.00, no statement     waits
    """
    form = {"business_date": "2026-11-22", "channels": ["alpha", "bravo", "charlie"]}
    day = airflow.run_day("none", form, **project)
    assert day["state"] == "failed"
    red = {task for task, (state, _) in day["tasks"].items() if state != "success"}
    assert red == {"ingest", "match bravo", "match charlie", "verdict"}
    assert not any("delta" in task for task in day["tasks"])
    files = _rows(project, "statement_files", "channel", "status", "business_date")
    assert files == [
        ("alpha", "ACCEPTED", date(2026, 11, 22)),
        ("bravo", "QUARANTINED", date(2026, 11, 22)),
    ]
    outcomes = ("channel", "txn_id", "outcome", "reasons", "statement_amount", "internal_amount")
    assert _rows(project, "outcomes", *outcomes) == [
        ("alpha", "S1", "MATCHED", [], 10000, 10000),
        ("alpha", "S2", "BREAK", ["AMOUNT_MISMATCH"], 2500, 2000),
        ("bravo", "S3", "SUSPENSE", ["INTERNAL_ONLY"], None, 800),
        ("charlie", "S4", "SUSPENSE", ["INTERNAL_ONLY"], None, 500),
    ]
    checked = _rows(project, "runs", "job", "channel", "result")
    assert ("check_orders", "all", "DONE") in checked
    fees = _rows(project, "fee_checks", "channel", "our_ref", "charged", "due", "result")
    assert fees == [("alpha", "S2", 16, 15, "OVERCHARGED")]
    assert _breaks(project, "alpha") == [("S2", "20.00", "25.00", "5.00", "AMOUNT_MISMATCH")]
    assert _breaks(project, "bravo") == _breaks(project, "charlie") == []
