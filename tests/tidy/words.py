"""Words that say nothing as a name.

A function is verb + object (`resolve_duplicates`), a variable a noun (`statement_line`). A past
participle alone (`told`, `seen`) is neither, nor is a word for people (`company`, `blame`).
"""

import ast
from collections.abc import Iterator

from tests.tidy.source import Fault, Source

#: No name is one of these words, and none ends in one (`was_told`). `given_name` is allowed.
BANNED = frozenset(
    {
        "alone",
        "asked",
        "beside",
        "blame",
        "company",
        "crowded",
        "found",
        "given",
        "laid",
        "made",
        "met",
        "odd",
        "said",
        "sealed",
        "seen",
        "sifted",
        "sought",
        "spelled",
        "stay",
        "taken",
        "told",
        "uneven",
        "whose",
    }
)

#: Endings that say what they mean: the match of one reference alone, an odd number.
ALLOWED = ("match_alone", "is_odd")

#: Files whose names are still to be changed; a file without such names leaves the list.
UNFINISHED: tuple[str, ...] = (
    "jobs/decisions/review.py",
    "jobs/lake/point_query.py",
    "jobs/reconcile/partial_day.py",
    "jobs/reconcile/rerun_plan.py",
    "jobs/reconcile/run_dates.py",
    "jobs/reconcile/totals.py",
    "jobs/statements/alipay/account.py",
    "jobs/statements/alipay/bill.py",
    "jobs/statements/alipay/layout.py",
    "jobs/statements/bank/bai2/records.py",
    "jobs/statements/bank/bai2/statement_file.py",
    "jobs/statements/bank/camt/balances.py",
    "jobs/statements/bank/camt/batch.py",
    "jobs/statements/bank/camt/entries.py",
    "jobs/statements/bank/camt/statement_file.py",
    "jobs/statements/bank/mt940/balances.py",
    "jobs/statements/canonical/printed_amounts.py",
    "jobs/statements/psp/adyen/settlement.py",
    "jobs/statements/psp/paypal/lines.py",
    "jobs/statements/psp/paypal/settlement.py",
    "jobs/statements/reading/sheet_encoding.py",
    "jobs/statements/unionpay/layout.py",
    "jobs/statements/wechat/layout.py",
    "jobs/timeline/load.py",
    "jobs/timeline/references.py",
    "jobs/timeline/search.py",
    "jobs/timeline/text.py",
    "jobs/timeline/trace.py",
)


def banned_names(source: Source) -> Iterator[Fault]:
    """Functions, classes, parameters and variables whose name is, or ends in, a banned word."""
    for line, name in sorted(_names(source)):
        word = name.strip("_").split("_")[-1].lower()
        if word in BANNED and not name.endswith(ALLOWED):
            yield line, f"{name}: {word!r} says nothing; use verb + object, or a noun"


def _names(source: Source) -> set[tuple[int, str]]:
    """Line and name of everything that the file defines or assigns, each once a line."""
    names = set()
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add((node.lineno, node.name))
        elif isinstance(node, ast.arg):
            names.add((node.lineno, node.arg))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add((node.lineno, node.id))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add((node.lineno, node.attr))
    return names
