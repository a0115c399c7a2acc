"""Faults in the run on a later part of a day, which resumes the state of the last run."""

from tests.faults.fault import list_faults

_PAIRS = list_faults(
    "reconcile/affected_pairs",
    "test_parts",
    (
        "partial-run-ignores-channel-ref",
        '{"our_mark": "our_ref_norm", "channel_mark": "channel_ref_norm"}',
        '{"our_mark": "our_ref_norm"}',
        "a pair of an earlier part stays although a new line has its channel_ref",
    ),
    (
        "partial-run-ignores-new-transactions",
        "list_hashes(rows, reference)",
        "list_hashes(new.lines, reference)",
        "a pair of an earlier part stays although a new transaction has its our_ref",
    ),
)
PARTS = _PAIRS + list_faults(
    "reconcile/partial_day",
    "test_parts",
    (
        "partial-run-loses-settled-items",
        "settled = lake.read_day(SETTLED_ITEMS, day, channel)",
        "settled = lake.read_day(SETTLED_ITEMS, day, channel).limit(0)",
        "the run does not look again at what the last run settled in its steps",
    ),
    (
        "partial-run-ignores-other-changes",
        ' or saved["base"] != base',
        "",
        "pairs of the last run stay although the window or our side changed",
    ),
)
