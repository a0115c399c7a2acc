"""Bank statements made for tests, and what becomes of them."""

from datetime import date
from typing import Any

from schemas.profile.channel import Profile
from tests.fuzz.reading import ReadResult, read_statement
from tests.support.golden import DAY

NAMES = {"mt940": "a.sta", "camt053": "a.xml", "bai2": "a.bai2"}


def read_bank(dialect: str, text: str | bytes, day: date = DAY, **options: Any) -> ReadResult:
    """Reads a statement."""
    page = {
        "channel": "bank",
        "dialect": dialect,
        "zone": "Europe/Berlin",
        "first_date": "2016-11-01",
        "files": {"pattern": "{business_date}", "day_check": "none"},
        "bank": options,
    }
    raw = text.encode() if isinstance(text, str) else text
    return read_statement(raw, Profile.model_validate(page), day, NAMES[dialect])


def ledger(result: ReadResult) -> list[tuple[str, int]]:
    return [(row["kind"], row["amount"]) for row in result.lines]


def mt940(*lines: str, closing: str = "C261116EUR100,00", account: str = "ACC1") -> str:
    body = "\n".join(lines)
    return f":20:R\n:25:{account}\n:28C:1\n:60F:C261115EUR100,00\n{body}\n:62F:{closing}\n-\n"
