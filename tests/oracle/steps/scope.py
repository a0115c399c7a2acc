"""Step 1 of the oracle: lines that take no part."""

import re
from datetime import date

from schemas.profile.channel import Scope
from schemas.vocabulary import Outcome, Reason, Status
from tests.oracle.rows import Item, Row, single_row


def apply_scope(day: date, lines: list[Item], scope: Scope, rows: list[Row]) -> list[Item]:
    """Lines that take part: neither PENDING (whatever their scope) nor out of scope."""
    in_scope = []
    for line in lines:
        if line["status"] == Status.PENDING:
            rows.append(single_row(day, line, Outcome.EXCLUDED, [Reason.NOT_EXPECTED]))
        elif _is_out_of_scope(line, scope):
            rows.append(single_row(day, line, Outcome.EXCLUDED, [Reason.OUT_OF_SCOPE]))
        else:
            in_scope.append(line)
    return in_scope


def _is_out_of_scope(line: Item, scope: Scope) -> bool:
    """Whether a line is another party's; a line without the value is taken for ours."""
    for reference in ("our_ref", "channel_ref", "order_ref"):
        pattern, value = getattr(scope, reference), line[f"{reference}_norm"]
        if pattern is not None and value is not None and not re.search(pattern, value):
            return True
    for column, known in (("merchant_id", scope.merchants), ("terminal_id", scope.terminals)):
        if known and line[column] is not None and line[column] not in known:
            return True
    return False
