"""Bank statements of any number of entries, written as they grow: MT940, camt.053, BAI2.

Amounts follow from the entry's number; every balance, count and control total ties. An entry is of
about 205 bytes in MT940, 590 in camt.053, 370 as a transaction of a batch, 120 in BAI2.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

#: Entries of a batch booking, but of the first, which holds half of all.
BATCH = 1_000
_OPENING = 100_000
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
    "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-17T05:00:00+01:00</CreDtTm></GrpHdr><Stmt>"
    "<Id>S1</Id><Acct><Id><IBAN>DE00TEST00000000001234</IBAN></Id><Ccy>EUR</Ccy></Acct>\n"
)
_CODE = (
    "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>"
    "</BkTxCd>"
)


def cents(number: int) -> int:
    """What an entry moves: two of three come in."""
    size = number * 37 % 99_999 + 1
    return size if number % 3 else -size


def write_mt940(path: Path, entries: int) -> None:
    """One statement, however long, with a field 86 below every field 61."""

    def lines() -> Iterator[str]:
        balance = _OPENING
        yield f":20:STMT1\n:25:12345678/0000001234\n:28C:1/1\n:60F:C261115EUR{_comma(balance)}\n"
        for number in range(entries):
            amount = cents(number)
            balance += amount
            mark = "D" if amount < 0 else "C"
            yield (
                f":61:2611161116{mark}{_comma(abs(amount))}NTRFREF{number:09}//BANK{number:010}\n"
                f":86:166?00TRANSFER?109310?20EREF+ORDER{number:09}?21SVWZ+Invoice {number} th"
                "ank yo?22u for your purchase?30TESTDEFFXXX?31DE00TEST00000000005678?32Test "
                "Payer\n"
            )
        yield f":62F:{'C' if balance >= 0 else 'D'}261116EUR{_comma(abs(balance))}\n-\n"

    _write(path, lines())


def write_camt(path: Path, entries: int) -> None:
    """One statement of entries with a transaction each."""

    def body() -> Iterator[str]:
        for number in range(entries):
            yield _entry(cents(number), f"B{number:010}")
            yield f"{_details(number, False)}</NtryDtls></Ntry>\n"

    _write_camt(path, entries, body())


def write_camt_batches(path: Path, entries: int) -> None:
    """Batch bookings: one of half of all transactions, then many."""

    def body() -> Iterator[str]:
        first = 0
        while first < entries:
            many = range(first, min(first + (BATCH if first else max(entries // 2, 1)), entries))
            total = sum(map(cents, many))
            count = f"<Btch><NbOfTxs>{len(many)}</NbOfTxs></Btch>"
            yield f"{_entry(total, f'BATCH{first}')}{count}"
            for number in many:
                yield _details(number, True)
            yield "</NtryDtls></Ntry>\n"
            first = many.stop

    _write_camt(path, entries, body())


def write_bai2(path: Path, entries: int) -> None:
    """One account of transactions, each with a record 88."""

    def lines() -> Iterator[str]:
        closing = _OPENING + sum(map(cents, range(entries)))
        total = _OPENING + closing
        yield "01,TESTBANK,CUST,261116,0600,1,,,2/\n02,CUST,TESTBANK,1,261116,,USD,2/\n"
        yield f"03,0000001234,USD,010,{_OPENING},,,015,{closing},,/\n"
        for number in range(entries):
            amount = cents(number)
            total += abs(amount)
            yield (
                f"16,{495 if amount < 0 else 195},{abs(amount)},V,261116,,BANK{number:010},"
                f"REF{number:09},INVOICE {number} THANK YOU FOR YOUR PURCHASE\n"
                f"88,SECOND LINE OF TEXT {number}\n"
            )
        records = 2 * entries + 2
        yield f"49,{total},{records}/\n98,{total},1,{records + 2}/\n99,{total},1,{records + 4}/\n"

    _write(path, lines())


#: By case: how it is written, and how the shipped profile that reads it is named.
WRITERS: dict[str, tuple[Callable[[Path, int], None], str]] = {
    "mt940": (write_mt940, "bank_mt940"),
    "camt": (write_camt, "bank_camt053"),
    "camt_batches": (write_camt_batches, "bank_camt053"),
    "bai2": (write_bai2, "bank_bai2"),
}
#: Entries that make 100 MB.
ENTRIES = {"mt940": 480_000, "camt": 170_000, "camt_batches": 310_000, "bai2": 830_000}
SUFFIXES = {"bank_mt940": "sta", "bank_camt053": "xml", "bank_bai2": "bai2"}


def _write(path: Path, parts: Iterator[str]) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.writelines(parts)


def _write_camt(path: Path, entries: int, body: Iterator[str]) -> None:
    def parts() -> Iterator[str]:
        yield _HEAD
        yield _balance("OPBD", _OPENING)
        yield _balance("CLBD", _OPENING + sum(map(cents, range(entries))))
        yield from body
        yield "</Stmt></BkToCstmrStmt></Document>\n"

    _write(path, parts())


def _balance(code: str, amount: int) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(amount)}"
        "<Dt><Dt>2026-11-16</Dt></Dt></Bal>\n"
    )


def _entry(amount: int, reference: str) -> str:
    return (
        f"<Ntry>{_amount(amount)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-16</Dt></BookgDt>"
        f"<ValDt><Dt>2026-11-16</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef>{_CODE}<NtryDtls>"
    )


def _details(number: int, own_amount: bool) -> str:
    amount = cents(number)
    other = "Cdtr" if amount < 0 else "Dbtr"
    return (
        f"<TxDtls><Refs><EndToEndId>ORDER{number:09}</EndToEndId></Refs>"
        f"{_amount(amount) if own_amount else ''}<RltdPties><{other}><Pty><Nm>Test Payer</Nm></Pty>"
        f"</{other}><{other}Acct><Id><IBAN>DE00TEST00000000005678</IBAN></Id></{other}Acct>"
        f"</RltdPties><RmtInf><Ustrd>Invoice {number} thank you for your purchase</Ustrd></RmtInf>"
        "</TxDtls>\n"
    )


def _amount(amount: int) -> str:
    mark = "DBIT" if amount < 0 else "CRDT"
    size = abs(amount)
    return f'<Amt Ccy="EUR">{size // 100}.{size % 100:02}</Amt><CdtDbtInd>{mark}</CdtDbtInd>'


def _comma(size: int) -> str:
    return f"{size // 100},{size % 100:02}"
