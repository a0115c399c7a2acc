"""A folder that is replaced whole or not at all."""

import os
from pathlib import Path

import pytest
from pyarrow import fs

from jobs.exports import folder
from jobs.exports.folder import join_parts, replaced

LOCAL = fs.LocalFileSystem()


def export(target: Path, **files: str) -> None:
    with replaced(LOCAL, str(target), last="z") as making:
        for name, text in files.items():
            Path(making, name).write_text(text)


def content(target: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in target.iterdir()}


def test_a_new_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "2026-11-22" / "wechat"
    export(target, a="1", b="1")
    export(target, a="2")
    assert content(target) == {"a": "2"}
    assert os.listdir(target.parent) == ["wechat"]


def test_the_same_where_folders_cannot_be_exchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder.ctypes, "CDLL", lambda name: object())
    export(tmp_path / "x", a="1", b="1")
    export(tmp_path / "x", a="2")
    assert content(tmp_path / "x") == {"a": "2"}
    assert os.listdir(tmp_path) == ["x"]


def test_a_failure_leaves_the_old_one(tmp_path: Path) -> None:
    export(tmp_path / "x", a="1")
    with pytest.raises(ZeroDivisionError), replaced(LOCAL, str(tmp_path / "x"), last="z") as making:
        Path(making, "a").write_text("2")
        _ = 1 // 0
    assert content(tmp_path / "x") == {"a": "1"}
    assert os.listdir(tmp_path) == ["x"]


def test_what_a_kill_left_behind_goes(tmp_path: Path) -> None:
    """Of this channel's only: `wechat-hk` may be at work."""
    for name in (".wechat-0123", ".wechat_hk-0123"):
        (tmp_path / name / "parts").mkdir(parents=True)
    export(tmp_path / "wechat", a="1")
    assert sorted(os.listdir(tmp_path)) == [".wechat_hk-0123", "wechat"]


def test_an_object_store_gets_the_last_file_last(tmp_path: Path) -> None:
    """It has no folders to rename: whoever finds the last file finds the others."""
    order: list[str] = []

    class Store(fs.SubTreeFileSystem):
        def copy_file(self, source: str, target: str) -> None:
            order.append(target)
            super().copy_file(source, target)

    store = Store(str(tmp_path), LOCAL)
    for text in ("1", "2"):
        with replaced(store, "day/x", last="b") as making:
            for name in "bca":
                (tmp_path / making / name).write_text(text)
    assert order == ["day/x/a", "day/x/c", "day/x/b"] * 2
    assert content(tmp_path / "day/x") == {"a": "2", "b": "2", "c": "2"}
    assert os.listdir(tmp_path / "day") == ["x"]


def test_parts_are_joined_in_order(tmp_path: Path) -> None:
    """What engines write beside the parts is no part; no folder is no lines."""
    parts = tmp_path / "parts"
    parts.mkdir()
    for name, text in {"part-1": "b\nc\n", "part-0": "a\n", "_SUCCESS": "x", ".c.crc": "x"}.items():
        (parts / name).write_text(text)
    assert join_parts(LOCAL, str(parts), str(tmp_path / "all")) == 3
    assert (tmp_path / "all").read_text() == "a\nb\nc\n"
    assert join_parts(LOCAL, str(tmp_path / "none"), str(tmp_path / "all")) == 0
    assert (tmp_path / "all").read_text() == ""
