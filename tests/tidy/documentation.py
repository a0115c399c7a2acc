"""What says what it is: modules, public names, signatures."""

import ast
from collections.abc import Iterator

from tests.tidy.source import Fault, Source


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
