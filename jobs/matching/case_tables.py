"""What the steps find out about an item, in columns that are null until they do.

`settled` (outcome), `why` (reason), `duplicate_of` (the id of the one that stays) and `against`
(the status of the transaction that a line is compared with).

A step names a `case` first and takes the verdict from it. Cases are chains of `when`, where a
condition that is null does not hold: `coalesce` of long expressions doubles each of them when the
embedded engine plans it.
"""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.vocabulary import Outcome, Reason

RESULT_COLUMNS = ("settled", "why", "duplicate_of", "against")
#: Outcome and reason of a case.
Result = tuple[Outcome, Reason | None]


def first_true_case(cases: Sequence[tuple[str, Column]]) -> Column:
    """Name of the first case that holds, null where none does.

    Conditions are listed in the order in which they are asked.
    """
    return _chain([(holds, F.lit(name)) for name, holds in cases])


def result_of_case(case: str, verdicts: Mapping[str, Result]) -> list[Column]:
    """`settled` and `why` of the case that a column names."""
    is_it = {name: F.col(case) == F.lit(name) for name in verdicts}
    settled = [(is_it[name], F.lit(outcome.value)) for name, (outcome, _) in verdicts.items()]
    why = [(is_it[name], F.lit(why.value)) for name, (_, why) in verdicts.items() if why]
    return [_chain(settled).alias("settled"), _chain(why).alias("why")]


def column_by_case(case: str, values: Mapping[str, str]) -> Column:
    """Of columns, by case, the one of the case that a column names; null for any other."""
    return _chain([(F.col(case) == F.lit(name), F.col(value)) for name, value in values.items()])


def _chain(cases: Sequence[tuple[Column, Column]]) -> Column:
    (holds, value), *others = cases
    out = F.when(holds, value)
    for holds, value in others:
        out = out.when(holds, value)
    return out
