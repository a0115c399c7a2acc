"""The `settlement` of a profile: what is refused, and what its rules mean."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.profile.channel import Profile
from schemas.profile.settlement import Settlement, split_pattern

RULES: dict[str, Any] = {
    "batch_by": "batch_ref",
    "due": {"after": 1, "days": "business", "calendar": "cn"},
    "bank": "icbc-main",
    "find": [{"reference": "WX{batch}"}, {"payer": "TENPAY"}],
}
PAGE: dict[str, Any] = {
    "channel": "wechat",
    "statement": "none",
    "zone": "Asia/Shanghai",
    "first_date": "2026-11-01",
}


def test_whole_block_is_read() -> None:
    """Every key, and what stands for a key that is left out."""
    rules = Settlement.model_validate(
        RULES
        | {
            "per": ["merchant_id"],
            "fees": "billed",
            "grace": 2,
            "minimum": {"CNY": 50000},
            "negative": "debit",
            "tolerance": {"CNY": 0},
            "opening": [{"currency": "CNY", "amount": 120000, "since": "2026-10-30"}],
        }
    )
    assert (rules.minimum, rules.opening[0].amount) == ({"CNY": 50000}, 120000)
    plain = Settlement.model_validate(RULES)
    assert (plain.fees, plain.negative, plain.grace, plain.per) == ("netted", "carry", 0, ())
    profile = Profile.model_validate(PAGE | {"settlement": RULES})
    assert profile.settlement == plain
    assert Profile.model_validate(PAGE).settlement is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"find": [{"reference": "WX"}]}, "does not say where the batch stands"),
        ({"find": [{"reference": "{batch}{batch}"}]}, "does not say where the batch stands"),
        ({"find": [{"reference": "WX{bach}"}]}, "does not say where the batch stands"),
        ({"find": [{"reference": "WX{batch:%Y%m}"}]}, "is no whole date"),
        ({"find": [{"reference": "WX{batch:}"}]}, "is no whole date"),
        ({"find": [{"payer": " "}]}, "payer's name is empty"),
        ({"find": [{"payer": "A", "reference": "{batch}"}]}, "write one of them"),
        ({"find": [{}]}, "write one of them"),
        ({"find": []}, "at least 1"),
        (
            {"find": [{"payer": "TENPAY"}, {"payer": "ｔｅｎｐａｙ "}]},
            "two payer rules are 'TENPAY'",
        ),
        ({"due": {"after": 1, "days": "business"}}, "business days need a calendar"),
        ({"due": {"after": 1, "days": "calendar", "calendar": "cn"}}, "need no calendar"),
        ({"due": {"after": -1, "days": "calendar"}}, "greater than or equal to 0"),
        ({"grace": -1}, "greater than or equal to 0"),
        ({"minimum": {"CNY": 0}}, "greater than 0"),
        ({"minimum": {"CNY": 10**15 + 1}}, "less than or equal to"),
        ({"minimum": {"YUAN": 5}}, "no such currency"),
        ({"tolerance": {"CNY": -1}}, "greater than or equal to 0"),
        ({"tolerance": {"cny": 1}}, "no such currency"),
        ({"opening": [{"currency": "XYZ", "amount": 5, "since": "2026-10-30"}]}, "no such"),
        ({"opening": [{"currency": "CNY", "amount": 0, "since": "2026-10-30"}]}, "leave it out"),
        ({"batch_by": "batch"}, "batch_by"),
        ({"per": ["merchant_id", "merchant_id"]}, "names a column twice"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_wrong_rules_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Settlement.model_validate(RULES | change)


def test_profile_checks_its_settlement() -> None:
    """The bank account is another channel, and what was open was open before the first date."""
    with pytest.raises(ValidationError, match=r"settlement.bank is this channel"):
        Profile.model_validate(PAGE | {"settlement": RULES | {"bank": "wechat"}})
    late = [{"currency": "CNY", "amount": 5, "since": "2026-11-02"}]
    with pytest.raises(ValidationError, match="2026-11-02 is after first_date"):
        Profile.model_validate(PAGE | {"settlement": RULES | {"opening": late}})


def test_pattern_is_taken_apart() -> None:
    """Fixed texts as they are compared; the date's format as it was written."""
    pattern = split_pattern("ｗx-{batch:%d%m%Y}/end")
    assert pattern == ("WX-", "/END", "%d%m%Y")
    assert pattern.fixed_length == 7
