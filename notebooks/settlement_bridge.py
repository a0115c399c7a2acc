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
# # Settlement bridge
# Did the money come, all of it, on the day it should? And how does what a channel must pay come
# from our own books?

# %%
import os

import altair as alt
import pandas as pd

from jobs.analysis import (
    in_major_units,
    open_day,
    show_chart,
    show_table,
    use_image_charts,
)

use_image_charts()

# %%
lake = os.environ.get("TIEOUT_LAKE", "../demo-data/lake")
day = open_day(os.environ.get("TIEOUT_BUSINESS_DATE"), lake=lake)

# %% [markdown]
# ## What is late or short
# Batches that the channel should have paid by now. `days late` counts from the due date.

# %%
show_table(day.query("SELECT * FROM settlement_late ORDER BY channel, due_date, batch"))

# %% [markdown]
# ## What the channels owe us
# After this date: what is open, and what is unresolved, by cause.

# %%
balances = day.query(
    "SELECT channel, currency, opening, net, credited, closing, open, unresolved FROM"
    f" channel_balances WHERE business_date = DATE '{day.date}' AND currency IS NOT NULL"
    " ORDER BY channel, currency"
)
show_table(balances, "opening", "net", "credited", "closing", "open", "unresolved")

# %% [markdown]
# ## From our books to what they must pay
# Per channel, for the lines of this date: our transactions less the fees due, then everything that
# makes the channel's sum another one. *In transit*: one side has the trade on this date, the other
# has not. *Unexplained* should be empty.

# %%
causes = ["OURS", "FEE_DUE", "IN_TRANSIT_OUT", "IN_TRANSIT_IN", "AMOUNT_DIFFERENCE",
          "OUT_OF_SCOPE", "DUPLICATE", "FEE_DIFFERENCE", "CARRIED", "DECLARED_DIFFERENCE",
          "UNEXPLAINED"]  # fmt: skip
bridge = day.query(
    "SELECT channel, currency, cause, sum(amount) AS amount FROM settlement_bridge"
    f" WHERE business_date = DATE '{day.date}' GROUP BY channel, currency, cause"
)
bridge = bridge.assign(place=bridge["cause"].map(causes.index))
bridge = bridge.sort_values(["channel", "currency", "place"])
show_table(bridge[["channel", "currency", "cause", "amount"]], "amount")

# %% [markdown]
# The same as a picture: each bar begins where the one before it ends.

# %%
steps = in_major_units(bridge, ["amount"])
steps = steps.assign(amount=steps["amount"].astype(float))
ends = steps.groupby(["channel", "currency"])["amount"].cumsum()
steps = steps.assign(begin=ends - steps["amount"], end=ends, sign=steps["amount"] >= 0)
show_chart(
    alt.Chart(steps, title=f"From our books to what must be paid, {day.date}")
    .mark_bar()
    .encode(
        x=alt.X("cause:N", title=None, sort=causes),
        y=alt.Y("begin:Q", title="major units", scale=alt.Scale(zero=False)),
        y2="end:Q",
        color=alt.Color("sign:N", title=None, legend=None, scale=alt.Scale(
            domain=[True, False], range=["#4c78a8", "#e45756"])),
        row=alt.Row("channel:N", title=None),
    )
    .properties(width=480, height=160)
    .resolve_scale(y="independent")
)  # fmt: skip

# %% [markdown]
# ## Batch by batch
# Every batch that was open or was closed on this date, with what it must pay and what came.
# `tieout settlement --channel C --bridge BATCH` shows the bridge of one of them.

# %%
batches = day.query(
    "SELECT channel, batch, batch_date, currency, lines, net, carried_in, expected, credited,"
    " difference, due_date, result, matched_by FROM settlement_checks"
    f" WHERE run_date = DATE '{day.date}' ORDER BY channel, batch_date, batch"
)
batches = batches.assign(due_date=pd.to_datetime(batches["due_date"]).dt.strftime("%d %b"))
show_table(batches, "net", "carried_in", "expected", "credited", "difference")
