"""What an engine needs on this machine: its package, Java, connections on the loopback interface.

Each is checked before the engine starts, because the engines themselves wait for minutes, or fail
with a stack trace. Every fault is a ConfigurationError of one sentence.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from schemas.errors import ConfigurationError

#: Seconds that a check waits for an answer.
ANSWER_SECONDS = 20
SAIL_MISSING = "engine sail is not installed; run `pip install pysail`, or give --engine spark"
_INSTALL_JAVA = (
    "install a JDK, version 17 or 21, and set JAVA_HOME or put its java on the PATH;"
    " or give --engine sail, which needs no Java"
)
#: Variables that gRPC and others read: hosts that they connect to without a proxy.
_NO_PROXY = ("no_proxy", "NO_PROXY", "no_grpc_proxy")


def check_java() -> None:
    """Checks that there is a Java that starts.

    Raises:
        ConfigurationError: there is none, or it does not start.
    """
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else shutil.which("java")
    if java is None:
        raise ConfigurationError([f"engine spark finds no Java; {_INSTALL_JAVA}"])
    try:
        subprocess.run([java, "-version"], capture_output=True, timeout=ANSWER_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        problem = f"engine spark cannot start {java} ({type(error).__name__})"
        raise ConfigurationError([f"{problem}; {_INSTALL_JAVA}"]) from error


def check_loopback(host: str, port: int) -> None:
    """Checks that this process can connect to its own server; no proxy may stand between.

    Raises:
        ConfigurationError: the server does not answer on the loopback interface.
    """
    for name in _NO_PROXY:
        hosts = os.environ.get(name, "")
        if name == "no_proxy" or hosts:
            os.environ[name] = f"{hosts},{host}".strip(",") if host not in hosts else hosts
    try:
        socket.create_connection((host, port), ANSWER_SECONDS).close()
    except OSError as error:
        raise ConfigurationError([
            f"engine sail cannot connect to its own server at {host}:{port} ({error}); allow"
            " connections on the loopback interface, or give --engine spark"
        ]) from error  # fmt: skip


@contextmanager
def explain_failure(engine: str, *kinds: type[Exception]) -> Iterator[None]:
    """Turns the errors with which an engine fails to start into one sentence.

    Raises:
        ConfigurationError: the engine did not start.
    """
    try:
        yield
    except kinds as error:
        problem = str(error).strip().split("\n", 1)[0] or type(error).__name__
        raise ConfigurationError([
            f"engine {engine} does not start: {problem}; check that this machine may listen and"
            " connect on 127.0.0.1, and its memory; docs/reference/engines.md lists the needs"
        ]) from error  # fmt: skip
