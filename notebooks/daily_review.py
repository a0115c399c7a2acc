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
# One day of reconciliation, in the order in which it is asked for: is everything here, what broke,
# what waits, what is it worth, and were the fees right?

# %%
import os

import altair as alt
import pandas as pd
from IPython.display import Markdown

from jobs.analysis.day import in_major_units, reviewed
from jobs.engine.session import close_session, open_session
from jobs.lake.tables import Lake
from jobs.reports.labels import ACTION_WORDS, REASON_WORDS

alt.renderers.enable("png", scale_factor=2)  # pictures in the page: no script, no network
whole = alt.Axis(labelExpr="datum.value % 1 ? '' : format(datum.value, ',d')")


def table(frame, *money):
    shown = in_major_units(frame, money).rename(columns=lambda name: name.replace("_", " "))
    formats = {name.replace("_", " "): "{:,}" for name in money}
    words = [name for name in shown.select_dtypes("object") if name not in formats]
    left = {name: [{"selector": "", "props": "text-align: left"}] for name in words}
    style = shown.style.hide(axis="index").set_table_styles(left)
    return style.format(formats, na_rep="", thousands=",")


def picture(chart):
    return Markdown("*Nothing to draw.*") if chart.data.empty else chart


# %%
spark = open_session(os.environ.get("TIEOUT_ENGINE"))
lake = Lake(spark, os.environ.get("TIEOUT_LAKE", "../demo-data/lake"))
day = reviewed(lake, os.environ.get("TIEOUT_BUSINESS_DATE"))

# %% [markdown]
# ## The day at a glance

# %%
state = day.state().toPandas()
money = in_major_units(state, ["at_stake", "waiting"])
remarks = {channel: f", **{said.lower().replace('_', ' ')}**"
           for channel, said in day.remarks().items()}  # fmt: skip
lines = [
    f"- **{row.channel}** {row.currency}: {row.matched:,} matched, {row.suspense:,} waiting"
    f" ({row.waiting:,}), **{row['break']:,} broken** with **{row.currency} {row.at_stake:,}**"
    f" at stake, {row.excluded:,} set aside" + remarks.get(row.channel, "")
    for _, row in money.iterrows()
]
Markdown("\n".join([f"### {day.date:%A, %d %B %Y}", *(lines or ["Nothing was matched."])]))

# %%
table(state, "amount_matched", "waiting", "at_stake")

# %% [markdown]
# **Is everything here?** A file that was refused (`QUARANTINED`), or one that has not come, has no
# lines in the day: what it would have settled shows up below as waiting.

# %%
table(day.files())

# %% [markdown]
# ## What did not tie out
# Each row counts once, under its first reason. The darker, the longer it has been known.

# %%
found = day.by_reason_and_age().toPandas()
found = found.assign(
    outcome=found["outcome"].map({"BREAK": "broken", "SUSPENSE": "waiting"}),
    reason=found["reason"].map(REASON_WORDS),
)
bars = found.groupby(["outcome", "reason", "age_days"], as_index=False)["rows"].sum()
bars = bars.assign(case=bars["outcome"] + ": " + bars["reason"])
picture(
    alt.Chart(bars, title=f"Breaks and waiting items on {day.date}, by reason and age")
    .mark_bar()
    .encode(
        x=alt.X("rows:Q", title="items", axis=whole),
        y=alt.Y("case:N", title=None, sort="-x", axis=alt.Axis(labelLimit=260)),
        color=alt.Color("age_days:O", title="days known", scale=alt.Scale(scheme="oranges")),
    )
    .properties(width=480)
)

# %%
table(found, "amount")

# %% [markdown]
# **What to do about it**: the action of each break is decided by its case, see the rules.

# %%
actions = day.breaks.groupBy("action", "channel").count().toPandas()
actions = actions.assign(what=actions["action"].map(ACTION_WORDS))
table(actions.sort_values(["count", "action", "channel"], ascending=[False, True, True]))

# %% [markdown]
# ## Is the suspense going down?
# An item waits until its other side comes or its chances are used up; then it breaks. A line that
# climbs day after day is a statement that is late, or a kind of item that never comes.

# %%
trend = day.trend(days=14).toPandas()
trend = trend.assign(run_date=pd.to_datetime(trend["run_date"]))
long = trend.melt(["run_date", "channel"], ["suspense", "break"], "outcome", "items")
long = long.assign(outcome=long["outcome"].map({"suspense": "waiting", "break": "breaks"}))
picture(
    alt.Chart(long)
    .mark_line(point=True)
    .encode(
        x=alt.X("yearmonthdate(run_date):O", title=None, axis=alt.Axis(format="%d %b")),
        y=alt.Y("items:Q", title="items", axis=whole),
        color=alt.Color("channel:N", title="channel"),
    )
    .properties(width=260, height=200)
    .facet(column=alt.Column("outcome:N", title="Waiting items and breaks, day by day"))
    .resolve_scale(y="independent")
)

# %% [markdown]
# ## The biggest breaks
# At stake is the difference of a pair, or the whole amount where none of it is agreed on: an item
# that stands alone, or one whose statuses differ.

# %%
biggest = day.biggest(10).toPandas()
biggest = biggest.assign(why=[", ".join(REASON_WORDS[r] for r in row) for row in biggest.reasons])
biggest = biggest.rename(columns={"internal_amount": "ours", "statement_amount": "theirs"})
columns = ["channel", "our_ref", "channel_ref", "why", "currency", "at_stake", "ours", "theirs",
           "difference", "age_days", "action"]  # fmt: skip
table(biggest[columns], "at_stake", "ours", "theirs", "difference")

# %% [markdown]
# ## Were the fees right?
# Charged against due, per entry of the channel's fee schedule; a positive difference was charged
# too much. Single lines are in `day.wrong_fees`.

# %%
fees = day.fees.orderBy("channel", "schedule", "currency").toPandas()
columns = ["channel", "schedule", "currency", "lines", "amount", "charged", "due", "difference"]
table(fees[columns], "amount", "charged", "due", "difference")

# %%
wrong = day.wrong_fees.groupBy("channel", "result").count().toPandas()
picture(
    alt.Chart(wrong, title=f"Lines with a wrong fee on {day.date}")
    .mark_bar()
    .encode(
        x=alt.X("count:Q", title="lines", axis=whole),
        y=alt.Y("channel:N", title=None),
        color=alt.Color("result:N", title=None),
    )
    .properties(width=480)
)

# %%
close_session(spark)
