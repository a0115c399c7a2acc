"""`out_of_scope/OWNER.csv`: the lines of a day that rules of the profile give to another owner.

Their totals and those of all other lines are those of the statement, to the last minor unit.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import date
from typing import Any, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.exports.sheets import CsvFile
from jobs.exports.workbook import Heading
from jobs.lake.tables import Lake
from jobs.reports.money_text import Cell, escape_formula, money_cell
from schemas.errors import CheckFailed
from schemas.money import sum_amounts
from schemas.profile.channel import Profile
from schemas.tables import STATEMENT_LINES
from schemas.vocabulary import Reason

#: The folder of the files, below that of the export.
FOLDER = "out_of_scope"
HEADINGS = (
    Heading("Business date", 13),
    Heading("Channel", 12),
    Heading("Rule", 20),
    Heading("Kind", 14),
    Heading("Status", 12),
    Heading("Our reference", 30),
    Heading("Channel reference", 32),
    Heading("Order reference", 28),
    Heading("Currency", 9),
    Heading("Amount", 14),
    Heading("Fee", 11),
    Heading("Traded at (UTC)", 20),
    Heading("File", 30),
    Heading("Line", 8),
)
#: (currency, what is summed: lines, amount or fee) -> sum, in minor units.
Sums = Counter[tuple[str, str]]


class _Row(NamedTuple):
    statement_date: str
    matched_by: str
    kind: str
    statement_status: str
    our_ref: str | None
    channel_ref: str | None
    order_ref: str | None
    currency: str
    statement_amount: int
    fee: int | None
    traded_at: str | None
    line_id: str


def write_out_of_scope(
    lake: Lake,
    profile: Profile,
    day: date,
    outcomes: DataFrame,
    received: Iterable[Mapping[str, Any]],
    folder: str,
) -> dict[str, Any]:
    """Writes a file for each owner, with its lines in order, also if it has none.

    `received` are the day's rows of `statement_files`, `folder` the full path of the export. Gives
    the totals for `summary.json`: of each owner, of all other lines, and of the statement.

    Raises:
        CheckFailed: the totals do not add up, or the outcomes know other rules than the profile.
    """
    owners = {rule.name: rule.owner for rule in profile.scope.exclude}
    names = {row["file_id"]: row["file_name"] for row in received}
    excluded = F.array_contains("reasons", Reason.OUT_OF_SCOPE.value)
    is_owned = F.coalesce(excluded & F.col("matched_by").isin(list(owners)), F.lit(False))
    sums: dict[str, Sums] = {owner: Counter() for owner in sorted(owners.values())}
    lake.storage.fs.create_dir(f"{folder}/{FOLDER}")
    with ExitStack() as stack:
        files = {}
        for owner in sums:
            path = f"{folder}/{FOLDER}/{owner}.csv"
            stream = stack.enter_context(lake.storage.fs.open_output_stream(path))
            files[owner] = CsvFile(stream, HEADINGS)
            stack.callback(files[owner].close)
        for row in map(_Row._make, _select(outcomes.where(is_owned)).toLocalIterator()):
            owner = owners[row.matched_by]
            files[owner].add(_render(row, profile.channel, names))
            _add(sums[owner], row.currency, 1, row.statement_amount, row.fee)
    is_of_day = F.col("line_id").isNotNull() & (F.col("statement_date") == F.lit(day))
    ours = _sum_lines(outcomes.where(is_of_day & ~is_owned), "statement_amount")
    statement = _sum_lines(lake.read_day(STATEMENT_LINES, day, profile.channel), "amount")
    listed = Counter(ours)
    for owned in sums.values():
        listed.update(owned)
    if _without_zeros(listed) != _without_zeros(statement):
        raise CheckFailed(
            f"export: {profile.channel} {day}: lines by owner and the others add up to"
            f" {_describe(listed)}, the statement has {_describe(statement)}; the earlier export"
            " stays; run `tieout match` for that date again"
        )
    return {
        "owners": {owner: _describe(owned) for owner, owned in sums.items()},
        "others": _describe(ours),
        "statement": _describe(statement),
    }


def _select(rows: DataFrame) -> DataFrame:
    texts = {
        name: F.col(name).cast("string").alias(name) for name in ("statement_date", "traded_at")
    }
    return rows.select(*[texts.get(name, F.col(name)) for name in _Row._fields]).orderBy("line_id")


def _render(row: _Row, channel: str, names: Mapping[str, str]) -> tuple[Cell, ...]:
    file_id, _, number = row.line_id.rpartition(":")
    return (
        row.statement_date,
        channel,
        escape_formula(row.matched_by),
        row.kind,
        row.statement_status,
        escape_formula(row.our_ref),
        escape_formula(row.channel_ref),
        escape_formula(row.order_ref),
        row.currency,
        money_cell(row.statement_amount, row.currency),
        money_cell(row.fee, row.currency),
        row.traded_at,
        escape_formula(names.get(file_id, file_id)),
        int(number),
    )


def _sum_lines(lines: DataFrame, amount: str) -> Sums:
    sums: Sums = Counter()
    grouped = lines.groupBy("currency").agg(
        F.count("*").alias("lines"),
        sum_amounts(F.col(amount)).alias("amount"),
        sum_amounts(F.col("fee")).alias("fee"),
    )
    for row in grouped.collect():
        _add(sums, row["currency"], row["lines"], row["amount"], row["fee"])
    return sums


def _add(sums: Sums, currency: str, lines: int, amount: int | None, fee: int | None) -> None:
    for name, value in (("lines", lines), ("amount", amount), ("fee", fee)):
        sums[currency, name] += int(value or 0)


def _without_zeros(sums: Sums) -> Sums:
    return Counter({key: value for key, value in sums.items() if value})


def _describe(sums: Sums) -> dict[str, dict[str, Any]]:
    """Lines, amount and fee by currency, money as text in major units."""
    described: dict[str, dict[str, Any]] = {}
    for (currency, name), value in sorted(sums.items()):
        cell = money_cell(value, currency)
        text = value if name == "lines" or cell is None else cell.text
        described.setdefault(currency, {})[name] = text
    return described
