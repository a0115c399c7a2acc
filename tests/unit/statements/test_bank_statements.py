"""Bank statements: made ones with visible amounts, damaged ones, and real samples where present.

A line is shown as (kind, amount); the opening balance is 100.00 and the closing one 100.00 plus
what moved.
"""

import pytest

from tests.fuzz.reading import ReadResult
from tests.support.bank_files import ledger, mt940, read_bank
from tests.support.paths import GOLDEN, SAMPLES


@pytest.mark.parametrize(
    ("mark", "closing", "kind", "amount"),
    [
        ("C", "C261116EUR110,00", "PAYMENT", 1000),
        ("D", "C261116EUR90,00", "PAYOUT", -1000),
        ("RC", "C261116EUR90,00", "REFUND", -1000),
        ("RD", "C261116EUR110,00", "PAYOUT_RETURN", 1000),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_mt940_mark_gives_kind_and_sign(
    mark: str, closing: str, kind: str, amount: int, end: str
) -> None:
    """10.00 in, 10.00 out, and the reversals of both, with any line end."""
    text = mt940(f":61:2611161116{mark}10,NTRFREF1//B1", closing=closing).replace("\n", end)
    result = read_bank("mt940", text)
    assert (result.verdict, ledger(result)) == ("ACCEPTED", [(kind, amount)])
    assert result.lines[0]["line_no"] == 5


def test_wrong_closing_balance_is_refused() -> None:
    """100.00 and 10.00 are not 110.01."""
    result = read_bank("mt940", mt940(":61:261116C10,NTRFREF1", closing="C261116EUR110,01"))
    assert result.verdict.startswith("TOTALS_DIFFER") and "difference -0.01" in result.verdict


def test_statement_of_an_account_that_is_not_ours_is_refused() -> None:
    """A file holds ACC1 and ACC2; where the profile names ACC1 only, the file is refused."""
    text = "{1:F01X}{2:O940X}{4:\n" + mt940(":61:261116C1,NTRFX", closing="C261116EUR101,")
    text += mt940(":61:261116D2,NTRFY", closing="C261116EUR98,", account="ACC2")
    assert ledger(read_bank("mt940", text)) == [("PAYMENT", 100), ("PAYOUT", -200)]
    result = read_bank("mt940", text, accounts=["ACC1"])
    assert result.verdict.startswith("OTHER_CHANNEL: a.sta:9")


def test_pages_of_a_statement_make_one_statement() -> None:
    """100.00 and 1.00 are carried over as 101.00; a page alone, or one that begins with another
    balance, is refused.
    """
    first = mt940(":61:261116C1,NTRFX").replace(":62F:C261116EUR100,00", ":62M:C261116EUR101,00")
    second = mt940(":61:261116D1,NTRFY").replace(":60F:C261115EUR100,00", ":60M:C261116EUR101,00")
    assert read_bank("mt940", first).verdict.startswith("FOOTER_MISSING")
    assert read_bank("mt940", second).verdict.startswith("BAD_STATEMENT")
    assert ledger(read_bank("mt940", first + second)) == [("PAYMENT", 100), ("PAYOUT", -100)]
    result = read_bank("mt940", first + second.replace("101,00", "102,00"))
    assert "interim_balance 2 declares 102.00, its lines add up to 101.00" in result.verdict
    assert "so a page is missing" in result.verdict
    # What the page itself proves is not called wrong: 102.00 less 1.00 are 101.00.
    fitting = first + second.replace("101,00", "102,00").replace("EUR100,00", "EUR101,00")
    assert "closing_balance" not in read_bank("mt940", fitting).verdict


@pytest.mark.parametrize(
    "damaged",
    [
        mt940(":61:26111"),
        mt940(":61:261116X10,NTRFREF1"),
        mt940(":61:261116C10,NTRFREF1", closing="C261116EUR"),
        ":20:R\n:25:A\n:61:261399C1,NTRFX\n",
    ],
)
def test_damaged_mt940_is_refused_with_its_code(damaged: str) -> None:
    """A short field, an invalid mark, a balance without an amount, a month 13."""
    result = read_bank("mt940", damaged)
    assert not result.is_accepted and result.verdict.split(":")[0] in (
        "BAD_STATEMENT",
        "BAD_BALANCE",
        "TOTALS_DIFFER",
        "REJECTED_LINES",
    )


def read_golden(name: str) -> str:
    (path,) = (GOLDEN / "shipped" / f"bank_{name}").glob("statement.*")
    return path.read_text("utf-8")


def test_batch_stays_one_entry_where_the_profile_says_so() -> None:
    """A batch of 300.00 gives 120.00 and 180.00, or one entry."""
    parts, whole = (
        read_bank("camt053", read_golden("camt053"), details=d) for d in ("transactions", "entries")
    )
    assert ledger(parts)[:2] == [("PAYMENT", 12000), ("PAYMENT", 18000)]
    assert ledger(whole)[0] == ("PAYMENT", 30000)
    assert sum(amount for _, amount in ledger(parts)) == sum(amount for _, amount in ledger(whole))


def test_batch_whose_parts_do_not_add_up_is_refused_or_not_split() -> None:
    """120.00 and 179.99 are not 300.00: a batch with a count of two is refused, one without a count
    stays one entry.
    """
    text = read_golden("camt053").replace('<Amt Ccy="EUR">180.00', '<Amt Ccy="EUR">179.99')
    assert "BATCH_DIFFERS" in read_bank("camt053", text).verdict
    text = text.replace("<Btch><NbOfTxs>2</NbOfTxs></Btch>", "")
    assert ledger(read_bank("camt053", text))[0] == ("PAYMENT", 30000)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("374.50", "374.51", "TOTALS_DIFFER"),
        ("<NbOfNtries>4", "<NbOfNtries>5", "TOTALS_DIFFER"),
        ("<Sts>PDNG</Sts>", "<Sts>WHAT</Sts>", "REJECTED_LINES"),
        ("<CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK", "<Sts>BOOK", "REJECTED_LINES"),
        ('EUR">5.50<', 'EUR">5.501<', "REJECTED_LINES"),
        ("</Stmt>", "", "BAD_XML"),
        ("BkToCstmrStmt", "Other", "UNKNOWN_LAYOUT"),
        ("?>\n", '?>\n<!DOCTYPE d [<!ENTITY a "b">]>\n', "UNSAFE_XML"),
    ],
)
def test_damaged_camt_is_refused_with_its_code(old: str, new: str, code: str) -> None:
    """Wrong balances, counts, statuses and decimals, broken XML, entities."""
    text = read_golden("camt053")
    assert old in text
    assert read_bank("camt053", text.replace(old, new)).verdict.startswith(code)


def test_elements_nested_too_deep_are_refused() -> None:
    """Three hundred nested elements."""
    text = read_golden("camt053").replace("<Ntry>", "<a>" * 300 + "</a>" * 300 + "<Ntry>", 1)
    assert read_bank("camt053", text).verdict.startswith("BAD_XML")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("49,498500,7", "49,498501,7", "TOTALS_DIFFER"),
        ("49,498500,7", "49,498500,8", "TOTALS_DIFFER"),
        ("015,128500,,", "015,128501,,", "TOTALS_DIFFER"),
        ("99,498500,1,11/\n", "", "FOOTER_MISSING"),
        ("98,498500,1,9/\n", "", "BAD_STATEMENT"),
        ("16,195,40000", "16,195,4x000", "BAD_STATEMENT"),
        ("16,195,40000", "16,795,40000", "REJECTED_LINES"),
        ("01,TEST", "02,TEST", "UNKNOWN_LAYOUT"),
    ],
)
def test_damaged_bai2_is_refused_with_its_code(old: str, new: str, code: str) -> None:
    """Control totals, record counts, the closing ledger, trailers, amounts, type codes."""
    text = read_golden("bai2")
    assert old in text
    assert code in read_bank("bai2", text.replace(old, new)).verdict


def test_line_broken_by_width_belongs_to_its_record() -> None:
    """The text of the first transaction continues in a line without a record code."""
    text = read_golden("bai2").replace("A COMMA / AND", "A COMMA /\nAND")
    assert ledger(read_bank("bai2", text)) == ledger(read_bank("bai2", read_golden("bai2")))


def test_statement_repeated_in_one_file_is_refused() -> None:
    """The statement closes at 110.00; its copy opens at 100.00 again."""
    text = mt940(":61:261116C10,NTRFREF1", closing="C261116EUR110,00")
    result = read_bank("mt940", text + text)
    assert result.verdict.startswith("REPEATED_STATEMENT: a.sta:8: statement 2 is statement 1")


def test_report_without_balances_repeated_in_one_file_is_refused() -> None:
    """An interim report, and a notification, stand twice; with another time or id they do not."""
    report = ":20:R\n:25:A\n:28C:1\n:34F:EURC0,\n:13D:2611161200+0100\n:61:261116C1,NTRFX\n-\n"
    assert read_bank("mt940", report + report).verdict.startswith("REPEATED_STATEMENT")
    later = report.replace("1611161200", "2611161300").replace("161200+", "161300+")
    assert len(read_bank("mt940", report + later).lines) == 2
    notice = (
        "<Ntfctn><Id>N1</Id><Acct><Id><IBAN>X1</IBAN></Id></Acct><Ntry><Amt Ccy='EUR'>1.00</Amt>"
        "<CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-16</Dt></BookgDt></Ntry>"
        "</Ntfctn>"
    )
    both = f"<Document><BkToCstmrDbtCdtNtfctn>{notice}{notice}</BkToCstmrDbtCdtNtfctn></Document>"
    assert read_bank("camt053", both).verdict.startswith("REPEATED_STATEMENT")
    assert len(read_bank("camt053", both.replace("N1", "N2", 1)).lines) == 2


@pytest.mark.parametrize("field", [":61:261116C1.234,56NTRFX", ":61:261116C1234567890123456,NTRFX"])
def test_truncated_amount_is_rejected(field: str) -> None:
    """A point in the amount, or too many digits, in a report without balances."""
    text = f":20:R\n:25:A\n:28C:1\n:34F:EURC0,\n:13D:2611161200+0100\n{field}\n-\n"
    result = read_bank("mt940", text)
    assert not result.is_accepted


def test_balance_without_a_currency_is_refused() -> None:
    """:62F:C26111677790,00 is no balance of EUR."""
    result = read_bank("mt940", mt940(":61:261116C10,NTRFREF1", closing="C26111677790,00"))
    assert result.verdict.split(":")[0] in ("BAD_BALANCE", "BAD_STATEMENT")


def test_account_number_in_place_of_a_reference_is_masked() -> None:
    """tieout keeps the last four digits and does not store the number."""
    text = mt940(":61:261116C10,NOVBNL47INGB9999999999", closing="C261116EUR110,00")
    (line,) = read_bank("mt940", text).lines
    assert (line["our_ref"], line["account_tail"]) == (None, "9999")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('EUR">5.50<', 'EUR">5<b/>.50<', "REJECTED_LINES"),
        ('<Amt Ccy="EUR">5.50', '<Amt Ccy="USD">5.50', "CURRENCY_DIFFERS"),
        ('<Amt Ccy="EUR">374.50', '<Amt Ccy="SEK">374.50', "BAD_BALANCE"),
    ],
)
def test_camt_with_inconsistent_amounts_or_currencies_is_refused(
    old: str, new: str, code: str
) -> None:
    """An element within an amount, an entry and a balance in another currency."""
    assert code in read_bank("camt053", read_golden("camt053").replace(old, new)).verdict


def test_xml_comment_within_an_amount_is_ignored() -> None:
    """5<!-- x -->.50 is 5.50."""
    text = read_golden("camt053").replace('EUR">5.50<', 'EUR">5<!-- x -->.50<')
    assert ("PAYOUT", -550) in ledger(read_bank("camt053", text))


@pytest.mark.parametrize(
    ("old", "new"), [("TESTBANK,1,261116", "TESTBANK,4,261116"), (",USD,", ",USX,")]
)
def test_bai2_group_that_is_no_report_is_refused(old: str, new: str) -> None:
    """A test group, and an unknown currency."""
    assert read_bank("bai2", read_golden("bai2").replace(old, new)).verdict.startswith(
        "BAD_STATEMENT"
    )


def test_undeclared_totals_are_shown_as_unchecked() -> None:
    """A camt message without balances is accepted, count and amount are not proved."""
    text = read_golden("camt053")
    start, end = text.index("   <Bal>"), text.index("   <Ntry>")
    result = read_bank("camt053", text[:start] + text[end:])
    assert result.is_accepted and not result.is_proved("count") and not result.is_proved("amount")


#: Of the real files those that tie, with their lines.
ACCEPTED = {
    "171011_01234945.sta": 3,
    "citi__mt940.txt": 5,
    "generic.sta": 2,
    "mBank__mt940.sta": 3,
    "mt940.txt": 8,
    "mt942.sta": 3,
    "rabobank-iban.sta": 4,
    "sepa_mt9401.sta": 97,
    "sns.sta": 2,
    "with_binary_character.sta": 4,
    "2024-03-11.xml": 8,
    "2024-03-12.xml": 11,
    "2024-03-19.xml": 11,
    "camt053.v2.multi.statement.xml": 2,
    "camt052.v8.xml": 1,
    "camt054.v8.xml": 1,
    "nwb_example.bai2": 5,
    "svb_us_example.bai2": 2,
}
#: And some that do not, and why.
REFUSED = {
    "abnamro.sta": "FOOTER_MISSING",
    "postfinance.sta": "closing_balance 1 declares 159.60",
    "raphaelm.sta": "'DEM' is no currency",
    "account_balance_credit.sta": "UNKNOWN_LAYOUT",
    "camt053.v2.five.decimals.xml": "closing_balance 1 declares 27.05",
    "camt053.v2.wrong.xml": "no statement",
    "citi_example.bai2": "closing_balance 1 declares 100.00, its lines add up to 100.01",
}


def read_sample(name: str) -> ReadResult:
    found = sorted(SAMPLES.rglob(name))
    assert found, f"{name} is not among the samples"
    dialect = {".xml": "camt053", ".bai2": "bai2"}.get(found[0].suffix, "mt940")
    return read_bank(dialect, found[0].read_bytes())


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real files are not here")
@pytest.mark.parametrize("name", ACCEPTED)
def test_real_files_are_accepted_with_all_entries(name: str) -> None:
    """Accepted, with all their entries."""
    result = read_sample(name)
    assert (result.verdict, len(result.lines)) == ("ACCEPTED", ACCEPTED[name])


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real files are not here")
@pytest.mark.parametrize("name", REFUSED)
def test_real_files_with_faults_are_refused_with_reason(name: str) -> None:
    """Refused, for the reason that stands in the file."""
    assert REFUSED[name] in read_sample(name).verdict
