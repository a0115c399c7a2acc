"""Where a statement line stands, as people find it: the file's name and the line's number."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from schemas.vocabulary import FileStatus

_LINE_ID = re.compile(r"([0-9a-f]{64}):(\d{9})")


class FilePlaces:
    """Names of files by their ids, from rows of `statement_files`.

    If the same bytes came under several names, that of the accepted file counts.
    """

    def __init__(self, received: Iterable[Mapping[str, Any]]) -> None:
        rows = sorted(received, key=lambda row: (_is_accepted(row), row["received_at"]))
        self._names = {row["file_id"]: row["file_name"] for row in rows}

    def place_of(self, line_id: str | None) -> tuple[str | None, int | None]:
        """The file's name and the line's number; the id itself if its file is not known."""
        parts = _LINE_ID.fullmatch(line_id or "")
        name = parts and self._names.get(parts[1])
        return (name, int(parts[2])) if parts and name else (line_id, None)

    def text_of(self, own_id: str | None) -> str | None:
        """A line as `file:number`; any other id as it is."""
        name, number = self.place_of(own_id)
        return name if number is None else f"{name}:{number}"


def _is_accepted(row: Mapping[str, Any]) -> bool:
    return bool(row["status"] == FileStatus.ACCEPTED)
