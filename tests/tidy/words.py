"""Words that say nothing as a name.

A function is verb + object (`resolve_duplicates`), a variable a noun (`statement_line`). A past
participle alone (`told`, `seen`) is neither, nor is a word for people (`company`, `blame`).
"""

import ast
from collections.abc import Iterator

from tests.tidy.source import Fault, Source

#: No name is one of these words, and none ends in one (`was_told`). `given_name` is allowed.
BANNED = frozenset(
    {
        "alone",
        "asked",
        "beside",
        "blame",
        "company",
        "crowded",
        "found",
        "given",
        "laid",
        "made",
        "met",
        "odd",
        "said",
        "sealed",
        "seen",
        "sifted",
        "sought",
        "spelled",
        "stay",
        "taken",
        "told",
        "uneven",
        "whose",
    }
)

#: Endings that say what they mean: the match of one reference alone, an odd number.
ALLOWED = ("match_alone", "is_odd")


def banned_names(source: Source) -> Iterator[Fault]:
    """Functions, classes, parameters and variables whose name is, or ends in, a banned word."""
    for line, name in sorted(_names(source)):
        word = name.strip("_").split("_")[-1].lower()
        if word in BANNED and not name.endswith(ALLOWED):
            yield line, f"{name}: {word!r} says nothing; use verb + object, or a noun"


def _names(source: Source) -> set[tuple[int, str]]:
    """Line and name of everything that the file defines or assigns, each once a line."""
    names = set()
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add((node.lineno, node.name))
        elif isinstance(node, ast.arg):
            names.add((node.lineno, node.arg))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add((node.lineno, node.id))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add((node.lineno, node.attr))
    return names
