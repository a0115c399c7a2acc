"""`tieout fees`: quotes a fee, tries another card, claims what was too much, infers a card.

Source: docs/reference/fees.md.
"""

import sys
from collections.abc import Sequence
from itertools import chain

from jobs.cli.arguments import Request
from jobs.cli.console import Report, exit_process, main_for, with_progress
from jobs.cli.fee_words import check_claim, check_infer, check_quote, check_replay
from jobs.cli.lake_session import open_lake
from jobs.engine.session import close_session, open_session
from jobs.exports.claims.write_claim import write_claim
from jobs.reconcile.stale_dates import read_stale_dates
from jobs.reports.fees import text
from jobs.reports.fees.infer import infer_card
from jobs.reports.fees.quote import quote_fee
from jobs.reports.fees.replay import replay_fees
from schemas.dates import format_dates

#: What a terminal shows as text, and not again as JSON.
_SHOWN = ("quote", "replay", "totals", "claim", "infer")


def execute_request(request: Request) -> Report:
    """Quotes a fee, replays fees, writes a claim, or infers a card: as text on a terminal, as JSON
    otherwise.
    """
    steps = {
        "quote": _report_quote, "replay": _report_replay, "claim": _report_claim,
        "infer": _report_infer,
    }  # fmt: skip
    report = steps[request.positionals[0]](request)
    if request.as_json or not sys.stdout.isatty():
        report.lines.clear()
    else:
        report.shown = {name: report.body.pop(name, None) for name in _SHOWN}
    return report


def _report_quote(request: Request) -> Report:
    trade, profile, card = check_quote(request)
    spark = open_session(request.engine)
    try:
        quote = quote_fee(spark, card, profile.zone_info, trade, profile.calendar)
    finally:
        close_session(spark)
    report = Report({"quote": text.describe_quote(quote)}, text.render_quote(quote))
    if quote.due is None:
        report.warn(f"NO_SCHEDULE: {trade.channel}: no entry of its rate card fits this trade")
    return report


def _report_replay(request: Request) -> Report:
    cards, config = check_replay(request), request.config
    replays = []
    with open_lake(request.lake, request.engine, writes=False) as lake:
        for name, card in with_progress(sorted(cards.items()), "replay"):
            today, profile = config.schedules.get(name), config.profiles[name]
            replays.append(replay_fees(lake, profile, today, card, request.dates))
    sums = [each for replay in replays for each in replay.sums]
    report = Report(text.describe_replay(sums), text.render_replay(sums))
    for warning in chain.from_iterable(map(text.warn_of_replay, replays)):
        report.warn(warning)
    return report


def _report_claim(request: Request) -> Report:
    month, profile, card = check_claim(request)
    with open_lake(request.lake, request.engine, writes=False) as lake:
        stale = read_stale_dates(lake, profile, card)["check_fees"]
        claim = write_claim(lake, profile, card, month, stale)
        report = Report({"claim": claim.to_json(lake.uri)}, claim.render_lines(lake.uri))
    if claim.not_whole:
        report.warn(
            f"MONTH_INCOMPLETE: {claim.channel} {claim.month}: no whole statement of"
            f" {format_dates(claim.not_whole)}; the claim is without what they lack"
        )
    return report


def _report_infer(request: Request) -> Report:
    profile = check_infer(request)
    with open_lake(request.lake, request.engine, writes=False) as lake:
        proposal = infer_card(lake, profile, request.dates)
    report = Report({"infer": text.describe_proposal(proposal)}, text.render_proposal(proposal))
    for warning in text.warn_of_proposal(proposal):
        report.warn(warning)
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    return main_for("fees", execute_request, argv)


if __name__ == "__main__":
    exit_process(main())
