"""Step 1 of the oracle: lines that take no part."""

import re
import unicodedata
from datetime import date

from schemas.expressions import TEXT_MAX
from schemas.profile.scope import Exclusion, Scope
from schemas.vocabulary import Kind, Outcome, Reason, Status
from tests.oracle.rows import Item, Row, single_row


def apply_scope(day: date, lines: list[Item], scope: Scope, rows: list[Row]) -> list[Item]:
    """Lines that take part: neither PENDING nor SETTLEMENT, whatever their scope, nor out of it."""
    in_scope = []
    for line in lines:
        if line["status"] == Status.PENDING or line["kind"] == Kind.SETTLEMENT:
            rows.append(single_row(day, line, Outcome.EXCLUDED, [Reason.NOT_EXPECTED]))
            continue
        is_out, excluded_by = _is_out_of_scope(line, scope), None
        if not is_out:
            excluded_by = next((rule.name for rule in scope.exclude if _fits(line, rule)), None)
        if is_out or excluded_by is not None:
            row = single_row(day, line, Outcome.EXCLUDED, [Reason.OUT_OF_SCOPE])
            rows.append(row | {"matched_by": excluded_by})
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


# ---- exclusions ------------------------------------------------------------------------------


def _fits(line: Item, rule: Exclusion) -> bool:
    """Whether everything that an exclusion names fits the line; a missing value does not."""
    if line["item_date"] < rule.since:
        return False
    for column in ("kind", "product", "card_type", "merchant_id", "terminal_id", "currency"):
        words = getattr(rule, column)
        if words is not None and line[column] not in words:
            return False
    for column in ("our_ref", "channel_ref", "order_ref", "payer_name", "text"):
        pattern, text = getattr(rule, column), _comparable_text(line, column)
        if pattern is None:
            continue
        if text is None or not re.search(_comparable_pattern(pattern), text):
            return False
    if rule.amount is None:
        return True
    low, high = rule.amount.min, rule.amount.max
    return (low is None or low <= line["amount"]) and (high is None or line["amount"] <= high)


def _comparable_text(line: Item, column: str) -> str | None:
    """A value as patterns see it; None if it is missing.

    A reference that normalizes to nothing is missing, and so is a text of blanks, or one that is
    too long for patterns.
    """
    if line[column] is None or line.get(f"{column}_norm", "") is None:
        return None
    if len(line[column]) > TEXT_MAX:
        return None
    text = unicodedata.normalize("NFKC", line[column]).upper()
    return re.sub(r"\s+", " ", text).strip() or None


def _comparable_pattern(pattern: str) -> str:
    """The pattern with its characters as `_comparable_text` has them; an escape stays as it is."""
    return re.sub(r"\\.|.", lambda token: _fold(token[0]), pattern)


def _fold(token: str) -> str:
    folded = unicodedata.normalize("NFKC", token).upper()
    if len(token) > 1 or len(folded) > 1:
        return token
    return folded if token.isascii() else re.escape(folded)
