"""Faults in look-back, duplicates, groups, exact pairs, actions, candidates and conservation."""

from tests.faults.fault import list_faults

_LOOK_BACK = [
    *list_faults(
        "matching/steps/already_closed",
        "test_closed",
        (
            "look-back-skipped",
            "find_lookup_rows(affected, since, open_parts)",
            "find_lookup_rows(affected.where(F.lit(False)), since, open_parts)",
            "the match knows nothing that an earlier run closed",
        ),
        (
            "look-back-too-long",
            "since = day - timedelta(days=profile.match.lookback)",
            "since = day - timedelta(days=profile.match.lookback + 1)",
            "a line of a run date before the look-back is still the original of a copy",
        ),
    ),
    *list_faults(
        "matching/steps/lookback/transactions",
        "test_closed",
        (
            "look-back-of-old-transaction-too-short",
            'F.from_utc_timestamp("at", zone)), 1)',
            'F.from_utc_timestamp("at", zone)), 0)',
            "for an old transaction the look-back leaves out the day before it",
        ),
        (
            "look-back-of-old-transaction-in-utc",
            'F.to_date(F.from_utc_timestamp("at", zone))',
            'F.to_date("at")',
            "the look-back takes a transaction's day in UTC, not in the profile's zone",
        ),
        (
            "changed-currency-unnoticed",
            ' & (F.col("currency") == F.col("txn_currency"))',
            "",
            "10.00 CNY sent again as 10.00 USD is unchanged",
        ),
    ),
    *list_faults(
        "matching/steps/lookback/lines",
        "test_closed",
        (
            "reversal-compared-with-another-payment",
            "paid_before & ~takes_part_again",
            "paid_before",
            "a line reversed after its pair failed is compared with another closed payment",
        ),
    ),
    *list_faults(
        "matching/item_columns",
        "test_closed",
        (
            "look-back-without-kind",
            'F.concat(kind, F.lit("|"), F.col(reference))',
            "F.col(reference)",
            "a refund is the copy of a closed payment with the same reference",
        ),
    ),
    *list_faults(
        "matching/steps/lookback/closed_rows",
        "test_late",
        (
            "one-sided-break-is-closed",
            " & ~one_sided",
            "",
            "a one-sided break counts as closed",
        ),
    ),
    *list_faults(
        "reconcile/inputs",
        "test_inputs",
        (
            "first-look-back-date-not-read",
            "day - timedelta(days=profile.match.lookback)",
            "day - timedelta(days=profile.match.lookback - 1)",
            "the run does not read the first run date of the look-back",
        ),
        (
            "yesterday-not-read",
            "OUTCOMES, day - timedelta(days=1), channel, since=since",
            "OUTCOMES, day - timedelta(days=2), channel, since=since",
            "the run does not read what the run before closed",
        ),
        (
            "day-before-old-transaction-not-read",
            "oldest.date() - timedelta(days=2)",
            "oldest.date() - timedelta(days=1)",
            "in a zone west of UTC the run does not read the day before an old transaction",
        ),
        (
            "old-rows-of-all-transactions-read",
            'earlier.join(wanted_ids, on="txn_id", how="left_semi")',
            "earlier",
            "before the look-back the run reads rows of other transactions, too",
        ),
        (
            "later-states-of-old-lines-not-read",
            ".unionByName(lines)",
            "",
            "an old transaction is not compared with the later states of its line",
        ),
    ),
    *list_faults(
        "matching/fast_path/reference_hashes",
        "test_closed",
        (
            "related-closed-rows-not-read",
            "closed.rows_with_keys(hashes, LOOKUP_COLUMNS)",
            "closed.rows_with_keys(today, LOOKUP_COLUMNS)",
            "of closed rows the run does not read the others of a channel_ref or a transaction",
        ),
    ),
]
_DUPLICATES = [
    *list_faults(
        "matching/fast_path/shared_keys",
        "test_day_sizes",
        (
            "shared-keys-without-channel-ref",
            '((DIRECTED_KIND, "our_ref_norm"), (DIRECTED_KIND, "channel_ref_norm"))',
            '((DIRECTED_KIND, "our_ref_norm"),)',
            "on a large day lines of one channel_ref are not compared with each other",
        ),
        (
            "shared-keys-without-groups",
            "for group in match.groups:",
            "for group in match.groups[:0]:",
            "on a large day group members that share nothing else skip the steps",
        ),
        (
            "shared-keys-of-three",
            'F.col("lines") + F.col("txns") > F.lit(1)',
            'F.col("lines") + F.col("txns") > F.lit(2)',
            "on a large day two items that share a key do not meet",
        ),
        (
            "duplicates-by-all-keys",
            'F.max(F.col("is_reference")',
            'F.min(F.col("is_reference")',
            "on a large day two payments of one our_ref and one batch are not resolved",
        ),
        (
            "duplicates-of-transactions-only",
            '(F.col("lines") > F.lit(1)) | ',
            "",
            "on a large day two lines of one our_ref are not resolved",
        ),
        (
            "shared-keys-of-the-first-pass",
            "keys[key] | may if key in keys",
            "keys[key] if key in keys",
            "on a large day with two passes on one key only the items of the first pass meet",
        ),
    ),
    *list_faults(
        "matching/fast_path/by_size",
        "test_decisions",
        (
            "decided-items-skip-the-steps",
            "    if any(decision.effect == Effect.PAIR for decision in decided):",
            "    if not is_large and any(x.effect == Effect.PAIR for x in decided):",
            "on a large day with a pairing decision an item that shares no key is lost",
        ),
    ),
    *list_faults(
        "matching/fast_path/split_day",
        "test_closed",
        (
            "exact-pairs-ignore-few-closed-rows",
            "if closed.count != 0:",
            "if (closed.count or 0) > 2:",
            "on a large day after small ones exact pairs include closed items",
        ),
    ),
    *list_faults(
        "matching/steps/duplicates",
        "test_closed",
        (
            "duplicate-not-settled",
            'is_duplicate = shared.isNotNull() & F.col("is_duplicate")',
            'is_duplicate = shared.isNotNull() & F.col("is_duplicate").isNull()',
            "the second of two copies takes part",
        ),
        (
            "duplicate-without-original",
            "duplicate_of=kept_id,",
            'duplicate_of=F.lit(None).cast("string"),',
            "a copy does not name its original",
        ),
        (
            "first-state-is-kept",
            'F.col("at").desc_nulls_first(), F.col("id").desc()',
            'F.col("at").asc_nulls_last(), F.col("id").asc()',
            "of two states of a line on one statement the earlier is kept",
        ),
        (
            "payment-of-other-amount-is-kept",
            "F.coalesce(same, F.lit(False)).desc()",
            "F.coalesce(same, F.lit(False)).asc()",
            "of two payments the one with another amount than ours is kept",
        ),
    ),
]
_GROUPS = [
    *list_faults(
        "matching/steps/groups",
        "test_groups",
        (
            "group-adds-up-currencies",
            'Window.partitionBy(*_ONE_GROUP, "currency")',
            "Window.partitionBy(*_ONE_GROUP)",
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
            "& _any_in(is_free & is_transaction(), whole_group)",
            "",
            "a key with lines only is a group",
        ),
        (
            "group-waits-for-ever",
            "_any_in(is_free & is_reported & is_within, whole_group)",
            "_any_in(is_free & is_reported, whole_group)",
            "a group with unequal sums does not break when its window closes",
        ),
    ),
    *list_faults(
        "matching/steps/groups",
        "test_group_healing",
        (
            "any-pair-joins-a-group",
            'joins = F.col("may_join") & ~unequal_with_pairs',
            'joins = F.col("may_join")',
            "a pair joins a group whose sums are not equal with it",
        ),
        (
            "pairs-alone-are-a-group",
            "_any_in(is_free, whole_group) & _any_in(is_offered, whole_group)",
            "_any_in(is_offered, whole_group)",
            "two pairs whose differences cancel out are a group",
        ),
        (
            "broken-group-breaks-every-day",
            "| ~_any_in(is_free & is_reported, whole_group)",
            "",
            "a broken group that nothing has changed breaks again on every run",
        ),
    ),
    *list_faults(
        "matching/decided_items",
        "test_group_healing",
        (
            "broken-group-is-closed",
            "heals = unit_breaks & F.lit(match.late > 0)",
            "heals = F.lit(False)",
            "members of a broken group do not stay open",
        ),
    ),
    *list_faults(
        "matching/match_day",
        "test_group_healing",
        (
            "members-of-broken-groups-are-closed-rows",
            "if match.groups or match.captures:",
            "if False:",
            "what comes under the number of a broken group's member is compared with closed rows",
        ),
    ),
]
_OTHERS = [
    *list_faults(
        "lake/fast_path/key_counts",
        "test_closed",
        (
            "exact-pairs-ignore-second-line",
            "starts[sizes != 2]",
            "starts[sizes < 2]",
            "exact pairs include an our_ref that a second line has, too",
        ),
        (
            "exact-pairs-ignore-channel-ref",
            "else (lines,)",
            "else ([],)",
            "exact pairs include a line whose channel_ref another line has, too",
        ),
    ),
    *list_faults(
        "matching/fast_path/exact_pairs",
        "test_closed",
        (
            "exact-pairs-ignore-closed-rows",
            "        hashes.append(closed_hashes)",
            "        pass",
            "exact pairs include what an earlier run closed",
        ),
    ),
    *list_faults(
        "matching/steps/scope",
        "test_passes",
        (
            "pending-line-takes-part",
            'unexpected = (F.col("status") == F.lit(Status.PENDING.value)) | is_settlement',
            "unexpected = is_settlement",
            "a line that is not final takes part",
        ),
        (
            "scope-inverted",
            "~F.col(column).isin(list(own_values))",
            "F.col(column).isin(list(own_values))",
            "lines of the profile's own merchants are excluded",
        ),
    ),
    *list_faults(
        "matching/actions",
        "test_late",
        (
            "recover-instead-of-refund",
            "(internal_unpaid & (amount > F.lit(0)), Action.REFUND)",
            "(internal_unpaid & (amount > F.lit(0)), Action.RECOVER)",
            "money that came in for a failed transaction is recovered, not refunded",
        ),
        (
            "refund-instead-of-recover",
            "(one_sided & (kind == F.lit(Kind.PAYOUT.value)), Action.RECOVER)",
            "(one_sided & (kind == F.lit(Kind.PAYOUT.value)), Action.REFUND)",
            "an unknown payout is paid once more",
        ),
    ),
    *list_faults(
        "matching/candidates",
        "test_candidates",
        (
            "candidates-by-id-only",
            'F.col("apart").asc_nulls_last(), F.col("c_id").asc()',
            'F.col("c_id").asc()',
            "candidates are ranked by id, not by time",
        ),
    ),
    *list_faults(
        "matching/conservation",
        "test_conservation",
        (
            "doubled-row-hides-a-lost-one",
            "elif before != after:",
            "elif before[:2] != after[:2]:",
            "one doubled row makes up for one that is lost",
        ),
        (
            "inputs-added-up-over-currencies",
            '_add_up((row["side"], row["currency"], row, "") for',
            '_add_up((row["side"], None, row, "") for',
            "the sum of the inputs mixes currencies",
        ),
    ),
]
CLOSED = [*_LOOK_BACK, *_DUPLICATES, *_GROUPS, *_OTHERS]
