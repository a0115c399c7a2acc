"""A folder is replaced as a whole: it holds the earlier export or the new one, never a mixture."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pyarrow import fs

from jobs.storage.atomic_folder import join_parts, replace_folder
from tests.support.paths import ROOT

LOCAL = fs.LocalFileSystem()
#: Replaces the folder of argument 1, and ends the process at call number argument 2 of the calls
#: that rename or remove a folder, before the call does anything.
KILLED = """
import os, sys
from pathlib import Path
from pyarrow import fs
from jobs.storage import atomic_folder
target, left = sys.argv[1], [int(sys.argv[2])]
def killed_at(call):
    def run(*arguments):
        left[0] -= 1
        if left[0] == 0:
            os._exit(9)
        return call(*arguments)
    return run
os.rename = killed_at(os.rename)
atomic_folder.remove_folder = killed_at(atomic_folder.remove_folder)
with atomic_folder.replace_folder(fs.LocalFileSystem(), target, last="z") as new_folder:
    Path(new_folder, "a").write_text("2")
    Path(new_folder, "b").write_text("2")
"""
EARLIER, NEW = {"a": "1", "b": "1"}, {"a": "2", "b": "2"}


def export(target: Path, **contents: str) -> None:
    """Replaces a folder by files with these contents."""
    with replace_folder(LOCAL, str(target), last="z") as new_folder:
        for name, text in contents.items():
            Path(new_folder, name).write_text(text)


def export_and_fail(target: Path) -> None:
    """Begins to replace a folder, and fails before the end of the block."""
    with (
        pytest.raises(ZeroDivisionError),
        replace_folder(LOCAL, str(target), last="z") as new_folder,
    ):
        Path(new_folder, "a").write_text("3")
        _ = 1 // 0


def contents_of(target: Path) -> dict[str, str]:
    """Text of each file of a folder, by name."""
    return {path.name: path.read_text() for path in target.iterdir()}


def test_new_folder_replaces_the_earlier_one(tmp_path: Path) -> None:
    """The earlier files go, and nothing is left beside the folder."""
    target = tmp_path / "2026-11-22" / "wechat"
    export(target, a="1", b="1")
    export(target, a="2")
    assert contents_of(target) == {"a": "2"}
    assert os.listdir(target.parent) == ["wechat"]


def test_failed_block_leaves_the_earlier_folder(tmp_path: Path) -> None:
    """The new folder is removed, the earlier one stays as it was."""
    export(tmp_path / "x", a="1")
    export_and_fail(tmp_path / "x")
    assert contents_of(tmp_path / "x") == {"a": "1"}
    assert os.listdir(tmp_path) == ["x"]


def test_failed_rename_leaves_the_earlier_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new folder cannot be renamed: the earlier one gets its name back."""
    export(tmp_path / "x", a="1")
    rename = os.rename

    def fail_for_new_folder(source: str, target: str) -> None:
        if target == str(tmp_path / "x") and not source.endswith(".earlier"):
            raise OSError("no space")
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", fail_for_new_folder)
        with pytest.raises(OSError, match="no space"):
            export(tmp_path / "x", a="2")
    assert contents_of(tmp_path / "x") == {"a": "1"}
    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize("call", [1, 2, 3, 4, 5])
def test_kill_at_any_call_leaves_a_whole_export(tmp_path: Path, call: int) -> None:
    """A process is killed before each call that renames or removes a folder. The target is whole or
    missing; if it is missing, the next run restores the earlier export before it writes, even
    if that run fails. Every later run leaves nothing else behind.
    """
    target = tmp_path / "wechat"
    export(target, **EARLIER)
    command = [sys.executable, "-c", KILLED, str(target), str(call)]
    ended = subprocess.run(command, cwd=ROOT, timeout=60, check=False)
    assert ended.returncode == (9 if call <= 4 else 0)
    # Only the moment between the two renames has no target; the files are in a hidden folder then.
    assert target.exists() == (call != 2)
    export_and_fail(target)
    assert contents_of(target) == (EARLIER if call <= 2 else NEW)
    assert os.listdir(tmp_path) == ["wechat"]
    export(target, a="4")
    assert contents_of(target) == {"a": "4"}
    assert os.listdir(tmp_path) == ["wechat"]


def test_next_run_removes_leftovers_of_its_own_channel(tmp_path: Path) -> None:
    """The export of `wechat-hk` may be running in another process: its folders stay."""
    number = "0123456789abcdef" * 2
    for name in (f".wechat-{number}", f".wechat-hk-{number}", f".wechat_hk-{number}"):
        (tmp_path / name / "parts").mkdir(parents=True)
    export(tmp_path / "wechat", a="1")
    others = [f".wechat-hk-{number}", f".wechat_hk-{number}"]
    assert sorted(os.listdir(tmp_path)) == [*others, "wechat"]


#: Exports a word to a target: says that it has begun, and goes on when a file is there.
SLOW = """
import sys, time
from pathlib import Path
from pyarrow import fs
from jobs.storage.atomic_folder import replace_folder
target, word, go_on = sys.argv[1:]
with replace_folder(fs.LocalFileSystem(), target, last="word") as folder:
    print("begun", flush=True)
    while not Path(go_on).exists():
        time.sleep(0.01)
    Path(folder, "word").write_text(word)
"""


def start_export(target: Path, word: str, go_on: Path) -> subprocess.Popen[str]:
    """A process that exports a word and then waits for a file."""
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, str(target), word, str(go_on)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def begins(process: subprocess.Popen[str]) -> bool:
    """Waits until the process is inside its block."""
    assert process.stdout is not None
    return process.stdout.readline() == "begun\n"


def ended(process: subprocess.Popen[str]) -> int:
    """The exit status of the process, once it has ended."""
    process.communicate(timeout=60)
    return process.returncode


def test_exports_at_once_do_not_remove_each_other(tmp_path: Path) -> None:
    """`bank` is being exported. `bank-card`, and `bank` of another day, begin and end meanwhile; a
    second export of `bank` waits until the first has ended. All are whole, the last one stands.
    """
    bank, card, other_day = tmp_path / "d/bank", tmp_path / "d/bank-card", tmp_path / "e/bank"
    go_on, now = tmp_path / "go_on", tmp_path / "now"
    now.touch()
    first = start_export(bank, "first", go_on)
    assert begins(first)
    for target in (card, other_day):
        done = start_export(target, "done", now)
        assert begins(done) and ended(done) == 0
        assert contents_of(target) == {"word": "done"}
    second = start_export(bank, "second", now)
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(2)
    assert not bank.exists()
    go_on.touch()
    assert (ended(first), ended(second)) == (0, 0)
    assert contents_of(bank) == {"word": "second"}
    assert sorted(os.listdir(tmp_path / "d")) == ["bank", "bank-card"]


def test_killed_export_lets_the_next_one_in(tmp_path: Path) -> None:
    """A process is killed inside its block while another one waits: the other ends right."""
    target, now = tmp_path / "bank", tmp_path / "now"
    now.touch()
    killed = start_export(target, "killed", tmp_path / "never")
    assert begins(killed)
    waiting = start_export(target, "next", now)
    killed.kill()
    assert ended(killed) != 0 and ended(waiting) == 0
    assert contents_of(target) == {"word": "next"}
    assert sorted(os.listdir(tmp_path)) == ["bank", "now"]


def test_object_store_keeps_the_folder_of_another_process(tmp_path: Path) -> None:
    """A store has no locks: a folder written to lately stays, one of two days ago goes."""
    store = fs.SubTreeFileSystem(str(tmp_path), LOCAL)
    for number in ("a" * 32, "b" * 32):
        (tmp_path / f"day/.x-{number}").mkdir(parents=True)
    two_days_ago = time.time() - 2 * 86_400
    os.utime(tmp_path / f"day/.x-{'a' * 32}", (two_days_ago, two_days_ago))
    with replace_folder(store, "day/x", last="b") as new_folder:
        (tmp_path / new_folder / "b").write_text("1")
    assert sorted(os.listdir(tmp_path / "day")) == [f".x-{'b' * 32}", "x"]


def test_object_store_gets_the_last_file_last(tmp_path: Path) -> None:
    """A reader who finds the last file finds the others, too."""
    order: list[str] = []

    class Store(fs.SubTreeFileSystem):
        def copy_file(self, source: str, target: str) -> None:
            order.append(target)
            super().copy_file(source, target)

    store = Store(str(tmp_path), LOCAL)
    for text in ("1", "2"):
        with replace_folder(store, "day/x", last="b") as new_folder:
            for name in "bca":
                (tmp_path / new_folder / name).write_text(text)
    assert order == ["day/x/a", "day/x/c", "day/x/b"] * 2
    assert contents_of(tmp_path / "day/x") == {"a": "2", "b": "2", "c": "2"}
    assert os.listdir(tmp_path / "day") == ["x"]


def test_parts_are_joined_in_order_of_name(tmp_path: Path) -> None:
    """Other files that engines write beside the parts are ignored; no folder is no lines."""
    parts = tmp_path / "parts"
    parts.mkdir()
    for name, text in {"part-1": "b\nc\n", "part-0": "a\n", "_SUCCESS": "x", ".c.crc": "x"}.items():
        (parts / name).write_text(text)
    assert join_parts(LOCAL, str(parts), str(tmp_path / "all")) == 3
    assert (tmp_path / "all").read_text() == "a\nb\nc\n"
    assert join_parts(LOCAL, str(tmp_path / "none"), str(tmp_path / "all")) == 0
    assert (tmp_path / "all").read_text() == ""
