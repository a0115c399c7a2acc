"""The pages of channels that are shipped with tieout."""

from pathlib import Path

import schemas
from schemas.errors import ConfigurationError

#: Where they lie.
SHIPPED = Path(schemas.__file__).parent / "shipped_profiles"


def list_shipped_pages() -> dict[str, Path]:
    """The shipped pages by name, in order."""
    return {page.stem: page for page in sorted(SHIPPED.glob("*.yaml"))}


def read_shipped_page(name: str) -> str:
    """The text of a shipped page.

    Raises:
        ConfigurationError: no page has this name.
    """
    pages = list_shipped_pages()
    if name not in pages:
        raise ConfigurationError([f"{name} is not one of {', '.join(pages)}"])
    return pages[name].read_text("utf-8")
