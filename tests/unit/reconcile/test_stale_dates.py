"""Which dates' fee checks and exports do not follow their latest match, by the versions in runs."""

from typing import Any

from jobs.reconcile.stale_dates import find_stale_dates
from tests.support.ledger import day


def run(job: str, offset: int, read: dict[str, int], written: dict[str, int]) -> dict[str, Any]:
    """A row of `runs`."""
    return {"job": job, "business_date": day(offset), "versions_read": read,
            "versions_written": written}  # fmt: skip


def match(offset: int, lines: int, outcomes: int) -> dict[str, Any]:
    return run("match", offset, {"statement_lines": lines}, {"outcomes": outcomes})


def fees(offset: int, lines: int) -> dict[str, Any]:
    return run("check_fees", offset, {"statement_lines": lines}, {"fee_checks": 99})


def export(offset: int, outcomes: int, fee_checks: int = 99) -> dict[str, Any]:
    return run("export", offset, {"outcomes": outcomes, "fee_checks": fee_checks}, {})


def test_what_was_done_after_the_match_is_not_stale() -> None:
    runs = [match(0, 3, 5), fees(0, 3), export(0, 5), match(1, 4, 6), fees(1, 7), export(1, 8)]
    assert find_stale_dates(runs) == {"check_fees": [], "export": []}


def test_what_match_ran_again_is_stale_whatever_the_order_of_rows() -> None:
    """Lines 4 and outcomes 7, 8 came after the late file; day 1 was exported since, not checked."""
    runs = [match(0, 3, 5), match(1, 3, 6), fees(0, 3), fees(1, 3), export(0, 5), export(1, 6),
            match(0, 4, 7), match(1, 4, 8), export(1, 8)]  # fmt: skip
    expected = {"check_fees": [day(0), day(1)], "export": [day(0)]}
    assert find_stale_dates(runs) == find_stale_dates(runs[::-1]) == expected


def test_what_was_never_done_is_stale_but_not_a_date_without_rows() -> None:
    """Day 1 had no files and nothing open: the match wrote nothing, so nothing is exported."""
    nothing_there = run("match", 1, {"statement_lines": 3}, {})
    runs = [match(0, 3, 5), nothing_there]
    assert find_stale_dates(runs) == {"check_fees": [day(0)], "export": [day(0)]}


def test_a_match_that_wrote_nothing_new_leaves_what_was_done() -> None:
    nothing_there = run("match", 0, {"statement_lines": 9}, {})
    runs = [match(0, 3, 5), fees(0, 3), export(0, 5), nothing_there]
    assert find_stale_dates(runs) == {"check_fees": [], "export": []}


def test_export_follows_the_fee_check_that_it_lists() -> None:
    """Day 0 was checked by a new rate card after its export; day 1 was exported after its check."""
    runs = [match(0, 3, 5), match(1, 3, 6), fees(0, 3), fees(1, 3), export(0, 5, fee_checks=98),
            export(1, 6)]  # fmt: skip
    assert find_stale_dates(runs) == {"check_fees": [], "export": [day(0)]}


def test_fee_check_follows_the_accrual_whose_sums_it_has() -> None:
    """A kill between the accrual and the check leaves the check stale; a check that never read
    accruals, of an earlier version of the software, does not count.
    """
    accrual = run("accrue_fees", 0, {}, {"fee_accruals": 4})
    checked = run("check_fees", 0, {"statement_lines": 3, "fee_accruals": 4}, {"fee_checks": 99})
    runs = [match(0, 3, 5), accrual, checked, export(0, 5)]
    assert find_stale_dates(runs)["check_fees"] == []
    again = run("accrue_fees", 0, {}, {"fee_accruals": 6})
    assert find_stale_dates([*runs, again])["check_fees"] == [day(0)]
    assert find_stale_dates([match(0, 3, 5), fees(0, 3), again])["check_fees"] == []


def test_fee_check_that_read_outcomes_follows_them() -> None:
    """Day 0 was matched again, with the lines that it had: a transaction came late."""
    checked = run("check_fees", 0, {"statement_lines": 3, "outcomes": 5}, {"fee_checks": 99})
    runs = [match(0, 3, 5), checked, export(0, 5)]
    assert find_stale_dates(runs)["check_fees"] == []
    assert find_stale_dates([*runs, match(0, 3, 7)])["check_fees"] == [day(0)]
