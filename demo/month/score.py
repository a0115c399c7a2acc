"""Compares what the lake says with the facts: precision and recall by class.

A fact is right if the lake has its value under its key. What the lake says about a key counts as
found in the class of that key's fact; about a key without a fact, as found in a class of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from demo.month.model import CHANNELS, Fact, Label

Row = dict[str, Any]
Key = tuple[str, ...]
Entry = tuple[Key, tuple[object, ...]]


@dataclass
class Score:
    """How many facts of a class there are, how many rows were found for them, how many right."""

    expected: int = 0
    found_rows: int = 0
    right: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def is_perfect(self) -> bool:
        """Whether every fact was found, and nothing else."""
        return self.expected == self.found_rows == self.right


def outcome_facts(labels: Iterable[Label]) -> Iterator[Fact]:
    """A fact for each side of a label: the last row in which it stands."""
    for label in labels:
        txn_id = label.row.txn_id if label.row else None
        line_id = label.line.line_id if label.line else None
        value = (str(label.run_date), label.outcome, label.reasons, label.action, txn_id, line_id)
        for item in filter(None, (None if label.is_of_line else txn_id, line_id)):
            yield Fact(f"match: {label.case}", "outcomes", (item,), value)


def score_lake(lake: Path, facts: Sequence[Fact]) -> dict[str, Score]:
    """The score of every class, in the order of the facts."""
    by_table: dict[str, dict[Key, Fact]] = defaultdict(dict)
    scores: dict[str, Score] = {}
    for fact in facts:
        if fact.key in by_table[fact.table]:
            raise ValueError(f"two facts about {fact.table} {' '.join(fact.key)}")
        by_table[fact.table][fact.key] = fact
        scores.setdefault(fact.case, Score()).expected += 1
    for table, read_entries in READERS.items():
        _score_table(scores, table, by_table[table], read_entries(lake))
    return scores


def render_scores(scores: dict[str, Score]) -> str:
    """The table that is printed."""
    width = max(map(len, scores))
    rows = [f"{'class':<{width}}  expected     found     right  precision  recall"]
    for case, score in scores.items():
        precision = _share(score.right, score.found_rows)
        recall = _share(score.right, score.expected)
        rows.append(f"{case:<{width}}  {score.expected:8,}  {score.found_rows:8,}"
                    f"  {score.right:8,}  {precision:>9}  {recall:>6}")  # fmt: skip
    return "\n".join(rows)


def _share(part: int, whole: int) -> str:
    """A share, cut to three decimals: 0.9996 is not 1.000."""
    return f"{part * 1000 // whole / 1000:.3f}" if whole else "-"


def _score_table(
    scores: dict[str, Score], table: str, expected: dict[Key, Fact], entries: Iterable[Entry]
) -> None:
    missing = dict(expected)
    for key, value in entries:
        fact = expected.get(key)
        score = scores.setdefault(fact.case if fact else f"(not planted: {table})", Score())
        score.found_rows += 1
        missing.pop(key, None)
        if fact is not None and fact.value == value:
            score.right += 1
        else:
            score.faults.append(f"{table} {' '.join(key)}: expected"
                                f" {fact.value if fact else 'nothing'}, found {value}")  # fmt: skip
    for key, fact in missing.items():
        scores[fact.case].faults.append(
            f"{table} {' '.join(key)}: expected {fact.value}, found nothing"
        )


def _read(lake: Path, table: str, *columns: str) -> Iterator[Row]:
    if not (lake / table / "_delta_log").is_dir():
        return
    data = DeltaTable(str(lake / table)).to_pyarrow_dataset().to_table(columns=[*columns])
    for batch in data.to_batches():
        yield from batch.to_pylist()


def _read_outcomes(lake: Path) -> Iterator[Entry]:
    columns = ("run_date", "outcome", "reasons", "action", "txn_id", "line_id")
    last: dict[str, Row] = {}
    for row in sorted(_read(lake, "outcomes", *columns), key=lambda row: row["run_date"]):
        for item in filter(None, (row["txn_id"], row["line_id"])):
            last[item] = row
    for item, row in last.items():
        reasons = " ".join(row["reasons"] or ())
        yield (item,), (str(row["run_date"]), row["outcome"], reasons, row["action"],
                        row["txn_id"], row["line_id"])  # fmt: skip


def _read_fees(lake: Path) -> Iterator[Entry]:
    wrong = {row["line_id"]: (row["result"], row["difference"])
             for row in _read(lake, "fee_checks", "line_id", "result", "difference")}  # fmt: skip
    for row in _read(lake, "statement_lines", "line_id", "channel"):
        if row["channel"] in CHANNELS:
            yield (row["line_id"],), wrong.pop(row["line_id"], ("OK", 0))
    for line_id, value in wrong.items():
        yield (str(line_id),), value


def _read_rows(lake: Path, table: str, keys: Sequence[str], values: Sequence[str]
) -> Iterator[Entry]:  # fmt: skip
    for row in _read(lake, table, *keys, *values):
        yield tuple(str(row[name]) for name in keys), tuple(row[name] for name in values)


def _read_totals(lake: Path) -> Iterator[Entry]:
    values = ("lines", "amount", "charged", "due", "accrued")
    yield from _read_rows(lake, "fee_totals", ("business_date", "channel", "schedule"), values)


def _read_months(lake: Path) -> Iterator[Entry]:
    values = ("lines", "amount", "charged", "due")
    yield from _read_rows(lake, "fee_months", ("month", "channel", "schedule"), values)


def _read_accruals(lake: Path) -> Iterator[Entry]:
    keys = ("business_date", "channel", "txn_id")
    yield from _read_rows(lake, "fee_accruals", keys, ("schedule", "due"))


def _read_volumes(lake: Path) -> Iterator[Entry]:
    keys = ("business_date", "channel", "merchant_id")
    yield from _read_rows(lake, "fee_volumes", keys, ("gross", "refunds"))


def _read_settlement(lake: Path) -> Iterator[Entry]:
    columns = ("channel", "run_date", "batch", "batch_date", "per", "result", "action", "expected",
               "credited", "due_date", "reasons", "matched_by", "carried_in", "carried_out",
               "credit_line_ids")  # fmt: skip
    for row in _read(lake, "settlement_checks", *columns):
        what = "" if row["batch"] or row["batch_date"] is None else str(row["batch_date"])
        if what and not row["expected"] and row["credit_line_ids"]:
            what = f"{what} {row['credit_line_ids'][0]}"
        key = (row["channel"], str(row["run_date"]), row["batch"] or "", row["per"], what)
        yield key, (row["result"], row["action"], row["expected"], row["credited"],
                    str(row["due_date"]), " ".join(row["reasons"] or ()), row["matched_by"],
                    row["carried_in"], row["carried_out"])  # fmt: skip


def _read_balances(lake: Path) -> Iterator[Entry]:
    values = ("opening", "net", "credited", "closing")
    yield from _read_rows(lake, "channel_balances", ("channel", "business_date"), values)


def _read_bridge(lake: Path) -> Iterator[Entry]:
    """The sums by channel, date and cause; sums of 0 say nothing."""
    sums: dict[Key, int] = defaultdict(int)
    columns = ("channel", "business_date", "cause", "amount")
    for row in _read(lake, "settlement_bridge", *columns):
        sums[row["channel"], str(row["business_date"]), row["cause"]] += row["amount"]
    yield from ((key, (total,)) for key, total in sums.items() if total)


def _read_used(lake: Path) -> Iterator[Entry]:
    yield from _read_rows(lake, "bank_lines_used", ("bank", "line_id"), ("channel",))


def _read_orders(lake: Path) -> Iterator[Entry]:
    values = ("result", "action", "order_amount", "paid", "refunded", "refund_pending", "surplus",
              "to_refund", "refund_txn_id")  # fmt: skip
    yield from _read_rows(lake, "order_checks", ("run_date", "order_ref"), values)


def _read_waiting(lake: Path) -> Iterator[Entry]:
    """Every row of an item that waits, not only the last one."""
    columns = ("run_date", "outcome", "reasons", "action", "txn_id", "line_id")
    for row in _read(lake, "outcomes", *columns):
        if row["outcome"] == "SUSPENSE":
            key = (str(row["run_date"]), row["txn_id"] or row["line_id"])
            yield key, (" ".join(row["reasons"]), row["action"])


def _read_breaks(lake: Path) -> Iterator[Entry]:
    columns = ("txn_id", "line_id", "state", "opened_on", "closed_on", "closed_by", "action",
               "at_stake")  # fmt: skip
    for row in _read(lake, "breaks", *columns):
        yield (row["txn_id"] or row["line_id"],), (
            row["state"], str(row["opened_on"]), str(row["closed_on"]), row["closed_by"],
            row["action"], row["at_stake"],
        )  # fmt: skip


def _read_families(lake: Path) -> Iterator[Entry]:
    columns = ("run_date", "payment_id", "reasons", "action", "came_in", "went_out")
    for row in _read(lake, "payment_families", *columns):
        yield (str(row["run_date"]), row["payment_id"]), (
            " ".join(row["reasons"]), row["action"], row["came_in"], row["went_out"],
        )  # fmt: skip


READERS = {
    "outcomes": _read_outcomes,
    "waiting": _read_waiting,
    "breaks": _read_breaks,
    "fee_checks": _read_fees,
    "fee_accruals": _read_accruals,
    "fee_totals": _read_totals,
    "fee_volumes": _read_volumes,
    "fee_months": _read_months,
    "settlement_checks": _read_settlement,
    "channel_balances": _read_balances,
    "settlement_bridge": _read_bridge,
    "bank_lines_used": _read_used,
    "order_checks": _read_orders,
    "payment_families": _read_families,
}
