"""The DAGs' own rules, one by one. Airflow's pytest runs this file: the jobs' has no Airflow.

The plan has `shop` (embedded), `till` (submitted, in parts); both in Shanghai.
"""

import ast
import asyncio
import email
import importlib
import json
import socketserver
import sys
import threading
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "airflow_dags"))

import reconciliation
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from airflow.serialization.encoders import coerce_to_core_timetable
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction
from tieout_airflow import (
    commands,
    launch,
    plan,
    polling,
    refusals,
    starts,
    steps,
    submitting,
    verdicts,
)
from tieout_airflow.alerts import Alert, WebhookNotifier, send_alert

DAGS = Path(reconciliation.__file__).parent
SHOP, TILL = reconciliation.CHANNELS["shop"], reconciliation.CHANNELS["till"]
NAMES = ("channel_shop", "channel_till", "day_close", "late_files", "replay", "maintenance")
BUILT = [
    reconciliation.channel_shop,
    reconciliation.channel_till,
    reconciliation.day_close(),
    reconciliation.late_files(),
    reconciliation.replay(),
    reconciliation.maintenance(),
]


@pytest.mark.parametrize("dag", BUILT, ids=NAMES)
def test_policy(dag):
    """Every DAG has tags and text, every task an owner, a time limit, a known pool and retries."""
    assert dag.dag_id in NAMES
    assert "reconciliation" in dag.tags
    assert dag.doc_md
    assert dag.catchup is False
    for task in dag.tasks:
        arguments = getattr(task, "partial_kwargs", None) or vars(task)
        limit = task.execution_timeout or getattr(task, "response_timeout", None)
        assert (task.owner, task.retries) == ("payments", 2), task.task_id
        assert limit is not None and limit <= timedelta(hours=24), task.task_id
        assert arguments.get("pool", task.pool) in (
            "default_pool", "tieout_embedded", "tieout_submit"
        )  # fmt: skip


def test_a_channel_has_a_square_per_step():
    """In the order of the day; the launch is the plan's."""
    for dag, kind in ((BUILT[0], "RunEmbedded"), (BUILT[1], "RunSubmitted")):
        found, task = [], dag.get_task("wait_for_statement")
        while task is not None:
            found.append(task.task_id)
            following = [dag.get_task(name) for name in task.downstream_task_ids]
            task = next((one for one in following if one.task_id != "decide_refused"), None)
        assert found == ["wait_for_statement", "run_day", "ingest", "match", "check_fees",
                         "check_settlement", "export", "verdict"]  # fmt: skip
        assert type(dag.get_task("run_day")).__name__ == kind


def test_parsing_takes_less_than_a_second_and_opens_nothing(monkeypatch):
    """Airflow parses the file again and again; its own modules it has loaded already."""
    for name in ("subprocess.Popen", "socket.socket.connect"):
        monkeypatch.setattr(name, lambda *_, **__: pytest.fail("parsing started something"))
    began = time.process_time()
    importlib.reload(reconciliation)
    assert time.process_time() - began < 1.0


def test_dags_are_serialized_as_the_scheduler_keeps_them():
    """What cannot be serialized is an import error in Airflow, and not here."""
    for dag in BUILT:
        assert DagSerialization.to_dict(dag)["dag"]["dag_id"] == dag.dag_id


def test_imports():
    """Airflow, its providers and the standard library; nothing of the jobs."""
    for file in DAGS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else [
                alias.name for alias in getattr(node, "names", ()) if isinstance(node, ast.Import)
            ]  # fmt: skip
            tops = {str(name).split(".")[0] for name in names}
            assert tops <= {"airflow", "tieout_airflow", *sys.stdlib_module_names}, file


def test_a_plan_of_another_form_or_no_plan_says_what_to_do(tmp_path):
    """The message stands in Airflow as an import error."""
    path = tmp_path / "schedule.json"
    with pytest.raises(FileNotFoundError, match="tieout schedule write"):
        plan.read_plan(path)
    path.write_text(json.dumps({"form": 99, "channels": {}}))
    with pytest.raises(ValueError, match="of form 99, not 1; write it again"):
        plan.read_plan(path)


@pytest.mark.parametrize(
    ("requested", "partition", "at", "expected"),
    [
        (None, None, "2026-11-23T02:30:00+00:00", "2026-11-22"),
        (None, None, "2026-11-22T15:59:59+00:00", "2026-11-21"),
        (None, None, "2026-11-22T16:00:00+00:00", "2026-11-22"),
        (None, "2026-11-20", "2026-11-23T02:30:00+00:00", "2026-11-20"),
        ("2026-11-01", "2026-11-20", "2026-11-23T02:30:00+00:00", "2026-11-01"),
    ],
)
def test_business_date(requested, partition, at, expected):
    """Of the form, else of the schedule, else the day before in the channel's zone."""
    at = datetime.fromisoformat(at)
    assert plan.choose_date(requested, partition, at, "Asia/Shanghai") == expected


@pytest.mark.parametrize("text", ["2026-11-31", "yesterday", "22/11/2026"])
def test_what_is_no_date_is_refused(text):
    """A command line may send anything."""
    with pytest.raises(ValueError, match=r"month|isoformat|day"):
        plan.choose_date(text, None, datetime.fromisoformat("2026-11-23T02:30:00+00:00"), "UTC")


@pytest.mark.parametrize("dag", BUILT[:3], ids=NAMES[:3])
def test_each_scheduled_run_is_of_the_day_before(dag):
    """Shortly after midnight in the zone, every day; the run's name has the business date."""
    timetable = coerce_to_core_timetable(dag.timetable)
    first = datetime.fromisoformat("2026-11-22T00:00:00+08:00")
    restriction, last, found = TimeRestriction(first, None, catchup=True), None, []
    for _ in range(3):
        last = timetable.next_dagrun_info_v2(last_dagrun_info=last, restriction=restriction)
        found.append((last.run_after.isoformat(), last.partition_key))
    assert [key for _, key in found] == ["2026-11-21", "2026-11-22", "2026-11-23"]
    assert found[0][0] == "2026-11-21T16:05:00+00:00"
    name = timetable.generate_run_id(
        run_type=__import__("airflow.utils.types", fromlist=["DagRunType"]).DagRunType.SCHEDULED,
        run_after=last.run_after, data_interval=None, partition_key=last.partition_key,
    )  # fmt: skip
    assert "2026-11-23" in name


def test_last_moments_of_a_channel():
    """Local times of the channel's zone, on the day after the business date."""
    day = date(2026, 11, 22)
    assert SHOP.due_at(day) == datetime.fromisoformat("2026-11-23T09:30+08:00")
    assert SHOP.gives_up_at(day) == datetime.fromisoformat("2026-11-23T11:00+08:00")


def test_reason_of_a_step_is_what_a_check_stopped_there():
    """The shape checks have no task of their own: they show at match."""
    stopped = [
        {"step": "ingest", "message": "STATEMENT_REFUSED: a"},
        {"step": "quality", "message": "a null reference"},
        {"step": "match", "message": "STATEMENT_REFUSED: a"},
        {"step": "match", "message": "STATEMENT_REFUSED: a"},
    ]
    assert steps.find_reasons(stopped, "ingest") == ["STATEMENT_REFUSED: a"]
    assert steps.find_reasons(stopped, "match") == ["a null reference", "STATEMENT_REFUSED: a"]
    assert steps.find_reasons(stopped, "export") == []


def test_summary_is_kept_and_not_printed_twice():
    """A line that only looks like a summary is a line."""
    outcome = commands.Outcome(3)
    summary = {"job": "run", "exit": 3, "stopped": [{"step": "match", "message": "M"}]}
    day_line = "2026-11-22  shop   5 lines  nothing at stake\n"
    lines = [day_line, '{"job": broken\n', json.dumps(summary)]
    assert list(commands.take_summary(lines, outcome)) == lines[:2]
    assert outcome.reasons == ["M"]
    described = commands.describe_run(outcome, "shop", "2026-11-22")
    assert described["totals"] == "5 lines nothing at stake"
    assert commands.describe_run(outcome, "sho", "2026-11-22")["totals"] == ""


class Pushed:
    """Keeps what a task pushes."""

    def __init__(self):
        self.values = {}

    def xcom_push(self, key, value):
        """Keeps a value."""
        self.values[key] = value


@pytest.mark.parametrize(
    ("status", "kind"),
    [(1, AirflowException), (2, AirflowFailException), (3, AirflowFailException)],
)
def test_only_exit_1_is_tried_again(status, kind):
    """The reason is the message, and is left for those who tell people."""
    pushed = Pushed()
    with pytest.raises(kind, match=f"^exit {status}: why; and why$") as raised:
        commands.fail_task({"ti": pushed}, status, ["why", "and why"])
    assert type(raised.value) is kind
    assert pushed.values == {"reason": f"exit {status}: why; and why"}


def test_run_that_is_refused_as_a_whole_is_red():
    """Exit 3 with an error and no step: no task after it could show it."""
    pushed = Pushed()
    refused = commands.Outcome(3, {"job": "run", "errors": ["DATA_FILES_MISSING: outcomes"]})
    with pytest.raises(AirflowFailException, match=r"^exit 3: DATA_FILES_MISSING: outcomes$"):
        launch.finish_run({"ti": pushed}, refused, "shop", "2026-11-22")
    with pytest.raises(AirflowFailException, match=r"^exit 3: a check stopped something$"):
        launch.finish_run({"ti": pushed}, commands.Outcome(3), "shop", "2026-11-22")


@pytest.mark.parametrize(
    ("message", "status"),
    [("Cannot execute: spark-submit. Error code is: 3.", 3), ("Error code is: -9.", None),
     ("x. Error code is: -9.", -9), ("no driver", None)],
)  # fmt: skip
def test_exit_status_of_spark_submit(message, status):
    """The operator says it in a sentence."""
    assert submitting.parse_exit_status(message) == status


@pytest.mark.parametrize(
    ("maker", "checker"),
    [("ann", {"id": "ann", "name": "Ann"}), ("ann", {"id": "2", "name": "ANN"}),
     ("ann", {}), ("", {"id": "bob", "name": "bob"})],
)  # fmt: skip
def test_maker_and_checker_are_two_known_people(maker, checker):
    """Nobody approves an answer of their own."""
    with pytest.raises(AirflowFailException, match=r"nothing was changed"):
        refusals.check_persons({"by": maker, "by_id": maker}, checker)
    refusals.check_persons({"by": "ann", "by_id": "ann"}, {"id": "bob", "name": "bob"})


def test_only_the_latest_version_of_a_part_is_decided():
    """A newer version that was accepted leaves nothing to decide; a copy changes nothing."""
    rows = [("a", 1, "QUARANTINED"), ("a", 2, "ACCEPTED"), ("b", 1, "ACCEPTED"),
            ("b", 2, "QUARANTINED"), ("b", 3, "DUPLICATE")]  # fmt: skip
    files = [{"part": p, "version": v, "status": s} for p, v, s in rows]
    assert [(file["part"], file["version"]) for file in refusals.find_refused(files)] == [("b", 2)]


@pytest.mark.parametrize(
    ("reason", "acceptable"),
    [("SHRUNK: x", True), ("SHRUNK: x | STALE_FILE: y", True), ("TOTALS_DIFFER: x", False),
     ("SHRUNK: x | TOTALS_DIFFER: y", False)],
)  # fmt: skip
def test_a_file_that_is_wrong_cannot_be_accepted(reason, acceptable):
    """As `tieout files accept` has it."""
    assert refusals.is_acceptable({"reason": reason}) is acceptable


def test_who_decides_sees_declared_and_computed_totals():
    """A count has no currency, and a total that the file does not declare is said to be so."""
    totals = [{"name": "count", "currency": None, "declared": 2, "computed": 1},
              {"name": "fee", "currency": "CNY", "declared": None, "computed": 30}]  # fmt: skip
    file = {"file_name": "a.csv", "version": 1, "line_count": 1, "reason": "SHRUNK: x"}
    assert refusals.describe_file(file | {"totals": totals}).split("\n\n") == [
        "**a.csv**, version 1, 1 lines", "SHRUNK: x", "count: declared 2, computed 1",
        "fee CNY: not declared, computed 30",
    ]  # fmt: skip


def test_late_files_start_their_own_dates():
    """A date that a run still waits for is left to it, except where it comes in parts. A snapshot
    of ours starts the channels that it holds."""
    now = datetime.fromisoformat("2026-11-23T10:00+08:00")
    arrived = [
        {"channels": names, "business_date": day}
        for names, day in [
            (["shop"], "2026-11-22"), (["shop"], "2026-11-20"), (["till"], "2026-11-22"),
            (["till"], "2026-11-22"), (["gone"], "2026-11-20"),
            (["shop", "gone"], "2026-11-19"), (["shop"], "2026-11-22"),
        ]
    ]  # fmt: skip
    runs = starts.choose_runs(arrived, reconciliation.CHANNELS, now)
    assert [(run["trigger_dag_id"], run["conf"]["business_date"]) for run in runs] == [
        ("channel_shop", "2026-11-19"), ("channel_shop", "2026-11-20"),
        ("channel_till", "2026-11-22"),
    ]  # fmt: skip
    assert runs[1]["trigger_run_id"].startswith("2026-11-20__file_came__")


def test_a_replay_has_its_dates_in_order():
    """Business dates, both included."""
    dates, channels = ("2026-11-01", "2026-11-03"), reconciliation.CHANNELS
    named = ["--business-date", dates[0], "--through", dates[1]]
    assert starts.list_replay(["shop"], *dates, channels) == [
        *named, "--channel", "shop", "--engine", "sail",
    ]  # fmt: skip
    assert starts.list_replay([], *dates, channels) == named  # till is submitted
    with pytest.raises(ValueError, match="before from"):
        starts.list_replay([], *reversed(dates), channels)


STAND_IN = """
import json, pathlib, sys
asked = pathlib.Path(sys.argv[1])
answers = json.loads(asked.read_text())
answer = answers[0] if len(answers) == 1 else answers.pop(0)
asked.write_text(json.dumps(answers))
print(json.dumps(answer[1]))
sys.exit(answer[0])
"""


def channel(awaited=(), ours=(), exported=False, match="DONE", refused=()):
    """A channel in the summary of `schedule progress`."""
    return {"awaited": list(awaited), "awaited_ours": list(ours), "is_exported": exported,
            "refused_again": list(refused), "results": {"match": match}}  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "what", "seconds", "event"),
    [
        ([[0, {"shop": channel(["all"])}], [0, {"shop": channel()}]], "files", 60, {"open": {}}),
        ([[0, {"shop": channel([], ["all"])}]], "files", -1, {"open": {"shop": ["ours all"]}}),
        ([[0, {"shop": channel(exported=True)}]], "export", 60, {"open": {}}),
        ([[0, {"shop": channel()}]], "export", -1, {"open": {"shop": ["export"]}}),
        (
            [[0, {"shop": channel(exported=True, match="STATEMENT_REFUSED")}]],
            "export",
            -1,
            {"open": {"shop": ["STATEMENT_REFUSED"]}},
        ),
        (
            [[0, {"shop": channel(exported=True, refused=["TOTALS_DIFFER: x"])}]],
            "export",
            -1,
            {"open": {"shop": ["a newer version is refused: TOTALS_DIFFER: x"]}},
        ),
        ([[0, {}]], "files", 60, {"open": {}}),
        ([[2, {}]], "files", 60, {"fault": 2, "reasons": ["wrong"]}),
        ([[1, {}], [0, {"shop": channel()}]], "files", 60, {"open": {}}),
        ([[1, {}]], "files", 60, {"fault": 1, "reasons": ["wrong"]}),
    ],
)
def test_a_wait_ends_once(tmp_path, answers, what, seconds, event):
    """When all has come, at the last moment, or when the command cannot say."""
    script, asked = tmp_path / "stand_in.py", tmp_path / "answers.json"
    script.write_text(STAND_IN)
    asked.write_text(json.dumps(
        [[status, {"channels": channels, "errors": ["wrong"]}] for status, channels in answers]
    ))  # fmt: skip
    until = datetime.now().astimezone() + timedelta(seconds=seconds)
    trigger = polling.ProgressTrigger(
        [sys.executable, str(script), str(asked)], str(tmp_path), {"shop": until.isoformat()},
        what, 0.01,
    )  # fmt: skip
    again = polling.ProgressTrigger(**trigger.serialize()[1])

    async def wait():
        return [found.payload async for found in again.run()]

    waits = {"waits": trigger.waits} if "open" in event else {}
    assert asyncio.run(wait()) == [event | waits]


def test_an_alert_needs_an_address():
    """A word that is no address is a fault, not a silent loss."""
    with pytest.raises(ValueError, match="no address of http"):
        WebhookNotifier("file:///tmp/x", Alert("red", "shop", "2026-11-22", "why"), "link")


def test_note_says_date_state_and_amounts():
    """Beside the run's name in the grid."""
    assert verdicts.note_of("2026-11-22", "shop", "", "CNY 5.00 at stake") == (
        "2026-11-22 shop DONE - CNY 5.00 at stake"
    )
    assert verdicts.note_of("2026-11-22", "shop", "match: M", "") == (
        "2026-11-22 shop RED - match: M"
    )


class Mailbox(socketserver.StreamRequestHandler):
    """Takes one mail as a mail server does, and keeps its lines."""

    came: ClassVar[list[str]] = []

    def handle(self):
        """Answers each command; keeps what stands between DATA and a full stop."""
        self.wfile.write(b"220 ready\r\n")
        while line := self.rfile.readline().strip():
            if line.upper() == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while (line := self.rfile.readline().rstrip(b"\r\n")) != b".":
                    self.came.append(line.decode())
            self.wfile.write(b"221 bye\r\n" if line.upper() == b"QUIT" else b"250 ok\r\n")


class Run:
    """The run that an alert is about."""

    dag_id, run_id = "channel_shop", "2026-11-22__by_hand"


def test_an_alert_comes_by_email(monkeypatch):
    """With channel, date and what it is about in the subject, and reason and link in the text."""
    with socketserver.TCPServer(("127.0.0.1", 0), Mailbox) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        plain = {"disable_ssl": True, "disable_tls": True, "from_email": "tieout@example.com"}
        connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": server.server_address[1],
                      "extra": plain}  # fmt: skip
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
        monkeypatch.setenv("TIEOUT_ALERT_EMAIL", "desk@example.com")
        alert = Alert("red", "shop", "2026-11-22", "match: a < b", "CNY 5.00 at stake")
        send_alert({"dag_run": Run}, alert)
    mail = email.message_from_string("\n".join(Mailbox.came))
    text = "".join(part.get_payload(decode=True).decode() for part in mail.walk()
                   if not part.is_multipart())  # fmt: skip
    assert (mail["To"], mail["Subject"]) == ("desk@example.com", "tieout shop 2026-11-22: red")
    assert "match: a &lt; b" in text
    assert "CNY 5.00 at stake" in text
    assert "/dags/channel_shop/runs/2026-11-22__by_hand" in text
