"""Guesses the time zone of a file from its headings and the lines around its trades."""

from jobs.onboarding.evidence.headings import normalize_heading
from jobs.onboarding.evidence.zones import are_zones, find_zones, is_zone_heading
from jobs.onboarding.guesses.columns import is_chinese, is_japanese
from jobs.onboarding.layout_draft import OPEN, TableAnalysis


def guess_zone(analysis: TableAnalysis) -> None:
    """Sets the zone of a draft and its reason; `???` where the file names one that is unclear.

    Times with an offset of their own need no zone.
    """
    draft, table = analysis.draft, analysis.table
    zones, unknown = find_zones(" ; ".join(_time_headings(analysis)), is_about_times=True)
    if not zones and not unknown:
        for text in (*table.above, *analysis.header, *table.foot):
            more, unclear = find_zones(text)
            zones |= more
            unknown |= unclear
    if "%z" in str(draft.layout.get("time_format", "")):
        draft.zone = ("Etc/UTC", "every time has an offset of its own")
    elif _has_zone_column(analysis):
        draft.zone = (OPEN, "a column of the file names zones")
    elif len(zones) == 1 and not unknown:
        draft.zone = (zones.pop(), "the file names it")
    elif zones or unknown:
        named = ", ".join(sorted(zones | unknown))
        draft.zone = (OPEN, f"the file names {named}")
        draft.questions.append(f"which zone the times are in: the file names {named} (zone)")
    elif is_japanese(table):
        draft.zone = (
            "Asia/Tokyo", "check it: the headings are Japanese, but no time names a zone",
        )  # fmt: skip
    elif is_chinese(analysis.header):
        draft.zone = (
            "Asia/Shanghai", "check it: the headings are Chinese, but no time names a zone",
        )  # fmt: skip


def _time_headings(analysis: TableAnalysis) -> list[str]:
    """The headings of the columns that the time of a trade is read from."""
    bound = analysis.draft.layout["columns"].get("traded_at")
    headings = bound if isinstance(bound, list) else [bound]
    return [heading for heading in headings if isinstance(heading, str)]


def _has_zone_column(analysis: TableAnalysis) -> bool:
    """Whether a column that is not bound names zones; a question asks about it already."""
    bound = analysis.bound_places()
    return any(
        at not in bound and (values := analysis.values_at(at))
        and (are_zones(values) or is_zone_heading(normalize_heading(heading)))
        for at, heading in enumerate(analysis.header)
    )  # fmt: skip
