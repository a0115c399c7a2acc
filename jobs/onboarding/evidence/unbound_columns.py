"""Accounts for every column of a file that a draft has not bound: asked about, or left out.

Source: docs/cookbook/new-channel.md.
"""

from jobs.onboarding.evidence.column_values import look_at
from jobs.onboarding.evidence.headings import (
    KINDS,
    STATUSES,
    code_of_word,
    find_kind_word,
    normalize_heading,
)
from jobs.onboarding.evidence.zones import are_zones, is_zone_heading
from jobs.onboarding.layout_draft import TableAnalysis
from schemas.vocabulary import Kind

_REFERENCES = ("our_ref", "channel_ref")
_LEFT_OUT = {
    "empty": "no line has a value",
    "zeros": "only zeros",
    "places": "it counts the lines",
    "ids": "numbers that nothing asks for",
    "text": "free text",
    "words": "a few words that nothing asks for",
}


def account_for_columns(analysis: TableAnalysis) -> None:
    """Asks what a column holds that has money, dates or words of a state, and names the others."""
    draft = analysis.draft
    bound = analysis.bound_places()
    for at, heading in enumerate(analysis.header):
        if at in bound or not heading:
            continue
        values = analysis.values_at(at)
        question = _question(analysis, heading, values)
        if question:
            draft.questions.append(question)
        else:
            draft.left_out[heading] = _LEFT_OUT[look_at(values)]


def _question(analysis: TableAnalysis, heading: str, values: list[str]) -> str | None:
    look, columns = look_at(values), analysis.draft.layout["columns"]
    if look in ("money", "numbers"):
        return f"what {heading} holds: it has numbers (columns, extra or left out)"
    if look == "dates":
        return f"whether {heading} is a date to keep (columns.settlement_date, extra or left out)"
    if values and (are_zones(values) or is_zone_heading(normalize_heading(heading))):
        shown = ", ".join(sorted({*values})[:5])
        return f"which zone the times are in: {heading} names {shown} (zone)"
    if look == "words":
        words = {*values}
        if "status" not in columns and any(code_of_word(word, STATUSES) for word in words):
            return f"whether {heading} says that a trade succeeded (columns.status)"
        if "kind" not in columns and any(code_of_word(word, KINDS) for word in words):
            return f"whether {heading} says what a line is (columns.kind)"
        if len(words) > 1 and not {"status", "kind"} <= columns.keys():
            missing = [name for name in ("status", "kind") if name not in columns]
            return f"whether {heading} holds the {' or the '.join(missing)} of a line (columns)"
    if look == "ids" and not any(name in columns for name in _REFERENCES):
        return f"whether {heading} is our number or the channel's (columns.our_ref or channel_ref)"
    return None


def ask_about_texts(analysis: TableAnalysis) -> None:
    """Asks about texts that name refunds or fees, where no column has the kinds of lines.

    `Refund of order 7` without a sign would be one more payment.
    """
    layout = analysis.draft.layout
    if layout["constants"].get("kind") != Kind.PAYMENT.value:
        return
    for at, heading in enumerate(analysis.header):
        words = {word for value in analysis.values_at(at) if (word := find_kind_word(value))}
        if words:
            shown = ", ".join(sorted(words)[:3])
            analysis.draft.questions.append(
                f"what the lines are whose {heading} names {shown}, as no column has kinds"
                " (columns.kind)"
            )


def check_references(analysis: TableAnalysis) -> None:
    """Asks about a number of the trade that most lines lack, or repeat, or that is free text."""
    columns, questions = analysis.draft.layout["columns"], analysis.draft.questions
    for name in ("our_ref", "channel_ref", "order_ref", "original_ref"):
        if name not in columns:
            continue
        heading, values, count = analysis.heading(name), analysis.values(name), len(analysis.rows)
        if sum(1 for value in values if " " in value) * 2 > len(values):
            del columns[name]
            questions.append(f"whether {heading}, which is free text, holds a number ({name})")
        elif name in _REFERENCES and len(values) * 2 < count:
            questions.append(
                f"whether {heading} is right: {count - len(values)} of {count} lines have none"
                f" (columns.{name})"
            )
        elif name == "channel_ref" and len(values) > 4 and len({*values}) * 2 < len(values):
            questions.append(f"whether {heading} is right: lines repeat it (columns.{name})")
    if analysis.rows and not any(name in columns for name in _REFERENCES):
        questions.append("how lines and our transactions are told apart: none has a number (match)")
