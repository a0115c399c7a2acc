"""Measures a program from outside: wall clock, and the memory of it and all its children."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryFile
from typing import IO, Any

import psutil

#: Seconds between two samples of memory. Pages that processes share count once for each.
SAMPLE_SECONDS = 0.1


class ProgramFailed(Exception):
    """Raised when a measured program ends with a status other than 0; carries its stderr."""


@dataclass(frozen=True)
class Measured:
    """A run: seconds from start to end, seconds by step as the program says, peak bytes.

    `cpu_seconds` are those of all its processes together: they stay comparable on a busy machine.
    `summary` is the JSON of its last line.
    """

    seconds: float
    cpu_seconds: float
    steps: dict[str, float]
    peak_bytes: int
    summary: Mapping[str, Any] = field(default_factory=dict)


def measure(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Measured:
    """Runs a program to its end; the last line of its stdout is JSON with `seconds` by step.

    Raises:
        ProgramFailed: it ended with another status than 0.
    """
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        began, used = time.monotonic(), _cpu_seconds()
        program = subprocess.Popen(command, cwd=cwd, env=dict(env), stdout=out, stderr=err)
        peak, cpu_by_process = 0, dict[int, float]()
        while program.poll() is None:
            tree = _tree(program.pid)
            peak = max(peak, sum(_resident(process) for process in tree))
            cpu_by_process |= {process.pid: _process_cpu_seconds(process) for process in tree}
            time.sleep(SAMPLE_SECONDS)
        seconds = time.monotonic() - began
        output, errors = _text(out), _text(err)
    if program.returncode != 0:
        raise ProgramFailed(f"exit {program.returncode}: {errors[-3_000:]}")
    # Nobody waits for some processes, such as Spark's JVM: only samples have their time.
    cpu_seconds = max(_cpu_seconds() - used, sum(cpu_by_process.values()))
    return Measured(seconds, cpu_seconds, steps_of(output), peak, summary_of(output))


def environment() -> dict[str, str]:
    """What a measured program is started in: no engine chosen, and nothing that a session of this
    process has left behind.
    """
    kept = {
        key: value
        for key, value in os.environ.items()
        if key != "TIEOUT_ENGINE" and not key.startswith("SPARK_")
    }
    return kept | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def steps_of(stdout: str) -> dict[str, float]:
    """The `seconds` by step of the JSON in the last line, parts of a step added up."""
    seconds = summary_of(stdout).get("seconds", {})
    return {str(step): _total(value) for step, value in seconds.items()}


def summary_of(stdout: str) -> dict[str, Any]:
    """The JSON of the last line; empty where there is none."""
    lines = stdout.strip().splitlines()
    return dict(json.loads(lines[-1])) if lines else {}


def _cpu_seconds() -> float:
    """Of all children that have ended so far."""
    spent = getrusage(RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _total(seconds: float | dict[str, float]) -> float:
    return float(sum(seconds.values()) if isinstance(seconds, dict) else seconds)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _process_cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()
