"""Private columns in lines that tieout keeps, and references that are card numbers."""

from collections import Counter

import pyarrow as pa
import pytest
from ruamel.yaml import YAML

from jobs.ingestion.gates.acceptance_limits import check_card_references
from jobs.statements.canonical.references import add_card_counts
from jobs.timeline.source_text import mask_line
from schemas.private_text import is_card_number
from schemas.profile.channel import Profile
from tests.fuzz.reading import read_statement
from tests.support.ledger import day

HEAD = """
channel: shop
zone: Asia/Shanghai
first_date: 2026-11-16
files: {pattern: "{business_date}.csv"}
"""
DELIMITED = f"""{HEAD}
dialect: delimited
layout:
  quote: '"'
  columns: {{our_ref: ref, kind: kind, status: status, amount: amount, currency: currency,
    account_tail: account, payer_name: payer}}
  private: [address, note]
"""
HEADER = "ref,kind,status,amount,currency,account,payer,address,note,other\n"
FIXED = f"""{HEAD}
dialect: fixed_width
fixed_width:
  length: 24
  encoding: utf-8
  columns: {{our_ref: [1, 4], amount: [5, 8]}}
  constants: {{kind: PAYMENT, status: SUCCEEDED, currency: CNY}}
  private: [[13, 6]]
"""


def profile_of(page: str) -> Profile:
    """The profile of a page."""
    return Profile.model_validate(YAML(typ="safe").load(page))


def raw_of(page: str, content: str) -> str:
    """The raw text of the only rejected line of a file."""
    (rejected,) = read_statement(content.encode(), profile_of(page), day(0)).rejected
    return str(rejected["raw"])


@pytest.mark.parametrize(
    ("line", "raw"),
    [
        ("R1,PAYMENT,SUCCEEDED,?,CNY,62170000,Zhang San,Long Road 1,call me,x",
         "R1,PAYMENT,SUCCEEDED,?,CNY,****0000,Z**,***,***,x"),
        ('R1,PAYMENT,SUCCEEDED,?,CNY,62170000,"O""Brien","Road 1, flat 2",,x',
         'R1,PAYMENT,SUCCEEDED,?,CNY,****0000,"O**","***",,x'),
        ("900100200300400,PAYMENT,SUCCEEDED,?,CNY,,,Long Road 1,,621700001234567890",
         "900100200300400,PAYMENT,SUCCEEDED,?,CNY,,,***,,**************7890"),
        ("R1,PAYMENT,SUCCEEDED,1.00,CNY,62170000,Zhang San,more,Long Road 1,call me,x",
         "R1,PAYMENT,SUCCEEDED,1.00,CNY,****0000,Z**,m**,***,***,x"),
    ],
    ids=["plain", "quoted", "long-numbers", "shifted"],
)  # fmt: skip
def test_private_columns_are_hidden_in_a_rejected_line(line: str, raw: str) -> None:
    """References stay; any other number of 12 digits or more may be an account."""
    assert raw_of(DELIMITED, f"{HEADER}{line}\n") == raw


def test_private_bytes_are_hidden_in_a_rejected_record() -> None:
    """Bytes 13 to 18 of the record."""
    assert raw_of(FIXED, "R001????????Secret after\n") == "R001????????***    after"


def test_explain_hides_private_columns() -> None:
    """It reads the line from the archive again; references of the line stay readable."""
    layout = profile_of(DELIMITED).layout
    card = "4111111111111111"
    raw = f"{card},PAYMENT,SUCCEEDED,1.00,CNY,62170000,Zhang San,Long Road 1,n,55555555{card}"
    shown = mask_line(raw, {"our_ref": card}, layout, HEADER.strip())
    masked = f"{card},PAYMENT,SUCCEEDED,1.00,CNY,****0000,Z**,***,***,{'*' * 20}1111"
    assert shown == masked


def test_a_missing_private_column_refuses_the_file() -> None:
    """Under another name, nobody would hide it."""
    content = HEADER.replace("address", "street") + "R1,PAYMENT,SUCCEEDED,1.00,CNY,,,,,\n"
    result = read_statement(content.encode(), profile_of(DELIMITED), day(0))
    assert "UNKNOWN_LAYOUT" in result.verdict
    assert "address" in result.verdict


def test_private_places_are_checked() -> None:
    """A name where the file has a header, bytes within the record."""
    with pytest.raises(ValueError, match="columns private: header names gives columns by name"):
        profile_of(DELIMITED.replace("[address, note]", "[3]"))
    with pytest.raises(ValueError, match="private: bytes 23 to 28 lie beyond the record of 24"):
        profile_of(FIXED.replace("[[13, 6]]", "[[23, 6]]"))


def card_number(account: int) -> str:
    """The card number of an invented account, with its check digit."""
    digits = f"622202{account:09d}"
    return next(f"{digits}{check}" for check in range(10) if is_card_number(f"{digits}{check}"))


CARDS = [card_number(account) for account in range(12)]
GROUPED = [f"{card[:6]} {card[6:]}" for card in CARDS]


@pytest.mark.parametrize(
    ("references", "allowed", "problem"),
    [
        (CARDS, (), "12 of 12 values of our_ref"),
        (GROUPED, ("channel_ref",), "12 of 12 values of our_ref"),
        ([*CARDS, "R1"], (), "12 of 13 values of our_ref"),
        (CARDS, ("our_ref",), None),
        ([*CARDS, "R1", "R2"], (), None),
        (CARDS[:7], (), None),
        (CARDS[:1] * 50, (), None),
        ([str(6222020000000000 + number) for number in range(5000)], (), None),
        ([None] * 20, (), None),
    ],
)
def test_a_column_of_card_numbers_is_a_fault(
    references: list[str | None], allowed: tuple[str, ...], problem: str | None
) -> None:
    """One order number in ten has the check digit of a card by chance: the column decides."""
    counts: dict[str, Counter[str]] = {}
    add_card_counts(counts, {"our_ref": pa.array(references, pa.string())})
    fault = check_card_references("a.csv", counts, allowed)
    assert (fault or "").startswith(f"CARD_NUMBERS: a.csv: {problem} " if problem else "")
    assert (fault is None) is (problem is None)
