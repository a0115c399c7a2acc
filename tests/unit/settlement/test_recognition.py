"""Which channel a bank line belongs to, and what it names."""

from dataclasses import replace
from typing import Any

import pytest

from jobs.settlement.inputs import BankLine
from jobs.settlement.recognition import ChannelAtBank, LineUse, Recognition, assign_lines
from tests.support.ledger import day
from tests.support.settlement_ledger import World, credit, key_of, lines, terms_of


def names_of(text: str, *keys: str | int, rule: str = "WX{batch}") -> list[str | None]:
    known = frozenset(key for key in map(key_of, keys) if key)
    recognition = Recognition(terms_of(find=[{"reference": rule}]).rules.find, known)
    found_keys = recognition.find_keys(credit("c", 1, text))[1]
    return sorted(key.batch for key in found_keys if key.batch)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("WX20", ["20"]),
        ("payout wx20, thanks", ["20"]),
        ("ＷＸ２０", ["20"]),
        ("WX20号", ["20"]),
        ("WX201", []),
        ("WX20a", []),
        ("WX20-1", ["20"]),
        ("W X20", []),
        ("20", []),
        ("WX2", []),
        ("WX", []),
    ],
)
def test_key_stands_at_its_place_with_no_letter_or_digit_behind_it(
    text: str, names: list[str]
) -> None:
    """NFKC and upper case; 20 is not the 20 of 201."""
    assert names_of(text, "20") == names


def test_longest_key_at_a_place_is_the_one() -> None:
    """A-1 is named, not A, which ends before a hyphen, too."""
    assert names_of("WXA-1", "A", "A-1") == ["A-1"]
    assert names_of("WXA WXB", "A", "B") == ["A", "B"]


def test_dates_stand_in_their_format() -> None:
    assert names_of("TENPAY 20261116", 0, rule="TENPAY {batch:%Y%m%d}") == [str(day(0))]
    assert names_of("TENPAY 202611160", 0, rule="TENPAY {batch:%Y%m%d}") == []
    assert names_of("16.11.26/x", 0, rule="{batch:%d.%m.%y}/") == [str(day(0))]
    assert names_of("20261116", "20261116", rule="{batch:%Y%m%d}") == []


def test_text_behind_the_key_is_part_of_the_rule() -> None:
    assert names_of("No 20END", "20", rule="No {batch}end") == ["20"]
    assert names_of("No 20", "20", rule="No {batch}end") == []


def test_every_reference_is_looked_at() -> None:
    known = frozenset({key_of("20")})
    recognition = Recognition(terms_of().rules.find, known)  # type: ignore[arg-type]
    for name in ("our_ref", "channel_ref", "order_ref", "batch_ref", "original_ref", "text"):
        assert recognition.find_keys(credit("c", 1, **{name: "WX20"}))[1] == known


def channel(name: str, batches: list[Any], **rules: Any) -> ChannelAtBank:
    world = World(**rules)
    world.run(-1, batches)
    return ChannelAtBank(name, world.terms, world.state)


def use_of(line: BankLine, *channels: ChannelAtBank, offset: int = 0) -> LineUse:
    dated = replace(line, business_date=day(0))
    return assign_lines(day(offset), [dated], channels)[0]


def test_reference_goes_before_payer() -> None:
    """The payer is Tenpay's, but the reference names Alipay's open batch."""
    wechat = channel("wechat", [lines("A", 1)])
    alipay = channel("alipay", [lines("B", 1)], find=[{"reference": "ALI{batch}"}])
    line = credit("c", 5, "ALIB", payer_name="TENPAY Ltd")
    assert use_of(line, wechat, alipay).channel == "alipay"
    assert use_of(replace(line, text="ALIX"), wechat, alipay).channel == "wechat"


def test_longer_fixed_text_goes_first() -> None:
    short = channel("short", [lines("1", 1)], find=[{"reference": "P{batch}"}, {"payer": "Ten"}])
    long = channel("long", [lines("1", 1)], find=[{"reference": "XP{batch}"}, {"payer": "Tenpay"}])
    assert use_of(credit("c", 5, "XP1"), short, long).channel == "long"
    assert use_of(credit("c", 5, payer_name="ｔｅｎpay  ltd"), short, long).channel == "long"
    assert use_of(credit("c", 5, payer_name="Tencent"), short, long).channel == "short"


def test_line_that_two_channels_know_is_nobodys() -> None:
    """Both have an open batch 1, and the same rule."""
    one, other = channel("one", [lines("1", 1)]), channel("other", [lines("1", 1)])
    assert use_of(credit("c", 5, "WX1"), one, other) == LineUse("c", None, is_ambiguous=True)


def test_reference_rule_knows_lines_of_the_date_and_closed_batches() -> None:
    """A is closed, B has lines on the date only, C is unknown."""
    world = World(find=[{"reference": "WX{batch}"}])
    world.run(-1, [lines("A", 5)], [credit("a", 5, "WXA")])
    view = ChannelAtBank("wechat", world.terms, world.state, (lines("B", 5),))
    assert use_of(credit("c", 5, "WXA"), view).channel == "wechat"
    assert use_of(credit("c", 5, "WXB"), view).channel == "wechat"
    assert use_of(credit("c", 5, "WXC"), view).channel is None


def test_unknown_line_is_tried_again_while_credits_wait() -> None:
    """Of T with a grace of 2: tried on T, T+1, T+2, and then no more."""
    view = channel("wechat", [])
    finals = [use_of(credit("c", 5), view, offset=offset).is_final for offset in range(4)]
    assert finals == [False, False, True, True]


def test_return_belongs_to_the_channel_of_its_credit() -> None:
    """No rule knows the line, but it takes back wechat's credit."""
    world = World()
    world.run(-1, [lines("A", 5)], [credit("a", 5, "WXA")])
    wechat = ChannelAtBank("wechat", world.terms, world.state)
    back = credit("r", -5, original_ref="F-a", payer_name="alipay")
    alipay = channel("alipay", [], find=[{"payer": "alipay"}])
    assert use_of(back, alipay, wechat).channel == "wechat"


def test_every_line_is_given_once_in_any_order() -> None:
    bank_lines = [credit(name, 5, "WXA") for name in "cab"]
    view = channel("wechat", [lines("A", 5)])
    dated = [replace(line, business_date=day(0)) for line in bank_lines]
    uses = assign_lines(day(0), dated, [view])
    assert uses == assign_lines(day(0), dated[::-1], [view])
    assert [use.line_id for use in uses] == ["a", "b", "c"]


def test_closed_batch_is_known_for_thirty_run_dates() -> None:
    """Paid on T: a line of T+30 that names it is the channel's, one of T+31 is nobody's."""
    world = World()
    world.run(0, [lines("A", 500)], [credit("c", 500, "WXA")])
    for offset, expected in ((30, "wechat"), (31, None)):
        world.rest(1 if offset == 30 else 30, offset - 1)
        at_bank = ChannelAtBank("wechat", world.terms, world.state)
        assert use_of(credit("x", 9, "WXA"), at_bank, offset=offset).channel == expected
