"""The one import of notebooks and scripts: a day's results, the commands, labels, amounts.

    from jobs.analysis import open_day
    day = open_day("2026-11-22", channel="wechat")
    day.breaks.groupBy("reason").count().show()

Source: docs/reference/analysis.md.
"""

from jobs.analysis.amounts import format_amount, in_major_units
from jobs.analysis.commands import Explanation, explain, run
from jobs.analysis.day import Day, open_day
from jobs.analysis.display import show_chart, show_table, use_image_charts, whole_numbers
from jobs.analysis.pages import try_page
from jobs.engine.session import close_session, open_session
from jobs.reports.labels import ACTION_LABELS, REASON_LABELS

__all__ = [
    "ACTION_LABELS",
    "REASON_LABELS",
    "Day",
    "Explanation",
    "close_session",
    "explain",
    "format_amount",
    "in_major_units",
    "open_day",
    "open_session",
    "run",
    "show_chart",
    "show_table",
    "try_page",
    "use_image_charts",
    "whole_numbers",
]
