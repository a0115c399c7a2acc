"""camt messages as banks send them: batches, pages, balances of several days, references that are
none, and entries of any number in bounded memory. Amounts in EUR; statements open at 100.00.
"""

from typing import Any
from unittest.mock import patch

import pytest

from jobs.statements.bank import entries
from jobs.statements.bank.camt import batch as camt_batch
from jobs.statements.reading import xml_stream
from tests.support.bank_files import ledger, read_bank


def balance(code: str, amount: str, day: str = "2026-11-16", mark: str = "CRDT") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>{mark}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def entry(amount: str, *details: str, mark: str = "CRDT", head: str = "", tail: str = "") -> str:
    below = f"<NtryDtls>{''.join(details)}</NtryDtls>" if details else ""
    return (
        f"<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts>BOOK</Sts>"
        f"<BookgDt><Dt>2026-11-16</Dt></BookgDt>{head}{below}{tail}</Ntry>"
    )


def details(amount: str = "", refs: str = "", more: str = "") -> str:
    printed = f"<Amt Ccy='EUR'>{amount}</Amt>" if amount else ""
    return f"<TxDtls><Refs>{refs}</Refs>{printed}{more}</TxDtls>"


def statement(closing: str, *parts: str, opening: str = "100.00", head: str = "") -> str:
    return (
        f"<Stmt><Id>S</Id>{head}<Acct><Id><IBAN>X1</IBAN></Id></Acct>"
        f"{balance('OPBD', opening)}{balance('CLBD', closing)}{''.join(parts)}</Stmt>"
    )


def message(*statements: str) -> str:
    return f"<Document><BkToCstmrStmt>{''.join(statements)}</BkToCstmrStmt></Document>"


def lines(text: str, **options: Any) -> list[dict[str, Any]]:
    result = read_bank("camt053", text, **options)
    assert result.verdict == "ACCEPTED", result.verdict
    return result.lines


TWO = ("30.00", "70.00")


@pytest.mark.parametrize("place", ["Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt",
                                   "AmtDtls/InstdAmt/Amt"])  # fmt: skip
def test_transaction_amount_is_read_from_any_amount_element(place: str) -> None:
    """A batch of 100.00 has 30.00 and 70.00, after an amount in another currency."""
    *above, last = place.split("/")
    opened, closed = "".join(f"<{a}>" for a in above), "".join(f"</{a}>" for a in above[::-1])
    other = "<Amt Ccy='USD'>99.00</Amt>" if above else ""
    each = [details(more=f"{other}{opened}<{last} Ccy='EUR'>{a}</{last}>{closed}") for a in TWO]
    assert ledger(read_bank("camt053", message(statement("200.00", entry("100.00", *each))))) == [
        ("PAYMENT", 3000),
        ("PAYMENT", 7000),
    ]


def test_batch_reference_is_not_the_channel_ref_of_its_payments() -> None:
    """Our batch number goes before the bank's, which is no number of a payment.

    The profile says that the bank's references are unique.
    """
    head = "<AcctSvcrRef>B1</AcctSvcrRef>"
    each = [
        details("30.00", "<AcctSvcrRef>B1</AcctSvcrRef><EndToEndId>E1</EndToEndId>"),
        details("70.00", "<AcctSvcrRef>B2</AcctSvcrRef><PmtInfId>P1</PmtInfId>"),
    ]
    text = message(statement("200.00", entry("100.00", *each, head=head)))
    one, other = lines(text, reference_is_unique=True)
    assert (one["our_ref"], one["channel_ref"], one["batch_ref"]) == ("E1", None, "B1")
    assert (other["our_ref"], other["channel_ref"], other["batch_ref"]) == (None, "B2", "P1")
    batch = "<Btch><PmtInfId>OURS</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>"
    made = lines(message(statement("160.00", entry("60.00", batch, *each[:1] * 2))))
    assert [row["batch_ref"] for row in made] == ["OURS", "OURS"]


@pytest.mark.parametrize("none", ["NONREF", "NOTPROVIDED", "notprovided"])
def test_placeholder_references_are_null(none: str) -> None:
    """As a channel_ref a placeholder would make many lines look like repeats of each other."""
    head = f"<AcctSvcrRef>{none}</AcctSvcrRef>"
    refs = f"<EndToEndId>{none}</EndToEndId><TxId>T1</TxId>"
    text = message(statement("200.00", entry("100.00", details(refs=refs), head=head)))
    (line,) = lines(text)
    assert (line["our_ref"], line["batch_ref"]) == (None, "T1")
    (line,) = lines(text, reference_is_unique=True)
    assert (line["channel_ref"], line["batch_ref"]) == ("T1", None)


def test_batch_with_charges_is_not_split() -> None:
    """30.00 and 70.00 less 1.00 of charges are 99.00: the entry is not split."""
    charge = "<Chrgs><TtlChrgsAndTaxAmt Ccy='EUR'>1.00</TtlChrgsAndTaxAmt></Chrgs>"
    batch = "<Btch><NbOfTxs>2</NbOfTxs></Btch>"
    each = [details(a, more=charge) for a in TWO]
    assert ledger(
        read_bank("camt053", message(statement("199.00", entry("99.00", batch, *each))))
    ) == [("PAYMENT", 9900)]
    each = [details(a) for a in TWO]
    result = read_bank("camt053", message(statement("199.00", entry("99.00", batch, *each))))
    assert "BATCH_DIFFERS: its 2 transactions add up to 10000 minor units" in result.verdict
    each = [details("30.00"), details()]  # one does not say what it is of
    assert len(lines(message(statement("199.00", entry("99.00", batch, *each))))) == 1


def test_batch_that_lost_a_transaction_is_no_line() -> None:
    """Two of three payments, 100.00 of 150.00: the third is missing, and the file is refused."""
    batch = "<Btch><NbOfTxs>3</NbOfTxs></Btch>"
    text = message(statement("250.00", entry("150.00", batch, *[details(a) for a in TWO])))
    result = read_bank("camt053", text)
    assert "BATCH_DIFFERS: its 2 of 3 transactions add up to 10000" in result.verdict
    assert not result.lines


@pytest.mark.parametrize("declared", [(2, 2), (None, 3), (0, 3), (2, None)])
@pytest.mark.parametrize("buffered", [1, 2**20])
def test_transactions_are_lost_from_one_of_several_groups(
    declared: tuple[int | None, int | None], buffered: int
) -> None:
    """100.00 of 150.00 in two NtryDtls: their numbers count together, one without a number by its
    transactions; a later one may have no transactions in the file at all.
    """
    groups = [f"<Btch><NbOfTxs>{n}</NbOfTxs></Btch>" if n is not None else "" for n in declared]
    groups += ["<Btch><NbOfTxs>1</NbOfTxs></Btch>"] if declared == (2, None) else []
    each = [details(amount) for amount in TWO]
    parts = [group + (each[n] if n < len(each) else "") for n, group in enumerate(groups)]
    entry_text = entry("150.00", "</NtryDtls><NtryDtls>".join(parts))
    with patch.object(xml_stream, "_CHUNK_BYTES", buffered):
        result = read_bank("camt053", message(statement("250.00", entry_text)))
    assert "BATCH_DIFFERS: its 2 of" in result.verdict
    assert not result.lines


def test_one_transaction_of_several_groups_does_not_name_the_batch() -> None:
    """100.00: one group shows E1 of 30.00, another has a payment that is not in the file."""
    one, more = (f"<Btch><NbOfTxs>{n}</NbOfTxs></Btch>" for n in (1, 1))
    shown = one + details("30.00", "<EndToEndId>E1</EndToEndId>")
    text = message(statement("200.00", entry("100.00", f"{shown}</NtryDtls><NtryDtls>{more}")))
    (line,) = lines(text)
    assert (line["amount"], line["our_ref"]) == (10_000, None)


@pytest.mark.parametrize(
    ("count", "amount", "ours"),
    [("2", "30.00", None), ("2", "100.00", "E1"), ("2", "", "E1"), ("1", "30.00", "E1")],
)
def test_one_transaction_of_several_does_not_name_the_batch(
    count: str, amount: str, ours: str | None
) -> None:
    """100.00 of two payments, of which the bank shows one of 30.00: the line is not E1's."""
    batch = f"<Btch><NbOfTxs>{count}</NbOfTxs></Btch>"
    one = details(amount, "<EndToEndId>E1</EndToEndId>")
    (line,) = lines(message(statement("200.00", entry("100.00", batch, one))))
    assert (line["amount"], line["our_ref"]) == (10_000, ours)


@pytest.mark.parametrize("many", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("kept", ["transactions", "entries"])
def test_batch_size_does_not_change_the_lines(many: int, kept: str) -> None:
    """Blocks of three transactions give the same lines in the same order."""
    each = [details(f"{n}.00", f"<EndToEndId>E{n}</EndToEndId>") for n in range(1, many + 1)]
    total = many * (many + 1) // 2
    # Transactions below one NtryDtls, or each below its own.
    for joint in ("", "</NtryDtls><NtryDtls>"):
        parts = [joint.join(each)]
        text = message(
            statement(f"{200 + total}.00", entry(f"{total}.00", *parts), entry("100.00"))
        )
        whole = lines(text, details=kept)
        with patch.object(entries, "PIECE_ROWS", 3), patch.object(camt_batch, "PIECE_ROWS", 3):
            again = lines(text, details=kept)
        assert [row | {"file_id": ""} for row in again] == [row | {"file_id": ""} for row in whole]
        count = many if kept == "transactions" else 1
        assert [row["line_no"] for row in whole] == list(range(1, count + 2))
        assert [row["our_ref"] for row in whole][:1] == (
            ["E1"] if kept == "transactions" or many == 1 else [None]
        )


def test_reversal_mark_behind_the_transactions_is_refused() -> None:
    """The reader has already passed on two thousand transactions before the mark."""
    each = "".join(details("0.05", f"<EndToEndId>E{n}</EndToEndId>") for n in range(2000))
    text = message(statement("200.00", entry("100.00", each)))
    assert len(lines(text)) == 2000
    late = text.replace("</NtryDtls></Ntry>", "</NtryDtls><RvslInd>true</RvslInd></Ntry>")
    assert read_bank("camt053", late).verdict.startswith(
        "BAD_XML: a.xml:1: an entry goes on behind"
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("'EUR'>50.00<", "'EUR'>-50.00<", "BAD_AMOUNT: '-50.00' has a sign"),
        ("<Dt>2026-11-16</Dt></BookgDt>", "<Dt>2026-13-16</Dt></BookgDt>", "BAD_TIME: BookgDt is"),
        ("<CdtDbtInd>CRDT</CdtDbtInd><Sts>", "<CdtDbtInd>X</CdtDbtInd><Sts>", "BAD_SIGN"),
        ("'EUR'>150.00<", "'EUR'>-150.00<", "BAD_BALANCE: a.xml:1: the balance CLBD: '-150.00'"),
    ],
)
def test_invalid_sign_date_or_mark_is_refused(old: str, new: str, said: str) -> None:
    """The reader guesses no sign, date or mark."""
    text = message(statement("150.00", entry("50.00")))
    assert old in text and said in read_bank("camt053", text.replace(old, new)).verdict


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (">70.00<", ">7x.00<", "BAD_AMOUNT: of a transaction: '7x.00' is no amount"),
        ("'EUR'>70.00", "'EURO'>70.00", "BAD_AMOUNT: of a transaction: 'EURO' is no currency"),
        ("<Ntry>", "<Ntry><Ntry>", "BAD_XML: a.xml:1: a Ntry stands in Ntry"),
        ("<Bal>", "<Other><Bal>", "BAD_XML: a.xml:1: a Bal stands in Other"),
        ("<NtryDtls>", "<NtryDtls><Other>", "BAD_XML: a.xml:1: a TxDtls stands in Other"),
    ],
)
def test_invalid_or_misplaced_elements_are_refused(old: str, new: str, said: str) -> None:
    """Without the refusal the reader would leave out an entry, a balance or a check."""
    text = message(statement("200.00", entry("100.00", *map(details, TWO))))
    for name in ("Ntry", "Bal", "NtryDtls"):
        if f"<{name}>" == old:
            more = new.replace(old, "", 1).strip("<>").split("><")[0]
            text = text.replace(f"</{name}>", f"</{more}></{name}>" if name == "NtryDtls" else
                                f"</{name}></{more}>", 1)  # fmt: skip
    assert said in read_bank("camt053", text.replace(old, new, 1)).verdict


def test_statement_must_name_an_account_of_the_profile() -> None:
    """Where the profile names our accounts, a statement without an account may be another's."""
    text = message(statement("150.00", entry("50.00")))
    nameless = text.replace("<Acct><Id><IBAN>X1</IBAN></Id></Acct>", "")
    assert len(lines(text, accounts=["X1"])) == len(lines(nameless)) == 1
    assert read_bank("camt053", nameless, accounts=["X1"]).verdict.startswith("OTHER_CHANNEL")


def test_first_opening_and_last_closing_balance_are_checked() -> None:
    """Each day has balances: the first opening and the last closing count."""
    days = (
        balance("OPBD", "150.00", "2026-11-17") + balance("CLBD", "170.00", "2026-11-17")
        + balance("PRCD", "90.00", "2026-11-15") + balance("CLBD", "150.00", "2026-11-16")
    )  # fmt: skip
    text = message(statement("150.00", days, entry("50.00"), entry("20.00")))
    assert ledger(read_bank("camt053", text)) == [("PAYMENT", 5000), ("PAYMENT", 2000)]


def page(number: int, last: str) -> str:
    return f"<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{last}</LastPgInd></StmtPgntn>"


def test_pages_of_one_message_make_one_statement() -> None:
    """50.00 is on the first page, 20.00 on the second; either page may have the balances."""
    one, two = entry("50.00"), entry("20.00")
    for first_closes, second_opens in (("170.00", "100.00"), ("150.00", "150.00")):
        text = message(
            statement(first_closes, one, head=page(1, "false")),
            statement("170.00", two, opening=second_opens, head=page(2, "true")),
        )
        assert len(lines(text)) == 2
        assert (
            "closing_balance 2" in read_bank("camt053", text.replace(">20.00<", ">21.00<")).verdict
        )
    alone = message(statement("120.00", two, head=page(2, "true")))
    assert len(lines(alone)) == 1
    assert "closing_balance" in read_bank("camt053", alone.replace(">20.00<", ">21.00<")).verdict
    left = message(statement("150.00", one, head=page(1, "false")))
    assert len(lines(left)) == 1
    assert "closing_balance" in read_bank("camt053", left.replace(">50.00<", ">51.00<")).verdict


def test_statements_may_stand_in_either_order() -> None:
    """100.00 to 150.00, then to 170.00: the newest statement may stand first."""
    number = "<ElctrncSeqNb>{}</ElctrncSeqNb>"
    one = statement("150.00", entry("50.00"), head=number.format(7))
    two = statement("170.00", entry("20.00"), opening="150.00", head=number.format(8))
    assert len(lines(message(one, two))) == len(lines(message(two, one))) == 2
    for text in (message(one, one), message(one, two, one)):
        assert read_bank("camt053", text).verdict.startswith("REPEATED_STATEMENT: a.xml:1")


@pytest.mark.parametrize(
    "net",
    ["<TtlNetNtryAmt>{}</TtlNetNtryAmt><CdtDbtInd>DBIT</CdtDbtInd>",
     "<TtlNetNtry><Amt>{}</Amt><CdtDbtInd>DBIT</CdtDbtInd></TtlNetNtry>"],
)  # fmt: skip
def test_net_of_a_summary_is_checked(net: str) -> None:
    """20.00 in and 50.00 out are 30.00 out; with a reversal the net is not checked."""
    summary = f"<TxsSummry><TtlNtries>{net}</TtlNtries></TxsSummry>"
    both = [entry("20.00"), entry("50.00", mark="DBIT")]
    assert len(lines(message(statement("70.00", summary.format("30.00"), *both)))) == 2
    text = message(statement("70.00", summary.format("70.00"), *both))
    assert "net 1 declares -70.00" in read_bank("camt053", text).verdict
    both[0] = entry("20.00", head="<RvslInd>true</RvslInd>")
    assert len(lines(message(statement("70.00", summary.format("70.00"), *both)))) == 2
