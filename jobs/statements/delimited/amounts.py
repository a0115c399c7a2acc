"""Amounts of a delimited file: parses them, sets their signs, checks the printed net amount.

Source: docs/reference/profile.md, `layout`.
"""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.extra_columns import print_major_units, set_extra
from jobs.statements.canonical.lines import Lines, set_amount_column
from jobs.statements.canonical.printed_amounts import to_plain_amounts
from jobs.statements.canonical.signs import (
    set_signs,
    sign_amounts_by_kind,
    sign_fees_by_kind,
)
from schemas.currencies import in_major_units
from schemas.profile.layout.delimited import DelimitedLayout
from schemas.profile.layout.parts import EXTRA_PREFIX


def set_printed_amount(lines: Lines, name: str, texts: pa.Array, layout: DelimitedLayout) -> None:
    """Parses an amount column of `lines`, printed plain or as `layout.amounts` says."""
    if layout.amounts is None:
        set_amount_column(lines, name, texts, layout.amount_unit)
        return
    currency_words = tuple(sorted((str(key), str(code)) for key, code in layout.currencies.items()))
    plain = to_plain_amounts(texts, layout.amounts, currency_words)
    lines.reject(plain.faults)
    parsed = Lines({"currency": lines.columns["currency"]})
    if layout.amounts.currency:
        is_other_currency = pc.not_equal(plain.currencies, lines.columns["currency"])
        lines.reject_where(is_other_currency, f"CURRENCY_DIFFERS: {name} prints another currency")
        parsed.columns["currency"] = pc.coalesce(plain.currencies, lines.columns["currency"])
        if name in ("amount", "incoming", "outgoing"):
            lines.columns["currency"] = parsed.columns["currency"]
    set_amount_column(parsed, name, plain.texts, layout.amount_unit)
    lines.reject(parsed.faults)
    lines.columns[name] = parsed.columns[name]


def set_trade_amount(
    lines: Lines, texts: Callable[[str], pa.Array], layout: DelimitedLayout
) -> None:
    """Sets the amount from one column, or from one for incoming and one for outgoing amounts."""
    if layout.in_out is None:
        set_printed_amount(lines, "amount", texts("amount"), layout)
        return
    for name in ("incoming", "outgoing"):
        set_printed_amount(lines, name, texts(name), layout)
    incoming, outgoing = (lines.columns.pop(name) for name in ("incoming", "outgoing"))
    zero = pa.scalar(0, pa.int64())
    has_both = pc.and_(
        pc.not_equal(pc.fill_null(incoming, zero), 0), pc.not_equal(pc.fill_null(outgoing, zero), 0)
    )
    lines.reject_where(has_both, "BAD_SIGN: it has an incoming and an outgoing amount")
    below = pc.fill_null(pc.less(outgoing, zero), False)
    if pc.any(pc.greater(outgoing, zero)).as_py():
        lines.reject_where(below, "BAD_SIGN: outgoing has a minus, which others do not have")
    has_neither = pc.and_(pc.is_null(incoming), pc.is_null(outgoing))
    amount = pc.subtract(pc.fill_null(incoming, zero), pc.abs(pc.fill_null(outgoing, zero)))
    lines.columns["amount"] = pc.if_else(has_neither, pa.scalar(None, pa.int64()), amount)


def sign_amounts(lines: Lines, sign: pa.Array, layout: DelimitedLayout) -> None:
    """Signs the amount by a column or by the kind; sets the kind by the sign where asked."""
    columns = lines.columns
    if layout.sign is not None:
        negative = pc.is_in(sign, pa.array(layout.sign.negative, pa.string()))
        positive = pc.is_in(sign, pa.array(layout.sign.positive, pa.string()))
        unknown_rows = pc.indices_nonzero(pc.invert(pc.or_(negative, positive))).to_pylist()
        lines.reject({row: f"BAD_SIGN: {sign[row].as_py()!r}" for row in unknown_rows})
        set_signs(lines, "amount", negative, positive)
    elif layout.amount_sign == "by_kind":
        sign_amounts_by_kind(lines)
    elif layout.amount_sign == "reversed":
        columns["amount"] = pc.negate(columns["amount"])
    if layout.kind_by_sign is not None:
        kinds = layout.kind_by_sign
        is_outgoing = pc.less(columns["amount"], 0)
        columns["kind"] = pc.if_else(is_outgoing, kinds.outgoing.value, kinds.incoming.value)


def set_fee(lines: Lines, texts: pa.Array, layout: DelimitedLayout) -> None:
    """Sets the fee, signed as printed or by the kind of the line."""
    set_printed_amount(lines, "fee", texts, layout)
    if layout.fee_sign == "by_kind":
        lines.columns["fee"] = sign_fees_by_kind(lines.columns["fee"], lines.columns["kind"])


def set_extra_columns(
    lines: Lines, texts: Callable[[str], pa.Array], layout: DelimitedLayout
) -> None:
    """Sets `extra`: texts as printed, and amounts as decimal texts in major units."""
    columns: dict[str, pa.Array] = {}
    for name in layout.extra:
        key = f"{EXTRA_PREFIX}{name}"
        columns[name] = texts(key)
        if name in layout.extra_money:
            set_printed_amount(lines, key, columns[name], layout)
            columns[name] = print_major_units(lines.columns.pop(key), lines.columns["currency"])
    set_extra(lines, columns)


def check_net(lines: Lines, texts: pa.Array, layout: DelimitedLayout) -> None:
    """Rejects lines whose printed net is not the amount less the fee. Lines without one pass.

    Where amounts have no sign, the net has none either.
    """
    if layout.net is None:
        return
    set_printed_amount(lines, "net", texts, layout)
    net, amount = lines.columns.pop("net"), lines.columns["amount"]
    expected = pc.subtract(amount, pc.fill_null(lines.columns["fee"], 0))
    if layout.sign is not None or layout.amount_sign == "by_kind":
        net, expected = pc.abs(net), pc.abs(expected)
    elif layout.amount_sign == "reversed":
        net = pc.negate(net)
    differs = pc.fill_null(pc.not_equal(net, expected), False)
    for row in pc.indices_nonzero(differs).to_pylist():
        code = lines.columns["currency"][row].as_py()
        net_text, expected_text = (
            in_major_units(values[row].as_py(), code) for values in (net, expected)
        )
        lines.reject({row: f"SETTLEMENT_DIFFERS: net {net_text}, amount less fee {expected_text}"})
