"""`tieout scorecard`: how well each channel did in a month."""

import sys

from jobs.cli.arguments import Request
from jobs.cli.console import Report
from jobs.cli.lake_session import open_lake
from jobs.reports.day_page.builder import Builder
from jobs.reports.day_page.scope import Scope, find_matched_part, find_scope
from jobs.reports.day_page.write_page import name_page, place_month, write_page
from jobs.reports.html.language import Language
from jobs.reports.html.render import render_page
from jobs.reports.scorecard.figures import read_scorecards
from jobs.reports.scorecard.page import build_scorecards
from jobs.reports.scorecard.text import render_cards, to_json


def execute_request(request: Request) -> Report:
    """Shows the scorecards as text on a terminal and as JSON elsewhere, and writes their page."""
    scope: Scope = find_scope(request.dates, request.config)
    language = Language(request.page.language)
    label = f"{scope.first:%Y-%m}"
    report = Report({"month": label}, [])
    with open_lake(request.lake, request.engine, writes=False) as lake:
        matched = find_matched_part(lake, scope)
        if matched is None:
            report.warn(f"NOT_MATCHED: {label}: no match has run; `tieout run` does it")
            return report
        cards, last = read_scorecards(lake, matched), matched.last
        path = place_month(scope, name_page(scope, "scorecard", language.code))
        html = render_page(build_scorecards(Builder(scope, language, 0, ()), cards, last))
        size = write_page(lake, path, html)
    body = {
        "through": str(last),
        "page": f"{lake.uri}/{path}",
        "bytes": size,
        "scorecards": [to_json(card) for card in cards],
    }
    report.body |= body
    if sys.stdout.isatty() and not request.as_json:
        report.shown = report.body.pop("scorecards")
        report.lines += [*render_cards(cards, label, language), f"{lake.uri}/{path}"]
    return report
