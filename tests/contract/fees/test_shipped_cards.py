"""The rate cards that are shipped: valid as a whole, and right to the cent."""

from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from ruamel.yaml import YAML

from jobs.reports.fees.quote import quote_fee
from schemas.fee_schedule import FeeSchedule
from schemas.fees.card_checks import find_card_faults
from schemas.fees.trade import Trade
from schemas.vocabulary import Kind
from tests.support.fee_ledger import SHANGHAI
from tests.support.paths import ROOT

CARDS = sorted((ROOT / "schemas" / "shipped_cards").glob("*.yaml"))
CHINA = ROOT / "schemas" / "shipped_cards" / "china_card_acquiring.yaml"


def read_card(path: Path) -> FeeSchedule:
    return FeeSchedule.model_validate(YAML(typ="safe").load(path))


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_card_has_no_fault(path: Path) -> None:
    assert find_card_faults(read_card(path)) == []


@pytest.mark.sail_only
@pytest.mark.parametrize(
    ("card_type", "amount", "issuer", "network", "acquirer"),
    [
        ("借记卡", 100_00, 35, 3, 15),
        ("借记卡", 3_714_28, 1300, 121, 557),  # 13.0000 is the cap, to the cent
        ("借记卡", 10_000_00, 1300, 325, 1500),
        ("借记卡", 50_000_00, 1300, 325, 7500),
        ("贷记卡", 100_00, 45, 3, 15),
        ("贷记卡", 10_000_00, 4500, 325, 1500),
        ("贷记卡", 11, 0, 0, 0),
    ],
)
def test_china_card_acquiring(
    spark: SparkSession, card_type: str, amount: int, issuer: int, network: int, acquirer: int
) -> None:
    """Issuer 0.35 % of debit cards, at most 13.00, 0.45 % of credit cards; network 0.0325 %, at
    most 3.25; acquirer 0.15 %.
    """
    trade = Trade("acquirer", Kind.PAYMENT, amount, "CNY", date(2026, 11, 22), card_type=card_type)
    quote = quote_fee(spark, read_card(CHINA), SHANGHAI, trade)
    assert quote.components == {"issuer": issuer, "network": network, "acquirer": acquirer}
    assert quote.due == issuer + network + acquirer
