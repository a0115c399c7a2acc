"""Amounts of 1 to 400 digits in every reader of money: the exact amount or a fault, no other one.

128-bit arithmetic computes modulo 2^128, so a long number can wrap there to a small one. Each test
also has numbers that are built to wrap.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest

from jobs.ingestion.gates.control_totals import compare_totals, control_total_failures
from jobs.ingestion.parse_tasks import ParsedFile
from jobs.ingestion.snapshot.columns import to_transactions
from jobs.statements.bank.bai2.records import parse_amount as parse_bai2
from jobs.statements.bank.entries import parse_currency_amount
from jobs.statements.bank.mt940.entries import parse_amount as parse_mt940
from jobs.statements.canonical.lines import Lines
from jobs.statements.canonical.money import AMOUNT_MAX, SUM_MAX, parse_amounts
from jobs.statements.canonical.printed_amounts import to_plain_amounts
from jobs.statements.fixed_width.amounts import set_field_amount
from jobs.statements.parser import DeclaredTotal, Plan
from jobs.statements.psp.adyen.fees import _parse_fee as parse_adyen
from jobs.statements.psp.paypal.lines import hundredths_to_minor_units
from jobs.statements.unionpay.layout import set_amounts
from jobs.statements.xlsx.cells import decode_column
from jobs.statements.xlsx.number_formats import GENERAL, format_number
from schemas.errors import FileRefused
from schemas.profile.channel import Files, Profile
from schemas.profile.layout.delimited import DelimitedLayout
from schemas.profile.layout.fixed_width import FixedLayout
from schemas.profile.layout.parts import Amounts
from tests.fuzz.reading import ReadResult, read_statement
from tests.support.golden import DAY, list_cases, load_profile

COLUMNS = ("our_ref", "channel_ref", "kind", "status", "amount", "currency", "traded_at")
DELIMITED = {"columns": {name: name for name in COLUMNS}}
FIXED = {
    "length": 60,
    "columns": {
        "our_ref": [1, 10],
        "traded_at": [11, 14],
        "amount": {
            "at": 25,
            "width": 20,
            "sign": {"place": "prefix", "positive": ["C"], "negative": ["D"]},
        },
    },
    "time_format": "%Y%m%d%H%M%S",
    "constants": {"currency": "CNY", "status": "SUCCEEDED", "kind": "PAYMENT"},
}
DIGITS_LONGEST = 400
#: A multiple of 2^128 that ends in 18 zeros: a number plus this one wraps to the number.
WRAPS = 2**128 * 10**18
SHAPES = (
    "{}", "+{}", "-{}", "0{}", "{}.", "{}.00", "-{}.50", ".{}", "0.{}", "-0.{}", "1.{}",
    f"{'0' * 60}{{}}.10",
)  # fmt: skip


def number_of_each_length() -> list[str]:
    """Numbers of 1 to 400 digits; the longest ones wrap, the others are drawn."""
    draw = random.Random(20261130)
    numbers = []
    for length in range(1, DIGITS_LONGEST + 1):
        surplus = length - len(str(WRAPS))
        is_wrapping = surplus > 0
        drawn = draw.randrange(10 ** (length - 1), 10**length)
        numbers.append(str(drawn // WRAPS * WRAPS + 123 if is_wrapping else drawn))
    return numbers


NUMBERS = number_of_each_length()
#: Every number in every shape, and every number once, in one shape after the other.
TEXTS = [shape.format(number) for shape in SHAPES for number in NUMBERS]
ONE_EACH = [SHAPES[at % len(SHAPES)].format(number) for at, number in enumerate(NUMBERS)]


def exact(text: str, exponent: int) -> Fraction:
    """The amount that a plain decimal number stands for, in minor units."""
    sign, number = ("-", text[1:]) if text.startswith("-") else ("", text.lstrip("+"))
    number, _, implied = number.partition("e-")
    whole, _, part = number.partition(".")
    decimals = len(part) + int(implied or 0)
    return Fraction(int(f"{sign}{whole or 0}{part}"), 10**decimals) * 10**exponent


def check(texts: Sequence[str], values: Sequence[int | None], exponent: int) -> None:
    """Asserts that every value is exact or null, that short ones are exact, and long ones null."""
    wrong = [
        (text, value)
        for text, value in zip(texts, values, strict=True)
        if value is not None and value != exact(text, exponent)
    ]
    assert not wrong, f"{len(wrong)} wrong, first {wrong[0]}"
    assert any(value is not None for value in values), "no amount was read at all"
    assert not any(value is not None and abs(value) > AMOUNT_MAX for value in values), (
        "an amount beyond the largest one"
    )


def outcome(parse: Callable[[str], int], text: str) -> int | None:
    """The amount that a parser of one text gives; None where it refuses the text."""
    try:
        return parse(text)
    except (ValueError, ArithmeticError, FileRefused):
        return None


@pytest.mark.parametrize(
    ("code", "exponent", "texts"), [("CNY", 2, TEXTS), ("JPY", 0, ONE_EACH), ("KWD", 3, ONE_EACH)]
)
def test_columns_of_amounts(code: str, exponent: int, texts: list[str]) -> None:
    """A column of one text, as a block with few lines has; and every text in one column."""
    currency = pa.array([code])
    alone = [parse_amounts(pa.array([text]), currency, "major")[0][0].as_py() for text in texts]
    check(texts, alone, exponent)
    together, faults = parse_amounts(pa.array(texts), pa.array([code] * len(texts)), "major")
    assert together.to_pylist() == alone
    assert sorted(faults) == [row for row, value in enumerate(alone) if value is None]
    assert all(fault.startswith("BAD_AMOUNT: ") for fault in faults.values())


def test_amounts_with_thousands_signs_and_currencies() -> None:
    """Amounts as `layout.amounts` describes them become the same plain number, or a fault."""
    rules = Amounts(thousands=",", currency=True, brackets=True, negative=("DR",), positive=("CR",))
    printed, plain = [], []
    for number in NUMBERS:
        grouped = f"{int(number):,}"
        printed += [f"{grouped}.00CR", f"CNY {grouped} CR", f"{number}.5DR", f"{number} DR"]
        plain += [f"{number}.00", number, f"-{number}.5", f"-{number}"]
    result = to_plain_amounts(pa.array(printed), rules, ())
    assert (result.texts.to_pylist(), result.faults) == (plain, {})


@pytest.mark.parametrize("decimals", [None, 0, 2])
def test_fields_of_fixed_width(decimals: int | None) -> None:
    """Digits with implied decimals, with a sign letter, and overpunched."""
    layout = FixedLayout.model_validate(FIXED)
    field = layout.columns["amount"]
    letter = field.model_copy(update={"decimals": decimals, "unit": "minor"})
    sign = {"place": "overpunch", "positive": (), "negative": ()}
    assert field.sign is not None
    punched = letter.model_copy(update={"sign": field.sign.model_copy(update=sign)})
    plain, values = [], []
    for number in NUMBERS:
        for own, text, letters in ((letter, number, "C"), (punched, f"{number[:-1]}A", None)):
            lines = Lines({"currency": pa.array(["CNY"])})
            found = None if letters is None else pa.array([letters])
            set_field_amount(lines, "amount", own, layout, pa.array([text]), found)
            plain.append(number if letters else f"{number[:-1]}1")
            values.append(lines.columns["amount"][0].as_py())
    # With implied decimals the digits are 10^-decimals of a yuan; without, they are minor units.
    shown = plain if decimals is None else [f"{text}e-{decimals}" for text in plain]
    check(shown, values, 0 if decimals is None else 2)


def test_cells_of_a_sheet() -> None:
    """Numbers of a workbook, as its cells hold them, also with an exponent."""
    layout = DelimitedLayout.model_validate(DELIMITED)
    printed = [*ONE_EACH, *(f"1.5E+{power}" for power in range(300))]
    plain = [f"{Decimal(text):f}" for text in printed]
    values = []
    for text in printed:
        cell = format_number(text, GENERAL, False)
        decoded, faults = decode_column(pa.array([cell]), "amount", layout)
        column, _ = parse_amounts(decoded, pa.array(["CNY"]), "major")
        values.append(None if faults else column[0].as_py())
    # A sheet keeps 15 digits, so it may have rounded a number; then the last digits are lost before
    # tieout reads it. An amount that lands is exact for the number that the sheet shows.
    shown = [
        text if value is None or len(text.strip("-0.")) <= 15 else f"{Decimal(repr(float(text))):f}"
        for text, value in zip(plain, values, strict=True)
    ]
    check(shown, values, 2)


def test_bank_statements() -> None:
    """The amounts and balances of camt.053, MT940 and BAI2."""
    unsigned = [text for text in TEXTS if text[0] not in "+-"]
    camt = [outcome(lambda text: parse_currency_amount(text, "CNY"), text) for text in unsigned]
    check(unsigned, camt, 2)
    with_comma = [text.replace(".", ",") for text in unsigned]
    check(unsigned, [outcome(lambda it: parse_mt940(it, "CNY"), it) for it in with_comma], 2)
    whole = [text for text in TEXTS if "." not in text]
    check(whole, [outcome(lambda it: parse_bai2(it, "file", 1), it) for it in whole], 0)


def test_reports_of_payment_providers() -> None:
    """PayPal's hundredths and Adyen's fee columns; the other columns are as `parse_amounts`."""
    paypal = [outcome(lambda text: hundredths_to_minor_units(text, "CNY"), it) for it in NUMBERS]
    check(NUMBERS, paypal, 0)
    texts = [text for text in TEXTS if not text.startswith("+")]
    for text in texts:
        fee = None
        try:
            fee = parse_adyen(text)
        except ValueError:
            continue
        assert Fraction(fee) == exact(text, 0)


def test_amounts_of_unionpay() -> None:
    """Unsigned 交易金额 and 结算金额 with its letter, in fen."""
    values = []
    for number in NUMBERS:
        lines = Lines({"currency": pa.array(["CNY"])})
        text = {"amount": [number], "fee": ["D0"], "settled": [f"C{number}"]}
        set_amounts(lines, {name: pa.array(cells) for name, cells in text.items()})
        values.append(lines.columns["amount"][0].as_py())
    check(NUMBERS, values, 0)


def test_declared_totals() -> None:
    """A total that a file declares is exact, or no number."""
    for number in NUMBERS:
        for text in (number, f"-{number}.50", f"{int(number):,}.00", f"{'0' * 60}{number}"):
            plan = Plan("delimited", None, {}, 0, 1, 0, (DeclaredTotal("amount", text, "major"),))
            row = compare_totals(ParsedFile("f"), plan)[0][0]
            plain = text.replace(",", "")
            assert row["declared"] in (None, exact(plain, 2))
            if len(number) <= 14:
                assert row["declared"] is not None


@pytest.mark.parametrize("printed", ["text", "decimal"])
def test_snapshots(printed: str) -> None:
    """Amounts of a snapshot: texts of a CSV file, decimals of 1 to 76 digits of a Parquet file."""
    rows = {
        "txn_id": "T1", "channel": "bank", "kind": "PAYMENT", "status": "SUCCEEDED",
        "currency": "CNY", "occurred_at": "2026-11-16 01:00:00",
    }  # fmt: skip
    wide = {1: 76, 2: 38}
    texts, arrays = [], []
    if printed == "text":
        texts = ONE_EACH
        arrays = [pa.array([text]) for text in texts]
    else:
        for number in NUMBERS:
            for scale in (0, 2, 9, 30):
                kind = pa.decimal256 if len(number) > wide[2] else pa.decimal128
                if scale <= len(number) <= wide[1]:
                    text = f"{Decimal((0, tuple(map(int, number)), -scale)):f}"
                    texts.append(text)
                    arrays.append(pa.array([Decimal(text)], kind(len(number), scale)))
    values = []
    for array in arrays:
        table = pa.table({**{name: [value] for name, value in rows.items()}, "amount": array})
        columns, faults = to_transactions(table, "bank", None, date(2026, 11, 16))
        values.append(columns["amount"][0].as_py())
        assert (values[-1] is None) == (0 in faults)
    check(texts, values, 2)


def text_cases() -> list[Path]:
    """The golden statements that are text, of every dialect."""
    return [case for case in list_cases() if not list(case.glob("statement*.xlsx"))]


@pytest.mark.parametrize("case", text_cases(), ids=lambda case: f"{case.parent.name}-{case.name}")
def test_no_dialect_takes_a_number_that_wraps(case: Path) -> None:
    """An amount gets 2^128 times a power of ten more: it must not land as before."""
    profile = load_profile(case)
    statement = next(path for path in sorted(case.iterdir()) if path.name.startswith("statement"))
    content = statement.read_bytes()
    before = read_statement(content, profile, DAY, statement.name)
    amounts = sorted({abs(row["amount"]) for row in before.lines}, reverse=True)
    changes = {amount: replace_amount(content, amount) for amount in amounts}
    amount, changed = next(each for each in changes.items() if each[1] != content)
    after = read_statement(changed, profile, DAY, statement.name)
    assert amount not in [abs(row["amount"]) for row in after.lines]


def replace_amount(content: bytes, minor: int) -> bytes:
    """Adds `WRAPS` to an amount wherever it is printed, with or without decimals."""
    major, part = divmod(minor, 100)
    printed = rf"(?<![\d.])(0*{major}(?=[.,]{part:02d}0*(?!\d))|0*{minor}(?![\d.]))"
    if not part:
        printed += rf"|(?<![\d.])0*{major}(?![\d.])"

    def longer(hit: re.Match[bytes]) -> bytes:
        return str(WRAPS + int(hit[0])).encode()

    return re.sub(printed.encode(), longer, content)


def test_file_whose_sum_bigint_cannot_hold_is_refused_by_name() -> None:
    """Amounts that are right one by one, and too large together; no total wraps to another one."""
    count = SUM_MAX // AMOUNT_MAX + 1
    profile = Profile.model_validate(
        {
            "channel": "bank",
            "dialect": "delimited",
            "zone": "Asia/Shanghai",
            "first_date": "2026-11-01",
            "files": {"pattern": "{business_date}"},
            "layout": DELIMITED,
        }
    )

    def read(rows: int) -> ReadResult:
        header = ",".join(COLUMNS) + "\n"
        row = "S{0},C{0},PAYMENT,SUCCEEDED,{1},CNY,2026-11-16 12:00:00\n"
        # Payments and refunds: signed, they add up to nothing.
        body = "".join(
            row.format(at, f"{'-' if at % 2 else ''}{AMOUNT_MAX // 100}") for at in range(rows)
        )
        return read_statement((header + body).encode(), profile, DAY)

    assert read(count - 1).is_accepted
    refused = read(count)
    assert refused.verdict.startswith("TOTALS_TOO_LARGE: statement.csv: ")
    assert "10,010,000,000,000,000.00 without their signs" in refused.verdict


def test_total_beyond_bigint_has_no_row() -> None:
    """`statement_files.totals` holds BIGINT: a sum beyond it is told in the reason only."""
    plan = Plan("delimited", None, {}, 0, 1, 0)
    parsed = ParsedFile("f")
    sums = {"count": 1, "amount": 2**63, "gross": 2**63}
    parsed.column_sums = {name: Counter(CNY=value) for name, value in sums.items()}
    assert [row["name"] for row in compare_totals(parsed, plan)[0]] == ["count"]
    reason = control_total_failures(parsed, plan, Files(pattern="{business_date}"), "f.csv", DAY)
    assert reason is not None and reason.startswith("TOTALS_TOO_LARGE: f.csv: ")
