"""One source file as the rules see it, and the files that they hold for.

A rule sees a file's path inside the project and its text, never the disk, so that
`test_tidy.py` can show each of them a snippet that it must catch.
"""

import ast
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from tests.support.paths import ROOT

ROOMS = ("jobs/", "schemas/", "airflow_dags/", "demo/", "benchmarks/", "notebooks/")
OURS = ("jobs", "schemas", "airflow_dags", "demo", "benchmarks", "notebooks", "tests")
COMMANDS = frozenset(
    path.stem for path in (ROOT / "jobs").glob("*.py") if not path.stem.startswith("__")
)

Fault = tuple[int, str]


@dataclass(frozen=True)
class Source:
    """One file: its path inside the project, with forward slashes, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text, self.path)

    @property
    def commands(self) -> frozenset[str]:
        """Names of the commands: the modules of jobs/ itself."""
        return COMMANDS

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the file, outer before inner."""
        return list(ast.walk(self.tree))

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """Line and full dotted name of everything imported, relative imports resolved."""
        found = []
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found += [(node.lineno, alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                package = self.path.split("/")[:-1]
                base = package[: len(package) + 1 - node.level] if node.level else []
                module = ".".join([*base, *([node.module] if node.module else [])])
                found += [(node.lineno, f"{module}.{alias.name}") for alias in node.names]
        return found


@dataclass(frozen=True)
class Rule:
    """A rule: its name, what it checks, and the files that it holds for."""

    name: str
    faults: Callable[[Source], Iterator[Fault]]
    holds_for: Callable[[str], bool]

    def broken_by(self, sources: list[Source]) -> list[str]:
        """`file:line: fault` for each fault in the sources that the rule holds for."""
        return [
            f"{source.path}:{line}: {fault}"
            for source in sources
            if self.holds_for(source.path)
            for line, fault in self.faults(source)
        ]


def under(*places: str, but: tuple[str, ...] = ()) -> Callable[[str], bool]:
    """A predicate on paths: below one of `places` (or that very file), and not in `but`."""
    return lambda path: path.startswith(places) and not (but and path.startswith(but))


def tracked_files() -> list[str]:
    """Paths of the files in git, and of those about to be; the ignored ones are left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file())


def python_sources() -> list[Source]:
    """Every Python file of the project's rooms and of the tests."""
    return [
        Source(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
        for room in (*ROOMS, "tests/")
        for path in sorted((ROOT / room).rglob("*.py"))
    ]


def text_sources() -> list[Source]:
    """Every tracked file that is text."""
    found = []
    for path in tracked_files():
        data = (ROOT / path).read_bytes()
        if b"\0" not in data[:4096]:
            found.append(Source(path, data.decode("utf-8", "replace")))
    return found


def is_of(name: str, *modules: str) -> bool:
    """Whether a dotted name is one of the modules or inside one of them."""
    return any(name == module or name.startswith(module + ".") for module in modules)
