"""Credits that the bank took back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from jobs.settlement.books import Books
from jobs.settlement.inputs import BankLine
from jobs.settlement.rows import SettlementRow
from jobs.settlement.state import RUNS_KNOWN, Credit, CreditState
from jobs.settlement.vocabulary import SettlementResult
from schemas.vocabulary import Action

CreditIndex = Mapping[tuple[str, int], Sequence[Credit]]


def index_credits(credits: Iterable[Credit]) -> CreditIndex:
    """Credits by currency and amount."""
    index: dict[tuple[str, int], list[Credit]] = {}
    for credit in credits:
        index.setdefault((credit.line.currency, credit.line.amount), []).append(credit)
    return index


def find_reversed(line: BankLine, credits: CreditIndex) -> Credit | None:
    """The credit that a bank line takes back: it names its `channel_ref`, `our_ref` or `batch_ref`
    (the bank's own reference), has its currency and minus its amount, and came within 30 run dates,
    before the line. The first in order, if several.
    """
    names = {line.our_ref, line.channel_ref, line.original_ref, line.batch_ref} - {None, ""}
    same = [
        credit
        for credit in credits.get((line.currency, -line.amount), ())
        if credit.runs <= RUNS_KNOWN
        and (credit.runs > 0 or credit.line.place < line.place)
        and names & {credit.line.channel_ref, credit.line.our_ref, credit.line.batch_ref}
    ]
    return min(same, key=lambda credit: credit.line.place, default=None)


def take_returns(books: Books, lines: Iterable[BankLine]) -> None:
    """Takes back credits that lines of the date reverse; both are gone afterwards.

    All batches that the credit paid are open again, due anew from this date. A credit that paid
    nothing is `UNKNOWN_CREDIT` once more, together with its reversal.
    """
    index = index_credits(books.credits.values())
    for line in sorted(lines, key=lambda one: one.place):
        credit = find_reversed(line, index)
        if credit is None or not {credit.line.line_id, line.line_id} <= books.credits.keys():
            continue
        for gone in (credit.line, line):
            del books.credits[gone.line_id]
        if credit.state == CreditState.USED:
            _open_batches(books, credit.line.line_id)
        else:
            books.rows += [unknown_row(one, SettlementResult.UNKNOWN_CREDIT, Action.REVIEW)
                           for one in (credit.line, line)]  # fmt: skip


def _open_batches(books: Books, line_id: str) -> None:
    for batch in list(books.batches.values()):
        left = tuple(share for share in batch.shares if share.line_id != line_id)
        if len(left) < len(batch.shares):
            # Not before its settlement date, where a credit came early and went back.
            due_from = max(books.day, batch.key.day or books.day)
            opened = replace(
                batch, shares=left, due_from=due_from, runs_closed=-1, result=None, last_paid=None
            )
            books.put(opened)
            books.returned.add(batch.id)


def unknown_row(line: BankLine, result: SettlementResult, action: Action) -> SettlementRow:
    """The row of a credit that paid nothing."""
    return SettlementRow(
        None, None, "", line.business_date, line.currency, result, action,
        credited=line.amount, difference=line.amount, credit_line_ids=(line.line_id,),
    )  # fmt: skip
