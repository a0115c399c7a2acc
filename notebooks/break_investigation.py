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
# # Break investigation
# Why do these breaks exist, and what is one of them about? From the pattern over all breaks to the
# whole story of the largest one.

# %%
import os

import altair as alt
import pandas as pd
from IPython.display import Markdown

from jobs.analysis import explain, open_day, show_chart, show_table, use_image_charts, whole_numbers

use_image_charts()

# %%
lake = os.environ.get("TIEOUT_LAKE", "../demo-data/lake")
config = os.environ.get("TIEOUT_CONFIG", "../demo/config")
day = open_day(os.environ.get("TIEOUT_BUSINESS_DATE"), lake=lake)

# %% [markdown]
# ## What is open, and for how long
# All breaks of the lake that nobody has closed, by age. Money that is at stake for more than a
# week rarely comes back by itself.

# %%
show_table(
    day.query("SELECT * FROM ageing WHERE what = 'break' ORDER BY channel, currency, age_in_days")
)

# %% [markdown]
# ## One reason, or many?
# A bar of one reason in one channel usually has one cause: a page of the profile, a late file, a
# change at the channel.

# %%
breaks = day.query("SELECT * FROM breaks WHERE state = 'OPEN'")
counts = breaks.groupby(["what_is_wrong", "channel"], as_index=False).size()
show_chart(
    alt.Chart(counts, title="Open breaks by reason")
    .mark_bar()
    .encode(
        x=alt.X("size:Q", title="breaks", axis=whole_numbers()),
        y=alt.Y("what_is_wrong:N", title=None, sort="-x", axis=alt.Axis(labelLimit=260)),
        color=alt.Color("channel:N", title="channel"),
    )
    .properties(width=480)
)

# %% [markdown]
# ## When did they begin?
# A step on one day points to a change on that day; a flat line is everyday noise.

# %%
begun = breaks.groupby(["opened_on", "channel"], as_index=False).size()
begun = begun.assign(opened_on=pd.to_datetime(begun["opened_on"]))
show_chart(
    alt.Chart(begun, title="Open breaks by the day on which they opened")
    .mark_bar()
    .encode(
        x=alt.X("yearmonthdate(opened_on):O", title=None, axis=alt.Axis(format="%d %b")),
        y=alt.Y("size:Q", title="breaks", axis=whole_numbers()),
        color=alt.Color("channel:N", title="channel"),
    )
    .properties(width=480, height=200)
)

# %% [markdown]
# ## The largest ones

# %%
columns = ["channel", "opened_on", "what_is_wrong", "what_to_do", "currency", "at_stake",
           "our_amount", "statement_amount", "our_ref", "channel_ref", "owner"]  # fmt: skip
largest = breaks.sort_values(["at_stake", "break_id"], ascending=[False, True]).head(10)
show_table(largest[columns])

# %% [markdown]
# ## The story of the largest
# Everything that is known of it, in order of time: lines, transactions, runs, decisions. Set
# `reference` to look at another one.

# %%
references = [] if largest.empty else [*largest.iloc[0][["our_ref", "channel_ref", "txn_id"]]]
reference = os.environ.get("TIEOUT_REFERENCE") or next(filter(None, references), None)
story = explain(reference, lake=lake, config=config) if reference else "No break is open."
Markdown(f"```\n{story}\n```")

# %% [markdown]
# ## Others like it
# Breaks of the same channel and reason: one answer may settle them all
# (`tieout decide propose accept --reason-code ...`).

# %%
first = largest.head(1)[["channel", "what_is_wrong"]]
show_table(breaks.merge(first, on=["channel", "what_is_wrong"])[columns].head(20))
