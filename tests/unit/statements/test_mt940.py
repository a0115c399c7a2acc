"""MT940 as banks print it: field 61 by its rule and beside it, field 86, pages, line ends.

Amounts are minor units of EUR; every statement opens at 100.00, and ties.
"""

from datetime import date

import pytest

from tests.support.bank_files import ledger, mt940, read_bank


def read_line(*lines: str, cents: int, currency: str = "EUR") -> dict[str, object]:
    """Reads a statement whose only line moves this many cents."""
    closing = f"C261116{currency}{(10_000 + cents) // 100},{(10_000 + cents) % 100:02}"
    result = read_bank("mt940", mt940(*lines, closing=closing).replace("EUR", currency))
    assert result.verdict == "ACCEPTED", result.verdict
    (line,) = result.lines
    return line


@pytest.mark.parametrize(
    ("field", "ours", "theirs", "code"),
    [
        ("C10,NTRFREF1//B1", "REF1", "B1", "NTRF"),
        ("C10,NTRFNONREF//B1", None, "B1", "NTRF"),
        ("C10,NTRFEREF//B1", None, "B1", "NTRF"),
        ("C10,NTRFKREF+//B1", None, "B1", "NTRF"),
        ("C10,NMARMARF", None, None, "NMAR"),
        ("C10,NONREF", None, None, None),
        ("C10,//19239782213", None, "19239782213", None),
        ("C10,00 NTRFREF1", "REF1", None, "NTRF"),
        ("CR10,NTRFREF1", "REF1", None, "NTRF"),
        ("C10NTRFREF1", "REF1", None, "NTRF"),
        ("C00010,0N541REF1", "REF1", None, "N541"),
        ("C10.00NMSCREF1", "REF1", None, "NMSC"),
        ("c10,00NMSCREF1", "REF1", None, "NMSC"),
        ("C10,NGT TMG TANGO", "TMG TANGO", None, "NGT"),
        ("C10,MCI0REF1", "REF1", None, "MCI0"),
        # Longer than the sixteen characters of the rule, or text behind them.
        ("C10,NTRFINNDNL2U20140520000123456//B1", "INNDNL2U20140520000123456", "B1", "NTRF"),
        ("C10,NTRFREF1            MY SHOP AMSTERDAM", "REF1", None, "NTRF"),
        ("C10,NTRFREF1//2022070616391534000", "REF1", "2022070616391534000", "NTRF"),
        ("C10,NTRFa/b 12//B1//C", "a/b 12", "B1//C", "NTRF"),
        # It begins as an account number does, and is none of that country's length.
        ("C10,NTRFNL26111612345678", "NL26111612345678", None, "NTRF"),
        ("C10,NTRFRF18539007547034", "RF18539007547034", None, "NTRF"),
    ],
)
def test_field_61_gives_references_and_code(
    field: str, ours: str | None, theirs: str | None, code: str | None
) -> None:
    """Field 61 gives our reference, the bank's reference and the type code."""
    line = read_line(f":61:261116{field}", cents=1000)
    assert (line["our_ref"], line["batch_ref"], line["product"]) == (ours, theirs, code)


@pytest.mark.parametrize(
    ("days", "booked", "valued"),
    [
        ("2612310102", date(2027, 1, 2), date(2026, 12, 31)),
        ("2701021231", date(2026, 12, 31), date(2027, 1, 2)),
        ("2610150105", date(2027, 1, 5), date(2026, 10, 15)),
        ("261116    ", date(2026, 11, 16), date(2026, 11, 16)),
        ("2611160000", date(2026, 11, 16), date(2026, 11, 16)),
        ("2602300302", date(2026, 3, 2), date(2026, 2, 28)),
        ("2402300230", date(2024, 2, 29), date(2024, 2, 29)),
    ],
)
def test_field_61_gives_booking_and_value_date(days: str, booked: date, valued: date) -> None:
    """The booking year is the one nearest to the value date; 30 February is its last day."""
    line = read_line(f":61:{days}C10,NTRFREF1", cents=1000)
    assert (str(line["traded_at"])[:10], line["settlement_date"]) in (
        (str(booked), valued),
        # midnight in Berlin is the evening before in UTC
        (str(date.fromordinal(booked.toordinal() - 1)), valued),
    )


@pytest.mark.parametrize(
    ("details", "ours", "tail", "name"),
    [
        # Numbered parts: a reference that fills its part goes on in the next.
        (("166?00CREDIT?20EREF+ORDER-1?21KREF+BATCH-9?22SVWZ+thanks?31DE123456",
          "7890?32Jo?33hn"), "ORDER-1", "7890", "J**"),
        (("166?00CREDIT?20EREF+ABCDEFGHIJKLMNOPQRSTUV?21WXYZ?22SVWZ+x",),
         "ABCDEFGHIJKLMNOPQRSTUVWXYZ", None, None),
        (("166?00CREDIT?20EREF+ORDER-1?21FREE TEXT?22SVWZ+x",), "ORDER-1", None, None),
        (("166?00CREDIT?20SVWZ+a b c EREF+ORDER-1 KREF+K1",), "ORDER-1", None, None),
        (("166?00CREDIT?20EREF+NOTPROVIDED KREF+K1",), "K1", None, None),
        (("166?00CREDIT?20EREF+NOTPROVIDED?21SVWZ+x",), "OWN", None, None),
        (("166?00CREDIT?20EREF+ORDER-1 BIC: BYLADEMM?21x",), "ORDER-1", None, None),
        (("020~00CREDIT~20EREF+ORDER-1~3112345678~32Jo",), "ORDER-1", "5678", "J**"),
        # Named parts.
        (("/TRTP/SEPA OVERBOEKING/IBAN/NL00TEST0123456789/BIC/TESTNL2A/NAME/Jo",
          "hn/REMI/x/EREF/ORDER-1"), "ORDER-1", "6789", "J**"),
        (("/EREF/ORDER-1/7/ORDP//NAME/John/REMI/x",), "ORDER-1/7", None, "J**"),
        (("/EREF/NOTPROVIDED//MARF/M1//CNTP/NL00TEST0123456789/TESTNL2A/John///REMI/USTD//x/",),
         "OWN", "6789", "J**"),
        # Text, in which nothing is known.
        (("GIRO 428428 EREF ORDER-1",), "OWN", None, None),
        (("paid at 22", ":20:15 for it"), "OWN", None, None),
    ],
)  # fmt: skip
def test_field_86_names_payer_and_reference(
    details: tuple[str, ...], ours: str, tail: str | None, name: str | None
) -> None:
    """Field 86 names the payer; its end-to-end reference goes before the one of field 61."""
    first, *more = details
    line = read_line(":61:261116C10,NTRFOWN//B1", f":86:{first}", *more, cents=1000)
    assert (line["our_ref"], line["account_tail"], line["payer_name"]) == (ours, tail, name)


def test_field_86_of_the_statement_belongs_to_no_entry() -> None:
    """One field 86 stands behind the closing balance, one above all entries."""
    text = mt940(":86:/EREF/X", ":61:261116C10,NTRFOWN", closing="C261116EUR110,00")
    text = text.replace("\n-\n", "\n:86:/EREF/ORDER-1/NAME/Bank\n-\n")
    (line,) = read_bank("mt940", text).lines
    assert (line["our_ref"], line["payer_name"]) == ("OWN", None)


@pytest.mark.parametrize(
    "field",
    [
        "261116C1x0,00NTRFREF1",  # the amount would be 1
        "261116C2X500NTRFREF1",
        "261116C10,00",  # and a line behind it that is none of a reference
        "261116CX10,00NTRFREF1",  # X is not the last letter of EUR
        "261116C10.0NTRFREF1",  # a point, and not the decimals of EUR
        "261116C1.000NTRFREF1",
        "261316C10,00NTRFREF1",
        "2611161316C10,00NTRFREF1",
        "C10,00NTRFREF1",
    ],
)
def test_invalid_field_61_is_never_read_in_part(field: str) -> None:
    """An interim report has no balance that would show the fault: the reader rejects the field."""
    head = ":20:R\n:25:A\n:28C:1\n:34F:EURC0,\n:13D:2611161200+0100\n"
    result = read_bank("mt940", f"{head}:61:{field}\n-\n")
    if field == "261116C10,00":
        assert ledger(result) == [("PAYMENT", 1000)]
    else:
        assert result.verdict.startswith("REJECTED_LINES") and result.rejected[0]["line_no"] == 6


def test_expected_entries_of_a_report_are_pending() -> None:
    """EC and ED of MT942 are pending."""
    head = ":20:R\n:25:A\n:28C:1\n:34F:EURC0,\n:13D:2611161200+0100\n"
    text = f"{head}:61:261116EC10,NTRFX\n:61:261116ED4,NTRFY\n:90D:1EUR4,\n:90C:1EUR10,\n-\n"
    result = read_bank("mt940", text)
    assert result.verdict == "ACCEPTED"
    assert [(row["status"], row["amount"]) for row in result.lines] == [
        ("PENDING", 1000),
        ("PENDING", -400),
    ]
    text = text.replace(":90C:1EUR10,", ":90C:2EUR10,")
    assert "credit_count 1" in read_bank("mt940", text).verdict


def test_field_61_broken_before_its_amount_is_read() -> None:
    """The amount is on the next line; other text on a second line changes nothing."""
    line = read_line(":61:2611161116CR", "10,NTRFREF1//B1", cents=1000)
    assert (line["our_ref"], line["batch_ref"]) == ("REF1", "B1")
    line = read_line(":61:2611161116CR10,NTRFREF1//B1", "NL00TEST0123456789", cents=1000)
    assert (line["our_ref"], line["batch_ref"]) == ("REF1", "B1")


def test_field_of_many_lines_is_read_quickly() -> None:
    """Two hundred thousand lines follow an invalid field 61, or a field 86."""
    lines = ["text"] * 200_000
    assert not read_bank("mt940", mt940(":61:2611161116CR", *lines)).is_accepted
    text = mt940(":61:261116C10,NTRFX", ":86:a", *lines, closing="C261116EUR110,")
    assert ledger(read_bank("mt940", text)) == [("PAYMENT", 1000)]


def test_currencies_with_no_or_three_decimals_are_read() -> None:
    """100 JPY and 10 more; 100.000 KWD and 0.005 more."""
    text = mt940(":61:261116CY10,NTRFX", closing="C261116EUR110,").replace(",00", ",")
    assert ledger(read_bank("mt940", text.replace("EUR", "JPY"))) == [("PAYMENT", 10)]
    text = mt940(":61:261116CD0,005NTRFX", closing="C261116EUR100,005")
    assert ledger(read_bank("mt940", text.replace("EUR", "KWD"))) == [("PAYMENT", 5)]
    text = mt940(":61:261116CY10,5NTRFX", closing="C261116EUR110,5").replace(",00", ",")
    assert not read_bank("mt940", text.replace("EUR", "JPY")).is_accepted


def build_statement(number: int, opening: str, closing: str, *lines: str) -> str:
    body = "".join(f"{line}\n" for line in lines)
    return (
        f":20:R\n:25:A\n:28C:{number}/1\n:60F:C261115EUR{opening}\n{body}:62F:C261116EUR{closing}\n"
    )


def test_amount_without_an_integer_part_is_read() -> None:
    """Half a euro."""
    assert read_line(":61:261116C,50NTRFREF1", cents=50)["amount"] == 50


def test_statements_of_an_account_must_follow_each_other() -> None:
    """Each opens at the closing balance of the other, oldest or newest first."""
    first = build_statement(7, "100,", "101,", ":61:261116C1,NTRFX")
    second = build_statement(8, "101,", "99,", ":61:261116D2,NTRFY")
    assert ledger(read_bank("mt940", first + "-\n" + second)) == [
        ("PAYMENT", 100),
        ("PAYOUT", -200),
    ]
    assert ledger(read_bank("mt940", second + "-\n" + first)) == [
        ("PAYOUT", -200),
        ("PAYMENT", 100),
    ]
    third = build_statement(9, "100,", "100,")
    for text in (first + second + third, third + second + first, second + third + first):
        result = read_bank("mt940", text)
        (gap,) = result.gaps
        assert result.is_accepted
        assert "statement 8 closes on 2026-11-16 with EUR 99.00, statement 9 opens" in gap
        assert "difference EUR 1.00: no number is missing" in gap


@pytest.mark.parametrize("between", ["-\n", "-}\n", "-}{5:{CHK:1}}\n", "-XXX\nBANKNL2A\n940\n",
                                     "\x03\n", "", "-}{1:F01B}{2:O940B}{4:\n", "-"])  # fmt: skip
def test_lines_between_statements_are_skipped(between: str) -> None:
    """Block ends, the bank's own lines, nothing, or a block end and the next block on one line."""
    first = build_statement(7, "100,", "101,", ":61:261116C1,NTRFX")
    second = build_statement(8, "101,", "99,", ":61:261116D2,NTRFY")
    assert len(ledger(read_bank("mt940", first + between + second))) == 2


def test_statement_that_begins_on_the_line_of_a_balance_is_read() -> None:
    """The line reads `:64:C261116EUR101,:20:R`."""
    first = build_statement(7, "100,", "101,", ":61:261116C1,NTRFX") + ":64:C261116EUR101,"
    second = build_statement(8, "101,", "99,", ":61:261116D2,NTRFY")
    assert len(ledger(read_bank("mt940", first + second))) == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (":62F:", ":60F:", "a second balance 60F"),
        (":28C:1", ":25:ACC2", "a second account"),
        (":60F:C261115EUR100,00\n", "", "without its opening balance"),
        (":25:ACC1\n", "", "without its account"),
        ("EUR100,00\n:61", "EUR100.000,00\n:61", "no amount"),
        (":62F:C261116EUR110,00", ":62F:C261116USD110,00", "in USD, the opening in EUR"),
    ],
)
def test_inconsistent_fields_are_refused(old: str, new: str, said: str) -> None:
    """Each fault refuses the file with its reason."""
    text = mt940(":61:261116C10,NTRFREF1", closing="C261116EUR110,00")
    result = read_bank("mt940", build_statement(0, "100,", "100,") + text.replace(old, new, 1))
    assert said in result.verdict and result.verdict.split(":")[0] in (
        "BAD_STATEMENT",
        "BAD_BALANCE",
    )


def test_totals_beyond_a_thousand_are_counted() -> None:
    """Of fifteen hundred statements the later totals are counted; a wrong one is still reported."""
    texts = [build_statement(each, "100,", "100,") for each in range(1, 1501)]
    result = read_bank("mt940", "".join(texts))
    names = {row["name"]: row["computed"] for row in result.totals}
    assert result.is_accepted and names["further_totals"] == 2 * 1500 - 1 - 1000
    texts[1400] = build_statement(1401, "100,", "100,01")
    assert "closing_balance 1401" in read_bank("mt940", "".join(texts)).verdict
