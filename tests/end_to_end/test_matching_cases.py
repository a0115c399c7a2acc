"""Small days on which a plain match advised wrong money: `tieout run`, then what outcomes say.

Each case is a folder beside the project: pages, files, and what must hold; read in place where it
is present. The rules themselves have tests of their own below `tests/contract`, so these are
nightly ones.
"""

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from jobs.__main__ import main
from tests.support.paths import CASES

pytestmark = [
    pytest.mark.sail_only,
    pytest.mark.nightly,
    pytest.mark.skipif(not CASES.exists(), reason="the cases are not present"),
]

FIRST = "2026-03-02"
#: Last date of a case; keys of the page's `match`, where the rule is off unless a page asks for it.
RUNS: dict[str, tuple[str, str]] = {
    "chargeback-won": ("2026-03-04", ""),
    "combined-payment-echoes-first": ("2026-03-04", ""),
    "group-late-member": ("2026-03-06", ""),
    "interchangeable-five": ("2026-03-04", ""),
    "other-kind-same-number": ("2026-03-04", ""),
    "part-captures-one-ref": ("2026-03-04", "  captures: true\n"),
    "pending-line-is-on-the-statement": ("2026-03-04", ""),
    "same-day-void": ("2026-03-04", ""),
}
Row = dict[str, Any]


def run_case(folder: Path, name: str, last: str, more: str = "") -> list[Row]:
    """The rows of `outcomes` after a run of all dates; `more` is added to `match` of the page."""
    shutil.copytree(CASES / name, folder, dirs_exist_ok=True)
    for page in (folder / "config/channels").glob("*.yaml"):
        text = page.read_text("utf-8")
        if name == "interchangeable-five":
            text = text.replace("within_seconds:", "interchangeable: true, within_seconds:")
        page.write_text(text.rstrip("\n") + "\n" + more)
    arguments = [
        "--lake",
        folder / "lake",
        "--config",
        folder / "config",
        "--engine",
        "sail",
        "--no-quality",
    ]
    arguments += ["--inbox", folder / "inbox", "--business-date", FIRST, "--through", last]
    assert main(["run", *map(str, arguments)]) in (0, 3)
    table = DeltaTable(folder / "lake/outcomes").to_pyarrow_table()
    rows: list[Row] = table.to_pylist()
    return sorted(
        rows, key=lambda row: (row["run_date"], row["txn_id"] or "", row["line_id"] or "")
    )


def last_rows(rows: Sequence[Row]) -> dict[str, tuple[Any, ...]]:
    """Of each transaction and each line its last row: outcome, reasons, action, matched_by."""
    return {
        str(row[name]): (
            row["outcome"], "+".join(row["reasons"]), row["action"], row["matched_by"]
        )
        for row in rows
        for name in ("txn_id", "channel_ref")
        if row[name] is not None
    }  # fmt: skip


@pytest.fixture
def rows(request: pytest.FixtureRequest, tmp_path: Path) -> list[Row]:
    """The outcomes of the case that the test names; none of them moves money."""
    outcomes = run_case(tmp_path, request.param, *RUNS[request.param])
    actions = {row["action"] for row in outcomes}
    assert actions.isdisjoint({"REFUND", "RECOVER"}), "all of it is known on our side"
    return outcomes


def case(name: str) -> pytest.MarkDecorator:
    """Runs a case for a test."""
    return pytest.mark.parametrize("rows", [name], indirect=True)


@case("chargeback-won")
def test_won_chargeback_is_no_second_payment(rows: list[Row]) -> None:
    """The money that comes back pairs with its own transaction."""
    assert last_rows(rows)["CB2"][:2] == ("MATCHED", "")


@case("combined-payment-echoes-first")
def test_order_paid_in_one_sum_is_a_group(rows: list[Row]) -> None:
    """Each transaction and the line are matched; no difference is left."""
    assert {row["outcome"] for row in rows if row["run_date"].isoformat() == FIRST} == {"MATCHED"}


@case("group-late-member")
def test_group_is_matched_by_its_late_member(rows: list[Row]) -> None:
    """After the last run no member is open or broken."""
    assert {state[:2] for state in last_rows(rows).values()} == {("MATCHED", "LATE")}


@case("interchangeable-five")
def test_equal_instalments_are_one_unit(rows: list[Row]) -> None:
    """Nothing tells them apart, and nothing needs to."""
    assert {(row["outcome"], len({*(r["unit_id"] for r in rows)})) for row in rows} == {
        ("MATCHED", 1)
    }


@case("other-kind-same-number")
def test_other_kind_is_one_break_for_a_person(rows: list[Row]) -> None:
    """One row names both."""
    (last,) = [row for row in rows if row["outcome"] == "BREAK"]
    assert (last["reasons"], last["action"]) == (["KIND_MISMATCH"], "REVIEW")
    assert last["txn_id"] is not None
    assert last["line_id"] is not None


@case("part-captures-one-ref")
def test_parts_of_a_payment_are_one_unit(rows: list[Row]) -> None:
    """40 + 30 + 30 are the 100 that we booked."""
    ends = {(state[0], state[3]) for state in last_rows(rows).values()}
    assert ends == {("MATCHED", "captures")}


@case("pending-line-is-on-the-statement")
def test_pending_on_both_sides_waits(rows: list[Row]) -> None:
    """The channel has it: it is not called missing."""
    states = {(row["outcome"], *row["reasons"]) for row in rows if row["txn_id"]}
    assert states == {("SUSPENSE", "NOT_FINAL")}


@case("same-day-void")
def test_void_of_the_day_agrees(rows: list[Row]) -> None:
    """Sale and void add up to 0, and ours is reversed."""
    assert {(row["outcome"], row["matched_by"]) for row in rows} == {("MATCHED", "void")}


def test_later_state_reaches_the_transaction_system(tmp_path: Path) -> None:
    """R1 was published as MATCHED; the channel closed it a day later."""
    run_case(tmp_path, "later-state-reaches-no-one", "2026-03-03")
    files = sorted((tmp_path / "lake/exports/status_updates").rglob("*.jsonl"))
    updates = [json.loads(text) for path in files for text in path.read_text().splitlines()]
    of_pair = [row for row in updates if "R1" in (row.get("txn_id"), row.get("pair_txn_id"))]
    assert [row["now"] for row in of_pair] == ["MATCHED", "BREAK"]
    last = of_pair[-1]
    assert (last["reasons"], last["action"]) == (["STATUS_MISMATCH"], "REVERSE")
    assert last["statement_status"] == "CLOSED"


def test_most_money_is_listed_first(tmp_path: Path) -> None:
    """Ten million before one cent, and what might be the partner is named."""
    run_case(tmp_path, "breaks-order-and-candidates", FIRST)
    with (tmp_path / f"lake/exports/{FIRST}/bo/breaks.csv").open(encoding="utf-8-sig") as file:
        breaks = list(csv.DictReader(file))
    at_stake = [float(row["At stake"].replace(",", "")) for row in breaks]
    assert at_stake == sorted(at_stake, reverse=True)
    assert max(at_stake) == 10_000_000.0


def test_twenty_channels_run(tmp_path: Path) -> None:
    """Nothing is named after all channels together."""
    run_case(tmp_path, "twenty-channels", FIRST)
