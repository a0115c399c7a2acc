"""Runs commands of tieout on the worker, and turns how they end into how a task ends."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from tieout_airflow.settings import build_command, read_setting

#: Exit statuses of a command after which the next steps run.
DONE, STOPPED = 0, 3
#: What an exit status means, where a retry cannot help.
NO_RETRY_AFTER = {
    2: "arguments or configuration are wrong",
    STOPPED: "a check stopped something",
}


@dataclass
class Outcome:
    """How a command ended: exit status, its JSON summary, and its lines of text."""

    status: int
    summary: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    @property
    def reasons(self) -> list[str]:
        """Why it did not end with 0, one sentence each."""
        stopped = [entry["message"] for entry in self.summary.get("stopped", ())]
        return list(dict.fromkeys([*self.summary.get("errors", ()), *stopped]))


class Command:
    """A running command; `stop` ends it with all that it started."""

    def __init__(self, *words: str) -> None:
        self.words = build_command(*words)
        self.process: subprocess.Popen[str] | None = None

    def run(self, say: Callable[[str], None]) -> Outcome:
        """Runs the command to its end; passes on each line that it prints, the summary apart."""
        self.process = subprocess.Popen(
            self.words,
            cwd=read_setting("home"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        outcome = Outcome(0)
        for line in take_summary(self.process.stdout or (), outcome):
            say(line.rstrip())
        outcome.status = self.process.wait()
        return outcome

    def stop(self) -> None:
        """Ends the process and those that it started."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)


def take_summary(lines: Iterable[str], outcome: Outcome) -> Iterator[str]:
    """Yields the lines of a command; keeps its JSON summary and its text in `outcome`."""
    for line in lines:
        # spark-submit's hook may hand on lines with their ends.
        found = re.match(r'\{"job": ', line)
        if not found:
            outcome.lines.append(line.rstrip())
            yield line
            continue
        try:
            outcome.summary = json.loads(line)
        except ValueError:
            yield line


def fail_task(context: Any, status: int, reasons: list[str]) -> NoReturn:
    """Ends a task red: after exit 1 it may be retried, after 2 and 3 not.

    The reason is the exception's message, and the XCom `reason` for those who tell people.
    """
    what = NO_RETRY_AFTER.get(status, "an unexpected error; its trace is in the log")
    reason = f"exit {status}: {'; '.join(reasons) or what}"
    context["ti"].xcom_push(key="reason", value=reason)
    raise (AirflowFailException if status in NO_RETRY_AFTER else AirflowException)(reason)


def describe_run(outcome: Outcome, channel: str, day: str) -> dict[str, Any]:
    """What the tasks of a channel's day show of its `run`: exit status, what each step stopped,
    and the day's line without date and channel.
    """
    start = f"{day}  {channel} "
    totals = [line for line in outcome.lines if line.startswith(start) and " at stake" in line]
    return {
        "exit": outcome.status,
        "stopped": outcome.summary.get("stopped", []),
        "totals": " ".join(totals[-1].split()[2:]) if totals else "",
    }
