"""The words of `tieout decide`: amounts in major units, and every fault at once."""

from datetime import date

import pytest

from jobs.cli.arguments import Request
from jobs.cli.decision_words import check_words
from schemas.configuration import Configuration
from schemas.errors import ConfigurationError
from schemas.profile.channel import Snapshots
from schemas.vocabulary import Effect, Reason, StatusOf

DAY = date(2026, 11, 16)


def request(*words: str, **options: object) -> Request:
    """A request of decide, with a reason, for channel bank and a day."""
    values = {"reason": "seen", "channels": ("bank",), "dates": (DAY,), **options}
    config = Configuration({}, {}, Snapshots())
    return Request("decide", "lake", None, config, engine=None, quality=False,
                   positionals=words, **values)  # type: ignore[arg-type] # fmt: skip


def test_words_of_a_list() -> None:
    """Codes in any case; 0.03 CNY is 3 fen, 5 JPY 5 yen."""
    at_most = (("0.03", "cny"), ("5", "JPY"))
    words = check_words(
        request("propose", "accept", reason_codes=("amount_mismatch",), at_most=at_most)
    )
    assert (words.effect, words.ids, words.reasons) == (
        Effect.ACCEPT,
        (),
        (Reason.AMOUNT_MISMATCH,),
    )
    assert words.limits == {"CNY": 3, "JPY": 5}
    accept = check_words(request("propose", "accept", "A", "B", status_of="theirs"))
    assert (accept.ids, accept.status_of) == (("A", "B"), StatusOf.THEIRS)


@pytest.mark.parametrize(
    ("words", "options", "faults"),
    [
        (("propose", "accept"), {"reason": " "}, ["--reason TEXT", "an id or several"]),
        (("propose", "forgive", "A"), {}, ["propose takes one of"]),
        (("approve",), {}, ["the id of one decision"]),
        (("reject", "d-1", "d-2"), {"reason": ""}, ["--reason TEXT", "the id of one decision"]),
        (("propose", "pair", "A", "L"), {"status_of": "ours"}, ["--status is for"]),
        (("propose", "accept", "A"), {"at_most": (("1", "CNY"),)}, ["--at-most is for"]),
        (("list",), {"reason_codes": ("LATE",)}, ["--reason-code is for propose"]),
        (
            ("propose", "not-ours", "A"),
            {"reason_codes": ("NOSUCH",), "channels": (), "dates": ()},
            ["not both", "is for accept", "one --channel", "one --business-date", "no such reason"],
        ),
        (
            ("propose", "accept"),
            {
                "reason_codes": ("AMOUNT_MISMATCH",),
                "at_most": (("0.031", "CNY"), ("-1", "USD"), ("x", "EUR"), ("1", "XXX"),
                            ("1e999", "KWD"), ("1", "JPY"), ("2", "JPY")),
            },
            ["0.031 CNY: give", "-1 USD: give", "x EUR: no amount", "XXX: no such currency",
             "1e999 KWD: give", "JPY is given twice"],
        ),
    ],
)  # fmt: skip
def test_faults_of_the_words(
    words: tuple[str, ...], options: dict[str, object], faults: list[str]
) -> None:
    """All of them together, in the order in which they are found."""
    with pytest.raises(ConfigurationError) as error:
        check_words(request(*words, **options))
    assert len(error.value.faults) == len(faults)
    for fault, text in zip(error.value.faults, faults, strict=True):
        assert text in fault
