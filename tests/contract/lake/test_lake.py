"""The lake's contract, the same on both engines: what an engine would get wrong is refused or made
right. Each test is one fault that was seen on some engine.
"""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.cli.lake_session import open_lake
from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf
from jobs.lake.write_checks import arrow_schema, retry_on_conflict
from schemas.errors import ColumnsDiffer, RowsOutsideDay, TableGone, TableMissing, WriteConflict
from schemas.tables import (
    DECISIONS,
    FEE_CHECKS,
    FEE_TOTALS,
    MATCHED_PARTS,
    OUTCOMES,
    RUNS,
    STATEMENT_FILES,
    STATEMENT_LINES,
    TABLES,
    Table,
)

T, U = date(2026, 11, 22), date(2026, 11, 23)
KEYS = ("business_date", "channel", "schedule", "currency")


def totals(lake: Lake, rows: int, channel: str = "wechat", day: date = T) -> DataFrame:
    """Rows of fee_totals: `lines` 0 to rows - 1."""
    number = F.col("id")
    return lake.spark.range(rows).select(
        F.lit(day).alias("business_date"),
        F.lit(channel).alias("channel"),
        F.lit("card").alias("schedule"),
        F.lit("CNY").alias("currency"),
        *[
            number.cast(field.dataType).alias(field.name)
            for field in FEE_TOTALS.schema
            if field.name not in KEYS
        ],
    )


def counts(lake: Lake) -> dict[tuple[date, str], int]:
    """Rows by date and channel."""
    grouped = lake.read(FEE_TOTALS).groupBy("business_date", "channel").count().collect()
    return {(row["business_date"], row["channel"]): row["count"] for row in grouped}


def test_a_day_is_replaced_whole_and_alone(lake: Lake) -> None:
    """5 rows, then 3 in their place; the other channel and the other date keep theirs."""
    lake.replace_day(FEE_TOTALS, totals(lake, 4, "alipay"), T, "alipay")
    lake.replace_day(FEE_TOTALS, totals(lake, 2, day=U), U, "wechat")
    lake.replace_day(FEE_TOTALS, totals(lake, 5), T, "wechat")
    assert lake.replace_day(FEE_TOTALS, totals(lake, 3), T, "wechat").rows == 3
    assert counts(lake) == {(T, "alipay"): 4, (U, "wechat"): 2, (T, "wechat"): 3}


@pytest.mark.spark
def test_what_delta_itself_writes_is_read_and_replaced(lake: Lake) -> None:
    """3 rows by Spark's own Delta in the place of 5, and then 2 in the place of those."""
    lake.replace_day(FEE_TOTALS, totals(lake, 5), T, "wechat")
    lake.replace_day(FEE_TOTALS, totals(lake, 4, "alipay"), T, "alipay")
    writer = totals(lake, 3).write.format("delta").mode("overwrite")
    own = f"business_date = '{T}' AND channel = 'wechat'"
    writer.option("replaceWhere", own).save(lake.path(FEE_TOTALS))
    assert counts(lake) == {(T, "alipay"): 4, (T, "wechat"): 3}
    assert lake.read_day(FEE_TOTALS, T, "wechat").count() == 3
    lake.replace_day(FEE_TOTALS, totals(lake, 2), T, "wechat")
    assert counts(lake) == {(T, "alipay"): 4, (T, "wechat"): 2}


@pytest.mark.spark
def test_only_what_repeats_gets_a_dictionary(lake: Lake) -> None:
    """Words and dates of fee_totals have one, its sums have none."""
    lake.replace_day(FEE_TOTALS, totals(lake, 1_000).coalesce(1), T, "wechat")
    (path,) = [each["path"] for each in lake.list_data_files(FEE_TOTALS, T, "wechat")]
    group = pq.read_metadata(f"{lake.path(FEE_TOTALS)}/{path}").row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    coded = {each.path_in_schema for each in columns if "PLAIN_DICTIONARY" in each.encodings}
    assert "currency" in FEE_TOTALS.dictionary_columns
    assert coded == set(FEE_TOTALS.dictionary_columns) - {*FEE_TOTALS.partitions}


def test_a_day_may_become_empty(lake: Lake) -> None:
    """Nothing replaces 5 rows; and nothing replaces nothing."""
    lake.replace_day(FEE_TOTALS, totals(lake, 5), T, "wechat")
    assert lake.replace_day(FEE_TOTALS, totals(lake, 0), T, "wechat").rows == 0
    assert lake.replace_day(FEE_TOTALS, totals(lake, 0), T, "alipay").rows == 0
    assert counts(lake) == {}


@pytest.mark.parametrize(("channel", "day"), [("alipay", T), ("wechat", U)])
def test_rows_outside_the_day_are_refused(lake: Lake, channel: str, day: date) -> None:
    """A row of another channel or date: refused by name, and the day keeps what it had."""
    lake.replace_day(FEE_TOTALS, totals(lake, 5), T, "wechat")
    stray = totals(lake, 2).unionByName(totals(lake, 1, channel, day))
    with pytest.raises(RowsOutsideDay, match="fee_totals: a row is not of 2026-11-22 wechat"):
        lake.replace_day(FEE_TOTALS, stray, T, "wechat")
    assert counts(lake) == {(T, "wechat"): 5}


def test_columns_must_be_the_tables_own(lake: Lake) -> None:
    """Missing, surplus, of another type: all named at once, nothing written."""
    wrong = totals(lake, 2).drop("due").withColumn("extra", F.lit(1))
    wrong = wrong.withColumn("amount", F.col("amount").cast("string"))
    with pytest.raises(ColumnsDiffer) as caught:
        lake.replace_day(FEE_TOTALS, wrong, T, "wechat")
    assert str(caught.value) == (
        "fee_totals: due is missing; extra is not a column of it; amount is string, not bigint"
    )
    assert counts(lake) == {}


def test_column_order_does_not_matter(lake: Lake) -> None:
    """Columns are bound by name, not by place."""
    mixed = totals(lake, 2).select(*reversed(FEE_TOTALS.columns))
    lake.replace_day(FEE_TOTALS, mixed, T, "wechat")
    assert [row["lines"] for row in lake.read(FEE_TOTALS).orderBy("lines").collect()] == [0, 1]


@pytest.mark.sail_only
def test_a_year_of_days_is_one_read(lake: Lake) -> None:
    """600 days of 3 rows, united one after another, would end the process."""
    lake.replace_day(FEE_TOTALS, totals(lake, 3), T, "wechat")
    (file,) = lake.list_data_files(FEE_TOTALS, T, "wechat")
    days = [file | {"partition.business_date": T - timedelta(days=n)} for n in range(600)]
    rows = lake.read_files(FEE_TOTALS, days)
    assert rows.groupBy("business_date").count().count() == 600
    assert rows.count() == 1800


def test_reading_what_is_not_there_is_named(spark, tmp_path) -> None:
    """A path without a table is no empty table."""
    with pytest.raises(TableMissing, match="run `tieout ingest`"):
        Lake(spark, str(tmp_path / "nowhere")).read(OUTCOMES)


def test_a_write_makes_its_table(spark, tmp_path) -> None:
    """The first write into an empty folder works."""
    lake = Lake(spark, str(tmp_path / "new"))
    lake.replace_day(FEE_TOTALS, totals(lake, 2), T, "wechat")
    assert counts(lake) == {(T, "wechat"): 2}


def test_a_repeated_write_leaves_the_same_rows(lake: Lake) -> None:
    """The same write three times is the same as once."""
    for _ in range(3):
        written = lake.replace_day(FEE_TOTALS, totals(lake, 5), T, "wechat")
    assert written.rows == 5
    assert counts(lake) == {(T, "wechat"): 5}


def test_a_frame_read_from_the_day_it_replaces(lake: Lake) -> None:
    """5 rows of the day, less one, in the place of the 5."""
    lake.replace_day(FEE_TOTALS, totals(lake, 5), T, "wechat")
    fewer = lake.read_day(FEE_TOTALS, T, "wechat").where(F.col("lines") > F.lit(0))
    lake.replace_day(FEE_TOTALS, fewer, T, "wechat")
    assert counts(lake) == {(T, "wechat"): 4}


def test_two_writers_of_different_channels(lake: Lake) -> None:
    """Four channels at once: all get through."""
    names = ["a", "b", "c", "d"]
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda name: lake.replace_day(FEE_TOTALS, totals(lake, 3, name), T, name), names
            )
        )
    assert counts(lake) == {(T, name): 3 for name in names}


def test_two_writers_of_the_same_day_take_turns(lake: Lake) -> None:
    """Four writers of one day: the rows are one writer's, never a mixture."""
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda rows: lake.replace_day(FEE_TOTALS, totals(lake, rows), T, "wechat"),
                [7, 7, 7, 7],
            )
        )
    assert counts(lake) == {(T, "wechat"): 7}


def test_a_writer_that_always_loses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every try meets another writer: named, and nothing is written."""
    monkeypatch.setattr("jobs.lake.write_checks.WAIT_SECONDS", 0)

    def loses() -> None:
        raise RuntimeError("Failed to commit transaction: 7")

    with pytest.raises(WriteConflict, match="fee_totals: other writers won 8 times"):
        retry_on_conflict(FEE_TOTALS, loses)


def test_lists_are_kept(lake: Lake) -> None:
    """A second write into a table with a list column works, and the lists are as written."""
    types = {field.name: field.dataType for field in OUTCOMES.schema}
    given = {
        "run_date": F.lit(T),
        "channel": F.lit("wechat"),
        "unit_id": F.lit("u"),
        "reasons": F.array_compact(F.array(F.lit("LATE"), F.lit(None).cast("string"))),
    }
    row = lake.spark.range(1).select(
        *[given.get(name, F.lit(None).cast(types[name])).alias(name) for name in types]
    )
    for _ in range(2):
        lake.replace_day(OUTCOMES, row, T, "wechat")
    assert [each["reasons"] for each in lake.read(OUTCOMES).collect()] == [["LATE"]]


def test_sums_do_not_wrap(lake: Lake) -> None:
    """Ten thousand times 10^15 is beyond BIGINT: sums go through DECIMAL(38,0)."""
    wide = lake.spark.range(10_000).select(F.lit(10**15).alias("amount"))
    total = wide.agg(F.sum(F.col("amount").cast("decimal(38,0)")).alias("sum")).collect()[0]["sum"]
    assert int(total) == 10**19


def test_control_rows(lake: Lake) -> None:
    """Rows of a small table: added, read back with maps and times, replaced by date and channel."""
    lake.append_rows(RUNS, [{"run_id": "1", "job": "match", "counts": {"lines": 3}}])
    lake.append_rows(RUNS, [{"run_id": "2", "job": "match", "seconds": {"match": 0.5}}])
    assert lake.read_rows(RUNS, run_id="1")[0]["counts"] == {"lines": 3}
    file = {"channel": "wechat", "business_date": T, "part": "all", "status": "RECEIVED"}
    lake.replace_rows(STATEMENT_FILES, [file], T, "wechat")
    lake.replace_rows(STATEMENT_FILES, [{**file, "business_date": U}], U, "wechat")
    lake.replace_rows(STATEMENT_FILES, [{**file, "status": "ACCEPTED"}], T, "wechat")
    found = {row["business_date"]: row["status"] for row in lake.read_rows(STATEMENT_FILES)}
    assert found == {T: "ACCEPTED", U: "RECEIVED"}
    assert lake.read(STATEMENT_FILES).count() == 2


def test_an_uncommitted_file_is_not_seen(lake: Lake) -> None:
    """What a task wrote before a kill lies in the table's folder and is no row of it."""
    lake.replace_day(FEE_TOTALS, totals(lake, 5), T, "wechat")
    stray = lake.storage.full_path(
        "fee_totals/business_date=2026-11-22/channel=wechat/stray.parquet"
    )
    with open(stray, "wb") as out:
        out.write(b"half a file")
    assert counts(lake) == {(T, "wechat"): 5}


def test_the_past_can_be_read(lake: Lake) -> None:
    """A version that was replaced since is still there, and so it is below a newer checkpoint."""
    was = lake.replace_day(FEE_TOTALS, totals(lake, 5), T, "wechat").version
    lake.replace_day(FEE_TOTALS, totals(lake, 2), T, "wechat")
    assert lake.read_day(FEE_TOTALS, T, "wechat", was).count() == 5
    DeltaTable(lake.path(FEE_TOTALS)).create_checkpoint()
    assert lake.read_day(FEE_TOTALS, T, "wechat", was).count() == 5
    assert lake.read_day(FEE_TOTALS, T).count() == 2


def test_a_table_of_an_earlier_version_gets_the_columns_it_lacks(lake: Lake) -> None:
    """A lake made before `settlement_amount` was known: refused by name, then widened, rows kept.

    One line of 1.00 was there; after the widening it has no settlement amount.
    """
    older = [each for each in arrow_schema(STATEMENT_LINES) if "settlement_" not in each.name]
    row = {each.name: "x" if pa.types.is_string(each.type) else None for each in older} | {
        "business_date": T,
        "channel": "wechat",
        "amount": 100,
    }
    uri = lake.path(STATEMENT_LINES)
    shutil.rmtree(uri)
    there = pa.Table.from_pylist([row], pa.schema(older))
    write_deltalake(uri, there, partition_by=list(STATEMENT_LINES.partitions))
    again = Lake(lake.spark, lake.uri)
    with pytest.raises(ColumnsDiffer, match="settlement_amount, settlement_currency"):
        again.read(STATEMENT_LINES)
    again.prepare()
    (found,) = again.read_day(STATEMENT_LINES, T, "wechat").collect()
    assert (found["amount"], found["settlement_amount"]) == (100, None)
    assert again.read(STATEMENT_LINES).where("settlement_amount is null").count() == 1


@pytest.mark.parametrize(("table", "row"), [
    (DECISIONS, {"decision_id": "d-1", "txn_was": "SUCCEEDED|100|CNY", "said_by": "ann",
                 "said": "1 fen", "said_at": datetime(2026, 11, 16, tzinfo=UTC)}),
    (MATCHED_PARTS, {"channel": "wechat", "business_date": T, "told": "{}"}),
], ids=lambda value: getattr(value, "name", ""))  # fmt: skip
def test_columns_with_former_names_are_read_and_migrated(
    lake: Lake, table: Table, row: dict[str, object]
) -> None:
    """A table made before the columns were renamed gives its rows under today's names: to each
    reader before the first write, and after the write, which renames the columns for good.
    """
    former = {today: name for name, today in table.former_names.items()}
    older = [field.with_name(former.get(field.name, field.name)) for field in arrow_schema(table)]
    uri = lake.path(table)
    shutil.rmtree(uri)
    write_deltalake(uri, pa.Table.from_pylist([row], pa.schema(older)))
    today = {table.former_names.get(name, name): value for name, value in row.items()}
    expected = dict.fromkeys(table.columns) | today

    again = Lake(lake.spark, lake.uri)
    assert again.read_rows(table) == [expected]
    assert LakeAsOf(again).read_rows(table) == [expected]
    (found,) = again.read(table).select(*(name for name in today if name != "created_at")).collect()
    assert found.asDict() == {name: today[name] for name in today if name != "created_at"}
    assert again.version(table) == 0, "a reader changes nothing"

    again.append_rows(table, [today])
    assert again.read_rows(table) == [expected, expected]
    assert DeltaTable(uri).to_pyarrow_table().column_names == list(table.columns)
    assert again.read(table).count() == 2
    version = again.version(table)
    assert Lake(lake.spark, lake.uri).prepare().version(table) == version, "migrated once"


@pytest.mark.sail_only
def test_table_that_is_gone_is_named_and_not_made_anew(lake: Lake) -> None:
    """Two folders are lost: every way in names them, and nothing is created in their place."""
    lake.replace_day(FEE_TOTALS, totals(lake, 1), T, "wechat")
    for table in (FEE_TOTALS, RUNS):
        shutil.rmtree(lake.path(table))
    again = Lake(lake.spark, lake.uri)
    for use in (
        lambda: again.prepare(),
        lambda: again.read(FEE_TOTALS),
        lambda: again.replace_day(FEE_TOTALS, totals(lake, 1), T, "wechat"),
        lambda: LakeAsOf(again),
    ):
        with pytest.raises(TableGone, match="put the folder back from a backup"):
            use()
    for writes in (True, False):
        opened = open_lake(lake.uri, "sail", writes=writes, lazy_session=True)
        with pytest.raises(TableGone, match="had the tables fee_totals, runs,"), opened:
            pass
    assert not Path(lake.path(FEE_TOTALS)).exists()


@pytest.mark.sail_only
def test_table_of_a_newer_version_is_made_in_an_older_lake(lake: Lake) -> None:
    """The list does not have it, nor does a lake that is older than the list: the next write makes
    the table and the list.
    """
    folder = Path(lake.uri)
    shutil.rmtree(lake.path(FEE_CHECKS))
    (folder / "_tables/fee_checks").unlink()
    assert Lake(lake.spark, lake.uri).prepare().version(FEE_CHECKS) == 0
    assert (folder / "_tables/fee_checks").exists()
    shutil.rmtree(folder / "_tables")
    Lake(lake.spark, lake.uri).prepare()
    listed = sorted(path.name for path in (folder / "_tables").iterdir())
    assert listed == sorted(table.name for table in TABLES)


@pytest.mark.sail_only
def test_process_killed_before_it_lists_its_table_is_repaired(lake: Lake) -> None:
    """The table is there and not listed: the next command lists it, its rows stay."""
    lake.replace_day(FEE_TOTALS, totals(lake, 2), T, "wechat")
    (Path(lake.uri) / "_tables/fee_totals").unlink()
    assert counts(Lake(lake.spark, lake.uri).prepare()) == {(T, "wechat"): 2}
    assert (Path(lake.uri) / "_tables/fee_totals").exists()


def test_every_column_has_its_description_in_the_log(lake: Lake) -> None:
    """A new table's schema carries the descriptions as comments; a write keeps them."""
    lake.replace_day(FEE_TOTALS, totals(lake, 1), T, "wechat")
    lake.append_rows(RUNS, [{"job": "match", "business_date": T}])
    for table in TABLES:
        comments = {
            field.name: field.metadata["comment"]
            for field in DeltaTable(lake.path(table)).schema().fields
        }
        assert comments == {column.name: column.description for column in table.definition}
