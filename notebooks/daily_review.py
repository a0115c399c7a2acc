# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Daily review
# One day of reconciliation, in the order of an analyst's questions: is everything here, what broke,
# what waits, what is it worth, and were the fees right?

# %%
import os

import altair as alt
import pandas as pd
from IPython.display import Markdown

from jobs.analysis import (
    ACTION_LABELS,
    REASON_LABELS,
    in_major_units,
    open_day,
    show_chart,
    show_table,
    use_image_charts,
    whole_numbers,
)

use_image_charts()

# %%
lake = os.environ.get("TIEOUT_LAKE", "../demo-data/lake")
day = open_day(os.environ.get("TIEOUT_BUSINESS_DATE"), lake=lake)

# %% [markdown]
# ## The day at a glance

# %%
totals = day.totals().toPandas()
money = in_major_units(totals, ["at_stake", "waiting"])
remarks = {channel: f", **{result.lower().replace('_', ' ')}**"
           for channel, result in day.incomplete_matches().items()}  # fmt: skip
lines = [
    f"- **{row.channel}** {row.currency}: {row.matched:,} matched, {row.suspense:,} waiting"
    f" ({row.waiting:,}), **{row['break']:,} broken** with **{row.currency} {row.at_stake:,}**"
    f" at stake, {row.excluded:,} excluded" + remarks.get(row.channel, "")
    for _, row in money.iterrows()
]
Markdown("\n".join([f"### {day.date:%A, %d %B %Y}", *(lines or ["No row was matched."])]))

# %%
show_table(totals, "amount_matched", "waiting", "at_stake")

# %% [markdown]
# **Is everything here?** A file that was refused (`QUARANTINED`), or that has not arrived, has no
# lines in the day: its transactions wait, and are shown below.

# %%
show_table(day.files())

# %% [markdown]
# ## What did not match
# Each row counts once, under its first reason. A darker colour means an older item.

# %%
items = day.by_reason_and_age().toPandas()
items = items.assign(
    outcome=items["outcome"].map({"BREAK": "broken", "SUSPENSE": "waiting"}),
    reason=items["reason"].map(REASON_LABELS),
)
bars = items.groupby(["outcome", "reason", "age_days"], as_index=False)["rows"].sum()
bars = bars.assign(case=bars["outcome"] + ": " + bars["reason"])
show_chart(
    alt.Chart(bars, title=f"Breaks and waiting items on {day.date}, by reason and age")
    .mark_bar()
    .encode(
        x=alt.X("rows:Q", title="items", axis=whole_numbers()),
        y=alt.Y("case:N", title=None, sort="-x", axis=alt.Axis(labelLimit=260)),
        color=alt.Color("age_days:O", title="days open", scale=alt.Scale(scheme="oranges")),
    )
    .properties(width=480)
)

# %%
show_table(items, "amount")

# %% [markdown]
# **What to do**: the case of each break decides its action, see docs/reference/rules.md.

# %%
actions = day.breaks.groupBy("action", "channel").count().toPandas()
actions = actions.assign(label=actions["action"].map(ACTION_LABELS))
show_table(actions.sort_values(["count", "action", "channel"], ascending=[False, True, True]))

# %% [markdown]
# ## Do fewer items wait?
# An item waits until its other side arrives or its matching attempts are used up; then it breaks. A
# curve that rises every day means a late statement, or a kind of item that never arrives.

# %%
trend = day.trend(days=14).toPandas()
trend = trend.assign(run_date=pd.to_datetime(trend["run_date"]))
long = trend.melt(["run_date", "channel"], ["suspense", "break"], "outcome", "items")
long = long.assign(outcome=long["outcome"].map({"suspense": "waiting", "break": "breaks"}))
show_chart(
    alt.Chart(long)
    .mark_line(point=True)
    .encode(
        x=alt.X("yearmonthdate(run_date):O", title=None, axis=alt.Axis(format="%d %b")),
        y=alt.Y("items:Q", title="items", axis=whole_numbers()),
        color=alt.Color("channel:N", title="channel"),
    )
    .properties(width=260, height=200)
    .facet(column=alt.Column("outcome:N", title="Waiting items and breaks, day by day"))
    .resolve_scale(y="independent")
)

# %% [markdown]
# ## The largest breaks
# At stake is the difference of a pair, or the whole amount if nothing agrees: an item without a
# partner, or a pair whose statuses differ.

# %%
largest = day.largest_breaks(10).toPandas()
labels = [", ".join(REASON_LABELS[code] for code in codes) for codes in largest.reasons]
largest = largest.assign(what_is_wrong=labels)
columns = ["channel", "our_ref", "channel_ref", "what_is_wrong", "currency", "at_stake",
           "internal_amount", "statement_amount", "difference", "age_days", "action"]  # fmt: skip
show_table(largest[columns], "at_stake", "internal_amount", "statement_amount", "difference")

# %% [markdown]
# ## Were the fees right?
# Fees charged and fees due, per entry of the channel's fee schedule; a positive difference means
# that the channel charged too much. The single lines are in `day.wrong_fees`.

# %%
fees = day.fees.orderBy("channel", "schedule", "currency").toPandas()
columns = ["channel", "schedule", "currency", "lines", "amount", "charged", "due", "difference"]
show_table(fees[columns], "amount", "charged", "due", "difference")

# %%
wrong = day.wrong_fees.groupBy("channel", "result").count().toPandas()
show_chart(
    alt.Chart(wrong, title=f"Lines with a wrong fee on {day.date}")
    .mark_bar()
    .encode(
        x=alt.X("count:Q", title="lines", axis=whole_numbers()),
        y=alt.Y("channel:N", title=None),
        color=alt.Color("result:N", title=None),
    )
    .properties(width=480)
)
