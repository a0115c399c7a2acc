"""Settlement: what channels paid out, what is late, what they owe us."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.lake.tables import Lake
from jobs.reports.day_page.builder import Builder
from jobs.reports.day_page.fee_section import read_channels
from jobs.reports.day_page.outcomes import ROWS_READ
from jobs.reports.day_page.scope import Row, RowList, Scope
from jobs.reports.html.document import Card, Cell, Section, Table
from jobs.reports.html.numbers import add_money, format_money, list_money
from jobs.settlement.balances import CAUSES
from schemas.tables import CHANNEL_BALANCES, SETTLEMENT_CHECKS

#: Results that are as they should be, or wait in time.
_GOOD = ("SETTLED", "CARRIED", "PENDING", "BEFORE_START")
#: Results of money that should be here, and is not; what is ambiguous only when it is past due.
_OVERDUE = ("LATE", "MISSING", "SHORT", "RETURNED")
ResultKey = tuple[str, str, str]


@dataclass(frozen=True)
class SettlementFigures:
    """The latest row of each batch, summed by channel, result and currency, and the largest of
    these rows; the balances after the last settled date of each channel. `overdue` are the batches
    whose money should be here and is not. Minor units.
    """

    results: Mapping[ResultKey, Row]
    lists: Mapping[ResultKey, RowList]
    balances: Sequence[Row]
    overdue: Sequence[Row]

    def overdue_money(self) -> dict[str, int]:
        """What did not come in time, by currency."""
        sums: dict[str, int] = {}
        for row in self.overdue:
            add_money(sums, row["currency"], row["expected"] - row["credited"])
        return sums


def read_settlement(lake: Lake, scope: Scope) -> SettlementFigures:
    """Reads settlement of the report's dates; of a batch its latest row counts."""
    rows = read_channels(lake, scope, SETTLEMENT_CHECKS).to_pylist()
    last = {row["channel"]: row["run_date"] for row in sorted(rows, key=lambda r: r["run_date"])}
    latest: dict[tuple[str, ...], Row] = {}
    for row in sorted(rows, key=lambda row: row["run_date"]):
        # Money and credits without a batch are those of the last date.
        if row["batch_no"] is not None or row["run_date"] == last[row["channel"]]:
            latest[name_batch(row)] = row
    groups: dict[ResultKey, list[Row]] = {}
    for row in latest.values():
        groups.setdefault((row["channel"], row["result"], row["currency"]), []).append(row)
    summed = ("expected", "credited", "difference", "carried_out")
    results = {
        key: {"batches": len(own)} | {name: sum(row[name] or 0 for row in own) for name in summed}
        for key, own in groups.items()
    }
    lists = {
        key: RowList(len(own), sorted(own, key=_order)[:ROWS_READ]) for key, own in groups.items()
    }
    balances = read_channels(lake, scope, CHANNEL_BALANCES).to_pylist()
    newest = {row["channel"]: row["business_date"] for row in
              sorted(balances, key=lambda row: row["business_date"])}  # fmt: skip
    balances = [row for row in balances
                if row["currency"] and row["business_date"] == newest[row["channel"]]]  # fmt: skip
    balances.sort(key=lambda row: (row["channel"], row["currency"]))
    overdue = [row for row in latest.values() if _is_overdue(row)]
    return SettlementFigures(results, lists, balances, overdue)


def _is_overdue(row: Row) -> bool:
    is_past = row["due_date"] is not None and row["due_date"] < row["run_date"]
    return row["result"] in _OVERDUE or (row["result"] == "AMBIGUOUS" and is_past)


def name_batch(row: Row) -> tuple[str, ...]:
    """What tells a row of `settlement_checks` from others of its channel over all dates."""
    columns = ("channel", "batch", "batch_no", "per", "currency")
    credits = row["credit_line_ids"] if row["batch_no"] is None else ()
    return (*(str(row[name]) for name in columns), *(credits or ()))


def _order(row: Row) -> tuple[int, tuple[str, ...]]:
    return (-abs((row["expected"] or 0) - (row["credited"] or 0)), name_batch(row))


def settlement_card(builder: Builder, settlement: SettlementFigures) -> Card:
    """What did not come in time."""
    label = builder.say("Settlement late or short")
    late = list_money(settlement.overdue_money())
    if not settlement.results:
        return Card(label, "-", [builder.say("nothing was settled")], "settlement")
    batches = len(settlement.overdue)
    detail = [*late[1:], builder.say("in {count} batches", count=f"{batches:,}")]
    tone = "bad" if batches else "good"
    return Card(label, late[0] if late else "0", detail, "settlement", tone)


def build_settlement(builder: Builder, settlement: SettlementFigures) -> Section:
    """A row per channel, result and currency, and the balance of each channel."""
    say, rows = builder.say, []
    # What is wrong stands first.
    order = sorted(settlement.results, key=lambda key: (key[0], key[1] in _GOOD, key[1:]))
    for key in order:
        sums = settlement.results[key]
        channel, result, code = key
        anchor = _add_list(builder, key, settlement.lists[key])
        tone = "" if result in _GOOD else "bad"
        rows.append([
            Cell(channel), Cell(builder.say_code(result), tone=tone), Cell(code),
            builder.count(sums["batches"], anchor, tone),
            builder.money(sums["expected"], code, anchor),
            builder.money(sums["credited"], code, anchor),
            builder.money(sums["difference"], code, anchor, tone, "+"),
            builder.money(sums["carried_out"], code, anchor),
        ])  # fmt: skip
    names = ("Channel", "Result", "Currency", "Batches", "Expected", "Came", "Difference",
             "Carried")  # fmt: skip
    tables = [Table(builder.headings(*names, numbers=names[3:]), rows,
                    note="" if rows else say("Nothing was settled on these dates."))]  # fmt: skip
    if settlement.balances:
        causes = [name for name in CAUSES if any(row[name] for row in settlement.balances)]
        heads = ("Channel", "Date", "Currency", "Owed before", "Net of the lines", "Came",
                 "Owed to us", "Of it open")  # fmt: skip
        headings = builder.headings(*heads, numbers=heads[3:])
        headings += builder.headings(*causes, numbers=causes)
        columns = ("opening", "net", "credited", "closing", "open", *causes)
        balances = [
            [Cell(row["channel"]), Cell(str(row["business_date"])), Cell(row["currency"]),
             *(Cell(format_money(row[name], row["currency"]) if row[name] else "")
               for name in columns)]
            for row in settlement.balances
        ]  # fmt: skip
        tables.append(Table(headings, balances, say("What the channels owe us")))
    intro = say(
        "What each channel owes, batch by batch, against what our bank accounts received; a batch"
        " counts once, with its latest result."
    )
    return Section("settlement", say("Settlement"), intro, tables)


def _add_list(builder: Builder, key: ResultKey, rows: RowList) -> str:
    channel, result, code = key
    numbers = ("Expected", "Came", "Difference")
    names = ("Batch", "Per", "Date", "Result", *numbers, "Due date", "What to do")
    headings = builder.headings(*names, numbers=numbers)
    title = f"{channel} {code}: {builder.say_code(result)}"

    def render(row: Row) -> list[Cell]:
        reasons = ", ".join(builder.say_code(one) for one in row["reasons"] or ())
        text = builder.say_code(row["result"]) + (f" ({reasons})" if reasons else "")
        number = f" #{row['batch_no']}" if (row["batch_no"] or 1) > 1 else ""
        return [
            Cell(f"{row['batch'] or '-'}{number}", tone="id"), Cell(row["per"] or "", tone="id"),
            Cell(str(row["batch_date"] or "")), Cell(text),
            Cell(format_money(row["expected"], code)), Cell(format_money(row["credited"], code)),
            Cell(format_money(row["difference"], code, "+")), Cell(str(row["due_date"] or "")),
            Cell(builder.say_code(row["action"])),
        ]  # fmt: skip

    source = f"tieout settlement --channel {channel}"
    return builder.add_list("Batches", title, rows, headings, render, source)
