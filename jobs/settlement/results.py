"""Step 4: how each batch, credit and sum of carried money stands after a run."""

from dataclasses import replace

from jobs.settlement.books import Books
from jobs.settlement.credits.returns import unknown_row
from jobs.settlement.inputs import KeyKind
from jobs.settlement.rows import SettlementRow
from jobs.settlement.state import Batch, Credit, CreditState
from jobs.settlement.vocabulary import SettlementReason, SettlementResult
from schemas.vocabulary import Action

_ACTIONS = {
    SettlementResult.SETTLED: Action.NONE,
    SettlementResult.CARRIED: Action.NONE,
    SettlementResult.BEFORE_START: Action.NONE,
    SettlementResult.PENDING: Action.WAIT,
    SettlementResult.LATE: Action.QUERY,
    SettlementResult.MISSING: Action.QUERY,
    SettlementResult.SHORT: Action.CLAIM,
}
#: What an unpaid batch or a credit may be called on a run without the bank's statement.
_KEPT = (SettlementResult.PENDING, SettlementResult.LATE, SettlementResult.AMBIGUOUS)


def close_run(books: Books, is_bank_whole: bool) -> list[SettlementRow]:
    """Gives every open batch and waiting credit its result, and returns the run's rows in order.

    Without a whole statement of the bank (`is_bank_whole`) nothing becomes late, missing or
    unknown, and no short batch is closed: all keep the result of the run before.
    """
    for batch in list(books.batches.values()):
        if batch.is_open:
            books.put(_judge(books, batch, is_bank_whole))
    rows = list(books.rows)
    for batch in books.batches.values():
        if batch.runs_closed <= 0:
            rows.append(_batch_row(books, batch, is_bank_whole))
    for credit in list(books.credits.values()):
        rows += _judge_credit(books, credit, is_bank_whole)
    for purse, amount in books.carried.items():
        if amount:
            rows.append(
                SettlementRow(
                    None, None, purse.per, None, purse.currency, SettlementResult.CARRIED,
                    Action.NONE, carried_out=amount,
                )
            )  # fmt: skip
    return sorted(rows, key=_place)


def _place(row: SettlementRow) -> tuple[object, ...]:
    return (
        row.batch is None, str(row.batch_date), row.batch or "", row.batch_no or 0, row.per,
        row.currency, row.result, row.credit_line_ids, row.carried_out, row.declared or 0,
    )  # fmt: skip


def _judge(books: Books, batch: Batch, is_bank_whole: bool) -> Batch:
    """An open batch with its result; closed where nothing more is expected of it."""
    if batch.key.kind == KeyKind.UNCLOSED:
        return replace(batch, result=SettlementResult.PENDING)
    if batch.shares:
        return _judge_paid(books, batch, is_bank_whole)
    if batch.is_decided and not batch.claim:
        return replace(batch, result=SettlementResult.SETTLED, runs_closed=0)
    is_ambiguous = batch.id in books.ambiguous_batches
    if batch.id in books.returned:
        return replace(batch, result=SettlementResult.RETURNED)
    if not is_bank_whole:
        first = SettlementResult.AMBIGUOUS if is_ambiguous else SettlementResult.PENDING
        return replace(batch, result=batch.result if batch.result in _KEPT else first)
    result = _unpaid_result(books, batch)
    is_over = result == SettlementResult.MISSING
    if is_ambiguous:
        result = SettlementResult.AMBIGUOUS
    return replace(batch, result=result, runs_closed=0 if is_over else -1)


def _unpaid_result(books: Books, batch: Batch) -> SettlementResult:
    due = books.terms.due_date(batch.due_from)
    if not batch.is_decided or due is None or books.day <= due:
        return SettlementResult.PENDING
    end = books.terms.grace_end(due)
    if end is None or books.day <= end:
        return SettlementResult.LATE
    return SettlementResult.MISSING


def _judge_paid(books: Books, batch: Batch, is_bank_whole: bool) -> Batch:
    if books.terms.is_within_tolerance(batch.purse.currency, batch.lack):
        return replace(batch, result=SettlementResult.SETTLED, runs_closed=0)
    if batch.lack < 0:
        return replace(batch, result=SettlementResult.OVER, runs_closed=0)
    end = books.terms.grace_end(books.terms.due_date(batch.due_from))
    is_over = is_bank_whole and end is not None and books.day > end
    return replace(batch, result=SettlementResult.SHORT, runs_closed=0 if is_over else -1)


def _batch_row(books: Books, batch: Batch, is_bank_whole: bool) -> SettlementRow:
    assert batch.result is not None
    is_carried = batch.result == SettlementResult.CARRIED
    expected = batch.claim + (batch.carried_out if is_carried else 0)
    is_unclosed = batch.key.kind == KeyKind.UNCLOSED
    return SettlementRow(
        batch=batch.key.batch,
        batch_no=None if is_unclosed else batch.batch_no,
        per=batch.purse.per,
        batch_date=batch.first_date,
        currency=batch.purse.currency,
        result=batch.result,
        action=_ACTIONS.get(batch.result, Action.REVIEW),
        lines=batch.lines,
        sums=batch.sums,
        carried_in=batch.carried_in,
        carried_out=batch.carried_out,
        declared=batch.declared,
        expected=expected,
        credited=batch.credited,
        difference=0 if is_carried else batch.credited - expected,
        due_date=None if is_unclosed else books.terms.due_date(batch.due_from),
        reasons=tuple(_reasons(books, batch, is_bank_whole)),
        credit_line_ids=tuple(share.line_id for share in batch.shares),
        matched_by=batch.shares[-1].matched_by if batch.shares else None,
        ours=batch.ours,
    )


def _reasons(books: Books, batch: Batch, is_bank_whole: bool) -> list[str]:
    end = books.terms.grace_end(books.terms.due_date(batch.due_from))
    is_paid = bool(batch.shares) and batch.last_paid is not None and end is not None
    holds = {
        SettlementReason.RETURNED: batch.id in books.returned,
        SettlementReason.LATE: bool(is_paid and batch.last_paid and end and batch.last_paid > end),
        SettlementReason.AMBIGUOUS: batch.result == SettlementResult.SHORT
        and batch.id in books.ambiguous_batches,
        SettlementReason.BANK_STATEMENT_MISSING: not is_bank_whole
        and batch.is_open
        and batch.key.kind != KeyKind.UNCLOSED,
    }
    return [reason.value for reason in SettlementReason if holds[reason]]


def _judge_credit(books: Books, credit: Credit, is_bank_whole: bool) -> list[SettlementRow]:
    """The row of a credit that waits, or is given up on this run; other credits have none."""
    if credit.state != CreditState.WAITING:
        return []
    line = credit.line
    is_ambiguous = line.line_id in books.ambiguous_credits
    result = SettlementResult.AMBIGUOUS if is_ambiguous else SettlementResult.PENDING
    end = books.terms.grace_end(line.business_date)
    state = CreditState.WAITING
    if not is_bank_whole:
        result = credit.result or result
    elif end is not None and books.day > end:
        start_end = books.terms.start_end
        is_early = start_end is not None and line.business_date <= start_end
        result = SettlementResult.BEFORE_START if is_early else SettlementResult.UNKNOWN_CREDIT
        state = CreditState.UNKNOWN
    books.credits[line.line_id] = replace(credit, state=state, result=result)
    row = unknown_row(line, result, _ACTIONS.get(result, Action.REVIEW))
    missing = () if is_bank_whole else (SettlementReason.BANK_STATEMENT_MISSING.value,)
    return [replace(row, reasons=missing)]
