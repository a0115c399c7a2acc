"""Stripe's itemized balance reports: made files, amounts with their signs, damage.

A line below is shown as (kind, amount, fee, currency, our_ref, channel_ref, original_ref).
"""

import pytest

from jobs.statements.parser import Sample
from jobs.statements.psp import stripe_balance
from jobs.statements.reading import csv_records
from tests.fuzz.reading import ReadResult
from tests.support.paths import SAMPLES
from tests.support.psp_reports import ledger, read_golden_statement, reasons
from tests.support.psp_reports import read_report as read_psp_report

GOOD = read_golden_statement("stripe")
HEAD, *ROWS = GOOD.decode().splitlines(True)


def read_report(content: bytes, **options: object) -> ReadResult:
    """Reads a report."""
    return read_psp_report("stripe", content, **options)


def test_our_reference_is_read_from_metadata() -> None:
    """100.00 less 3.20 of S1001; 40.00 back as R2001; a dispute of 30.00 costs 15.00 more."""
    result = read_report(
        GOOD, our_ref="payment_metadata[order_id]", refund_ref="refund_metadata[refund_no]"
    )
    assert result.verdict == "ACCEPTED"
    assert ledger(result) == [
        ("PAYMENT", 10000, 320, "USD", "S1001", "txn_1", None),
        ("REFUND", -4000, 0, "USD", "R2001", "txn_2", "ch_1"),
        ("CHARGEBACK", -3000, 1500, "USD", None, "txn_3", "ch_0"),
        ("PAYMENT", 1200, 43, "JPY", "S1002", "txn_4", None),
        ("FEE", -50, 0, "USD", None, "txn_5", None),
        ("SETTLEMENT", -1130, 0, "USD", None, "txn_6", None),
    ]


def test_refund_does_not_take_the_reference_of_its_payment() -> None:
    """payment_intent_id belongs to the payment."""
    refs = [row["our_ref"] for row in read_report(GOOD).lines]
    assert refs == ["pi_1", None, None, "pi_2", None, None]


def test_quoted_line_end_counts_in_line_numbers() -> None:
    """The first description holds a line end: the next record begins on line 4, in CRLF as well."""
    for content in (GOOD, b"\xef\xbb\xbf" + GOOD.replace(b"\n", b"\r\n")):
        assert [row["line_no"] for row in read_report(content).lines] == [2, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_block_size_does_not_change_the_lines(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read one, two or five records at a time."""
    whole = read_report(GOOD).lines
    monkeypatch.setattr(csv_records, "BATCH_RECORDS", size)
    assert [row["amount"] for row in read_report(GOOD).lines] == [row["amount"] for row in whole]


def test_payout_keeps_gross_and_net() -> None:
    """A payout may print gross 24 and net 23.05: settlement_amount holds the net."""
    result = read_report(GOOD.replace(b"-11.30,0.00,-11.30", b"-11.30,0.00,-11.00"))
    last = result.lines[-1]
    assert (last["amount"], last["settlement_amount"], last["settlement_currency"]) == (
        -1130,
        -1100,
        "USD",
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "fault"),
    [
        ("100.00,3.20,96.80", "100.00,3.20,96.81", 2, "SETTLEMENT_DIFFERS"),
        ("100.00,3.20,96.80", "-100.00,3.20,-103.20", 2, "BAD_SIGN"),
        ("100.00,3.20,96.80", "100.00,,96.80", 2, "NO_VALUE"),
        ("100.00,3.20,96.80", "100.005,3.20,96.80", 2, "BAD_AMOUNT"),
        ("-40.00,0.00,-40.00,refund", "-40.00,0.00,-40.00,other", 4, "UNKNOWN_KIND"),
        ("-40.00,0.00,-40.00,refund", "40.00,0.00,40.00,refund", 4, "BAD_SIGN"),
        ("2026-11-16 09:00:00", "16/11/2026 09:00", 4, "BAD_TIME"),
        ("1200,43,1157", "1200.50,43,1157.50", 6, "BAD_AMOUNT"),
        (",jpy,", ",xxx,", 6, "BAD_AMOUNT"),
        ("txn_4,", ",", 6, "NO_VALUE"),
        ("Radar,", "Radar,,x,", 7, "WRONG_WIDTH"),
    ],
)
def test_damaged_lines_are_rejected(old: str, new: str, line: int, fault: str) -> None:
    """Each fault is reported with its code and line; the other five lines are accepted."""
    assert old in GOOD.decode()
    result = read_report(GOOD.decode().replace(old, new).encode())
    assert reasons(result) == [(line, fault)]
    assert len(result.lines) == 5
    assert result.verdict.startswith("REJECTED_LINES")


def test_profile_adds_a_category() -> None:
    """`stripe.kinds` adds a category, which the refusal of the report asks for."""
    content = GOOD.replace(b",fee,,,,Radar", b",lottery,,,,Radar")
    refused = read_report(content)
    assert reasons(refused) == [(7, "UNKNOWN_KIND")]
    assert "'lottery'; say in stripe.kinds what it is" in refused.verdict
    assert read_report(content, kinds={"lottery": "ADJUSTMENT"}).verdict == "ACCEPTED"


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        ("partial_capture_reversal", "ADJUSTMENT"), ("refund_failure", "ADJUSTMENT"),
        ("charge_failure", "ADJUSTMENT"), ("topup", "ADJUSTMENT"), ("tax", "FEE"),
        ("network_cost", "FEE"), ("transfer", "PAYOUT"), ("payout_reversal", "SETTLEMENT"),
    ],
)  # fmt: skip
def test_documented_categories_have_a_kind(category: str, kind: str) -> None:
    """A report with any of Stripe's categories is accepted without a mapping."""
    result = read_report(GOOD.replace(b",fee,,,,Radar", f",{category},,,,Radar".encode()))
    assert result.verdict == "ACCEPTED"
    assert [line["kind"] for line in result.lines if line["line_no"] == 7] == [kind]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"a,b\n1,2\n", "UNKNOWN_LAYOUT"),
        (GOOD.replace(b",net,", b",", 1), "UNKNOWN_LAYOUT"),
        (GOOD.replace(b",fee,net,", b",fee,fee,", 1), "UNKNOWN_LAYOUT"),
        (GOOD.replace(b",created,", b",made,", 1), "UNKNOWN_LAYOUT"),
        (GOOD.replace(b"Radar", b'"Radar'), "BAD_CSV"),
        (GOOD.replace(b"Radar", b'"Ra"dar'), "BAD_CSV"),
        (GOOD.replace(b"Radar", b"Rad\xff"), "BAD_ENCODING"),
        (GOOD.replace(b"Radar", b"Rad\0"), "BAD_ENCODING"),
        (GOOD.replace(b"Radar", b"R" * 1_100_000), "RECORD_TOO_LONG"),
        (GOOD.replace(b"Radar", b"R" * 200_000), "RECORD_TOO_LONG"),
        (GOOD.replace(b"Radar", b'"' + b"R\n" * 600_000), "RECORD_TOO_LONG"),
        (GOOD.replace(b"Radar", b"," * 1001), "TOO_MANY_COLUMNS"),
        (GOOD.decode().encode("utf-16"), ""),
    ],
)
def test_damaged_file_is_refused_with_its_code(content: bytes, code: str) -> None:
    """Every damaged file has an error code, and none raises another error."""
    result = read_report(content)
    assert code in result.verdict
    assert not result.is_accepted


def test_header_without_lines_is_accepted() -> None:
    """No lines, no fault."""
    result = read_report(HEAD.encode())
    assert (result.verdict, result.lines) == ("ACCEPTED", [])


@pytest.mark.skipif(not (SAMPLES / "stripe").exists(), reason="the sample files are not present")
def test_api_export_is_refused() -> None:
    """Exports of the API print minor units, the report major units."""
    found = sorted((SAMPLES / "stripe").rglob("*.csv"))
    assert found
    for path in found:
        content = path.read_bytes()
        assert not stripe_balance.identify(Sample(path.name, len(content), content, content))
        assert read_report(content).verdict.startswith("UNKNOWN_LAYOUT"), path.name
