"""How long lines, functions and modules may be."""

import ast
from collections.abc import Iterator

from tests.tidy.source import Fault, Source

COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 250
COMMAND_LINES_MAX = 100


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


def long_commands(source: Source) -> Iterator[Fault]:
    """Commands of more than 100 lines: what they do belongs into a room."""
    lines = len(source.text.splitlines())
    if lines > COMMAND_LINES_MAX:
        yield lines, f"{lines} lines, a command has at most {COMMAND_LINES_MAX}"
