"""The file of each publication: one JSON object per row of `status_updates`, in any order.

The table is the truth. A file that a killed process did not write is written by the next one.
"""

from datetime import date

from pyspark.sql import functions as F

from jobs.exports.json_lines import Member, MemberKind, encode_lines
from jobs.exports.publication.scope import JOB
from jobs.lake.tables import Lake
from jobs.storage.atomic_folder import join_parts, remove_folder, replace_file
from schemas.errors import CheckFailed
from schemas.tables import RUNS, STATUS_UPDATES

#: Below a lake, the folder with a folder per channel.
FOLDER = "exports/status_updates"
_TEXTS = ("txn_id", "line_id", "pair_txn_id", "our_ref", "channel_ref", "order_ref")
_NUMBERS = ("sequence", "internal_amount", "statement_amount")
_KINDS = {
    **dict.fromkeys(_TEXTS, MemberKind.TEXT),
    **dict.fromkeys(_NUMBERS, MemberKind.NUMBER),
    "reasons": MemberKind.CODES,
    "related": MemberKind.OTHER,
    "withdrawn": MemberKind.NUMBER,
}
#: The keys of an object, in order; keys whose value is null are left out.
MEMBERS = tuple(
    Member(name, _KINDS.get(name, MemberKind.CODE))
    for name in ("sequence", *(c for c in STATUS_UPDATES.columns if c != "sequence"))
    if name not in ("newest_run_date", "as_of")
)


def update_file(channel: str, sequence: int) -> str:
    """Path of the file of a publication, below the lake."""
    return f"{FOLDER}/{channel}/status_updates-{sequence:09d}.jsonl"


def last_publication(lake: Lake, channel: str) -> tuple[date | None, int]:
    """The newest date that a publication of a channel has covered, and the last sequence; None and
    0 before the first one.
    """
    files = lake.list_data_files(STATUS_UPDATES, date.max, channel, since=date.min)
    newest = max((row[f"partition.{STATUS_UPDATES.partitions[0]}"] for row in files), default=None)
    if newest is None:
        return None, 0
    updates = lake.read_day(STATUS_UPDATES, newest, channel)
    return newest, int(updates.agg(F.max("sequence").alias("last")).collect()[0]["last"])


def write_missing_files(lake: Lake, channel: str) -> int:
    """Writes the files of publications that no run has recorded yet; returns the last sequence.

    Raises:
        CheckFailed: a file has more or fewer lines than its publication has rows.
    """
    last = last_publication(lake, channel)[1]
    runs = lake.read_rows(RUNS, ("counts",), job=JOB, channel=channel)
    recorded = max((int(dict(run["counts"]).get("sequence", 0)) for run in runs), default=0)
    for sequence in range(recorded + 1, last + 1):
        _write_file(lake, channel, sequence)
    return last


def _write_file(lake: Lake, channel: str, sequence: int) -> None:
    days = lake.read_days(STATUS_UPDATES, date.min, date.max, channel)
    updates = days.where(F.col("sequence") == F.lit(sequence))
    target = lake.storage.full_path(update_file(channel, sequence))
    with replace_file(lake.storage.fs, target) as new_file:
        parts = f"{new_file}.parts"
        try:
            encoded = encode_lines(updates, MEMBERS)
            encoded.write.text(parts.replace(lake.storage.base, lake.uri, 1))
            lines = join_parts(lake.storage.fs, parts, new_file)
        finally:
            remove_folder(lake.storage.fs, parts)
        rows = updates.count()
        if lines != rows:
            raise CheckFailed(
                f"export: {channel}: publication {sequence} has {rows} rows, its file {lines};"
                " run `tieout export` again"
            )
