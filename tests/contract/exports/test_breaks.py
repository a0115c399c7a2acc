"""The rows of `breaks.csv` and of the sheets: which ones, in which order, with which cells."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.exports.breaks import HEADINGS, render_rows, select_cells
from jobs.exports.file_places import FilePlaces
from jobs.exports.sections import (
    ROWS_MAX,
    Section,
    add_break_ids,
    add_details,
    select_sections,
)
from jobs.reports.labels import ACTION_LABELS, REASON_LABELS
from jobs.reports.money_text import Money
from schemas.tables import (
    BREAK_EVENTS,
    CANDIDATES,
    INTERNAL_TRANSACTIONS,
    OPEN_ITEMS,
    OUTCOMES,
    STATEMENT_LINES,
)
from schemas.vocabulary import Action, Reason
from tests.support.export_ledger import (
    amount_break,
    internal_only,
    outcome,
    outcome_frame,
    statement_only,
)
from tests.support.ledger import at, day, frame_of

Row = dict[str, Any]
FILE = "ab" * 32
RECEIVED = {"file_id": FILE, "file_name": "wechat.csv", "status": "ACCEPTED", "received_at": 1}


def table(
    spark: SparkSession,
    *rows: Row,
    section: Section = Section.BREAKS,
    lines: Iterable[Row] = (),
    transactions: Iterable[Row] = (),
    carried: Iterable[Row] = (),
    candidates: Iterable[Row] = (),
    events: Iterable[Row] = (),
) -> list[Row]:
    """The rendered rows of a section, by heading; an empty cell is None."""
    detailed = add_details(
        select_sections(outcome_frame(spark, *rows)),
        frame_of(spark, STATEMENT_LINES, lines),
        frame_of(spark, INTERNAL_TRANSACTIONS, transactions),
        frame_of(spark, OPEN_ITEMS, carried),
        frame_of(spark, CANDIDATES, candidates),
        "Asia/Shanghai",
    )
    detailed = add_break_ids(detailed, frame_of(spark, BREAK_EVENTS, events))
    received: list[Mapping[str, Any]] = [RECEIVED]
    rendered = render_rows(select_cells(detailed).collect(), FilePlaces(received))
    return [
        {heading.text: cell.text if isinstance(cell, Money) else cell or None
         for heading, cell in zip(HEADINGS, row, strict=True)}
        for of_section, row in rendered if of_section == section
    ]  # fmt: skip


def line_id(number: int) -> str:
    """The id of a line of the file."""
    return f"{FILE}:{number:09d}"


def test_every_reason_and_action_has_a_label() -> None:
    """A new code without a label fails here."""
    assert set(REASON_LABELS) == set(Reason)
    assert set(ACTION_LABELS) == set(Action)


def test_pair_with_different_amounts(spark: SparkSession) -> None:
    """60.00 in our books, 59.00 on the statement."""
    reasons = ["AMOUNT_MISMATCH", "STATUS_MISMATCH"]
    row = amount_break("S1", 6_000, 5_900, fee=32, channel_ref="4200S1", reasons=reasons,
                       line_id=line_id(12), first_run_date=day(4))  # fmt: skip
    line = {"line_id": line_id(12), "traded_at": at("10:30", 6), "product": "JSAPI"}
    ours = {"txn_id": "S1", "occurred_at": at("10:29", 6), "product": "ours", "merchant_id": "M7"}
    event = {"event": "OPENED", "txn_id": "S1", "line_id": line_id(12), "break_id": "abc"}
    (shown,) = table(spark, row, lines=[line], transactions=[ours], events=[event])
    assert shown == {
        "Run date": "2026-11-22",
        "Channel": "wechat",
        "What is wrong": "amounts differ; statuses differ",
        "What to do": "Review by hand",
        "Currency": "CNY",
        "At stake": "59.00",
        "Our amount": "60.00",
        "Statement amount": "59.00",
        "Difference": "-1.00",
        "Age in days": 2,
        "Kind": "PAYMENT",
        "Our reference": "S1",
        "Channel reference": "4200S1",
        "Order reference": None,
        "Our status": "SUCCEEDED",
        "Statement status": "SUCCEEDED",
        "Our date": "2026-11-22",
        "Statement date": "2026-11-22",
        "Trade time": "2026-11-22 10:30:00",
        "Product": "JSAPI",
        "Merchant": "M7",
        "File": "wechat.csv",
        "Line": 12,
        "Transaction": "S1",
        "Group": None,
        "Candidates": None,
        "Duplicate of": None,
        "Related": None,
        "Fee": "0.32",
        "Our currency": "CNY",
        "Matching attempts": 1,
        "Reason codes": "AMOUNT_MISMATCH STATUS_MISMATCH",
        "Break": "abc",
        "Line id": line_id(12),
    }


@pytest.mark.sail_only
def test_each_amount_has_its_own_currency(spark: SparkSession) -> None:
    """1,200 yen in our books, 1.200 dinars on the statement."""
    row = amount_break("S1", 1_200, 1_200, currency="KWD", internal_currency="JPY", difference=None)
    (shown,) = table(spark, row)
    assert (shown["Our amount"], shown["Our currency"]) == ("1200", "JPY")
    assert (shown["Statement amount"], shown["Currency"]) == ("1.200", "KWD")


@pytest.mark.sail_only
def test_most_money_at_stake_comes_first(spark: SparkSession) -> None:
    """Currency by currency; equal amounts sort by transaction, then line."""
    shown = table(
        spark,
        outcome("matched"),
        outcome("waiting", outcome="SUSPENSE", reasons=["INTERNAL_ONLY"], action="WAIT"),
        statement_only("z", 99_900),
        internal_only("c", 99_900),
        amount_break("b", 100, 150),
        amount_break("a", 100, 50),
        amount_break("d", 100, -900),
        internal_only("j", 9_999_999, currency="JPY"),
        amount_break("s", 5_000, 5_000, reasons=["STATUS_MISMATCH"]),
    )
    assert [(row["Our reference"], row["Currency"], row["At stake"]) for row in shown] == [
        ("c", "CNY", "999.00"),
        ("z", "CNY", "999.00"),
        ("s", "CNY", "50.00"),
        ("d", "CNY", "10.00"),
        ("a", "CNY", "0.50"),
        ("b", "CNY", "0.50"),
        ("j", "JPY", "9999999"),
    ]


@pytest.mark.sail_only
def test_members_of_a_group_stand_together(spark: SparkSession) -> None:
    """Batch B1 has 30.00 at stake: all of its rows come before the 20.00 of a lone item."""
    group = {"reasons": ["AMOUNT_MISMATCH"], "action": "REVIEW"}
    unit = {"unit_id": "by_batch:B1"}
    shown = table(
        spark,
        internal_only("lone", 2_000),
        internal_only("T1", 5_000, difference=3_000, **group) | unit,
        internal_only("T2", 1_000, **group) | unit,
        statement_only("L1", 9_000, line_id=line_id(3), **group) | unit,
    )
    assert [
        (row["Transaction"] or row["Line"], row["Group"], row["At stake"]) for row in shown
    ] == [
        ("T1", "by_batch:B1", "30.00"),
        ("T2", "by_batch:B1", "0.00"),
        (3, "by_batch:B1", "0.00"),
        ("lone", None, "20.00"),
    ]


@pytest.mark.sail_only
def test_ids_of_lines_are_file_and_number(spark: SparkSession) -> None:
    """An ambiguous transaction names its candidates, the likeliest first, pass by pass; a copy
    names the line that it repeats, and advice what speaks against it.
    """
    ambiguous = internal_only("A", 100, reasons=["AMBIGUOUS"])
    copy = statement_only("c", 100, line_id=line_id(9), duplicate_of=line_id(8),
                          reasons=["DUPLICATE_LINE"], related=["T1", line_id(7)])  # fmt: skip
    of_a = {"unit_id": "A", "candidate_count": 4}
    candidates = [
        {**of_a, "pass": "by_amount", "rank": 2, "candidate_id": line_id(5)},
        {**of_a, "pass": "by_amount", "rank": 1, "candidate_id": line_id(6)},
    ]
    first, second = table(spark, ambiguous, copy, candidates=candidates)
    assert first["Candidates"] == "wechat.csv:6; wechat.csv:5 and 2 more"
    assert (second["File"], second["Line"], second["Duplicate of"], second["Related"]) == (
        "wechat.csv", 9, "wechat.csv:8", "T1; wechat.csv:7",
    )  # fmt: skip


@pytest.mark.sail_only
def test_details_of_what_earlier_days_left_open(spark: SparkSession) -> None:
    """An open item of the day before has its time and merchant; one sent again has today's."""
    rows = (internal_only("old", 100), internal_only("again", 100))
    carried = [
        {"txn_id": name, "at": at("09", 1), "merchant_id": "M1"} for name in ("old", "again")
    ]
    again = {"txn_id": "again", "occurred_at": at("09:01", 1), "merchant_id": "M2"}
    shown = table(spark, *rows, carried=carried, transactions=[again])
    assert [(row["Transaction"], row["Trade time"], row["Merchant"]) for row in shown] == [
        ("again", "2026-11-17 09:01:00", "M2"),
        ("old", "2026-11-17 09:00:00", "M1"),
    ]


@pytest.mark.sail_only
def test_sheets_of_what_waits_and_of_what_is_not_ours(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has the rows with most money; a limit cuts them, not the breaks."""
    monkeypatch.setitem(ROWS_MAX, Section.WAITING, 2)
    waits = {"outcome": "SUSPENSE", "action": "WAIT"}
    not_ours = {"outcome": "EXCLUDED", "reasons": ["OUT_OF_SCOPE"], "action": "NONE"}
    rows = (
        *[internal_only(f"w{amount}", amount, **waits) for amount in (100, 300, 200)],
        statement_only("o", 500, **not_ours),
        outcome("put away", outcome="EXCLUDED", reasons=["NOT_EXPECTED"]),
        *[internal_only(f"b{amount}", amount) for amount in (100, 300, 200)],
    )
    refs = {section: [row["Our reference"] for row in table(spark, *rows, section=section)]
            for section in Section}  # fmt: skip
    assert refs == {
        Section.BREAKS: ["b300", "b200", "b100"],
        Section.WAITING: ["w300", "w200"],
        Section.OUT_OF_SCOPE: ["o"],
    }


@pytest.mark.sail_only
def test_order_holds_for_many_rows(spark: SparkSession) -> None:
    """40,000 breaks: more than an engine returns in one batch."""
    number = F.col("id")
    one = internal_only("x", 1, reasons=["AMOUNT_MISMATCH"])
    row = outcome_frame(spark, one).drop("txn_id", "unit_id", "difference")
    many = spark.range(0, 40_000, 1, 4).select(
        F.concat(F.lit("T"), (number * 7919 % 40_000).cast("string")).alias("txn_id"),
        F.when(number % 3 == 0, number % 100 - 50).alias("difference"),
    )
    rows = many.join(row, how="cross").withColumn("unit_id", F.col("txn_id"))
    rows = select_sections(rows.select(*OUTCOMES.columns))
    none = F.lit(None).cast("string")
    empty = dict.fromkeys(("trade_time", "candidate_count", "break_id"), none)
    rows = rows.withColumns(
        {**empty, "candidate_ids": F.array().cast("array<string>"), "product": none,
         "merchant_id": none}
    )  # fmt: skip
    shown = [(row["at_stake"], row["txn_id"]) for row in select_cells(rows).toLocalIterator()]
    assert len(shown) == 40_000
    assert shown == sorted(shown, key=lambda row: (-row[0], row[1]))


@pytest.mark.sail_only
def test_references_that_look_like_formulas_are_escaped(spark: SparkSession) -> None:
    """Every reference column gets the apostrophe."""
    row = amount_break(
        '=HYPERLINK("http://x")', 1, 2, channel_ref="@x", order_ref="+1", duplicate_of="-1"
    )
    (shown,) = table(spark, row)
    assert shown["Our reference"] == shown["Transaction"] == '\'=HYPERLINK("http://x")'
    assert shown["Channel reference"] == "'@x"
    assert (shown["Order reference"], shown["Duplicate of"]) == ("'+1", "'-1")
