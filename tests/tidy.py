"""The rules of the house, as functions from one source file to its faults.

A rule sees a file's path inside the project and its text, never the disk, so that
`test_tidy.py` can show each of them a snippet that it must catch.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("jobs/", "schemas/", "airflow_dags/", "demo/", "benchmarks/", "notebooks/")
OURS = ("jobs", "schemas", "airflow_dags", "demo", "benchmarks", "notebooks", "tests")
PURE = ("jobs/statements/", "jobs/matching/", "jobs/fees/", "jobs/settlement/")
PURE_MODULES = tuple(room[:-1] + ".py" for room in PURE)

COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 250

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


# ---- sizes ----------------------------------------------------------------------------------


def wide_lines(source: Source) -> Iterator[Fault]:
    """Lines of more than 100 columns."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if len(line) > COLUMNS_MAX:
            yield number, f"{len(line)} columns, at most {COLUMNS_MAX}"


def long_functions(source: Source) -> Iterator[Fault]:
    """Functions of more than 70 lines."""
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield node.lineno, f"{node.name} has {lines} lines, at most {FUNCTION_LINES_MAX}"


def long_modules(source: Source) -> Iterator[Fault]:
    """Modules of more than 250 lines."""
    lines = len(source.text.splitlines())
    if lines > MODULE_LINES_MAX:
        yield lines, f"{lines} lines, at most {MODULE_LINES_MAX}"


# ---- imports --------------------------------------------------------------------------------


def _is_of(name: str, *modules: str) -> bool:
    return any(name == module or name.startswith(module + ".") for module in modules)


def _is_standard(name: str) -> bool:
    return name.split(".")[0] in sys.stdlib_module_names


def arrows_of_schemas(source: Source) -> Iterator[Fault]:
    """`schemas` stands at the bottom and imports nothing else of ours."""
    for line, name in source.imports:
        if _is_of(name, *OURS) and not _is_of(name, "schemas"):
            yield line, f"schemas imports {name}; schemas imports nothing of ours"


def arrows_of_jobs(source: Source) -> Iterator[Fault]:
    """`jobs` know `schemas` and themselves."""
    for line, name in source.imports:
        if _is_of(name, *OURS) and not _is_of(name, "jobs", "schemas"):
            yield line, f"jobs import {name}; of ours they import jobs and schemas only"


def arrows_of_pure_packages(source: Source) -> Iterator[Fault]:
    """Rules import pyspark.sql, pyarrow, schemas and themselves; only statements touch bytes, and
    import the readers of bank formats.
    """
    own = ".".join(source.path.removesuffix(".py").split("/")[:2])
    storage = ("pyarrow.fs", "pyarrow.dataset")
    allowed = ["pyspark.sql", "pyarrow", "numpy", "schemas", own]
    if own == "jobs.statements":  # bank formats are read by well-kept libraries
        allowed += ["lxml", "mt940"]
    for line, name in source.imports:
        known = _is_standard(name) or _is_of(name, *allowed)
        if not known or (_is_of(name, *storage) and own != "jobs.statements"):
            yield line, f"{own} is pure and imports {name}"


def delta_outside_the_lake(source: Source) -> Iterator[Fault]:
    """Only lake.py and its helpers know that tables are Delta."""
    for line, name in source.imports:
        if _is_of(name, "deltalake", "delta"):
            yield line, f"imports {name}; only jobs/lake.py and jobs/lake_*.py may"
    for call in _calls(source, "format"):
        if any(isinstance(arg, ast.Constant) and arg.value == "delta" for arg in call.args):
            yield call.lineno, '.format("delta"); only jobs/lake.py and jobs/lake_*.py may'


def sessions_built(source: Source) -> Iterator[Fault]:
    """Only session.py builds a SparkSession or starts Sail."""
    for line, name in source.imports:
        if _is_of(name, "pysail"):
            yield line, f"imports {name}; only jobs/session.py may"
    for node in source.nodes:
        if isinstance(node, ast.Attribute):
            builder = node.attr == "builder" and ast.unparse(node.value).endswith("SparkSession")
            if builder or node.attr == "getOrCreate":
                yield node.lineno, f"{ast.unparse(node)} builds a session; ask jobs/session.py"


def expectations_imported(source: Source) -> Iterator[Fault]:
    """Great Expectations takes seconds to import: quality.py alone, inside functions."""
    lazy = {
        inner.lineno
        for node in source.nodes
        if isinstance(node, ast.FunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }
    for line, name in source.imports:
        if _is_of(name, "great_expectations"):
            if source.path != "jobs/quality.py":
                yield line, f"imports {name}; only jobs/quality.py may"
            elif line not in lazy:
                yield line, f"imports {name} at the top; import it inside the function"


def arrows_of_dags(source: Source) -> Iterator[Fault]:
    """DAG files import Airflow and the standard library: only strings cross to the jobs."""
    for line, name in source.imports:
        if not (_is_of(name, "airflow") or _is_standard(name)):
            yield line, f"imports {name}; a DAG imports airflow and the standard library only"


def standard_names(source: Source) -> Iterator[Fault]:
    """`spark-submit jobs/match.py` puts jobs/ itself first on the import path."""
    name = source.path.split("/")[1].removesuffix(".py")
    if name in sys.stdlib_module_names and not name.startswith("__"):
        yield 1, f"jobs/{name} hides the standard library's {name} under spark-submit"


# ---- what is called -------------------------------------------------------------------------

FORBIDDEN = {
    "dropDuplicates": "no order decides which row it keeps; use max_by with a unique key",
    "drop_duplicates": "no order decides which row it keeps; use max_by with a unique key",
    "monotonically_increasing_id": "depends on the partitions; build the id from the row",
    "rdd": "is not there on Spark Connect",
    "sparkContext": "is not there on Spark Connect",
    "_jvm": "is not there on Spark Connect",
}


def _calls(source: Source, method: str) -> Iterator[ast.Call]:
    for node in source.nodes:
        if isinstance(node, ast.Call) and getattr(node.func, "attr", None) == method:
            yield node


def prints(source: Source) -> Iterator[Fault]:
    """Commands speak through jobs/cli.py; nothing else prints."""
    for node in source.nodes:
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "print":
            yield node.lineno, "print; return it, or let jobs/cli.py say it"


def engine_bound_calls(source: Source) -> Iterator[Fault]:
    """What is undetermined, or missing on Spark Connect, decides nothing."""
    for node in source.nodes:
        name = getattr(node, "attr", None) or getattr(node, "id", None)
        spared = name == "sparkContext" and source.path == "jobs/session.py"
        if isinstance(node, ast.Attribute | ast.Name) and name in FORBIDDEN and not spared:
            yield node.lineno, f"{name} {FORBIDDEN[name]}"
    for call in _calls(source, "first"):
        yield call.lineno, "first() takes whatever row comes first; say which one"


def joins_without_how(source: Source) -> Iterator[Fault]:
    """Every join of frames states `how=`; text is joined by a separator that stands there."""
    if not any(_is_of(name, "pyspark") for _, name in source.imports):
        return
    for call in _calls(source, "join"):
        assert isinstance(call.func, ast.Attribute)
        receiver = call.func.value
        text = isinstance(receiver, ast.JoinedStr) or (
            isinstance(receiver, ast.Constant) and isinstance(receiver.value, str)
        )
        other = ast.unparse(receiver) in ("os.path", "posixpath") or not call.args
        if not (text or other or any(keyword.arg == "how" for keyword in call.keywords)):
            yield call.lineno, f"{ast.unparse(call)[:60]}: a join says how="


def clocks_read(source: Source) -> Iterator[Fault]:
    """Time is an argument of the rules."""
    clocks = {"now", "today", "utcnow", "current_date", "current_timestamp", "localtimestamp"}
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and node.attr in clocks:
            yield node.lineno, f"{ast.unparse(node)} reads the clock; take the time as an argument"


# ---- what is said ---------------------------------------------------------------------------


def undocumented(source: Source) -> Iterator[Fault]:
    """Modules, public classes, functions and methods say what they do; signatures are typed."""
    if source.text.strip() and not ast.get_docstring(source.tree):
        yield 1, "the module has no docstring"
    yield from _undocumented_in(source.tree.body, "")


def _undocumented_in(body: list[ast.stmt], owner: str) -> Iterator[Fault]:
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if node.name.startswith("_"):
            continue
        name = f"{owner}{node.name}"
        exempt = any(ast.unparse(d).endswith(("overload", ".setter")) for d in node.decorator_list)
        if not ast.get_docstring(node) and not exempt:
            yield node.lineno, f"{name} has no docstring"
        if isinstance(node, ast.ClassDef):
            yield from _undocumented_in(node.body, f"{name}.")
        else:
            for missing in _unannotated(node):
                yield node.lineno, f"{name}: {missing} has no annotation"


def _unannotated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    args = node.args
    named = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    for arg in [*named, *filter(None, (args.vararg, args.kwarg))]:
        if arg.annotation is None and arg.arg not in ("self", "cls"):
            yield arg.arg
    if node.returns is None:
        yield "the result"


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


TALKERS = ("jobs/cli.py", "demo/", "benchmarks/")
LAKE = ("jobs/lake.py", "jobs/lake_", "benchmarks/", "demo/")

RULES = (
    Rule("lines are at most 100 columns", wide_lines, under(*ROOMS, "tests/")),
    Rule("functions are at most 70 lines", long_functions, under(*ROOMS)),
    Rule("modules are at most 250 lines", long_modules, under(*ROOMS)),
    Rule("schemas import nothing of ours", arrows_of_schemas, under("schemas/")),
    Rule("jobs import jobs and schemas", arrows_of_jobs, under("jobs/")),
    Rule("rules are pure", arrows_of_pure_packages, under(*PURE, *PURE_MODULES)),
    Rule("rules read no clock", clocks_read, under(*PURE, *PURE_MODULES, "schemas/")),
    Rule("the lake alone knows Delta", delta_outside_the_lake, under(*ROOMS, but=LAKE)),
    Rule("one builder of sessions", sessions_built, under(*ROOMS, but=("jobs/session.py",))),
    Rule("expectations are imported late", expectations_imported, under(*ROOMS)),
    Rule("dags import airflow only", arrows_of_dags, under("airflow_dags/")),
    Rule("no standard-library names", standard_names, under("jobs/")),
    Rule("nothing prints but commands", prints, under(*ROOMS, but=TALKERS)),
    Rule("nothing is bound to an engine", engine_bound_calls, under("jobs/")),
    Rule("joins say how", joins_without_how, under(*ROOMS)),
    Rule("public names are documented", undocumented, under(*ROOMS, but=("notebooks/",))),
)
EVERYWHERE = Rule("no hosts, no machine paths", hosts_and_machine_paths, under(""))
