"""Writes a report's page into the lake: whole, or not at all."""

from hashlib import sha256

from jobs.lake.tables import Lake
from jobs.reports.day_page.scope import Scope
from jobs.storage.atomic_folder import replace_file

#: The exports of a channel that a page links to.
_LINKED = ("breaks.xlsx", "summary.json")


def name_page(scope: Scope, stem: str, language: str) -> str:
    """The file name of a page: a page of some channels has their name, or their number and a hash.

    So it stands beside the page of all channels, and not in its place.
    """
    names, every = [*scope.config.profiles], scope.config.all_profiles
    if every and len(names) < len(every):
        digest = sha256(" ".join(names).encode()).hexdigest()[:8]
        stem += f"-{names[0]}" if len(names) == 1 else f"-{len(names)}-channels-{digest}"
    return f"{stem}.html" if language == "en" else f"{stem}.{language}.html"


def place_page(scope: Scope, name: str) -> str:
    """Where a page lies below the lake: beside the exports of its date, or of its month."""
    return f"exports/{scope.label}/{name}" if scope.is_day else place_month(scope, name)


def place_month(scope: Scope, name: str) -> str:
    """Where a page of a month lies below the lake."""
    return f"exports/months/{scope.first:%Y-%m}/{name}"


def list_export_files(lake: Lake, scope: Scope) -> set[str]:
    """The export files of a date that there are, relative to its page; none of a month."""
    if not scope.is_day:
        return set()
    names = [f"{channel}/{name}" for channel in scope.profiles for name in _LINKED]
    paths = [lake.storage.full_path(f"exports/{scope.label}/{name}") for name in names]
    infos = lake.storage.fs.get_file_info(paths)
    return {name for name, info in zip(names, infos, strict=True) if info.is_file}


def write_page(lake: Lake, path: str, content: str) -> int:
    """Writes text to a path below the lake, in place of an earlier file; returns its bytes."""
    data = content.encode()
    with (
        replace_file(lake.storage.fs, lake.storage.full_path(path)) as new_file,
        lake.storage.fs.open_output_stream(new_file) as out,
    ):
        out.write(data)
    return len(data)
