"""What no file may name."""

import re
from collections.abc import Iterator

from tests.tidy.source import Fault, Source

# Written so that this file does not say what it looks for.
HOSTS = re.compile(
    r"\b(?:pyp[i]|pythonhoste[d]|mave[n]|rep[o]\.maven\.apache|npmj[s]|crate[s]|golan[g]|debia[n])"
    r"\.(?:org|io|com|net)\b"
)
MACHINE = re.compile(r"(?<![\w.-])/(?:wor[k]|roo[t]|far[m])/")


def hosts_and_machine_paths(source: Source) -> Iterator[Fault]:
    """No file names a package registry's host, or a path of the machine it was written on."""
    for number, line in enumerate(source.text.splitlines(), 1):
        for found in (HOSTS.search(line), MACHINE.search(line)):
            if found:
                yield number, f"names {found.group()}"
