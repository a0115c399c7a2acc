"""`tieout explain` on one small world: two channels, three receptions, and a reference each.

Channel bank, day 0: A 10.00 agrees; B is 10.00 with us, 9.99 on the statement, and 10.00 on the one
that is sent anew; W comes a day late; two lines of 7.00 without our number could each be Y1 or Y2;
a line of R cannot be read. Channel shop calls its own A `S-A`, and packs its file.
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
from jobs.timeline import history
from jobs.timeline.source_text import lines_at, masked
from jobs.timeline.text import told
from schemas.errors import TableMissing
from schemas.fee_schedule import FeeSchedule
from schemas.profile.layout.delimited import DelimitedLayout
from schemas.tables import TABLES
from tests.support.worlds import PAGE, World, day, line, statement_text, txn

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
        [f"{head},account,payer", *[f"{each},6222021234567,Wang Wu" for each in lines]]
    )


@pytest.fixture(scope="module")
def world(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("explained")
    made = World(root, Lake(spark, str(root / "lake")).prepare(), BANK)
    made.profile(SHOP, "shop")
    lines = [
        line("A"),
        line("B", "9.99"),
        line(None, "7.00", channel_ref="X1"),
        line(None, "7.00", channel_ref="X2"),
        line("R", "much"),
    ]
    first = statement_text(lines, day(0))
    made.file(f"bank/{day(0)}/lines.csv", with_payer(first))
    lines = [
        line("S-A", "20.00"),
        line(None, "4.00", channel_ref="P1", merchant="O1"),
        line(None, "6.00", channel_ref="P2", merchant="O1"),
    ]
    packed = gzip.compress(statement_text(lines, day(0)).encode())
    made.file(f"shop/{day(0)}/lines.csv.gz", packed)
    made.snapshot(0, txn("A"), txn("B"), txn("W"), txn("Y1", "7.00"), txn("Y2", "7.00"),
                  txn("T9", "20.00", our_ref="A", channel="shop"),
                  txn("G1", order_ref="O1", channel="shop"))  # fmt: skip
    made.file(f"bank/{day(1)}/lines.csv", with_payer(statement_text([line("W")], day(1))))
    made.snapshot(1, txn("N"))
    made.ingest(0, 1)
    made.match(0)
    made.match(0, channel="shop")
    made.first_told = datetime.now(UTC)  # type: ignore[attr-defined]
    made.file(f"bank/{day(0)}/lines.csv", with_payer(first.replace("9.99", "10.00")))
    made.ingest(0)
    made.match(0, 1)
    profile = made.config.profiles["bank"]
    check_day.step(made.lake, profile, FEES, day(0))
    export_day.step(made.lake, profile, day(0))
    yield made
    made.lake.forget()


def story(world: World, reference: str, **more: Any) -> dict[str, Any]:
    return history.run(world.lake, world.config, reference, **more)


def events(told_story: dict[str, Any], what: str, thread: int = 0) -> list[dict[str, Any]]:
    return [each for each in told_story["threads"][thread]["events"] if each["event"] == what]


@pytest.mark.sail_only
def test_a_break_with_both_values_as_it_was_before_the_re_run(world: World) -> None:
    """B as of the first run: BREAK, 10.00 against 9.99, the line's text, nothing exported yet."""
    found = story(world, "B", as_of=world.first_told)  # type: ignore[attr-defined]
    (outcome,), (received,) = events(found, "outcome"), events(found, "line")
    assert outcome["in_words"] == ["amounts differ"]
    assert outcome["differs"] == [{"what": "amount", "ours": "10.00", "theirs": "9.99"}]
    assert (outcome["difference"], outcome["matched_by"]) == ("-0.01", "our_ref")
    assert (outcome["run"]["runs_of_the_date"], outcome["run"]["export"]) == (1, None)
    assert (received["line_no"], received["version"]) == (3, 1)
    text = "\n".join(told(found))
    assert "amount: ours 10.00, theirs 9.99, difference -0.01" in text
    assert text.startswith("as the tables were at ")


@pytest.mark.sail_only
def test_the_same_now_after_the_re_run(world: World) -> None:
    """B now: the second version of the file, MATCHED by the second run, fee checked, exported."""
    found = story(world, "B")
    (outcome,), (received,), (fee,) = (events(found, each) for each in ("outcome", "line", "fee"))
    assert (outcome["outcome"], outcome["differs"]) == ("MATCHED", [])
    assert outcome["run"]["runs_of_the_date"] == 2
    assert outcome["run"]["export"] == f"exports/{day(0)}/bank"
    assert received["version"] == 2
    assert (fee["charged"], fee["due"], fee["difference"]) == ("0.06", "0.05", "0.01")
    assert (fee["result"], fee["schedule"]) == ("OVERCHARGED", "standard")


@pytest.mark.sail_only
def test_account_and_name_are_masked_in_the_raw_line(world: World) -> None:
    """The text is the received line, but for the payer's account number and name."""
    (received,) = events(story(world, "C-B"), "line")
    assert received["raw"] == (
        f"B,C-B,PAYMENT,SUCCEEDED,10.00,0.06,CNY,{day(0)} 12:00:00,M1,*********4567,W**"
    )


@pytest.mark.sail_only
@pytest.mark.parametrize("reference", ["A", " a ", "S-A"])
def test_a_reference_of_two_channels_is_two_stories(world: World, reference: str) -> None:
    """Normalized it is A in both; S-A, as shop writes it, is shop's alone. The gz file is read."""
    found = story(world, reference)
    channels = [each["channel"] for each in found["threads"]]
    assert channels == (["shop"] if reference == "S-A" else ["bank", "shop"])
    (received,) = events(found, "line", -1)
    assert (received["raw"] or "").startswith("S-A,C-S-A,PAYMENT")
    assert found["threads"][-1]["txn_ids"] == ["T9"]
    assert found["threads"][-1]["now"][0]["outcome"] == "MATCHED"


@pytest.mark.sail_only
def test_one_that_waits_is_told_day_by_day(world: World) -> None:
    """W: waits on day 0 with chance 1 of 3, and is matched on day 1 by the line of that day."""
    found = story(world, "W")
    waited, met = events(found, "outcome")
    assert (waited["outcome"], waited["waiting"][0]["chances"]) == ("SUSPENSE", 1)
    assert (met["outcome"], met["waiting"], met["date"]) == ("MATCHED", [], str(day(1)))
    assert [each["event"] for each in found["threads"][0]["events"]] == [
        "transaction", "outcome", "line", "outcome",
    ]  # fmt: skip
    assert "our side stays open: chance 1 of 3" in "\n".join(told(found))


@pytest.mark.sail_only
def test_an_ambiguity_lists_whom_it_could_be(world: World) -> None:
    """Y1 of 7.00: two lines of 7.00, by the pass on the amount, named by file and line."""
    found = story(world, "Y1")
    outcome = events(found, "outcome")[0]
    assert outcome["reasons"] == ["AMBIGUOUS"]
    listed = [(each["rank"], each["of"], each["candidate_is"], each["amount"])
              for each in outcome["candidates"]]  # fmt: skip
    assert listed == [
        (1, 2, f"bank/{day(0)}/lines.csv line 4", "7.00"),
        (2, 2, f"bank/{day(0)}/lines.csv line 5", "7.00"),
    ]
    assert f"candidate 1 of 2 by by_amount: bank/{day(0)}/lines.csv line 4" in "\n".join(
        told(found)
    )


@pytest.mark.sail_only
def test_who_bears_nothing_is_told_where_it_was_looked(world: World) -> None:
    """No such reference: found 0, with the channels and dates that were searched."""
    found = story(world, "NOBODY")
    assert (found["found"], found["threads"], found["rejected"]) == (0, [], [])
    assert found["searched"]["channels"] == ["bank", "shop"]
    assert told(found) == [
        "Nothing bears NOBODY: no line and no transaction.",
        f"Searched: bank, shop; {day(0)} to {day(1)} (2 dates), as given and normalized by each"
        " channel's",
        "rules.",
    ]


@pytest.mark.sail_only
def test_before_there_was_anything_nothing_is_found(world: World) -> None:
    found = story(world, "A", as_of=datetime.now(UTC) - timedelta(days=365))
    assert (found["found"], found["searched"]["dates"]) == (0, [])


@pytest.mark.sail_only
def test_a_line_that_was_rejected_is_not_silently_missing(world: World) -> None:
    """The line of C-R has an amount that cannot be read; the older version's does not count."""
    (refused,) = story(world, "C-R")["rejected"]
    assert refused["line"] == f"bank/{day(0)}/lines.csv line 6"
    assert "much" in refused["reason"]


@pytest.mark.sail_only
def test_matched_alone_touches_no_table(world: World) -> None:
    """W alone, as though nothing had been decided: MATCHED; no table has a new version."""
    before = [world.lake.version(table) for table in TABLES]
    found = story(world, "W", alone=True)
    (alone,) = found["alone"]
    assert [(each["outcome"], each["txn_id"]) for each in alone["outcomes"]] == [("MATCHED", "W")]
    assert (alone["lines"], alone["transactions"]) == (1, 1)
    assert [world.lake.version(table) for table in TABLES] == before
    assert "matched alone: 1 line and 1 transaction" in "\n".join(told(found))


@pytest.mark.sail_only
def test_a_line_id_is_a_reference_too(world: World) -> None:
    line_id = story(world, "W")["threads"][0]["line_ids"][0]
    found = story(world, line_id, days=[day(1)])
    assert (found["threads"][0]["found_by"], found["threads"][0]["txn_ids"]) == (["line_id"], ["W"])


@pytest.mark.sail_only
def test_a_place_without_a_lake_is_refused_and_left_alone(world: World) -> None:
    empty = world.root / "nothing"
    with pytest.raises(TableMissing, match="run `tieout ingest` first"):
        history.run(Lake(world.lake.spark, str(empty)), world.config, "A")
    assert not empty.exists()


@pytest.mark.sail_only
def test_a_group_is_told_and_matched_alone_as_a_whole(world: World) -> None:
    """G1, 10.00 of ours, is paid by 4.00 and 6.00 of order O1: the match alone finds all three."""
    found = story(world, "G1", alone=True)
    (outcome,) = events(found, "outcome")
    assert (outcome["outcome"], outcome["matched_by"]) == ("MATCHED", "order")
    assert outcome["group"] == {"transactions": 1, "lines": 2, "sums": [
        {"currency": "CNY", "ours": "10.00", "theirs": "10.00", "difference": "0.00"},
    ]}  # fmt: skip
    assert [each["outcome"] for each in found["alone"][0]["outcomes"]] == ["MATCHED"] * 3
    assert "G1 in group order of 1 transaction and 2 lines: CNY ours 10.00" in "\n".join(
        told(found)
    )


@pytest.mark.spark
def test_on_spark(lake: Lake, tmp_path) -> None:
    """A 10.00 against 9.99, explained on Spark: before the match, and after it."""
    world = World(tmp_path, lake)
    world.snapshot(0, txn("A"))
    world.statement(0, line("A", "9.99"))
    world.ingest(0)
    then = datetime.now(UTC)
    world.match(0)
    before, after = (story(world, "A", as_of=at) for at in (then, None))
    assert (before["found"], events(before, "outcome")) == (1, [])
    assert events(after, "outcome")[0]["in_words"] == ["amounts differ"]


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_lines_are_found_by_number(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of any size, a last line without an end, a number beyond the end."""
    monkeypatch.setattr("jobs.timeline.source_text.BLOCK_BYTES", block)
    text = b"one\r\n\nthree is longer\nfour"
    assert lines_at(io.BytesIO(text), [1, 2, 3, 4, 9]) == {
        1: b"one\r", 2: b"", 3: b"three is longer", 4: b"four",
    }  # fmt: skip
    assert lines_at(io.BytesIO(text), [3]) == {3: b"three is longer"}


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
def test_what_is_masked(raw: str, layout: DelimitedLayout | None, shown: str) -> None:
    row = {"account_tail": "0212", "our_ref": "X990000212"}
    assert masked(raw, row, layout, "ref,name,card") == shown
