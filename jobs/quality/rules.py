"""The shape rules of a day's rows, table by table, as data.

Source: docs/reference/quality.md.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from schemas.tables import INTERNAL_TRANSACTIONS, OUTCOMES, STATEMENT_LINES, Table
from schemas.vocabulary import Action, Kind, Outcome, Status

#: Days with more rows have no check of unique ids: it would be the most expensive check by far, and
#: ingest (one id per line) and the match (each id in one row) guarantee it.
UNIQUE_ROWS_MAX = 200_000
#: The volume check compares with the median of so many days before, if the minimum have rows.
USUAL_DAYS, USUAL_DAYS_MIN = 7, 3
#: The volume check warns below a fifth and above five times of the usual rows.
USUAL_FACTOR = 5
#: Amounts are minor units within these bounds; ingest rejects a line outside them.
AMOUNT_MAX = 10**15


_NAMES = {
    "ExpectTableColumnsToMatchSet": "has its columns",
    "ExpectTableRowCountToBeBetween": "has the usual volume",
    "ExpectColumnValuesToNotBeNull": "is never null",
    "ExpectColumnValuesToBeInSet": "is one of the known values",
    "ExpectColumnValuesToBeBetween": "is within bounds",
    "ExpectColumnValuesToMatchRegex": "is well formed",
    "ExpectColumnValuesToBeUnique": "is unique",
}


class Severity(StrEnum):
    """The effect of a failed check: `fail` makes the job exit 3, `warn` is only reported."""

    FAIL = "fail"
    WARN = "warn"


@dataclass(frozen=True)
class Rule:
    """One expectation: its class in Great Expectations, its severity and its arguments."""

    expectation: str
    severity: Severity
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The rule in a few words."""
        return _NAMES[self.expectation]


def never_null(*columns: str) -> tuple[Rule, ...]:
    """The rules that the columns have no null."""
    return tuple(
        Rule("ExpectColumnValuesToNotBeNull", Severity.FAIL, {"column": name}) for name in columns
    )


def in_vocabulary(values: type[StrEnum], *columns: str) -> tuple[Rule, ...]:
    """The rules that the columns have only these values; a null passes."""
    return tuple(
        Rule(
            "ExpectColumnValuesToBeInSet",
            Severity.FAIL,
            {"column": name, "value_set": list(values)},
        )
        for name in columns
    )


def _between(column: str, low: int, high: int | None = None) -> Rule:
    arguments = {"column": column, "min_value": low, "max_value": high}
    return Rule("ExpectColumnValuesToBeBetween", Severity.FAIL, arguments)


_CURRENCY = Rule(
    "ExpectColumnValuesToMatchRegex", Severity.FAIL, {"column": "currency", "regex": "^[A-Z]{3}$"}
)

#: The rules of a table; one pass over the day checks them all.
RULES: dict[str, tuple[Rule, ...]] = {
    STATEMENT_LINES.name: (
        *never_null("line_id", "file_id", "line_no", "kind", "status", "amount", "currency"),
        *in_vocabulary(Kind, "kind"),
        *in_vocabulary(Status, "status"),
        _between("amount", -AMOUNT_MAX, AMOUNT_MAX),
        _CURRENCY,
        Rule("ExpectColumnValuesToNotBeNull", Severity.WARN, {"column": "traded_at"}),
    ),
    INTERNAL_TRANSACTIONS.name: (
        *never_null("txn_id", "kind", "status", "amount", "currency"),
        *in_vocabulary(Kind, "kind"),
        *in_vocabulary(Status, "status"),
        _between("amount", -AMOUNT_MAX, AMOUNT_MAX),
        _CURRENCY,
        Rule("ExpectColumnValuesToNotBeNull", Severity.WARN, {"column": "occurred_at"}),
    ),
    OUTCOMES.name: (
        *never_null("unit_id", "outcome", "action", "reasons", "kind", "first_run_date"),
        *in_vocabulary(Outcome, "outcome"),
        *in_vocabulary(Action, "action"),
        *in_vocabulary(Kind, "kind"),
        *in_vocabulary(Status, "internal_status", "statement_status"),
        _between("chances", 0),
    ),
}

#: Columns with unique values per day, checked on days of at most UNIQUE_ROWS_MAX rows.
UNIQUE_COLUMNS = {
    STATEMENT_LINES.name: ("line_id",),
    INTERNAL_TRANSACTIONS.name: ("txn_id",),
    OUTCOMES.name: ("txn_id", "line_id"),
}


def select_rules(table: Table, rows: int, usual: int | None) -> tuple[Rule, ...]:
    """Selects the rules for a day of so many rows; `usual` is the usual number, if known."""
    low, high = (usual // USUAL_FACTOR, usual * USUAL_FACTOR) if usual else (1, None)
    volume = {"min_value": low, "max_value": high}
    rules = (
        Rule("ExpectTableColumnsToMatchSet", Severity.FAIL, {"column_set": list(table.columns)}),
        Rule("ExpectTableRowCountToBeBetween", Severity.WARN, volume),
    )
    if not rows:
        return rules
    unique = UNIQUE_COLUMNS[table.name] if rows <= UNIQUE_ROWS_MAX else ()
    return (*rules, *RULES[table.name], *(
        Rule("ExpectColumnValuesToBeUnique", Severity.FAIL, {"column": name}) for name in unique
    ))  # fmt: skip
