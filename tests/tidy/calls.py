"""What may be called where."""

import ast
from collections.abc import Iterator

from tests.tidy.source import Fault, Source, is_of

SESSION = "jobs/engine/session.py"
EXPECTATIONS = "jobs/quality/great_expectations_checks.py"

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
    """Commands speak through jobs/cli/console.py; nothing else prints."""
    for node in source.nodes:
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "print":
            yield node.lineno, "print; return it, or let jobs/cli/console.py say it"


def engine_bound_calls(source: Source) -> Iterator[Fault]:
    """What is undetermined, or missing on Spark Connect, decides nothing."""
    for node in source.nodes:
        name = getattr(node, "attr", None) or getattr(node, "id", None)
        spared = name == "sparkContext" and source.path == SESSION
        if isinstance(node, ast.Attribute | ast.Name) and name in FORBIDDEN and not spared:
            yield node.lineno, f"{name} {FORBIDDEN[name]}"
    for call in _calls(source, "first"):
        yield call.lineno, "first() takes whatever row comes first; say which one"


def joins_without_how(source: Source) -> Iterator[Fault]:
    """Every join of frames states `how=`; text is joined by a separator that stands there."""
    if not any(is_of(name, "pyspark") for _, name in source.imports):
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


def delta_outside_the_lake(source: Source) -> Iterator[Fault]:
    """Only jobs/lake knows that tables are Delta."""
    for line, name in source.imports:
        if is_of(name, "deltalake", "delta"):
            yield line, f"imports {name}; only jobs/lake may"
    for call in _calls(source, "format"):
        if any(isinstance(arg, ast.Constant) and arg.value == "delta" for arg in call.args):
            yield call.lineno, '.format("delta"); only jobs/lake may'


def sessions_built(source: Source) -> Iterator[Fault]:
    """Only jobs/engine/session.py builds a SparkSession or starts Sail."""
    for line, name in source.imports:
        if is_of(name, "pysail"):
            yield line, f"imports {name}; only jobs/engine/session.py may"
    for node in source.nodes:
        if isinstance(node, ast.Attribute):
            builder = node.attr == "builder" and ast.unparse(node.value).endswith("SparkSession")
            if builder or node.attr == "getOrCreate":
                yield (
                    node.lineno,
                    f"{ast.unparse(node)} builds a session; ask jobs/engine/session.py",
                )


def expectations_imported(source: Source) -> Iterator[Fault]:
    """Great Expectations takes seconds to import: one module alone, inside functions."""
    lazy = {
        inner.lineno
        for node in source.nodes
        if isinstance(node, ast.FunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }
    for line, name in source.imports:
        if is_of(name, "great_expectations"):
            if source.path != EXPECTATIONS:
                yield line, f"imports {name}; only {EXPECTATIONS} may"
            elif line not in lazy:
                yield line, f"imports {name} at the top; import it inside the function"
