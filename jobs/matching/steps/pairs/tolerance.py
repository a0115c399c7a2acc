"""By how much the amounts of a pair may differ, where the profile allows it."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.profile.match_rules import Match


def tolerance(match: Match, matched_by: Column, currency: Column) -> Column | None:
    """The minor units by which a pair of a pass may differ in a currency; null for none.

    None if no pass has a tolerance.
    """
    limits = [
        ((matched_by == F.lit(pass_.name)) & (currency == F.lit(code)), F.lit(limit))
        for pass_ in match.passes
        for code, limit in pass_.tolerance.items()
    ]
    if not limits:
        return None
    (condition, limit), *others = limits
    chain = F.when(condition, limit)
    for condition, limit in others:
        chain = chain.when(condition, limit)
    return chain
