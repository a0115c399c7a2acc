"""The amounts of fixed-width records: fee, settlement amount, further columns, signs by kind.

Source: docs/reference/dialects/fixed_width.md.
"""

from collections.abc import Callable

import pyarrow as pa

from jobs.statements.canonical.extra_columns import print_major_units, set_extra
from jobs.statements.canonical.lines import Lines, null_column
from jobs.statements.canonical.signs import sign_amounts_by_kind, sign_fees_by_kind
from jobs.statements.fixed_width.amounts import set_field_amount
from jobs.statements.parser import Plan
from schemas.profile.layout.fixed_width import MONEY_COLUMNS, FixedLayout
from schemas.profile.layout.parts import EXTRA_PREFIX

#: Before the name of an amount, the column of its sign letters.
SIGN_PREFIX = "sign of "
Texts = Callable[[str], pa.Array]


def set_line_amounts(lines: Lines, texts: Texts, plan: Plan, layout: FixedLayout) -> None:
    """Sets amount, fee, settlement amount (BIGINT minor units) and `extra` of lines that have a
    kind and a currency.
    """
    columns = lines.columns
    for name in MONEY_COLUMNS:
        columns[name] = null_column(len(columns["currency"]), pa.int64())
        if name in layout.fields:
            _set_amount(lines, name, texts, plan, layout)
    if "settlement_amount" in layout.columns:
        columns["settlement_currency"] = columns["currency"]
    _set_extra(lines, texts, plan, layout)
    _apply_signs_by_kind(lines, layout)


def _set_amount(lines: Lines, name: str, texts: Texts, plan: Plan, layout: FixedLayout) -> None:
    letter = SIGN_PREFIX + name
    letters = texts(letter) if letter in plan.column_indexes else None
    set_field_amount(lines, name, layout.fields[name], layout, texts(name), letters)


def _set_extra(lines: Lines, texts: Texts, plan: Plan, layout: FixedLayout) -> None:
    """Sets `extra`: texts as they are, and amounts as decimal texts in major units."""
    columns: dict[str, pa.Array] = {}
    for name, field in layout.extra.items():
        key = f"{EXTRA_PREFIX}{name}"
        columns[name] = texts(key)
        if field.is_money:
            _set_amount(lines, key, texts, plan, layout)
            columns[name] = print_major_units(lines.columns.pop(key), lines.columns["currency"])
    set_extra(lines, columns)


def _apply_signs_by_kind(lines: Lines, layout: FixedLayout) -> None:
    """Signs amount and fee by the kind of the line, where the layout says so."""
    if layout.amount_sign == "by_kind":
        sign_amounts_by_kind(lines)
    columns = lines.columns
    if layout.fee_sign == "by_kind":
        columns["fee"] = sign_fees_by_kind(columns["fee"], columns["kind"])
