"""Personal numbers leave the archive in no text: six kinds of them in each of fifteen columns."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.__main__ import main
from jobs.lake.tables import Lake
from schemas.private_text import is_card_number
from schemas.tables import INTERNAL_TRANSACTIONS, REJECTED_LINES, STATEMENT_FILES, STATEMENT_LINES
from tests.support.ledger import day
from tests.support.pipeline_fixture import PipelineFixture

PAGE = """
channel: bank
dialect: delimited
zone: Asia/Shanghai
first_date: 2026-11-16
files:
  pattern: "bank/{business_date:%Y-%m-%d}/*.csv"
layout:
  quote: '"'
  columns:
    our_ref: our_ref
    channel_ref: channel_ref
    kind: kind
    status: status
    amount: amount
    fee: fee
    currency: currency
    traded_at: traded_at
    merchant_id: merchant
    payer_name: payer
    product: product
    text: product
    terminal_id: terminal
    order_ref: order
    batch_ref: batch
    account_tail: account
match:
  passes: [our_ref, channel_ref]
"""
COLUMNS = ("our_ref", "channel_ref", "kind", "status", "amount", "fee", "currency", "traded_at",
           "merchant", "payer", "product", "terminal", "order", "batch", "account")  # fmt: skip
#: Invented numbers with right check digits; the account has none.
SECRETS = {
    "card": "4111111111111111",
    "card in groups": "6222 0212 3456 7890 128",
    "iban": "GB82WEST12345698765432",
    "account": "621700009988776655",
    "phone": "13800138000",
    "mail": "zhang.san@example.com",
    "identity": "11010519491231002X",
}
#: Columns in which a number is what the column says: an amount, or a reference.
INNOCENT = {
    "phone": ("amount", "fee"),
    "account": ("our_ref", "channel_ref", "order", "batch"),
}
#: Columns that nobody looks a row up by, and that make no line wrong.
TEXTS = ("payer", "product", "account")


def row(number: int, **cells: str) -> list[str]:
    """A good line of 10.00, with some cells instead of its own."""
    values = dict.fromkeys(COLUMNS, "") | {
        "our_ref": f"S{number}", "channel_ref": f"C{number}", "kind": "PAYMENT",
        "status": "SUCCEEDED", "amount": "10.00", "fee": "0", "currency": "CNY",
        "traded_at": "2026-11-16 12:00:00", "merchant": "M1",
    }  # fmt: skip
    return [*(values | cells).values()]


def statement(rows: Sequence[Sequence[str]]) -> str:
    """A statement file of the page."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([COLUMNS, *rows])
    return out.getvalue()


def texts_of(lake: Path) -> Iterator[tuple[str, str]]:
    """Whatever a lake holds but its archive, as text, by path."""
    for path in sorted(lake.rglob("*")):
        if not path.is_file() or "archive" in path.relative_to(lake).parts[:1]:
            continue
        name = str(path.relative_to(lake))
        if path.suffix == ".parquet":
            yield name, str(pq.ParquetFile(path).read().to_pylist())
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                for member in packed.namelist():
                    yield f"{name}/{member}", packed.read(member).decode("utf-8", "replace")
        else:
            yield name, path.read_bytes().decode("utf-8", "replace")


def card_number(account: int) -> str:
    """The card number of an invented account, with its check digit."""
    digits = f"622202{account:09d}"
    return next(f"{digits}{check}" for check in range(10) if is_card_number(f"{digits}{check}"))


def leaks_in(name: str, text: str) -> list[str]:
    """The secrets that a text holds, whole or but for their last four characters."""
    shown = {
        kind: (secret, secret[:-4], secret.replace(" ", "")) for kind, secret in SECRETS.items()
    }
    del shown["mail"]
    shown["mail"] = (SECRETS["mail"],) * 3
    return [f"{name}: {kind}" for kind, parts in shown.items() if any(p in text for p in parts)]


@pytest.fixture
def pipeline(spark: SparkSession, tmp_path: Path) -> PipelineFixture:
    """A refused file with all secrets in all columns, and a good one on the next day."""
    made = PipelineFixture(tmp_path, Lake(spark, str(tmp_path / "lake")), PAGE)
    everywhere = [
        row(number, **{column: secret})
        for number, (column, secret) in enumerate(
            (column, secret)
            for column in COLUMNS
            for kind, secret in SECRETS.items()
            if column not in INNOCENT.get(kind, ())
        )
    ]
    named = {kind: secret for kind, secret in SECRETS.items() if kind != "account"}
    in_references = [
        row(900 + number, amount="?", **{column: secret})
        for number, (column, secret) in enumerate(
            (column, secret)
            for column in ("our_ref", "channel_ref", "order", "batch")
            for secret in named.values()
        )
    ]
    made.write_file(f"bank/{day(0)}/all.csv", statement([*everywhere, *in_references]))
    good = [
        row(number, **dict.fromkeys(TEXTS, secret))
        for number, secret in enumerate(SECRETS.values(), 500)
    ]
    made.write_file(f"bank/{day(1)}/good.csv", statement(good).replace("2026-11-16", str(day(1))))
    head = "txn_id,channel,kind,status,amount,currency,occurred_at,product,card_type\n"
    bad = [f"S{n},bank,PAYMENT,SUCCEEDED,{secret},CNY,2026-11-16T04:00:00,,"
           for n, secret in enumerate(SECRETS.values())]  # fmt: skip
    made.write_file(f"internal/{day(0)}/part.csv", head + "\n".join(bad) + "\n")
    right = [f"S{n},bank,PAYMENT,SUCCEEDED,10.00,CNY,2026-11-17T04:00:00,{secret},{secret}"
             for n, secret in enumerate(SECRETS.values(), 501)]  # fmt: skip
    made.write_file(f"internal/{day(1)}/part.csv", head + "\n".join(right) + "\n")
    return made


@pytest.mark.sail_only
def test_no_text_holds_a_personal_number(
    pipeline: PipelineFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Tables, logs, exports, quality pages, stdout, stderr; a person's comment, too."""
    lake, inbox, config = (str(pipeline.root / name) for name in ("lake", "inbox", "config"))
    comment = " or ".join(SECRETS.values()).replace(
        SECRETS["account"], "account 621700009988776655"
    )
    where = ["--lake", lake, "--config", config]
    dates = ["--business-date", str(day(0)), "--through", str(day(1))]
    assert main(["run", *where, "--inbox", inbox, *dates]) == 3
    assert main(["explain", *where, "--json", "S500"]) == 0
    assert main(["explain", *where, "S501"]) == 0
    assert main(["files", *where, *dates]) == 0
    rejected = pipeline.lake.read_day(REJECTED_LINES, day(0), "bank").collect()
    file_id = pipeline.lake.read_rows(STATEMENT_FILES, business_date=day(0))[0]["file_id"]
    assert main(["files", *where, "withdraw", file_id, "--by", "ann", "--reason", comment]) == 0
    folder = pipeline.inbox / "bank"
    for name in (f"{day(0)}/all.csv", f"{day(1)}/good.csv"):
        assert main(["profile", "new", str(folder / name)]) == 0
        main(["profile", "try", f"{config}/channels/bank.yaml", str(folder / name)])
    printed = capfd.readouterr()
    files = dict(texts_of(pipeline.root / "lake"))
    texts = {**files, "stdout": printed.out, "stderr": printed.err}
    assert [leak for name, text in texts.items() for leak in leaks_in(name, text)] == []
    for expected in (
        "exports/",
        "_delta_log/",
        "rejected_lines/",
        "internal_transactions/",
        ".html",
    ):
        assert any(expected in name for name in files), expected
    assert len(rejected) == 6 * len(SECRETS) - 2 + 4 * (len(SECRETS) - 1)
    assert sum("************1111" in line["raw"] for line in rejected) == 10
    lines = pipeline.lake.read_day(STATEMENT_LINES, day(1), "bank").collect()
    assert sorted(line["our_ref"] for line in lines) == [f"S{n}" for n in range(500, 507)]
    assert {line["product"] for line in lines} >= {"************1111", "z**@example.com"}
    assert all(line["text"] == line["product"] for line in lines)
    assert pipeline.lake.read_day(INTERNAL_TRANSACTIONS, day(1)).count() == len(SECRETS)


@pytest.mark.sail_only
def test_card_numbers_as_references_are_refused(lake: Lake, tmp_path: Path) -> None:
    """On both sides, by name and without a number; nothing of them stays but in the archive."""
    pipeline = PipelineFixture(tmp_path, lake, PAGE)
    cards = [card_number(number) for number in range(9)]
    lines = [row(number, channel_ref=cards[number]) for number in range(9)]
    pipeline.write_file(f"bank/{day(0)}/a.csv", statement(lines))
    head = "txn_id,channel,kind,status,amount,currency,occurred_at,channel_ref\n"
    rows = [
        f"S{n},bank,PAYMENT,SUCCEEDED,10.00,CNY,2026-11-16T04:00:00,{cards[n]}" for n in range(9)
    ]
    pipeline.write_file(f"internal/{day(0)}/part.csv", head + "\n".join(rows) + "\n")
    (summary,) = pipeline.ingest(0)
    problem = "9 of 9 values of channel_ref are card numbers, which tieout does not keep"
    faults = [fault for fault in summary.faults if "CARD_NUMBERS" in fault]
    assert len(faults) == 2
    assert all(problem in fault for fault in faults)
    texts = [text for _, text in texts_of(tmp_path / "lake")]
    assert not any(card in text for text in [*texts, *summary.faults] for card in cards)
    pipeline.write_profile(f"{PAGE}card_number_references: [channel_ref]\n")
    (summary,) = pipeline.ingest(0)
    assert summary.faults == []
    assert summary.channels["bank"].counts["lines"] == 9
