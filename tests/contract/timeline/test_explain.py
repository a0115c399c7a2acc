"""`tieout explain` on one small pipeline: two channels, three receptions, and a reference each.

Channel bank, day 0: A 10.00 agrees. B is 10.00 in our books, 9.99 on the statement, and 10.00 on
the resent statement. W comes a day late. Two lines of 7.00 without our reference could each be Y1
or Y2. The line of R cannot be parsed. Channel shop writes its own A as `S-A`, and sends a gz file.
"""

import gzip
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.exports import export_day
from jobs.fees import check_day
from jobs.lake.tables import Lake
from jobs.timeline import trace
from jobs.timeline.source_text import mask_line, read_lines_at
from jobs.timeline.text import render_timeline
from schemas.errors import TableMissing
from schemas.fee_schedule import FeeSchedule
from schemas.profile.layout.delimited import DelimitedLayout
from schemas.tables import TABLES
from tests.support.ledger import day, file_line, file_txn
from tests.support.pipeline_fixture import PAGE, PipelineFixture, statement_text

EXTRA = """    account_tail: account
    payer_name: payer
"""
BANK = (
    PAGE.replace("match:\n", "match:\n", 1)
    .replace("    merchant_id: merchant\n", "    merchant_id: merchant\n" + EXTRA)
    .replace('*.csv*"\n', '*.csv*"\n  rejected_share_max: 0.5\n')
    .replace(
        "passes: [our_ref, channel_ref]",
        "passes: [our_ref, channel_ref, {name: by_amount, on: [amount, currency]}]",
    )
)
SHOP = (
    PAGE.replace("bank", "shop").replace("merchant_id: merchant", "order_ref: merchant")
    + "  groups: [{name: order, on: order_ref}]\nreferences:\n  our_ref: {strip_prefix: [S-]}\n"
)
FEES = FeeSchedule.model_validate(
    {"channel": "bank", "entries": [{"name": "standard", "rate": "0.005"}]}
)


def with_payer(text: str) -> str:
    """A statement with the payer's account and name at the end of each line."""
    head, *lines = text.splitlines()
    return "\n".join(
        [f"{head},account,payer", *[f"{text_line},6222021234567,Wang Wu" for text_line in lines]]
    )


@pytest.fixture(scope="module")
def pipeline(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PipelineFixture]:
    root = tmp_path_factory.mktemp("explained")
    new_pipeline = PipelineFixture(root, Lake(spark, str(root / "lake")).prepare(), BANK)
    new_pipeline.write_profile(SHOP, "shop")
    lines = [
        file_line("A"),
        file_line("B", "9.99"),
        file_line(None, "7.00", channel_ref="X1"),
        file_line(None, "7.00", channel_ref="X2"),
        file_line("R", "much"),
    ]
    first = statement_text(lines, day(0))
    new_pipeline.write_file(f"bank/{day(0)}/lines.csv", with_payer(first))
    lines = [
        file_line("S-A", "20.00"),
        file_line(None, "4.00", channel_ref="P1", merchant="O1"),
        file_line(None, "6.00", channel_ref="P2", merchant="O1"),
    ]
    packed = gzip.compress(statement_text(lines, day(0)).encode())
    new_pipeline.write_file(f"shop/{day(0)}/lines.csv.gz", packed)
    new_pipeline.write_snapshot(
        0,
        file_txn("A"),
        file_txn("B"),
        file_txn("W"),
        file_txn("Y1", "7.00"),
        file_txn("Y2", "7.00"),
        file_txn("T9", "20.00", our_ref="A", channel="shop"),
        file_txn("G1", order_ref="O1", channel="shop"),
    )
    new_pipeline.write_file(
        f"bank/{day(1)}/lines.csv", with_payer(statement_text([file_line("W")], day(1)))
    )
    new_pipeline.write_snapshot(1, file_txn("N"))
    new_pipeline.ingest(0, 1)
    new_pipeline.match(0)
    new_pipeline.match(0, channel="shop")
    new_pipeline.first_run_at = datetime.now(UTC)  # type: ignore[attr-defined]
    new_pipeline.write_file(f"bank/{day(0)}/lines.csv", with_payer(first.replace("9.99", "10.00")))
    new_pipeline.ingest(0)
    new_pipeline.match(0, 1)
    profile = new_pipeline.config.profiles["bank"]
    check_day.record_fee_check(new_pipeline.lake, profile, FEES, day(0))
    export_day.record_export(new_pipeline.lake, profile, day(0))
    yield new_pipeline
    new_pipeline.lake.remove_staged()


def timeline_of(pipeline: PipelineFixture, reference: str, **more: Any) -> dict[str, Any]:
    """The timeline of a reference."""
    return trace.trace_reference(pipeline.lake, pipeline.config, reference, **more)


def events(timeline: dict[str, Any], kind: str, records: int = 0) -> list[dict[str, Any]]:
    """Events of one kind of the linked records with this number."""
    all_events = timeline["threads"][records]["events"]
    return [event for event in all_events if event["event"] == kind]


@pytest.mark.sail_only
def test_timeline_as_of_the_first_run_shows_the_break(pipeline: PipelineFixture) -> None:
    """B as of the first run: BREAK, 10.00 and 9.99, the source text, not exported yet."""
    timeline = timeline_of(pipeline, "B", as_of=pipeline.first_run_at)  # type: ignore[attr-defined]
    (outcome,), (line_event,) = events(timeline, "outcome"), events(timeline, "line")
    assert outcome["in_words"] == ["amounts differ"]
    assert outcome["differs"] == [{"what": "amount", "ours": "10.00", "theirs": "9.99"}]
    assert (outcome["difference"], outcome["matched_by"]) == ("-0.01", "our_ref")
    assert (outcome["run"]["runs_of_the_date"], outcome["run"]["export"]) == (1, None)
    assert (line_event["line_no"], line_event["version"]) == (3, 1)
    text = "\n".join(render_timeline(timeline))
    assert "amount: internal 10.00, statement 9.99, difference -0.01" in text
    assert text.startswith("as the tables were at ")


@pytest.mark.sail_only
def test_timeline_after_the_second_run_shows_the_match(pipeline: PipelineFixture) -> None:
    """B now: the second version of the file, MATCHED by the second run, fee checked, exported."""
    timeline = timeline_of(pipeline, "B")
    (outcome,), (line_event,), (fee,) = (
        events(timeline, kind) for kind in ("outcome", "line", "fee")
    )
    assert (outcome["outcome"], outcome["differs"]) == ("MATCHED", [])
    assert outcome["run"]["runs_of_the_date"] == 2
    assert outcome["run"]["export"] == f"exports/{day(0)}/bank"
    assert line_event["version"] == 2
    assert (fee["charged"], fee["due"], fee["difference"]) == ("0.06", "0.05", "0.01")
    assert (fee["result"], fee["schedule"]) == ("OVERCHARGED", "standard")


@pytest.mark.sail_only
def test_source_text_masks_account_and_name(pipeline: PipelineFixture) -> None:
    """The text is the line_event line, except the payer's account number and name."""
    (line_event,) = events(timeline_of(pipeline, "C-B"), "line")
    assert line_event["raw"] == (
        f"B,C-B,PAYMENT,SUCCEEDED,10.00,0.06,CNY,{day(0)} 12:00:00,M1,*********4567,W**"
    )


@pytest.mark.sail_only
@pytest.mark.parametrize("reference", ["A", " a ", "S-A"])
def test_reference_of_two_channels_gives_two_linked_records(
    pipeline: PipelineFixture, reference: str
) -> None:
    """The normalized reference is A in both channels; only shop writes S-A."""
    timeline = timeline_of(pipeline, reference)
    channels = [records["channel"] for records in timeline["threads"]]
    assert channels == (["shop"] if reference == "S-A" else ["bank", "shop"])
    (line_event,) = events(timeline, "line", -1)
    assert (line_event["raw"] or "").startswith("S-A,C-S-A,PAYMENT")
    assert timeline["threads"][-1]["txn_ids"] == ["T9"]
    assert timeline["threads"][-1]["now"][0]["outcome"] == "MATCHED"


@pytest.mark.sail_only
def test_waiting_item_has_an_outcome_on_every_date(pipeline: PipelineFixture) -> None:
    """W waits on day 0 (attempt 1 of 3), and is matched on day 1 with the line of that day."""
    timeline = timeline_of(pipeline, "W")
    waiting, matched = events(timeline, "outcome")
    assert (waiting["outcome"], waiting["waiting"][0]["chances"]) == ("SUSPENSE", 1)
    assert (matched["outcome"], matched["waiting"], matched["date"]) == ("MATCHED", [], str(day(1)))
    assert [event["event"] for event in timeline["threads"][0]["events"]] == [
        "transaction", "outcome", "line", "outcome",
    ]  # fmt: skip
    assert "internal side stays open: matching attempt 1 of 3" in "\n".join(
        render_timeline(timeline)
    )


@pytest.mark.sail_only
def test_ambiguous_item_lists_its_candidates(pipeline: PipelineFixture) -> None:
    """Y1 of 7.00: two lines of 7.00, by the pass on the amount, named by file and line."""
    timeline = timeline_of(pipeline, "Y1")
    outcome = events(timeline, "outcome")[0]
    assert outcome["reasons"] == ["AMBIGUOUS"]
    candidates = [(row["rank"], row["of"], row["candidate_is"], row["amount"])
              for row in outcome["candidates"]]  # fmt: skip
    assert candidates == [
        (1, 2, f"bank/{day(0)}/lines.csv line 4", "7.00"),
        (2, 2, f"bank/{day(0)}/lines.csv line 5", "7.00"),
    ]
    assert f"candidate 1 of 2 by by_amount: bank/{day(0)}/lines.csv line 4" in "\n".join(
        render_timeline(timeline)
    )


@pytest.mark.sail_only
def test_unknown_reference_reports_what_was_searched(pipeline: PipelineFixture) -> None:
    """No such reference: timeline 0, with the channels and dates that were searched."""
    timeline = timeline_of(pipeline, "NOBODY")
    assert (timeline["found"], timeline["threads"], timeline["rejected"]) == (0, [], [])
    assert timeline["searched"]["channels"] == ["bank", "shop"]
    assert render_timeline(timeline) == [
        "No line and no transaction has the reference NOBODY.",
        f"Searched: bank, shop; {day(0)} to {day(1)} (2 dates), as given and normalized by each"
        " channel's",
        "rules.",
    ]


@pytest.mark.sail_only
def test_timeline_before_the_first_ingest_is_empty(pipeline: PipelineFixture) -> None:
    timeline = timeline_of(pipeline, "A", as_of=datetime.now(UTC) - timedelta(days=365))
    assert (timeline["found"], timeline["searched"]["dates"]) == (0, [])


@pytest.mark.sail_only
def test_rejected_line_is_reported(pipeline: PipelineFixture) -> None:
    """The amount of line C-R cannot be parsed; only the newest version of the file counts."""
    (rejected,) = timeline_of(pipeline, "C-R")["rejected"]
    assert rejected["line"] == f"bank/{day(0)}/lines.csv line 6"
    assert "much" in rejected["reason"]


@pytest.mark.sail_only
def test_match_alone_writes_no_table(pipeline: PipelineFixture) -> None:
    """W alone, as if nothing was closed: MATCHED; no table has a new version."""
    before = [pipeline.lake.version(table) for table in TABLES]
    timeline = timeline_of(pipeline, "W", match_alone=True)
    (result,) = timeline["alone"]
    assert [(row["outcome"], row["txn_id"]) for row in result["outcomes"]] == [("MATCHED", "W")]
    assert (result["lines"], result["transactions"]) == (1, 1)
    assert [pipeline.lake.version(table) for table in TABLES] == before
    assert "matched alone: 1 line and 1 transaction" in "\n".join(render_timeline(timeline))


@pytest.mark.sail_only
def test_line_id_is_a_reference(pipeline: PipelineFixture) -> None:
    line_id = timeline_of(pipeline, "W")["threads"][0]["line_ids"][0]
    timeline = timeline_of(pipeline, line_id, days=[day(1)])
    assert (timeline["threads"][0]["found_by"], timeline["threads"][0]["txn_ids"]) == (
        ["line_id"],
        ["W"],
    )


@pytest.mark.sail_only
def test_path_without_a_lake_is_refused_and_not_created(pipeline: PipelineFixture) -> None:
    empty = pipeline.root / "nothing"
    with pytest.raises(TableMissing, match="run `tieout ingest` first"):
        trace.trace_reference(Lake(pipeline.lake.spark, str(empty)), pipeline.config, "A")
    assert not empty.exists()


@pytest.mark.sail_only
def test_group_is_described_and_matched_as_a_whole(pipeline: PipelineFixture) -> None:
    """G1 of 10.00 is paid by 4.00 and 6.00 of order O1: the match alone finds all three rows."""
    timeline = timeline_of(pipeline, "G1", match_alone=True)
    (outcome,) = events(timeline, "outcome")
    assert (outcome["outcome"], outcome["matched_by"]) == ("MATCHED", "order")
    assert outcome["group"] == {"transactions": 1, "lines": 2, "sums": [
        {"currency": "CNY", "ours": "10.00", "theirs": "10.00", "difference": "0.00"},
    ]}  # fmt: skip
    assert [row["outcome"] for row in timeline["alone"][0]["outcomes"]] == ["MATCHED"] * 3
    assert "G1 in group order of 1 transaction and 2 lines: CNY internal 10.00" in "\n".join(
        render_timeline(timeline)
    )


@pytest.mark.spark
def test_timeline_on_spark(lake: Lake, tmp_path) -> None:
    """A 10.00 and 9.99, explained on Spark before the match and after it."""
    pipeline = PipelineFixture(tmp_path, lake)
    pipeline.write_snapshot(0, file_txn("A"))
    pipeline.write_statement(0, file_line("A", "9.99"))
    pipeline.ingest(0)
    then = datetime.now(UTC)
    pipeline.match(0)
    before, after = (timeline_of(pipeline, "A", as_of=at) for at in (then, None))
    assert (before["found"], events(before, "outcome")) == (1, [])
    assert events(after, "outcome")[0]["in_words"] == ["amounts differ"]


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_lines_are_read_by_number(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of any size, a last line without an end, a number beyond the end."""
    monkeypatch.setattr("jobs.timeline.source_text.BLOCK_BYTES", block)
    text = b"one\r\n\nthree is longer\nfour"
    assert read_lines_at(io.BytesIO(text), [1, 2, 3, 4, 9]) == {
        1: b"one\r", 2: b"", 3: b"three is longer", 4: b"four",
    }  # fmt: skip
    assert read_lines_at(io.BytesIO(text), [3]) == {3: b"three is longer"}


LAYOUT = DelimitedLayout.model_validate({
    "quote": '"', "columns": {"payer_name": "name", "account_tail": "card", "our_ref": "ref"},
    "constants": {"kind": "PAYMENT", "status": "SUCCEEDED", "amount": "1", "currency": "CNY"},
})  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "layout", "shown"),
    [
        ('7,"王小明",62220212', LAYOUT, '7,"王**",****0212'),
        ("N1,N,12345", LAYOUT, "N1,N**,*2345"),
        ("a 4111111111111111 b", None, "a ************1111 b"),  # a card's number, by its check
        ("a 888820212 b", None, "a *****0212 b"),  # ends in the line's account tail
        ("a 990000212 b", None, "a 990000212 b"),  # does so, but is a reference of the line
        ("a 123456789 b", None, "a 123456789 b"),
    ],
)
def test_raw_line_is_masked(raw: str, layout: DelimitedLayout | None, shown: str) -> None:
    row = {"account_tail": "0212", "our_ref": "X990000212"}
    assert mask_line(raw, row, layout, "ref,name,card") == shown
