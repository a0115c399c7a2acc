"""The fee columns of Adyen's settlement details report against gross and net.

Source: docs/reference/dialects/psp.md.
"""

from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines
from jobs.statements.psp.adyen.columns import FEES
from jobs.statements.psp.columns import Block
from schemas.currencies import MINOR_UNITS


def check_fees(lines: Lines, block: Block, where: pa.Array) -> None:
    """Rejects lines whose gross - net is not commission, markup, scheme fees and interchange.

    The newer columns Payment Fees and DCC Markup belong to the fees in some reports and not in
    others: the check accepts both. Fees may have more decimals than the currency; then the sum may
    differ by less than a minor unit.
    """
    if not any(name in block.places for name in FEES):
        return
    names = [name for name in (*FEES, "payment_fees", "dcc") if name in block.places]
    texts = {name: block.texts(name).to_pylist() for name in names}
    columns = lines.columns
    codes, fees = columns["currency"].to_pylist(), columns["fee"].to_pylist()
    for row in pc.indices_nonzero(pc.fill_null(where, False)).to_pylist():
        if row in lines.faults:
            continue
        try:
            parts = {name: _parse_fee(texts[name][row]) for name in names}
        except ValueError as fault:
            lines.reject({row: f"BAD_AMOUNT: {fault}"})
            continue
        unit = Decimal(1).scaleb(-MINOR_UNITS[codes[row]])
        due = fees[row] * unit - sum((parts.get(name, Decimal(0)) for name in FEES), Decimal(0))
        extra, dcc = parts.get("payment_fees", Decimal(0)), parts.get("dcc", Decimal(0))
        sums = [base + more for base in (Decimal(0), extra) for more in (Decimal(0), dcc, -dcc)]
        has_fractions = any(part % unit for part in parts.values())
        if not any(abs(due - total) < unit if has_fractions else due == total for total in sums):
            lines.reject({row: "FEES_DIFFER: gross - net is not the sum of the fees"})


def _parse_fee(text: str | None) -> Decimal:
    # Only a plain number of few digits: an exponent could make a number of any length.
    plain = (text or "0").removeprefix("-")
    if len(plain) > 24 or not plain.replace(".", "", 1).isdecimal() or not plain.isascii():
        raise ValueError(f"{plain[:24]!r} is no amount")
    return Decimal(text or "0")
