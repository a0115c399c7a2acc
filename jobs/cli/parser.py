"""The options of every command, as `--help` shows them."""

import argparse

from jobs.cli.command_parser import CommandParser
from jobs.cli.help_texts import EPILOGS, PURPOSES
from jobs.cli.options.maintain import add_maintain_options
from jobs.cli.options.pages import MONTHLY, add_report_options

#: Commands that read at a time and print JSON, commands that need no date, those that take files
#: in, those that run a date, which must not be in the future, and those without shape checks.
READ_ONLY = ("explain", "diff")
DATE_OPTIONAL = (
    "breaks", "explain", "decide", "fees", "files", "ingest", "run", "inbox", "maintain",
    "report", "scorecard", "settlement", "status",
)  # fmt: skip
TAKE_FILES = ("ingest", "run")
RUN_DATES = ("ingest", "match", "run")
NOT_CHECKED = ("export", "breaks", "decide", "fees", "files", "inbox", "maintain", *MONTHLY)
#: What a step of a command does without, by command and step.
NOT_NEEDED = {("decide", step): "config" for step in ("list", "queue")} | {
    ("fees", "quote"): "lake"
}
#: Options of the steps of fees, their values, and what they mean.
FEE_OPTIONS = {
    "kind": ("KIND", "quote: PAYMENT, REFUND, TOP_UP, ... [PAYMENT]"),
    "amount": ("AMOUNT", "quote: of the trade, in major units, such as 123.45, without a sign"),
    "currency": ("CODE", "quote: such as CNY [the one of the channel's page or rate card]"),
    "date": ("DATE", "quote: of the trade, in the channel's zone"),
    "product": ("TEXT", "quote: the product, as the statement prints it"),
    "card-type": ("TEXT", "quote: the card type, as the statement prints it"),
    "extra": ("NAME=VALUE,...", "quote: further columns that the card asks for (extra.NAME)"),
    "merchant-id": ("ID", "quote: the merchant's id at the channel"),
    "order-amount": ("AMOUNT", "quote: of the order, where the card prices it [the amount]"),
    "volume": ("AMOUNT", "quote: the volume that says which step of tiers applies [the first]"),
    "paid": ("AMOUNT", "quote of a REFUND: amount of the payment that it refunds [all of it]"),
    "paid-on": ("DATE", "quote of a REFUND: date of that payment [the same date]"),
    "schedules": ("FOLDER", "replay: the folder of the other rate cards, one page per channel"),
    "month": ("MONTH", "claim: the month of the statements, such as 2026-11"),
}
#: Breaks that a list shows.
ROWS_SHOWN = 100


def build_parser(
    job: str, program: argparse.ArgumentParser | None = None
) -> argparse.ArgumentParser:
    """Returns the parser of a command. `build_request` checks the values, all of them together."""
    out = program or CommandParser(prog=f"tieout {job}")
    out.description = f"{PURPOSES[job][0].upper()}{PURPOSES[job][1:]}."
    out.epilog = EPILOGS[job]
    out.formatter_class = argparse.RawDescriptionHelpFormatter
    out.add_argument("--lake", help="folder or object-store URI of the tables [TIEOUT_LAKE]")
    if job != "diff":
        out.add_argument(
            "--config", help="folder with channels/ and fee_schedules/ [TIEOUT_CONFIG]"
        )
    if job in (*TAKE_FILES, "inbox"):
        out.add_argument("--inbox", help="folder or URI where files arrive [TIEOUT_INBOX]")
    if job == "maintain":
        add_maintain_options(out)
    elif job == "breaks":
        _add_breaks_arguments(out)
    else:
        _add_days_and_channels(out, job)
    if job in RUN_DATES:
        out.add_argument(
            "--future", action="store_true", help="allow dates later than today in a channel's zone"
        )
    out.add_argument("--engine", help="sail (embedded), spark, or auto [TIEOUT_ENGINE]")
    out.add_argument(
        "--log-format", choices=("text", "json"), help="of the log on stderr [TIEOUT_LOG_FORMAT]"
    )
    if job == "explain":
        out.add_argument("reference", metavar="REF", help="any internal or channel reference")
        out.add_argument(
            "--match-alone", action="store_true", help="also match only this reference, now"
        )
    if job == "fees":
        _add_fees_arguments(out)
    if job == "decide":
        _add_decide_arguments(out)
    if job in ("decide", "files"):
        out.add_argument(
            "about", metavar="ID", nargs="*", help="the ids to work on, see the examples"
        )
        out.add_argument(
            "--by", metavar="NAME", default="", help="your name, for the audit trail [TIEOUT_USER]"
        )
        out.add_argument(
            "--reason", metavar="TEXT", default="", help="why you do this, for the audit trail"
        )
    if job in ("check_fees", "export"):
        out.add_argument(
            "--stale", action="store_true", help="also do the dates that match ran again since"
        )
    if job == "export":
        out.add_argument(
            "--publish-incomplete",
            action="store_true",
            help="also publish status updates of dates whose statement or snapshot is not whole",
        )
    _add_output_arguments(out, job)
    out.set_defaults(job=job)
    return out


def _add_output_arguments(out: argparse.ArgumentParser, job: str) -> None:
    if job == "settlement":
        out.add_argument("--since", metavar="DATE", help="also batches that were closed since then")
        out.add_argument(
            "--bridge", metavar="BATCH", default="",
            help="with one --channel: how what this batch must pay comes from our own books",
        )  # fmt: skip
        _add_json(out)
    elif job == "status":
        _add_json(out)
    elif job in READ_ONLY:
        out.add_argument(
            "--as-of", metavar="TIME", help="read the tables as of this UTC time, 2026-11-20T10:00"
        )
        out.add_argument("--json", action="store_true", help="print all as one JSON document")
    elif job not in NOT_CHECKED:
        out.add_argument("--no-quality", action="store_true", help="skip the shape checks")


def _add_json(out: argparse.ArgumentParser) -> None:
    out.add_argument(
        "--json", action="store_true", help="print JSON on a terminal, too; elsewhere it is JSON"
    )


def _add_decide_arguments(out: argparse.ArgumentParser) -> None:
    out.add_argument("step", choices=("propose", "approve", "reject", "list", "queue", "import"))
    out.add_argument(
        "--status",
        choices=("ours", "theirs"),
        help="accept: whose status stands where the two differ",
    )
    out.add_argument(
        "--reason-code",
        metavar="CODE",
        action="append",
        default=[],
        help="propose for all breaks of a channel and date with just this reason; repeat for more",
    )
    out.add_argument(
        "--at-most",
        metavar=("AMOUNT", "CURRENCY"),
        nargs=2,
        action="append",
        default=[],
        help="with --reason-code: only breaks of so much money or less, in major units,"
        " such as 0.03 CNY; repeat for more currencies, others are left out",
    )


def _add_fees_arguments(out: argparse.ArgumentParser) -> None:
    out.add_argument("step", choices=("quote", "replay", "claim", "infer"))
    for option, (metavar, text) in FEE_OPTIONS.items():
        out.add_argument(f"--{option}", metavar=metavar, default="", help=text)
    _add_json(out)


def _add_breaks_arguments(out: argparse.ArgumentParser) -> None:
    out.add_argument("step", nargs="?", choices=("list", "show", "assign", "note"), default="list")
    out.add_argument("about", metavar="WORD", nargs="*", help="an id, and of note the text")
    out.add_argument("--open", action="store_true", help="only breaks that are open")
    out.add_argument("--since", metavar="DATE", help="only breaks that opened since then")
    out.add_argument(
        "--older-than",
        metavar="DAYS",
        type=int,
        help="only breaks of more than so many days",
    )
    out.add_argument("--owner", metavar="NAME", default="", help="only breaks of this person")
    out.add_argument(
        "--reason", metavar="CODE", default="", help="only breaks with this reason code"
    )
    out.add_argument(
        "--limit", metavar="ROWS", type=int, default=ROWS_SHOWN,
        help=f"list at most so many, those with most money [{ROWS_SHOWN}]",
    )  # fmt: skip
    out.add_argument("--to", metavar="NAME", default="", help="assign: who looks after the break")
    out.add_argument(
        "--by", metavar="NAME", default="", help="your name, for the audit trail [TIEOUT_USER]"
    )
    _add_json(out)
    _add_channels(out)
    out.set_defaults(business_date=None, through=None)


def _add_days_and_channels(out: argparse.ArgumentParser, job: str) -> None:
    if job in MONTHLY:
        add_report_options(out, job)
    else:
        default = " [the dates of all new files in the inbox]" if job in TAKE_FILES else ""
        out.add_argument(
            "--business-date",
            metavar="DATE",
            help=f"the accounting date: 2026-11-22, yesterday or latest{default}",
        )
        out.add_argument("--through", metavar="DATE", help="the last date of a range (included)")
    _add_channels(out)


def _add_channels(out: argparse.ArgumentParser) -> None:
    out.add_argument(
        "--channel",
        metavar="NAME",
        action="append",
        default=[],
        help="one channel; repeat for more [all]",
    )
