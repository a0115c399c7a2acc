"""The house stands without a circle, and no room imports a room above it."""

from tests.tidy import structure
from tests.tidy.arrows import ROOM_IMPORTS
from tests.tidy.source import Source, python_sources


def test_no_unit_is_in_a_circle_or_imports_upward() -> None:
    measured = structure.measure(python_sources())
    assert measured.circles == []
    assert measured.upward == []
    assert measured.height <= structure.LEVELS_MAX
    assert {"jobs", "schemas", "jobs/matching", "jobs/statements/wechat"} <= set(measured.imports)


def test_no_module_is_in_a_circle() -> None:
    assert structure.module_circles(python_sources()) == []


def test_every_room_has_a_layer() -> None:
    assert {name for names in structure.LAYERS for name in names} == {
        *ROOM_IMPORTS,
        "schemas",
        "jobs",
    }


def test_circle_and_edge_upward_are_found() -> None:
    sources = [
        Source("jobs/lake/tables.py", "from jobs.engine import session"),
        Source("jobs/engine/session.py", "def f():\n    from jobs.lake.tables import Lake"),
        Source("schemas/errors.py", "import jobs"),
        Source("jobs/__init__.py", "__version__ = '1'"),
        Source("jobs/cli/console.py", "from jobs import __version__"),
    ]
    measured = structure.measure(sources)
    assert measured.circles == [["jobs/engine", "jobs/lake"]]
    assert measured.upward == [("jobs/engine", "jobs/lake"), ("schemas", "jobs")]
    assert structure.module_circles(sources) == [["jobs/engine/session.py", "jobs/lake/tables.py"]]
    assert measured.imports["jobs/cli"] == frozenset()
    assert "5 units, 3 edges, 2 levels, 1 circles, 2 edges upward" in structure.render(measured)


def test_units_of_formats_of_rooms_and_of_loose_modules() -> None:
    assert structure.unit_of("jobs/statements/bank/camt/batch.py") == "jobs/statements/bank/camt"
    assert structure.unit_of("jobs/matching/steps/passes.py") == "jobs/matching"
    assert structure.unit_of("schemas/profile/channel.py") == "schemas"
    assert structure.unit_of("jobs/match.py") == "jobs"
    assert structure.unit_of("jobs/match.py", loose=True) == "jobs/match"
