"""A channel's profile: its files, their layout, our scope, the match.

One YAML page per channel. Source: docs/reference/profile.md.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from schemas.business_calendar import Calendar
from schemas.dialect_options.alipay import AlipayOptions
from schemas.dialect_options.bank import BANK_DIALECTS, PLACE_IN_SCOPE, BankOptions
from schemas.dialect_options.psp import AdyenOptions, PaypalOptions, StripeOptions
from schemas.dialect_options.unionpay import UnionpayOptions
from schemas.dialect_options.wechat import WechatFundFlowOptions, WechatOptions
from schemas.profile.breaks import Breaks
from schemas.profile.day_parts import Parts, SnapshotPart, SnapshotParts
from schemas.profile.due_time import DueTime
from schemas.profile.file_pattern import check_path_pattern
from schemas.profile.layout.delimited import DelimitedLayout
from schemas.profile.layout.fixed_width import FixedLayout
from schemas.profile.match_rules import DAYS_MAX, Match
from schemas.profile.scope import Scope as Scope
from schemas.profile.settlement import Settlement
from schemas.strict import Strict
from schemas.vocabulary import Reference


def _check_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no time zone; write one such as Asia/Shanghai")
    return name


PathPattern = Annotated[str, AfterValidator(check_path_pattern)]
Zone = Annotated[str, AfterValidator(_check_zone)]


class Files(Strict):
    """Which files make a day.

    `pattern` names `{business_date:...}` and, where a day comes in parts, `{part}`; `*` stands for
    any characters within one name. A file of several days is named by `{first_date:...}` and
    `{last_date:...}` instead; each date takes its own lines from it. `member` is the one to take,
    such as `*_detail.csv`, out of a zip of several files; of a bank's all that fit. `marker` is a
    file that says: no trades on this day.
    `parts` are the names of the parts that make the day whole, or a rule, see `day_parts`.
    `rejected_share_max` is the share of lines that may be rejected before the file is refused,
    `duplicate_share_max` the share that may be copies of another line of the file. `shrink_max` is
    the share of lines, or of money, by which a new version may be smaller; `age_days_max` the days
    after its own on which a file may come. `volume_change_warn` is the change against the usual
    number of lines that is worth a warning.
    `day_check`: some line must lie `on` the day, or `near` it (a day either side), or `none`;
    what is not said is the dialect's: a WeChat bill is of one calendar day, others are `near`.
    """

    pattern: PathPattern
    parts: Parts = ()
    due: DueTime | None = None
    marker: PathPattern | None = None
    member: str | None = None
    rejected_share_max: float = Field(default=0.0, ge=0.0, le=1.0)
    duplicate_share_max: float | None = Field(default=None, ge=0.0, le=1.0)
    shrink_max: float | None = Field(default=None, ge=0.0, le=1.0)
    volume_change_warn: float | None = Field(default=None, gt=0.0, le=1000.0)
    age_days_max: int | None = Field(default=None, ge=0, le=DAYS_MAX)
    day_check: Literal["on", "near", "none"] | None = None
    unpacked_bytes_max: int = Field(default=20 * 2**30, gt=0, le=2**44)

    @property
    def spans(self) -> bool:
        """Whether a file holds several days."""
        return "{first_date" in self.pattern

    @field_validator("pattern", "marker")
    @classmethod
    def _check_date_fields(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is None:
            return None
        ends = [text.count(f"{{{end}_date") for end in ("first", "last")]
        if "{business_date" in text and ends == [0, 0]:
            return text
        if info.field_name == "pattern" and "{business_date" not in text and ends == [1, 1]:
            return text
        raise ValueError(
            "it does not name {business_date:%Y-%m-%d}; add the date (or, for files of several"
            " days, {first_date:%Y-%m-%d} and {last_date:%Y-%m-%d})"
        )

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        if self.parts and "{part}" not in self.pattern:
            raise ValueError("parts are listed but pattern does not name {part}")
        if "{part}" in self.pattern and not self.parts:
            raise ValueError("pattern names {part}; list the parts that make the day whole")
        return self


class ReferenceRules(Strict):
    """The rules for one reference after the common normalizing, in the order written."""

    strip_prefix: tuple[str, ...] = ()
    strip_suffix: tuple[str, ...] = ()
    strip_leading_zeros: bool = False
    cut: int | None = Field(default=None, gt=0, le=1000)

    def in_order(self) -> tuple[tuple[str, Any], ...]:
        """The rules as (name, argument), in the order in which the page has them."""
        names = [name for name in self.model_fields_set if getattr(self, name)]
        order = self.__dict__.get("_order") or names
        return tuple((name, getattr(self, name)) for name in order if name in names)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_order(cls, value: Any, handler: Any) -> Self:
        rules: Self = handler(value)
        if isinstance(value, dict):
            rules.__dict__["_order"] = tuple(str(key) for key in value)
        return rules


class Snapshots(Strict):
    """Where our own daily snapshots lie: Parquet, or CSV with a header; one or more files a day.

    `parts` are those that make a day whole, in an order: of a transaction in several the state in
    the part that is listed last counts. Without them a snapshot comes in one.
    """

    pattern: PathPattern = "internal/{business_date:%Y-%m-%d}/*"
    parts: SnapshotParts = ()

    def parts_of(self, channel: str) -> tuple[SnapshotPart, ...]:
        """The parts that hold a channel, which waits for them."""
        return tuple(part for part in self.parts if part.holds(channel))

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        if self.parts and "{part}" not in self.pattern:
            raise ValueError("parts are listed but pattern does not name {part}")
        return self


class Internal(Strict):
    """How this channel's rows in our own snapshots are written."""

    amount_unit: Literal["major", "minor"] = "major"


class Profile(Strict):
    """A channel's page.

    In the references `card_number_references` card numbers are expected; a file with card numbers
    in others is refused.
    """

    channel: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    statement: Literal["files", "none"] = "files"
    dialect: str = ""
    zone: Zone
    first_date: date = Field(ge=date(1970, 1, 1), le=date(2199, 12, 31))
    files: Files | None = None
    layout: DelimitedLayout | None = None
    fixed_width: FixedLayout | None = None
    alipay: AlipayOptions = AlipayOptions()
    bank: BankOptions = BankOptions()
    unionpay: UnionpayOptions = UnionpayOptions()
    wechat: WechatOptions = WechatOptions()
    wechat_fund_flow: WechatFundFlowOptions = WechatFundFlowOptions()
    stripe: StripeOptions = StripeOptions()
    adyen: AdyenOptions = AdyenOptions()
    paypal: PaypalOptions = PaypalOptions()
    references: dict[Reference, ReferenceRules] = {}
    card_number_references: tuple[Reference, ...] = ()
    scope: Scope = Scope()
    match: Match = Match()
    internal: Internal = Internal()
    breaks: Breaks = Breaks()
    settlement: Settlement | None = None
    _clear_payers: tuple[str, ...] = PrivateAttr(())
    _calendar: Calendar = PrivateAttr(Calendar())

    @model_validator(mode="after")
    def _check_required_keys(self) -> Self:
        if self.statement == "files" and (self.files is None or not self.dialect):
            raise ValueError(
                "a channel with statements needs `files` and `dialect`;"
                " write `statement: none` where none is sent"
            )
        if self.dialect in ("delimited", "xlsx") and self.layout is None:
            raise ValueError(f"dialect {self.dialect} is described by `layout`; add it")
        wrong = self.layout.misplaced(self.dialect == "xlsx") if self.layout else []
        if wrong:
            raise ValueError(f"dialect {self.dialect} has no layout.{', layout.'.join(wrong)}")
        if self.dialect == "fixed_width" and self.fixed_width is None:
            raise ValueError("dialect fixed_width is described by `fixed_width`; add it")
        return self

    @model_validator(mode="after")
    def _check_bank_references(self) -> Self:
        is_named = self.scope.channel_ref or any(one.channel_ref for one in self.scope.exclude)
        if is_named and self.dialect in BANK_DIALECTS and not self.bank.reference_is_unique:
            raise ValueError(PLACE_IN_SCOPE)
        return self

    @model_validator(mode="after")
    def _check_settlement(self) -> Self:
        if self.settlement is not None:
            if self.settlement.bank == self.channel:
                raise ValueError("settlement.bank is this channel; name the bank account's channel")
            late = [one.since for one in self.settlement.opening if one.since > self.first_date]
            if late:
                raise ValueError(
                    f"settlement.opening: {late[0]} is after first_date {self.first_date}; batches"
                    " of later days come from their lines"
                )
        return self

    @property
    def clear_payers(self) -> tuple[str, ...]:
        """How the payers' names begin that are kept in clear: as payer rules of channels that are
        paid on this bank account have them. Names are masked otherwise.
        """
        return self._clear_payers

    @property
    def calendar(self) -> Calendar:
        """The calendar that `settlement.due` names; without one Monday to Friday work."""
        return self._calendar

    def with_other_pages(self, clear_payers: Iterable[str], calendar: Calendar | None) -> Self:
        """The same page, with what other pages say of it."""
        page = self.model_copy()
        page._clear_payers = tuple(sorted(set(clear_payers)))
        page._calendar = calendar or Calendar()
        return page

    @property
    def zone_info(self) -> ZoneInfo:
        """The zone in which the channel's files are written."""
        return ZoneInfo(self.zone)
