"""Which room may import which. Rooms are the folders of jobs/; see docs/architecture.md.

airflow_dags -> (command line) -> jobs/*.py -> cli and stage rooms
stage rooms  -> rules and lake -> engine, storage -> schemas
"""

import sys
from collections.abc import Iterator

from tests.tidy.source import OURS, Fault, Source, is_of

#: Pure rules: frames and columns in, frames and columns out.
RULE_ROOMS = ("statements", "matching", "fees", "settlement", "orders")
#: One stage of a day each: they read and write through the lake.
STAGE_ROOMS = (
    "ingestion",
    "reconcile",
    "decisions",
    "exports",
    "casework",
    "reports",
    "quality",
    "timeline",
    "onboarding",
    "treasury",
    "operations",
    "scheduling",
)
#: Rooms that each room may import, itself and `schemas` apart.
ROOM_IMPORTS = {
    "engine": (),
    "storage": (),
    "lake": ("engine", "storage"),
    **dict.fromkeys(RULE_ROOMS, ()),
    **dict.fromkeys(STAGE_ROOMS, (*RULE_ROOMS, "lake", "engine", "storage")),
    "cli": ("lake", "engine", "storage"),
    "analysis": (*STAGE_ROOMS, *RULE_ROOMS, "cli", "lake", "engine", "storage"),
}
#: Named faces: modules of a stage room that other stage rooms may import.
FACES = {
    "ingestion": (
        "jobs.ingestion.day_state",
        "jobs.ingestion.open_file",
        "jobs.ingestion.gates.balance_gaps",
        "jobs.ingestion.arrivals.listing",
    ),
    "reports": ("jobs.reports.labels", "jobs.reports.money_text", "jobs.reports.text_table"),
    "decisions": ("jobs.decisions.store",),
    "casework": ("jobs.casework.linked",),
    "onboarding": ("jobs.onboarding.catalog",),
    "reconcile": ("jobs.reconcile.due_runs", "jobs.reconcile.stale_dates"),
    "treasury": ("jobs.treasury.accounts", "jobs.treasury.plan"),
}
#: A page is tried on a statement as ingest would read it: by its own modules, not by copies.
TRIALS = (
    "jobs.ingestion.gates.balance_gaps",
    "jobs.ingestion.gates.control_totals",
    "jobs.ingestion.gates.likely_causes",
    "jobs.ingestion.parse_tasks",
)
#: Commands inside a room: `jobs/profile.py` would hide Python's own module, and
#: `jobs/settlement.py` the rules of settlement.
COMMANDS_IN_ROOMS = (
    "jobs/onboarding/command.py", "jobs/treasury/command.py", "jobs/exports/merchants/command.py",
    "jobs/operations/status/command.py", "jobs/operations/place/init_command.py",
    "jobs/operations/place/doctor_command.py", "jobs/reports/sql/command.py",
    "jobs/scheduling/command.py",
    "jobs/reports/day_page/command.py", "jobs/reports/scorecard/command.py",
)  # fmt: skip
#: `run` for notebooks: the same function as `tieout run`.
NOTEBOOK_COMMANDS = "jobs/analysis/commands.py"
#: The one module of a rules room that reads and writes.
CHECK_DAY = "check_day"
RULE_LIBRARIES = ("pyspark.sql", "pyarrow", "numpy", "schemas")
#: The library that reads XML.
STATEMENT_LIBRARIES = ("lxml",)
STORAGE_LIBRARIES = ("pyarrow.fs", "pyarrow.dataset")
#: Inside statements/: what every format may import, and which formats may import another.
FORMAT_BASE = ("parser", "canonical", "reading")
FORMAT_IMPORTS = {"xlsx": ("delimited",), "unionpay": ("fixed_width",), "wechat": ("xlsx",)}


def _is_standard(name: str) -> bool:
    return name.split(".")[0] in sys.stdlib_module_names


def room_of(path: str) -> str:
    """The room of a file below jobs/, or "" for a command."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else ""


def schemas_imports(source: Source) -> Iterator[Fault]:
    """`schemas` stands at the bottom and imports nothing else of ours."""
    for line, name in source.imports:
        if is_of(name, *OURS) and not is_of(name, "schemas"):
            yield line, f"schemas imports {name}; schemas imports nothing of ours"


def jobs_imports(source: Source) -> Iterator[Fault]:
    """`jobs` know `schemas` and themselves."""
    for line, name in source.imports:
        if is_of(name, *OURS) and not is_of(name, "jobs", "schemas"):
            yield line, f"jobs import {name}; of ours they import jobs and schemas only"


def command_imports(source: Source) -> Iterator[Fault]:
    """Only `run`, `__main__` and the functions for notebooks import a command."""
    if source.path in ("jobs/run.py", "jobs/__main__.py", NOTEBOOK_COMMANDS):
        return
    for line, name in source.imports:
        parts = name.split(".")
        if parts[0] == "jobs" and len(parts) > 1 and parts[1] in source.commands:
            yield line, f"imports the command jobs.{parts[1]}; ask the room that it calls"


def room_imports(source: Source) -> Iterator[Fault]:
    """A room imports the rooms below it, and the named faces of the rooms beside it."""
    room = room_of(source.path)
    allowed = ROOM_IMPORTS.get(room)
    if allowed is None:
        yield 1, f"jobs/{room} is no room that the import rules know"
        return
    check_day = source.path.endswith(f"/{CHECK_DAY}.py")
    for line, name in source.imports:
        parts = name.split(".")
        if parts[0] != "jobs" or len(parts) < 2 or name == "jobs.__version__":
            continue
        other = parts[1]
        if other == room or other in allowed or (check_day and other in ("lake", "engine")):
            continue
        face = room in STAGE_ROOMS and is_of(name, *FACES.get(other, ()))
        trial = room == "onboarding" and is_of(name, *TRIALS)
        command = source.path == NOTEBOOK_COMMANDS and other in source.commands
        command = command or (source.path in COMMANDS_IN_ROOMS and other == "cli")
        if not (face or trial or command):
            yield line, f"{room} imports {name}; it may import {', '.join(allowed) or 'no room'}"


def rule_imports(source: Source) -> Iterator[Fault]:
    """Rules import pyspark.sql, pyarrow, schemas and themselves; only statements touch bytes, and
    import the readers of bank formats.
    """
    if source.path.endswith(f"/{CHECK_DAY}.py"):
        return
    own = ".".join(source.path.removesuffix(".py").split("/")[:2])
    allowed = [*RULE_LIBRARIES, own]
    if own == "jobs.statements":
        allowed += STATEMENT_LIBRARIES
    for line, name in source.imports:
        known = _is_standard(name) or is_of(name, *allowed)
        if not known or (is_of(name, *STORAGE_LIBRARIES) and own != "jobs.statements"):
            yield line, f"{own} is pure and imports {name}"


def format_imports(source: Source) -> Iterator[Fault]:
    """A format imports the parser's protocol, canonical, reading, and named other formats."""
    parts = source.path.removesuffix(".py").split("/")
    if len(parts) < 4 or parts[2] in FORMAT_BASE:
        own = parts[2] if len(parts) > 2 else ""
        allowed: tuple[str, ...] = (own, *FORMAT_BASE)
    else:
        own = parts[2]
        allowed = (own, *FORMAT_BASE, *FORMAT_IMPORTS.get(own, ()))
    if source.path == "jobs/statements/__init__.py":
        return
    for line, name in source.imports:
        other = name.split(".")
        if other[:2] == ["jobs", "statements"] and len(other) > 2 and other[2] not in allowed:
            yield line, f"statements/{own} imports {name}; it may import {', '.join(allowed)}"


def dag_imports(source: Source) -> Iterator[Fault]:
    """DAG files import Airflow, themselves and the standard library: only strings cross to the
    jobs.
    """
    for line, name in source.imports:
        if not (is_of(name, "airflow", "tieout_airflow") or _is_standard(name)):
            yield line, f"imports {name}; a DAG imports airflow and the standard library only"
