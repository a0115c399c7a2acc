"""What a day's rows must look like, table by table: rules as data.

Source: docs/reference/quality.md.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from schemas.tables import INTERNAL_TRANSACTIONS, OUTCOMES, STATEMENT_LINES, Table
from schemas.vocabulary import Action, Kind, Outcome, Status

#: Days with more rows are not asked for unique ids: it would be the dearest check by far, and
#: landing (one id per line) and the match (each id in one row) make sure of it anyway.
UNIQUE_ROWS_MAX = 200_000
#: The volume is compared with the median of so many days before, if so many of them have rows.
USUAL_DAYS, USUAL_DAYS_MIN = 7, 3
#: A day with less than a fifth, or more than five times, of the usual rows is worth a look.
USUAL_FACTOR = 5
#: Amounts are minor units within these bounds; landing rejects a line outside them.
AMOUNT_MAX = 10**15


_NAMES = {
    "ExpectTableColumnsToMatchSet": "has its columns",
    "ExpectTableRowCountToBeBetween": "has the usual volume",
    "ExpectColumnValuesToNotBeNull": "is never null",
    "ExpectColumnValuesToBeInSet": "is one of the known words",
    "ExpectColumnValuesToBeBetween": "is within bounds",
    "ExpectColumnValuesToMatchRegex": "is well formed",
    "ExpectColumnValuesToBeUnique": "is unique",
}


class Mark(StrEnum):
    """What a failed check does: stop the day, or be counted and reported."""

    FAIL = "fail"
    WARN = "warn"


@dataclass(frozen=True)
class Rule:
    """One expectation: its class in Great Expectations, its mark and its arguments."""

    expectation: str
    mark: Mark
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What must hold, in a few words."""
        return _NAMES[self.expectation]


def never_null(*columns: str) -> tuple[Rule, ...]:
    """Rules: no null in any of the columns."""
    return tuple(
        Rule("ExpectColumnValuesToNotBeNull", Mark.FAIL, {"column": name}) for name in columns
    )


def one_of(words: type[StrEnum], *columns: str) -> tuple[Rule, ...]:
    """Rules: every value of the columns is one of the words; a null is not held against it."""
    return tuple(
        Rule("ExpectColumnValuesToBeInSet", Mark.FAIL, {"column": name, "value_set": list(words)})
        for name in columns
    )


def _between(column: str, low: int, high: int | None = None) -> Rule:
    arguments = {"column": column, "min_value": low, "max_value": high}
    return Rule("ExpectColumnValuesToBeBetween", Mark.FAIL, arguments)


_CURRENCY = Rule(
    "ExpectColumnValuesToMatchRegex", Mark.FAIL, {"column": "currency", "regex": "^[A-Z]{3}$"}
)

#: The checks of a table, all answered by one pass over the day.
RULES: dict[str, tuple[Rule, ...]] = {
    STATEMENT_LINES.name: (
        *never_null("line_id", "file_id", "line_no", "kind", "status", "amount", "currency"),
        *one_of(Kind, "kind"),
        *one_of(Status, "status"),
        _between("amount", -AMOUNT_MAX, AMOUNT_MAX),
        _CURRENCY,
        Rule("ExpectColumnValuesToNotBeNull", Mark.WARN, {"column": "traded_at"}),
    ),
    INTERNAL_TRANSACTIONS.name: (
        *never_null("txn_id", "kind", "status", "amount", "currency"),
        *one_of(Kind, "kind"),
        *one_of(Status, "status"),
        _between("amount", -AMOUNT_MAX, AMOUNT_MAX),
        _CURRENCY,
        Rule("ExpectColumnValuesToNotBeNull", Mark.WARN, {"column": "occurred_at"}),
    ),
    OUTCOMES.name: (
        *never_null("unit_id", "outcome", "action", "reasons", "kind", "first_run_date"),
        *one_of(Outcome, "outcome"),
        *one_of(Action, "action"),
        *one_of(Kind, "kind"),
        *one_of(Status, "internal_status", "statement_status"),
        _between("chances", 0),
    ),
}

#: Columns whose values stand once per day, asked for on days of at most UNIQUE_ROWS_MAX rows.
UNIQUE = {
    STATEMENT_LINES.name: ("line_id",),
    INTERNAL_TRANSACTIONS.name: ("txn_id",),
    OUTCOMES.name: ("txn_id", "line_id"),
}


def rules_of(table: Table, rows: int, usual: int | None) -> tuple[Rule, ...]:
    """The rules for a day of so many rows; `usual` is the median of the days before, if known."""
    low, high = (usual // USUAL_FACTOR, usual * USUAL_FACTOR) if usual else (1, None)
    volume = {"min_value": low, "max_value": high}
    rules = (
        Rule("ExpectTableColumnsToMatchSet", Mark.FAIL, {"column_set": list(table.columns)}),
        Rule("ExpectTableRowCountToBeBetween", Mark.WARN, volume),
    )
    if not rows:
        return rules
    once = UNIQUE[table.name] if rows <= UNIQUE_ROWS_MAX else ()
    return (*rules, *RULES[table.name], *(
        Rule("ExpectColumnValuesToBeUnique", Mark.FAIL, {"column": name}) for name in once
    ))  # fmt: skip
