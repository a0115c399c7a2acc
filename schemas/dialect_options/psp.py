"""What is said of the settlement reports of payment service providers beyond themselves.

Source: docs/reference/dialects/psp.md.
"""

from typing import Annotated

from pydantic import Field, field_validator

from schemas.profile.layout.parts import ExtraName
from schemas.profile.layout.private_headings import iterate_extra_faults
from schemas.strict import Strict
from schemas.vocabulary import Kind

Column = Annotated[str, Field(min_length=1)]


class _WithExtra(Strict):
    """`extra`: further columns of the report, by name, which become texts of `extra`."""

    extra: dict[ExtraName, Column] = {}

    @field_validator("extra")
    @classmethod
    def _check_extra(cls, columns: dict[str, str]) -> dict[str, str]:
        if faults := [*iterate_extra_faults(columns)]:
            raise ValueError("; ".join(faults))
        return columns


class StripeOptions(_WithExtra):
    """Choices for `stripe_balance`.

    `kinds`: their reporting_category: our kind; added to those that are known. `our_ref`: the
    column that holds our number of a payment, such as payment_metadata[order_id]. `refund_ref`:
    the same of a refund, such as refund_metadata[refund_no]; without it a refund has none.
    """

    kinds: dict[str, Kind] = {}
    our_ref: Column = "payment_intent_id"
    refund_ref: Column | None = None


class AdyenOptions(_WithExtra):
    """Choices for `adyen_settlement`.

    `kinds`: their Type: our kind; added to those that are known. `zones`: their abbreviation of a
    time zone: its offset, such as `IST: "+05:30"`; added to those that are known.
    """

    kinds: dict[str, Kind] = {}
    zones: dict[str, Annotated[str, Field(pattern=r"^[+-](0\d|1[0-4]):[0-5]\d$")]] = {}


class PaypalOptions(_WithExtra):
    """Choices for `paypal_settlement`.

    `kinds`: their Transaction Event Code: our kind; added to those that are known. `our_ref`: the
    column that holds our number of a payment, `Invoice ID` or `Custom Field`.
    """

    kinds: dict[str, Kind] = {}
    our_ref: Column = "Invoice ID"
