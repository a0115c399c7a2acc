"""`tieout explain BATCH_REF`: what a settlement batch comes to, and which credits paid it."""

import pytest

from jobs.lake.tables import Lake
from jobs.lake.time_travel import LakeAsOf
from jobs.timeline.events import Facts
from jobs.timeline.references import search_key_of
from jobs.timeline.search import SearchScope
from jobs.timeline.settlement_batches import find_batches, render_batch
from jobs.timeline.text import render_timeline
from jobs.timeline.trace import summarize_timeline, trace_reference
from schemas.tables import STATEMENT_FILES
from tests.support.account_ledger import AccountLedger, bank_line, lines_of
from tests.support.ledger import day

pytestmark = pytest.mark.sail_only


def test_batch_has_its_sums_its_credits_and_what_was_told_before(lake: Lake) -> None:
    """Two payments, paid by two credits a day later. Another batch is not shown."""
    ledger = AccountLedger(lake.prepare())
    ledger.put(0, *lines_of("B1", 1000, 500, fee=6), *lines_of("B2", 700))
    ledger.put_bank(0)
    ledger.put_bank(1, bank_line("c", 1000, "WXB1"), bank_line("d", 488, "WXB1"))
    ledger.check(0, 1)
    profiles = ledger.config.profiles
    files = {(row["channel"], row["file_id"]): row for row in lake.read_rows(STATEMENT_FILES)}
    key, scope = search_key_of("b1", profiles), SearchScope(profiles)
    (batch,) = find_batches(LakeAsOf(lake), key, scope, profiles, Facts(files=files))
    expected = {"channel": "wechat", "batch": "B1", "lines": 2, "gross": "15.00", "fees": "0.12",
                "net": "14.88", "expected": "14.88", "credited": "14.88", "result": "SETTLED",
                "matched_by": "reference", "date": str(day(1))}  # fmt: skip
    assert {name: batch[name] for name in expected} == expected
    credits = [(one["bank"], one["line_id"], one["amount"]) for one in batch["credits"]]
    assert credits == [("icbc", "icbc:c", "10.00"), ("icbc", "icbc:d", "4.88")]
    changes = [(row["date"], row["result"], row["credited"]) for row in batch["changes"]]
    assert changes == [(str(day(0)), "PENDING", "0.00"), (str(day(1)), "SETTLED", "14.88")]
    assert [*render_batch(batch)][:2] == [
        "wechat settlement batch B1 in CNY",
        f"now, {day(1)}: SETTLED, CNY 14.88 came of 14.88, action NONE",
    ]


def test_batch_of_a_date_is_shown_though_no_line_names_it(lake: Lake) -> None:
    ledger = AccountLedger(lake.prepare(), {"wechat": {"batch_by": "business_date"}})
    ledger.put(0, *lines_of(None, 1000))
    ledger.put_bank(0)
    ledger.check(0)
    timeline = trace_reference(lake, ledger.config, str(day(0)))
    assert timeline["found"] == 0
    assert f"wechat settlement batch {day(0)} in CNY" in render_timeline(timeline)
    (summary,) = summarize_timeline(timeline)["batches"]
    assert (summary["expected"], summary["result"]) == ("10.00", "PENDING")
    assert trace_reference(lake, ledger.config, "nobody")["batches"] == []
