"""All faults that `python -m tests.faults.run_faults` makes: pairs, windows, and the others."""

from tests.faults.closed import CLOSED
from tests.faults.fault import list_faults
from tests.faults.parts import PARTS

_PAIRS = [
    *list_faults(
        "matching/item_columns",
        "test_passes",
        (
            "kind-not-in-key",
            'return ["kind"] + [normalized(name)',
            "return [normalized(name)",
            "a pass pairs a payment with a refund",
        ),
        (
            "pending-is-paid",
            "same = (line == ours) &",
            "same = ((line == ours) | (ours == F.lit(Status.PENDING.value))) &",
            "a paid line and our PENDING transaction agree",
        ),
        (
            "failed-is-not-closed",
            "return same | (line.isin(*NOT_PAID) & ours.isin(*NOT_PAID))",
            "return line == ours",
            "FAILED and CLOSED do not agree any more",
        ),
    ),
    *list_faults(
        "matching/steps/passes",
        "test_passes",
        (
            "null-meets-null",
            "reduce(and_, [F.col(name).isNotNull() for name in match_key(each)])",
            "reduce(and_, [F.lit(True) for name in match_key(each)])",
            "items without a value of the key are candidates of each other",
        ),
        (
            "tie-by-order",
            'sole = (F.col("lines") == F.lit(1)) & (F.col("txns") == F.lit(1))',
            'sole = F.col("id") == F.coalesce(F.when(is_transaction(), F.col("txn")), "line")',
            "of several candidates the last by id is paired, instead of AMBIGUOUS",
        ),
        (
            "sole-on-one-side",
            'sole = (F.col("lines") == F.lit(1)) & (F.col("txns") == F.lit(1))',
            'sole = F.col("txns") == F.lit(1)',
            "a line is paired with its only candidate, which has another one",
        ),
        (
            "no-distance-is-any",
            "if each.within_seconds is not None:\n        return",
            "if each.within_seconds:\n        return",
            "within 0 seconds is taken for any distance",
        ),
        (
            "taken-in-spite-of-its-number",
            'is_line() & F.col("our_ref_norm").isNull() & paid',
            "is_line() & paid",
            "a pass by amount takes a line that names another transaction of ours",
        ),
    ),
    *list_faults(
        "matching/steps/time_window",
        "test_passes",
        (
            "limit-excluded",
            "within_seconds * MICROS",
            "within_seconds * MICROS - 1",
            "items exactly the limit apart are no candidates",
        ),
        (
            "limit-exceeded",
            "within_seconds * MICROS",
            "within_seconds * MICROS + 1",
            "items a microsecond over the limit are candidates",
        ),
        (
            "near-tie-by-order",
            'sole = F.col("met") == F.lit(1)',
            'sole = F.col("met") >= F.lit(1)',
            "in a pass by time the last of several candidates is taken for the only one",
        ),
        (
            "near-by-an-earlier-one",
            "F.when(is_near, ",
            "F.when(at.isNotNull(), ",
            "in a pass by time an item whose candidate has others is paired with one far before",
        ),
    ),
    *list_faults(
        "matching/outcome_rows",
        "test_against_oracle",
        (
            "currency-left-out",
            "broken = amounts | currencies | statuses",
            "broken = amounts | statuses",
            "10.00 CNY and 10.00 USD are MATCHED",
        ),
        (
            "late-of-a-pair-not-said",
            'F.when(late, F.lit(Reason.LATE.value)).alias("reason_4")',
            'F.lit(None).cast("string").alias("reason_4")',
            "a pair with a late item is not told as LATE",
        ),
    ),
]
_WINDOWS = [
    *list_faults(
        "matching/item_columns",
        "test_late",
        (
            "window-short",
            'F.col("chances") <= limit',
            'F.col("chances") < limit',
            "an item breaks a run date too early",
        ),
    ),
    *list_faults(
        "matching/items",
        "test_late",
        (
            "chances-twice",
            '(F.col("chances") + gained)',
            '(F.col("chances") + gained + gained)',
            "every run date counts as two chances",
        ),
        (
            "chance-without-statement",
            "F.lit(int(statement_whole))",
            "F.lit(1)",
            "our items age on dates without a statement",
        ),
        (
            "later-state-is-new",
            'F.coalesce("since", "first_run_date")',
            'F.col("first_run_date")',
            "a transaction that is sent again loses the date it was first seen",
        ),
    ),
    *list_faults(
        "matching/steps/ageing",
        "test_late",
        (
            "late-never-met",
            "& F.lit(match.late > 0)",
            "& F.lit(False)",
            "what broke one-sided is not met any more",
        ),
        (
            "late-a-day-longer",
            'F.date_add("broke_on", match.late) > F.lit(day)',
            'F.date_add("broke_on", match.late) >= F.lit(day)',
            "a late candidate stays a run date too long",
        ),
        (
            "ambiguous-not-said",
            'sight & F.col("rival")',
            'sight & F.lit(False) & F.col("rival")',
            "who had two candidates is told as one-sided",
        ),
    ),
    *list_faults(
        "matching/match_day",
        "test_late",
        (
            "late-of-ours-not-said",
            ' | F.col("t.broke_on").isNotNull()',
            "",
            "a pair is LATE only where the line is",
        ),
    ),
]
#: All of them, in the order of the steps.
FAULTS = [*_PAIRS, *_WINDOWS, *CLOSED, *PARTS]
