"""What is wrong with a rate card as a whole."""

from pathlib import Path
from typing import Any

import pytest

from jobs.cli.configuration import load_configuration
from schemas.errors import ConfigurationError
from schemas.fee_schedule import FeeSchedule
from schemas.fees.card_checks import find_card_faults

OLD = {"name": "old", "to": "2026-10-31"}
NEW = {"name": "new", "from": "2026-11-01"}
PROMO = {"name": "promo", "product": "A", "from": "2026-11-03", "to": "2026-11-09"}


def faults_of(*entries: dict[str, Any]) -> list[tuple[int, str]]:
    """Number of the entry and the beginning of each fault."""
    named = [{"name": f"e{n}", "rate": "0.006", **entry} for n, entry in enumerate(entries)]
    card = FeeSchedule.model_validate({"channel": "c", "entries": named})
    return [(number, text.split(";")[0]) for number, text in find_card_faults(card)]


@pytest.mark.parametrize(
    "entries",
    [
        ({},),
        (OLD, NEW),
        (PROMO, {"name": "all"}),
        ({"product": "A"}, {"product": "B"}, {}),
        ({"amount": {"max": 100}}, {"amount": {"min": 101}}),
        ({}, {"kind": "REFUND", "refund": "keep"}),
        ({}, {"kind": "PAYOUT"}),
        ({**PROMO, "to": "2026-11-05"}, {**PROMO, "name": "p2", "from": "2026-11-08"}, {}),
        ({"rate": "0.3"}, {"kind": "PAYOUT", "rate": "0.00005"}),
    ],
)
def test_card_that_is_right_has_no_faults(entries: tuple[dict[str, Any], ...]) -> None:
    assert faults_of(*entries) == []


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        (
            ({**OLD, "to": "2026-11-02"}, NEW),
            "from, to: new and old have the same filters and are both in force from 2026-11-01 to"
            " 2026-11-02",
        ),
        (
            ({}, {"name": "again"}),
            "from, to: again and e0 have the same filters and are both in force on all dates",
        ),
        (({}, PROMO), "promo never applies: e0 above it fits all of its lines"),
        (
            ({**OLD, "to": "2026-10-30"}, NEW),
            "from: no entry is in force from 2026-10-31 to 2026-10-31, between new and the one"
            " before it",
        ),
        (
            ({"kind": "PAYOUT"}, {"amount": {"min": 2, "max": 1}}),
            "amount: min 2 is above max 1, so no line fits",
        ),
        (
            ({"kind": "PAYOUT"}, {"currency": "RMB"}),
            "currency: RMB is no currency of ISO 4217, so no line fits",
        ),
        (
            ({"kind": "PAYOUT"}, {"rate": "0.54"}),
            'rate: "0.54" is 54.00 %',
        ),
        (
            ({"kind": "PAYOUT"}, {"rate": "0.000006"}),
            'rate: "0.000006" is 0.000600 %',
        ),
    ],
)
def test_fault_names_its_entry(entries: tuple[dict[str, Any], ...], fault: str) -> None:
    ((number, text),) = faults_of(*entries)
    assert number == 1
    assert text.split("; is it")[0] == fault or text == fault


def test_fault_has_file_and_line(tmp_path: Path) -> None:
    """Before anything runs, beside the faults of other pages."""
    for folder in ("channels", "fee_schedules"):
        (tmp_path / folder).mkdir()
    page = "channel: bank\nzone: UTC\nfirst_date: 2026-11-01\nstatement: none\n"
    (tmp_path / "channels/bank.yaml").write_text(page)
    card = "channel: bank\nentries:\n  - {name: a, rate: '0.006'}\n  - name: b\n    rate: '0.005'\n"
    (tmp_path / "fee_schedules/bank.yaml").write_text(card)
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(str(tmp_path))
    assert "fee_schedules/bank.yaml:4: entries[1]: from, to: b and a have" in str(caught.value)
