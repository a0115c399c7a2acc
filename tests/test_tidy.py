"""The tidy test: the house is as design says, and each rule can fail."""

from functools import cache

import pytest
from pyspark.sql.types import StructType

from schemas.tables import TABLES
from tests.tidy import EVERYWHERE, RULES, Rule, Source, python_sources, text_sources

MATCHING = "jobs/matching/passes.py"
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
    "schemas import nothing of ours": (
        "schemas/a.py",
        "from jobs import lake",
        "from schemas import vocabulary\nfrom .layout import x\nimport pydantic",
    ),
    "jobs import jobs and schemas": (
        "jobs/a.py",
        "import airflow_dags.daily_reconciliation",
        "from jobs.lake import read_day\nfrom . import session",
    ),
    "rules are pure": (
        MATCHING,
        "from .. import lake",
        "import datetime\nfrom pyspark.sql import functions as F\nfrom . import scope",
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
        "jobs/quality.py",
        "import great_expectations as gx",
        "def f():\n    import great_expectations as gx",
    ),
    "dags import airflow only": (
        "airflow_dags/a.py",
        "from jobs import match",
        "import json\nfrom airflow.sdk import dag",
    ),
    "no standard-library names": ("jobs/calendar.py", "", None),
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
}

# further snippets that must be caught, where a rule has several edges
ALSO_CAUGHT = [
    ("rules are pure", MATCHING, "from jobs.fees import due"),
    ("rules are pure", MATCHING, "from pyarrow import fs"),
    ("rules are pure", "jobs/fees/due.py", "import pandas as pd"),
    ("the lake alone knows Delta", "notebooks/a.py", "from deltalake import DeltaTable"),
    ("one builder of sessions", "jobs/match.py", "from pysail.spark import SparkConnectServer"),
    ("expectations are imported late", "jobs/match.py", "def f():\n import great_expectations"),
    ("nothing is bound to an engine", "jobs/a.py", "n = frame.rdd.getNumPartitions()"),
    ("nothing is bound to an engine", "jobs/a.py", "row = frame.first()"),
    ("nothing is bound to an engine", "jobs/a.py", "id = monotonically_increasing_id()"),
    ("nothing is bound to an engine", "jobs/session.py", "x = spark._jvm"),
    ("joins say how", "demo/a.py", SPARK + 'both = left.join(right, on="id")'),
    ("public names are documented", "jobs/a.py", '"""x"""\ndef f(a):\n    """The same."""'),
    ("public names are documented", "jobs/a.py", "x = 1"),
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
        ("the lake alone knows Delta", "jobs/lake_control.py", "import deltalake"),
        ("one builder of sessions", "jobs/session.py", "import pysail\nSparkSession.builder"),
        ("nothing prints but commands", "jobs/cli.py", 'print("x")'),
        ("nothing is bound to an engine", "jobs/session.py", "spark.sparkContext"),
        ("rules are pure", "jobs/statements/text.py", "from pyarrow import fs"),
        ("no standard-library names", "jobs/__main__.py", ""),
        ("no standard-library names", "jobs/matching/calendar.py", ""),
    ]
    for name, path, text in allowed:
        assert not BY_NAME[name].broken_by([Source(path, text)]), (name, path)


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
