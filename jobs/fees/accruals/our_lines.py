"""Our transactions in the columns of statement lines, so that the rules of fees price them.

A line is named by date and transaction, and bears the transaction's id as `channel_ref`, so that a
refund finds the payment that its `original_txn_id` names. No statement is there yet: no line says a
fee.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.fees.attributes import keep_attributes
from schemas.tables import STATEMENT_LINES

#: Columns of ours that a line has under the same name.
_SHARED = (
    "business_date", "channel", "kind", "status", "amount", "currency", "merchant_id", "product",
    "card_type", "our_ref_norm", "order_ref_norm",
)  # fmt: skip
#: Columns of `internal_transactions` that a line is made of.
COLUMNS = (*_SHARED, "txn_id", "original_txn_id", "occurred_at", "order_amount")


def to_lines(rows: DataFrame) -> DataFrame:
    """Rows of `state_changes.find_changes`, with `COLUMNS`, as lines; these have `txn_id`,
    `own_order_amount` and `taken_date`, too.
    """
    named = {
        "line_id": line_id_of("business_date"),
        "channel_ref_norm": F.col("txn_id"),
        "original_ref_norm": F.col("original_txn_id"),
        "traded_at": F.col("occurred_at"),
    }
    columns = []
    for field in STATEMENT_LINES.schema:
        value = F.col(field.name) if field.name in _SHARED else named.get(field.name, F.lit(None))
        columns.append(value.cast(field.dataType).alias(field.name))
    return rows.select(
        *columns, "txn_id", F.col("order_amount").alias("own_order_amount"), "taken_date"
    )


def line_id_of(date_column: str) -> Column:
    """The id of a transaction's line of a date."""
    return F.concat(F.col(date_column).cast("string"), F.lit(":"), F.col("txn_id"))


def add_own_attributes(lines: DataFrame) -> DataFrame:
    """The columns of `attributes`: all that we know of a transaction is its own."""
    columns = [name for name in lines.columns if name != "own_order_amount"]
    return keep_attributes(lines).select(
        *columns, F.col("own_order_amount").alias("order_amount"), "differs", "line_product",
        "line_card_type",
    )  # fmt: skip
