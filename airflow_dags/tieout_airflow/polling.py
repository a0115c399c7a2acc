"""Waits, without a worker, until a date has come so far; the triggerer runs this module.

The triggerer must find the package: `airflow_dags` stands in its PYTHONPATH.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

#: A command that fails so often one after the other ends the wait.
FAILURES_MAX = 3
#: What is known of a date, by command; all waits of a triggerer share it.
_known: dict[tuple[str, ...], tuple[float, dict[str, Any]]] = {}
_locks: dict[tuple[str, ...], asyncio.Lock] = {}


class ProgressTrigger(BaseTrigger):
    """Asks `command` (`tieout schedule progress` of a date) every `seconds`, in folder `home`.

    `waits` are channels with the moment after which nobody waits for them any more. `what` is
    `files` (all files have come) or `export` (all of them are matched and exported). The event has
    `open`: the channels that were not so far at their last moment, with what they lacked, and
    `waits`; or `fault`, the exit status of the command, and `reasons`.
    """

    def __init__(
        self, command: list[str], home: str, waits: dict[str, str], what: str, seconds: float
    ) -> None:
        super().__init__()
        self.command = command
        self.home = home
        self.waits = waits
        self.what = what
        self.seconds = seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Where this class lies, and its arguments."""
        names = ("command", "home", "waits", "what", "seconds")
        return f"{__name__}.ProgressTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yields one event: when no channel is waited for any more."""
        failures = 0
        while True:
            # Read before the command runs: a file that comes after the last moment is too late.
            now = datetime.now(UTC)
            status, summary = await _ask(self.command, self.home, self.seconds)
            if status:
                failures += 1
                if status == 2 or failures >= FAILURES_MAX:
                    yield TriggerEvent({"fault": status, "reasons": summary.get("errors", [])})
                    return
            else:
                failures = 0
                lacking = find_lacking(summary["channels"], self.waits, self.what)
                ends = {name: datetime.fromisoformat(self.waits[name]) for name in lacking}
                if all(end <= now for end in ends.values()):
                    yield TriggerEvent({"open": lacking, "waits": self.waits})
                    return
            await asyncio.sleep(self.seconds)


def find_lacking(
    channels: dict[str, dict[str, Any]], names: Any, what: str
) -> dict[str, list[str]]:
    """What each of the channels lacks; only those that lack something."""
    lacking = {}
    for name in names:
        channel = channels.get(name)
        if channel is None:  # the date is before its first
            continue
        if what == "files":
            lacks = [*channel["awaited"], *(f"ours {part}" for part in channel["awaited_ours"])]
        else:
            # A match without the statement, which is refused or missing, is exported too.
            result = channel["results"].get("match", "DONE")
            lacks = ["export"] if not channel["is_exported"] else [result] * (result != "DONE")
            lacks += [f"a newer version is refused: {why}" for why in channel["refused_again"]]
        if lacks:
            lacking[name] = lacks
    return lacking


async def _ask(command: list[str], home: str, seconds: float) -> tuple[int, dict[str, Any]]:
    """Exit status and summary of a command; one younger than `seconds` is not asked again."""
    key = (home, *command)
    async with _locks.setdefault(key, asyncio.Lock()):
        asked_at, summary = _known.get(key, (float("-inf"), {}))
        if time.monotonic() - asked_at < seconds / 2:
            return 0, summary
        process = await asyncio.create_subprocess_exec(
            *command, cwd=home, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        printed = (await process.communicate())[0].decode("utf-8", "replace").splitlines()
        try:
            summary = json.loads(printed[-1])
        except (IndexError, ValueError):
            return process.returncode or 1, {"errors": printed[-1:]}
        if process.returncode == 0:
            _known[key] = (time.monotonic(), summary)
            for old in [name for name, (at, _) in _known.items() if at < time.monotonic() - 86400]:
                _known.pop(old)
        return process.returncode or 0, summary
