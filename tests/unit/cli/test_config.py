"""The configuration: all faults together, in the order of lines, without faults that follow."""

from pathlib import Path

import pytest

from jobs.cli.configuration import load_configuration
from schemas.errors import ConfigurationError

WRONG = """\
channel: wechat
dialect: wechat_bill
zone: Asia/Nowhere
first_date: 2026-11-01
files:
  pattern: "wechat/{business_date:%Y-%m-%d}/{part}.csv"
  colour: red
match:
  passes:
    - our_ref
    - {name: near, on: [amount], within_seconds: -1}
    - {name: far, on: [amount, currency], colour: red}
  window: {internal: two}
"""


def faults_of(root: Path, page: str) -> list[str]:
    """Faults of a configuration with this channel page."""
    (root / "channels").mkdir(parents=True)
    (root / "channels" / "wechat.yaml").write_text(page)
    (root / "fee_schedules").mkdir()
    (root / "fee_schedules" / "wechat.yaml").write_text("channel: wechat\nentries: []\n")
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(str(root), ["wechat"])
    return str(caught.value).replace(f"{root}/channels/wechat.yaml:", "").splitlines()


def test_faults_behind_other_faults_are_reported(tmp_path: Path) -> None:
    """Pydantic checks missing parts and the currency of `near` only if each value is right. Both
    are reported, and nothing about the keys that were removed for it. The fee page is not blamed
    for a channel whose own page cannot be read.
    """
    faults = [
        line.split(": ", 1) for line in faults_of(tmp_path, WRONG) if "fee_schedules" not in line
    ]
    assert [line for line, _ in faults] == ["3", "5", "7", "11", "11", "12", "13"]
    assert [text.split(": ")[0].split(";")[0] for _, text in faults] == [
        "zone",
        "files",
        "files.colour",
        "match.passes[1].within_seconds",
        "match.passes[1]",
        "match.passes[2].colour",
        "match.window.internal",
    ]


def test_page_with_one_fault_reports_one(tmp_path: Path) -> None:
    """One fault is reported once."""
    right = WRONG.replace("Nowhere", "Shanghai").replace("  colour: red\n", "")
    right = right.replace("{part}", "day").replace(": -1", ": 1").replace(", colour: red", "")
    right = right.replace("two", "2")
    (only,) = [line for line in faults_of(tmp_path, right) if "fee_schedules" not in line]
    assert only.startswith("10: match.passes[1]: near names amount without currency")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("on: [currency, amount, currency], within_seconds: 1", "near names currency twice"),
        ("on: [amount, amount]", "names amount twice; name each once; near names amount without"),
        ("on: [amount, currency], within_seconds: 1000000000000", "less than or equal to 31622400"),
    ],
)
def test_invalid_pass_is_refused(tmp_path: Path, wrong: str, said: str) -> None:
    """A column named twice, and a time distance that is too large for an engine."""
    right = WRONG.replace("Nowhere", "Shanghai").replace("  colour: red\n", "")
    right = right.replace("{part}", "day").replace(", colour: red", "").replace("two", "2")
    page = right.replace("on: [amount], within_seconds: -1", wrong)
    (only,) = [line for line in faults_of(tmp_path, page) if "fee_schedules" not in line]
    assert only.startswith("10: match.passes[1]") and said in only
