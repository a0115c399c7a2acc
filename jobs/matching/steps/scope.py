"""Step 1: lines that take no part, because they are not ours or not final yet."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.profile.channel import Scope
from schemas.vocabulary import Reason, Status


def exclusion_reason(scope: Scope) -> Column:
    """The reason (text) why a line takes no part, null if it takes part.

    A PENDING line takes no part, whatever its scope. A line without the value that the scope
    compares is taken for ours.
    """
    outside = F.lit(False)
    for reference in ("our_ref", "channel_ref", "order_ref"):
        pattern = getattr(scope, reference)
        if pattern is not None:
            outside = outside | ~F.col(f"{reference}_norm").rlike(pattern)
    for column, own_values in (("merchant_id", scope.merchants), ("terminal_id", scope.terminals)):
        if own_values:
            outside = outside | ~F.col(column).isin(list(own_values))
    pending = F.col("status") == F.lit(Status.PENDING.value)
    reason = F.when(pending, F.lit(Reason.NOT_EXPECTED.value))
    return reason.when(F.coalesce(outside, F.lit(False)), F.lit(Reason.OUT_OF_SCOPE.value))
