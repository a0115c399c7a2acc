"""Owners and due dates by the rules of a channel's page."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jobs.casework.rules import apply_rules
from jobs.cli.configuration import load_configuration
from schemas.errors import ConfigurationError
from schemas.profile.breaks import Breaks
from tests.support.ledger import day

RULES = Breaks.model_validate(
    {
        "rules": [
            {"older_than": 10, "owner": "head"},
            {"at_stake": {"CNY": 1_000, "USD": 100}, "owner": "treasury", "due_days": 1},
            {"kind": ["REFUND"], "due_days": 3},
            {"reason": ["AMBIGUOUS"], "owner": "ann"},
            {"owner": "desk", "due_days": 5},
        ]
    }
).rules
BREAK = {"opened_on": day(0), "closed_on": None, "kind": "PAYMENT", "currency": "CNY",
         "at_stake": 999, "reasons": ["AMOUNT_MISMATCH", "LATE"]}  # fmt: skip


@pytest.mark.parametrize(
    ("values", "newest", "owner", "due"),
    [
        ({}, 0, "desk", 5),
        ({}, 10, "desk", 5),
        ({}, 11, "head", 5),
        ({"closed_on": day(2)}, 11, "desk", 5),
        ({"at_stake": 1_000}, 0, "treasury", 1),
        ({"at_stake": 100, "currency": "USD"}, 0, "treasury", 1),
        ({"at_stake": 5_000, "currency": "EUR"}, 0, "desk", 5),
        ({"kind": "REFUND"}, 0, "desk", 3),
        ({"reasons": ["AMBIGUOUS", "LATE"]}, 0, "ann", 5),
    ],
)
def test_first_rule_that_fits(values: dict[str, Any], newest: int, owner: str, due: int) -> None:
    """Each of the two values is of the first rule that has it."""
    assert apply_rules(BREAK | values, RULES, day(newest)) == (owner, day(due))


def test_no_rule_fits() -> None:
    assert apply_rules(BREAK, RULES[:2], date(2026, 11, 16)) == (None, None)


PAGE = """channel: bank
zone: UTC
first_date: 2026-11-01
statement: none
breaks:
  rules:
    - {kind: [REFUND]}
    - {owner: ann, days: 3}
    - {at_stake: {XXY: 5}, due_days: -1}
    - {reason: [LOST], kind: [GIFT], owner: ann}
"""


def test_faults_of_rules(tmp_path: Path) -> None:
    """A rule that gives nothing, unknown keys, currencies, codes, days: named with their line."""
    (tmp_path / "channels").mkdir()
    (tmp_path / "channels" / "bank.yaml").write_text(PAGE)
    with pytest.raises(ConfigurationError) as refused:
        load_configuration(str(tmp_path))
    faults = "\n".join(refused.value.faults).replace(f"{tmp_path}/channels/", "")
    for said in (
        "bank.yaml:7: breaks.rules[0]: the rule gives nothing; add owner, due_days, or both",
        "bank.yaml:8: breaks.rules[1].days: there is no such key",
        "bank.yaml:9: breaks.rules[2].at_stake: XXY: no such currency",
        "bank.yaml:9: breaks.rules[2].due_days: ",
        "bank.yaml:10: breaks.rules[3].reason[0]: 'LOST'",
        "bank.yaml:10: breaks.rules[3].kind[0]: 'GIFT'",
    ):
        assert said in faults, faults
