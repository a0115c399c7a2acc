"""A channel's profile: what arrives, how it is read, what is ours, how it is matched.

One YAML page per channel. Source: docs/reference/profile.md.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from schemas.layout import DelimitedLayout, WechatOptions
from schemas.strict import Strict
from schemas.vocabulary import Reference

#: Columns that a pass may name: references (compared normalized) and facts of the trade.
PASS_COLUMNS = (
    "our_ref",
    "channel_ref",
    "order_ref",
    "batch_ref",
    "amount",
    "currency",
    "account_tail",
    "payer_name",
    "merchant_id",
)


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no time zone; write one such as Asia/Shanghai")
    return name


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as fault:
        raise ValueError(f"{text!r} is no regular expression: {fault}") from fault
    if re.search(r"\(\?[=!<]|\\[1-9]", text):
        raise ValueError(f"{text!r} looks around or back, which not every engine can; write it out")
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]
Zone = Annotated[str, AfterValidator(_zone)]


class Files(Strict):
    """Which files make a day.

    `pattern` names `{business_date:...}` and, where a day comes in parts, `{part}`; `*` stands for
    any characters within one name. `member` is the one to take, such as `*_detail.csv`, out of a
    zip of several files. `marker` is a file that says: no trades on this day.
    `rejected_share_max` is the share of lines that may be rejected before the file is refused.
    `day_check`: some line must lie `on` the day, or `near` it (a day either side), or `none`;
    what is not said is the dialect's: a WeChat bill is of one calendar day, others are `near`.
    """

    pattern: str
    parts: tuple[str, ...] = ()
    due: str | None = None
    marker: str | None = None
    member: str | None = None
    rejected_share_max: float = Field(default=0.0, ge=0.0, le=1.0)
    day_check: Literal["on", "near", "none"] | None = None
    unpacked_bytes_max: int = Field(default=20 * 2**30, gt=0)

    @field_validator("pattern", "marker")
    @classmethod
    def _says_its_date(cls, text: str | None) -> str | None:
        if text is not None and "{business_date" not in text:
            raise ValueError("it does not name {business_date:%Y-%m-%d}; add the date")
        return text

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.parts and "{part}" not in self.pattern:
            raise ValueError("parts are listed but pattern does not name {part}")
        if "{part}" in self.pattern and not self.parts:
            raise ValueError("pattern names {part}; list the parts that make the day whole")
        return self


class ReferenceRules(Strict):
    """What is done to one reference after the common normalizing, in the order written."""

    strip_prefix: tuple[str, ...] = ()
    strip_suffix: tuple[str, ...] = ()
    strip_leading_zeros: bool = False
    cut: int | None = Field(default=None, gt=0)

    def in_order(self) -> tuple[tuple[str, Any], ...]:
        """The rules as (name, argument), in the order in which the page has them."""
        given = [name for name in self.model_fields_set if getattr(self, name)]
        order = self.__dict__.get("_order") or given
        return tuple((name, getattr(self, name)) for name in order if name in given)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_order(cls, value: Any, handler: Any) -> Self:
        rules: Self = handler(value)
        if isinstance(value, dict):
            rules.__dict__["_order"] = tuple(str(key) for key in value)
        return rules


class Scope(Strict):
    """What is ours: a statement line that fits none of it is not ours.

    A line without the value that is asked for cannot be said to be another's, and stays.
    """

    our_ref: Pattern | None = None
    channel_ref: Pattern | None = None
    order_ref: Pattern | None = None
    merchants: tuple[str, ...] = ()
    terminals: tuple[str, ...] = ()


class Pass(Strict):
    """One pass of the match: the columns that must be equal beside `kind`, and the time apart.

    `within_seconds` bounds |traded_at - occurred_at|, the limit included.
    """

    name: str
    on: tuple[Literal[PASS_COLUMNS], ...] = Field(min_length=1)  # type: ignore[valid-type]
    within_seconds: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _amount_has_currency(self) -> Self:
        if "amount" in self.on and "currency" not in self.on:
            raise ValueError(f"{self.name} names amount without currency; add currency to `on`")
        return self

    @property
    def has_reference(self) -> bool:
        """Whether the pass compares a reference, or facts of the trade only."""
        return any(column in tuple(Reference) for column in self.on)


def _named_pass(value: Any) -> Any:
    return {"name": value, "on": [value]} if isinstance(value, str) else value


def _named_group(value: Any) -> Any:
    return {"name": value, "on": value} if isinstance(value, str) else value


class Group(Strict):
    """Lines and transactions that belong together by one reference and are compared as sums."""

    name: str
    on: Literal["order_ref", "batch_ref"]


class Window(Strict):
    """How many chances an item has before it breaks, by the side it stands on."""

    internal: int = Field(default=2, ge=0)
    statement: int = Field(default=2, ge=0)


class Match(Strict):
    """How lines and transactions meet: passes in order, groups, then windows.

    `lookback` is how many run dates back something counts as closed already; `late` for how many
    run dates after its break a one-sided item may still be settled.
    """

    passes: tuple[Annotated[Pass, BeforeValidator(_named_pass)], ...] = Field(
        default=(
            Pass(name="our_ref", on=("our_ref",)),
            Pass(name="channel_ref", on=("channel_ref",)),
        ),
        min_length=1,
    )
    groups: tuple[Annotated[Group, BeforeValidator(_named_group)], ...] = ()
    window: Window = Window()
    lookback: int = Field(default=7, ge=0)
    late: int = Field(default=30, ge=0)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [*(each.name for each in self.passes), *(each.name for each in self.groups)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two passes or groups are called {', '.join(twice)}; name each once")
        return self


class Snapshots(Strict):
    """Where our own daily snapshots lie: Parquet, or CSV with a header; one or more files a day."""

    pattern: str = "internal/{business_date:%Y-%m-%d}/*"


class Internal(Strict):
    """How this channel's rows in our own snapshots are written."""

    amount_unit: Literal["major", "minor"] = "major"


class Profile(Strict):
    """A channel's page."""

    channel: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    statement: Literal["files", "none"] = "files"
    dialect: str = ""
    zone: Zone
    first_date: date
    files: Files | None = None
    layout: DelimitedLayout | None = None
    wechat: WechatOptions = WechatOptions()
    references: dict[Reference, ReferenceRules] = {}
    scope: Scope = Scope()
    match: Match = Match()
    internal: Internal = Internal()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.statement == "files" and (self.files is None or not self.dialect):
            raise ValueError(
                "a channel with statements needs `files` and `dialect`;"
                " write `statement: none` where none is sent"
            )
        if self.dialect == "delimited" and self.layout is None:
            raise ValueError("dialect delimited is described by `layout`; add it")
        return self

    @property
    def zone_info(self) -> ZoneInfo:
        """The zone in which the channel's files are written."""
        return ZoneInfo(self.zone)
