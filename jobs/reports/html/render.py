"""Renders a page as one HTML file."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from jobs.reports.html.document import Page

TEMPLATE = "page.html.j2"


@cache
def _environment() -> Environment:
    # The loader reads through the import system, so that it also works from a zip.
    return Environment(
        loader=PackageLoader("jobs.reports.html", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_page(page: Page) -> str:
    """The page as HTML: no script, no network; the same page gives the same bytes."""
    return _environment().get_template(TEMPLATE).render(page=page)
