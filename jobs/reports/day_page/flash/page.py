"""The flash as a page."""

from collections.abc import Mapping

from jobs.reports.day_page.builder import Builder
from jobs.reports.day_page.flash.own_side import OwnSide
from jobs.reports.day_page.flash.sections import build_own_side, flash_cards
from jobs.reports.day_page.inputs import FileFigures, describe_state
from jobs.reports.day_page.page import describe_origin, describe_scope
from jobs.reports.day_page.scope import Owner
from jobs.reports.html.document import Page
from schemas.profile.due_time import find_due_moment
from schemas.vocabulary import RunResult


def build_flash(builder: Builder, sides: Mapping[Owner, OwnSide], files: FileFigures) -> Page:
    """The page of a flash; `sides` are all channels that have transactions of the date."""
    say, scope = builder.say, builder.scope
    states = {}
    notices = []
    for name, profile in scope.profiles.items():
        state = files.days.get((name, scope.last))
        states[name] = describe_state(files, name, builder.language) if state else ""
        if state is None:
            continue
        due = find_due_moment(
            profile.files.due if profile.files else None, scope.last, profile.zone_info
        )
        if not state.is_complete:
            states[name] = builder.say_code(state.statement_state)
            if due:
                time = f"{due:%Y-%m-%d %H:%M} {due.tzinfo}"
                notices.append(
                    say("{channel}: the statement is due at {time}", channel=name, time=time)
                )
        elif state.result == RunResult.DONE:
            states[name] = ""
        if not state.has_snapshot:
            notices.append(say("{channel}: our own side is not whole", channel=name))
    unpriced = sorted({name for (name, _), side in sides.items() if side.accrued is None})
    if unpriced:
        notices.append(
            say("fees are not accrued, or some have no price: {names}", names=", ".join(unpriced))
        )
    return Page(
        builder.language.html,
        say("Flash report"),
        describe_scope(builder, [*scope.profiles]),
        flash_cards(builder, sides),
        build_own_side(builder, sides, states),
        notices,
        say("What this page does not know"),
        describe_origin(builder, files.matched_at),
        say("PROVISIONAL"),
    )
