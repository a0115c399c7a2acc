"""What a trial of a draft shows and only a person can answer: signs, fees of refunds, nets that do
not fit.
"""

from collections.abc import Callable
from dataclasses import replace

from jobs.onboarding.layout_draft import LayoutDraft
from jobs.onboarding.trial import Trial, describe_signs


def keep_proven(
    draft: LayoutDraft, try_layout: Callable[[LayoutDraft], Trial | None]
) -> LayoutDraft:
    """Drops a net amount and a running balance that the lines do not bear out, and asks."""
    for key, fault in (("net", "SETTLEMENT_DIFFERS"), ("balance", "BALANCE")):
        if key not in draft.layout:
            continue
        trial = try_layout(draft)
        if trial is not None and trial.body["lines"] and fault not in trial.body["verdict"]:
            continue
        heading = draft.layout[key]
        layout = {name: value for name, value in draft.layout.items() if name != key}
        meaning = "amount less fee" if key == "net" else "the balance after each line"
        question = f"what {heading} holds: it is not {meaning} on every line ({key})"
        draft = replace(draft, layout=layout, questions=[*draft.questions, question])
    return draft


def ask_about_signs(draft: LayoutDraft, trial: Trial) -> LayoutDraft:
    """Asks about lines that go against their kind, wherever in the file, if nothing else does."""
    is_open = {"kinds", "sign", "amount_sign"} & draft.assumptions.keys()
    if is_open or any("its sign is unusual" in question for question in draft.questions):
        return draft
    questions = [
        f"what {describe_signs(kind, count)} is: a refund, a reversal? (kind_by_sign, kinds)"
        for kind, count in trial.body["against_kind"].items()
    ]
    return replace(draft, questions=[*draft.questions, *questions])


def ask_about_refund_fees(draft: LayoutDraft, trial: Trial) -> LayoutDraft:
    """Asks whether fees on refunds without a sign are charged, unless a total or a net proves."""
    layout = draft.layout
    proven = {total["name"] for total in layout.get("totals", [])}
    proven |= {*layout.get("trailer", {}).get("totals", {})}
    is_proven = "net" in layout or bool({"fee", "net_amount"} & proven)
    if not trial.body["refund_fees"] or is_proven or "fee_sign" in layout:
        return draft
    question = "whether the fee on a refund is charged or given back: it has no sign (fee_sign)"
    return replace(draft, questions=[*draft.questions, question])


def ask_about_rejected(draft: LayoutDraft, trial: Trial | None) -> LayoutDraft:
    """Asks what the lines are that ingest would reject, if nothing else asks about them."""
    if trial is None or not trial.body["rejected"] or "ignore" in draft.assumptions:
        return draft
    count, first = trial.body["rejected"], trial.body["first_rejected"]
    question = (
        f"what {count:,} line{'s are' if count > 1 else ' is'} that ingest would reject, first line"
        f" {first}: no trades, or damaged (ignore)"
    )
    return replace(draft, questions=[*draft.questions, question])
