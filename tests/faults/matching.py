"""All faults of `python -m tests.faults.run_faults`: pairs, windows, and those of other modules."""

from tests.faults.casework import CASEWORK
from tests.faults.closed import CLOSED
from tests.faults.fault import list_faults
from tests.faults.parts import PARTS
from tests.faults.rules import RULES

_PAIRS = [
    *list_faults(
        "matching/item_columns",
        "test_passes",
        (
            "key-without-kind",
            "return [DIRECTED_KIND] + [",
            "return [",
            "a pass pairs a payment with a refund",
        ),
        (
            "pending-agrees-with-paid",
            "same = (line == transaction) &",
            "same = ((line == transaction) | (transaction == F.lit(Status.PENDING.value))) &",
            "a paid line agrees with a PENDING transaction",
        ),
        (
            "failed-differs-from-closed",
            "return same | (line.isin(*NOT_PAID) & transaction.isin(*NOT_PAID))",
            "return line == transaction",
            "FAILED and CLOSED do not agree any more",
        ),
    ),
    *list_faults(
        "matching/steps/passes",
        "test_passes",
        (
            "null-keys-match",
            "reduce(and_, [F.col(name).isNotNull() for name in match_key(pass_)])",
            "reduce(and_, [F.lit(True) for name in match_key(pass_)])",
            "items without a value of the key are candidates of each other",
        ),
        (
            "last-candidate-is-paired",
            'sole = (F.col("lines") == F.lit(1)) & (F.col("txns") == F.lit(1))',
            'sole = F.col("id") == F.coalesce(F.when(is_transaction(), F.col("txn")), "line")',
            "of several candidates the last by id is paired, instead of AMBIGUOUS",
        ),
        (
            "uniqueness-of-one-side",
            'sole = (F.col("lines") == F.lit(1)) & (F.col("txns") == F.lit(1))',
            'sole = F.col("txns") == F.lit(1)',
            "a line is paired with its only candidate, although that has another one",
        ),
        (
            "zero-seconds-is-no-limit",
            "if pass_.within_seconds is not None:\n        key",
            "if pass_.within_seconds:\n        key",
            "a limit of 0 seconds counts as no limit",
        ),
        (
            "line-with-our-ref-takes-part",
            'is_line() & F.col("our_ref_norm").isNull() & paid',
            "is_line() & paid",
            "a pass by amount takes a line whose our_ref names another transaction",
        ),
    ),
    *list_faults(
        "matching/steps/time_window",
        "test_passes",
        (
            "time-limit-excluded",
            "within_seconds * MICROS",
            "within_seconds * MICROS - 1",
            "items exactly the limit apart are no candidates",
        ),
        (
            "time-limit-exceeded",
            "within_seconds * MICROS",
            "within_seconds * MICROS + 1",
            "items a microsecond over the limit are candidates",
        ),
        (
            "last-candidate-in-time-is-paired",
            'sole = F.col("candidate_count") == F.lit(1)',
            'sole = F.col("candidate_count") >= F.lit(1)',
            "in a pass by time the last of several candidates counts as the only one",
        ),
        (
            "candidate-out-of-time-is-paired",
            "F.when(is_near, ",
            "F.when(at.isNotNull(), ",
            "in a pass by time an item whose candidate has others pairs with one far before",
        ),
    ),
    *list_faults(
        "matching/outcome_rows",
        "test_passes",
        (
            "currency-not-compared",
            "broken = kinds | amounts | currencies | statuses",
            "broken = kinds | amounts | statuses",
            "10.00 CNY and 10.00 USD are MATCHED",
        ),
        (
            "amounts-of-two-currencies-differ",
            'amounts = ~currencies & (line("amount")',
            'amounts = (line("amount")',
            "9.00 USD and 10.00 CNY differ in their amounts, too",
        ),
        (
            "late-pair-without-reason",
            "Reason.LATE: late,",
            "Reason.LATE: F.lit(False),",
            "a pair with a late item has no reason LATE",
        ),
    ),
]
_WINDOWS = [
    *list_faults(
        "matching/item_columns",
        "test_late",
        (
            "window-too-short",
            'F.col("chances") <= limit',
            'F.col("chances") < limit',
            "an item breaks one run date too early",
        ),
    ),
    *list_faults(
        "matching/items",
        "test_late",
        (
            "attempts-counted-twice",
            '(F.col("chances") + attempts)',
            '(F.col("chances") + attempts + attempts)',
            "every run date counts as two matching attempts",
        ),
        (
            "attempt-without-statement",
            "F.lit(int(is_internal_attempt))",
            "F.lit(1)",
            "transactions age on dates without a statement",
        ),
        (
            "later-state-loses-its-date",
            'F.coalesce("former_date", "first_run_date")',
            'F.col("first_run_date")',
            "a transaction that is sent again loses its first run date",
        ),
    ),
    *list_faults(
        "matching/steps/ageing",
        "test_late",
        (
            "no-late-clearing",
            "& F.lit(match.late > 0)",
            "& F.lit(False)",
            "a one-sided break never takes part again",
        ),
        (
            "late-candidate-a-day-longer",
            'F.date_add("broke_on", match.late) > F.lit(day)',
            'F.date_add("broke_on", match.late) >= F.lit(day)',
            "a late candidate takes part one run date too long",
        ),
        (
            "ambiguous-reported-as-one-sided",
            'is_reportable & F.col("had_candidate")',
            'is_reportable & F.lit(False) & F.col("had_candidate")',
            "an item that had two candidates is reported as one-sided",
        ),
    ),
    *list_faults(
        "matching/match_day",
        "test_late",
        (
            "late-transaction-without-reason",
            ' | F.col("t.broke_on").isNotNull()',
            "",
            "a pair is LATE only if its line is late",
        ),
    ),
]
#: All of them, in the order of the steps.
FAULTS = [*_PAIRS, *_WINDOWS, *CLOSED, *PARTS, *RULES, *CASEWORK]
