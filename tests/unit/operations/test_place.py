"""`tieout init` makes a place that works; `tieout doctor` names what is wrong with one."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobs.__main__ import main
from jobs.onboarding.catalog import SHIPPED


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """The exit status and the JSON summary of a command."""
    status = main([*words])
    return status, json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.mark.parametrize("name", sorted(page.stem for page in SHIPPED.glob("*.yaml")))
def test_init_makes_a_page_of_every_shipped_one(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page is valid under the channel's own name, and a second call keeps every file."""
    words = ("init", str(tmp_path / "it's here"), "--from", name, "--channel", "shop")
    status, body = run(capsys, *words)
    assert (status, body["kept"]) == (0, [])
    page = (tmp_path / "it's here/config/channels/shop.yaml").read_text("utf-8")
    assert "\nchannel: shop" in page
    status, body = run(capsys, *words)
    assert (status, body["made"]) == (0, [])


def test_doctor_names_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new place has warnings only; a wrong page and a missing inbox are WRONG; an unknown file in
    the inbox is named.
    """
    monkeypatch.setattr("jobs.operations.place.doctor_command.examine_programs", lambda _: ())
    run(capsys, "init", str(tmp_path), "--first-date", "2026-11-16")
    place = [f"--{name}={tmp_path / name}" for name in ("lake", "config", "inbox")]
    (tmp_path / "inbox" / "wechat" / "notes.txt").write_text("?")
    status, body = run(capsys, "doctor", *place)
    texts = [one["text"] for one in body["findings"] if one["level"] == "WARNING"]
    assert (status, body["wrong"]) == (0, 0)
    assert any("notes.txt" in text for text in texts)
    assert any("there is no lake yet" in text for text in texts)
    assert any("no file of wechat" in text for text in texts)
    (tmp_path / "config/channels/wechat.yaml").write_text("channel: wechat\nzone: Mars/Base\n")
    (tmp_path / "inbox" / "wechat" / "notes.txt").unlink()
    status, body = run(capsys, "doctor", *place[:2], f"--inbox={tmp_path / 'nowhere'}")
    wrong = [(one["topic"], one["text"]) for one in body["findings"] if one["level"] == "WRONG"]
    assert status == 3
    assert {topic for topic, _ in wrong} == {"configuration", "inbox"}
    assert any("wechat.yaml:2" in text and "Mars/Base" in text for _, text in wrong)


def test_unknown_command_offers_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """And `tieout` alone is the help."""
    with pytest.raises(SystemExit) as end:
        main(["explian"])
    assert end.value.code == 2
    assert "did you mean `tieout explain`?" in capsys.readouterr().err
    assert main([]) == 0
    assert "commands:" in capsys.readouterr().out
