"""Checks a lake's or an inbox's path or URI before anything uses it."""

from pathlib import Path
from urllib.parse import urlsplit

from schemas.private_text import escape_controls

#: Characters that one of the engines cannot use in the path of a table: patterns and escapes.
_UNUSABLE_CHARACTERS = "?*[]{}%\\|^"
#: Schemes of S3, in which whatever stands before an @ is a key.
_S3_SCHEMES = ("s3", "s3a", "s3n")


def find_path_faults(option: str, place: str, holds_tables: bool) -> list[str]:
    """What is wrong with a path or URI, as text without its secrets; empty if nothing is.

    A URI has neither credentials nor options. A place that `holds_tables`, and any URI, has no
    character that one of the engines cannot use. A local inbox may have any name.
    """
    if "://" in place:
        parts = urlsplit(place)
        user, at, _ = parts.netloc.rpartition("@")
        if at and (":" in user or parts.scheme in _S3_SCHEMES):
            return [f"{option}: the {parts.scheme} URI has credentials; leave them out and give"
                    " them by the environment, such as AWS_ACCESS_KEY_ID"]  # fmt: skip
        if "?" in place or "#" in place:
            return [f"{option}: the {parts.scheme} URI has options behind ? or #; leave them out"
                    " and give them by the environment, such as AWS_ENDPOINT_URL"]  # fmt: skip
    elif not holds_tables:
        return []
    else:
        place = str(Path(place).absolute())
    unusable = [char for char in _UNUSABLE_CHARACTERS if char in place]
    if unusable:
        return [f"{option} {escape_controls(place)}: an engine cannot use a path with"
                f" {' '.join(unusable)}; choose another"]  # fmt: skip
    if escape_controls(place) != place:
        return [f"{option} {escape_controls(place)}: the path has a line break or another character"
                " that is not printed; choose a path without it"]  # fmt: skip
    return []
