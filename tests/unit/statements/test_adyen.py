"""Adyen's settlement details report: made files, debit and credit, zones, batches, damage.

A line below is shown as (kind, amount, fee, currency, our_ref, channel_ref, original_ref).
"""

import csv
import io

import pytest

from tests.fuzz.reading import ReadResult
from tests.support.psp_reports import ledger, read_golden_statement, reasons
from tests.support.psp_reports import read_report as read_psp_report

GOOD = read_golden_statement("adyen")
P1, P3 = "8800000000000001", "8800000000000003"
LEDGER = [
    ("PAYMENT", 10000, 124, "EUR", "S1001", P1, None),
    ("REFUND", -4000, 10, "EUR", "R2001", "8800000000000201", P1),
    ("CHARGEBACK", -100, 200, "EUR", None, "8800000000000301", P3),
    ("PAYMENT", 1200, None, "JPY", "S1002", "8800000000000004", None),
    ("FEE", -277, 0, "EUR", None, "Invoice 42, November", None),
    ("SETTLEMENT", -6000, 0, "EUR", None, "TX0000001XT batch 7, ShopEU", None),
]


def read_report(content: bytes, **options: object) -> ReadResult:
    """Reads a report."""
    return read_psp_report("adyen", content, **options)


def reorder_columns(content: bytes, more: tuple[str, ...] = ()) -> bytes:
    """The same report with its columns backwards, and columns more."""
    rows = list(csv.reader(io.StringIO(content.decode())))
    out = io.StringIO()
    extra = [list(more)] + [['{"a":"b"}' for _ in more] for _ in rows[1:]]
    csv.writer(out, lineterminator="\n").writerows(
        [*row[::-1], *added] for row, added in zip(rows, extra, strict=True)
    )
    return out.getvalue().encode()


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        reorder_columns(GOOD),
        reorder_columns(GOOD, ("Metadata", "ARN")),
        b"\xef\xbb\xbfMerchant/Company,Start date\nShopEU,16/11/2026,,\n"
        + GOOD.replace(b",Type,", b",Journal Type,"),
    ],
)
def test_every_form_of_a_report_gives_the_same_lines(content: bytes) -> None:
    """Five forms of one report give the same six lines, and a batch that sums to zero."""
    result = read_report(content)
    assert (result.verdict, ledger(result)) == ("ACCEPTED", LEDGER)
    assert result.totals[0] == {
        "name": "net of batch 7", "currency": "EUR", "declared": 0, "computed": 0
    }  # fmt: skip


def test_line_settled_in_another_currency_has_no_fee() -> None:
    """1200 JPY are settled as 7.11 EUR: the report does not separate the fee from the exchange."""
    row = read_report(GOOD).lines[3]
    assert (row["fee"], row["settlement_amount"], row["settlement_currency"]) == (None, 711, "EUR")
    assert str(row["traded_at"])[:19] == "2026-11-16 07:30:00"  # 23:30 PST of the day before


def test_payment_with_fees_above_its_amount_is_accepted() -> None:
    """Gross credit 10 INR, net debit 0.03 USD."""
    old = b"JPY,,1200,0.0061,EUR,,7.11,"
    result = read_report(
        GOOD.replace(old, b"INR,,10.00,0.0120,USD,0.03,,").replace(b"60.00", b"52.89")
    )
    assert (result.lines[3]["amount"], result.lines[3]["settlement_amount"]) == (1000, -3)


def test_batch_that_does_not_sum_to_zero_is_refused() -> None:
    """A line is missing: the batch is 7.11 off."""
    lines = GOOD.splitlines(True)
    result = read_report(b"".join(lines[:4] + lines[5:]))
    assert result.verdict.startswith("TOTALS_DIFFER")
    assert "net of batch 7 declares 0.00, its lines add up to -7.11" in result.verdict


def test_batch_without_its_payout_is_not_checked() -> None:
    """The rest of the batch is in another file."""
    result = read_report(b"".join(GOOD.splitlines(True)[:-1]))
    assert result.is_accepted
    assert not result.is_proved("amount")


@pytest.mark.parametrize(
    ("old", "new", "line", "fault"),
    [
        (",Settled,8800000000000101", ",SettledLater,8800000000000101", 2, "UNKNOWN_KIND"),
        ("EUR,,100.00,1", "EUR,100.00,,1", 2, "FEES_DIFFER"),
        ("EUR,,100.00,1", "EUR,1.00,100.00,1", 2, "BAD_SIGN"),
        ("EUR,,100.00,1", "EUR,,-100.00,1", 2, "BAD_SIGN"),
        ("EUR,,100.00,1", "EUR,,100.001,1", 2, "BAD_AMOUNT"),
        ("EUR,,100.00,1", "EUR,,,1", 2, "NO_VALUE"),
        (",0.60,0.14,", ",0.61,0.14,", 2, "FEES_DIFFER"),
        (",0.60,0.14,", ",6E9999,0.14,", 2, "BAD_AMOUNT"),
        ("10:00:00,CET", "10:00:00,IST", 3, "UNKNOWN_ZONE"),
        ("10:00:00,CET", "10:00:00,", 3, "NO_VALUE"),
        ("2026-11-16 10:00:00", "2026-11-16", 3, "BAD_TIME"),
        ("EUR,40.00,,1,EUR,40.10,", "EUR,,40.00,1,EUR,,39.90", 3, "BAD_SIGN"),
        ("R2001", "1.2302025304E+022", 3, "DAMAGED_REFERENCE"),
        ("8800000000000004,S1002", "8.8E+15,S1002", 5, "DAMAGED_REFERENCE"),
        ("Shop,ShopEU,8800000000000003", "Shop,8800000000000003", 4, "WRONG_WIDTH"),
    ],
)
def test_damaged_lines_are_rejected(old: str, new: str, line: int, fault: str) -> None:
    """Each fault is reported with its code and line; the other five lines are accepted."""
    assert old in GOOD.decode()
    result = read_report(GOOD.decode().replace(old, new).encode())
    assert reasons(result) == [(line, fault)]
    assert len(result.lines) == 5
    assert result.verdict.startswith("REJECTED_LINES")


def test_profile_adds_types_and_time_zones() -> None:
    """The reader knows RollingReserve and IST only where the profile adds them."""
    content = GOOD.replace(b"InvoiceDeduction", b"RollingReserve").replace(b"CET,Inv", b"IST,Inv")
    content = content.replace(b"12:00:00,CET", b"12:00:00,IST")
    refused = read_report(content)
    assert {fault for _, fault in reasons(refused)} == {"UNKNOWN_KIND"}
    assert "'RollingReserve'; say in adyen.kinds what it is" in refused.verdict
    result = read_report(content, kinds={"RollingReserve": "FEE"}, zones={"IST": "+05:30"})
    assert result.verdict == "ACCEPTED"
    assert str(result.lines[4]["traded_at"])[:19] == "2026-11-16 06:30:00"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (GOOD.replace(b"Psp Reference,", b"Num Txs,", 1), "UNKNOWN_LAYOUT"),
        (GOOD.replace(b"Gross Debit (GC)", b"Gross", 1), "UNKNOWN_LAYOUT"),
        (GOOD.replace(b"Reserved4", b"Batch Number", 1), "UNKNOWN_LAYOUT"),
        (b"\n" * 100 + GOOD[300:], "UNKNOWN_LAYOUT"),
        (GOOD[:-30], "BAD_CSV"),
    ],
)
def test_damaged_file_is_refused_with_its_code(content: bytes, code: str) -> None:
    """Aggregated reports, lost or doubled columns, a file that was cut."""
    result = read_report(content)
    assert code in result.verdict or reasons(result)
    assert not result.is_accepted


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("PaymentCost", "FEE"), ("MiscCosts", "FEE"), ("MatchedStatement", "ADJUSTMENT"),
        ("ManualCorrected", "ADJUSTMENT"), ("BankInstructionReturned", "SETTLEMENT"),
    ],
)  # fmt: skip
def test_documented_types_have_a_kind(name: str, kind: str) -> None:
    result = read_report(GOOD.replace(b"InvoiceDeduction", name.encode()))
    assert result.verdict == "ACCEPTED"
    assert kind in {line["kind"] for line in result.lines}
