"""The shipped profile `netsunion`: 144 parts, their totals, and lines without our reference."""

import pytest

from schemas.profile.channel import Profile
from tests.fuzz.reading import read_statement
from tests.support.golden import DAY, GOLDEN, load_profile
from tests.support.netsunion_files import CENTRES, build_detail, build_part


@pytest.fixture(scope="module", name="profile")
def _load_profile() -> Profile:
    return load_profile(GOLDEN / "shipped" / "netsunion")


def test_profile_has_144_parts(profile: Profile) -> None:
    """Six centres, 24 hours each."""
    assert profile.files is not None
    hours = {f"{centre}-{hour:02}" for centre in CENTRES for hour in range(24)}
    assert set(profile.files.parts) == hours
    assert len(profile.files.parts) == 144


def test_passes_match_without_a_reference(profile: Profile) -> None:
    """Lines match by amount, currency and account, within a time window."""
    assert not any(match_pass.has_reference for match_pass in profile.match.passes)
    assert all(match_pass.within_seconds for match_pass in profile.match.passes)


def test_hour_with_and_without_trades_is_accepted(profile: Profile) -> None:
    """7.00 paid, 2.00 refunded, 1.00 paid out: 4.00 net. An empty hour has header and trailer."""
    records = [
        build_detail(1, 9, 700),
        build_detail(2, 9, 200, "02"),
        build_detail(3, 9, 100, "03"),
    ]
    result = read_statement(build_part("bj1", 9, records), profile, DAY)
    assert result.verdict == "ACCEPTED"
    assert [row["amount"] for row in result.lines] == [700, -200, -100]
    assert all(row["our_ref"] is None for row in result.lines)
    assert all(result.is_proved(name) for name in ("count", "amount"))
    empty = read_statement(build_part("bj1", 10, []), profile, DAY)
    assert (empty.verdict, empty.lines) == ("ACCEPTED", [])


def test_hour_with_a_lost_or_changed_line_is_refused(profile: Profile) -> None:
    """The trailer declares count and sums: a lost, doubled or changed line refuses the hour."""
    records = [build_detail(number, 9, 700 + number) for number in range(5)]
    content = build_part("sh2", 9, records)
    first = records[1] + b"\n"
    for damaged in (
        content.replace(first, b""),
        content.replace(first, first * 2),
        content.replace(b"000701CNY", b"000710CNY"),
        content.replace(b"D20261116", b"D2026111x", 1),
        content[: content.rindex(b"T")],
        content[: content.rindex(b"D")],
    ):
        assert not read_statement(damaged, profile, DAY).is_accepted


@pytest.mark.parametrize("bad", [b"07", b"\xff7"])
def test_rejected_record_masks_name_and_account(profile: Profile, bad: bytes) -> None:
    """A record with an unknown kind, or with invalid bytes before the name, is still masked."""
    record = build_detail(1, 9, 700).replace(b"621226*********0001", b"6212261234567890001")
    assert b"6212261234567890001" in record
    sent = build_part("bj1", 9, [record]).replace(b"01S0", bad + b"S0").replace(b"700\n", b"000\n")
    (row,) = read_statement(sent, profile, DAY).rejected
    assert "王**" in row["raw"] and "王小明" not in row["raw"]
    assert "***************0001" in row["raw"] and "621226" not in row["raw"]
    assert row["raw"].endswith("Z2026000000001")
