"""Which way money went: signs of amounts and fees by the kind of a line.

Source: docs/reference/rules.md, "Money"; docs/reference/profile.md, `amount_sign`, `fee_sign`.
"""

import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import apply_sign
from schemas.vocabulary import SIGN_IF_UNSIGNED, Kind

#: Kinds by the sign of amounts that are printed without one; those without a sign are in neither.
_UNSIGNED_KINDS = {
    direction: [kind.value for kind in Kind if SIGN_IF_UNSIGNED[kind] == direction]
    for direction in (-1, 1)
}


def _is_kind(kinds: pa.Array, names: list[str]) -> pa.Array:
    return pc.fill_null(pc.is_in(kinds, pa.array(names, pa.string())), False)


def sign_amounts_by_kind(amounts: pa.Array, kinds: pa.Array) -> pa.Array:
    """Amounts (BIGINT minor units) with the sign of their kind; without one as printed."""
    negative, positive = (_is_kind(kinds, _UNSIGNED_KINDS[direction]) for direction in (-1, 1))
    return apply_sign(amounts, negative, positive)


def sign_fees_by_kind(fees: pa.Array, kinds: pa.Array) -> pa.Array:
    """Fees (BIGINT minor units): below zero on a refund, which gives them back."""
    is_refund = _is_kind(kinds, [Kind.REFUND.value])
    return apply_sign(fees, is_refund, pc.invert(is_refund))
