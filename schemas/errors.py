"""Named errors: one base class; each message says what was found and what to do."""

from collections.abc import Sequence

from schemas.private_text import mask_private_text, safe_text


class TieoutError(Exception):
    """Base of every error that tieout raises on purpose; `exit_status` is the command's.

    Its message masks personal numbers.
    """

    exit_status = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(mask_private_text(message))


class ConfigurationError(TieoutError):
    """Raised when arguments or configuration files are wrong; carries every fault at once."""

    exit_status = 2

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class FileRefused(TieoutError):
    """Raised when a received file cannot be read; the archive keeps it, and ingest quarantines it.

    `code` is the short name of the fault, `todo` what the reader of the message can do.
    """

    exit_status = 3

    def __init__(self, code: str, file: str, problem: str, todo: str, line: int = 0) -> None:
        self.code = code
        place = f"{file}:{line}" if line else file
        super().__init__(safe_text(f"{code}: {place}: {problem}; {todo}"))


class BreakUnknown(TieoutError):
    """Raised when no break has the id that a person gave."""

    exit_status = 2


class DecisionRefused(TieoutError):
    """Raised when a decision cannot be proposed, approved or rejected as asked.

    `code` is the short name of the fault.
    """

    exit_status = 2

    def __init__(self, code: str, problem: str) -> None:
        self.code, self.problem = code, problem
        super().__init__(f"{code}: {problem}")


class VersionRefused(TieoutError):
    """Raised when a received file cannot be withdrawn or accepted as asked."""

    exit_status = 2


class CheckFailed(TieoutError):
    """Raised when a conservation check fails: a run's results do not add up to its input."""

    exit_status = 3


class LakeError(TieoutError):
    """Base of the errors of the tables' reader and writer."""


class TableMissing(LakeError):
    """Raised when a table is read that nothing has written yet."""


class TableGone(LakeError):
    """Raised when a table that the lake had is no longer there: it is never made anew by itself."""

    exit_status = 3


class ColumnsDiffer(LakeError):
    """Raised before a write when the frame lacks a column, has one too many, or a wrong type."""


class RowsOutsideDay(LakeError):
    """Raised by a write when a row does not belong to the date and channel it replaces."""


class WriteConflict(LakeError):
    """Raised when another writer won every one of the retries; nothing was written."""


class WriteNotConfirmed(LakeError):
    """Raised when the table does not hold, after a write, the rows that were written."""


class LakeInconsistent(LakeError):
    """Raised when files and lines disagree, as after a kill between two writes: ingest heals it."""

    exit_status = 3


class DataFilesMissing(LakeInconsistent):
    """Raised when data files that a table's log names are not there, or are not whole."""


class LogDamaged(LakeInconsistent):
    """Raised when the log of a table cannot be read, or lacks what a commit said."""


class ArchiveDamaged(LakeInconsistent):
    """Raised when the bytes of an archived file are gone, or are not those that were received."""


class HistoryUnreadable(LakeInconsistent):
    """Raised when rows that are read have moved to a history lake that cannot be read."""


class DateMoved(LakeInconsistent):
    """Raised before a write to a date whose rows have moved to the history lake."""
