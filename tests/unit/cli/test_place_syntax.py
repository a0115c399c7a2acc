"""Paths and URIs of lake and inbox: what cannot be used is refused by name, without its secrets."""

from pathlib import Path

import pytest

from jobs.__main__ import main
from jobs.storage.place_checks import find_path_faults


@pytest.mark.parametrize(
    "char", ["?", "*", "[", "]", "{", "}", "%", "\\", "|", "^", "\n", "\x1b", "\u202e", "\udcd5"]
)
def test_a_lake_path_has_no_pattern_and_nothing_unprintable(char: str) -> None:
    """One engine or the other would read or write elsewhere; the message is safe to print."""
    (fault,) = find_path_faults("--lake", f"lake{char}x", holds_tables=True)
    assert fault.startswith("--lake /")
    assert fault.isprintable()
    assert find_path_faults("--inbox", f"inbox{char}x", holds_tables=False) == []


@pytest.mark.parametrize(
    "place",
    [
        "s3://AKIAX:wJalrX@bucket/lake",
        "s3a://wJalrX@bucket/lake",
        "s3://bucket/lake?secret_key=wJalrX&endpoint_override=x",
        "hdfs://ann:wJalrX@host/lake",
        "s3://bucket/lake#wJalrX",
    ],
)
@pytest.mark.parametrize("option", ["--lake", "--inbox"])
def test_credentials_and_options_of_a_uri_are_refused(place: str, option: str) -> None:
    """And not repeated."""
    (fault,) = find_path_faults(option, place, option == "--lake")
    assert fault.startswith(f"{option}: the ")
    assert "wJalrX" not in fault


@pytest.mark.parametrize(
    "place",
    [
        "lake",
        "/data/对账 lake/a=b",
        "s3://bucket/lake",
        "s3a://bucket/a_b",
        "hdfs://ann@host:8020/lake",
        "abfss://box@account.dfs.core.windows.net/lake",
        "file:///data/lake",
        "",
    ],
)
def test_plain_places_are_right(place: str) -> None:
    """Folders of any language, and URIs without secrets."""
    assert find_path_faults("--lake", place, holds_tables=True) == []


def test_a_command_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All faults together, the secret nowhere, nothing written."""
    config = tmp_path / "config"
    (config / "channels").mkdir(parents=True)
    arguments = ["--config", str(config), "--business-date", "2026-11-16"]
    places = ["--lake", str(tmp_path / "la*ke"), "--inbox", "s3://key:wJalrX@bucket/inbox"]
    assert main(["run", *arguments, *places]) == 2
    printed = capsys.readouterr()
    assert "la*ke: an engine cannot use a path with *" in printed.err
    assert "--inbox: the s3 URI has credentials" in printed.err
    assert "wJalrX" not in printed.out + printed.err
    assert [path.name for path in tmp_path.iterdir()] == ["config"]
