"""Faults in the life of breaks."""

from tests.faults.fault import list_faults

CASEWORK = [
    *list_faults(
        "casework/judge",
        "test_update",
        (
            "break-closed-by-what-is-sent-again",
            "agrees_now = of_payment and own_values(row) != own_values(known)",
            "agrees_now = of_payment",
            "a transaction that says the same wrong amount again closes its break",
        ),
    ),
    *list_faults(
        "casework/book",
        "test_update",
        (
            "equal-lines-share-a-break",
            "max(numbers.values(), default=0) + 1",
            "1",
            "of two equal lines one has no break",
        ),
    ),
    *list_faults(
        "casework/gone",
        "test_update",
        (
            "snapshot-blamed-on-the-statement",
            "is_line_gone if known",
            "True if known",
            "a break whose line is still there was closed by a statement sent anew",
        ),
    ),
    *list_faults(
        "casework/update",
        "test_update",
        (
            "later-events-stay",
            'row for row in stored if row["last_event_on"] < first]',
            "row for row in stored]",
            "a date that runs again starts from what later runs left",
        ),
        (
            "closed-breaks-are-forgotten",
            'row["closed_by"] not in UNSUPPORTED_BREAKS',
            "False",
            "an equal line that breaks later takes the id of a closed break",
        ),
    ),
]
