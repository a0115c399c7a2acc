"""What entries of a bank mean: what identifies them, what came back, what the bank took out.

Amounts in EUR (BAI2: USD); every statement ties.
"""

from typing import Any

import pytest

from schemas.profile.channel import Profile
from tests.fuzz.reading import read_statement
from tests.support.bank_files import ledger, mt940, read_bank
from tests.support.golden import DAY
from tests.unit.statements.test_bai2 import build_report
from tests.unit.statements.test_camt import balance, details, entry, message, statement

LOT = "<AcctSvcrRef>LOT</AcctSvcrRef>"


def charges(amount: str, mark: str = "DBIT", included: str = "", code: str = "EUR") -> str:
    flag = f"<ChrgInclInd>{included}</ChrgInclInd>" if included else ""
    return (
        f"<Chrgs><Rcrd><Amt Ccy='{code}'>{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd>{flag}</Rcrd>"
        "</Chrgs>"
    )


def columns(result: Any, *names: str) -> list[tuple[Any, ...]]:
    assert result.verdict == "ACCEPTED", result.verdict
    return [tuple(row[name] for name in names) for row in result.lines]


def test_entries_under_one_reference_are_told_apart_by_their_place() -> None:
    """A payment, its fee and another payment bear one reference of the bank, in each format."""
    swift = mt940(
        ":61:261116D20,NTRFP1//LOT", ":61:261116D0,50NCHGP1//LOT", ":61:261116D7,NTRFP2//LOT",
        closing="C261116EUR72,50",
    )  # fmt: skip
    camt = message(
        statement("130.00", *[entry(a, details(), head=LOT) for a in ("10.00", "20.00")])
    )
    bai2 = build_report("16,195,1000,,LOT,A/", "16,195,1000,,LOT,B/", closing=102_000)
    for dialect, text in (("mt940", swift), ("camt053", camt), ("bai2", bai2)):
        found = columns(read_bank(dialect, text), "channel_ref", "batch_ref", "channel_ref_norm")
        assert len({place for place, _, _ in found}) == len({norm for *_, norm in found})
        assert len({place for place, _, _ in found}) == len(found) > 1
        assert {lot for _, lot, _ in found} == {"LOT"}
        unique = columns(
            read_bank(dialect, text, reference_is_unique=True), "channel_ref", "batch_ref"
        )
        assert unique == [("LOT", None)] * len(found)


def test_place_is_the_same_in_a_file_with_more_statements_and_no_other_has_it() -> None:
    """Statements that all bear the number 0 differ by account, date or balance."""
    zero = mt940(":61:261116C1,NTRFX", closing="C261116EUR101,").replace(":28C:1", ":28C:00000/001")
    others = [
        zero.replace("ACC1", "XACC1"),
        zero.replace("C261115EUR100,00", "C261116EUR101,00").replace("EUR101,\n", "EUR102,\n"),
        zero.replace("261115", "261116").replace("C261116EUR101", "C261117EUR101"),
    ]
    ((place,),) = columns(read_bank("mt940", zero), "channel_ref")
    assert place.startswith("ACC1/00000-001/00001/")
    for other in others:
        ((theirs,),) = columns(read_bank("mt940", other), "channel_ref")
        assert theirs != place
        both = columns(read_bank("mt940", other + zero), "channel_ref")
        assert both == [(theirs,), (place,)]


def test_rules_for_channel_ref_do_not_touch_a_place() -> None:
    """References cut to two characters would be the same for all lines."""
    page = {
        "channel": "bank", "dialect": "bai2", "zone": "Etc/UTC", "first_date": "2026-11-01",
        "files": {"pattern": "{business_date}", "day_check": "none"},
        "references": {"channel_ref": {"cut": 2}},
    }  # fmt: skip
    text = build_report("16,195,1,,B,/", "16,195,1,,B,/", closing=100_002)
    result = read_statement(text.encode(), Profile.model_validate(page), DAY, "a.bai2")
    assert len(set(columns(result, "channel_ref_norm"))) == 2


@pytest.mark.parametrize(
    "scope",
    [{"channel_ref": "^B"},
     {"exclude": [{"name": "x", "owner": "y", "from": "2026-11-01", "channel_ref": "^B"}]}],
)  # fmt: skip
def test_scope_by_channel_ref_needs_unique_references(scope: dict[str, Any]) -> None:
    """A pattern of references would take every place, or none, out of scope."""
    page = {
        "channel": "bank", "dialect": "mt940", "zone": "Etc/UTC", "first_date": "2026-11-01",
        "files": {"pattern": "{business_date}"}, "scope": scope,
    }  # fmt: skip
    with pytest.raises(ValueError, match="scope names channel_ref, which of a bank line"):
        Profile.model_validate(page)
    assert Profile.model_validate({**page, "bank": {"reference_is_unique": True}})


def test_bank_says_what_it_is_about() -> None:
    """Remittance text, booking text of German banks, a reference that has no other column."""
    swift = mt940(
        ":61:261116C1,NTRFX", ":86:166?00CREDIT?20EREF+O1?21SVWZ+invoice 7",
        ":61:261116C1,NTRFX", ":86:/TRTP/SEPA/REMI/invoice 8/EREF/O2",
        ":61:261116C1,NTRFX", "more", ":86:free text ", " DE02120300000000202051",
        closing="C261116EUR103,",
    )  # fmt: skip
    found = columns(read_bank("mt940", swift), "text")
    assert found[:2] == [("CREDIT invoice 7",), ("invoice 8",)]
    assert found[2][0].startswith("more free text DE") and "120300000000" not in found[2][0]
    rest = "<RmtInf><Ustrd>invoice</Ustrd><Ustrd>9</Ustrd></RmtInf>"
    refs = "<AcctSvcrRef>B2</AcctSvcrRef><PmtInfId>P1</PmtInfId>"
    each = [details("1.00", refs, more=rest), details("2.00")]
    text = message(statement("103.00", entry("3.00", *each, tail="<AddtlNtryInf>x</AddtlNtryInf>")))
    assert columns(read_bank("camt053", text), "text", "batch_ref")[0] == ("invoice 9 B2", "P1")


RETURN = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"
E2E = "<EndToEndId>E1</EndToEndId>"


def code(sub_family: str = "", proprietary: str = "") -> str:
    family = f"<Domn><Cd>PMNT</Cd><Fmly><Cd>X</Cd><SubFmlyCd>{sub_family}</SubFmlyCd></Fmly></Domn>"
    other = f"<Prtry><Cd>{proprietary}</Cd></Prtry>"
    return f"<BkTxCd>{family if sub_family else ''}{other if proprietary else ''}</BkTxCd>"


@pytest.mark.parametrize(
    ("head", "more"),
    [
        (code("ESCT"), RETURN), (code("RRTN"), ""), (code("UPDD"), ""),
        (code("ESCT", "NTRF+159+00931"), ""), (code("", "NTRF+109+992"), ""),
        (code("", "NRTI"), ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("mark", "kind", "closing"),
    [("CRDT", "PAYOUT_RETURN", "150.00"), ("DBIT", "REFUND", "50.00")],
)
def test_camt_return_is_no_new_payment(
    head: str, more: str, mark: str, kind: str, closing: str
) -> None:
    """Return information, or a code that says return; alone or in a batch."""
    one = entry("50.00", details(refs=E2E, more=more), mark=mark, head=head)
    wanted = (kind, None, "E1")
    found = columns(
        read_bank("camt053", message(statement(closing, one))), "kind", "our_ref", "original_ref"
    )
    assert found == [wanted]
    both = [details("20.00", E2E, more), details("30.00", "<EndToEndId>E2</EndToEndId>")]
    text = message(statement(closing, entry("50.00", *both, mark=mark, head=head)))
    first, second = columns(read_bank("camt053", text), "kind", "our_ref", "original_ref")
    assert first == wanted
    assert (second[1] == "E2") == bool(more)  # only what has the information is a return


@pytest.mark.parametrize(
    ("field", "details_86"),
    [
        ("NTRFREF1", "159?00RETURN?20EREF+E1"), ("NTRFREF1", "109?00RETURN?20EREF+E1"),
        ("NTRFREF1", "108?20EREF+E1"), ("NTRFREF1", "/RTRN/AC04/EREF/E1"), ("NRTIE1", "x"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("mark", "kind", "closing"), [("C", "PAYOUT_RETURN", "150,"), ("D", "REFUND", "50,")]
)
def test_mt940_return_is_no_new_payment(
    field: str, details_86: str, mark: str, kind: str, closing: str
) -> None:
    """German transaction codes, the Dutch key RTRN, the transaction type RTI."""
    text = mt940(f":61:261116{mark}50,{field}", f":86:{details_86}", closing=f"C261116EUR{closing}")
    found = columns(read_bank("mt940", text), "kind", "our_ref", "original_ref")
    assert found == [(kind, None, "E1")]


@pytest.mark.parametrize(
    ("type_code", "kind"),
    [("266", "PAYOUT_RETURN"), ("257", "PAYOUT_RETURN"), ("252", "PAYOUT_RETURN"),
     ("557", "REFUND"), ("555", "REFUND"), ("566", "REFUND"), ("195", None), ("495", None)],
)  # fmt: skip
def test_bai2_return_is_no_new_payment(type_code: str, kind: str | None) -> None:
    """Returned items, in and out; wires are what they were."""
    closing = 100_000 + (1000 if type_code < "400" else -1000)
    text = build_report(f"16,{type_code},1000,,B1,O1/", closing=closing)
    ((found, ours, original),) = columns(read_bank("bai2", text), "kind", "our_ref", "original_ref")
    assert (found, ours, original) == (
        (kind, None, "O1") if kind else (found, "O1", None)
    ) and found != ("PAYMENT" if kind else None)


def test_profile_says_the_kind_of_a_return_by_its_code() -> None:
    """The kind of the return's own code counts, not that of the entry's."""
    text = mt940(":61:261116D50,NTRFX", ":86:109?20EREF+E1", closing="C261116EUR50,")
    for kinds, kind in (({"109": "CHARGEBACK"}, "CHARGEBACK"), ({"NTRF": "PAYMENT"}, "REFUND")):
        assert ledger(read_bank("mt940", text, kinds=kinds)) == [(kind, -5000)]


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("mt940", mt940(":61:261116D1,NCHGX", closing="C261116EUR99,")),
        ("mt940", mt940(":61:261116D1,NMSCX", ":86:808?20SVWZ+x", closing="C261116EUR99,")),
        ("camt053", message(statement("99.00", entry("1.00", mark="DBIT", head=code("CHRG"))))),
        ("bai2", build_report("16,698,100,,,/", closing=99_900)),
    ],
)
def test_charge_that_is_an_entry_is_a_fee(dialect: str, text: str) -> None:
    """A bank's charge is no payout; the profile may say otherwise."""
    assert ledger(read_bank(dialect, text)) == [("FEE", -100)]
    kinds = {"NCHG": "PAYOUT", "NMSC": "PAYOUT", "PMNT-X-CHRG": "PAYOUT", "698": "PAYOUT"}
    assert ledger(read_bank(dialect, text, kinds=kinds)) == [("PAYOUT", -100)]


def amounts(dialect: str, text: str) -> list[tuple[Any, ...]]:
    return columns(read_bank(dialect, text), "amount", "fee")


def instructed(amount: str, currency: str = "EUR") -> str:
    return f"<AmtDtls><InstdAmt><Amt Ccy='{currency}'>{amount}</Amt></InstdAmt></AmtDtls>"


TOTAL = "<Chrgs><TtlChrgsAndTaxAmt Ccy='EUR'>1.50</TtlChrgsAndTaxAmt></Chrgs>"
PLAIN = "<Chrgs><Amt Ccy='EUR'>1.50</Amt><CdtDbtInd>DBIT</CdtDbtInd></Chrgs>"


@pytest.mark.parametrize(
    ("part", "head"),
    [
        (details("100.00", more=charges("1.50")), ""),
        (details("98.50", more=instructed("100.00") + charges("1.50")), ""),
        (details("98.50", more=charges("1.50", included="true")), ""),
        (details("100.00", more=TOTAL), ""), (details("100.00", more=PLAIN), ""),
        (details("100.00", more=PLAIN.replace("1.50", "1.00") + PLAIN.replace("1.50", "0.50")), ""),
        (details("100.00"), charges("1.50")),
        (details(), instructed("100.00") + charges("1.50")),
        (details(), charges("1.50", included="true")),
    ],
)  # fmt: skip
def test_charges_in_a_camt_entry_are_its_fee(part: str, head: str) -> None:
    """100.00 less 1.50 are 98.50 in; 100.00 and 1.50 are 101.50 out."""
    assert amounts("camt053", message(statement("198.50", entry("98.50", part, head=head)))) == [
        (10_000, 150)
    ]
    paid = entry("98.50", part, head=head, mark="DBIT").replace("98.50", "101.50")
    text = message(statement("-", paid))
    text = text.replace(balance("CLBD", "-"), balance("CLBD", "1.50", mark="DBIT"))
    assert amounts("camt053", text) == [(-10_000, 150)]


@pytest.mark.parametrize(
    "more",
    [
        charges("1.40"),  # 100.00 less 1.40 are not 98.50
        charges("1.50", included="false"),  # the bank books it another time
        charges("1.50", code="USD"),
        charges("1.50", mark="CRDT"),
        charges("x"),
        "",
    ],
)
def test_charges_that_do_not_make_the_entry_are_no_fee(more: str) -> None:
    """The booked amount stays the amount: the reader guesses no fee."""
    part = details("100.00", more=more)
    assert amounts("camt053", message(statement("198.50", entry("98.50", part)))) == [(9850, None)]


@pytest.mark.parametrize(
    ("parts", "head", "lines"),
    [
        # The amounts less their charges are the entry; one has none.
        ([details("60.00", more=charges("1.00")), details("39.50")], "",
         [(6000, 100), (3950, None)]),
        # The amounts are what was booked; of one the amount before charges is printed.
        ([details("59.00", more=instructed("60.00") + charges("1.00")),
          details("39.50", more=charges("0.50"))], "", [(6000, 100), (3950, None)]),
        # The charges stand in the entry only: a line of their own.
        ([details("60.00"), details("40.00")], charges("1.50"),
         [(6000, None), (4000, None), (-150, None)]),
    ],
)  # fmt: skip
def test_batch_less_its_charges_is_split(
    parts: list[str], head: str, lines: list[tuple[int, int | None]]
) -> None:
    """98.50 came in; summed up, amounts less fees are as much."""
    text = message(statement("198.50", entry("98.50", *parts, head=head)))
    assert amounts("camt053", text) == lines
    assert sum(amount - (fee or 0) for amount, fee in lines) == 9850
    kinds = [kind for kind, _ in ledger(read_bank("camt053", text))]
    assert kinds == ["PAYMENT", "PAYMENT", "FEE"][: len(lines)]


@pytest.mark.parametrize(
    ("details_86", "fee"),
    [
        ("/EREF/O1/OCMT/EUR100,00/CHGS/EUR1,50/", 150),
        ("/OCMT/EUR100,/CHGS/EUR1,/CHGS/EUR0,5/REMI/x", 150),
        ("166?20EREF+O1?21/OCMT/EUR100,00/?22/CHGS/EUR1,50/", 150),
        ("166?20EREF+O1?21OAMT+100,00?22COAM+EUR1,50", 150),
        ("/EREF/O1/OCMT/EUR100,00/CHGS/EUR1,40/", None),
        ("/EREF/O1/OCMT/USD100,00/CHGS/EUR1,50/", None),
        ("/EREF/O1/CHGS/EUR1,50/", None),
    ],
)
def test_charges_in_field_86_are_the_fee(details_86: str, fee: int | None) -> None:
    """98.50 is 100.00 less 1.50, where the bank prints both; nothing is guessed."""
    text = mt940(":61:261116C98,50NTRFO1", f":86:{details_86}", closing="C261116EUR198,50")
    assert amounts("mt940", text) == [(10_000, fee) if fee else (9850, None)]
