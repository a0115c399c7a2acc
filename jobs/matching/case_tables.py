"""The result of the steps for an item, in columns that are null until a step settles the item.

`step_outcome`, `step_reason`, `duplicate_of` (the id of the item that is kept), `compared_status`
(the status of the transaction that a line is compared with), `state_difference` (the amount of a
later state less that transaction's, null across currencies), `overruled_by` (the later state of a
line's number), `matched_by`, and of a unit `unit_id`, `gap` (statement - internal, on the first row
of each currency) and `is_unit_late` (some member had broken). An item that `is_apart` takes part in
no pass.

A step first names a `case`, then takes outcome and reason from the table of cases. Cases are chains
of `when`, in which a null condition is false: `coalesce` of long expressions doubles each of them
in the plan of the embedded engine.
"""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.vocabulary import Outcome, Reason

_TYPES = {
    "step_outcome": "string",
    "step_reason": "string",
    "duplicate_of": "string",
    "compared_status": "string",
    "overruled_by": "string",
    "state_difference": "bigint",
    "matched_by": "string",
    "unit_id": "string",
    "gap": "bigint",
    "is_unit_late": "boolean",
    "is_apart": "boolean",
}
RESULT_COLUMNS = tuple(_TYPES)
#: Outcome and reason of a case.
Result = tuple[Outcome, Reason | None]


def update_results(**values: Column) -> list[Column]:
    """The result columns, with new values where they are null so far."""
    return [
        F.coalesce(name, values[name]).alias(name) if name in values else F.col(name)
        for name in RESULT_COLUMNS
    ]


def first_results(**values: Column) -> list[Column]:
    """The result columns of the first step: those not given are null."""
    return [values.get(name, F.lit(None)).cast(kind).alias(name) for name, kind in _TYPES.items()]


def first_true_case(cases: Sequence[tuple[str, Column]]) -> Column:
    """Name of the first case, in the order of the list, whose condition is true; else null."""
    return _chain([(condition, F.lit(name)) for name, condition in cases])


def result_of_case(case: str, results: Mapping[str, Result]) -> list[Column]:
    """`step_outcome` and `step_reason` of the case that the column `case` names."""
    is_case = {name: F.col(case) == F.lit(name) for name in results}
    outcomes = [(is_case[name], F.lit(outcome.value)) for name, (outcome, _) in results.items()]
    reasons = [
        (is_case[name], F.lit(reason.value)) for name, (_, reason) in results.items() if reason
    ]
    return [_chain(outcomes).alias("step_outcome"), _chain(reasons).alias("step_reason")]


def column_by_case(case: str, values: Mapping[str, str]) -> Column:
    """The value of the column that `values` gives for the case; null for any other case."""
    return _chain([(F.col(case) == F.lit(name), F.col(value)) for name, value in values.items()])


def _chain(cases: Sequence[tuple[Column, Column]]) -> Column:
    (condition, value), *others = cases
    out = F.when(condition, value)
    for condition, value in others:
        out = out.when(condition, value)
    return out
