"""The rules of the house; `tests/unit/house/test_tidy.py` holds the project against them."""

from tests.tidy import arrows, calls, documentation, folders, sizes, text, words
from tests.tidy.source import ROOMS, Rule, under

PURE = tuple(f"jobs/{room}/" for room in arrows.RULE_ROOMS)
#: The one module of a rules room that reads and writes.
CHECKS = tuple(f"{room}check_day.py" for room in PURE)
COMMANDS = ("jobs/cli/",)
TALKERS = ("jobs/cli/", "demo/", "benchmarks/")
LAKE = ("jobs/lake/", "benchmarks/", "demo/")
SESSION = (calls.SESSION,)


def is_command(path: str) -> bool:
    """Whether a path is a command: a module of jobs/ itself."""
    return path.startswith("jobs/") and path.count("/") == 1 and "__" not in path


def is_in_room(path: str) -> bool:
    """Whether a path lies in a room: a folder of jobs/."""
    return path.startswith("jobs/") and path.count("/") > 1


RULES = (
    Rule("lines are at most 100 columns", sizes.wide_lines, under(*ROOMS, "tests/")),
    Rule("functions are at most 70 lines", sizes.long_functions, under(*ROOMS)),
    Rule("modules are at most 250 lines", sizes.long_modules, under(*ROOMS)),
    Rule("commands are at most 100 lines", sizes.long_commands, is_command),
    Rule("schemas import nothing of ours", arrows.schemas_imports, under("schemas/")),
    Rule("jobs import jobs and schemas", arrows.jobs_imports, under("jobs/")),
    Rule("nothing imports a command", arrows.command_imports, under("jobs/")),
    Rule("rooms import the rooms below", arrows.room_imports, is_in_room),
    Rule("rules are pure", arrows.rule_imports, under(*PURE)),
    Rule("formats stand alone", arrows.format_imports, under("jobs/statements/")),
    Rule("dags import airflow only", arrows.dag_imports, under("airflow_dags/")),
    Rule("rules read no clock", calls.clocks_read, under(*PURE, "schemas/")),
    Rule("the lake alone knows Delta", calls.delta_outside_the_lake, under(*ROOMS, but=LAKE)),
    Rule("one builder of sessions", calls.sessions_built, under(*ROOMS, but=SESSION)),
    Rule("expectations are imported late", calls.expectations_imported, under(*ROOMS)),
    Rule("nothing prints but commands", calls.prints, under(*ROOMS, but=TALKERS)),
    Rule("nothing is bound to an engine", calls.engine_bound_calls, under("jobs/")),
    Rule("joins say how", calls.joins_without_how, under(*ROOMS)),
    Rule(
        "public names are documented",
        documentation.undocumented,
        under(*ROOMS, but=("notebooks/",)),
    ),
    Rule(
        "names use plain words",
        words.banned_names,
        under("jobs/", "schemas/"),
    ),
)
EVERYWHERE = Rule("no hosts, no machine paths", text.hosts_and_machine_paths, under(""))
#: Rules about all paths at once: name, rule, and where it holds.
FOLDER_RULES = (
    ("folders have at most 15 modules", folders.full_folders, ("jobs/", "schemas/")),
    ("modules with one prefix are a folder", folders.shared_prefixes, ("jobs/", "schemas/")),
    ("nothing in jobs/ hides a module", folders.hiding_names, ("jobs/",)),
)
