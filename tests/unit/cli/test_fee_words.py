"""The words of `tieout fees`: each step takes its own options, and all faults come together."""

from datetime import date
from pathlib import Path

import pytest

from jobs.cli.arguments import Request, build_request
from jobs.cli.fee_words import check_claim, check_quote
from jobs.cli.parser import build_parser
from schemas.errors import ConfigurationError
from schemas.fees.trade import Trade
from schemas.vocabulary import Kind
from tests.support.paths import ROOT
from tests.support.pipeline_fixture import PipelineFixture

DEMO = ["--config", str(ROOT / "demo/config")]


def request_of(*words: str) -> Request:
    """The request of these words; without a lake."""
    return build_request(build_parser("fees").parse_args(list(words)))


def quote_faults(*words: str) -> list[str]:
    """What is wrong with the words of a quote."""
    with pytest.raises(ConfigurationError) as error:
        check_quote(request_of("quote", *words))
    return list(error.value.faults)


def test_quote_reads_the_trade(monkeypatch: pytest.MonkeyPatch) -> None:
    """Amounts in minor units; the kind and the currency of the channel's page by default; a lake
    that is set and not there does not matter.
    """
    monkeypatch.setenv("TIEOUT_LAKE", "/no/lake")
    words = ["--channel", "bankcard", "--amount", "123.4", "--date", "2026-11-22"]
    trade, profile, card = check_quote(request_of("quote", *DEMO, *words, "--card-type", "A"))
    assert trade == Trade("bankcard", Kind.PAYMENT, 12_340, "CNY", date(2026, 11, 22), None, "A")
    assert (profile.channel, card.channel) == ("bankcard", "bankcard")
    refund = ["--kind", "refund", "--currency", "jpy", "--paid", "200", "--paid-on", "2026-11-20"]
    words = ["--channel", "wechat", "--amount", "50", "--date", "2026-11-22", *refund]
    trade, _, _ = check_quote(request_of("quote", *DEMO, *words))
    assert (trade.kind, trade.amount, trade.paid) == (Kind.REFUND, 50, 200)
    assert trade.paid_on == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("currency", "amount", "fault"),
    [
        ("CNY", "123.456", "CNY has 2 decimals; round it first"),
        ("JPY", "1.5", "JPY has 0 decimals; round it first"),
        ("CNY", "1,234.00", "no amount; write digits and a point, such as 123.45, without a sign"),
        ("CNY", "-5", "no amount; write digits and a point, such as 123.45, without a sign"),
        ("CNY", "0.00", "give more than 0, and less than 10^15 minor units"),
        ("CNY", "9" * 17, "give more than 0, and less than 10^15 minor units"),
    ],
)
def test_amount_that_cannot_be(currency: str, amount: str, fault: str) -> None:
    """No rounding, no sign, no group of digits is guessed."""
    words = ["--channel", "wechat", "--date", "2026-11-22", "--currency", currency]
    assert quote_faults(*DEMO, *words, "--amount", amount) == [f"--amount {amount}: {fault}"]


def test_all_faults_come_together() -> None:
    """Options that are missing, of another step, and without sense here."""
    words = ["--channel", "wechat", "--currency", "XXX", "--kind", "GIFT", "--month", "2026-11"]
    assert [fault.split(":")[0].split(";")[0] for fault in quote_faults(*DEMO, *words)] == [
        "quote needs --amount",
        "quote needs --date",
        "--month is not for quote",
        "--kind GIFT",
        "--currency XXX",
    ]
    words = ["--channel", "wechat", "--currency", "CNY", "--amount", "1", "--date", "2026-11-22"]
    assert quote_faults(*DEMO, *words, "--paid", "2", "--business-date", "2026-11-22") == [
        "--business-date is for replay and infer; give --date",
        "--paid is for --kind REFUND: it says which payment is refunded",
    ]


def test_channel_without_card_or_currency(tmp_path: Path) -> None:
    """Both are named, with what to do."""
    PipelineFixture(tmp_path, lake=None)  # type: ignore[arg-type]
    words = ["--channel", "wechat", "--amount", "1", "--date", "2026-11-22"]
    assert quote_faults("--config", str(tmp_path / "config"), "--channel", "bank", *words[2:]) == [
        "--channel bank has no rate card; add fee_schedules/bank.yaml. There are cards for"
        " no channel"
    ]
    assert quote_faults(*DEMO, *words) == [
        "--currency is missing; give the one of the amount, such as CNY"
    ]
    assert quote_faults(*DEMO, *words[2:], "--currency", "CNY") == [
        "quote needs one --channel, such as --channel wechat"
    ]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--month", "2026-13"], "--month 2026-13 is not a month; write it as 2026-11"),
        (["--month", "11"], "--month 11 is not a month; write it as 2026-11"),
        ([], "claim needs --month; see tieout fees --help"),
        (["--month", "2026-11", "--through", "2026-11-30", "--business-date", "2026-11-01"],
         "--business-date is for replay and infer; give --month"),
        (["--month", "2020-01"], "--month 2020-01 is before first_date 2026-11-16 of wechat"),
    ],
)  # fmt: skip
def test_words_of_a_claim(tmp_path: Path, words: list[str], fault: str) -> None:
    """A month, and nothing else."""
    (tmp_path / "lake/runs/_delta_log").mkdir(parents=True)
    lake = ["--lake", str(tmp_path / "lake")]
    with pytest.raises(ConfigurationError) as error:
        check_claim(request_of("claim", *lake, *DEMO, "--channel", "wechat", *words))
    assert error.value.faults == (fault,)


def test_breaks_need_a_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`list` of breaks does, `list` of decisions does not: it lists breaks by channel."""
    monkeypatch.delenv("TIEOUT_CONFIG", raising=False)
    PipelineFixture(tmp_path, lake=None)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="--config is missing"):
        build_request(build_parser("breaks").parse_args(["list"]))
    with pytest.raises(ConfigurationError) as error:
        build_request(build_parser("decide").parse_args(["list"]))
    assert not any("--config" in fault for fault in error.value.faults)
