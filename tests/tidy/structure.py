"""How the house stands together: units, who imports whom, levels. `python -m tests.tidy.structure`.

A unit is a room (a folder of jobs/) with all that lies in it; in jobs/statements each folder is a
unit, for each is a format of its own. The commands (the modules of jobs/ itself) are the unit
`jobs`, and schemas/ is the unit `schemas`. `--loose` counts each module of jobs/ itself as a unit:
right for a tree that keeps its modules there. An edge is a pair of units of which one imports the
other, at the top or inside a function. The version (`jobs.__version__`) and modules that are loaded
by name (the registry of dialects) make no edge.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT
from tests.tidy import arrows
from tests.tidy.source import Source

#: Layers of rooms, from the bottom: an import never goes from a lower one to a higher one.
LAYERS = (
    ("schemas",),
    ("engine", "storage"),
    ("lake",),
    (*arrows.RULE_ROOMS, "cli"),
    arrows.STAGE_ROOMS,
    ("jobs",),
    ("analysis",),
)
LEVELS_MAX = 10

Graph = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Structure:
    """Units with the units that they import; circles; level of each unit, the bottom is 1."""

    imports: Graph
    circles: list[list[str]]
    levels: dict[str, int]
    upward: list[tuple[str, str]]

    @property
    def edges(self) -> int:
        """Number of pairs of units of which one imports the other."""
        return sum(len(imported) for imported in self.imports.values())

    @property
    def height(self) -> int:
        """Number of levels."""
        return max(self.levels.values(), default=0)


def unit_of(path: str, loose: bool = False) -> str:
    """The unit of a file below jobs/ or schemas/; see the module's text."""
    folder, _, name = path.rpartition("/")
    if loose and folder == "jobs" and name != "__init__.py":
        return path.removesuffix(".py")
    parts = folder.split("/")
    if parts[0] == "schemas":
        return "schemas"
    return folder if parts[1:2] == ["statements"] else "/".join(parts[:2])


def layer_of(unit: str) -> int:
    """Number of a unit's layer in LAYERS, from 0. Raises: KeyError for a room of no layer."""
    parts = unit.split("/")
    room = "schemas" if parts[0] == "schemas" else parts[1] if len(parts) > 1 else "jobs"
    return {name: number for number, names in enumerate(LAYERS) for name in names}[room]


def measure(sources: Iterable[Source], loose: bool = False) -> Structure:
    """The structure of the sources below jobs/ and schemas/.

    `loose` counts each module of jobs/ itself as a unit; such a tree has no layers, and no edge
    of it is upward.
    """
    imports = _graph(sources, lambda path: unit_of(path, loose))
    components = _components(imports)
    upward = [
        (unit, other)
        for unit, others in imports.items()
        for other in sorted(others)
        if not loose and layer_of(unit) < layer_of(other)
    ]
    return Structure(imports, _circles(components), _levels(imports, components), upward)


def module_circles(sources: Iterable[Source]) -> list[list[str]]:
    """Paths of modules that import each other, directly or not, a list for each circle."""
    return _circles(_components(_graph(sources, lambda path: path)))


def render(structure: Structure) -> str:
    """The table (unit, level, imports), lowest level first, and a line of totals."""
    width = max(map(len, structure.imports))
    rows = [f"{'unit':{width}}  level  imports"]
    for unit in sorted(structure.imports, key=lambda name: (structure.levels[name], name)):
        imported = ", ".join(sorted(structure.imports[unit])) or "-"
        rows.append(f"{unit:{width}}  {structure.levels[unit]:5}  {imported}")
    rows += [f"circle: {', '.join(circle)}" for circle in structure.circles]
    rows += [f"upward: {unit} imports {other}" for unit, other in structure.upward]
    rows.append(
        f"{len(structure.imports)} units, {structure.edges} edges, {structure.height} levels,"
        f" {len(structure.circles)} circles, {len(structure.upward)} edges upward"
    )
    return "\n".join(rows)


def sources_below(root: Path) -> list[Source]:
    """Python files of jobs/ and schemas/ below `root`."""
    return [
        Source(path.relative_to(root).as_posix(), path.read_text("utf-8"))
        for place in ("jobs", "schemas")
        for path in sorted((root / place).rglob("*.py"))
    ]


def _graph(sources: Iterable[Source], unit_of_path: Callable[[str], str]) -> Graph:
    sources = [source for source in sources if source.path.startswith(("jobs/", "schemas/"))]
    modules = {_dotted(source.path): source.path for source in sources}
    graph: dict[str, set[str]] = {}
    for source in sources:
        unit = unit_of_path(source.path)
        imported = graph.setdefault(unit, set())
        for _, name in source.imports:
            path = _path_of(name, modules)
            if path and name != "jobs.__version__":
                imported.add(unit_of_path(path))
        imported.discard(unit)
    return {unit: frozenset(imported) for unit, imported in sorted(graph.items())}


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _path_of(name: str, modules: Mapping[str, str]) -> str | None:
    """Path of the module that a dotted name is, or is inside of; None if it is not ours."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return modules.get(name)


def _reachable(imports: Graph, start: str) -> set[str]:
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        for other in imports[ahead.pop()] - reached:
            reached.add(other)
            ahead.append(other)
    return reached


def _components(imports: Graph) -> list[frozenset[str]]:
    """Units that import each other, directly or not, together; every other unit alone."""
    reachable = {unit: _reachable(imports, unit) for unit in imports}
    return sorted(
        {
            frozenset({unit, *(other for other in reachable[unit] if unit in reachable[other])})
            for unit in imports
        },
        key=sorted,
    )


def _circles(components: list[frozenset[str]]) -> list[list[str]]:
    return [sorted(component) for component in components if len(component) > 1]


def _levels(imports: Graph, components: list[frozenset[str]]) -> dict[str, int]:
    """Level of each unit: one above the highest that it imports; a circle has one level."""
    component_of = {unit: component for component in components for unit in component}
    heights: dict[frozenset[str], int] = {}

    def height(component: frozenset[str]) -> int:
        if component not in heights:
            below = {component_of[other] for unit in component for other in imports[unit]}
            heights[component] = 1 + max(map(height, below - {component}), default=0)
        return heights[component]

    return {unit: height(component) for unit, component in component_of.items()}


def main() -> None:
    """Prints the structure of this project, or of another copy of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.tidy.structure", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder [this one]")
    parser.add_argument("--loose", action="store_true", help="count each module of jobs/ alone")
    choices = parser.parse_args()
    sys.stdout.write(render(measure(sources_below(choices.root), choices.loose)) + "\n")


if __name__ == "__main__":
    main()
