"""What is wrong with a rate card as a whole."""

import json
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


BATCH = {"level": "batch", "refund": "keep"}
VOLUME = {"by": "previous_month", "per": "channel", "of": "gross",
          "steps": [{"to": 100, "rate": "0.01"}, {"rate": "0.005"}]}  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({**BATCH, "refund": "return_share"}, "refund: return_share prices refunds one by one"),
        (
            {"rate": None, **BATCH, "components": [{"name": "a", "pass_through": "fee"}]},
            "pass_through: with level: batch there is no line to take it from",
        ),
        (
            {"rate": None, **BATCH, "tiers": {**VOLUME, "per": "merchant"}},
            "tiers: a batch may have lines of many merchants",
        ),
        (
            {
                "rate": None,
                **BATCH,
                "components": [{"name": "a"}, {"name": "b", "base": "order_amount"}],
            },
            "base: a batch has one base",
        ),
        ({**BATCH, "fixed": 10**9 + 1}, "fixed: with level: batch it is at most 1000000000, as"),
        (
            {
                "rate": None,
                "billed": {"month": "same"},
                "components": [{"name": "a", "pass_through": "fee"}],
            },
            "billed: FEE lines bear the fee, and pass_through takes it from the line",
        ),
        ({"kind": "SETTLEMENT"}, "kind: SETTLEMENT lines pay our balance out and never owe a fee"),
        ({"kind": ["FEE", "SETTLEMENT"]}, "kind: SETTLEMENT lines pay our balance out"),
        (
            {"kind": ["PAYOUT", "FEE"], "billed": {"month": "same"}},
            "billed: no FEE line bears the fee of FEE lines",
        ),
        (
            {"currency": ["EUR", "USD"], "monthly": {"fixed": 1, "currency": "CNY"}},
            "monthly.currency: CNY is not one of EUR, USD, so no line of the entry counts",
        ),
        (
            {"monthly": {"fixed": 1, "currency": "RMB"}},
            "monthly.currency: RMB is no currency of ISO 4217",
        ),
    ],
)
def test_keys_that_do_not_go_together(entry: dict[str, Any], fault: str) -> None:
    keys = {name: value for name, value in entry.items() if value is not None}
    base = {} if entry.get("rate", "") is None else {"rate": "0.006"}
    card = {"channel": "c", "entries": [{"name": "e", **base, **keys}]}
    ((number, text),) = find_card_faults(FeeSchedule.model_validate(card))
    assert (number, text.startswith(fault)) == (0, True), text


@pytest.mark.parametrize(
    "entry",
    [
        {**BATCH, "fixed": "1.95", "rate": "0.01", "currency": "CNY"},
        {**BATCH, "tiers": VOLUME, "tax": {"rate": "0.06", "mode": "on_top"}},
        {"tiers": {**VOLUME, "mode": "slab", "per": "merchant"}},
        {"billed": {"month": "next"}, "monthly": {"minimum": 1, "currency": "CNY"}},
    ],
)
def test_keys_that_go_together(entry: dict[str, Any]) -> None:
    card = FeeSchedule.model_validate({"channel": "c", "entries": [{"name": "e", **entry}]})
    assert find_card_faults(card) == []


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"tiers": {**VOLUME, "by": "amount", "mode": "slab"}}, "per, of: they say which volume"),
        ({"tiers": {**VOLUME, "mode": "graduated"}}, "mode: tiers by previous_month are always"),
        ({"tiers": {**VOLUME, "of": None}}, "per, of: tiers by previous_month need both"),
        ({"tiers": {"by": "amount", "steps": [{"rate": "0.01"}]}}, "mode: tiers by amount are"),
        (
            {"tiers": {**VOLUME, "steps": [{"to": 5}, {"to": 5}, {}]}},
            "step 1: to 5 is not above 5 of the step before",
        ),
        ({"billed": {"month": "same", "until_day": 3}}, "until_day: it is for month: next"),
        ({"monthly": {"currency": "CNY"}}, "monthly: it asks for nothing"),
    ],
)
def test_fault_of_a_key_has_file_and_line(
    tmp_path: Path, entry: dict[str, Any], fault: str
) -> None:
    """Before anything runs, in our own words."""
    (only,) = faults_of_pages(tmp_path, "fee_schedules", entry)
    assert only.startswith("fee_schedules/bank.yaml:4: entries[0]."), only
    assert fault in only


def test_merchants_card_asks_for_no_month_and_no_volume(tmp_path: Path) -> None:
    billed = {"rate": "0.01", "billed": {"month": "same"}}
    (only,) = faults_of_pages(tmp_path, "merchant_schedules", billed)
    assert only.startswith("merchant_schedules/bank.yaml:3: entries[0]: billed is for what a")


def faults_of_pages(root: Path, folder: str, entry: dict[str, Any]) -> list[str]:
    """The faults of a configuration with one card of one entry, from the folder on."""
    for name in ("channels", folder):
        (root / name).mkdir()
    page = "channel: bank\nzone: UTC\nfirst_date: 2026-11-01\nstatement: none\n"
    (root / "channels/bank.yaml").write_text(page)
    (key, value), *others = entry.items()
    card = f"channel: bank\nentries:\n  - name: a\n    {key}: {json.dumps(value)}\n"
    card += "".join(f"    {name}: {json.dumps(each)}\n" for name, each in others)
    (root / folder / "bank.yaml").write_text(card)
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(str(root))
    return [fault.removeprefix(f"{root}/") for fault in caught.value.faults]
