"""Which way money went: signs of amounts by marks or by the kind of a line, of fees by the kind.

Source: docs/reference/rules.md, "Money"; docs/reference/profile.md, `sign`, `amount_sign`,
`fee_sign`.
"""

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines, apply_sign
from schemas.vocabulary import SIGN_IF_UNSIGNED, Kind

#: Kinds by the sign of amounts that are printed without one; those without a sign are in neither.
_UNSIGNED_KINDS = {
    direction: [kind.value for kind in Kind if SIGN_IF_UNSIGNED[kind] == direction]
    for direction in (-1, 1)
}


def _is_kind(kinds: pa.Array, names: list[str]) -> pa.Array:
    return pc.fill_null(pc.is_in(kinds, pa.array(names, pa.string())), False)


def set_signs(lines: Lines, name: str, negative: pa.Array, positive: pa.Array) -> None:
    """Signs an amount column (BIGINT minor units) where a mask is true.

    Rejects amounts that a minus and their mark say different things of, as a void that is printed
    as a negative sale: the direction of money is never guessed.
    """
    amounts = lines.columns[name]
    is_against = pc.and_(positive, pc.fill_null(pc.less(amounts, pa.scalar(0, pa.int64())), False))
    lines.reject_where(
        is_against, f"BAD_SIGN: {name} has a minus, and comes in by its mark or kind"
    )
    lines.columns[name] = apply_sign(amounts, negative, positive)


def sign_amounts_by_kind(lines: Lines) -> None:
    """Signs the amounts by their kind; those of a kind without a sign stay as printed."""
    kinds = lines.columns["kind"]
    negative, positive = (_is_kind(kinds, _UNSIGNED_KINDS[direction]) for direction in (-1, 1))
    set_signs(lines, "amount", negative, positive)


def sign_fees_by_kind(fees: pa.Array, kinds: pa.Array) -> pa.Array:
    """Fees (BIGINT minor units): below zero on a refund, which gives them back."""
    is_refund = _is_kind(kinds, [Kind.REFUND.value])
    return apply_sign(fees, is_refund, pc.invert(is_refund))
