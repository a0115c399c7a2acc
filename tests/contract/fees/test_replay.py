"""What another card would have charged for stored lines: sums per month, product and currency."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.__main__ import main
from jobs.fees.check_day import record_fee_check
from jobs.lake.tables import Lake
from jobs.reports.fees.replay import replay_fees
from jobs.reports.fees.text import render_replay
from schemas.profile.channel import Profile
from schemas.tables import (
    FEE_TOTALS,
    INTERNAL_TRANSACTIONS,
    OUTCOMES,
    STATEMENT_FILES,
    STATEMENT_LINES,
)
from tests.support.fee_ledger import DAY, accepted_file, card, fee_line, line_frame, refund_line
from tests.support.ledger import complete_row, frame_of

NEXT_MONTH = date(2026, 12, 1)
PROFILE = Profile.model_validate(
    {
        "channel": "wechat",
        "dialect": "wechat_bill",
        "zone": "Asia/Shanghai",
        "first_date": "2026-11-16",
        "files": {"pattern": "wechat/{business_date:%Y-%m-%d}/*.csv"},
    }
)
TODAY = card({"rate": "0.0060"})
OTHER = card(
    {"product": "qr", "currency": "CNY", "rate": "0.0025", "min": 10, "refund": "keep"},
    {"product": "app", "rate": "0.0080"},
)


@pytest.fixture
def filled_lake(lake: Lake, spark: SparkSession) -> Lake:
    """A date of November, and one of December: a payment and its refund, which returns the fee."""
    later = {"business_date": NEXT_MONTH, "traded_at": datetime(2026, 12, 1, 4, tzinfo=UTC)}
    november = [
        fee_line("a", 10_000, 60, product="qr"),
        fee_line("b", 1_000, 6, product="qr"),
        fee_line("y", 1_000, 6, product="qr", currency="JPY"),
        fee_line("c", 10_000, 60, product="app", channel_ref_norm="WX-C"),
        fee_line("d", 10_000, 60),
    ]
    december = [refund_line("r", -5_000, -30, product="app", original_ref_norm="WX-C", **later)]
    for day, lines in ((DAY, november), (NEXT_MONTH, december)):
        lake.replace_day(STATEMENT_LINES, line_frame(spark, *lines), day, "wechat")
        row = accepted_file(len(lines)) | {"business_date": day, "file_id": str(day)}
        lake.append_rows(STATEMENT_FILES, [row])
    return lake


def table_versions(lake: Lake) -> dict[str, int]:
    """Versions of tables that a fee check writes or reads."""
    return {table.name: lake.version(table) for table in (FEE_TOTALS, STATEMENT_LINES, OUTCOMES)}


@pytest.mark.sail_only
def test_replay_sums_both_cards(filled_lake: Lake) -> None:
    """Today's card has all at 0.60 %. The other one has qr at 0.25 %, at least 0.10, and app at
    0.80 %; the refund of December returns its half of 0.80. It has no price for JPY by qr and for
    lines without a product: what is due there is not known. Nothing is written.
    """
    before = table_versions(filled_lake)
    replay = replay_fees(filled_lake, PROFILE, TODAY, OTHER, [DAY, NEXT_MONTH, date(2026, 12, 2)])
    assert replay.not_ingested == (date(2026, 12, 2),)
    assert render_replay(replay.sums) == [
        "CHANNEL  MONTH    PRODUCT  CURRENCY  LINES  DUE TODAY  DUE BY OTHER  DIFFERENCE",
        "wechat   2026-11           CNY           1       0.60     not known   not known",
        "wechat   2026-11  app      CNY           1       0.60          0.80       +0.20",
        "wechat   2026-11  qr       CNY           2       0.66          0.35       -0.31",
        "wechat   2026-11  qr       JPY           1          6     not known   not known",
        "wechat   2026-12  app      CNY           1      -0.30         -0.40       -0.10",
        "wechat   all      all      CNY           5       1.56     not known   not known",
        "wechat   all      all      JPY           1          6     not known   not known",
    ]
    assert [each.unpriced_other for each in replay.sums] == [1, 0, 0, 1, 0]
    assert table_versions(filled_lake) == before


@pytest.mark.sail_only
def test_replay_by_the_same_card_is_the_fee_check(filled_lake: Lake, spark: SparkSession) -> None:
    """With the same card twice nothing differs, and the sums are those of `fee_totals`. Without a
    card today only the other one is known. Both cards read the product of the line's pair.
    """
    pair = {"line_id": "d", "txn_id": "T", "run_date": DAY, "internal_date": DAY,
            "channel": "wechat"}  # fmt: skip
    ours = {"txn_id": "T", "business_date": DAY, "channel": "wechat", "product": "app"}
    frame = frame_of(spark, OUTCOMES, [complete_row(OUTCOMES, pair)])
    filled_lake.replace_day(OUTCOMES, frame, DAY, "wechat")
    frame = frame_of(spark, INTERNAL_TRANSACTIONS, [complete_row(INTERNAL_TRANSACTIONS, ours)])
    filled_lake.replace_day(INTERNAL_TRANSACTIONS, frame, DAY, "wechat")
    summary = record_fee_check(filled_lake, PROFILE, TODAY, DAY)
    same = replay_fees(filled_lake, PROFILE, TODAY, TODAY, [DAY])
    by_code = {"CNY": 0, "JPY": 0}
    for each in same.sums:
        assert each.difference == 0
        by_code[each.currency] += each.due or 0
    assert by_code == summary.due

    alone = replay_fees(filled_lake, PROFILE, None, OTHER, [DAY])
    assert [(each.product, each.currency, each.due, each.due_other) for each in alone.sums] == [
        ("app", "CNY", None, 160),
        ("qr", "CNY", None, 35),
        ("qr", "JPY", None, None),
    ]


def run_replay(
    lake: Lake, root: Path, capsys: pytest.CaptureFixture[str], *more: str
) -> tuple[int, dict[str, Any]]:
    """Exit status and JSON summary of the command."""
    words = ["--lake", lake.uri, "--config", str(root / "config"), *more]
    status = main(["fees", "replay", *words, "--schedules", str(root / "other")])
    return status, json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.mark.sail_only
def test_command_names_what_is_not_known(
    filled_lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cards are read as those of the configuration, with their faults; a date that was never
    ingested and lines without an entry end with 3.
    """
    pages = {
        "config/channels/wechat.yaml": "channel: wechat\ndialect: wechat_bill\nzone: Asia/Shanghai"
        '\nfirst_date: 2026-11-16\nfiles: {pattern: "{business_date:%Y-%m-%d}.csv"}\n',
        "config/fee_schedules/wechat.yaml": "channel: wechat\nentries:\n"
        '  - {name: all, rate: "0.006"}\n',
        "other/wechat.yaml": 'channel: wechat\nentries:\n  - {name: all, rate: "0.6"}\n',
    }
    for name, text in pages.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    day = ["--business-date", str(DAY)]
    status, summary = run_replay(filled_lake, tmp_path, capsys, *day)
    assert status == 2
    assert summary["errors"][0].startswith(f"--schedules: {tmp_path}/other/wechat.yaml:3: entries")
    (tmp_path / "other/wechat.yaml").write_text(
        'channel: wechat\nentries:\n  - {name: all, product: qr, rate: "0.006"}\n',
        encoding="utf-8",
    )
    status, summary = run_replay(filled_lake, tmp_path, capsys, *day)
    assert status == 3
    totals = {row["currency"]: (row["due"], row["due_other"]) for row in summary["totals"]}
    assert totals == {"CNY": (186, None), "JPY": (6, 6)}
    status, summary = run_replay(filled_lake, tmp_path, capsys, "--business-date", "2026-12-05")
    assert (status, summary["replay"]) == (3, [])


@pytest.mark.sail_only
def test_what_is_due_on_batches_has_no_product(filled_lake: Lake) -> None:
    """1 % of 310.00 in one, and of JPY 1,000; today's card has a fee on each line."""
    other = card({"level": "batch", "rate": "0.01"})
    replay = replay_fees(filled_lake, PROFILE, TODAY, other, [DAY])
    sums = {
        (each.product, each.currency): (each.lines, each.amount, each.due, each.due_other)
        for each in replay.sums
    }
    assert sums == {
        ("qr", "CNY"): (2, 11_000, 66, 0),
        ("qr", "JPY"): (1, 1_000, 6, 0),
        ("app", "CNY"): (1, 10_000, 60, 0),
        (None, "CNY"): (1, 10_000, 60, 310),
        (None, "JPY"): (0, 0, 0, 10),
    }
