"""What the settlement of a date reads: lines reduced to batches, and bank lines. Minor units."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from jobs.settlement.bridge.causes import BridgeCause, Causes, add_causes, total_of


class KeyKind(StrEnum):
    """What names a batch; keys of two kinds never meet.

    A settlement date and a business date are one kind: a batch of the first that holds lines of
    the second is still what the channel pays for that date.
    """

    REFERENCE = "reference"
    DATE = "date"
    #: Lines that no SETTLEMENT line has closed yet.
    UNCLOSED = "unclosed"
    #: Open on the channel's first date; the text is the date `since`.
    OPENING = "opening"


class Key(NamedTuple):
    """A batch's key: a normalized reference, or a date as YYYY-MM-DD."""

    kind: KeyKind
    text: str

    @property
    def batch(self) -> str | None:
        """The key as rows show it; None where the batch has no name."""
        return self.text if self.kind in (KeyKind.REFERENCE, KeyKind.DATE) else None

    @property
    def day(self) -> date | None:
        """The settlement or business date, where the key is one."""
        return date.fromisoformat(self.text) if self.kind == KeyKind.DATE else None


class Purse(NamedTuple):
    """What money never leaves while it is carried: the values of `per`, and the currency."""

    per: str
    currency: str


@dataclass(frozen=True)
class Sums:
    """Sums of the lines of a batch; refunds and chargebacks as signed as their lines, fees positive
    where we pay them.
    """

    gross: int = 0
    refunds: int = 0
    chargebacks: int = 0
    other: int = 0
    fees: int = 0

    @property
    def net(self) -> int:
        """What the lines come to."""
        return self.gross + self.refunds + self.chargebacks + self.other - self.fees

    def __add__(self, more: "Sums") -> "Sums":
        return Sums(
            self.gross + more.gross,
            self.refunds + more.refunds,
            self.chargebacks + more.chargebacks,
            self.other + more.other,
            self.fees + more.fees,
        )


#: The sums of no line.
NO_SUMS = Sums()


@dataclass(frozen=True)
class FailedPayout:
    """A SETTLEMENT line with amount > 0, where SETTLEMENT lines close batches."""

    amount: int
    original_ref: str | None = None


@dataclass(frozen=True)
class DayBatch:
    """The lines of one date with one key, `per` and currency: a row of `settlement_batches`.

    `key` None: lines that go to the carried money. `lines` counts all but SETTLEMENT lines;
    `settlements` is the sum of those, as signed, and `settlement_lines` their number. Where
    SETTLEMENT lines close batches, `position` orders the batches of a date, `names` are the
    references of the line that closes this one, and `failed` the payouts that came back within it.
    `causes` say what the net comes from, as far as that is known.
    """

    key: Key | None
    purse: Purse
    lines: int = 0
    sums: Sums = NO_SUMS
    settlement_lines: int = 0
    settlements: int = 0
    position: int = 0
    names: tuple[str, ...] = ()
    failed: tuple[FailedPayout, ...] = ()
    causes: Causes = ()

    @property
    def explained(self) -> Causes:
        """The causes, which come to the net: what is left of it is UNEXPLAINED."""
        rest = self.sums.net - total_of(self.causes)
        return add_causes(self.causes, ((BridgeCause.UNEXPLAINED, rest),))


@dataclass(frozen=True)
class InTransit:
    """Transactions of ours of a date whose line is not of that date; the causes come to 0."""

    purse: Purse
    causes: Causes


@dataclass(frozen=True)
class BankLine:
    """A line of a bank statement; references and text as received, amounts as signed there."""

    line_id: str
    business_date: date
    currency: str
    amount: int
    value_date: date | None = None
    line_no: int = 0
    our_ref: str | None = None
    channel_ref: str | None = None
    order_ref: str | None = None
    batch_ref: str | None = None
    original_ref: str | None = None
    payer_name: str | None = None
    text: str | None = None

    @property
    def place(self) -> tuple[date, str, int, str]:
        """The order of credits: value date, `channel_ref`, line number, `line_id`."""
        value_date = self.value_date or self.business_date
        return value_date, self.channel_ref or "", self.line_no, self.line_id
