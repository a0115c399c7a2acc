"""Labels of reasons and actions, as reports and exports show them."""

from schemas.vocabulary import Action, Effect, Reason, StatusOf

REASON_LABELS: dict[str, str] = {
    Reason.OUT_OF_SCOPE: "not ours",
    Reason.ALREADY_RECONCILED: "already reconciled",
    Reason.CHANGED_AFTER_MATCH: "changed after it was matched",
    Reason.DUPLICATE_LINE: "listed twice on the statement",
    Reason.DUPLICATE_PAYMENT: "paid twice",
    Reason.DUPLICATE_TRANSACTION: "booked twice by us",
    Reason.KIND_MISMATCH: "booked as another kind",
    Reason.AMOUNT_MISMATCH: "amounts differ",
    Reason.CURRENCY_MISMATCH: "currencies differ",
    Reason.STATUS_MISMATCH: "statuses differ",
    Reason.NOT_EXPECTED: "no money moved",
    Reason.NOT_FINAL: "not final on the statement",
    Reason.INTERNAL_ONLY: "not on the statement",
    Reason.STATEMENT_ONLY: "not in our books",
    Reason.AMBIGUOUS: "several could be its partner",
    Reason.POSSIBLE_DUPLICATE: "may be a copy of another line",
    Reason.GROUP_INCOMPLETE: "group is not complete",
    Reason.WITHIN_TOLERANCE: "differs within the tolerance",
    Reason.LATE: "late",
}

ACTION_LABELS: dict[str, str] = {
    Action.NONE: "Nothing to do",
    Action.WAIT: "Wait for the other side",
    Action.REVIEW: "Review by hand",
    Action.CLAIM: "Ask the channel to correct its statement",
    Action.REFUND: "Refund the payer",
    Action.RECOVER: "Recover the money paid out",
    Action.CONFIRM: "Confirm our transaction as succeeded",
    Action.REVERSE: "Reverse our transaction",
    Action.QUERY: "Ask the channel about it",
    Action.ADOPT: "Correct ours to the statement",
}

#: What a reviewer chooses in the sheet of breaks: the effect of the decision, and whose status
#: stands, if one must.
DECISION_LABELS = {
    "accept": (Effect.ACCEPT, None),
    "accept ours": (Effect.ACCEPT, StatusOf.OURS),
    "accept theirs": (Effect.ACCEPT, StatusOf.THEIRS),
    "write off": (Effect.WRITE_OFF, None),
    "not ours": (Effect.NOT_OURS, None),
}
