"""PayPal's settlement report: made files, hundredths, DR and CR, footers, damage.

A line below is shown as (kind, amount, fee, currency, our_ref, channel_ref, original_ref).
"""

import pytest

from jobs.statements.psp.paypal.codes import event_kind
from jobs.statements.psp.paypal.lines import hundredths_to_minor_units
from jobs.statements.reading import csv_records
from schemas.vocabulary import Kind
from tests.fuzz.reading import ReadResult
from tests.support.psp_reports import ledger, read_golden_statement, reasons
from tests.support.psp_reports import read_report as read_psp_report

GOOD = read_golden_statement("paypal")
LINES = GOOD.splitlines(True)


def read_report(content: bytes, **options: object) -> ReadResult:
    """Reads a report."""
    return read_psp_report("paypal", content, **options)


LEDGER = [
    ("PAYMENT", 10000, 350, "USD", "S1001", "PP01", None),
    ("REFUND", -4000, -140, "USD", None, "PP02", "PP01"),
    ("CHARGEBACK", -3000, None, "USD", None, "PP03", "PP00"),
    ("FEE", -2000, None, "USD", None, "PP04", "PP03"),
    ("PAYMENT", 1200, 44, "JPY", "S1002", "PP05", None),
    ("SETTLEMENT", -500, None, "USD", None, "PP06", None),
]


def test_day_with_two_currencies_is_read() -> None:
    """100.00 USD less 3.50; 40.00 back and 1.40 of the fee; 120000 hundredths are 1200 yen."""
    result = read_report(GOOD)
    assert (result.verdict, ledger(result)) == ("ACCEPTED", LEDGER)
    assert result.is_proved("count")
    assert result.is_proved("amount")
    assert result.is_proved("fee")
    assert str(result.lines[0]["traded_at"])[:19] == "2026-11-16 16:00:30"


@pytest.mark.parametrize("size", [1, 2, 4])
def test_block_size_does_not_change_the_lines(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read one, two or four transactions at a time."""
    monkeypatch.setattr(csv_records, "BATCH_RECORDS", size)
    result = read_report(GOOD)
    assert (result.verdict, ledger(result)) == ("ACCEPTED", LEDGER)


def test_each_section_has_its_own_columns() -> None:
    """A second account whose columns stand in another order; the report's footer adds both."""
    foot_of_two = b'"SF","USD",10000,4000,140,350,"CR",0,"CR",0,2\n'
    second = [*LINES[2:6], foot_of_two, b'"SC",2\n']
    second[0] = second[0].replace(b"ACCOUNT01", b"ACCOUNT02")
    swapped = [line.replace(b"PP0", b"QQ0") for line in second]
    swapped[1] = swapped[1].replace(b'"Invoice ID"', b'"X"').replace(b'"Custom Field"', b'"Y"')
    swapped[1] = swapped[1].replace(b'"X"', b'"Custom Field"').replace(b'"Y"', b'"Invoice ID"')
    foot = [
        b'"RF","USD",20000,13500,280,700,"CR",0,7\n',
        b'"RF","JPY",120000,0,0,4400,"CR",0,1\n',
        b'"RC",8\n',
        b'"FF",8\n',
    ]
    result = read_report(b"".join(LINES[:13] + swapped + foot))
    assert result.verdict == "ACCEPTED"
    assert [row["merchant_id"][-2:] for row in result.lines] == ["01"] * 6 + ["02"] * 2
    assert result.lines[6]["order_ref"] == 'note "a", b'


def test_hundredths_of_every_currency_are_converted() -> None:
    """100 yen and 100.00 USD are both 10000; a dinar of 1000 fils has ten to a hundredth."""
    amounts = [hundredths_to_minor_units("10000", code) for code in ("JPY", "USD", "KWD")]
    assert amounts == [100, 10000, 100000]
    with pytest.raises(ValueError, match="no whole JPY"):
        hundredths_to_minor_units("10050", "JPY")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"T0006",2026/11/16 08', '"T2300",2026/11/16 08', "UNKNOWN_KIND"),
        ('"T0006",2026/11/16 08', '"T1150",2026/11/16 08', "UNKNOWN_KIND"),
        ('"CR",10000,"USD"', '"DR",10000,"USD"', "BAD_SIGN"),
        ('"CR",10000,"USD"', '"",10000,"USD"', "BAD_SIGN"),
        ('"CR",10000,"USD"', '"CR",100.00,"USD"', "BAD_AMOUNT"),
        ('"CR",10000,"USD"', '"CR",-10000,"USD"', "BAD_AMOUNT"),
        ('"CR",10000,"USD"', '"CR",,"USD"', "NO_VALUE"),
        ('"DR",350,"USD"', '"DR",350,"EUR"', "FEE_CURRENCY"),
        ("2026/11/16 08:00:30 -0800", "2026/11/16 08:00:30", "BAD_TIME"),
        ("2026/11/16 08:00:30 -0800", "2026/02/30 08:00:30 -0800", "BAD_TIME"),
        ('"SB","PP01",', '"SB","",', "NO_VALUE"),
        ('"SB","PP01",', '"SB",', "WRONG_WIDTH"),
    ],
)
def test_damaged_lines_are_rejected(old: str, new: str, fault: str) -> None:
    """Each fault has its code; the other lines are accepted, and the footers differ."""
    assert old in GOOD.decode()
    result = read_report(GOOD.decode().replace(old, new).encode())
    assert reasons(result) == [(5, fault)]
    assert len(result.lines) == 5
    assert "REJECTED_LINES" in result.verdict
    assert "TOTALS_DIFFER" in result.verdict


def test_half_a_yen_is_rejected() -> None:
    """120050 hundredths of yen are no whole yen: nothing is rounded."""
    result = read_report(GOOD.replace(b'"CR",120000,"JPY"', b'"CR",120050,"JPY"'))
    assert reasons(result) == [(9, "BAD_AMOUNT")]


def test_profile_adds_an_event_code() -> None:
    """`paypal.kinds` adds T1150; `paypal.our_ref` names Custom Field."""
    content = GOOD.replace(b'"T0006",2026/11/16 10', b'"T1150",2026/11/16 10')
    refused = read_report(content)
    assert reasons(refused) == [(9, "UNKNOWN_KIND")]
    assert "T1150'; say in paypal.kinds what it is" in refused.verdict
    result = read_report(content, kinds={"T1150": "TOP_UP"}, our_ref="Custom Field")
    assert (result.verdict, result.lines[0]["our_ref"]) == ("ACCEPTED", 'note "a", b')


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"SF","USD",10000', '"SF","USD",10001', "section 1 gross credits declares 100.01"),
        ('"RF","USD",10000,9500', '"RF","USD",10000,9501', "report gross debits declares 95.01"),
        ('"SF","USD",10000,9500,140', '"SF","USD",10000,9500,', "fee credits declares ''"),
        ('"SC",6', '"SC",7', "section 1 count declares 7, its lines add up to 6"),
        ('"RC",6', '"RC",5', "report count declares 5"),
        ('"FF",6', '"FF",x', "file count declares 'x', which is no number"),
        ('"SF","JPY",120000', '"SF","JPY",120050', "declares '120050', which is no number"),
    ],
)
def test_every_footer_is_checked(old: str, new: str, said: str) -> None:
    """One wrong figure in each of the footers."""
    assert old in GOOD.decode()
    result = read_report(GOOD.decode().replace(old, new, 1).encode())
    assert result.verdict.startswith("TOTALS_DIFFER")
    assert said in result.verdict


def test_transaction_detail_report_is_refused() -> None:
    """Its footers hold counts and no sums; the refusal names the other report."""
    place = next(at for at, line in enumerate(LINES) if line.startswith(b'"SF"'))
    result = read_report(b"".join([*LINES[:place], b'"SF",6\n', *LINES[place + 1 :]]))
    assert (
        result.verdict.startswith("BAD_SECTION") and "transaction detail report" in result.verdict
    )


@pytest.mark.parametrize("lost", range(4, 10))
def test_lost_transaction_fails_the_footers(lost: int) -> None:
    """Any one of the six transactions is missing."""
    assert "TOTALS_DIFFER" in read_report(b"".join(LINES[:lost] + LINES[lost + 1 :])).verdict


@pytest.mark.parametrize("lost", [0, 2, 3, 11, 12, 16])
def test_lost_section_record_refuses_the_file(lost: int) -> None:
    """RH alone may be missing: a report in several files has it in the first only."""
    result = read_report(b"".join(LINES[:lost] + LINES[lost + 1 :]))
    assert result.is_accepted == (lost == 0)


@pytest.mark.parametrize("kept", range(1, 17))
def test_truncated_file_is_refused(kept: int) -> None:
    """Cut at any line end above FF."""
    assert "NO_FOOTER" in read_report(b"".join(LINES[:kept])).verdict


def test_report_footers_of_a_second_file_are_not_checked() -> None:
    """The file has FH 02: RF and RC sum up all files of the report."""
    content = GOOD.replace(b'"FH",01', b'"FH",02').replace(b'"RC",6', b'"RC",60')
    assert read_report(content).is_accepted


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"FF",6', b'"FF",6\n"SC",6', "BAD_SECTION"),
        (b'"RC",6', b'"RX",6', "BAD_SECTION"),
        (b'"Fee Amount"', b'"Fee"', "UNKNOWN_LAYOUT"),
        (b'"RH"', b'"ZZ"', "UNKNOWN_LAYOUT"),
        (b'"PP01"', b'"PP"01"', "BAD_CSV"),
    ],
)
def test_damaged_file_is_refused_with_its_code(old: bytes, new: bytes, code: str) -> None:
    """Records out of order, of an unknown type, or below wrong columns."""
    assert code in read_report(GOOD.replace(old, new, 1)).verdict


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("T0002", "PAYMENT"), ("T0008", "ADJUSTMENT"), ("T0015", "PAYOUT"), ("T0107", "FEE"),
        ("T0300", "ADJUSTMENT"), ("T0403", "SETTLEMENT"), ("T1101", "SETTLEMENT"),
        ("T1107", "REFUND"), ("T1115", "PAYOUT_RETURN"), ("T1201", "CHARGEBACK"),
        ("T1106", "CHARGEBACK"), ("T1208", "ADJUSTMENT"), ("T1501", "ADJUSTMENT"),
        ("T2107", "ADJUSTMENT"),
        ("T5001", "ADJUSTMENT"), ("T9900", "ADJUSTMENT"), ("T1199", None), ("T2300", None),
        ("X0300", None), ("T03", None),
    ],
)  # fmt: skip
def test_documented_event_codes_have_a_kind(code: str, kind: str | None) -> None:
    """Families whose members are alike by their first digits; reversals and adjustments singly."""
    assert event_kind(code, {}) == kind
    assert event_kind(code, {code: Kind.TOP_UP}) == "TOP_UP"
