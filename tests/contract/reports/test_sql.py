"""`tieout sql`: views in major units and words, the same on the engine and in DuckDB."""

import io
import json
import subprocess
import sys
from contextlib import redirect_stdout
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

from jobs.__main__ import main
from jobs.fees.check_day import record_fee_check
from jobs.lake.tables import Lake
from jobs.reports.sql.query import run_query
from jobs.reports.sql.views import DUCKDB, create_views
from schemas.errors import ConfigurationError
from schemas.tables import RUNS, SETTLEMENT_CHECKS
from tests.support.ledger import day, file_line, file_txn
from tests.support.paths import ROOT
from tests.support.pipeline_fixture import PipelineFixture
from tests.support.small_lake import put

CARD = 'channel: bank\nentries:\n  - {name: standard, rate: "0.0060"}\n'
QUERIES = {
    "SELECT channel, what_is_wrong, what_to_do, currency, at_stake, our_amount, state, age_days"
    " FROM breaks ORDER BY currency": [
        ("bank", "amounts differ", "Review by hand", "CNY", Decimal("0.01"), Decimal("10"),
         "OPEN", 1),
        ("bank", "amounts differ", "Review by hand", "JPY", Decimal("1"), Decimal("1000"),
         "OPEN", 1),
    ],
    "SELECT why, currency, amount, age_days FROM waiting": [
        ("not on the statement", "CNY", Decimal("10"), 1),
    ],
    "SELECT what, age_in_days, currency, items, amount FROM ageing ORDER BY what, currency": [
        ("break", "1", "CNY", 1, Decimal("0.01")),
        ("break", "1", "JPY", 1, Decimal("1")),
        ("waiting", "1", "CNY", 1, Decimal("10")),
    ],
    "SELECT entry, currency, charged, due, charged_too_much FROM fees_wrong": [
        ("standard", "CNY", Decimal("0.08"), Decimal("0.06"), Decimal("0.02")),
    ],
    "SELECT batch, lacking FROM settlement_late ORDER BY batch": [
        ("past", Decimal("10")), ("returned", Decimal("10")),
    ],
    "SELECT count(*) FROM breaks_table b JOIN runs r ON r.channel = b.channel"
    " WHERE r.job = 'match'": [(4,)],
}  # fmt: skip


@pytest.fixture
def pipeline(lake: Lake, tmp_path: Path) -> PipelineFixture:
    """Two days: two amounts differ, in CNY and JPY; one transaction waits; one fee is wrong."""
    made = PipelineFixture(tmp_path, lake.prepare())
    (tmp_path / "config/fee_schedules").mkdir()
    (tmp_path / "config/fee_schedules/bank.yaml").write_text(CARD)
    made.write_statement(
        0,
        file_line("A", fee="0.08"),
        file_line("B", "9.99"),
        file_line("Y", "999", currency="JPY", fee="6"),
    )
    made.write_snapshot(
        0, file_txn("A"), file_txn("B"), file_txn("W"), file_txn("Y", "1000", currency="JPY")
    )
    made.write_statement(1, file_line("Z"))
    made.write_snapshot(1, file_txn("Z"))
    made.ingest(0, 1)
    made.match(0, 1)
    record_fee_check(lake, made.config.profiles["bank"], made.config.schedules["bank"], day(0))
    # As the report counts them: an ambiguous batch is late when its due date has passed.
    batch = {"batch_no": 1, "per": "", "currency": "CNY", "expected": 1000, "credited": 0}
    put(
        lake, SETTLEMENT_CHECKS, day(1), "bank",
        batch | {"batch": "returned", "due_date": day(1), "result": "RETURNED"},
        batch | {"batch": "past", "due_date": day(0), "result": "AMBIGUOUS"},
        batch | {"batch": "today", "due_date": day(1), "result": "AMBIGUOUS"},
        batch | {"batch": "pending", "due_date": day(2), "result": "PENDING"},
    )  # fmt: skip
    lake.append_rows(RUNS, [
        {"job": "check_settlement", "channel": "bank", "business_date": day(1), "result": "DONE"}
    ])  # fmt: skip
    place = ["--lake", lake.uri, "--config", str(tmp_path / "config")]
    with redirect_stdout(io.StringIO()):
        words = ["--business-date", str(day(0)), "--through", str(day(1))]
        assert main(["export", *place, *words]) == 0
    return made


def test_views_say_the_same_on_the_engine_and_in_duckdb(pipeline: PipelineFixture) -> None:
    """Every view, and the tables below it, with exact amounts of two and of no decimals."""
    lake = pipeline.lake
    con = duckdb.connect()
    for folder in sorted(path.parent for path in Path(lake.uri).glob("*/_delta_log")):
        name = "breaks_table" if folder.name == "breaks" else folder.name
        con.register(name, DeltaTable(folder).to_pyarrow_dataset())
    for view in create_views(DUCKDB):
        con.execute(view)
    for query, expected in QUERIES.items():
        assert list(run_query(lake, query, 10).rows) == expected, query
        assert con.execute(query).fetchall() == expected, query


@pytest.mark.sail_by_day
def test_only_a_select_is_run(pipeline: PipelineFixture) -> None:
    """Not two statements, nothing that writes; an unknown column is said in one sentence."""
    for query in ("DROP VIEW breaks", "insert into runs values (1)", "from runs insert into x", ""):
        with pytest.raises(ConfigurationError, match="is not one SELECT"):
            run_query(pipeline.lake, query, 10)
    place = pipeline.lake.uri
    for query in (
        "SELECT 1; SELECT 2",
        f"WITH x AS (SELECT 1 AS a) INSERT INTO delta.`{place}/new` SELECT * FROM x",
        f'WITH x AS (SELECT "\'" AS a) insert/**/overwrite delta.`{place}/new` SELECT * FROM x'
        ' WHERE "\'" = "\'"',
        f"SELECT 1) AS a; DROP TABLE delta.`{place}/runs`; SELECT * FROM (SELECT 1",
    ):
        with pytest.raises(ConfigurationError, match="the query:"):
            run_query(pipeline.lake, query, 10)
    assert not Path(place, "new").exists()
    within = "WITH x AS (SELECT 1 AS a) SELECT * FROM x UNION ALL SELECT 2 ORDER BY a DESC -- end"
    assert list(run_query(pipeline.lake, within).rows) == [(2,), (1,)]
    with pytest.raises(ConfigurationError, match="no_such_column"):
        run_query(pipeline.lake, "SELECT no_such_column FROM breaks", 10)
    answer = run_query(pipeline.lake, "-- all;\nSELECT 'insert into; x' AS text FROM breaks", 1)
    assert (list(answer.columns), list(answer.rows)) == (["text"], [("insert into; x",)])
    assert answer.is_cut


@pytest.mark.sail_only
def test_command_prints_json_csv_and_views(
    pipeline: PipelineFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Amounts are text in JSON, so that no reader rounds them."""
    query = "SELECT currency, at_stake, reasons FROM breaks ORDER BY currency"
    place = ["sql", "--lake", pipeline.lake.uri, query]
    assert main(place) == 0
    summary: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert summary["result"][0] == {
        "currency": "CNY", "at_stake": "0.0100", "reasons": "AMOUNT_MISMATCH"
    }  # fmt: skip
    many = "SELECT * FROM breaks a CROSS JOIN breaks b CROSS JOIN range(40)"
    assert main(["sql", "--lake", pipeline.lake.uri, many, "--csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 161
    assert main(["sql", "--lake", pipeline.lake.uri, many]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (len(summary["result"]), summary["more"]) == (100, True)
    assert main([*place, "--csv"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "currency,at_stake,reasons",
        "CNY,0.0100,AMOUNT_MISMATCH",
    ]
    assert main(["sql", "--lake", pipeline.lake.uri, "SELECT '=1+1' AS a, -1 AS b", "--csv"]) == 0
    assert capsys.readouterr().out.splitlines() == ["a,b", "'=1+1,-1"]
    assert main(["sql", "--lake", pipeline.lake.uri, "--rows", "0"]) == 2
    assert len(json.loads(capsys.readouterr().out)["errors"]) == 2


@pytest.mark.sail_only
def test_page_for_duckdb_can_be_pasted(pipeline: PipelineFixture, tmp_path: Path) -> None:
    """The first Python block of docs/reference/sql.md, on this lake."""
    page = (ROOT / "docs/reference/sql.md").read_text("utf-8")
    code = page.split("```python\n")[1].split("```")[0]
    code = code.replace('"demo-data/lake"', repr(pipeline.lake.uri))
    code = code.replace('["tieout", ', f'[{sys.executable!r}, "-m", "jobs", ')
    script = tmp_path / "page.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, script], cwd=ROOT, text=True, capture_output=True, check=True
    )
    assert "bank" in done.stdout and "0.0100" in done.stdout
