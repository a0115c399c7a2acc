"""The tidy test: the house is as design says, and each rule can fail."""

from collections.abc import Callable, Iterable
from functools import cache

import pytest
from pyspark.sql.types import StructType

from schemas.tables import TABLES
from tests.tidy import EVERYWHERE, FOLDER_RULES, RULES
from tests.tidy.source import Rule, Source, python_sources, text_sources, tracked_files

MATCHING = "jobs/matching/steps/passes.py"
SPARK = '"""x"""\nfrom pyspark.sql import DataFrame\n'

# rule -> path, then a snippet that it catches, then its neighbour that it lets pass
CASES = {
    "lines are at most 100 columns": ("tests/a.py", "#" * 101, "#" * 100),
    "functions are at most 70 lines": (
        "jobs/a.py",
        "def f():\n" + "    x = 1\n" * 70,
        "def f():\n" + "    x = 1\n" * 69,
    ),
    "modules are at most 250 lines": ("schemas/a.py", "x = 1\n" * 251, "x = 1\n" * 250),
    "commands are at most 100 lines": ("jobs/match.py", "x = 1\n" * 101, "x = 1\n" * 100),
    "schemas import nothing of ours": (
        "schemas/a.py",
        "from jobs.lake import tables",
        "from schemas import vocabulary\nfrom .layout import x\nimport pydantic",
    ),
    "jobs import jobs and schemas": (
        "jobs/a.py",
        "import airflow_dags.reconciliation",
        "from jobs.lake.tables import Lake\nfrom . import session",
    ),
    "nothing imports a command": (
        "jobs/reconcile/a.py",
        "from jobs.ingest import work",
        "from jobs.ingestion import ingest_day",
    ),
    "rooms import the rooms below": (
        "jobs/exports/a.py",
        "from jobs.ingestion.inbox import WHOLE_DAY",
        "from jobs.ingestion.day_state import resolve_day_state\nfrom jobs.lake.tables import Lake",
    ),
    "rules are pure": (
        MATCHING,
        "from jobs.lake.tables import Lake",
        "import datetime\nfrom pyspark.sql import functions as F\nfrom . import scope",
    ),
    "formats stand alone": (
        "jobs/statements/wechat/bill.py",
        "from jobs.statements.delimited import parser",
        "from jobs.statements.canonical import money\nfrom jobs.statements.wechat import layout",
    ),
    "rules read no clock": (
        MATCHING,
        "x = datetime.date.today()",
        "x = datetime.date(2026, 11, 22)",
    ),
    "the lake alone knows Delta": (
        "jobs/match.py",
        'frame.write.format("delta").save(path)',
        'text = "{}".format("x")',
    ),
    "one builder of sessions": (
        "demo/a.py",
        "spark = SparkSession.builder",
        "from pyspark.sql import SparkSession",
    ),
    "expectations are imported late": (
        "jobs/quality/great_expectations_checks.py",
        "import great_expectations as gx",
        "def f():\n    import great_expectations as gx",
    ),
    "dags import airflow only": (
        "airflow_dags/a.py",
        "from jobs import match",
        "import json\nfrom airflow.sdk import dag",
    ),
    "nothing prints but commands": ("jobs/a.py", 'print("x")', "pprint = 1"),
    "nothing is bound to an engine": (
        "jobs/a.py",
        'one = frame.dropDuplicates(["a"])',
        'one = frame.groupBy("a").agg(F.max_by("b", "c"))',
    ),
    "joins say how": (
        "jobs/a.py",
        SPARK + 'both = left.join(right, "id")',
        SPARK + 'both = left.join(right, "id", how="left")\ntext = ", ".join(names)',
    ),
    "public names are documented": (
        "jobs/a.py",
        '"""x"""\ndef f(a: int) -> int:\n    return a',
        '"""x"""\ndef f(a: int) -> int:\n    """The same."""\n    return a\ndef _g(a):\n    pass',
    ),
    "names use plain words": (
        "jobs/a.py",
        "told = 1",
        "given_name = 1\nmatch_alone = row.found\nfor line in lines:\n    pass",
    ),
}

# further snippets that must be caught, where a rule has several edges
ALSO_CAUGHT = [
    ("rooms import the rooms below", "jobs/lake/a.py", "from jobs.matching import items"),
    ("rooms import the rooms below", "jobs/engine/a.py", "from jobs.lake.tables import Lake"),
    ("rooms import the rooms below", "jobs/exports/a.py", "from jobs.cli.console import Report"),
    ("rooms import the rooms below", "jobs/onboarding/a.py", "from jobs.cli import console"),
    ("rooms import the rooms below", "jobs/fees/due.py", "from jobs.lake.tables import Lake"),
    ("rooms import the rooms below", "jobs/fees/check_day.py", "from jobs.matching import items"),
    ("rooms import the rooms below", "jobs/attic/a.py", "x = 1"),
    ("nothing imports a command", "jobs/match.py", "from jobs import ingest"),
    ("formats stand alone", "jobs/statements/canonical/a.py", "from jobs.statements.xlsx import x"),
    ("rules are pure", MATCHING, "from jobs.fees import due"),
    ("rules are pure", MATCHING, "from pyarrow import fs"),
    ("rules are pure", "jobs/fees/due.py", "import pandas as pd"),
    ("the lake alone knows Delta", "notebooks/a.py", "from deltalake import DeltaTable"),
    ("one builder of sessions", "jobs/match.py", "from pysail.spark import SparkConnectServer"),
    ("expectations are imported late", "jobs/match.py", "def f():\n import great_expectations"),
    ("nothing is bound to an engine", "jobs/a.py", "n = frame.rdd.getNumPartitions()"),
    ("nothing is bound to an engine", "jobs/a.py", "row = frame.first()"),
    ("nothing is bound to an engine", "jobs/a.py", "id = monotonically_increasing_id()"),
    ("nothing is bound to an engine", "jobs/engine/session.py", "x = spark._jvm"),
    ("joins say how", "demo/a.py", SPARK + 'both = left.join(right, on="id")'),
    ("public names are documented", "jobs/a.py", '"""x"""\ndef f(a):\n    """The same."""'),
    ("public names are documented", "jobs/a.py", "x = 1"),
    ("names use plain words", "jobs/a.py", "def _was_told(a): 1"),
    ("names use plain words", "jobs/a.py", "def f(*, asked): 1"),
    ("names use plain words", "schemas/a.py", "class Sifted: 1"),
    ("names use plain words", "jobs/a.py", "for odd in keys: 1"),
    ("names use plain words", "jobs/a.py", "self.is_crowded = 1"),
    ("names use plain words", "jobs/a.py", "x = [met for met in rows]"),
    (
        "public names are documented",
        "jobs/a.py",
        '"""x"""\nclass A:\n    """x"""\n    def f(self): 1',
    ),
]

BY_NAME = {rule.name: rule for rule in RULES}


@cache
def project() -> list[Source]:
    return python_sources()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    broken = rule.broken_by(project())
    assert not broken, f"{rule.name}:\n" + "\n".join(broken)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_rule_catches_and_lets_pass(rule: Rule) -> None:
    path, bad, good = CASES[rule.name]
    assert rule.broken_by([Source(path, bad)]), f"{rule.name} let pass:\n{bad}"
    if good is not None:
        assert not rule.broken_by([Source(path, good)])


@pytest.mark.parametrize(("name", "path", "bad"), ALSO_CAUGHT)
def test_the_rule_catches_this_too(name: str, path: str, bad: str) -> None:
    assert BY_NAME[name].broken_by([Source(path, bad)]), f"{name} let pass:\n{bad}"


def test_those_who_may_are_let_pass() -> None:
    allowed = [
        ("the lake alone knows Delta", "jobs/lake/commit.py", "import deltalake"),
        (
            "one builder of sessions",
            "jobs/engine/session.py",
            "import pysail\nSparkSession.builder",
        ),
        ("nothing prints but commands", "jobs/cli/console.py", 'print("x")'),
        ("nothing is bound to an engine", "jobs/engine/session.py", "spark.sparkContext"),
        ("rules are pure", "jobs/statements/text.py", "from pyarrow import fs"),
        ("rules are pure", "jobs/fees/check_day.py", "from jobs.lake.tables import Lake"),
        ("rooms import the rooms below", "jobs/fees/check_day.py", "from jobs.lake import tables"),
        ("rooms import the rooms below", "jobs/onboarding/command.py", "import jobs.cli.console"),
        ("nothing imports a command", "jobs/run.py", "from jobs import ingest"),
        ("commands are at most 100 lines", "jobs/__main__.py", "x = 1\n" * 101),
    ]
    for name, path, text in allowed:
        assert not BY_NAME[name].broken_by([Source(path, text)]), (name, path)


@pytest.mark.parametrize(
    ("name", "rule", "below"), FOLDER_RULES, ids=[name for name, _, _ in FOLDER_RULES]
)
def test_folders_keep_the_rule(
    name: str, rule: Callable[[list[str]], Iterable[tuple[str, str]]], below: tuple[str, ...]
) -> None:
    broken = list(rule([path for path in tracked_files() if path.startswith(below)]))
    assert not broken, f"{name}:\n" + "\n".join(": ".join(each) for each in broken)


def test_folder_rules_catch_and_let_pass() -> None:
    full, prefixes, hiding = (rule for _, rule, _ in FOLDER_RULES)
    modules = [f"jobs/lake/{letter}.py" for letter in "abcdefghijklmno"]
    assert not list(full([*modules, "jobs/lake/__init__.py"]))
    assert [place for place, _ in full([*modules, "jobs/lake/p.py"])] == ["jobs/lake"]
    assert not list(prefixes(["jobs/lake/line_writer.py", "jobs/lake/lines.py"]))
    twice = ["jobs/lake/line_writer.py", "jobs/lake/line_reader.py"]
    assert "line_reader, line_writer share 'line'" in next(iter(prefixes(twice)))[1]
    assert not list(hiding(["jobs/match.py", "jobs/__main__.py", "jobs/matching/calendar.py"]))
    for path in ("jobs/calendar.py", "jobs/calendar/x.py", "jobs/pandas.py"):
        assert list(hiding([path])), path


def test_no_file_names_a_registry_or_this_machine() -> None:
    broken = EVERYWHERE.broken_by(text_sources())
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("text", ["see py{}pi.org/simple", "cat /wo{}rk/main/x", "/ro{}ot/.cache"])
def test_registries_and_machine_paths_are_caught(text: str) -> None:
    assert EVERYWHERE.broken_by([Source("docs/a.md", text.replace("{}", ""))])
    assert not EVERYWHERE.broken_by(
        [Source("docs/a.md", "from PyPI; ../shared/work/x; docs/root/")]
    )


def test_every_table_states_its_grain() -> None:
    assert isinstance(TABLES, tuple)
    assert len({table.name for table in TABLES}) == len(TABLES) > 0
    for table in TABLES:
        assert len(table.grain.split()) >= 3, f"{table.name}: grain says too little"
        assert isinstance(table.schema, StructType), table.name
        assert table.schema.fields, f"{table.name} has no columns"


def test_the_tidy_test_sees_the_house() -> None:
    rooms = {source.path.split("/")[0] for source in project()}
    assert {"jobs", "schemas", "tests"} <= rooms
