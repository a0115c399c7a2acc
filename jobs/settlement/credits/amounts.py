"""Step 3b: one batch and one credit of the same amount."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from jobs.settlement.books import Books
from jobs.settlement.state import Batch, BatchId, Credit, CreditState, MatchedBy

_Money = tuple[str, int]


def pair_amounts(books: Books) -> None:
    """Pairs batches and credits of one amount, in order, where there are as many of both; where
    there are not, all of them are ambiguous. Then pairs those within tolerance.
    """
    _pair_equal(books)
    _pair_within_tolerance(books)


def _pair_equal(books: Books) -> None:
    batches, credits = _group_batches(books.open_batches()), _group_credits(books, False)
    more_batches = _group_batches(books.candidates())
    more_credits = _group_credits(books, True)
    pairs: list[tuple[Batch, Credit]] = []
    for money in {*batches, *more_batches} & {*credits, *more_credits}:
        ours, theirs = batches.get(money, []), credits.get(money, [])
        if not (ours and theirs):
            # Without them there is nothing to pair: what was given up takes part.
            ours = [*ours, *more_batches.get(money, [])]
            theirs = [*theirs, *more_credits.get(money, [])]
        if not (ours and theirs):
            continue
        if len(ours) == len(theirs):
            pairs += zip(
                sorted(ours, key=lambda batch: batch.place),
                sorted(theirs, key=lambda credit: credit.line.place),
                strict=True,
            )
        else:
            books.ambiguous_batches |= {batch.id for batch in ours}
            books.ambiguous_credits |= {credit.line.line_id for credit in theirs}
    _pay(books, pairs)


def _pay(books: Books, pairs: Iterable[tuple[Batch, Credit]]) -> None:
    for batch, credit in sorted(pairs, key=lambda pair: pair[1].line.place):
        books.pay(batch.id, credit.line.line_id, credit.line.amount, MatchedBy.AMOUNT)


def _group_batches(batches: Iterable[Batch]) -> dict[_Money, list[Batch]]:
    groups = defaultdict(list)
    for batch in batches:
        groups[batch.purse.currency, batch.lack].append(batch)
    return groups


def _group_credits(books: Books, is_unknown: bool) -> dict[_Money, list[Credit]]:
    groups = defaultdict(list)
    for credit in books.free_credits(CreditState.UNKNOWN if is_unknown else CreditState.WAITING):
        groups[credit.line.currency, credit.line.amount].append(credit)
    return groups


def _pair_within_tolerance(books: Books) -> None:
    for currency, tolerance in sorted(books.terms.rules.tolerance.items()):
        if not tolerance:
            continue
        batches = [one for one in books.open_batches() if one.purse.currency == currency]
        credits = _of_currency(books, CreditState.WAITING, currency)
        near = _find_near(batches, credits, tolerance)
        pairs = _each_other_only(near)
        paired = {batch.id for batch, _ in near}, {credit.line.line_id for _, credit in near}
        lost = [one for one in books.candidates() if one.purse.currency == currency]
        unknown = _of_currency(books, CreditState.UNKNOWN, currency)
        # What was given up takes part only where nothing else is near.
        left_batches = [one for one in [*batches, *lost] if one.id not in paired[0]]
        left_credits = [one for one in [*credits, *unknown] if one.line.line_id not in paired[1]]
        pairs += _each_other_only(_find_near(left_batches, left_credits, tolerance))
        _pay(books, pairs)


def _of_currency(books: Books, state: CreditState, currency: str) -> list[Credit]:
    return [one for one in books.free_credits(state) if one.line.currency == currency]


def _find_near(
    batches: Sequence[Batch], credits: Sequence[Credit], tolerance: int
) -> list[tuple[Batch, Credit]]:
    """Batches and credits within tolerance: of each batch at most two, which show that it has more
    than one; and of each credit likewise.
    """
    near: dict[tuple[BatchId, str], tuple[Batch, Credit]] = {}
    by_amount = sorted(credits, key=lambda one: (one.line.amount, one.line.place))
    amounts = [one.line.amount for one in by_amount]
    for batch in batches:
        start = bisect_left(amounts, batch.lack - tolerance)
        end = bisect_right(amounts, batch.lack + tolerance)
        for credit in by_amount[start : min(end, start + 2)]:
            near[batch.id, credit.line.line_id] = batch, credit
    by_lack = sorted(batches, key=lambda one: (one.lack, one.place))
    lacks = [one.lack for one in by_lack]
    for credit in credits:
        start = bisect_left(lacks, credit.line.amount - tolerance)
        end = bisect_right(lacks, credit.line.amount + tolerance)
        for batch in by_lack[start : min(end, start + 2)]:
            near[batch.id, credit.line.line_id] = batch, credit
    return list(near.values())


def _each_other_only(near: Sequence[tuple[Batch, Credit]]) -> list[tuple[Batch, Credit]]:
    of_batch = Counter(batch.id for batch, _ in near)
    of_credit = Counter(credit.line.line_id for _, credit in near)
    return [
        (batch, credit)
        for batch, credit in near
        if of_batch[batch.id] == of_credit[credit.line.line_id] == 1
    ]
