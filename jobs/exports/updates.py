"""The state of each transaction of a run, for the transaction system: one line of JSON each."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.exports.json_lines import Member, MemberKind, encode_lines

#: Keys of a line, in order. `difference` is in minor units of `currency`; nulls are left out.
UPDATE_MEMBERS = (
    Member("txn_id", MemberKind.TEXT),
    Member("run_date", MemberKind.CODE),
    Member("channel", MemberKind.CODE),
    Member("outcome", MemberKind.CODE),
    Member("reasons", MemberKind.CODES),
    Member("action", MemberKind.CODE),
    Member("channel_ref", MemberKind.TEXT),
    Member("currency", MemberKind.CODE),
    Member("difference", MemberKind.NUMBER),
)
UPDATE_KEYS = tuple(member.name for member in UPDATE_MEMBERS)


def encode_updates(outcomes: DataFrame) -> DataFrame:
    """One JSON line, column `value`, per row of `outcomes` with a `txn_id`."""
    return encode_lines(outcomes.where(F.col("txn_id").isNotNull()), UPDATE_MEMBERS)
