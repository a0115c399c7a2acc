"""The codes of reconciliation: one enum per closed set of values.

Values are the strings that stand in the tables. Source: docs/reference/rules.md.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What moved the money."""

    PAYMENT = "PAYMENT"
    TOP_UP = "TOP_UP"
    REFUND = "REFUND"
    PAYOUT = "PAYOUT"
    PAYOUT_RETURN = "PAYOUT_RETURN"
    CHARGEBACK = "CHARGEBACK"
    ADJUSTMENT = "ADJUSTMENT"
    FEE = "FEE"
    #: The channel pays our balance out to our bank account; above 0 the payout came back.
    SETTLEMENT = "SETTLEMENT"


#: Sign of money by kind: 1 coming in, -1 leaving, 0 either.
SIGN_OF_KIND = {
    Kind.PAYMENT: 1,
    Kind.TOP_UP: 1,
    Kind.REFUND: -1,
    Kind.PAYOUT: -1,
    Kind.PAYOUT_RETURN: 1,
    Kind.CHARGEBACK: -1,
    Kind.ADJUSTMENT: 0,
    Kind.FEE: 0,
    Kind.SETTLEMENT: 0,
}
#: The same for files that print amounts without a sign; 0 as written.
SIGN_IF_UNSIGNED = {**SIGN_OF_KIND, Kind.SETTLEMENT: -1}


class Status(StrEnum):
    """Status of a line or of a transaction, the same codes on both sides."""

    SUCCEEDED = "SUCCEEDED"
    PENDING = "PENDING"
    FAILED = "FAILED"
    CLOSED = "CLOSED"
    REVERSED = "REVERSED"


class Side(StrEnum):
    """The side of an item: our own transactions, or the channel's statement."""

    INTERNAL = "INTERNAL"
    STATEMENT = "STATEMENT"


class Outcome(StrEnum):
    """Where a line or a transaction ends on a run date."""

    MATCHED = "MATCHED"
    BREAK = "BREAK"
    SUSPENSE = "SUSPENSE"
    EXCLUDED = "EXCLUDED"


class Reason(StrEnum):
    """Why an item ended where it did; declared in the order in which they are listed on a row."""

    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    ALREADY_RECONCILED = "ALREADY_RECONCILED"
    CHANGED_AFTER_MATCH = "CHANGED_AFTER_MATCH"
    DUPLICATE_LINE = "DUPLICATE_LINE"
    DUPLICATE_PAYMENT = "DUPLICATE_PAYMENT"
    DUPLICATE_TRANSACTION = "DUPLICATE_TRANSACTION"
    KIND_MISMATCH = "KIND_MISMATCH"
    AMOUNT_MISMATCH = "AMOUNT_MISMATCH"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    STATUS_MISMATCH = "STATUS_MISMATCH"
    NOT_EXPECTED = "NOT_EXPECTED"
    NOT_FINAL = "NOT_FINAL"
    INTERNAL_ONLY = "INTERNAL_ONLY"
    STATEMENT_ONLY = "STATEMENT_ONLY"
    AMBIGUOUS = "AMBIGUOUS"
    POSSIBLE_DUPLICATE = "POSSIBLE_DUPLICATE"
    GROUP_INCOMPLETE = "GROUP_INCOMPLETE"
    WITHIN_TOLERANCE = "WITHIN_TOLERANCE"
    LATE = "LATE"


class Action(StrEnum):
    """What a reviewer, or the transaction system, must do about a row."""

    NONE = "NONE"
    WAIT = "WAIT"
    REVIEW = "REVIEW"
    CLAIM = "CLAIM"
    REFUND = "REFUND"
    RECOVER = "RECOVER"
    CONFIRM = "CONFIRM"
    REVERSE = "REVERSE"
    QUERY = "QUERY"
    ADOPT = "ADOPT"


class OrderResult(StrEnum):
    """How the money of an order fits; the last three close it."""

    OVERPAID = "OVERPAID"
    REFUND_PENDING = "REFUND_PENDING"
    OVER_REFUNDED = "OVER_REFUNDED"
    REFUNDED = "REFUNDED"
    RESOLVED = "RESOLVED"
    EXPIRED = "EXPIRED"


class BreakClass(StrEnum):
    """What kind of break a row is; a subject has one break of each class at most."""

    ONE_SIDE = "ONE_SIDE"
    PAIR = "PAIR"
    DUPLICATE = "DUPLICATE"
    CHANGE = "CHANGE"
    LATER_STATE = "LATER_STATE"


class BreakState(StrEnum):
    """Whether a break still has to be settled."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class BreakEvent(StrEnum):
    """What a run did to a break; the last two: what took its rows away."""

    OPENED = "OPENED"
    SENT_AGAIN = "SENT_AGAIN"
    LATE_MATCH = "LATE_MATCH"
    CORRECTED = "CORRECTED"
    DECISION = "DECISION"
    REISSUED_STATEMENT = "REISSUED_STATEMENT"
    CHANGED_SNAPSHOT = "CHANGED_SNAPSHOT"


#: What closes a break that no row supports any more, because a file was sent anew.
UNSUPPORTED_BREAKS = (BreakEvent.REISSUED_STATEMENT.value, BreakEvent.CHANGED_SNAPSHOT.value)


class BreakNote(StrEnum):
    """What a person wrote about a break."""

    ASSIGN = "ASSIGN"
    NOTE = "NOTE"


class FamilyReason(StrEnum):
    """What is wrong with a payment and all that names it."""

    MORE_OUT_THAN_IN = "MORE_OUT_THAN_IN"
    REFUND_AND_CHARGEBACK = "REFUND_AND_CHARGEBACK"


class Effect(StrEnum):
    """What a reviewer decides about a break or an ambiguity."""

    PAIR = "PAIR"
    ACCEPT = "ACCEPT"
    NOT_OURS = "NOT_OURS"
    WRITE_OFF = "WRITE_OFF"


class StatusOf(StrEnum):
    """The side whose status stands when people accept that the statuses of a row differ."""

    OURS = "OURS"
    THEIRS = "THEIRS"


class DecisionStep(StrEnum):
    """State of a decision; the last step counts.

    CHECKED: the first of two checkers approves, the second has yet to.
    """

    PROPOSED = "PROPOSED"
    CHECKED = "CHECKED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


#: `matched_by` of what a rule of its own matched: parts of one payment, a sale and its void, and a
#: line and a transaction of different kinds. No pass or group has such a name.
MATCHED_BY_CAPTURES, MATCHED_BY_VOID, MATCHED_BY_KIND = "captures", "void", "kind"
#: The pass of `candidates` that add up to an item; it pairs nothing.
SUM = "SUM"
#: Prefix of `matched_by` of a row that a decision closed; the decision's id follows.
DECIDED_BY = "decision:"


class FileStatus(StrEnum):
    """Status of a received file: RECEIVED until ingest has checked it, WITHDRAWN by a person."""

    RECEIVED = "RECEIVED"
    ACCEPTED = "ACCEPTED"
    QUARANTINED = "QUARANTINED"
    SUPERSEDED = "SUPERSEDED"
    DUPLICATE = "DUPLICATE"
    WITHDRAWN = "WITHDRAWN"


class FeeResult(StrEnum):
    """Fee charged against fee due on one line."""

    OK = "OK"
    OVERCHARGED = "OVERCHARGED"
    UNDERCHARGED = "UNDERCHARGED"
    FEE_MISSING = "FEE_MISSING"
    NO_SCHEDULE = "NO_SCHEDULE"


class RunResult(StrEnum):
    """How one job ended for one channel and date."""

    DONE = "DONE"
    STATEMENT_MISSING = "STATEMENT_MISSING"
    STATEMENT_INCOMPLETE = "STATEMENT_INCOMPLETE"
    STATEMENT_REFUSED = "STATEMENT_REFUSED"
    SNAPSHOT_MISSING = "SNAPSHOT_MISSING"
    SNAPSHOT_INCOMPLETE = "SNAPSHOT_INCOMPLETE"
    QUARANTINED = "QUARANTINED"
    NOT_INGESTED = "NOT_INGESTED"
    FAILED = "FAILED"


class Reference(StrEnum):
    """References that the lake keeps as received and, beside it, normalized for joining."""

    OUR_REF = "our_ref"
    CHANNEL_REF = "channel_ref"
    ORDER_REF = "order_ref"
    BATCH_REF = "batch_ref"
    ORIGINAL_REF = "original_ref"


def normalized_column(reference: str) -> str:
    """Name of the column that holds a reference in its normalized form."""
    return f"{reference}_norm"
