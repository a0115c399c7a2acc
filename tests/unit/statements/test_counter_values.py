"""Bank entries of payments in another currency: what the account moved by, and the payment itself.

The account is in EUR and opens at 100.00.
"""

import pytest

from tests.support.bank_files import ledger, mt940, read_bank
from tests.unit.statements.test_camt import balance, details, message

COUNTER_VALUE = "<AmtDtls><CntrValAmt><Amt Ccy='EUR'>{}</Amt></CntrValAmt></AmtDtls>"


def read_entry(closing: str, below: str, *groups: str, printed: str = "100.00") -> tuple[str, list]:
    entry = (
        f"<Ntry><Amt Ccy='USD'>{printed}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>"
        f"<BookgDt><Dt>2026-11-16</Dt></BookgDt>{below}"
        f"<NtryDtls>{''.join(groups)}</NtryDtls></Ntry>"
    )
    text = message(
        f"<Stmt><Id>S</Id><Acct><Id><IBAN>X1</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{balance('OPBD', '100.00')}{balance('CLBD', closing)}{entry}</Stmt>"
    )
    result = read_bank("camt053", text)
    rows = [(row["amount"], row["currency"], row["our_ref"], dict(row["extra"] or ()))
            for row in result.lines]  # fmt: skip
    return result.verdict, rows


USD = {"original_amount": "100.00", "original_currency": "USD"}


@pytest.mark.parametrize("place", ["entry", "transaction"])
def test_counter_value_is_the_amount_in_the_account(place: str) -> None:
    """USD 100.00 came in as EUR 92.00, which the balance proves."""
    below = COUNTER_VALUE.format("92.00")
    refs = "<EndToEndId>E1</EndToEndId>"
    parts = (below, details(refs=refs)) if place == "entry" else ("", details("", refs, below))
    assert read_entry("192.00", *parts) == ("ACCEPTED", [(9200, "EUR", "E1", USD)])
    assert read_entry("193.00", *parts)[0].startswith("TOTALS_DIFFER")


def test_transactions_of_a_batch_have_counter_values() -> None:
    """USD 60.00 and 40.00 are EUR 55.00 and 37.00."""
    each = [
        details(more=f"<AmtDtls><TxAmt><Amt Ccy='USD'>{usd}</Amt></TxAmt>"
                     f"<CntrValAmt><Amt Ccy='EUR'>{eur}</Amt></CntrValAmt></AmtDtls>")
        for usd, eur in (("60.00", "55.00"), ("40.00", "37.00"))
    ]  # fmt: skip
    verdict, rows = read_entry("192.00", COUNTER_VALUE.format("92.00"), *each)
    assert verdict == "ACCEPTED"
    assert [(row[0], row[1], row[3]["original_amount"]) for row in rows] == [
        (5500, "EUR", "60.00"),
        (3700, "EUR", "40.00"),
    ]


def test_transactions_do_not_have_the_amount_of_their_batch() -> None:
    """EUR 55.00 and 37.00 without an amount of their own in USD: that of the batch is none."""
    each = [details(eur) for eur in ("55.00", "37.00")]
    _, rows = read_entry("192.00", COUNTER_VALUE.format("92.00"), *each)
    assert [(row[0], row[3]) for row in rows] == [(5500, {}), (3700, {})]


@pytest.mark.parametrize(
    "below", ["", COUNTER_VALUE.format("9x"),
              COUNTER_VALUE.format("92.00").replace("EUR", "GBP")]
)  # fmt: skip
def test_entry_without_a_counter_value_is_rejected(below: str) -> None:
    """Nothing says what the account moved by."""
    verdict, rows = read_entry("192.00", below, details())
    assert (not rows and "CURRENCY_DIFFERS" in verdict) or "counter value" in verdict


@pytest.mark.parametrize(
    ("text", "original"),
    [
        ("/OCMT/USD100,00/EXCH/1,087/", USD),
        ("/OCMT/USD100,/CHGS/EUR1,50/", {**USD, "original_amount": "100"}),
        ("/OCMT/USD1.100,00/", {}),
        ("/OCMT/EUR92,00/", {}),
        ("/OCMT/XYZ1,00/", {}),
    ],
)
def test_original_amount_of_mt940_is_kept(text: str, original: dict[str, str]) -> None:
    """The account moved by EUR 92.00, of which no charge is proved."""
    field = f":61:261116C92,NTRFREF1\n:86:{text}"
    result = read_bank("mt940", mt940(field, closing="C261116EUR192,00"))
    assert ledger(result) == [("PAYMENT", 9200)]
    (line,) = result.lines
    assert (dict(line["extra"] or ()), line["fee"]) == (original, None)
