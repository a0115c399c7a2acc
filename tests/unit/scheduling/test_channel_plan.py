"""The plan: one entry per channel, launched by the lines of its last dates."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from jobs.ingestion.arrivals.listing import SNAPSHOT, Awaited
from jobs.scheduling.channel_plan import AUTO, EMBEDDED_LINES_MAX, build_plan, read_chosen
from jobs.scheduling.progress import describe_progress
from schemas.configuration import Configuration
from schemas.errors import ConfigurationError
from schemas.profile.channel import Files, Profile, Snapshots

FIRST = date(2026, 11, 1)
BEGUN = datetime(2026, 11, 23, tzinfo=UTC)


def page(name: str, **files: Any) -> Profile:
    """A channel's page."""
    return Profile(
        channel=name,
        dialect="wechat_bill",
        zone="Asia/Shanghai",
        first_date=FIRST,
        files=Files(pattern=name + "/{business_date:%Y-%m-%d}.csv", **files),
    )


def config_of(*pages: Profile, snapshots: Snapshots | None = None) -> Configuration:
    """A configuration of these pages."""
    return Configuration({each.channel: each for each in pages}, {}, snapshots or Snapshots())


def ran(
    job: str, channel: str, day: date, at: int = 0, result: str = "DONE", **counts: int
) -> dict[str, Any]:
    """A row of `runs`, ended so many minutes after the first."""
    return {"job": job, "channel": channel, "business_date": day, "result": result,
            "ended_at": BEGUN + timedelta(minutes=at), "counts": counts,
            "amounts": {"CNY": 7}}  # fmt: skip


def test_launch_follows_the_lines_of_the_last_seven_dates() -> None:
    """One large date of the last seven is enough; an older one, and an earlier try, are not."""
    many = EMBEDDED_LINES_MAX + 1
    days = [FIRST + timedelta(days=n) for n in range(8)]
    runs = [ran("ingest", "grown", day, lines=5) for day in days]
    runs[3] = ran("ingest", "grown", days[3], lines=many)
    runs += [ran("ingest", "shrunk", day, lines=5) for day in days]
    runs += [ran("ingest", "shrunk", days[0], 1, lines=many)]
    runs += [ran("ingest", "again", days[7], 0, lines=many), ran("ingest", "again", days[7], 1,
                                                                 lines=6)]  # fmt: skip
    config = config_of(*map(page, ("grown", "shrunk", "again", "new")))
    channels = build_plan(config, runs, {})["channels"]
    assert {name: (entry["lines"], entry["launch"]) for name, entry in channels.items()} == {
        "grown": (many, "submit"),
        "shrunk": (5, "embedded"),
        "again": (6, "embedded"),
        "new": (None, "embedded"),
    }


def test_plan_has_due_times_and_leaves_out_channels_without_statements() -> None:
    """`has_due` says whether lateness is told."""
    silent = Profile(channel="silent", statement="none", zone="UTC", first_date=FIRST)
    pages = (page("due", due={"at": "09:30", "give_up": "11:00"}), page("any"), silent)
    channels = build_plan(config_of(*pages), [], {})["channels"]
    assert [*channels] == ["any", "due"]
    assert channels["due"]["due"] == {"days": 1, "at": "09:30", "give_up": "11:00"}
    assert (channels["due"]["has_due"], channels["any"]["has_due"]) == (True, False)
    assert channels["any"]["due"]["give_up"] == "23:59"


def test_what_a_person_chose_stays_until_auto() -> None:
    """A plan that is written again keeps the choice; a channel without a page is forgotten."""
    config = config_of(page("shop"), page("till"))
    first = build_plan(config, [], {"shop": "submit", "till": "embedded"})
    kept = read_chosen(first, config_of(page("shop")))
    assert kept == {"shop": "submit"}
    again = build_plan(config, [], kept | {"till": AUTO})["channels"]
    assert (again["shop"]["launch"], again["till"]["is_chosen"]) == ("submit", False)


@pytest.mark.parametrize("launches", [{"shop": "connect"}, {"nobody": "submit"}, {"shop": ""}])
def test_an_unknown_launch_is_refused(launches: dict[str, str]) -> None:
    """The fault names the channels that there are."""
    with pytest.raises(ConfigurationError, match="a channel of shop"):
        build_plan(config_of(page("shop")), [], launches)


def test_progress_of_a_date() -> None:
    """An export that is older than the match is not the export of that match."""
    day = date(2026, 11, 22)
    parts = [{"name": "east", "channels": ["shop"]}, {"name": "west", "channels": ["till"]}]
    snapshots = Snapshots.model_validate(
        {"pattern": "ours/{business_date:%Y-%m-%d}/{part}.csv", "parts": parts}
    )
    config = config_of(page("shop"), page("till"), snapshots=snapshots)
    awaited = [
        Awaited("shop", day, ("all",)),
        Awaited("till", FIRST, ("all",)),
        Awaited(SNAPSHOT, day, ("west",)),
    ]
    runs = [
        ran("export", "till", day, 2),
        ran("match", "till", day, 1, matched=4),
        ran("match", "shop", day, 3, "STATEMENT_MISSING"),
        ran("export", "shop", day, 2),
        ran("export", "shop", FIRST, 9),
    ]
    file = {"channel": "shop", "business_date": day, "part": "all", "file_id": "f",
            "line_count": 1, "rejected_count": 0}  # fmt: skip
    files = [
        file | {"version": 1, "status": "ACCEPTED", "reason": None},
        file | {"version": 2, "status": "QUARANTINED", "reason": "TOTALS_DIFFER: x"},
    ]
    channels = describe_progress(config, day, awaited, runs, files)
    assert channels["shop"] == {
        "awaited": ["all"], "awaited_ours": [], "is_exported": False,
        "refused_again": ["TOTALS_DIFFER: x"],
        "results": {"match": "STATEMENT_MISSING", "export": "DONE"}, "counts": {},
        "at_stake": {"CNY": 7},
    }  # fmt: skip
    assert channels["till"]["awaited_ours"] == ["west"]
    assert (channels["till"]["is_exported"], channels["till"]["counts"]) == (True, {"matched": 4})
    assert describe_progress(config, date(2026, 10, 31), awaited, runs) == {}
