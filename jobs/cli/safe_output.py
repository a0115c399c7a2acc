"""What commands print: personal numbers masked, and nothing that a terminal obeys.

References that a report shows stay as they are. Source: docs/reference/private-data.md.
"""

import json
import logging
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from schemas.private_text import is_shown, mask_private_text, safe_text
from schemas.vocabulary import Reference

#: Keys whose values are references and ids: people look rows up by them.
_REFERENCE_KEY = re.compile(
    rf"(?:{'|'.join(Reference)})(?:_norm|_now|_was)?"
    r"|(?:txn|original_txn|pair_txn|line|file|unit|run|decision|candidate|compared_with|merchant"
    r"|terminal|break)_ids?|candidate_is|compared_with|related"
)


def collect_references(value: Any) -> frozenset[str]:
    """The references and ids in plain values, at any depth, that a mask could change."""
    return frozenset(text for text in _references(value) if mask_private_text(text) != text)


def _references(value: Any, is_reference: bool = False) -> Iterator[str]:
    if isinstance(value, str) and is_reference:
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _references(item, _REFERENCE_KEY.fullmatch(str(key)) is not None)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _references(item, is_reference)


def safe_lines(lines: Iterable[str], known: Collection[str] = ()) -> Iterator[str]:
    """Lines as a terminal may show them; a line break within a line is an escape."""
    return (safe_text(line, known) for line in lines)


def safe_json(body: Mapping[str, Any], known: Collection[str] = ()) -> str:
    """A JSON document with masked texts; its references, and all other values, stay.

    Characters that a terminal obeys are written as JSON escapes.
    """
    plain = json.loads(json.dumps(body, ensure_ascii=False, default=str))
    text = json.dumps(_mask_values(plain, known), ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(char if is_shown(char) else json.dumps(char)[1:-1] for char in text)


def _mask_values(value: Any, known: Collection[str], is_reference: bool = False) -> Any:
    if isinstance(value, str):
        return value if is_reference else mask_private_text(value, known)
    if isinstance(value, dict):
        return {
            key: _mask_values(item, known, _REFERENCE_KEY.fullmatch(key) is not None)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_mask_values(item, known, is_reference) for item in value]
    return value


class SafeMessages(logging.Filter):
    """Makes each message of a logger safe, for whatever handler shows it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replaces the message of a record; keeps every record."""
        record.msg, record.args = safe_text(record.getMessage()), None
        return True


class SafeFormatter(logging.Formatter):
    """Formats records; the lines of a traceback are made safe, too."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text, masked; only the line breaks of a traceback stay."""
        return safe_text(super().format(record), keep="\n")


class JsonLines(SafeFormatter):
    """Formats each record as one line of JSON: at (UTC), level, job, message, error."""

    def __init__(self, job: str) -> None:
        super().__init__()
        self._job = job

    def format(self, record: logging.LogRecord) -> str:
        """The line; `error` is the traceback, if there is one."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "job": self._job,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return safe_json(line)
