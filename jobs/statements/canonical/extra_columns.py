"""Further columns of a file, which have no column of their own in `statement_lines`.

Source: docs/reference/profile.md, `layout.extra`.
"""

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.statements.canonical.lines import Lines, mask_suspicious_texts, to_null
from schemas.currencies import MINOR_UNITS

_MAP = pa.map_(pa.string(), pa.string())
_DECIMAL = r"^[+-]?([0-9]{1,24}(\.[0-9]{0,12})?|\.[0-9]{1,12})$"


def set_extra(lines: Lines, texts: Mapping[str, pa.Array]) -> None:
    """Sets `extra` (MAP of texts) from columns of texts by name; personal numbers are masked.

    A null is left out, and a line without any of them has no map. Without columns it sets nothing.
    """
    if not texts:
        return
    names = sorted(texts)
    count = len(texts[names[0]])
    columns = [mask_suspicious_texts(texts[name].cast(pa.string())) for name in names]
    by_row = np.arange(len(names) * count).reshape(len(names), count).T.ravel()
    values = pa.chunked_array(columns, pa.string()).combine_chunks().take(pa.array(by_row))
    keys = pa.array(names, pa.string()).take(pa.array(by_row // max(count, 1)))
    is_there = pc.is_valid(values)
    per_row = np.asarray(is_there).reshape(count, len(names)).sum(axis=1)
    ends = [0, *np.cumsum(per_row).tolist()]
    starts = [at if at < end else None for at, end in pairwise(ends)]
    offsets = pa.array([*starts, ends[-1]], pa.int32())
    lines.columns["extra"] = pa.MapArray.from_arrays(
        offsets, keys.filter(is_there), values.filter(is_there), _MAP
    )


def print_major_units(amounts: pa.Array, currencies: pa.Array) -> pa.Array:
    """Amounts (BIGINT minor units) as decimal texts in major units; null without an amount."""
    texts = pa.nulls(len(amounts), pa.string())
    for code in pc.unique(currencies).to_pylist():
        unit = pa.scalar(Decimal(1).scaleb(-MINOR_UNITS.get(code, 2)))
        printed = pc.multiply(amounts.cast(pa.decimal128(19, 0)), unit).cast(pa.string())
        is_its = pc.fill_null(pc.equal(currencies, pa.scalar(code, pa.string())), False)
        texts = pc.if_else(is_its, printed, texts)
    return texts


def keep_decimals(lines: Lines, texts: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """Columns of printed amounts in major units as they are; rejects what is no plain number."""
    for name, column in texts.items():
        is_wrong = pc.invert(pc.fill_null(pc.match_substring_regex(column, _DECIMAL), True))
        lines.reject_where(is_wrong, f"BAD_AMOUNT: {name} is no plain number")
    return {name: to_null(column, ("",)) for name, column in texts.items()}
