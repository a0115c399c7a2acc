"""Faults in the rules of direction, second transactions, voids, captures and sums."""

from tests.faults.fault import list_faults

RULES = [
    *list_faults(
        "matching/item_columns",
        "test_direction",
        (
            "direction-not-compared",
            'F.when(is_contrary, F.concat(kind, F.lit("-"))).otherwise(kind)',
            "kind",
            "money that comes back is a copy of the money that left",
        ),
    ),
    *list_faults(
        "matching/steps/lookback/transactions",
        "test_closed",
        (
            "second-transaction-takes-part",
            'F.when(is_second, F.lit("second")).otherwise(F.col("case"))',
            'F.col("case")',
            "a second transaction under one our_ref waits for a line that was paid already",
        ),
        (
            "voided-transaction-is-changed",
            "| both_failed | was_voided",
            "| both_failed",
            "a transaction that stands again after a void takes no part",
        ),
    ),
    *list_faults(
        "matching/steps/lookback/closed_rows",
        "test_units",
        (
            "void-before-look-back-is-known",
            '"is_in_lookback": F.col("is_in_lookback") & F.col("is_voided_in_lookback"),',
            '"is_in_lookback": F.col("is_in_lookback"),',
            "what a line meets depends on what else is sent that day",
        ),
    ),
    *list_faults(
        "matching/steps/lookback/closed_rows",
        "test_group_healing",
        (
            "break-of-a-gone-member-closes",
            'return dated.where(~F.coalesce(is_over, F.lit(False))).drop("gone_on")',
            'return dated.drop("gone_on")',
            "a member that left its broken unit and then succeeds is called reconciled",
        ),
    ),
    *list_faults(
        "matching/steps/lookback/base_rows",
        "test_units",
        (
            "first-row-of-a-line-counts",
            'F.max("run_date").over(by_line)',
            'F.min("run_date").over(by_line)',
            "a line that broke and healed counts as broken",
        ),
    ),
    *list_faults(
        "matching/steps/voids",
        "test_units",
        (
            "void-of-several-transactions",
            '& (F.col("transactions") == F.lit(1))',
            "",
            "a payment that stands is matched with the void of another one",
        ),
        (
            "void-that-does-not-add-up",
            '& (F.col("left_over") == F.lit(0))',
            "",
            "a part that was given back is a void of the whole payment",
        ),
        (
            "void-of-a-payment-that-stands",
            '& (F.col("undone") == F.lit(1))',
            "",
            "a refund of a payment that stands is a void",
        ),
    ),
    *list_faults(
        "matching/steps/captures",
        "test_units",
        (
            "one-part-is-the-whole",
            '("waits", (paid < due) & is_held),',
            "",
            "a payment of which parts are missing breaks at once",
        ),
        (
            "pending-payment-is-matched",
            '("equal", (paid == due) & ~is_pending),',
            '("equal", paid == due),',
            "parts of a payment that is pending here are matched",
        ),
        (
            "part-of-our-amount-is-a-part",
            '("none", F.col("any_alone") == F.lit(1)),',
            "",
            "a payment and a second one break as one unit",
        ),
        (
            "parts-without-a-transaction-are-duplicates",
            '("apart", ~has_payment & several),',
            "",
            "parts that come before our transaction are second payments, to be refunded",
        ),
    ),
    *list_faults(
        "matching/fast_path/reference_hashes",
        "test_units",
        (
            "undone-transactions-pair-at-once",
            "F.when(is_undone, own).otherwise(second)",
            "second",
            "on a large day a payment is paired before its void is seen",
        ),
        (
            "parts-pair-at-once",
            "profile.match.captures or bool(profile.match.groups)",
            "bool(profile.match.groups)",
            "on a large day one part of a payment is paired with the whole",
        ),
    ),
    *list_faults(
        "matching/fast_path/split_day",
        "test_units",
        (
            "voids-pair-at-once",
            "closed_hashes = closed_hashes.unionByName(voids)",
            "pass",
            "on a large day a line that voids an earlier one is paired with another transaction",
        ),
    ),
    *list_faults(
        "matching/sum_candidates",
        "test_sum_candidates",
        (
            "first-sum-of-several",
            "if len(sums) != 1 or len(sums[0]) == 1:",
            "if not sums or len(sums[0]) == 1:",
            "of several sums that fit the first is suggested",
        ),
    ),
]
