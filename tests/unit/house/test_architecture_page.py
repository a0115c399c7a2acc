"""The architecture page names only what exists, and every room."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")
CODE = sorted(set(re.findall(r"`([^`\n]+)`", PAGE)))
PLACES = ("jobs/", "schemas/", "tests/", "docs/", "airflow_dags/", "demo/", "benchmarks/")
PATHS = [code for code in CODE if code.startswith(PLACES) and ": " not in code]
#: `path: name`, except the example in the first paragraph.
NAMES = [code for code in CODE if code.startswith(PLACES) and ": " in code and "/x.py" not in code]
#: Names of the format `module.function`, such as a reader might write by habit.
DOTTED = [code for code in CODE if re.fullmatch(r"[a-z_]+\.[a-z_]+(\(\))?", code)]


@cache
def names_of(path: Path) -> set[str]:
    """Names that a module defines at its top, and `Class.member` of its classes."""
    names = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            members = (item for item in node.body if isinstance(item, ast.FunctionDef))
            names |= {f"{node.name}.{member.name}" for member in members}
    return names


@pytest.mark.parametrize("path", PATHS)
def test_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("code", NAMES)
def test_name_exists_in_its_module(code: str) -> None:
    path, name = code.split(": ")
    assert name in names_of(ROOT / path)


def test_page_names_many_places() -> None:
    assert len(PATHS) > 40
    assert len(NAMES) > 25
    assert [name for name in DOTTED if not name.endswith((".py", ".md", ".yaml"))] == []


def test_every_room_is_in_the_tree() -> None:
    rooms = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "jobs").iterdir()
        if (path / "__init__.py").is_file()
    }
    assert {room for room in rooms if f"| `{room}` |" not in PAGE} == set()


def test_picture_names_every_room() -> None:
    picture = (ROOT / "docs/architecture.svg").read_text("utf-8")
    rooms = [path for path in (ROOT / "jobs").iterdir() if (path / "__init__.py").is_file()]
    assert {room.name for room in rooms if f">{room.name}<" not in picture} == set()
