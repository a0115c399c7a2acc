"""The places that a command names: one sentence, exit 2, and nothing made on disk."""

import json
from pathlib import Path

import pytest

from jobs.__main__ import main
from jobs.cli.help_texts import PURPOSES
from jobs.cli.places import MAKE_LAKE, NEED_NO_LAKE
from tests.support.pipeline_fixture import PipelineFixture

MORE = {"explain": ["S1"], "decide": ["list"], "fees": ["claim"]}
UNREACHABLE = "s3://bucket/lake"
DAY = ["--business-date", "2026-11-16"]


def command_line(root: Path, job: str, **places: str) -> list[str]:
    """The arguments of a command on a configuration, with these places."""
    no_config = ("diff", "decide", "maintain")
    config = [] if job in no_config else ["--config", str(root / "config")]
    named = [word for name, place in places.items() for word in (f"--{name}", place)]
    days = {"breaks": [], "maintain": [], "scorecard": ["--month", "2026-11"]}.get(job, DAY)
    return [job, *MORE.get(job, []), *config, *named, *days]


def faults_of(capsys: pytest.CaptureFixture[str], words: list[str]) -> list[str]:
    """The faults that a command ends with, which must be exit status 2."""
    assert main(words) == 2
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert summary["exit"] == 2
    errors: list[str] = summary["errors"]
    return errors


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a configuration, an inbox and a file."""
    PipelineFixture(tmp_path, lake=None)  # type: ignore[arg-type]
    (tmp_path / "inbox").mkdir()
    (tmp_path / "file").write_text("x")
    return tmp_path


def entries(root: Path) -> list[str]:
    """Everything below the folder."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


@pytest.mark.parametrize("job", sorted({*PURPOSES} - {*MAKE_LAKE, *NEED_NO_LAKE}))
def test_command_on_a_place_without_a_lake_makes_none(
    root: Path, capsys: pytest.CaptureFixture[str], job: str
) -> None:
    """Every command but those that take files in: the place is named, nothing is made there."""
    before = entries(root)
    (fault,) = faults_of(capsys, command_line(root, job, lake=str(root / "lkae")))
    assert fault.startswith(f"--lake {root / 'lkae'}: there is no lake; check the name")
    assert entries(root) == before


@pytest.mark.parametrize(
    ("option", "place", "said"),
    [
        ("inbox", "nowhere", "this folder does not exist"),
        ("inbox", "file", "is a file, not a folder"),
        ("inbox", "s3://b b/x", "this URI cannot be opened"),
        ("lake", "file", "is a file, not a folder"),
        ("lake", "file/below", "is a file, not a folder"),
        ("lake", "s3:/bucket/lake", "write it as s3://BUCKET/FOLDER"),
        ("lake", "s3:///lake", "this URI cannot be opened"),
        ("lake", "s3://", "names no bucket"),
        ("lake", "nosuch://bucket/lake", "this URI cannot be opened"),
        pytest.param("lake", UNREACHABLE, "it cannot be reached", marks=pytest.mark.slow),
        ("config", "file", "is a file, not a folder"),
    ],
)
def test_wrong_place_is_named_and_nothing_is_made(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    place: str,
    said: str,
) -> None:
    """A place that does not exist, a file where a folder should be, a bad URI, no server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_REGION", "none")
    named = place if ":" in place else str(root / place)
    places = {"lake": str(root / "lake"), "inbox": str(root / "inbox"), option: named}
    before = entries(root)
    (fault,) = faults_of(capsys, [*command_line(root, "run"), *_words(places)])
    assert fault.startswith(f"--{option} {named}: ")
    assert said in fault and "\n" not in fault
    assert entries(root) == before


def test_wrong_places_are_reported_together(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Inbox and lake in one go."""
    words = command_line(root, "run", lake=str(root / "file"), inbox=str(root / "nowhere"))
    assert [fault.split()[0] for fault in faults_of(capsys, words)] == ["--inbox", "--lake"]


def _words(places: dict[str, str]) -> list[str]:
    return [word for name, place in places.items() for word in (f"--{name}", place)]
