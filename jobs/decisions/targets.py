"""What a decision is about: the rows of `outcomes` that an effect applies to.

A target is a row of `decisions` without the columns of its steps. What does not apply is refused.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from jobs.decisions.outcome_search import Row, Unit, is_grouped
from jobs.reports.money_text import Money
from schemas.currencies import exponent
from schemas.errors import DecisionRefused
from schemas.vocabulary import Effect, Kind, Outcome, Reason, Status, StatusOf

_OPEN = (Outcome.BREAK.value, Outcome.SUSPENSE.value)
#: Reasons of items that nothing has settled or put away: only these can be paired.
_UNSETTLED = frozenset({
    Reason.INTERNAL_ONLY, Reason.STATEMENT_ONLY, Reason.AMBIGUOUS, Reason.POSSIBLE_DUPLICATE,
    Reason.NOT_FINAL, Reason.LATE,
})  # fmt: skip
#: Kinds of which an amount of 0 counts as money that leaves.
_LEAVING = (Kind.REFUND, Kind.PAYOUT, Kind.CHARGEBACK)
#: Name and value of an item's side in a row: `internal` or `statement`.
_SIDES = {"txn_id": ("internal", "internal_currency"), "line_id": ("statement", "currency")}


def describe_row(row: Row) -> str:
    """A row in words: its unit, its outcome and its reasons."""
    reasons = f" [{', '.join(row['reasons'])}]" if row["reasons"] else ""
    return f"{row['unit_id']} is {row['outcome']}{reasons} on {row['run_date']}"


def targets_of_unit(unit: Unit, effect: Effect, status_of: StatusOf | None) -> list[Row]:
    """Targets of any effect but PAIR: one for each row of the unit.

    Raises:
        DecisionRefused: SETTLED, NOT_APPLICABLE, STATUS_MISSING or STATUS_SURPLUS.
    """
    first = unit[0]
    name = effect.value.lower().replace("_", "-")
    if first["outcome"] not in _OPEN:
        raise DecisionRefused("SETTLED", f"{describe_row(first)}; nothing is left to decide")
    is_pair = bool(first["txn_id"] and first["line_id"])
    is_group = is_grouped(first)
    is_break = first["outcome"] == Outcome.BREAK
    differs = any(Reason.STATUS_MISMATCH in row["reasons"] for row in unit)
    is_later_state = differs and first["internal_status"] is not None
    allowed: dict[Effect, tuple[bool, str]] = {
        Effect.ACCEPT: (
            is_break and (is_pair or is_group or is_later_state),
            "a pair, a group or a later state in BREAK",
        ),
        Effect.NOT_OURS: (not is_pair and not is_group, "an open item without a partner"),
        Effect.WRITE_OFF: (is_break, "a pair, a group or an item in BREAK"),
    }
    is_allowed, target_text = allowed[effect]
    if not is_allowed:
        raise DecisionRefused(
            "NOT_APPLICABLE", f"{describe_row(first)}; {name} is for {target_text}"
        )
    _check_status_of(first, effect, status_of, differs)
    return [
        {**_columns_of(row, row, row["unit_id"]), "reasons": "+".join(row["reasons"])}
        | {"status_of": status_of.value if status_of else None, "at_stake": _stake(row)}
        for row in unit
    ]


def _check_status_of(row: Row, effect: Effect, status_of: StatusOf | None, differs: bool) -> None:
    if effect == Effect.ACCEPT and differs and status_of is None:
        raise DecisionRefused(
            "STATUS_MISSING",
            f"{describe_row(row)}: ours is {row['internal_status']}, theirs"
            f" {row['statement_status']}; say whose stands: --status ours or --status theirs",
        )
    if status_of is not None and not (effect == Effect.ACCEPT and differs):
        raise DecisionRefused(
            "STATUS_SURPLUS", f"{describe_row(row)}; --status is to accept a STATUS_MISMATCH"
        )


def _stake(row: Row) -> int:
    """Money that a row is about: |difference| where only the amount differs, else |amount|.

    In a group the first row of a currency has the difference, and the lines have the amounts.
    """
    if set(row["reasons"]) <= {Reason.AMOUNT_MISMATCH, Reason.LATE} and row["reasons"]:
        return abs(int(row["difference"] or 0))
    if is_grouped(row) and row["line_id"] is None:
        return 0
    return abs(_amount(row))


def _amount(row: Row) -> int:
    own = row["internal_amount"] if row["line_id"] is None else row["statement_amount"]
    return int(own or 0)


def _columns_of(transaction: Row, line: Row, unit_id: str) -> Row:
    snapshots = {
        f"{name.removesuffix('_id')}_snapshot": item_snapshot_of_row(row, *_SIDES[name])
        if row[name]
        else None
        for name, row in (("txn_id", transaction), ("line_id", line))
    }
    return {
        "channel": transaction["channel"],
        "run_date": transaction["run_date"],
        "txn_id": transaction["txn_id"],
        "line_id": line["line_id"],
        "unit_id": unit_id,
        "currency": line["currency"] or transaction["internal_currency"],
        **snapshots,
    }


def item_snapshot_of_row(row: Row, side: str, currency: str) -> str:
    """Status, amount and currency of one side; equal to `manual_decisions.item_snapshot`."""
    return f"{row[f'{side}_status']}|{row[f'{side}_amount']}|{row[currency]}"


def targets_of_pair(rows: Sequence[Row], is_open_on: Callable[[Row, Any], bool]) -> list[Row]:
    """Targets of a PAIR: one for two items, else one for each item.

    `is_open_on` says whether an item of an earlier run is open after the day before a date.

    Raises:
        DecisionRefused: SETTLED, PUT_AWAY, IN_GROUP, TWO_CHANNELS, TWO_KINDS, TWO_DIRECTIONS,
            NOT_OPEN, NOT_SUCCEEDED, SUMS_DIFFER, or not both sides are there (NOT_APPLICABLE).
    """
    for row in rows:
        _check_unsettled(row)
    transactions = [row for row in rows if row["txn_id"]]
    lines = [row for row in rows if row["line_id"]]
    if not transactions or not lines:
        raise DecisionRefused(
            "NOT_APPLICABLE", "pair takes at least one txn_id and one line_id of open items"
        )
    for code, name, values in (
        ("TWO_CHANNELS", "channel", {row["channel"] for row in rows}),
        ("TWO_KINDS", "kind", {row["kind"] for row in rows}),
        ("TWO_DIRECTIONS", "direction", {_direction(row) for row in rows}),
    ):
        if len(values) > 1:
            listed = " and ".join(sorted(values))
            raise DecisionRefused(code, f"the {name} differs: {listed}; a pair has one {name}")
    day = max(row["run_date"] for row in rows)
    for row in rows:
        if row["run_date"] < day and not is_open_on(row, day):
            raise DecisionRefused(
                "NOT_OPEN", f"{describe_row(row)}, and no longer open on {day}: its time is over"
            )
    if len(rows) == 2:
        pair = _columns_of(transactions[0], lines[0], transactions[0]["txn_id"])
        return [pair | {"run_date": day, "reasons": "", "at_stake": _stake_of_pair(*rows)}]
    _check_sums(transactions, lines)
    return [
        _columns_of(row, row, "")
        | {"run_date": day, "reasons": "", "at_stake": abs(_amount(row)) if row["line_id"] else 0}
        for row in [*transactions, *lines]
    ]


def _check_unsettled(row: Row) -> None:
    is_pair = bool(row["txn_id"] and row["line_id"])
    if is_grouped(row) and row["outcome"] in _OPEN:
        raise DecisionRefused(
            "IN_GROUP", f"{describe_row(row)}; accept or write-off takes its whole group"
        )
    if not is_pair and row["reasons"] and not _UNSETTLED.issuperset(row["reasons"]):
        raise DecisionRefused(
            "PUT_AWAY", f"{describe_row(row)}; a pair takes no item that the match put away"
        )
    if is_pair or row["outcome"] not in _OPEN:
        raise DecisionRefused("SETTLED", f"{describe_row(row)}; a pair takes open items only")


def _direction(row: Row) -> str:
    amount = _amount(row)
    leaves = amount < 0 or (amount == 0 and row["kind"] in _LEAVING)
    return "money out" if leaves else "money in"


def _stake_of_pair(one: Row, other: Row) -> int:
    is_same = (one["currency"] or one["internal_currency"]) == (
        other["currency"] or other["internal_currency"]
    )
    line = one if one["line_id"] else other
    return max(abs(_amount(one)), abs(_amount(other))) if is_same else abs(_amount(line))


def _check_sums(transactions: Sequence[Row], lines: Sequence[Row]) -> None:
    """Several items are paired only if all have SUCCEEDED and the sums of both sides are equal."""
    for row in (*transactions, *lines):
        status = row["statement_status"] if row["line_id"] else row["internal_status"]
        if status != Status.SUCCEEDED:
            raise DecisionRefused(
                "NOT_SUCCEEDED",
                f"{row['unit_id']} is {status}; of several items all must be {Status.SUCCEEDED}",
            )
    gaps: Counter[str] = Counter()
    for row in lines:
        gaps[row["currency"]] += row["statement_amount"]
    for row in transactions:
        gaps[row["internal_currency"]] -= row["internal_amount"]
    differences = [f"{Money(gap, exponent(code)).text} {code}" for code, gap in gaps.items() if gap]
    if differences:
        raise DecisionRefused(
            "SUMS_DIFFER",
            f"the lines differ from the transactions by {', '.join(sorted(differences))}; several"
            " items are paired only if their sums are equal",
        )
