"""The settlement of a date in plain Python: slow, by search, apart from the code that it checks.

For channels whose batches are references or dates, and whose days are calendar days. Source:
docs/reference/settlement.md.
"""

import re
from copy import deepcopy
from datetime import date, timedelta
from itertools import combinations
from typing import Any

Record = dict[str, Any]


def start(rules: Record) -> Record:
    """The state before the first date."""
    state: Record = {"batches": [], "credits": [], "carried": {}}
    for one in sorted(rules["opening"], key=lambda o: (o["since"], o["currency"])):
        batch = _new_batch(("opening", str(one["since"])), "", one["currency"], one["since"], 1)
        while any(b["id"] == batch["id"] for b in state["batches"]):
            batch["no"] += 1
            batch["id"] = (*batch["id"][:3], batch["no"])
        state["batches"].append(batch | {"in": one["amount"], "decided": True})
    return state


def settle(
    day: date,
    batches: list[Record],
    credits: list[Record],
    bank: bool,
    state: Record,
    rules: Record,
) -> tuple[list[tuple[object, ...]], Record]:
    """The rows of a date, and the new state.

    A row is (batch, number, per, currency, result, expected, credited, carried out, reasons,
    credits).
    """
    state, rows = deepcopy(state), []
    for batch in state["batches"]:
        batch["age"] += batch["closed"]
    for credit in state["credits"]:
        credit["age"] += 1
        credit["unknown_age"] += credit["status"] == "unknown"
    state["batches"] = [b for b in state["batches"] if b["age"] <= 30]
    state["credits"] = [
        c for c in state["credits"]
        if c["unknown_age"] <= 30 and not (c["status"] == "used" and c["age"] > 30)
    ]  # fmt: skip
    waited, state["carried"] = state["carried"], {}
    joined = _take_lines(day, batches, state, rows)
    for purse, amount in waited.items():
        takers = [b for b in _in_order(joined) if (b["per"], b["currency"]) == purse]
        if takers:
            takers[0]["in"] += amount
        else:
            state["carried"][purse] = state["carried"].get(purse, 0) + amount
    _decide(day, state, joined, rules)
    _take_credits(day, credits, state, rows)
    unsure: set[object] = set()
    named = _bind(day, state)
    _pair(day, state, rules, named, unsure)
    _run(day, state, rules, named, unsure, several_batches=True)
    _run(day, state, rules, named, unsure, several_batches=False)
    _judge(day, bank, state, rules, unsure, rows)
    for (per, currency), amount in state["carried"].items():
        if amount:
            rows.append((None, None, per, currency, "CARRIED", 0, 0, amount, (), ()))
    return rows, state


def _new_batch(key: tuple[str, str], per: str, currency: str, day: date, number: int) -> Record:
    return {
        "key": key, "per": per, "currency": currency, "first": day, "from": day, "no": number,
        "id": (key, per, currency, number), "net": 0, "in": 0, "out": 0, "declared": None,
        "later": None, "decided": False, "shares": [], "paid_on": None, "result": None,
        "closed": False, "age": 0, "returned": False,
    }  # fmt: skip


def _claim(batch: Record) -> int:
    if batch["declared"] is not None:
        return int(batch["declared"])
    return int(batch["net"] + batch["in"] - batch["out"])


def _lack(batch: Record) -> int:
    return _claim(batch) - sum(amount for _, amount in batch["shares"])


def _place(batch: Record) -> tuple[object, ...]:
    kind, text = batch["key"]
    shown = "" if kind == "opening" else text
    return batch["first"], shown, kind, batch["no"], batch["per"], batch["currency"]


def _in_order(batches: list[Record]) -> list[Record]:
    return sorted({b["id"]: b for b in batches}.values(), key=_place)


def _is_candidate(batch: Record) -> bool:
    return batch["closed"] and batch["result"] in ("MISSING", "AMBIGUOUS")


def _take_lines(day: date, batches: list[Record], state: Record, rows: list[Any]) -> list[Record]:
    joined = []
    for one in batches:
        per, currency, key = one["per"], one["currency"], one["key"]
        if key is None:
            purse = (per, currency)
            state["carried"][purse] = state["carried"].get(purse, 0) + one["net"]
            continue
        same = [
            b for b in state["batches"]
            if (b["key"], b["per"], b["currency"]) == (key, per, currency)
        ]  # fmt: skip
        usable = [b for b in same if not b["closed"]] or [b for b in same if _is_candidate(b)]
        batch = _in_order(usable)[0] if usable else None
        if one["lines"] and batch is None:
            batch = _new_batch(key, per, currency, day, 1 + max([b["no"] for b in same], default=0))
            state["batches"].append(batch)
        if batch is not None:
            if batch["closed"]:
                batch.update(closed=False, age=0, result=None)
            if one["lines"]:
                batch["net"] += one["net"]
                own = date.fromisoformat(key[1]) if key[0] == "date" else day
                if not batch["shares"]:
                    batch["from"] = max(batch["from"], day, own)
                joined.append(batch)
            if one["declared"] is not None:
                batch["declared"] = (batch["declared"] or 0) + one["declared"]
        elif one["declared"] is not None and not same:
            rows.append((key[1], None, per, currency, "UNMATCHED_SETTLEMENT", 0, 0, 0, (), ()))
        elif one["declared"] is not None:
            last = max(same, key=lambda b: b["no"])
            last["later"] = (last["later"] or 0) + one["declared"]
            declared = (last["declared"] or 0) + last["later"]
            credited = sum(amount for _, amount in last["shares"])
            if declared != credited:
                ids = tuple(line_id for line_id, _ in last["shares"])
                rows.append((key[1], last["no"], per, currency, "DECLARED_DIFFERS", declared,
                             credited, 0, (), ids))  # fmt: skip
    return joined


def _decide(day: date, state: Record, joined: list[Record], rules: Record) -> None:
    for batch in [b for b in state["batches"] if not b["closed"]]:
        purse = (batch["per"], batch["currency"])
        kind, text = batch["key"]
        if kind == "date":
            ready = day >= date.fromisoformat(text)
        else:
            ready = not any(b is batch for b in joined)
        if not batch["decided"] and (ready or batch["declared"] is not None):
            batch["decided"] = True
            claim = _claim(batch)
            small = 0 <= claim < rules["minimum"].get(batch["currency"], 0)
            negative = claim < 0 and rules["negative"] == "carry"
            if batch["declared"] is None and not batch["shares"] and (small or negative):
                state["carried"][purse] = state["carried"].get(purse, 0) + claim
                batch.update(out=claim, closed=True, result="CARRIED")
                continue
        if batch["declared"] == 0:
            rest = batch["net"] + batch["in"] - batch["out"]
            state["carried"][purse] = state["carried"].get(purse, 0) + rest
            batch["out"] += rest
        if batch["decided"] and not batch["shares"] and _claim(batch) == 0:
            batch.update(closed=True, result="SETTLED")


def _credit_place(credit: Record) -> tuple[object, ...]:
    return credit["value_date"] or credit["date"], credit["ref"] or "", credit["line_id"]


def _take_credits(day: date, credits: list[Record], state: Record, rows: list[Any]) -> None:
    for one in credits:
        state["credits"].append(
            one | {"status": "waiting", "age": 0, "unknown_age": 0, "result": None}
        )
    for one in sorted(credits, key=_credit_place):
        back = next((c for c in state["credits"] if c["line_id"] == one["line_id"]), None)
        first = [
            c for c in state["credits"]
            if back is not None
            and (c["currency"], c["amount"]) == (one["currency"], -one["amount"])
            and c["ref"] in (one["ref"], one["returns"])
            and (c["age"] > 0 or _credit_place(c) < _credit_place(one))
        ]  # fmt: skip
        if not first:
            continue
        gone = min(first, key=_credit_place)
        state["credits"] = [c for c in state["credits"] if c is not gone and c is not back]
        for batch in state["batches"]:
            left = [share for share in batch["shares"] if share[0] != gone["line_id"]]
            if len(left) < len(batch["shares"]):
                batch.update(shares=left, closed=False, age=0, result=None, returned=True)
                kind, text = batch["key"]
                day_of_key = date.fromisoformat(text) if kind == "date" else day
                batch.update({"from": max(day, day_of_key), "paid_on": None})
        if gone["status"] != "used":
            for credit in (gone, one):
                rows.append((None, None, "", credit["currency"], "UNKNOWN_CREDIT", 0,
                             credit["amount"], 0, (), (credit["line_id"],)))  # fmt: skip


def _pay(day: date, batch: Record, credit: Record, amount: int) -> None:
    batch["shares"].append((credit["line_id"], amount))
    batch.update(paid_on=day, closed=False, age=0, decided=True)
    credit.update(status="used", result=None)


def _bind(day: date, state: Record) -> set[str]:
    """Binds credits that name a batch; the ids of those that name only what they cannot pay."""
    bound, held = [], set()
    for status in ("waiting", "unknown"):
        credits = [c for c in state["credits"] if c["status"] == status]
        for credit in sorted(credits, key=_credit_place):
            keys = {
                b["key"] for b in state["batches"]
                if b["key"][0] != "opening"
                and re.search(f"WX{re.escape(b['key'][1])}(?![A-Za-z0-9])", credit["text"] or "")
            }  # fmt: skip
            same = [
                b for b in state["batches"]
                if b["key"] in keys and b["currency"] == credit["currency"]
            ]  # fmt: skip
            usable = {
                key: [b for b in same if b["key"] == key and not b["closed"]]
                or [b for b in same if b["key"] == key and _is_candidate(b) and _lack(b)]
                for key in keys
            }
            lists = [found for found in usable.values() if found]
            if keys and not lists:
                held.add(credit["line_id"])
            if len(lists) == 1 and len({b["per"] for b in lists[0]}) == 1:
                bound.append((_in_order(lists[0])[0], credit))
    for batch, credit in bound:
        _pay(day, batch, credit, credit["amount"])
    return held


def _lacks(batch: Record, rules: Record) -> bool:
    """Whether it still expects something: paid within tolerance, or with more, it does not."""
    if not batch["shares"]:
        return _lack(batch) != 0
    is_near = abs(_lack(batch)) <= rules["tolerance"].get(batch["currency"], 0)
    return not is_near and not _lack(batch) < 0 <= _claim(batch)


def _sides(
    state: Record, held: set[str], rules: Record
) -> tuple[list[list[Record]], list[list[Record]]]:
    """Open and given-up batches, waiting and given-up credits, each in order."""
    batches = _in_order([b for b in state["batches"] if _lacks(b, rules)])
    credits = sorted((c for c in state["credits"] if c["line_id"] not in held), key=_credit_place)
    return (
        [[b for b in batches if not b["closed"]], [b for b in batches if _is_candidate(b)]],
        [[c for c in credits if c["status"] == one] for one in ("waiting", "unknown")],
    )


def _pair(day: date, state: Record, rules: Record, held: set[str], unsure: set[object]) -> None:
    (still_open, lost), (waiting, unknown) = _sides(state, held, rules)
    pairs = []
    for currency, amount in {(b["currency"], _lack(b)) for b in still_open + lost}:

        def fits(
            items: list[Record], currency: str = currency, amount: int = amount
        ) -> list[Record]:
            return [
                i for i in items
                if (i["currency"], i["amount"] if "amount" in i else _lack(i)) == (currency, amount)
            ]  # fmt: skip

        ours, theirs = fits(still_open), fits(waiting)
        if not (ours and theirs):
            ours, theirs = (
                fits(_in_order(still_open + lost)),
                fits(sorted(waiting + unknown, key=_credit_place)),
            )
        if ours and len(ours) == len(theirs):
            pairs += list(zip(ours, theirs, strict=True))
        elif ours and theirs:
            unsure |= {b["id"] for b in ours} | {c["line_id"] for c in theirs}
    for batch, credit in sorted(pairs, key=lambda pair: _credit_place(pair[1])):
        _pay(day, batch, credit, credit["amount"])
    (still_open, lost), (waiting, unknown) = _sides(state, held, rules)
    near = _near(still_open, waiting, rules)
    busy = {b["id"] for b, _ in near} | {c["line_id"] for _, c in near}
    more = _near(
        [b for b in still_open + lost if b["id"] not in busy],
        [c for c in waiting + unknown if c["line_id"] not in busy],
        rules,
    )
    for group in (near, more):
        for batch, credit in group:
            others = [p for p in group if (p[0] is batch) != (p[1] is credit)]
            if not others:
                _pay(day, batch, credit, credit["amount"])


def _near(batches: list[Record], credits: list[Record], rules: Record) -> list[Any]:
    return [
        (b, c) for b in batches for c in credits
        if b["currency"] == c["currency"] and rules["tolerance"].get(b["currency"])
        and abs(_lack(b) - c["amount"]) <= rules["tolerance"][b["currency"]]
    ]  # fmt: skip


def _run(
    day: date, state: Record, rules: Record, held: set[str], unsure: set[object],
    several_batches: bool,
) -> None:  # fmt: skip
    elsewhere: set[object] = set()
    had_run: set[object] = set()
    taken: set[object] = set()
    # Neighbours are those of before the step, whatever it pays.
    (still_open, lost), (waiting, unknown) = _sides(state, held, rules)
    for is_second in (False, True):
        batches = _in_order(still_open + (lost if is_second else []))
        credits = sorted(waiting + (unknown if is_second else []), key=_credit_place)
        if several_batches:
            purses = {(b["per"], b["currency"]) for b in batches}
            rails = [[b for b in batches if (b["per"], b["currency"]) == p] for p in sorted(purses)]
            targets = [c for c in credits if c["line_id"] not in had_run]
        else:
            currencies = {c["currency"] for c in credits}
            rails = [[c for c in credits if c["currency"] == one] for one in sorted(currencies)]
            targets = [b for b in batches if b["id"] not in had_run]
        runs = [
            (rail[i:j], target)
            for rail in rails
            for i, j in combinations(range(len(rail) + 1), 2)
            if 2 <= j - i <= 31
            for target in targets
            if target["currency"] == rail[0]["currency"]
            and not taken & {_name(m) for m in rail[i:j]}
            and sum(map(_money, rail[i:j])) == _money(target)
        ]
        payments = []
        for members, target in runs:
            names = {_name(m) for m in members}
            own = [r for r in runs if r[1] is target]
            other = [r for r in runs if names & {_name(m) for m in r[0]}]
            if len(own) == len(other) == 1 and not names & elsewhere:
                payments.append((members, target, [_money(m) for m in members]))
        for members, target in runs:
            elsewhere |= {_name(m) for m in members}
            had_run.add(_name(target))
        unsure |= elsewhere | had_run
        for members, target, amounts in payments:
            taken |= {_name(m) for m in members}
            for member, amount in zip(members, amounts, strict=True):
                pair = (member, target) if several_batches else (target, member)
                _pay(day, *pair, amount)


def _name(item: Record) -> object:
    return item["line_id"] if "line_id" in item else item["id"]


def _money(item: Record) -> int:
    return int(item["amount"]) if "line_id" in item else _lack(item)


def _judge(
    day: date, bank: bool, state: Record, rules: Record, unsure: set[object], rows: list[Any]
) -> None:
    after, grace = timedelta(days=rules["after"]), timedelta(days=rules["grace"])
    for batch in state["batches"]:
        if batch["closed"] and batch["age"]:
            continue
        end = batch["from"] + after + grace
        reasons = ["RETURNED"] if batch["returned"] else []
        lack = _lack(batch)
        if batch["closed"]:
            pass
        elif batch["shares"]:
            small = abs(lack) <= rules["tolerance"].get(batch["currency"], 0)
            batch["result"] = "SETTLED" if small else "OVER" if lack < 0 else "SHORT"
            batch["closed"] = batch["result"] != "SHORT" or (bank and day > end)
        elif batch["decided"] and not _claim(batch):
            batch.update(result="SETTLED", closed=True)
        elif batch["returned"]:
            batch["result"] = "RETURNED"
        elif not bank and batch["result"] in ("PENDING", "LATE", "AMBIGUOUS"):
            pass
        else:
            result = "PENDING"
            if bank and batch["decided"] and day > batch["from"] + after:
                result = "LATE" if day <= end else "MISSING"
            batch["closed"] = result == "MISSING"
            batch["result"] = "AMBIGUOUS" if batch["id"] in unsure else result
        if batch["shares"] and batch["paid_on"] and batch["paid_on"] > end:
            reasons.append("LATE")
        if batch["result"] == "SHORT" and batch["id"] in unsure:
            reasons.append("AMBIGUOUS")
        if not bank and not batch["closed"]:
            reasons.append("BANK_STATEMENT_MISSING")
        expected = _claim(batch) + (batch["out"] if batch["result"] == "CARRIED" else 0)
        shown = None if batch["key"][0] == "opening" else batch["key"][1]
        credited = sum(amount for _, amount in batch["shares"])
        ids = tuple(line_id for line_id, _ in batch["shares"])
        rows.append((shown, batch["no"], batch["per"], batch["currency"], batch["result"], expected,
                     credited, batch["out"], tuple(reasons), ids))  # fmt: skip
        batch["returned"] = False
    for credit in [c for c in state["credits"] if c["status"] == "waiting"]:
        result = "AMBIGUOUS" if credit["line_id"] in unsure else "PENDING"
        if not bank:
            result = credit["result"] or result
        elif day > credit["date"] + grace:
            early = credit["date"] <= rules["first_date"] + after + grace
            result = "BEFORE_START" if early else "UNKNOWN_CREDIT"
            credit["status"] = "unknown"
        credit["result"] = result
        reasons = [] if bank else ["BANK_STATEMENT_MISSING"]
        rows.append((None, None, "", credit["currency"], result, 0, credit["amount"], 0,
                     tuple(reasons), (credit["line_id"],)))  # fmt: skip
