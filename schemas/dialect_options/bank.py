"""Options of the bank statement dialects. Source: docs/reference/dialects/bank.md."""

from typing import Literal

from schemas.strict import Strict
from schemas.vocabulary import Kind

#: Dialects that these options are for.
BANK_DIALECTS = ("mt940", "camt053", "bai2")
#: The fault of a page whose scope names what in these dialects is a line's place.
PLACE_IN_SCOPE = (
    "scope names channel_ref, which of a bank line is its place; use our_ref or text, or write"
    " `bank: {reference_is_unique: true}`"
)


class BankOptions(Strict):
    """How the entries of a bank's statements become lines.

    `accounts`: our own account numbers or IBANs; a statement of another one is another channel's
    file. `credit`, `debit`: the kind of an entry that comes in or goes out, `kinds` the same by the
    bank's transaction code (MT940 `NTRF`, camt `PMNT-RCDT-ESCT` or its proprietary code, BAI2
    `195`). `details`: a batch entry becomes its `transactions` where they add up to it, or stays
    one of the `entries`. `reference_is_unique`: no two entries of the account ever bear the same
    reference of the bank, so that it may be their `channel_ref`.
    """

    accounts: tuple[str, ...] = ()
    credit: Kind = Kind.PAYMENT
    debit: Kind = Kind.PAYOUT
    kinds: dict[str, Kind] = {}
    details: Literal["transactions", "entries"] = "transactions"
    reference_is_unique: bool = False
