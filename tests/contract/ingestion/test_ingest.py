"""Ingest on real layouts: the rows of good files, and the error of each kind of bad file."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from jobs.engine import task_pool
from jobs.lake.tables import Lake
from schemas.tables import (
    INTERNAL_TRANSACTIONS,
    REJECTED_LINES,
    SNAPSHOT_FILES,
    STATEMENT_FILES,
    STATEMENT_LINES,
)
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture
from tests.support.wechat_bills import HEADER, build_bill, build_payment, build_refund

WECHAT = """
channel: wechat
dialect: wechat_bill
zone: Asia/Shanghai
first_date: 2026-11-16
files:
  pattern: "wechat/{business_date:%Y-%m-%d}/*"
wechat:
  merchants: ["1600000001"]
"""
GOOD = build_bill([build_payment(1), build_payment(2, "20.00", "0.12000"), build_refund(1)])


@pytest.fixture
def pipeline(lake: Lake, tmp_path: Path) -> PipelineFixture:
    pipeline = PipelineFixture(tmp_path, lake)
    pipeline.write_profile(WECHAT, "wechat")
    return pipeline


def ingest_wechat(
    pipeline: PipelineFixture, content: bytes, name: str = "bill.csv"
) -> tuple[str, str]:
    """Ingests a WeChat file and a good file of the other channel; its status and reason."""
    pipeline.write_file(f"wechat/{day(0)}/{name}", content)
    pipeline.write_statement(0, file_line("A"))
    summary = pipeline.ingest(0)[0]
    row = pipeline.lake.read_rows(STATEMENT_FILES, channel="wechat")[-1]
    assert summary.states["bank"].line_count == 1, "the other channel is done"
    if row["status"] != "ACCEPTED":
        assert any(row["reason"] in fault for fault in summary.faults)
        of_wechat = pipeline.lake.read_day(STATEMENT_LINES, day(0), "wechat")
        assert of_wechat.count() == 0, "a refused file adds no line"
    return row["status"], row["reason"] or ""


def test_bill_becomes_canonical_lines(pipeline: PipelineFixture) -> None:
    """Two payments and a refund: minor units, signs, line numbers, UTC, our references."""
    pipeline.write_file(f"wechat/{day(0)}/bill.csv", GOOD)
    pipeline.ingest(0)
    rows = pipeline.lake.read_day(STATEMENT_LINES, day(0)).orderBy("line_no").collect()
    assert [
        (row["kind"], row["status"], row["amount"], row["fee"], row["line_no"]) for row in rows
    ] == [
        ("PAYMENT", "SUCCEEDED", 1000, 6, 2),
        ("PAYMENT", "SUCCEEDED", 2000, 12, 3),
        ("REFUND", "SUCCEEDED", -400, -2, 4),
    ]
    refunded = rows[2]
    assert (refunded["our_ref"], refunded["channel_ref"]) == ("R000001", "503000000000001")
    assert (refunded["order_ref"], refunded["original_ref"]) == (
        "S20261116000001",
        "420000000000001",
    )
    assert rows[0]["traded_at"].isoformat() == "2026-11-16T02:00:01"
    assert rows[0]["line_id"] == f"{rows[0]['file_id']}:000000002"
    file = pipeline.lake.read_rows(STATEMENT_FILES, channel="wechat")[0]
    assert (file["status"], file["version"], file["line_count"]) == ("ACCEPTED", 1, 3)
    assert Path(file["archived_path"]).read_bytes() == GOOD
    assert {(total["name"], total["declared"], total["computed"]) for total in file["totals"]} >= {
        ("count", 3, 3),
        ("settled", 3000, 3000),
        ("refunded", 400, 400),
        ("fee", 16, 16),
    }


@pytest.mark.sail_only
@pytest.mark.parametrize("wrapping", ["crlf", "bom", "gzip", "zip", "no last line end"])
def test_wrapping_does_not_change_the_lines(pipeline: PipelineFixture, wrapping: str) -> None:
    """CRLF, a BOM, gzip and zip give the same three lines."""
    rows = [build_payment(1), build_payment(2, "20.00", "0.12000"), build_refund(1)]
    content = {
        "crlf": build_bill(rows, end="\r\n"),
        "bom": build_bill(rows, has_bom=True),
        "gzip": gzip.compress(GOOD),
        "zip": make_zip({"bill.csv": GOOD}),
        "no last line end": GOOD.rstrip(b"\n"),
    }[wrapping]
    assert ingest_wechat(pipeline, content) == ("ACCEPTED", "")
    amounts = pipeline.lake.read_day(STATEMENT_LINES, day(0), "wechat").orderBy("line_no").collect()
    assert [row["amount"] for row in amounts] == [1000, 2000, -400]


def make_zip(members: dict[str, bytes]) -> bytes:
    """A zip with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return out.getvalue()


BAD = {
    "zero bytes": (b"", "EMPTY_FILE"),
    "wrong encoding": (GOOD.decode().encode("gb18030"), "BAD_ENCODING"),
    "utf-16": (GOOD.decode().encode("utf-16"), "UNKNOWN_LAYOUT"),
    "cut in the middle": (GOOD[: len(GOOD) // 2], "FOOTER_MISSING"),
    "header alone": (HEADER.encode(), "FOOTER_MISSING"),
    "two headers": (GOOD.replace(b"\n", f"\n{HEADER}\n".encode(), 1), "REJECTED_LINES"),
    "a footer that lies": (GOOD.replace(b"`3,`30.00", b"`3,`30.01"), "TOTALS_DIFFER"),
    "a footer that is no number": (GOOD.replace(b"`3,`30.00", b"`3,`a0.00"), "TOTALS_DIFFER"),
    "a short footer": (GOOD.replace(b",`4.00\n", b"\n"), "BAD_FOOTER"),
    "of the wrong day": (GOOD.replace(b"2026-11-16 10", b"2026-11-15 10"), "WRONG_DAY"),
    "of another channel": (b"our_ref,amount\nA,1.00\n", "UNKNOWN_LAYOUT"),
    "of another merchant": (GOOD.replace(b"`1600000001", b"`1600000002"), "REJECTED_LINES"),
    "a column missing": (GOOD.replace("手续费,".encode(), "别的,".encode(), 1), "UNKNOWN_LAYOUT"),
    "a zip in a zip": (make_zip({"a.zip": make_zip({"bill.csv": GOOD})}), "NESTED_ARCHIVE"),
    "a name that leads outside": (make_zip({"../bill.csv": GOOD}), "UNSAFE_NAME"),
    "two files in one zip": (make_zip({"a.csv": GOOD, "b.csv": GOOD}), "MULTIPLE_FILES_IN_ARCHIVE"),
    "a damaged zip": (make_zip({"bill.csv": GOOD})[:60], "BAD_ARCHIVE"),
    "a damaged gzip": (gzip.compress(GOOD)[:-12], "BAD_ARCHIVE"),
    "one endless line": (HEADER.encode() + b"\n" + b"x" * (70 * 2**20), "LINE_TOO_LONG"),
    "a bomb": (gzip.compress(b"\n" * (80 * 2**20)), "UNPACKS_TOO_LARGE"),
}


@pytest.mark.sail_only
@pytest.mark.parametrize("fault", BAD)
def test_bad_file_is_quarantined_with_a_named_error(pipeline: PipelineFixture, fault: str) -> None:
    """The archive keeps the file, it adds no line, and the other channel is done."""
    content, code = BAD[fault]
    status, reason = ingest_wechat(pipeline, content)
    assert status == "QUARANTINED"
    assert reason.startswith(f"{code}: wechat/{day(0)}/bill.csv"), reason
    row = pipeline.lake.read_rows(STATEMENT_FILES, channel="wechat")[0]
    assert Path(row["archived_path"]).read_bytes() == content


@pytest.mark.sail_only
@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("应结订单金额", "10.001", "BAD_AMOUNT: 10.001 has more than 2 decimals"),
        ("应结订单金额", "10000000000000.01", "BAD_AMOUNT: **********0000.01 is beyond 10^15"),
        ("应结订单金额", "1e3", "BAD_AMOUNT: '1e3' is no amount"),
        ("交易时间", "2026-11-31 10:00:00", "BAD_TIME: '2026-11-31 10:00:00'"),
        ("交易状态", "MAYBE", "UNKNOWN_STATUS: 'MAYBE'"),
        ("货币种类", "XXZ", "BAD_AMOUNT: 'XXZ' is no currency"),
        ("微信订单号", "", "NO_VALUE: channel_ref is empty"),
        ("应结订单金额", "", "NO_VALUE: amount is empty"),
    ],
)
def test_bad_line_is_rejected_with_a_named_error(
    pipeline: PipelineFixture, column: str, value: str, reason: str
) -> None:
    """rejected_lines has its number, raw text and reason."""
    pipeline.write_file(
        f"wechat/{day(0)}/b.csv",
        build_bill(
            [build_payment(1), build_payment(2, **{column: value})],
            footer=["2", "0", "0", "0", "0", "0", "0"],
        ),
    )
    pipeline.ingest(0)
    rows = pipeline.lake.read_day(REJECTED_LINES, day(0), "wechat").collect()
    assert [row["line_no"] for row in rows] == [3]
    assert rows[0]["reason"].startswith(reason)
    assert rows[0]["raw"].startswith("`") and "茶,两杯" in rows[0]["raw"]


@pytest.mark.sail_only
def test_same_bytes_as_two_parts_count_once(pipeline: PipelineFixture) -> None:
    """Both arrive together: ingest accepts the first and refuses the second."""
    parts = PAGE.replace("/*.csv*", "/{part}.csv").replace(
        "layout:\n", "  parts: [h00, h01]\nlayout:\n", 1
    )
    pipeline.write_profile(parts)
    for part in ("h00", "h01"):
        pipeline.write_statement(0, file_line("A"), name=f"{part}.csv")
    summary = pipeline.ingest(0)[0]
    assert pipeline.lake.read_day(STATEMENT_LINES, day(0), "bank").count() == 1
    assert summary.states["bank"].missing == ("h01",)
    assert "DUPLICATE_CONTENT" in summary.channels["bank"].reasons[0]


@pytest.mark.sail_only
def test_first_line_with_too_few_cells_is_an_unknown_layout(pipeline: PipelineFixture) -> None:
    """The file has no header."""
    pipeline.write_profile(
        PAGE.replace("  columns:", "  header: none\n  columns:")
        .replace("our_ref: our_ref", "our_ref: 1")
        .replace("channel_ref: channel_ref", "channel_ref: 2")
        .replace("kind: kind", "kind: 3")
        .replace("status: status", "status: 4")
        .replace("amount: amount", "amount: 5")
        .replace("fee: fee", "fee: 6")
        .replace("currency: currency", "currency: 7")
        .replace("traded_at: traded_at", "traded_at: 8")
        .replace("merchant_id: merchant", "merchant_id: 9")
    )
    pipeline.write_file(f"bank/{day(0)}/x.csv", "A,1.00\n")
    pipeline.ingest(0)
    reason = pipeline.lake.read_rows(STATEMENT_FILES, channel="bank")[0]["reason"]
    assert reason.startswith("UNKNOWN_LAYOUT: bank/2026-11-16/x.csv:1: the first line has 2 cells")


@pytest.mark.sail_only
def test_rejected_lines_within_the_limit_do_not_stop_a_file(pipeline: PipelineFixture) -> None:
    """One short row of three, and a limit of a half: the footer must agree with the other two."""
    pipeline.write_profile(
        WECHAT.replace("wechat:\n", "  rejected_share_max: 0.5\nwechat:\n"), "wechat"
    )
    good = build_bill([build_payment(1), build_payment(2)]).decode().splitlines()
    good.insert(2, "`2026-11-16 10:00:00,`short")
    pipeline.write_file(f"wechat/{day(0)}/b.csv", "\n".join(good))
    pipeline.ingest(0)
    row = pipeline.lake.read_rows(STATEMENT_FILES, channel="wechat")[0]
    assert (row["status"], row["line_count"], row["rejected_count"]) == ("ACCEPTED", 2, 1)
    numbers = pipeline.lake.read_day(STATEMENT_LINES, day(0), "wechat").select("line_no").collect()
    assert sorted(row["line_no"] for row in numbers) == [2, 4]


@pytest.mark.sail_only
def test_account_numbers_in_raw_text_are_masked(pipeline: PipelineFixture) -> None:
    """A card number in free text of a rejected line keeps its last four digits."""
    bad = build_payment(1, 商品名称="card 4111111111111111", 交易状态="?")
    pipeline.write_file(f"wechat/{day(0)}/b.csv", build_bill([bad]))
    pipeline.ingest(0)
    raw = pipeline.lake.read_day(REJECTED_LINES, day(0), "wechat").collect()[0]["raw"]
    assert "card ************1111" in raw


def statuses(pipeline: PipelineFixture, channel: str = "wechat") -> list[tuple[str, int, str]]:
    rows = pipeline.lake.read_rows(STATEMENT_FILES, channel=channel)
    return sorted(
        (row["file_name"].rsplit("/", 1)[-1], row["version"], row["status"]) for row in rows
    )


@pytest.mark.sail_only
def test_same_bytes_again_are_only_recorded(pipeline: PipelineFixture) -> None:
    """A copy has another name, and the same file arrives again."""
    pipeline.write_file(f"wechat/{day(0)}/a.csv", GOOD)
    pipeline.ingest(0)
    pipeline.write_file(f"wechat/{day(0)}/b.csv", GOOD)
    pipeline.ingest(0)
    pipeline.ingest(0)
    assert ("a.csv", 1, "ACCEPTED") in statuses(pipeline)
    assert [row for row in statuses(pipeline) if row[2] != "DUPLICATE"] == [
        ("a.csv", 1, "ACCEPTED")
    ]
    assert len(statuses(pipeline)) == 3
    assert pipeline.lake.read_day(STATEMENT_LINES, day(0)).count() == 3


@pytest.mark.sail_only
def test_same_bytes_for_another_day_are_refused(pipeline: PipelineFixture) -> None:
    """The channel sends yesterday's file as today's: the reason names where it is in force."""
    pipeline.write_file(f"wechat/{day(0)}/a.csv", GOOD)
    pipeline.write_file(f"wechat/{day(1)}/a.csv", GOOD)
    pipeline.ingest(0, 1)
    reason = pipeline.lake.read_rows(STATEMENT_FILES, business_date=day(1))[0]["reason"]
    assert (
        reason.startswith("DUPLICATE_CONTENT: ") and "in force as wechat 2026-11-16 all" in reason
    )


def test_new_version_replaces_the_old(pipeline: PipelineFixture) -> None:
    """Other bytes for the same day are version 2; the lines of version 1 are removed."""
    pipeline.write_file(f"wechat/{day(0)}/a.csv", GOOD)
    pipeline.ingest(0)
    pipeline.write_file(f"wechat/{day(0)}/a.csv", build_bill([build_payment(7)]))
    pipeline.ingest(0)
    assert statuses(pipeline) == [("a.csv", 1, "SUPERSEDED"), ("a.csv", 2, "ACCEPTED")]
    rows = pipeline.lake.read_day(STATEMENT_LINES, day(0)).collect()
    assert [row["our_ref"] for row in rows] == ["S20261116000007"]


@pytest.mark.sail_only
def test_bad_version_never_replaces_a_good_one(pipeline: PipelineFixture) -> None:
    """The totals of version 2 differ: it is quarantined, and version 1 stays in force."""
    pipeline.write_file(f"wechat/{day(0)}/a.csv", GOOD)
    pipeline.ingest(0)
    pipeline.write_file(f"wechat/{day(0)}/a.csv", GOOD.replace(b"`3,`30.00", b"`3,`30.01"))
    summary = pipeline.ingest(0)[0]
    assert statuses(pipeline) == [("a.csv", 1, "ACCEPTED"), ("a.csv", 2, "QUARANTINED")]
    assert pipeline.lake.read_day(STATEMENT_LINES, day(0)).count() == 3
    assert "settled declares 30.01, its lines add up to 30.00" in summary.faults[0]


@pytest.mark.sail_only
def test_quarantined_file_is_read_again(pipeline: PipelineFixture) -> None:
    """After a correction of the profile, ingest accepts the same bytes."""
    pipeline.write_profile(WECHAT.replace("1600000001", "1699999999"), "wechat")
    pipeline.write_file(f"wechat/{day(0)}/a.csv", GOOD)
    pipeline.ingest(0)
    assert statuses(pipeline) == [("a.csv", 1, "QUARANTINED")]
    pipeline.write_profile(WECHAT, "wechat")
    pipeline.ingest(0)
    assert statuses(pipeline) == [("a.csv", 1, "ACCEPTED")]
    assert pipeline.lake.read_day(STATEMENT_LINES, day(0)).count() == 3
    assert pipeline.lake.read_day(REJECTED_LINES, day(0)).count() == 0


@pytest.mark.sail_only
def test_bill_without_trades_is_accepted(pipeline: PipelineFixture) -> None:
    """The bill has a header and a footer of zeros."""
    assert ingest_wechat(pipeline, build_bill([])) == ("ACCEPTED", "")
    assert pipeline.ingest(0)[0].states["wechat"].is_complete


@pytest.mark.sail_only
def test_missing_file_is_reported(pipeline: PipelineFixture) -> None:
    """The inbox is empty: STATEMENT_MISSING names the channel, and there are no rows."""
    summary = pipeline.ingest(0)[0]
    fault = f"STATEMENT_MISSING: wechat {day(0)}: no file came that fits wechat/{day(0)}/*"
    assert fault in summary.faults
    assert pipeline.lake.read_rows(STATEMENT_FILES) == []


@pytest.mark.sail_only
@pytest.mark.parametrize("block", [200, 700, 5000])
def test_block_size_does_not_change_the_lines(
    pipeline: PipelineFixture, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    """The engine reads a file in many blocks: every line once, with its own number."""
    monkeypatch.setattr("jobs.storage.archive.BLOCK_BYTES", block)
    monkeypatch.setattr(task_pool, "INLINE_BYTES", 0)
    rows = [build_payment(i, 商品名称="一杯`茶" if i == 11 else "茶") for i in range(60)]
    pipeline.write_file(
        f"wechat/{day(0)}/a.csv", build_bill(rows, end="\r\n" if block == 700 else "\n")
    )
    pipeline.ingest(0)
    lines = pipeline.lake.read_day(STATEMENT_LINES, day(0), "wechat").orderBy("line_no").collect()
    assert [row["line_no"] for row in lines] == list(range(2, 62))
    assert [row["our_ref"] for row in lines] == [f"S20261116{i:06}" for i in range(60)]


def test_snapshot_becomes_canonical_transactions(pipeline: PipelineFixture) -> None:
    """Minor units, our_ref from txn_id, and the latest of repeated rows by updated_at."""
    early, late = "2026-11-16T03:00:00+00:00", "2026-11-16T05:00:00+00:00"
    from datetime import datetime

    pipeline.write_snapshot(
        0,
        file_txn("A", "10.00"),
        file_txn("B", "0.01", channel="wechat"),
        file_txn("C", status="PENDING", updated_at=datetime.fromisoformat(early)),
        file_txn("C", updated_at=datetime.fromisoformat(late)),
    )
    summary = pipeline.ingest(0)[0]
    rows = pipeline.lake.read_day(INTERNAL_TRANSACTIONS, day(0)).orderBy("txn_id").collect()
    assert [
        (row["txn_id"], row["channel"], row["amount"], row["status"], row["our_ref"])
        for row in rows
    ] == [
        ("A", "bank", 1000, "SUCCEEDED", "A"),
        ("B", "wechat", 1, "SUCCEEDED", "B"),
        ("C", "bank", 1000, "SUCCEEDED", "C"),
    ]
    assert summary.snapshot and summary.snapshot["rejected_count"] == 1


@pytest.mark.sail_only
def test_csv_snapshot_becomes_canonical_transactions(pipeline: PipelineFixture) -> None:
    """Texts have quotes; a time without an offset is UTC."""
    pipeline.write_file(
        f"internal/{day(0)}/all.csv",
        "txn_id,channel,kind,status,amount,currency,occurred_at,our_ref\n"
        'A,bank,PAYMENT,SUCCEEDED,10.00,CNY,2026-11-16 01:02:03,"x,1"\n',
    )
    pipeline.ingest(0)
    row = pipeline.lake.read_day(INTERNAL_TRANSACTIONS, day(0)).collect()[0]
    assert (row["amount"], row["our_ref"], row["our_ref_norm"]) == (1000, "x,1", "X,1")
    assert row["occurred_at"].isoformat() == "2026-11-16T01:02:03"


@pytest.mark.sail_only
def test_csv_snapshot_may_leave_optional_columns_blank(pipeline: PipelineFixture) -> None:
    """A row without channel refuses the snapshot; a blank order_amount does not."""
    head = "txn_id,channel,kind,status,amount,currency,occurred_at,order_amount\n"
    row = "{},{},PAYMENT,SUCCEEDED,10.00,CNY,2026-11-16 01:02:03,\n"
    pipeline.write_file(
        f"internal/{day(0)}/all.csv", head + row.format("A", "bank") + row.format("B", "")
    )
    assert "has no channel" in pipeline.ingest(0)[0].snapshot["reason"]
    pipeline.write_file(f"internal/{day(0)}/all.csv", head + row.format("A", "bank"))
    assert pipeline.ingest(0)[0].snapshot["status"] == "ACCEPTED"


@pytest.mark.sail_only
def test_faulty_snapshot_is_refused_whole(pipeline: PipelineFixture) -> None:
    """The reason names every fault, and no row is written. The statement is accepted."""
    pipeline.write_statement(0, file_line("A"))
    pipeline.write_snapshot(
        0, file_txn("A", "1.001"), file_txn("B", kind="GIFT"), file_txn("C", business_date=day(1))
    )
    summary = pipeline.ingest(0)[0]
    reason = summary.snapshot and summary.snapshot["reason"]
    for part in (
        "txn_id A: amount: BAD_AMOUNT: 1.001",
        "txn_id B: unknown kind: 'GIFT'",
        "txn_id C: business_date is 2026-11-17, not 2026-11-16",
    ):
        assert part in reason
    assert pipeline.lake.read_day(INTERNAL_TRANSACTIONS, day(0)).count() == 0
    assert summary.states["bank"].result == "SNAPSHOT_MISSING"


@pytest.mark.sail_only
def test_snapshot_with_wrong_columns_names_every_fault(pipeline: PipelineFixture) -> None:
    """Columns are missing, and the amount is a float."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = pipeline.write_file(f"internal/{day(0)}/part.parquet", b"")
    pq.write_table(pa.table({"txn_id": ["A"], "amount": [1.5], "status": ["SUCCEEDED"]}), path)
    reason = pipeline.ingest(0)[0].snapshot["reason"]
    for part in ("column channel is missing", "column currency is missing", "amount is double"):
        assert part in reason


@pytest.mark.sail_only
def test_repeated_transaction_without_a_latest_row_is_refused(pipeline: PipelineFixture) -> None:
    """Two rows of one transaction differ, and updated_at is missing."""
    pipeline.write_snapshot(0, file_txn("A"), file_txn("A", "11.00"))
    row = pipeline.ingest(0)[0].snapshot
    assert row["status"] == "QUARANTINED"
    assert "A has several rows and updated_at does not say which is the latest" in row["reason"]


@pytest.mark.sail_only
def test_amounts_whose_sum_bigint_cannot_hold_are_refused(pipeline: PipelineFixture) -> None:
    """Each amount is right, their sum is too large: in a statement and in a snapshot of the day."""
    rows = [file_txn(f"A{at}", "10000000000000.00") for at in range(1001)]
    pipeline.write_snapshot(0, *rows)
    pipeline.write_statement(0, *(file_line(f"A{at}", "10000000000000.00") for at in range(10_000)))
    summary = pipeline.ingest(0)[0]
    assert summary.snapshot["status"] == "QUARANTINED"
    assert "bank in CNY add up to more than 10^18 minor units" in summary.snapshot["reason"]
    (row,) = pipeline.lake.read_rows(STATEMENT_FILES, channel="bank")
    assert (row["status"], row["reason"][:16]) == ("QUARANTINED", "TOTALS_TOO_LARGE")
    assert [total["name"] for total in row["totals"]] == ["count", "fee"]


@pytest.mark.sail_only
def test_new_snapshot_replaces_the_old(pipeline: PipelineFixture) -> None:
    """The second export of a day replaces the first."""
    pipeline.write_snapshot(0, file_txn("A"), file_txn("B"))
    pipeline.ingest(0)
    pipeline.write_snapshot(0, file_txn("A"))
    pipeline.ingest(0)
    assert pipeline.lake.read_day(INTERNAL_TRANSACTIONS, day(0)).count() == 1
    versions = sorted(
        (row["version"], row["status"]) for row in pipeline.lake.read_rows(SNAPSHOT_FILES)
    )
    assert versions == [(1, "SUPERSEDED"), (2, "ACCEPTED")]
