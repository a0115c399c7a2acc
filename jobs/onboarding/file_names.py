"""Names a draft's channel and its file pattern."""

import re
from datetime import date, datetime
from itertools import takewhile
from pathlib import Path

from schemas.errors import ConfigurationError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_ENDINGS = (".csv", ".txt", ".tsv", ".dat", ".xlsx", ".xlsm", ".xml", ".sta", ".bai", ".bai2",
            ".940", ".zip", ".gz")  # fmt: skip
_DATES = (
    (r"(?<!\d)20\d\d-\d\d-\d\d(?!\d)", "%Y-%m-%d"),
    (r"(?<!\d)20\d\d_\d\d_\d\d(?!\d)", "%Y_%m_%d"),
    (r"(?<!\d)20\d{6}(?=\d{6}(?!\d)|(?!\d))", "%Y%m%d"),
    (r"(?<!\d)2\d{5}(?!\d)", "%y%m%d"),
)


def channel_name(name: str | None, out: str | None) -> str:
    """The channel's name: as given, or from the name of the page, or a placeholder.

    Raises:
        ConfigurationError: the given name is not a valid channel name.
    """
    if name is not None and not _NAME.fullmatch(name):
        advice = "use lower-case letters, digits, - and _"
        raise ConfigurationError([f"--channel {name!r} is not a valid name; {advice}"])
    stem = Path(out).stem if out else "new_channel"
    return name or (stem if _NAME.fullmatch(stem) else "new_channel")


def file_pattern(name: str, channel: str) -> tuple[str, date | None]:
    """The pattern for files named like this one, and the date in the name.

    The pattern keeps only the date and the ending: the rest can be an account number or a name.
    """
    suffixes = [
        *takewhile(lambda suffix: suffix.lower() in _ENDINGS, reversed(Path(name).suffixes))
    ]
    ending = "".join(reversed(suffixes))
    for expression, form in _DATES:
        for hit in re.finditer(expression, name):
            try:
                day = datetime.strptime(hit[0], form).date()
            except ValueError:
                continue
            before = "*" if hit.start() else ""
            after = "*" if hit.end() < len(name) - len(ending) else ""
            return f"{channel}/{before}{{business_date:{form}}}{after}{ending}", day
    return f"{channel}/{{business_date:%Y-%m-%d}}/*{ending}", None
