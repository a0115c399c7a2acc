"""The pieces of a fixed-width layout: fields, signs, record types, header and trailer.

Source: docs/reference/dialects/fixed_width.md.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from schemas.strict import Strict

#: Totals that a header or trailer may declare; those of refunds and the absolute one are unsigned.
FIXED_TOTALS = Literal[
    "count",
    "amount",
    "absolute_amount",
    "fee",
    "payment_count",
    "payment_amount",
    "refund_count",
    "refund_amount",
]


#: Bytes of a record at most.
BYTES_MAX = 65_536
Place = Annotated[int, Field(ge=-BYTES_MAX, le=BYTES_MAX)]


class FixedSign(Strict):
    """Letters that say which way an amount goes, before or behind its digits or in a column `at`
    of its own; `""` is a blank. `overpunch`: the last digit carries the sign (`{A`..`R`).
    """

    place: Literal["prefix", "suffix", "column", "overpunch"]
    at: Annotated[int, Field(ge=0, le=BYTES_MAX)] | None = None
    width: int = Field(default=1, gt=0, le=BYTES_MAX)
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()

    def letter_bytes(self, encoding: str) -> int:
        """Bytes of a letter; the longest counts."""
        letters = (*self.positive, *self.negative)
        return max((len(each.encode(encoding, "replace")) for each in letters), default=0)

    def faults(self, encoding: str) -> Iterator[str]:
        """What does not fit, in words."""
        if (self.place == "column") != (self.at is not None):
            yield "sign: `at` belongs to place: column, and only to it"
        if self.place == "overpunch":
            return
        if self.letter_bytes(encoding) == 0 or not self.negative:
            yield "sign: name the letters, `negative` at least"
        both = sorted(set(self.positive) & set(self.negative))
        if both:
            yield f"sign: {', '.join(map(repr, both))} is positive and negative"


class FixedField(Strict):
    """Bytes of a record: `[at, width]`, or several such pieces that are joined, or by key.

    Of an amount besides: `decimals` that are implied, or its `unit`, and its `sign`.
    """

    pieces: tuple[tuple[Place, Place], ...] = Field(min_length=1)
    unit: Literal["major", "minor"] | None = None
    decimals: int | None = Field(default=None, ge=0, le=9)
    sign: FixedSign | None = None

    @model_validator(mode="before")
    @classmethod
    def _expand_short_form(cls, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            is_one_piece = len(value) > 0 and all(isinstance(each, int) for each in value)
            return {"pieces": [value] if is_one_piece else value}
        if isinstance(value, dict) and {"at", "width"} <= value.keys():
            rest = {key: value[key] for key in value if key not in ("at", "width")}
            return {"pieces": [(value["at"], value["width"])], **rest}
        return value

    @property
    def is_money(self) -> bool:
        """Whether it says something that only an amount can have."""
        return not (self.unit is None and self.decimals is None and self.sign is None)


class RecordTypes(Strict):
    """Where the leading code stands, the codes of details, and those of records passed over."""

    at: Place
    width: int = Field(gt=0, le=BYTES_MAX)
    detail: tuple[str, ...] = Field(min_length=1)
    ignore: tuple[str, ...] = ()


class EndRecord(Strict):
    """A header (the first record) or a trailer (the last): its code, its totals, its date.

    `count_adds`: how many records its count holds beside the details, such as itself.
    """

    code: str | None = None
    totals: dict[FIXED_TOTALS, FixedField] = {}
    date: FixedField | None = None
    date_format: str = "%Y%m%d"
    count_adds: int = Field(default=0, ge=0, le=10)
