"""Status updates: each publication has what changed, and what was published is kept up to date."""

from pathlib import Path

import pytest
from deltalake import DeltaTable

from jobs.exports.publication import publish as publish_module
from jobs.lake.changes import channel_days
from jobs.lake.tables import Lake
from schemas.tables import RUNS, STATUS_UPDATES
from tests.support.followup_ledger import (
    FollowupLedger,
    changed,
    line_about,
    open_line,
    open_transaction,
    pair,
    reconciled,
    waiting,
    waiting_line,
)
from tests.support.ledger import amount_break_row, day, internal_only_row, outcome_row
from tests.support.publications import all_updates, file_rows, fold, publish, rows_of


@pytest.fixture
def ledger(lake: Lake) -> FollowupLedger:
    return FollowupLedger(lake)


def test_each_publication_has_what_changed(ledger: FollowupLedger) -> None:
    """Day 0: A matches, B and line X wait. Day 1: both still wait. Day 2: B breaks, X is paired,
    A has changed.
    """
    x, b = open_line("f:X"), open_transaction("B")
    ledger.put(0, pair("A"), waiting("B"), waiting_line("X", line_id="f:X"), open_items=[x, b])
    first = publish(ledger)
    assert (first.sequence, first.rows) == (1, 3)
    assert rows_of(ledger.lake, 1) == {
        "A": (None, "MATCHED", ""),
        "B": (None, "SUSPENSE", "INTERNAL_ONLY"),
        "f:X": (None, "SUSPENSE", "STATEMENT_ONLY"),
    }
    assert publish(ledger).rows == 0, "run twice: no new rows"

    since = {"first_run_date": day(0)}
    ledger.put(
        1,
        pair("C", on=1),
        reconciled("A", on=1),
        waiting("B", on=1, **since),
        waiting_line("X", line_id="f:X", on=1, **since),
        open_items=[x, b],
    )
    assert publish(ledger).sequence == 2
    assert rows_of(ledger.lake, 2) == {"C": (None, "MATCHED", "")}

    ledger.put(
        2,
        pair("B", 1_000, 900, on=2, **since),
        pair("X", on=2, **since),
        changed("A", 1_001, on=2),
    )
    publish(ledger)
    assert rows_of(ledger.lake, 3) == {
        "A": ("MATCHED", "BREAK", "CHANGED_AFTER_MATCH"),
        "B": ("SUSPENSE", "BREAK", "AMOUNT_MISMATCH"),
        "X": (None, "MATCHED", ""),
        "f:X": ("SUSPENSE", None, ""),  # its transaction speaks for it now
    }
    (line,) = [row for row in all_updates(ledger.lake) if row["withdrawn"]]
    assert (line["pair_txn_id"], line["txn_id"]) == ("X", None)
    assert fold(all_updates(ledger.lake)).keys() == {"A", "B", "C", "X"}


@pytest.mark.sail_only
def test_file_has_the_rows_of_its_publication(ledger: FollowupLedger) -> None:
    """One object per row, without nulls; also where a text needs escapes."""
    ledger.put(
        0,
        pair("A", 1_000, 900),
        waiting('"x"\\'),
        line_about("N", "f:A", "STATUS_MISMATCH", related=["one", 'tw"o']),
    )
    published = publish(ledger)
    assert published.file == "exports/status_updates/bank/status_updates-000000001.jsonl"
    found = file_rows(ledger.lake, published)
    expected = sorted(all_updates(ledger.lake), key=lambda r: str(r["txn_id"] or r["line_id"]))
    for row in expected:
        del row["newest_run_date"], row["as_of"]
        row["run_date"] = str(row["run_date"])
    assert found == [{k: v for k, v in row.items() if v is not None} for row in expected]
    of_a = next(row for row in found if row.get("txn_id") == "A")
    assert (of_a["statement_amount"], of_a["withdrawn"], of_a["reasons"]) == (
        900, False, ["AMOUNT_MISMATCH"],
    )  # fmt: skip


@pytest.mark.sail_only
def test_states_that_a_new_match_takes_back(ledger: FollowupLedger) -> None:
    """Day 1 is matched anew: A did not change after all, N was never there, and L's line is alone
    again. A goes back to the state of day 0, which is published once more; N is withdrawn.
    """
    line = open_line("f:L")
    ledger.put(0, pair("A"), waiting_line("L", line_id="f:L"), open_items=[line])
    publish(ledger)
    since = {"first_run_date": day(0), "on": 1}
    ledger.put(1, changed("A", 1_100, on=1), waiting("N", on=1), pair("L", **since))
    publish(ledger)
    assert rows_of(ledger.lake, 2) == {
        "A": ("MATCHED", "BREAK", "CHANGED_AFTER_MATCH"),
        "L": (None, "MATCHED", ""),
        "N": (None, "SUSPENSE", "INTERNAL_ONLY"),
        "f:L": ("SUSPENSE", None, ""),
    }
    ledger.put(1, pair("Z", on=1), waiting_line("L", line_id="f:L", **since), open_items=[line])
    publish(ledger)
    assert rows_of(ledger.lake, 3) == {
        "A": ("BREAK", "MATCHED", ""),
        "L": ("MATCHED", None, ""),
        "N": ("SUSPENSE", None, ""),
        "Z": (None, "MATCHED", ""),
        "f:L": (None, "SUSPENSE", "STATEMENT_ONLY"),
    }
    states = fold(all_updates(ledger.lake))
    assert states.keys() == {"A", "Z", "f:L"}
    assert states["A"]["line_id"] == "f:A"
    assert publish(ledger).rows == 0


@pytest.mark.sail_only
def test_line_that_broke_before_comes_back(ledger: FollowupLedger) -> None:
    """Line L broke on day 0 and is out of sight; day 1 pairs it, and matched anew does not."""
    line = open_line("f:L", broke_on=day(0))
    ledger.put(0, waiting_line("L", line_id="f:L", outcome="BREAK"), open_items=[line])
    publish(ledger)
    ledger.put(1, pair("L", on=1, first_run_date=day(0), reasons=["LATE"]))
    publish(ledger)
    ledger.put(1, pair("Z", on=1), open_items=[line])
    publish(ledger)
    assert rows_of(ledger.lake, 2)["f:L"] == ("BREAK", None, "")
    assert rows_of(ledger.lake, 3) == {
        "L": ("MATCHED", None, ""),
        "Z": (None, "MATCHED", ""),
        "f:L": (None, "BREAK", "STATEMENT_ONLY"),
    }


@pytest.mark.sail_only
def test_break_out_of_sight_is_known(ledger: FollowupLedger) -> None:
    """B breaks on day 0, has no row on day 1, and its line comes on day 2. W was written off."""
    items = [
        open_transaction("B", broke_on=day(0)),
        open_transaction("W", broke_on=day(0), written_off="d-1"),
    ]
    broken = internal_only_row("B", 1_000)
    written_off = internal_only_row("W", 1_000, outcome="EXCLUDED", matched_by="decision:d-1")
    ledger.put(0, broken, written_off, open_items=items)
    ledger.put(1, pair("C", on=1), open_items=items)
    publish(ledger)
    late = {"on": 2, "first_run_date": day(0), "reasons": ["LATE"]}
    ledger.put(2, pair("B", **late), pair("W", **late))
    publish(ledger)
    assert rows_of(ledger.lake, 2) == {
        "B": ("BREAK", "MATCHED", "LATE"),
        "W": ("EXCLUDED", "MATCHED", "LATE"),
    }


@pytest.mark.sail_only
def test_attempt_that_failed_comes_again(ledger: FollowupLedger) -> None:
    """A failed on both sides on day 0; the attempt of day 1 is paid."""
    failed = {"internal_status": "FAILED", "statement_status": "FAILED"}
    ledger.put(0, pair("A", **failed))
    publish(ledger)
    ledger.put(1, pair("A", on=1))
    publish(ledger)
    assert rows_of(ledger.lake, 2) == {"A": ("MATCHED", "MATCHED", "")}


@pytest.mark.sail_only
def test_line_names_the_transaction_that_it_is_about(ledger: FollowupLedger) -> None:
    """A is paid on day 0. Day 1: reversed, and listed twice. Day 2: the reversal is listed again,
    under another number than the first. Day 3 is about a line of which no transaction is known.
    """
    same = {"our_ref": "A", "channel_ref": "C-A"}
    later = {"reasons": ["STATUS_MISMATCH"], "statement_status": "REVERSED", **same}
    ledger.put(0, pair("A"), pair("B"))
    ledger.put(
        1,
        line_about("A1", "f:A", "STATUS_MISMATCH", on=1, **later),
        line_about("A2", "f:A", "DUPLICATE_LINE", on=1, **same),
    )
    ledger.put(2, line_about("A3", "A1", "DUPLICATE_LINE", on=2, **same))
    ledger.put(3, line_about("Q", "f:unknown", "DUPLICATE_LINE", on=3, **same))
    ledger.put(4, waiting("B2", on=4, outcome="BREAK", reasons=["DUPLICATE_TRANSACTION"],
                          duplicate_of="B"))  # fmt: skip
    publish(ledger)
    about = {row["line_id"] or row["txn_id"]: row["pair_txn_id"] for row in all_updates(ledger.lake)
             if row["run_date"] > day(0)}  # fmt: skip
    assert about == {"A1": "A", "A2": "A", "A3": "A", "Q": None, "B2": "B"}


@pytest.mark.sail_only
def test_later_runs_change_nothing_about_what_a_line_was_about(ledger: FollowupLedger) -> None:
    """Day 0: the copy K of line L, which has no transaction yet; day 1 pairs L with X.

    Published on each day or at once, K is about nothing: on day 0 nothing was known.
    """
    folds = []
    for at_once in (False, True):
        lake = Lake(ledger.lake.spark, f"{ledger.lake.uri}-{at_once}").prepare()
        other = FollowupLedger(lake)
        line = open_line("f:X")
        copy = line_about("K", "f:X", "DUPLICATE_LINE", our_ref="X", channel_ref="C-X")
        other.put(0, waiting_line("X", line_id="f:X"), copy, open_items=[line])
        if not at_once:
            publish(other)
        other.put(1, pair("X", on=1, first_run_date=day(0)))
        publish(other)
        folds.append(fold(all_updates(lake)))
    assert folds[0] == folds[1]
    assert folds[0]["K"]["pair_txn_id"] is None


@pytest.mark.sail_only
def test_date_that_is_not_whole_waits_until_asked_for(ledger: FollowupLedger) -> None:
    """Day 0 has no statement: nothing is published, unless it is asked for; then it counts."""
    ledger.put(0, waiting("A"), open_items=[open_transaction("A")], result="STATEMENT_MISSING")
    held = publish(ledger)
    assert (held.rows, held.held_back) == (0, (day(0),))
    assert publish(ledger, 0).rows == 1
    assert publish(ledger).rows == 0
    assert rows_of(ledger.lake, 1) == {"A": (None, "SUSPENSE", "INTERNAL_ONLY")}
    ledger.put(0, pair("A"))
    assert publish(ledger).held_back == ()
    assert rows_of(ledger.lake, 2) == {"A": ("SUSPENSE", "MATCHED", "")}


@pytest.mark.sail_only
def test_date_before_that_becomes_whole_later(ledger: FollowupLedger) -> None:
    """Day 1 has no statement, day 2 is whole and published; then day 1's statement comes.

    Until then day 1 says nothing; at the end the states are those of the clean run.
    """
    t0, t1 = open_transaction("T0"), open_transaction("T1")
    since0 = {"first_run_date": day(0)}
    missing = {"result": "STATEMENT_MISSING"}
    ledger.put(0, waiting("T0"), open_items=[t0])
    publish(ledger)
    rows = (waiting("T0", on=1, **since0), waiting("T1", on=1))
    ledger.put(1, *rows, open_items=[t0, t1], **missing)
    publish(ledger)
    ledger.put(2, waiting("T0", on=2, **since0), waiting("T1", on=2, first_run_date=day(1)),
               open_items=[t0, t1])  # fmt: skip
    publish(ledger)
    assert rows_of(ledger.lake, 2) == {"T1": (None, "SUSPENSE", "INTERNAL_ONLY")}
    ledger.put(1, pair("T0", on=1, **since0), waiting("T1", on=1), open_items=[t1])
    ledger.put(2, waiting("T1", on=2, first_run_date=day(1)), open_items=[t1])
    publish(ledger)
    assert rows_of(ledger.lake, 3) == {"T0": ("SUSPENSE", "MATCHED", "")}


@pytest.mark.sail_only
def test_killed_between_table_and_file(
    ledger: FollowupLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are committed, the file is not written: the next call writes it and adds no row."""
    ledger.put(0, pair("A"))

    def kill(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publish_module, "write_missing_files", kill)
        with pytest.raises(KeyboardInterrupt):
            publish(ledger)
    assert ledger.lake.read_rows(RUNS, job="publish") == []
    assert publish(ledger).rows == 0
    path = Path(ledger.lake.uri, "exports/status_updates/bank/status_updates-000000001.jsonl")
    assert path.read_text().count("\n") == 1
    assert len(all_updates(ledger.lake)) == 1
    path.unlink()
    publish(ledger)
    assert not path.exists(), "a file that was written once is the reader's to remove"


@pytest.mark.sail_only
def test_two_publications_at_once(ledger: FollowupLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one process is about to commit, another publishes: every row is there once."""
    ledger.put(0, pair("A"), amount_break_row("B", 1, 2), outcome_row("C"))
    commit, others = channel_days.commit_changes, [1]

    def let_other_first(*arguments: object) -> None:
        if others:
            others.pop()
            assert publish(ledger).rows == 3
        commit(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(channel_days, "commit_changes", let_other_first)
    assert publish(ledger).rows == 0
    assert [row["sequence"] for row in all_updates(ledger.lake)] == [1, 1, 1]
    root = Path(ledger.lake.uri, STATUS_UPDATES.name)
    stored = {str(path) for path in root.rglob("*.parquet") if "_delta_log" not in path.parts}
    committed = {str(path).removeprefix("file://") for path in DeltaTable(root).file_uris()}
    assert stored == committed, "the data files of the one that lost are gone"
