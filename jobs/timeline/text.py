"""A story as text for a terminal, at most 100 columns wide."""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jobs.timeline.paragraphs import (
    INDENT,
    WIDTH,
    at,
    counted,
    money,
    nth,
    plain,
    raw,
    references,
    wrapped,
)

Event = Mapping[str, Any]


def told(story: Mapping[str, Any]) -> list[str]:
    """A whole story, line by line."""
    out = [line for each in story["threads"] for line in [*_thread(each), ""]]
    for each in story["rejected"]:
        out += [f"{each['channel']} {each['date']}: {each['line']} was rejected, nothing meets it",
                *wrapped(each["reason"]), *raw(each["raw"]), ""]  # fmt: skip
    for each in story["alone"]:
        out += [*alone(each), ""]
    if story["as_of"]:
        out = [f"as the tables were at {at(story['as_of'])}", "", *out]
    if not story["threads"]:
        out += nothing(story)
    if story["more"]:
        out.append(f"More rows bear {story['reference']} than are shown; narrow it with --channel,"
                   " --business-date and --through.")  # fmt: skip
    return [*(out[:-1] if out and not out[-1] else out)]


def nothing(story: Mapping[str, Any]) -> list[str]:
    """That nothing was found, and where it was looked."""
    room = story["searched"]
    dates = room["dates"]
    said = [f"Nothing bears {story['reference']}: no line and no transaction."]
    if not dates:
        said.append("There are no lines and no transactions at all in these channels yet.")
    else:
        said.append(
            f"Searched: {', '.join(room['channels'])}; {dates[0]} to {dates[-1]}"
            f" ({counted(len(dates), 'date')}), as given and normalized by each channel's rules."
        )
    for file in room["quarantined"]:
        said.append(f"Not searched: {file['channel']} {file['date']} {file['file']} is quarantined"
                    f" ({file['reason']}).")  # fmt: skip
    return [line for each in said for line in textwrap.wrap(each, WIDTH)]


def _thread(thread: Mapping[str, Any]) -> Iterator[str]:
    found = f", found by {', '.join(thread['found_by'])}" if thread["found_by"] else ""
    yield f"{thread['channel']} {thread['kind']}{found}"
    for now in thread["now"]:
        yield from textwrap.wrap(f"now, {now['date']}: {_verdict(now)}", WIDTH)
    if not thread["now"]:
        yield "now: not matched yet; run `tieout match`"
    yield ""
    day = None
    for event in thread["events"]:
        shown = event["date"] if event["date"] != day else ""
        label, lines = _TOLD[event["event"]]
        first, *rest = [line for each in lines(event) for line in each]
        yield f"{shown:<10}  {label:<10}  {first}"
        yield from (f"{INDENT}{line}" for line in rest)
        day = event["date"]


def alone(result: Mapping[str, Any]) -> Iterator[str]:
    """The match done alone."""
    counts = (
        counted(result["lines"], "line"),
        counted(result["transactions"], "transaction"),
    )
    yield (
        f"{result['channel']}, matched alone: {counts[0]} and {counts[1]},"
        f" {result['since']} to {result['until']}"
    )
    for each in result["outcomes"]:
        lines = [*wrapped(_verdict(each)), *_differences(each), *_item(each)]
        yield f"{'':<10}  {'outcome':<10}  {lines[0]}"
        yield from (f"{INDENT}{line}" for line in lines[1:])


def _transaction(event: Event) -> Iterator[Sequence[str]]:
    yield [f"{money(event['amount'], event['currency'])}  {event['status']}"
           f"  transaction {event['txn_id']}"]  # fmt: skip
    if event["occurred_at"]:
        yield [f"occurred {at(event['occurred_at'])}"]
    yield references(event)
    for name, (was, now) in event["changed"].items():
        yield wrapped(f"{name} changed: {plain(was)} -> {plain(now)}")


def _line(event: Event) -> Iterator[Sequence[str]]:
    fee = f"  fee {event['fee']}" if event["fee"] is not None else ""
    yield [f"{money(event['amount'], event['currency'])}{fee}  {event['status']}"]
    if event["traded_at"]:
        yield [f"traded {at(event['traded_at'])}"]
    yield references(event)
    came = f", came {at(event['received_at'])}" if event["received_at"] else ""
    version = f", version {event['version']}" if (event["version"] or 1) > 1 else ""
    yield wrapped(f"{event['file'] or event['line_id']} line {event['line_no']}{came}{version}")
    yield raw(event["raw"]) if event["raw"] is not None else ["(not in the archive any more)"]


def _outcome(event: Event) -> Iterator[Sequence[str]]:
    yield wrapped(_verdict(event))
    yield _differences(event)
    yield _item(event)
    if event["compared_with"]:
        same = event["compared_with"] == event["txn_id"]
        yield wrapped(
            "compared with what it was when it was last closed"
            if same
            else f"compared with {event['compared_with']}"
        )
    for each in event["candidates"]:
        yield wrapped(_candidate(each))
    chance = "" if event["waiting"] else f", chance {event['chances']}"
    yield [f"first seen {event['first_run_date']}{chance}"]
    for waiting in event["waiting"]:
        yield wrapped(_waiting(waiting))
    yield from _run(event["run"])


def _item(event: Event) -> list[str]:
    own = event["txn_id"] or event["line"]
    how = f" by {event['matched_by']}" if event["matched_by"] else ""
    if event["txn_id"] and event["line"]:
        return wrapped(f"{event['txn_id']} met {event['line']}{how}")
    if event.get("group"):
        group = event["group"]
        members = (
            counted(group["transactions"], "transaction"),
            counted(group["lines"], "line"),
        )
        sums = "; ".join(
            f"{each['currency']} ours {each['ours']}, theirs {each['theirs']}"
            for each in group["sums"]
        )
        name = f"group {event['matched_by']}" if event["matched_by"] else "a group"
        return wrapped(f"{own} in {name} of {members[0]} and {members[1]}: {sums}")
    return wrapped(f"{own} in group {event['matched_by']}" if how else f"{own} alone")


def _differences(event: Event) -> list[str]:
    out = [f"{each['what']}: ours {each['ours']}, theirs {each['theirs']}"
           for each in event["differs"]]  # fmt: skip
    if event["difference"] is not None and any(e["what"] == "amount" for e in event["differs"]):
        out[0] += f", difference {event['difference']}"
    return out


def _candidate(each: Mapping[str, Any]) -> str:
    apart = "" if each["seconds_apart"] is None else f", {each['seconds_apart']:,} s apart"
    differs = f", differs in {', '.join(each['differs'])}" if each["differs"] else ""
    return (f"candidate {each['rank']} of {each['of']} by {each['pass']}: {each['candidate_is']}"
            f" {money(each['amount'], each['currency'])}{apart}{differs}")  # fmt: skip


def _run(run: Mapping[str, Any] | None) -> Iterator[Sequence[str]]:
    if run is None:
        return
    again = run["runs_of_the_date"]
    mark = "" if run["result"] == "DONE" else f", {run['result']}"
    yield wrapped(f"made {at(run['ended_at'])} on {run['engine']}{mark}"
                   f", run {run['run_id'][:8]}" + (f", the {nth(again)} of this date"
                                                   if again > 1 else ""))  # fmt: skip
    if run["exported_at"]:
        yield wrapped(f"exported {at(run['exported_at'])} to {run['export']}")


def _fee(event: Event) -> Iterator[Sequence[str]]:
    code, charged = event["currency"], event["charged"]
    paid = "none charged" if charged is None else f"{money(charged, code)} charged"
    if event["result"] is None:
        yield wrapped(f"{paid}, not checked since the last ingest of the date")
    elif event["result"] == "OK":
        yield [f"{paid}, as due"]
    else:
        due = "nothing known to be due" if event["due"] is None else f"{event['due']} due"
        gap = f", difference {event['difference']}" if event["difference"] is not None else ""
        by = f" (schedule entry {event['schedule']})" if event["schedule"] else ""
        yield wrapped(f"{event['result']}: {paid}, {due}{gap}{by}")


def _open(event: Event) -> Iterator[Sequence[str]]:
    yield wrapped(_waiting(event))


def _waiting(each: Mapping[str, Any]) -> str:
    side = "our side" if each["side"] == "INTERNAL" else "their side"
    if each["broke_on"]:
        return (f"{side} stays open: broke on {each['broke_on']}, may still be met until"
                f" {each['may_be_met_until']}")  # fmt: skip
    return f"{side} stays open: chance {each['chances']} of {each['window'] + 1}"


def _decision(event: Event) -> Iterator[Sequence[str]]:
    said = f": {event['said']}" if event["said"] else ""
    yield wrapped(f"{event['decision_id']} {event['effect']}, {event['step']} by"
                  f" {event['said_by']} {at(event['said_at'])}{said}")  # fmt: skip


_TOLD: dict[str, tuple[str, Callable[[Event], Iterator[Sequence[str]]]]] = {
    "transaction": ("ours", _transaction),
    "line": ("statement", _line),
    "fee": ("fee", _fee),
    "outcome": ("outcome", _outcome),
    "decision": ("decision", _decision),
    "open": ("open", _open),
}


def _verdict(each: Mapping[str, Any]) -> str:
    words = f": {'; '.join(each['in_words'])}" if each["in_words"] else ""
    return f"{each['outcome']}{words}. {each['what_to_do']}."
