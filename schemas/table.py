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


def columns_of(*groups: str) -> StructType:
    """Columns from groups such as `text: line_id file_id`, in the order written."""
    fields = []
    for group in groups:
        kind, names = group.split(":")
        fields += [StructField(name, TYPES[kind], True) for name in names.split()]
    return StructType(fields)
