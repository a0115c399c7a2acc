"""Lines that take no part: not ours by the profile, or not final yet."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from schemas.profile.channel import Scope
from schemas.vocabulary import Reason, Status


def exclusion_reason(scope: Scope) -> Column:
    """Reason (text) why a line takes no part, null where it does.

    A PENDING line is waited for, whatever its scope. A line without the value that the scope asks
    for cannot be said to be another's, and takes part.
    """
    outside = F.lit(False)
    for reference in ("our_ref", "channel_ref", "order_ref"):
        pattern = getattr(scope, reference)
        if pattern is not None:
            outside = outside | ~F.col(f"{reference}_norm").rlike(pattern)
    for column, known in (("merchant_id", scope.merchants), ("terminal_id", scope.terminals)):
        if known:
            outside = outside | ~F.col(column).isin(list(known))
    pending = F.col("status") == F.lit(Status.PENDING.value)
    reason = F.when(pending, F.lit(Reason.NOT_EXPECTED.value))
    return reason.when(F.coalesce(outside, F.lit(False)), F.lit(Reason.OUT_OF_SCOPE.value))
