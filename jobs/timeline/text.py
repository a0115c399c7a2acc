"""Renders a timeline as text for a terminal, at most 100 columns wide."""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jobs.timeline.families import render_family
from jobs.timeline.paragraphs import (
    INDENT,
    WIDTH,
    amount_text,
    candidate_text,
    count_text,
    ordinal,
    reference_lines,
    source_lines,
    time_text,
    value_text,
    wrap_text,
)
from jobs.timeline.settlement_batches import render_batch

Event = Mapping[str, Any]


def render_timeline(timeline: Mapping[str, Any]) -> list[str]:
    """Renders a timeline, line by line."""
    out = [line for records in timeline["threads"] for line in [*_render_records(records), ""]]
    for batch in timeline["batches"]:
        out += [*render_batch(batch), ""]
    for row in timeline["rejected"]:
        out += [f"{row['channel']} {row['date']}: {row['line']} was rejected; the match ignores it",
                *wrap_text(row["reason"]), *source_lines(row["raw"]), ""]  # fmt: skip
    for result in timeline["alone"]:
        out += [*render_match_alone(result), ""]
    if timeline["as_of"]:
        out = [f"as the tables were at {time_text(timeline['as_of'])}", "", *out]
    if not timeline["threads"] and not timeline["batches"]:
        out += render_no_records(timeline)
    if timeline["more"]:
        out.append(f"More rows have the reference {timeline['reference']}; narrow the search with"
                   " --channel, --business-date and --through.")  # fmt: skip
    return [*(out[:-1] if out and not out[-1] else out)]


def render_no_records(timeline: Mapping[str, Any]) -> list[str]:
    """Says that no record has the reference, and what was searched."""
    searched = timeline["searched"]
    dates = searched["dates"]
    paragraphs = [f"No line and no transaction has the reference {timeline['reference']}."]
    if not dates:
        paragraphs.append("These channels have no lines and no transactions yet.")
    else:
        paragraphs.append(
            f"Searched: {', '.join(searched['channels'])}; {dates[0]} to {dates[-1]}"
            f" ({count_text(len(dates), 'date')}), as given and normalized by each channel's rules."
        )
    for file in searched["quarantined"]:
        name = f"{file['channel']} {file['date']} {file['file']}"
        paragraphs.append(f"Not searched: {name} is quarantined ({file['reason']}).")
    return [line for paragraph in paragraphs for line in textwrap.wrap(paragraph, WIDTH)]


def _render_records(records: Mapping[str, Any]) -> Iterator[str]:
    found_by = f", found by {', '.join(records['found_by'])}" if records["found_by"] else ""
    yield f"{records['channel']} {records['kind']}{found_by}"
    for now in records["now"]:
        yield from textwrap.wrap(f"now, {now['date']}: {_outcome_text(now)}", WIDTH)
    if not records["now"]:
        yield "now: not matched yet; run `tieout match`"
    yield ""
    day = None
    for event in records["events"]:
        date_text = event["date"] if event["date"] != day else ""
        label, render = _RENDERERS[event["event"]]
        first, *rest = [line for block in render(event) for line in block]
        yield f"{date_text:<10}  {label:<10}  {first}"
        yield from (f"{INDENT}{line}" for line in rest)
        day = event["date"]


def render_match_alone(result: Mapping[str, Any]) -> Iterator[str]:
    """Renders the match of these records alone."""
    counts = (
        count_text(result["lines"], "line"),
        count_text(result["transactions"], "transaction"),
    )
    yield (
        f"{result['channel']}, matched alone: {counts[0]} and {counts[1]},"
        f" {result['since']} to {result['until']}"
    )
    for outcome in result["outcomes"]:
        lines = [
            *wrap_text(_outcome_text(outcome)),
            *_difference_lines(outcome),
            *_item_text(outcome),
        ]
        yield f"{'':<10}  {'outcome':<10}  {lines[0]}"
        yield from (f"{INDENT}{line}" for line in lines[1:])


def _render_transaction(event: Event) -> Iterator[Sequence[str]]:
    yield [f"{amount_text(event['amount'], event['currency'])}  {event['status']}"
           f"  transaction {event['txn_id']}"]  # fmt: skip
    if event["occurred_at"]:
        yield [f"occurred {time_text(event['occurred_at'])}"]
    yield reference_lines(event)
    for name, (before, after) in event["changed"].items():
        yield wrap_text(f"{name} changed: {value_text(before)} -> {value_text(after)}")


def _render_line(event: Event) -> Iterator[Sequence[str]]:
    fee = f"  fee {event['fee']}" if event["fee"] is not None else ""
    yield [f"{amount_text(event['amount'], event['currency'])}{fee}  {event['status']}"]
    if event["traded_at"]:
        yield [f"traded {time_text(event['traded_at'])}"]
    yield reference_lines(event)
    received = f", received {time_text(event['received_at'])}" if event["received_at"] else ""
    version = f", version {event['version']}" if (event["version"] or 1) > 1 else ""
    yield wrap_text(
        f"{event['file'] or event['line_id']} line {event['line_no']}{received}{version}"
    )
    yield (
        source_lines(event["raw"])
        if event["raw"] is not None
        else ["(the archive no longer has the file)"]
    )


def _render_outcome(event: Event) -> Iterator[Sequence[str]]:
    yield wrap_text(_outcome_text(event))
    yield _difference_lines(event)
    yield _item_text(event)
    if event["compared_with"]:
        is_itself = event["compared_with"] == event["txn_id"]
        yield wrap_text(
            "compared with its state when it was last closed"
            if is_itself
            else f"compared with {event['compared_with']}"
        )
    for candidate in event["candidates"]:
        yield wrap_text(candidate_text(candidate))
    attempts = "" if event["waiting"] else f", matching attempt {event['chances']}"
    yield [f"first seen {event['first_run_date']}{attempts}"]
    for item in event["waiting"]:
        yield wrap_text(_open_item_text(item))
    yield from _render_run(event["run"])


def _item_text(event: Event) -> list[str]:
    item = event["txn_id"] or event["line"]
    by_pass = f" by {event['matched_by']}" if event["matched_by"] else ""
    if event["txn_id"] and event["line"]:
        return wrap_text(f"{event['txn_id']} paired with {event['line']}{by_pass}")
    if event.get("group"):
        group = event["group"]
        members = (
            count_text(group["transactions"], "transaction"),
            count_text(group["lines"], "line"),
        )
        sums_text = "; ".join(
            f"{sums['currency']} internal {sums['ours']}, statement {sums['theirs']}"
            for sums in group["sums"]
        )
        name = f"group {event['matched_by']}" if event["matched_by"] else "a group"
        return wrap_text(f"{item} in {name} of {members[0]} and {members[1]}: {sums_text}")
    return wrap_text(f"{item} without a partner{by_pass and ','}{by_pass}")


def _difference_lines(event: Event) -> list[str]:
    out = [f"{value['what']}: internal {value['ours']}, statement {value['theirs']}"
           for value in event["differs"]]  # fmt: skip
    if event["difference"] is not None and any(
        value["what"] == "amount" for value in event["differs"]
    ):
        out[0] += f", difference {event['difference']}"
    return out


def _render_run(run: Mapping[str, Any] | None) -> Iterator[Sequence[str]]:
    if run is None:
        return
    number = run["runs_of_the_date"]
    result = "" if run["result"] == "DONE" else f", {run['result']}"
    yield wrap_text(f"made {time_text(run['ended_at'])} on {run['engine']}{result}"
                   f", run {run['run_id'][:8]}" + (f", the {ordinal(number)} of this date"
                                                   if number > 1 else ""))  # fmt: skip
    if run["exported_at"]:
        yield wrap_text(f"exported {time_text(run['exported_at'])} to {run['export']}")


def _render_fee(event: Event) -> Iterator[Sequence[str]]:
    code, charged = event["currency"], event["charged"]
    paid = "none charged" if charged is None else f"{amount_text(charged, code)} charged"
    if event["result"] is None:
        yield wrap_text(f"{paid}, not checked since the last ingest of the date")
    elif event["result"] == "OK":
        yield [f"{paid}, as due"]
    else:
        due = "no fee known to be due" if event["due"] is None else f"{event['due']} due"
        difference = (
            f", difference {event['difference']}" if event["difference"] is not None else ""
        )
        entry = f" (schedule entry {event['schedule']})" if event["schedule"] else ""
        yield wrap_text(f"{event['result']}: {paid}, {due}{difference}{entry}")


def _render_open_item(event: Event) -> Iterator[Sequence[str]]:
    yield wrap_text(_open_item_text(event))


def _open_item_text(item: Mapping[str, Any]) -> str:
    side = "internal side" if item["side"] == "INTERNAL" else "statement side"
    if item["broke_on"]:
        verb = f"written off by {item['written_off']}" if item["written_off"] else "broke"
        return (f"{side} stays open: {verb} on {item['broke_on']}, can be matched until"
                f" {item['may_be_met_until']}")  # fmt: skip
    return f"{side} stays open: matching attempt {item['chances']} of {item['window'] + 1}"


def _render_decision(event: Event) -> Iterator[Sequence[str]]:
    comment = f": {event['comment']}" if event["comment"] else ""
    status = f" {event['status_of'].lower()}" if event["status_of"] else ""
    yield wrap_text(f"{event['decision_id']} {event['effect']}{status}, {event['step']} by"
                  f" {event['actor']} {time_text(event['created_at'])}{comment}")  # fmt: skip


_RENDERERS: dict[str, tuple[str, Callable[[Event], Iterator[Sequence[str]]]]] = {
    "transaction": ("internal", _render_transaction),
    "line": ("statement", _render_line),
    "fee": ("fee", _render_fee),
    "outcome": ("outcome", _render_outcome),
    "decision": ("decision", _render_decision),
    "open": ("open", _render_open_item),
    "family": ("family", render_family),
}


def _outcome_text(outcome: Mapping[str, Any]) -> str:
    words = f": {'; '.join(outcome['in_words'])}" if outcome["in_words"] else ""
    return f"{outcome['outcome']}{words}. {outcome['what_to_do']}."
