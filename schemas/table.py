"""What a table of the lake is: its grain, its partitions, its columns and their types."""

from dataclasses import dataclass

from pyspark.sql.types import (
    ArrayType,
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
    "seconds": MapType(StringType(), DoubleType()),
}

#: Columns whose values repeat, beside dates and small numbers.
_REPEATED = frozenset({
    "account_tail", "action", "card_type", "channel", "currency", "file_id", "internal_currency",
    "internal_status", "kind", "matched_by", "merchant_id", "outcome", "pass", "product",
    "reason", "reasons", "result", "schedule", "settlement_currency", "side", "statement_status",
    "status", "terminal_id",
})  # fmt: skip
#: Of ids the ones in no order; a line's begins with its file's.
_SOUGHT_IDS = frozenset({"txn_id", "original_txn_id"})


@dataclass(frozen=True)
class Table:
    """A Delta table of the lake.

    `grain` says what one row is; `partitions` names the partition columns, the date first.
    """

    name: str
    grain: str
    partitions: tuple[str, ...]
    schema: StructType

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in the table's order."""
        return tuple(self.schema.fieldNames())

    @property
    def dictionary_columns(self) -> list[str]:
        """Columns, as Parquet names them, that are worth a dictionary: to begin one for ids and to
        give it up again can be spared. Source: docs/reference/engines.md, "Sizes on Spark".
        """
        small = (DateType, IntegerType)
        return [
            f"{field.name}.list.element" if isinstance(field.dataType, ArrayType) else field.name
            for field in self.schema
            if field.name in _REPEATED or isinstance(field.dataType, small)
        ]

    @property
    def lookup_columns(self) -> list[str]:
        """Columns by whose single values people look for rows: references, and ids of ours."""
        return [name for name in self.columns if name.endswith("_ref_norm") or name in _SOUGHT_IDS]


def columns_of(*groups: str) -> StructType:
    """Columns from groups such as `text: line_id file_id`, in the order written."""
    fields = []
    for group in groups:
        kind, names = group.split(":")
        fields += [StructField(name, TYPES[kind], True) for name in names.split()]
    return StructType(fields)
