"""The fee rules in plain Python, line by line, apart from the product's code.

Amounts are integers in minor units; what is in between is a `Fraction`. A card is the mapping that
a YAML page would give. Source: docs/reference/fees.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

Entry = dict[str, Any]
Dues = dict[str, int]
#: Rules whose refunds count against the fee of their payment.
COUNTED = ("return", "return_rate")


@dataclass(frozen=True)
class Line:
    """A statement line; `place` is its order among all lines, `attributes` are by filter name.

    One that `is_left_out`, such as a copy of another line, counts for no volume.
    """

    line_id: str
    place: tuple[Any, ...]
    kind: str
    amount: int
    fee: int | None = None
    status: str = "SUCCEEDED"
    currency: str = "CNY"
    reference: str = ""
    original: str = ""
    order_amount: int | None = None
    settlement_amount: int | None = None
    settlement_date: date | None = None
    batch_ref: str | None = None
    is_left_out: bool = False
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """What is due on a line, by component, and how it compares; `due` is None without an entry."""

    entry: str | None
    due: int | None
    components: Dues
    tax: int
    result: str
    has_payment: bool | None = None


def rule_of(entry: Entry, refund: Line, payment: Line | None) -> str:
    """The refund rule of an entry; what depends on the settlement of the payment is resolved."""
    rule = str(entry.get("refund", "return"))
    if rule != "return_until_settled":
        return rule
    if payment is None:
        return "return"
    settled = payment.settlement_date
    if settled is None:
        settled = payment.place[0] + timedelta(days=1)
        while settled.weekday() > 4:
            settled += timedelta(days=1)
    return "return" if refund.place[0] < settled else "keep"


def round_fraction(value: Fraction, rounding: str) -> int:
    """A number that is not negative, rounded to a whole one."""
    whole, rest = divmod(value.numerator, value.denominator)
    twice = 2 * rest - value.denominator
    up = {
        "UP": rest > 0,
        "DOWN": False,
        "HALF_UP": twice >= 0,
        "HALF_DOWN": twice > 0,
        "HALF_EVEN": twice > 0 or (twice == 0 and whole % 2 == 1),
    }[rounding]
    return whole + up


#: The number of a line's step, from 0, in tiers by volume.
StepOf = Callable[[Entry], int]


def first_step(tiers: Entry) -> int:
    """The step of a volume of 0."""
    del tiers
    return 0


def exact_price(
    price: Entry, base: int, with_fixed: bool, step_of: StepOf = first_step
) -> Fraction:
    """The price of a base before rounding."""

    def fixed(owner: Entry) -> Fraction:
        return Fraction(Decimal(str(owner.get("fixed", 0)))) if with_fixed else Fraction(0)

    def rate(owner: Entry) -> Fraction:
        return Fraction(Decimal(owner.get("rate", "0")))

    tiers = price.get("tiers")
    if tiers is None:
        return (base - price.get("above", 0)) * rate(price) + fixed(price)
    if tiers["by"] != "amount":
        step = tiers["steps"][step_of(tiers)]
        return base * rate(step) + fixed(step)
    if tiers["mode"] == "slab":
        step = next(s for s in tiers["steps"] if s.get("to") is None or base <= s["to"])
        return base * rate(step) + fixed(step)
    total, start = Fraction(0), 0
    for number, step in enumerate(tiers["steps"]):
        if number and base <= start:
            break
        end = base if step.get("to") is None else min(base, step["to"])
        total += (end - start) * rate(step) + fixed(step)
        start = end if step.get("to") is None else step["to"]
    return total


def price_of(price: Entry, base: int, with_fixed: bool = True, step_of: StepOf = first_step) -> int:
    """What a price asks for a base."""
    if base == 0 or base <= price.get("above", 0):
        return 0
    exact = exact_price(price, base, with_fixed, step_of)
    due = round_fraction(exact, price.get("rounding", "HALF_UP"))
    if price.get("min") is not None:
        due = max(due, price["min"])
    if price.get("max") is not None:
        due = min(due, price["max"])
    return due


def prices_of(entry: Entry) -> dict[str, Entry]:
    """The prices of an entry by name."""
    return {price["name"]: price for price in entry.get("components", ())} or {"fee": entry}


def dues_of(
    entry: Entry, amount: int, order_amount: int | None, with_fixed: bool = True,
    step_of: StepOf = first_step,
) -> Dues:  # fmt: skip
    """By component, what an entry asks for an amount; what it passes through is left out."""
    dues = {}
    for name, price in prices_of(entry).items():
        if not price.get("pass_through"):
            is_order = price.get("base") == "order_amount" and order_amount is not None
            base = abs(order_amount) if is_order and order_amount is not None else abs(amount)
            dues[name] = price_of(price, base, with_fixed, step_of)
    tax = entry.get("tax")
    if tax and tax["mode"] == "on_top":
        of_fee = Fraction(Decimal(tax["rate"])) * sum(dues.values())
        dues["tax"] = round_fraction(of_fee, entry.get("rounding", "HALF_UP"))
    return dues


def fits_attributes(entry: Entry, line: Line) -> bool:
    """Whether the filters of an entry fit a line, kind and amount apart."""
    return all(
        line.attributes.get(name) in values
        for name, values in entry.items()
        if name == "product" or name.startswith("extra.")
    )


def fits(entry: Entry, line: Line) -> bool:
    """Whether the filters of an entry fit a line."""
    kinds = entry.get("kind") or ["PAYMENT", "TOP_UP"]
    if "PAYMENT" in kinds or "TOP_UP" in kinds:
        kinds = [*kinds, "REFUND"]
    limits = entry.get("amount", {})
    return (
        line.kind in kinds
        and fits_attributes(entry, line)
        and abs(line.amount) >= limits.get("min", 0)
        and abs(line.amount) <= limits.get("max", 10**18)
    )


@dataclass
class Ledger:
    """Checks the lines of a card; `lines` are all that are known, sorted by `place`.

    `step_of` says the step of a line in tiers by volume.
    """

    card: dict[str, Any]
    lines: list[Line]
    step_of: Callable[[Entry, Line], int] = lambda tiers, line: 0
    checks: dict[str, Check] = field(default_factory=dict)

    def check_all(self) -> dict[str, Check]:
        """Checks every line in its order; by line id."""
        for line in self.lines:
            self.checks[line.line_id] = self._check(line)
        return self.checks

    def _entry(self, line: Line, refunds_only: bool = False) -> Entry | None:
        for entry in self.card["entries"]:
            if refunds_only and "REFUND" not in (entry.get("kind") or []):
                continue
            if fits(entry, line):
                return dict(entry)
        return None

    def _check(self, line: Line) -> Check:
        if line.status != "SUCCEEDED":
            return self._judge(line, self._entry(line), {}, 0)
        if line.kind == "REFUND":
            return self._check_refund(line)
        entry = self._entry(line)
        if entry is None:
            owes = line.kind in ("PAYMENT", "TOP_UP")
            return self._judge(line, None, None if owes else {}, 0)
        dues = self._dues_of(entry, line.amount, line.order_amount, line)
        return self._judge(line, entry, dues, dues.get("tax", 0))

    def _dues_of(
        self, entry: Entry, amount: int, order_amount: int | None, volume_of: Line,
        with_fixed: bool = True,
    ) -> Dues:  # fmt: skip
        """`dues_of`, at the steps of a line's volumes."""
        return dues_of(entry, amount, order_amount, with_fixed,
                       lambda tiers: self.step_of(tiers, volume_of))  # fmt: skip

    def _judge(
        self, line: Line, entry: Entry | None, dues: Dues | None, tax: int,
        has_payment: bool | None = None,
    ) -> Check:  # fmt: skip
        """Adds what is passed through, and compares with what was charged."""
        name = entry["name"] if entry else None
        if dues is None:
            return Check(name, None, {}, 0, "NO_SCHEDULE", has_payment)
        dues = dict(dues)
        if entry and line.status == "SUCCEEDED":
            included = (entry.get("tax") or {}).get("mode") == "included"
            if included:
                rate = Fraction(Decimal(entry["tax"]["rate"]))
                size = abs(sum(dues.values())) * rate / (1 + rate)
                tax = round_fraction(size, entry.get("rounding", "HALF_UP"))
                tax = -tax if sum(dues.values()) < 0 else tax
            for component, price in prices_of(entry).items():
                if price.get("pass_through"):
                    dues[component] = getattr(line, price["pass_through"]) or 0
        due = sum(dues.values())
        is_billed = bool((entry or {}).get("billed"))
        difference = (line.fee or 0) - (0 if is_billed else due)
        if abs(difference) <= (entry or {}).get("tolerance", 0):
            result = "OK"
        elif line.fee is None:
            result = "FEE_MISSING"
        else:
            result = "OVERCHARGED" if difference > 0 else "UNDERCHARGED"
        return Check(name, due, dues, tax, result, has_payment)

    def _before(self, line: Line) -> list[Line]:
        return [other for other in self.lines if other.place < line.place]

    def _payment_of(self, refund: Line) -> Line | None:
        named = [
            other for other in self.lines
            if other.kind in ("PAYMENT", "TOP_UP") and other.reference == refund.original != ""
            and other.place[0] <= refund.place[0]
        ]  # fmt: skip
        return min(named, key=lambda p: (p.status != "SUCCEEDED", p.place), default=None)

    def _taken_by(self, taking: Line) -> Line | None:
        """The refund that a positive one takes back."""
        named = [
            other for other in sorted(self.lines, key=lambda one: one.place)
            if other.place[0] <= taking.place[0] and other is not taking
            and other.kind == "REFUND" and other.amount <= 0 and other.status == "SUCCEEDED"
            and other.reference == taking.original != ""
        ]  # fmt: skip
        return named[0] if named else None

    def _priced_by(self, refund: Line, payment: Line | None) -> Entry | None:
        own, named = self._entry(refund), self._entry(refund, refunds_only=True)
        original = self._entry(payment) if payment else None
        entry = named or original or own
        if entry and entry.get("refund", "return") == "charge":
            # The price is that of the entry which fits the refund, the rule stays.
            return {**(named or own or entry), "refund": "charge"}
        return entry

    def _check_refund(self, line: Line) -> Check:
        if line.amount <= 0:
            return self._check_return(line, line)
        refund = self._taken_by(line)
        if refund is None:
            lost = self._check_return(line, replace(line, original=""))
            dues = {name: -due for name, due in lost.components.items() if name != "through"}
            entry = self._priced_by(replace(line, original=""), None)
            tax = -lost.tax
            return self._judge(line, entry, None if lost.due is None else dues, tax, False)
        payment = self._payment_of(refund)
        entry = self._priced_by(refund, payment)
        known = payment is not None
        if entry is None:
            return self._judge(line, None, None, 0, known)
        repeated = any(
            other.amount > 0
            and other.kind == "REFUND"
            and other.status == "SUCCEEDED"
            and self._taken_by(other) == refund
            for other in self._before(line)
        )
        earlier = self._priced_dues(refund)
        dues = {name: 0 if repeated else -due for name, due in earlier.items()}
        return self._judge(line, entry, dues, dues.get("tax", 0), known)

    def _check_return(self, line: Line, refund: Line) -> Check:
        payment = self._payment_of(refund)
        entry = self._priced_by(refund, payment)
        if entry is None:
            return self._judge(line, None, None, 0, payment is not None)
        dues = self._priced_dues(refund)
        return self._judge(line, entry, dues, dues.get("tax", 0), payment is not None)

    def _standing_before(self, refund: Line, payment: Line) -> list[Line]:
        """The refunds of a payment before one, without those that were taken back by then."""
        before = self._before(refund)
        taken = {
            back.line_id
            for other in before
            if other.kind == "REFUND" and other.amount > 0 and other.status == "SUCCEEDED"
            and (back := self._taken_by(other))
        }  # fmt: skip
        return [
            other for other in before
            if other.kind == "REFUND" and other.status == "SUCCEEDED" and other.amount <= 0
            and other.line_id not in taken and other.currency == refund.currency
            and self._payment_of(other) == payment
        ]  # fmt: skip

    def _priced_dues(self, refund: Line) -> Dues:
        """What a refund owes by component, with its sign."""
        payment = self._payment_of(refund)
        entry = self._priced_by(refund, payment)
        assert entry is not None
        rule = rule_of(entry, refund, payment)
        # What comes back is what was paid: at the step of the payment, if it is of that currency.
        is_paid_so = payment is not None and payment.currency == refund.currency
        volume_of = payment if payment and is_paid_so and rule != "charge" else refund
        own = self._dues_of(entry, refund.amount, None, volume_of, rule != "return_rate")
        if rule == "keep":
            return dict.fromkeys(own, 0)
        if rule == "charge":
            return own
        if payment is None:
            unknown = self.card.get("return_unknown", "keep") == "return"
            return {name: -due if unknown else 0 for name, due in own.items()}
        original = self._entry(payment)
        if original is None or payment.currency != refund.currency:
            return {name: -due for name, due in own.items()}
        fees = self._dues_of(
            original, payment.amount, payment.order_amount, payment, rule != "return_rate"
        )
        if payment.status != "SUCCEEDED":
            fees = dict.fromkeys(fees, 0)
        before = self._standing_before(refund, payment)
        return {
            name: -self._returned(refund, payment, entry, name, fees.get(name, 0), before)
            for name in own
        }

    def _returned(
        self, refund: Line, payment: Line, entry: Entry, name: str, fee: int, before: list[Line]
    ) -> int:
        rule = rule_of(entry, refund, payment)
        if rule == "return_share":
            price = entry if name == "tax" else prices_of(entry)[name]
            rounding, whole = price.get("rounding", "HALF_UP"), abs(payment.amount)

            def share(part: int) -> int:
                if whole == 0:
                    return 0
                return round_fraction(Fraction(fee * min(part, whole), whole), rounding)

            size = sum(abs(other.amount) for other in before)
            return share(size + abs(refund.amount)) - share(size)
        counted = 0
        for other in before:
            its = self._priced_by(other, payment)
            its_rule = rule_of(its, other, payment) if its else "keep"
            if its and its_rule in COUNTED:
                dues = self._dues_of(its, other.amount, None, payment, its_rule != "return_rate")
                counted += dues.get(name, 0)
        own = self._dues_of(entry, refund.amount, None, payment, rule != "return_rate")[name]
        return min(fee, counted + own) - min(fee, counted)
