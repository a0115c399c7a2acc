"""Fees charged against fees due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jobs.lake.tables import Lake
from jobs.reports.day_page.builder import Builder
from jobs.reports.day_page.outcomes import ROWS_READ
from jobs.reports.day_page.scope import Row, RowList, Scope
from jobs.reports.html.document import Card, Cell, Section, Table
from jobs.reports.html.numbers import format_money, list_money, name_money
from schemas.tables import FEE_CHECKS, FEE_TOTALS
from schemas.tables import Table as LakeTable

_SUMMED = ("lines", "amount", "charged", "due", "difference", "tolerated")
#: (channel, result, currency).
ResultKey = tuple[str, str, str]


@dataclass(frozen=True)
class FeeFigures:
    """Sums of `fee_totals` by channel, entry and currency; of lines with a wrong fee the sums of
    what was charged and due, and the largest, by channel, result and currency. Minor units.
    """

    totals: Sequence[Row]
    results: Mapping[ResultKey, Row]
    lists: Mapping[ResultKey, RowList]

    def sum(self, name: str) -> dict[str, int]:
        """A column of the totals by currency; what has no entry counts nothing."""
        sums: dict[str, int] = {}
        for row in self.totals:
            sums[row["currency"]] = sums.get(row["currency"], 0) + (row[name] or 0)
        return sums


def read_channels(lake: Lake, scope: Scope, table: LakeTable) -> pa.Table:
    """The rows of a table of the report's dates and channels."""
    rows = lake.read_arrow(table, scope.first, scope.last, scope.only_channel)
    return rows.filter(pc.field("channel").isin(pa.array([*scope.profiles], pa.string())))


def read_fees(lake: Lake, scope: Scope) -> FeeFigures:
    """Reads both fee tables of the report's dates."""
    totals: dict[tuple[str, str, str], Row] = {}
    for row in read_channels(lake, scope, FEE_TOTALS).to_pylist():
        key = (row["channel"], row["schedule"] or "", row["currency"])
        known = totals.setdefault(key, {
            "channel": row["channel"], "schedule": row["schedule"], "currency": row["currency"],
            **dict.fromkeys(_SUMMED),
        })  # fmt: skip
        for name in _SUMMED:
            if row[name] is not None:
                known[name] = (known[name] or 0) + row[name]
    checks = read_channels(lake, scope, FEE_CHECKS)
    size = pc.abs(pc.coalesce(checks["difference"], checks["charged"], pa.scalar(0, pa.int64())))
    checks = checks.append_column("size", size)
    results: dict[ResultKey, Row] = {}
    lists: dict[ResultKey, RowList] = {}
    keys = checks.select(["channel", "result", "currency"])
    for key in keys.group_by(keys.column_names).aggregate([]).to_pylist():
        where = pc.scalar(True)
        for name, value in key.items():
            where = where & (pc.field(name) == value)
        own = checks.filter(where)
        names = tuple(key.values())
        results[names] = {name: _sum(own[name]) for name in ("charged", "due", "difference")}
        order = [("size", "descending"), ("line_id", "ascending"), ("business_date", "ascending")]
        lists[names] = RowList(len(own), own.sort_by(order).slice(0, ROWS_READ).to_pylist())
    return FeeFigures([totals[key] for key in sorted(totals)], results, lists)


def _sum(column: pa.ChunkedArray) -> int:
    return int(pc.sum(column.cast(pa.decimal128(38, 0))).as_py() or 0)


def fee_card(builder: Builder, fees: FeeFigures) -> Card:
    """What channels charged more, or less, than was due."""
    differences = list_money(fees.sum("difference"), "+")
    wrong = sum(one.count for one in fees.lists.values())
    detail = [*differences[1:], builder.say("{count} lines with a wrong fee", count=f"{wrong:,}")]
    if not fees.totals:
        detail = [builder.say("no fee was checked")]
    value = differences[0] if differences else "-"
    is_right = bool(fees.totals) and not wrong
    return Card(builder.say("Fees, charged less due"), value, detail, "fees",
                "good" if is_right else "warn" if wrong else "")  # fmt: skip


def build_fees(builder: Builder, fees: FeeFigures) -> Section:
    """A row per channel, entry of the rate card and currency, and one per kind of wrong fee."""
    say = builder.say
    anchors = {key: _add_list(builder, key, fees.lists[key]) for key in sorted(fees.lists)}
    names = ("Channel", "Entry of the rate card", "Currency", "Lines", "Amount", "Charged", "Due",
             "Difference", "Tolerated")  # fmt: skip
    firsts = {name: anchor for (name, _, _), anchor in reversed(anchors.items())}
    rows = [
        [
            Cell(row["channel"]),
            Cell(row["schedule"] or say("no entry applies"),
                 tone="" if row["schedule"] else "warn"),
            Cell(row["currency"]),
            builder.count(row["lines"]),
            builder.money(row["amount"], row["currency"]),
            builder.money(row["charged"], row["currency"]),
            builder.money(row["due"], row["currency"]),
            _difference(builder, row, firsts.get(row["channel"], "")),
            builder.money(row["tolerated"], row["currency"], sign="+"),
        ]
        for row in fees.totals
        if row["lines"]
    ]  # fmt: skip
    wrong_names = ("Channel", "Result", "Currency", "Lines", "Charged", "Due", "Difference")
    wrong = [
        [
            Cell(key[0]),
            Cell(builder.say_code(key[1])),
            Cell(key[2]),
            builder.count(fees.lists[key].count, anchors[key], "bad"),
            *(builder.money(sums[name], key[2], sign="+" if name == "difference" else "")
              for name in ("charged", "due", "difference")),
        ]
        for key, sums in sorted(fees.results.items())
    ]  # fmt: skip
    tables = [Table(builder.headings(*names, numbers=names[3:]), rows,
                    note="" if rows else say("No fee was checked on these dates."))]  # fmt: skip
    if wrong:
        heads = builder.headings(*wrong_names, numbers=wrong_names[3:])
        tables.append(Table(heads, wrong, say("Lines with a wrong fee")))
    intro = say("What the channels charged, and what is due by our rate cards, to the cent.")
    return Section("fees", say("Fees"), intro, tables)


def _difference(builder: Builder, row: Row, anchor: str) -> Cell:
    if row["difference"] == 0:
        return Cell(format_money(0, row["currency"]), tone="good")
    return builder.money(row["difference"], row["currency"], anchor, "bad", "+")


def _add_list(builder: Builder, key: ResultKey, rows: RowList) -> str:
    channel, result, code = key
    numbers = ("Amount", "Charged", "Due", "Difference")
    headings = builder.headings("Date", "Channel reference", "Our reference", "Entry", *numbers,
                                "How it is due", numbers=numbers)  # fmt: skip
    title = f"{channel} {code}: {builder.say_code(result)}"
    return builder.add_list(
        "Lines with a wrong fee", title, rows, headings, _cells,
        builder.say("table fee_checks, channel {channel}", channel=channel),
        builder.export_file(channel),
    )  # fmt: skip


def _cells(row: Row) -> list[Cell]:
    code = row["currency"]
    return [
        Cell(str(row["business_date"])),
        Cell(row["channel_ref"] or "", tone="id"),
        Cell(row["our_ref"] or "", tone="id"),
        Cell(row["schedule"] or ""),
        Cell(name_money(row["amount"], code) if row["amount"] is not None else ""),
        Cell(format_money(row["charged"], code)),
        Cell(format_money(row["due"], code)),
        Cell(format_money(row["difference"], code, "+")),
        Cell(row["explanation"] or ""),
    ]
