"""Amounts of a delimited file: read, signed, and held against the net that the file prints.

Source: docs/reference/profile.md, `layout`.
"""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines, money, signed_by
from jobs.statements.canonical.printed_amounts import plain_amounts
from schemas.currencies import in_major_units
from schemas.profile.layout.delimited import DelimitedLayout
from schemas.vocabulary import SIGN_OF_KIND, Kind


def set_money(lines: Lines, name: str, texts: pa.Array, layout: DelimitedLayout) -> None:
    """Sets an amount column from its texts, plain or as `layout.amounts` says."""
    if layout.amounts is None:
        money(lines, name, texts, layout.amount_unit)
        return
    words = tuple(sorted((str(key), str(code)) for key, code in layout.currencies.items()))
    plain = plain_amounts(texts, layout.amounts, words)
    lines.blame(plain.faults)
    held = Lines({"currency": lines.columns["currency"]})
    if layout.amounts.currency:
        other = pc.not_equal(plain.currency, lines.columns["currency"])
        lines.blame_where(other, f"CURRENCY_DIFFERS: {name} prints another currency")
        held.columns["currency"] = pc.coalesce(plain.currency, lines.columns["currency"])
        if name not in ("fee", "net", "balance"):
            lines.columns["currency"] = held.columns["currency"]
    money(held, name, plain.texts, layout.amount_unit)
    lines.blame(held.faults)
    lines.columns[name] = held.columns[name]


def set_amount(lines: Lines, texts: Callable[[str], pa.Array], layout: DelimitedLayout) -> None:
    """The amount from one column, or from one for what comes in and one for what goes out."""
    if layout.in_out is None:
        set_money(lines, "amount", texts("amount"), layout)
        return
    for name in ("incoming", "outgoing"):
        set_money(lines, name, texts(name), layout)
    incoming, outgoing = (lines.columns.pop(name) for name in ("incoming", "outgoing"))
    zero = pa.scalar(0, pa.int64())
    both = pc.and_(
        pc.not_equal(pc.fill_null(incoming, zero), 0), pc.not_equal(pc.fill_null(outgoing, zero), 0)
    )
    lines.blame_where(both, "BAD_SIGN: it has an amount coming in and one going out")
    neither = pc.and_(pc.is_null(incoming), pc.is_null(outgoing))
    amount = pc.subtract(pc.fill_null(incoming, zero), pc.abs(pc.fill_null(outgoing, zero)))
    lines.columns["amount"] = pc.if_else(neither, pa.scalar(None, pa.int64()), amount)


def set_signs(lines: Lines, sign: pa.Array, layout: DelimitedLayout) -> None:
    """Gives amount and fee the sign that a column or the kind says, and a kind by the sign."""
    columns = lines.columns
    ways = {
        way: [kind.value for kind, own in SIGN_OF_KIND.items() if own == way] for way in (-1, 1)
    }
    if layout.sign is not None:
        negative = pc.is_in(sign, pa.array(layout.sign.negative, pa.string()))
        positive = pc.is_in(sign, pa.array(layout.sign.positive, pa.string()))
        odd = pc.indices_nonzero(pc.invert(pc.or_(negative, positive))).to_pylist()
        lines.blame({row: f"BAD_SIGN: {sign[row].as_py()!r}" for row in odd})
        columns["amount"] = signed_by(columns["amount"], negative, positive)
    elif layout.amount_sign == "by_kind":
        negative, positive = (pc.is_in(columns["kind"], pa.array(ways[way])) for way in (-1, 1))
        columns["amount"] = signed_by(columns["amount"], negative, positive)
    elif layout.amount_sign == "reversed":
        columns["amount"] = pc.negate(columns["amount"])
    if layout.kind_by_sign is not None:
        by = layout.kind_by_sign
        out = pc.less(columns["amount"], 0)
        columns["kind"] = pc.if_else(out, by.outgoing.value, by.incoming.value)
    if layout.fee_sign == "by_kind":
        back = pc.is_in(columns["kind"], pa.array([Kind.REFUND.value]))
        columns["fee"] = signed_by(columns["fee"], back, pc.invert(back))


def check_net(lines: Lines, texts: pa.Array, layout: DelimitedLayout) -> None:
    """Holds a printed net against the amount less the fee; a line without one is not checked.

    Where amounts are printed without a sign, so is the net.
    """
    if layout.net is None:
        return
    set_money(lines, "net", texts, layout)
    net, amount = lines.columns.pop("net"), lines.columns["amount"]
    due = pc.subtract(amount, pc.fill_null(lines.columns["fee"], 0))
    if layout.sign is not None or layout.amount_sign == "by_kind":
        net, due = pc.abs(net), pc.abs(due)
    elif layout.amount_sign == "reversed":
        net = pc.negate(net)
    odd = pc.fill_null(pc.not_equal(net, due), False)
    for row in pc.indices_nonzero(odd).to_pylist():
        code = lines.columns["currency"][row].as_py()
        said, meant = (in_major_units(each[row].as_py(), code) for each in (net, due))
        lines.blame({row: f"SETTLEMENT_DIFFERS: net {said}, amount less fee {meant}"})
