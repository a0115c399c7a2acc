"""CASE WHEN of a list of conditions that is made by a rate card, and may be empty."""

from collections.abc import Iterable

from pyspark.sql import Column
from pyspark.sql import functions as F


def choose(cases: Iterable[tuple[Column, Column]], otherwise: Column | None = None) -> Column:
    """The value of the first condition that holds, else `otherwise` (null without one)."""
    chosen: Column | None = None
    for condition, value in cases:
        chosen = F.when(condition, value) if chosen is None else chosen.when(condition, value)
    if otherwise is None:
        otherwise = F.lit(None)
    return otherwise if chosen is None else chosen.otherwise(otherwise)
