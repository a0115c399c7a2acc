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
# # Suspense ageing
# What waits for its other side, how much money that is, since when, and is it becoming more?

# %%
import os

import altair as alt
import pandas as pd

from jobs.analysis import in_major_units, open_day, show_chart, show_table, use_image_charts

use_image_charts()

# %%
lake = os.environ.get("TIEOUT_LAKE", "../demo-data/lake")
day = open_day(os.environ.get("TIEOUT_BUSINESS_DATE"), lake=lake)

# %% [markdown]
# ## What waits now
# Items by age. An item waits for as many runs as the channel's window has; what is older than that
# waits because the other side of its days has not come.

# %%
show_table(
    day.query("SELECT * FROM ageing WHERE what = 'waiting' ORDER BY channel, currency, age_in_days")
)

# %% [markdown]
# ## On which side?
# *Not on the statement*: we say that money moved, and the channel has not said so yet. *Not in our
# books*: the channel says so, and we have not.

# %%
waiting = day.query("SELECT * FROM waiting")
sides = waiting.assign(amount=waiting["amount"].astype(float))
sides = sides.groupby(["channel", "currency", "why"], as_index=False)["amount"].sum()
show_chart(
    alt.Chart(sides, title="Money that waits, by channel and side")
    .mark_bar()
    .encode(
        x=alt.X("amount:Q", title="major units"),
        y=alt.Y("channel:N", title=None),
        color=alt.Color("why:N", title=None),
        row=alt.Row("currency:N", title=None),
    )
    .properties(width=480)
)

# %% [markdown]
# ## Is it becoming more?
# Money in suspense after each run. It rises and falls with the volume; a curve that only rises
# means a file that does not come, or a kind of item that never will.

# %%
rows = day.query(
    "SELECT run_date, channel, coalesce(currency, internal_currency) AS currency,"
    " sum(abs(coalesce(statement_amount, internal_amount))) AS amount FROM outcomes"
    f" WHERE outcome = 'SUSPENSE' AND run_date <= DATE '{day.date}'"
    f" AND run_date > DATE '{day.date}' - INTERVAL '30' DAY GROUP BY 1, 2, 3"
)
trend = in_major_units(rows, ["amount"])
trend = trend.assign(
    run_date=pd.to_datetime(trend["run_date"]), amount=trend["amount"].astype(float)
)
show_chart(
    alt.Chart(trend, title="Money in suspense, run by run")
    .mark_line(point=True)
    .encode(
        x=alt.X("yearmonthdate(run_date):O", title=None, axis=alt.Axis(format="%d %b")),
        y=alt.Y("amount:Q", title="major units"),
        color=alt.Color("channel:N", title="channel"),
        row=alt.Row("currency:N", title=None),
    )
    .properties(width=480, height=180)
)

# %% [markdown]
# ## The oldest and largest
# Ask about these first.

# %%
columns = ["channel", "why", "age_days", "currency", "amount", "kind", "our_ref", "channel_ref"]
oldest = waiting.sort_values(["age_days", "amount"], ascending=False)
show_table(oldest[columns].head(20))
