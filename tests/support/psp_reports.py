"""Settlement reports of payment service providers, read as `ingest` reads them, for tests."""

from tests.fuzz.reading import ReadResult, read_statement
from tests.support.golden import DAY, GOLDEN, load_profile

NAMES = ("kind", "amount", "fee", "currency", "our_ref", "channel_ref", "original_ref")


def read_golden_statement(name: str) -> bytes:
    """Reads the golden statement of a shipped profile."""
    return next((GOLDEN / "shipped" / name).glob("statement.*")).read_bytes()


def read_report(name: str, content: bytes, **options: object) -> ReadResult:
    """Reads a report under the shipped profile with these options."""
    profile = load_profile(GOLDEN / "shipped" / name)
    page = profile.model_dump(exclude_unset=True)
    page[name] = {**page[name], **options}
    return read_statement(content, type(profile).model_validate(page), DAY)


def ledger(result: ReadResult) -> list[tuple[object, ...]]:
    """The accepted lines as short tuples."""
    return [tuple(row[name] for name in NAMES) for row in result.lines]


def reasons(result: ReadResult) -> list[tuple[int, str]]:
    """Line number and code of each rejected line."""
    return [(row["line_no"], row["reason"].split(":")[0]) for row in result.rejected]
