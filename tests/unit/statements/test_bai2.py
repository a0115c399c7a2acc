"""BAI2 as banks print it: funds types, continuations, padding, several files, the bank's own codes.

Amounts are cents of USD; the account opens at 1000.00.
"""

import pytest

from tests.support.bank_files import ledger, read_bank


def build_report(
    *transactions: str, closing: int = 100_000, currency: str = "USD", pad: int = 0
) -> str:
    """Builds a file of one account; its totals and counts fit the transactions."""
    lines = [line for transaction in transactions for line in transaction.split("\n")]
    amounts = [transaction.split(",")[2] for transaction in transactions]
    total = 100_000 + closing + sum(int(transaction or 0) for transaction in amounts)
    rows = [
        "01,TESTBANK,CUST,261116,2400,1,80,,2/",
        f"02,CUST,TESTBANK,1,261116,2359,{currency},2/",
        f"03,12345,{currency},010,100000,,,015,{closing},,/",
        *lines,
        f"49,{total},{len(lines) + 2}/",
        f"98,{total},1,{len(lines) + 4}/",
        f"99,{total},1,{len(lines) + 6}/",
    ]
    return "".join(f"{row:<{pad}}\n" for row in rows)


@pytest.mark.parametrize(
    ("funds", "valued"),
    [
        ("", "2026-11-16"), ("Z", "2026-11-16"), ("0", "2026-11-16"), ("1", "2026-11-16"),
        ("2", "2026-11-16"), ("V,261118,2400", "2026-11-18"), ("V,261118,", "2026-11-18"),
        ("S,100,200,700", "2026-11-16"), ("D,3,0,100,1,200,2,700", "2026-11-16"),
        ("d,0", "2026-11-16"),
    ],
)  # fmt: skip
def test_references_behind_any_funds_type_are_read(funds: str, valued: str) -> None:
    """10.00 in; behind the funds type stand the bank's and our reference, then text."""
    result = read_bank(
        "bai2", build_report(f"16,195,1000,{funds},B1,OURS,A/B, C/D", closing=101_000)
    )
    (line,) = result.lines
    assert (line["amount"], line["batch_ref"], line["our_ref"]) == (1000, "B1", "OURS")
    assert str(line["settlement_date"]) == valued


@pytest.mark.parametrize(
    "text",
    [
        "16,195,1000,Z,B1,OURS/",
        "16,195,1000,Z,B1,OURS",
        "16,195,1000,Z,B1,OURS,/",
        "16,195,1000,Z,B1,OURS,TEXT/\n88,MORE,OF IT/\n88,AND 16,195,1 /",
        "16,195,1000,Z,B1,OURS,TEXT\n88,MORE",
        # Cells of the transaction itself that go on, with a slash or without.
        "16,195,1000,S,1,2/\n88,997,B1,OURS,TEXT/",
        "16,195,1000,S,1,2\n88,997,B1,OURS,TEXT/",
        "16,195,1000,Z/\n88,B1/\n88,OURS/\n88,TEXT",
        "16,195,1000,Z,B1,OURS,TEXT   /   ",
    ],
)
def test_continuations_give_the_same_transaction(text: str) -> None:
    """A bank may break a record anywhere, and pad lines to eighty columns."""
    for pad in (0, 80):
        result = read_bank("bai2", build_report(text, closing=101_000, pad=pad))
        assert result.verdict == "ACCEPTED", result.verdict
        (line,) = result.lines
        assert (line["batch_ref"], line["our_ref"]) == ("B1", "OURS")


@pytest.mark.parametrize("more", ["88,x", "88,x/", "x"])
def test_record_with_many_continuations_is_read_quickly(more: str) -> None:
    """The text, or the cells, of a transaction go on for a hundred thousand lines."""
    rest = f"\n{more}" * 100_000
    for first in ("16,195,1000,Z,B1,OURS,TEXT", "16,195,1000,D,99999999"):
        whole = build_report("16,195,1000,Z,B1,OURS,TEXT", closing=101_000)
        result = read_bank("bai2", whole.replace("16,195,1000,Z,B1,OURS,TEXT", f"{first}{rest}"))
        assert result.is_accepted == (more == "x")  # the others are records that no trailer counts


@pytest.mark.parametrize(
    ("code", "kind", "amount"),
    [("195", "PAYMENT", 1000), ("399", "PAYMENT", 1000), ("475", "PAYOUT", -1000),
     ("920", "PAYMENT", 1000), ("960", "PAYOUT", -1000)],
)  # fmt: skip
def test_type_code_gives_kind_and_sign(code: str, kind: str, amount: int) -> None:
    """Credits and debits of the standard, and codes that a bank may define itself."""
    text = build_report(f"16,{code},1000,,B1,,", closing=100_000 + amount)
    assert ledger(read_bank("bai2", text)) == [(kind, amount)]


@pytest.mark.parametrize("code", ["730", "900", "100000", "", "ABC"])
def test_type_code_without_a_direction_is_rejected(code: str) -> None:
    """The reader guesses no direction for loans, status codes and invalid codes."""
    assert not read_bank("bai2", build_report(f"16,{code},1000,,B1,,", closing=101_000)).is_accepted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("16,195,1000,B1,OURS,TEXT", "'B1' is no funds type"),
        ("16,195,10.00,,B1,OURS,TEXT", "'10.00' is no amount"),
    ],
)
def test_ambiguous_cells_are_refused(text: str, said: str) -> None:
    """Without its funds type the cells shift: our reference would be read as the bank's."""
    whole = build_report("16,195,1000,,B1,OURS,TEXT", closing=101_000)
    assert said in read_bank("bai2", whole.replace("16,195,1000,,B1,OURS,TEXT", text)).verdict


def test_empty_amount_is_zero_and_amounts_are_minor_units() -> None:
    """An empty amount is 0; 1000 are 10.00 USD, 1000 JPY or 1.000 KWD."""
    assert ledger(read_bank("bai2", build_report("16,195,,,B1,,"))) == [("PAYMENT", 0)]
    for currency in ("JPY", "KWD"):
        result = read_bank(
            "bai2", build_report("16,195,1000,,B1,,", closing=101_000, currency=currency)
        )
        assert [(row["amount"], row["currency"]) for row in result.lines] == [(1000, currency)]


def test_several_bai2_files_in_one_are_read() -> None:
    """Each file has its own trailer; a wrong total in the second names file 2."""
    one, other = (
        build_report(f"16,195,1000,,{number},,", closing=101_000) for number in ("B1", "B2")
    )
    assert ledger(read_bank("bai2", one + other)) == [("PAYMENT", 1000), ("PAYMENT", 1000)]
    at = other.rindex("99,")
    result = read_bank("bai2", one + other[:at] + other[at:].replace("99,202000", "99,202001"))
    assert "control_total file 2 declares" in result.verdict


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        ((), "1", "repeats an earlier report"),
        (("16,195,2000,,B2,,",), "1", "repeats an earlier report"),  # the day so far, once more
        (("16,195,2000,,B2,,",), "3", "corrects an earlier report"),
    ],
)
def test_report_of_the_same_transactions_is_refused(
    more: tuple[str, ...], status: str, said: str
) -> None:
    """10.00 is reported, and reported again with what came since: it came once."""
    first = "16,195,1000,,B1,,"
    one = build_report(first, closing=101_000)
    closing = 101_000 + 2000 * len(more)
    again = build_report(first, *more, closing=closing).replace(
        "TESTBANK,1,", f"TESTBANK,{status},"
    )
    result = read_bank("bai2", one + again)
    assert result.verdict.startswith(f"REPEATED_STATEMENT: a.bai2:10: it {said}"), result.verdict
    assert ledger(read_bank("bai2", again)) == [("PAYMENT", 1000), *[("PAYMENT", 2000)] * len(more)]


@pytest.mark.parametrize("gone", ["49,", "98,", "99,"])
def test_missing_trailer_is_refused(gone: str) -> None:
    """The file may be truncated, or records may be missing."""
    rows = build_report("16,195,1000,,B1,,", closing=101_000).splitlines(True)
    result = read_bank("bai2", "".join(row for row in rows if not row.startswith(gone)))
    assert result.verdict.split(":")[0] in ("BAD_STATEMENT", "FOOTER_MISSING")
