"""Airflow runs the DAGs: its own environment (`make airflow-env`, or TIEOUT_AIRFLOW_PYTHON), a new
home, SQLite, and real jobs. It runs the files in `inside/`; this module checks the results.
"""

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from deltalake import DeltaTable

from demo.airflow import Airflow, find_python, prepare_airflow
from jobs.engine.delta_jars import JarsMissing, jar_paths
from tests.support.airflow_client import Client, receive_alerts, wait_until
from tests.support.airflow_days import (
    settings_of,
    write_pages,
    write_plan,
    write_snapshot,
    write_statement,
)
from tests.support.paths import ROOT

pytestmark = pytest.mark.airflow

INSIDE = Path(__file__).with_name("inside")
DAY = "2026-11-22"
SECONDS_MAX = 300


def _require(condition: object, message: str) -> None:
    """Skips the test if the condition is false; with CI=true the test fails instead."""
    if not condition:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    """An Airflow with its own home and an empty database, not started."""
    python = find_python()
    _require(python.exists(), f"the Airflow tests need {python}: run `make airflow-env`")
    return prepare_airflow(tmp_path_factory.mktemp("airflow"), {})


def run_inside(airflow: Airflow, *words: object, **settings: object) -> str:
    """Runs Airflow's Python; returns what it printed. A failure shows all of it."""
    more = {f"TIEOUT_{name.upper()}": str(value) for name, value in settings.items()}
    done = subprocess.run(
        [airflow.python, *map(str, words)], env=airflow.env | more, cwd=airflow.home,
        timeout=3 * SECONDS_MAX, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def run_dags(
    airflow: Airflow, runs: list[tuple[str, dict[str, object]]], **settings: object
) -> dict[str, Any]:
    """Runs DAGs with `dag.test()`; see inside/run_dag.py."""
    report = airflow.home / "report.json"
    run_inside(airflow, INSIDE / "run_dag.py", report, json.dumps(runs), **settings)
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def rows_of(root: Path, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of a table of the lake as sorted tuples."""
    rows = DeltaTable(str(root / "lake" / table)).to_pyarrow_table().to_pylist()
    return sorted(tuple(row[column] for column in columns) for row in rows)


def test_rules_of_the_dags_hold_inside_airflow(home: Airflow, tmp_path: Path) -> None:
    """Policy, dates, waits, reasons, decisions, one by one; see inside/rules.py."""
    files = dict.fromkeys(("shop", "till"), '  due: {at: "09:30", give_up: "11:00"}')
    files["till"] += "\n  parts: [east, west]"
    write_pages(tmp_path, files, "Asia/Shanghai", "2026-11-01")
    page = tmp_path / "config/channels/till.yaml"
    page.write_text(page.read_text("utf-8").replace("%d}.csv", "%d}-{part}.csv"), "utf-8")
    plan = write_plan(tmp_path, "till=submit")
    alone = ("-c", os.devnull, "--rootdir", INSIDE, "--confcutdir", INSIDE)
    words = ("-m", "pytest", "-q", *alone, "-p", "no:cacheprovider", INSIDE / "rules.py")
    printed = run_inside(home, *words, schedule=plan)
    assert " passed" in printed


#: Stands in for the command line: it exits as `statuses.json` says, try by try.
STAND_IN = """
import json, pathlib, sys
words = sys.argv[1:]
folder = pathlib.Path(__file__).parent
channel = words[words.index("--channel") + 1] if "--channel" in words else words[0]
with (folder / "calls").open("a") as calls:
    calls.write(f"{words[0]} {channel}\\n")
tries = (folder / "calls").read_text().splitlines().count(f"{words[0]} {channel}")
statuses = json.loads((folder / "statuses.json").read_text())[channel]
status = statuses[min(tries, len(statuses)) - 1]
stopped = [{"step": "match", "message": "SNAPSHOT_MISSING: x"}] if status == 3 else []
print(json.dumps({"job": words[0], "exit": status, "stopped": stopped, "errors": ["bad page"]
                  if status == 2 else []}))
sys.exit(status)
"""


def test_each_exit_status_has_its_effect(home: Airflow, tmp_path: Path) -> None:
    """`once` fails with 1 and then runs, `wrong` has a wrong page (2), `short` is stopped (3).

    Maintenance fails too: it has no verdict, and its task tells by itself.
    """
    write_pages(tmp_path, dict.fromkeys(("once", "wrong", "short"), ""), "UTC", "2026-11-01")
    plan = write_plan(tmp_path)
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    statuses = {"once": [1, 0], "wrong": [2], "short": [3]}
    others = {"maintain": [2], "schedule": [0]}
    (tmp_path / "statuses.json").write_text(json.dumps(statuses | others))
    form = {"business_date": DAY, "wait": False}
    runs: list[tuple[str, dict[str, object]]] = [(f"channel_{name}", form) for name in statuses]
    runs.append(("maintenance", {}))
    with receive_alerts() as (url, alerts):
        ended = run_dags(
            home, runs, schedule=plan, command=f"{home.python} {tmp_path / 'stand_in.py'}",
            **settings_of(tmp_path), alert_webhook=url,
        )  # fmt: skip
    told = {alert["channel"]: (alert["what"], alert["reason"]) for alert in alerts}
    assert told["maintenance"] == ("red", "maintain: exit 2: bad page")
    assert told["wrong"] == ("red", "run_day: exit 2: bad page")
    assert [*told] == ["wrong", "short", "maintenance"]
    steps = ("ingest", "match", "check_fees", "check_settlement", "export")
    once, wrong, short = (ended[f"channel_{name}"] for name in statuses)
    assert (once["state"], once["tasks"]["run_day"]) == ("success", ["success", 2])
    assert {once["tasks"][step][0] for step in steps} == {"success"}
    assert (wrong["state"], wrong["tasks"]["run_day"]) == ("failed", ["failed", 1])
    assert {wrong["tasks"][step][0] for step in steps} == {"skipped"}
    assert wrong["reasons"] == {"run_day": "exit 2: bad page"}
    red = [task for task, (state, _) in short["tasks"].items() if state == "failed"]
    assert (short["state"], sorted(red)) == ("failed", ["match", "verdict"])
    assert short["reasons"] == {"match": "exit 3: SNAPSHOT_MISSING: x"}


# For three rows Spark needs more time to compile a plan than to run it.
SMALL = """
spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
"""


def test_a_submitted_channel_is_one_spark_submit(home: Airflow, tmp_path: Path) -> None:
    """The package comes as a zip, as on a cluster; the tasks show the steps of the one `run`.

    S1 100.00 = 100.00  matched;  S2 25.00 against 20.00  a break of 5.00
    """
    try:
        jars = ",".join(map(str, jar_paths()))
    except JarsMissing as missing:
        _require(None, str(missing))
    write_pages(tmp_path, {"alpha": ""}, "Asia/Shanghai", DAY)
    write_statement(tmp_path, "alpha", DAY,
                    ["09:00:00,S1,A1,100.00,0.60", "09:05:00,S2,A2,25.00,0.16"])  # fmt: skip
    write_snapshot(tmp_path, DAY, [("S1", "alpha", "100.00"), ("S2", "alpha", "20.00")])
    (tmp_path / "spark.conf").write_text(SMALL)
    for package in ("jobs", "schemas"):
        shutil.copytree(ROOT / package, tmp_path / "package" / package,
                        ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    packed = shutil.make_archive(str(tmp_path / "tieout"), "zip", tmp_path / "package")
    with receive_alerts() as (url, alerts):
        ended = run_dags(
            home, [("channel_alpha", {"business_date": DAY})],
            **settings_of(
                tmp_path, schedule=write_plan(tmp_path, "alpha=submit"), jars=jars,
                py_files=packed, spark_properties=tmp_path / "spark.conf", memory="2g",
                alert_webhook=url,
            ),
        )["channel_alpha"]  # fmt: skip
    assert (ended["state"], ended["reasons"], alerts) == ("success", {}, [])
    assert rows_of(tmp_path, "outcomes", "txn_id", "outcome") == [("S1", "MATCHED"),
                                                                  ("S2", "BREAK")]  # fmt: skip
    assert {row[0] for row in rows_of(tmp_path, "runs", "engine")} == {"spark"}


@pytest.fixture
def three_channels(tmp_path: Path) -> tuple[Path, str]:
    """Yesterday of three channels; `late` has no file yet, and that of `stale` came too late.

    All were due at midnight, and are waited for until the end of today.
    """
    zone = "UTC" if datetime.now(UTC).hour < 20 else "Asia/Shanghai"
    day = str(datetime.now(ZoneInfo(zone)).date() - timedelta(days=1))
    due = '  due: {at: "00:00", give_up: "23:59"}'
    pages = {"good": due, "late": due, "stale": f"{due}\n  age_days_max: 0"}
    write_pages(tmp_path, pages, zone, day)
    write_statement(tmp_path, "good", day, ["09:00:00,S1,A1,100.00,0.60"])
    write_statement(tmp_path, "stale", day, ["09:00:00,S2,B1,50.00,0.30"])
    write_snapshot(tmp_path, day, [("S1", "good", "100.00"), ("S2", "stale", "50.00"),
                                   ("S3", "late", "10.00")])  # fmt: skip
    return tmp_path, day


def test_a_day_of_three_channels_by_the_scheduler(
    home: Airflow, three_channels: tuple[Path, str]
) -> None:
    """Scheduler, triggerer and API run; nobody starts a run by hand.

    good   matched, its run is green
    late   its lateness is told; then its file comes, and its run is green
    stale  ingest is red; ann accepts the file, bob approves; its date runs again, green
    At the end the day is closed: settlement, orders, and an alert that says so.
    """
    root, day = three_channels
    plan = write_plan(root)
    with receive_alerts() as (url, alerts):
        settings = settings_of(root, schedule=plan, alert_webhook=url)
        home.env.update({f"TIEOUT_{name.upper()}": str(value) for name, value in settings.items()})
        with home.started():
            ann, bob = Client(home, "ann"), Client(home, "bob")
            dags = [f"channel_{name}" for name in ("good", "late", "stale")]
            wait_until(lambda: len(ann.get("/dags")["dags"]) == 7, SECONDS_MAX, "seven DAGs")
            assert ann.get("/importErrors")["import_errors"] == []
            for dag in (*dags, "day_close"):
                ann.unpause(dag)
            told = {"late": "late", "stale": "decision"}
            wait_until(lambda: _has_told(alerts, told), SECONDS_MAX, f"alerts {told}")
            late, stale = (ann.runs(dag)[0]["dag_run_id"] for dag in dags[1:])
            assert day in late
            assert ann.states("channel_late", late)["wait_for_statement"] == "deferred"
            write_statement(root, "late", day, ["09:00:00,S3,C1,10.00,0.06"])
            wait_until(lambda: _is_asked(ann, stale, "decide_refused"), SECONDS_MAX, "a question")
            ann.answer("channel_stale", stale, "decide_refused", "accept", reason="seen with them")
            wait_until(
                lambda: _is_asked(ann, stale, "approve_decision"), SECONDS_MAX, "an approval"
            )
            bob.answer("channel_stale", stale, "approve_decision", "approve")
            again = wait_until(lambda: ann.runs("channel_stale")[1:], SECONDS_MAX, "the date again")
            ends = {"channel_good": "success", "channel_late": "success", "day_close": "success"}
            wait_until(lambda: _ends_of(ann, ends) == ends, SECONDS_MAX, f"ends {ends}")
            name = again[0]["dag_run_id"]
            assert name.startswith(f"{day}__decided__")
            wait_until(
                lambda: ann.runs("channel_stale")[1]["state"] == "success", SECONDS_MAX, "green"
            )
            first = ann.runs("channel_stale")[0]
            assert first["state"] == "failed"
            assert f"{day} stale RED" in first["note"]
            assert f"{day} good DONE - 1 lines 1 matched" in ann.runs("channel_good")[0]["note"]
            states = ann.states("channel_stale", stale)
            assert [task for task, state in states.items() if state == "failed"] == [
                task for task in states if task in ("ingest", "match", "verdict")
            ]
            reason = ann.log_of("channel_stale", stale, "ingest")
            assert "exit 3: " in reason
            assert "STALE_FILE" in reason
    closed = next(one for one in alerts if one["what"] == "closed")
    assert closed["channel"] == "all channels"
    assert closed["totals"] == f"{root / 'lake'}/exports/{day}/report.html"
    assert "good" in Path(closed["totals"]).read_text("utf-8")
    asked = next(one for one in alerts if one["what"] == "decision")
    assert (asked["channel"], asked["business_date"]) == ("stale", day)
    assert "STALE_FILE" in asked["reason"]
    assert f"/dags/channel_stale/runs/{stale}" in asked["link"]
    assert rows_of(root, "outcomes", "channel", "outcome") == [
        ("good", "MATCHED"), ("late", "MATCHED"), ("stale", "MATCHED"),
    ]  # fmt: skip
    accepted = rows_of(root, "statement_files", "channel", "status", "reason")[2]
    assert accepted[:2] == ("stale", "ACCEPTED")
    assert "by ann" in accepted[2]
    assert "approved by bob" in accepted[2]


def _has_told(alerts: list[dict[str, Any]], told: dict[str, str]) -> bool:
    came = {(alert["channel"], alert["what"]) for alert in alerts}
    return set(told.items()) <= came


def _is_asked(client: Client, run_id: str, task: str) -> bool:
    return client.states("channel_stale", run_id).get(task) == "awaiting_input"


def _ends_of(client: Client, dags: dict[str, str]) -> dict[str, str]:
    return {dag: runs[0]["state"] for dag in dags if (runs := client.runs(dag))}
