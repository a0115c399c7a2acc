"""Faults made by hand in what a run on the next part of a day takes over from the last."""

from tests.faults.fault import list_faults

PARTS = list_faults(
    "reconcile/partial_day",
    "test_parts",
    (
        "parts-forget-the-number",
        '{"our_mark": "our_ref_norm", "channel_mark": "channel_ref_norm"}',
        '{"our_mark": "our_ref_norm"}',
        "a pair of an earlier part stands although a new line has its number",
    ),
    (
        "parts-lose-what-is-settled",
        "items = lake.read_day(SETTLED_ITEMS, day, channel).unionByName(",
        "items = lake.read_day(SETTLED_ITEMS, day, channel).limit(0).unionByName(",
        "what the last run settled in its steps is not looked at again",
    ),
    (
        "parts-whatever-else-changed",
        'page["base"] != base or',
        "",
        "another window, or our side anew, leaves the pairs of the last run as they were",
    ),
)
