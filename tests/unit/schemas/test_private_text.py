"""What a text for people masks, what it leaves, and what a terminal never gets."""

import pytest

from schemas.errors import FileRefused, LakeError
from schemas.private_text import escape_controls, is_card_number, mask_private_text, safe_text

MASKED = {
    "card 4111111111111111 end": "card ************1111 end",
    "4111 1111 1111 1111": "**** **** **** 1111",
    "no. 4111-1111-1111-1111.": "no. ****-****-****-1111.",
    "6222 0212 3456 7890 128,1": "**** **** **** ***0 128,1",
    "3782 822463 10005 and 1": "**** ****** *0005 and 1",
    "卡4111111111111111号": "卡************1111号",
    "x 12 4111 1111 1111 1111 35": "x 12 **** **** **** 1111 35",
    "id 11010519491231002X": "id **************002X",
    "no 7 11010519491231002x": "no 7 **************002x",
    "call 13800138000": "call *******8000",
    "+86 138-0013-8000": "+** ***-****-8000",
    "0086 13800138000!": "**** *******8000!",
    "+44 20 7946 0958": "+** ** **** 0958",
    "tel 0755-86013388": "tel ****-****3388",
    "to zhang.san@example.com.cn": "to z**@example.com.cn",
    "GB82 WEST 1234 5698 7654 32 and": "GB** **** **** **** **54 32 and",
    "de89370400440532013000": "de****************3000",
    "TX20 GB82WEST12345698765432": "TX20 GB****************5432",
    "账号: 123456789": "账号: *****6789",
    "Account no. 1234-5678-90": "Account no. ****-**78-90",
    "BAD_KIND: '621700001234567890'": "BAD_KIND: '**************7890'",
}
KEPT = (
    "channel_ref 4200002511202611220987654321",
    "BAD_TIME: '20261116120000' is not %Y-%m-%d",
    "order 2026111612345678, 20261116120008",
    "2026-11-16 12:00:00 CNY 4,111,111,111.11 of 12 lines",
    "declares 13800138000.00, difference +12345678.90",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855:000000001",
    "550e8400-e29b-41d4-a716-446655440000",
    "MERCHANT M1 and 1900000109 of account ...1234",
    "it's 12345 of 67890, isn't it",
    "GB83 WEST 1234 5698 7654 32",
    "",
)


@pytest.mark.parametrize(("text", "masked"), MASKED.items())
def test_a_personal_number_is_masked(text: str, masked: str) -> None:
    """Only its last four characters stay; masking it twice changes nothing."""
    assert mask_private_text(text) == masked
    assert mask_private_text(masked) == masked


@pytest.mark.parametrize("text", KEPT)
def test_everything_else_stays(text: str) -> None:
    """References, times, amounts, hashes, counts, and numbers with a wrong check digit."""
    assert mask_private_text(text) == text


def test_known_references_stay() -> None:
    """The reference of a payment may look like a card; another number beside it is one."""
    text = "4111111111111111 by 5555555555554444"
    assert mask_private_text(text, {"4111111111111111"}) == "4111111111111111 by ************4444"


def test_every_number_may_be_an_account() -> None:
    """In a received line, whose references are known."""
    line = "S1,621700001234567890,20261116120000,12345678901,900100200300"
    masked = "S1,**************7890,20261116120000,12345678901,900100200300"
    assert mask_private_text(line, {"900100200300"}, every_number=True) == masked


@pytest.mark.parametrize(
    ("digits", "is_card"),
    [
        ("4111111111111111", True),
        ("6222021234567890128", True),
        ("378282246310005", True),
        ("4111111111111112", False),
        ("1000000000000008", False),
        ("4111", False),
        ("411111111111111x", False),
    ],
)
def test_a_card_number_has_an_issuer_and_a_check_digit(digits: str, is_card: bool) -> None:
    """1000000000000008 has the check digit, but no card begins with 1."""
    assert is_card_number(digits) is is_card


def test_a_terminal_gets_no_control_characters() -> None:
    """Escape sequences, line breaks, C1, bidi overrides, undecodable bytes; blanks stay."""
    raw = "a\x1b[31mb\nc\x9bd\u202ee\u2066f\udcd5g\x00 中\u3000文"
    assert escape_controls(raw) == r"a\x1b[31mb\nc\x9bd\u202ee\u2066f\udcd5g\x00 中" + "\u3000文"
    assert safe_text("a\nb\tc", keep="\n") == "a\nb\\tc"


def test_messages_of_errors_are_masked() -> None:
    """Whoever raises one need not think of it."""
    fault = FileRefused("BAD", "a\x1b.csv", "'4111111111111111'", "call 13800138000", 3)
    assert str(fault) == r"BAD: a\x1b.csv:3: '************1111'; call *******8000"
    assert str(LakeError("card 4111111111111111")) == "card ************1111"
