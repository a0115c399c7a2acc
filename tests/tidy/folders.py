"""How folders are filled, and what modules may be called.

These rules see all paths of the project at once, and say which of them are at fault.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from importlib.metadata import packages_distributions
from pathlib import PurePosixPath

MODULES_MAX = 15
#: Names that tools give: nothing is said by their prefix.
_GIVEN = ("__init__.py", "__main__.py")

PathFault = tuple[str, str]


def _modules_by_folder(paths: Sequence[str]) -> dict[str, list[str]]:
    folders = defaultdict(list)
    for path in paths:
        place = PurePosixPath(path)
        if place.suffix == ".py" and place.name not in _GIVEN:
            folders[place.parent.as_posix()].append(place.stem)
    return folders


def full_folders(paths: Sequence[str]) -> Iterator[PathFault]:
    """Folders of more than 15 modules."""
    for folder, modules in sorted(_modules_by_folder(paths).items()):
        if len(modules) > MODULES_MAX:
            yield folder, f"{len(modules)} modules, at most {MODULES_MAX}"


def shared_prefixes(paths: Sequence[str]) -> Iterator[PathFault]:
    """Two modules of one folder whose names begin with the same word: they are a folder.

    Commands are named as people type them.
    """
    for folder, modules in sorted(_modules_by_folder(paths).items()):
        if folder == "jobs":
            continue
        by_prefix = defaultdict(list)
        for module in modules:
            by_prefix[module.split("_")[0]].append(module)
        for prefix, named in sorted(by_prefix.items()):
            if len(named) > 1:
                yield folder, f"{', '.join(sorted(named))} share {prefix!r}: make {prefix}/ of them"


def hiding_names(paths: Sequence[str]) -> Iterator[PathFault]:
    """What stands in jobs/ itself and hides a module of Python or of an installed package.

    `spark-submit jobs/match.py` puts jobs/ itself first on the import path.
    """
    hidden = sys.stdlib_module_names | set(packages_distributions())
    names = {path.split("/")[1].removesuffix(".py"): path for path in paths}
    for name, path in sorted(names.items()):
        if name in hidden and not name.startswith("__") and path.startswith("jobs/"):
            yield f"jobs/{name}", "hides a module of Python or of an installed package"
