"""The shipped profile `netsunion`: 144 parts, their totals, and no serial of ours on a line."""

import pytest

from schemas.profile.channel import Profile
from tests.fuzz.reading import read
from tests.support.golden import DAY, GOLDEN, profile_of
from tests.support.netsunion_files import CENTRES, detail, part


@pytest.fixture(scope="module", name="profile")
def _profile() -> Profile:
    return profile_of(GOLDEN / "shipped" / "netsunion")


def test_the_parts_are_six_centres_by_hours(profile: Profile) -> None:
    """144 names, each once."""
    assert profile.files is not None
    hours = {f"{centre}-{hour:02}" for centre in CENTRES for hour in range(24)}
    assert set(profile.files.parts) == hours
    assert len(profile.files.parts) == 144


def test_no_pass_asks_for_a_reference(profile: Profile) -> None:
    """Lines meet by amount, currency and account, within a time."""
    assert not any(each.has_reference for each in profile.match.passes)
    assert all(each.within_seconds for each in profile.match.passes)


def test_an_hour_and_an_empty_hour(profile: Profile) -> None:
    """7.00 in, 2.00 back, 1.00 out: 4.00 net; an hour without trades is a file with its ends."""
    records = [detail(1, 9, 700), detail(2, 9, 200, "02"), detail(3, 9, 100, "03")]
    seen = read(part("bj1", 9, records), profile, DAY)
    assert seen.verdict == "ACCEPTED"
    assert [row["amount"] for row in seen.lines] == [700, -200, -100]
    assert all(row["our_ref"] is None for row in seen.lines)
    assert all(seen.checked(name) for name in ("count", "amount"))
    empty = read(part("bj1", 10, []), profile, DAY)
    assert (empty.verdict, empty.lines) == ("ACCEPTED", [])


def test_an_hour_that_lost_a_line(profile: Profile) -> None:
    """Count and sums are declared: a lost, doubled or changed line refuses the hour."""
    records = [detail(number, 9, 700 + number) for number in range(5)]
    content = part("sh2", 9, records)
    first = records[1] + b"\n"
    for damaged in (
        content.replace(first, b""),
        content.replace(first, first * 2),
        content.replace(b"000701CNY", b"000710CNY"),
        content.replace(b"D20261116", b"D2026111x", 1),
        content[: content.rindex(b"T")],
        content[: content.rindex(b"D")],
    ):
        assert not read(damaged, profile, DAY).accepted


@pytest.mark.parametrize("bad", [b"07", b"\xff7"])
def test_a_rejected_record_shows_neither_name_nor_account(profile: Profile, bad: bytes) -> None:
    """An unknown kind, and one whose bytes are no text before the name: the places still hold."""
    record = detail(1, 9, 700).replace(b"621226*********0001", b"6212261234567890001")
    assert b"6212261234567890001" in record
    sent = part("bj1", 9, [record]).replace(b"01S0", bad + b"S0").replace(b"700\n", b"000\n")
    (row,) = read(sent, profile, DAY).rejected
    assert "王**" in row["raw"] and "王小明" not in row["raw"]
    assert "***************0001" in row["raw"] and "621226" not in row["raw"]
    assert row["raw"].endswith("Z2026000000001")
