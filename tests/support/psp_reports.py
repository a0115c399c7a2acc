"""Settlement reports of payment service providers, read as `ingest` reads them, for tests."""

from tests.fuzz.reading import Told, read
from tests.support.golden import DAY, GOLDEN, profile_of

NAMES = ("kind", "amount", "fee", "currency", "our_ref", "channel_ref", "original_ref")


def made(name: str) -> bytes:
    """The golden statement of a shipped profile, to change one thing of."""
    return next((GOLDEN / "shipped" / name).glob("statement.*")).read_bytes()


def told(name: str, content: bytes, **options: object) -> Told:
    """What becomes of a report under the shipped profile with these options."""
    profile = profile_of(GOLDEN / "shipped" / name)
    page = profile.model_dump(exclude_unset=True)
    page[name] = {**page[name], **options}
    return read(content, type(profile).model_validate(page), DAY)


def ledger(seen: Told) -> list[tuple[object, ...]]:
    """The lines that would land, short."""
    return [tuple(row[name] for name in NAMES) for row in seen.lines]


def reasons(seen: Told) -> list[tuple[int, str]]:
    """The rejected lines: where, and the name of the fault."""
    return [(row["line_no"], row["reason"].split(":")[0]) for row in seen.rejected]
