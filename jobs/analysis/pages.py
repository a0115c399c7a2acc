"""A channel's page tried on a statement, for a notebook; nothing is written."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from jobs.cli.configuration import load_channel_page
from jobs.onboarding.trial import try_statement

#: Lines of the statement that the text of a trial shows.
LINES_SHOWN = 10


@dataclass(frozen=True)
class PageTrial:
    """What a page makes of a statement.

    `rows` are the first lines as ingest would write them, amounts in minor units; `body` are plain
    values, as `tieout profile try` has them. Printed, it is the text of that command.
    """

    is_accepted: bool
    rows: pd.DataFrame
    body: dict[str, Any]
    text: str

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


def try_page(
    page: str | Path, statement: str | Path, business_date: date | str | None = None,
    rows_max: int = 1000,
) -> PageTrial:  # fmt: skip
    """Tries a channel's page on a statement, as ingest would read it.

    Raises:
        ConfigurationError: the page does not exist or has faults, each with its line.
    """
    day = date.fromisoformat(business_date) if isinstance(business_date, str) else business_date
    trial = try_statement(load_channel_page(str(page)), Path(statement), day, rows_max)
    first_of_rest = trial.lines.index("") if "" in trial.lines else 0
    shown = [*trial.lines[: min(LINES_SHOWN + 1, first_of_rest)], *trial.lines[first_of_rest:]]
    return PageTrial(trial.accepted, pd.DataFrame(trial.rows), trial.body, "\n".join(shown))
