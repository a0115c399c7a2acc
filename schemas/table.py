"""What defines a table of the lake: its grain, partitions, columns, types and descriptions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DateType,
    DoubleType,
    IntegerType,
    LongType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

TYPES: dict[str, DataType] = {
    "text": StringType(),
    "long": LongType(),
    "int": IntegerType(),
    "date": DateType(),
    "time": TimestampType(),
    "texts": ArrayType(StringType()),
    "counts": MapType(StringType(), LongType()),
    "flag": BooleanType(),
    "extra": MapType(StringType(), StringType()),
    "seconds": MapType(StringType(), DoubleType()),
}

#: Columns whose values repeat, beside dates and small numbers.
_REPEATED = frozenset({
    "account_tail", "action", "card_type", "cause", "channel", "class", "closed_by", "currency",
    "event", "file_id", "internal_currency", "internal_status", "kind", "matched_by", "merchant_id",
    "now", "outcome", "pass", "product", "reason", "reasons", "result", "schedule",
    "settlement_currency", "side", "statement_status", "status", "terminal_id", "was",
})  # fmt: skip
#: Ids that files hold in no order; a line's id begins with its file's.
_LOOKUP_IDS = frozenset({"txn_id", "original_txn_id"})


class Column(NamedTuple):
    """A column of a table: its description says the unit and what null means."""

    name: str
    type: DataType
    description: str


@dataclass(frozen=True)
class Table:
    """A Delta table of the lake.

    `grain` says what one row is; `partitions` names the partition columns, the date first.
    `former_names` maps the names that earlier versions of the software gave to columns to today's.
    """

    name: str
    grain: str
    partitions: tuple[str, ...]
    definition: tuple[Column, ...]
    former_names: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def schema(self) -> StructType:
        """The columns as Spark has them; descriptions stand in the table's log only."""
        return struct_of(self.definition)

    @property
    def owner(self) -> str:
        """The partition column behind the date: the channel, or the bank account."""
        return self.partitions[1]

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in the table's order."""
        return tuple(column.name for column in self.definition)

    @property
    def dictionary_columns(self) -> list[str]:
        """Columns, as Parquet names them, that are worth a dictionary.

        A column of ids is not: the writer would begin one and give it up again.
        Source: docs/reference/engines.md, "Sizes on Spark".
        """
        small = (DateType, IntegerType)
        return [
            f"{column.name}.list.element" if isinstance(column.type, ArrayType) else column.name
            for column in self.definition
            if column.name in _REPEATED or isinstance(column.type, small)
        ]

    @property
    def lookup_columns(self) -> list[str]:
        """Columns in which people look up single values: references, and ids of our side."""
        return [name for name in self.columns if name.endswith("_ref_norm") or name in _LOOKUP_IDS]


def columns_of(*lines: str) -> tuple[Column, ...]:
    """Columns from lines such as `file_id text: SHA-256 of the file.`, in the order written.

    Raises:
        KeyError: no such type.
    """
    columns = []
    for line in lines:
        head, _, description = line.partition(": ")
        name, kind = head.split()
        columns.append(Column(name, TYPES[kind], description))
    return tuple(columns)


def struct_of(columns: Iterable[Column]) -> StructType:
    """Columns as a Spark type; every column may be null."""
    return StructType([StructField(column.name, column.type, True) for column in columns])
