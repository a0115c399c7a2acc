"""Settlement batches in a timeline: what a batch comes to, and the credits that paid it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from jobs.lake.point_query import PartitionFilter, column_in
from jobs.lake.time_travel import LakeAsOf
from jobs.timeline.events import Facts
from jobs.timeline.linked_records import Row
from jobs.timeline.outcomes import format_amount
from jobs.timeline.paragraphs import INDENT, amount_text, count_text, wrap_text
from jobs.timeline.references import SearchKey
from jobs.timeline.search import SearchScope
from schemas.profile.channel import Profile
from schemas.tables import SETTLEMENT_CHECKS, STATEMENT_LINES
from schemas.vocabulary import Reference, normalized_column

_BATCH_REF = normalized_column(Reference.BATCH_REF)
_SUMS = ("gross", "refunds", "chargebacks", "other", "fees", "net")
_MONEY = ("carried_in", "carried_out", "declared", "expected", "credited", "difference")
_PLAIN = ("batch_no", "per", "currency", "lines", "result", "reasons", "action", "matched_by")
#: What tells a batch from others; and what is compared with the row before.
_NAME = ("channel", "batch", "batch_no", "per", "currency")
_COMPARED = ("net", "expected", "credited", "result", "reasons", "due_date")


def find_batches(
    past: LakeAsOf,
    search_key: SearchKey,
    scope: SearchScope,
    profiles: Mapping[str, Profile],
    facts: Facts,
) -> list[dict[str, Any]]:
    """The batches whose name is the reference, or the date, as plain values; amounts in major
    units.

    Each has its latest row of `settlement_checks`, what was said of it before on which run date,
    and the bank lines that pay it now.
    """
    named = column_in(batch=search_key.values_of(_BATCH_REF))
    order = ("channel", "batch", "batch_no", "run_date")
    rows = past.query_rows(SETTLEMENT_CHECKS, scope.partition_filter, named, order=order)
    batches: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        if row["batch"] in search_key.values[row["channel"]][_BATCH_REF]:
            batches[tuple(row[name] for name in _NAME)].append(row)
    return [
        _describe(past, of_batch, profiles[of_batch[0]["channel"]], facts)
        for _, of_batch in sorted(batches.items(), key=lambda item: str(item[0]))
    ]


def _describe(
    past: LakeAsOf, rows: Sequence[Row], profile: Profile, facts: Facts
) -> dict[str, Any]:
    last = rows[-1]
    code = last["currency"]
    changes = []
    for before, row in zip([None, *rows], rows, strict=False):
        if before is None or any(before[name] != row[name] for name in _COMPARED):
            changes.append({"date": str(row["run_date"]), "result": row["result"]}
                        | {name: format_amount(row[name], code) for name in ("net", "expected",
                                                                            "credited")}
                        | {"reasons": row["reasons"]})  # fmt: skip
    return {
        "channel": last["channel"],
        "batch": last["batch"],
        "date": str(last["run_date"]),
        "due_date": last["due_date"] and str(last["due_date"]),
        **{name: last[name] for name in _PLAIN},
        **{name: format_amount(last[name], code) for name in (*_SUMS, *_MONEY)},
        "changes": changes,
        "credits": _describe_credits(past, last["credit_line_ids"] or (), profile, facts),
    }


def _describe_credits(
    past: LakeAsOf, line_ids: Iterable[str], profile: Profile, facts: Facts
) -> list[dict[str, Any]]:
    """The bank lines that pay a batch, in their order."""
    ids = [*line_ids]
    if not ids or profile.settlement is None:
        return []
    bank = profile.settlement.bank
    in_bank = PartitionFilter(frozenset([bank]))
    rows = past.query_rows(STATEMENT_LINES, in_bank, column_in(line_id=ids), order=("line_id",))
    by_id = {row["line_id"]: row for row in rows}
    credits = []
    for line_id in ids:
        row = by_id.get(line_id)
        file = facts.files.get((bank, row["file_id"])) if row else None
        credits.append(
            {
                "bank": bank,
                "line_id": line_id,
                "date": row and str(row["business_date"]),
                "amount": row and format_amount(row["amount"], row["currency"]),
                "currency": row and row["currency"],
                "text": row and row["text"],
                "file": file and file["file_name"],
                "line_no": row and row["line_no"],
            }
        )
    return credits


def render_batch(batch: Mapping[str, Any]) -> Iterator[str]:
    """Renders a batch as text for a terminal."""
    code, number = batch["currency"], batch["batch_no"] or 1
    name = f"{batch['batch']}{f' #{number}' if number > 1 else ''}"
    per = f" of {batch['per']}" if batch["per"] else ""
    yield f"{batch['channel']} settlement batch {name}{per} in {code}"
    yield f"now, {batch['date']}: {_result_text(batch)}, action {batch['action']}"
    yield ""
    sums = ", ".join(f"{each} {batch[each]}" for each in _SUMS if batch[each])
    yield from _indent(wrap_text(f"{count_text(batch['lines'], 'line')}: {sums}"))
    moved = [f"{each.replace('_', ' ')} {batch[each]}" for each in ("carried_in", "carried_out")
             if batch[each] and Decimal(batch[each])]  # fmt: skip
    declared = [f"declared {batch['declared']}"] if batch["declared"] is not None else []
    due = [f"due {batch['due_date']}"] if batch["due_date"] else []
    expects = f"expects {amount_text(batch['expected'], code)}"
    yield from _indent(wrap_text(", ".join([expects, *declared, *moved, *due])))
    for credit in batch["credits"]:
        place = f"{credit['file']}:{credit['line_no']}" if credit["file"] else credit["line_id"]
        amount = amount_text(credit["amount"], credit["currency"])
        text = f"{credit['date']} {credit['bank']} {amount}, by {batch['matched_by']}, {place}"
        yield from _indent(wrap_text(f"credit {text}"))
    for row in batch["changes"]:
        yield f"{row['date']:<10}  {'settlement':<10}  {_result_text(row | {'currency': code})}"


def _result_text(row: Mapping[str, Any]) -> str:
    reasons = f" ({', '.join(row['reasons'])})" if row["reasons"] else ""
    came = amount_text(row["credited"], row["currency"])
    return f"{row['result']}{reasons}, {came} came of {row['expected']}"


def _indent(lines: Iterable[str]) -> Iterator[str]:
    return (f"{INDENT}{line}" for line in lines)
