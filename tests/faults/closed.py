"""Faults in what was closed, what stands twice, groups, the bulk, actions and lists."""

from tests.faults.fault import list_faults

_LOOKED_BACK = [
    *list_faults(
        "matching/steps/already_closed",
        "test_closed",
        (
            "look-back-skipped",
            "affected_rows(keyed, closed, since)",
            "affected_rows(keyed, closed.where(F.lit(False)), since)",
            "nothing that an earlier run closed is known",
        ),
        (
            "look-back-long",
            "since = day - timedelta(days=profile.match.lookback)",
            "since = day - timedelta(days=profile.match.lookback + 1)",
            "a line of a run date before the look-back is still a copy's original",
        ),
        (
            "far-limit-short",
            'F.from_utc_timestamp("at", zone)), 1)',
            'F.from_utc_timestamp("at", zone)), 0)',
            "for an old transaction the day before it is not looked at",
        ),
        (
            "far-limit-in-utc",
            'F.to_date(F.from_utc_timestamp("at", zone))',
            'F.to_date("at")',
            "the day of a transaction is not taken in the profile's zone",
        ),
        (
            "reversed-of-what-comes-back",
            "paid_before & ~comes_back",
            "paid_before",
            "reversed after it failed on both sides, a line is held against another closed payment",
        ),
        (
            "change-of-currency-unseen",
            ' & (F.col("currency") == F.col("our_currency"))',
            "",
            "10.00 CNY sent again as 10.00 USD is unchanged",
        ),
    ),
    *list_faults(
        "matching/item_columns",
        "test_against_oracle",
        (
            "kind-not-looked-back-at",
            'F.concat(F.col("kind"), F.lit("|"), F.col(reference))',
            "F.col(reference)",
            "a refund is the copy of a closed payment of the same number",
        ),
    ),
    *list_faults(
        "matching/steps/lookback",
        "test_late",
        (
            "one-sided-is-closed",
            " & ~one_sided",
            "",
            "a one-sided break counts as closed",
        ),
    ),
    *list_faults(
        "reconcile/inputs",
        "test_inputs",
        (
            "near-rows-short",
            "day - timedelta(days=profile.match.lookback)",
            "day - timedelta(days=profile.match.lookback - 1)",
            "the first run date of the look-back is not read",
        ),
        (
            "yesterday-not-read",
            "range(profile.match.lookback)",
            "range(profile.match.lookback - 1)",
            "what the run before closed is not read",
        ),
        (
            "far-rows-short",
            "oldest.date() - timedelta(days=2)",
            "oldest.date() - timedelta(days=1)",
            "in a zone west of UTC the day before an old transaction is not read",
        ),
        (
            "far-rows-of-all",
            'far.join(old.select("txn_id"), on="txn_id", how="left_semi")',
            "far",
            "before the look-back rows of other transactions are read, too",
        ),
        (
            "far-later-states-unread",
            ".unionByName(later)",
            "",
            "an old transaction is not held against the later states of its line",
        ),
    ),
    *list_faults(
        "matching/fast_path/key_hashes",
        "test_closed",
        (
            "hanging-rows-unread",
            "closed.select_rows_with_hashes(met, LOOKUP_COLUMNS)",
            "closed.select_rows_with_hashes(today, LOOKUP_COLUMNS)",
            "of what is closed the other rows of a number or a transaction are not read",
        ),
    ),
]
_TWICE = [
    *list_faults(
        "matching/fast_path/shared_keys",
        "test_company",
        (
            "company-of-our-number-alone",
            '(("kind", "our_ref_norm"), ("kind", "channel_ref_norm"))',
            '(("kind", "our_ref_norm"),)',
            "on a very large day lines of one channel_ref are not held against each other",
        ),
        (
            "company-without-groups",
            "for group in match.groups:",
            "for group in match.groups[:0]:",
            "on a very large day members of a group that share nothing else stay alone",
        ),
        (
            "company-of-three",
            'F.col("lines") + F.col("txns") > F.lit(1)',
            'F.col("lines") + F.col("txns") > F.lit(2)',
            "on a very large day two that share a key do not meet",
        ),
        (
            "company-by-all-its-keys",
            'F.max(F.col("is_reference")',
            'F.min(F.col("is_reference")',
            "on a large day two payments of one our_ref that share a batch are not held apart",
        ),
        (
            "company-by-twos-of-ours",
            '(F.col("lines") > F.lit(1)) | ',
            "",
            "from a middling day on two lines of one our_ref are not held apart",
        ),
        (
            "company-of-the-first-pass",
            "keys[key] | may if key in keys",
            "keys[key] if key in keys",
            "on a very large day of two passes on one key only the first one's items meet",
        ),
    ),
    *list_faults(
        "matching/fast_path/by_size",
        "test_decisions",
        (
            "alone-beside-a-decision",
            "size == Size.LARGE and not by_hand",
            "size == Size.LARGE",
            "on a large day on which a person paired two, who shares nothing is lost",
        ),
    ),
    *list_faults(
        "matching/match_day",
        "test_closed",
        (
            "bulk-forgets-few",
            "in_bulk or (closed.count or 0) > max(exact_pairs_min_items, 0)",
            "(closed.count or 0) > max(exact_pairs_min_items, 0)",
            "on a large day after small ones the bulk pairs what was closed",
        ),
    ),
    *list_faults(
        "matching/steps/duplicates",
        "test_closed",
        (
            "twin-not-put-away",
            'shared.isNotNull() & F.col("is_other")',
            'shared.isNotNull() & F.col("is_other").isNull()',
            "the second of two copies stays a member",
        ),
        (
            "copy-not-named",
            'F.coalesce("duplicate_of", F.when(is_case, F.col("stays")))',
            'F.col("duplicate_of")',
            "a copy does not say whose copy it is",
        ),
        (
            "first-word-stays",
            'F.col("at").desc_nulls_first(), F.col("id").desc()',
            'F.col("at").asc_nulls_last(), F.col("id").asc()',
            "of two states of a line on one statement the earlier stays",
        ),
        (
            "other-amount-stays",
            "F.coalesce(same, F.lit(False)).desc()",
            "F.coalesce(same, F.lit(False)).asc()",
            "of two payments the one that is not of our amount stays",
        ),
    ),
]
_GROUPS = [
    *list_faults(
        "matching/steps/groups",
        "test_groups",
        (
            "group-over-currencies",
            'Window.partitionBy(*one_group, "currency")',
            "Window.partitionBy(*one_group)",
            "a group adds up CNY and USD",
        ),
        (
            "group-without-signs",
            'exact = F.col("amount")',
            'exact = F.abs("amount")',
            "a refund in a group counts as a payment",
        ),
        (
            "group-on-one-side",
            " & _some(is_transaction(), whole)",
            "",
            "a key with lines only is a group",
        ),
        (
            "group-waits-for-ever",
            'F.col("in_sight") & F.col("in_window")',
            'F.col("in_sight")',
            "an uneven group does not break when its window closes",
        ),
    ),
]
_REST = [
    *list_faults(
        "lake/key_counts",
        "test_closed",
        (
            "bulk-in-spite-of-another",
            ", *twice])",
            "])",
            "the bulk pairs a reference that a second line bears, too",
        ),
        (
            "bulk-in-spite-of-a-number",
            "[*asked, (_ALONE, (theirs,), lines)]",
            "asked",
            "the bulk pairs a line whose channel_ref another line has, too",
        ),
    ),
    *list_faults(
        "matching/fast_path/exact_pairs",
        "test_closed",
        (
            "bulk-in-spite-of-closed",
            "        marks.append(met_before)",
            "        pass",
            "the bulk pairs what an earlier run closed",
        ),
    ),
    *list_faults(
        "matching/steps/scope",
        "test_against_oracle",
        (
            "pending-line-takes-part",
            'pending = F.col("status") == F.lit(Status.PENDING.value)',
            "pending = F.lit(False)",
            "a line that is not final is a member",
        ),
        (
            "scope-turned-round",
            "~F.col(column).isin(list(known))",
            "F.col(column).isin(list(known))",
            "lines of the profile's own merchants are set aside",
        ),
    ),
    *list_faults(
        "matching/actions",
        "test_late",
        (
            "refund-not-recover",
            "(ours_not & (amount > F.lit(0)), Action.REFUND)",
            "(ours_not & (amount > F.lit(0)), Action.RECOVER)",
            "money that came in for a failed transaction is claimed once more",
        ),
        (
            "payout-refunded",
            "(alone & (kind == F.lit(Kind.PAYOUT.value)), Action.RECOVER)",
            "(alone & (kind == F.lit(Kind.PAYOUT.value)), Action.REFUND)",
            "a payout that we do not know is paid once more",
        ),
    ),
    *list_faults(
        "matching/candidates",
        "test_candidates",
        (
            "candidates-not-the-nearest",
            'F.col("apart").asc_nulls_last(), F.col("c_id").asc()',
            'F.col("c_id").asc()',
            "candidates are ranked by id, not by time",
        ),
    ),
    *list_faults(
        "matching/conservation",
        "test_conservation",
        (
            "doubled-and-lost",
            "elif before != after:",
            "elif before[:2] != after[:2]:",
            "one row that stands twice makes up for one that is lost",
        ),
        (
            "currencies-added-up",
            '_add_up((row["side"], row["currency"], row, "") for',
            '_add_up((row["side"], None, row, "") for',
            "what went in is summed over currencies",
        ),
    ),
]
CLOSED = [*_LOOKED_BACK, *_TWICE, *_GROUPS, *_REST]
