"""`settlement.csv` of a date: what people have to look at."""

import csv
from pathlib import Path

import pytest

from jobs.check_settlement import add_checks
from jobs.cli.console import Report
from jobs.lake.tables import Lake
from tests.support.account_ledger import AccountLedger, bank_line, lines_of
from tests.support.ledger import day

pytestmark = pytest.mark.sail_only


def read_rows(lake: Lake, on: int) -> list[dict[str, str]]:
    path = Path(lake.storage.base) / "exports" / str(day(on)) / "settlement.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_rows_that_ask_for_something_with_the_action(lake: Lake) -> None:
    """Of B1 1.00 is missing, B2 got 2.50 too much; B3 is paid and B4 not yet due: both ask nothing.
    A later statement that pays the rest takes B1 out of the file.
    """
    ledger = AccountLedger(lake.prepare())
    batches = {"B1": 1000, "B2": 500, "B3": 300, "B4": 10_000}
    ledger.put(0, *(line for name, amount in batches.items() for line in lines_of(name, amount)))
    ledger.put_bank(0, bank_line("a", 900, "WXB1"), bank_line("b", 750, "WXB2"),
                    bank_line("c", 300, "WXB3"))  # fmt: skip

    def settle(on: int) -> list[tuple[str, ...]]:
        add_checks(Report({}, []), lake, ledger.config, [day(on)])
        names = ("Batch", "Result", "Expected", "Credited", "Difference", "Suggested action")
        return [tuple(row[name] for name in names) for row in read_rows(lake, on)]

    over = ("B2", "OVER", "5.00", "7.50", "2.50", "Review by hand")
    short = ("B1", "SHORT", "10.00", "9.00", "-1.00", "Ask the channel to correct its statement")
    assert settle(0) == [over, short]
    (first, _) = read_rows(lake, 0)
    assert (first["Channel"], first["Bank account"], first["Credits"]) == (
        "wechat",
        "icbc",
        "icbc:b",
    )
    ledger.put_bank(0, bank_line("a", 900, "WXB1"), bank_line("b", 750, "WXB2"),
                    bank_line("c", 300, "WXB3"), bank_line("d", 100, "WXB1"))  # fmt: skip
    assert settle(0) == [over]


def test_file_is_written_before_its_run_is_recorded(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed when the run is to be recorded, the file is there: a date that is recorded has one."""
    ledger = AccountLedger(lake.prepare())
    ledger.put(0, *lines_of("B1", 1000))
    ledger.put_bank(0, bank_line("a", 900, "WXB1"))

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("jobs.treasury.check_dates.record_runs", kill)
    with pytest.raises(KeyboardInterrupt):
        add_checks(Report({}, []), lake, ledger.config, [day(0)])
    assert [row["Batch"] for row in read_rows(lake, 0)] == ["B1"]
