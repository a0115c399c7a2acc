"""A page is one file without script or network, and shows texts of others as text."""

import re

from jobs.reports.html.charts import draw_bars, draw_columns
from jobs.reports.html.document import Card, Cell, Chart, Heading, Page, Section, Table
from jobs.reports.html.render import render_page


def make_page(text: str) -> Page:
    """A page with a text at every place."""
    table = Table([Heading(text)], [[Cell(text, "rows-1", "bad")]], text, "rows-1", text, "a/b.csv")
    svg = draw_columns([{"day": "2026-11-22", "name": text, "value": 1.5}])
    bars = draw_bars([{"name": text, "part": "1 day", "value": 2.0}], [text], ["1 day"])
    charts = [Chart(text, svg), Chart(text, bars)]
    section = Section("one", text, text, [table], charts)
    return Page(
        "en", text, text, [Card(text, text, [text], "one")], [section], [text], text, [text]
    )


def test_text_is_never_markup() -> None:
    html = render_page(make_page('<script>alert(1)</script><img src="x" onerror=y>'))
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("&lt;script&gt;") > 10


def test_page_asks_nothing_of_the_network() -> None:
    html = render_page(make_page("wechat 微信"))
    addresses = re.findall(r"""(?:src|href)=["']([^"'#]+)""", html)
    assert addresses == ["a/b.csv"]
    # Names of XML in the charts are no addresses that a browser opens.
    assert set(re.findall(r"https?://[^\s\"'<]+", html)) <= {
        "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink",
    }  # fmt: skip
    assert "url(" not in html
    assert "@import" not in html
    assert "微信" in html


def test_same_page_gives_the_same_bytes() -> None:
    assert render_page(make_page("a")) == render_page(make_page("a"))
