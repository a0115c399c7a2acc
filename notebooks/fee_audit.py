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
# # Fee audit
# Does the channel charge what the rate card says, on every line, every day? And what does that come
# to in a month?

# %%
import os

import altair as alt
import pandas as pd

from jobs.analysis import in_major_units, open_day, show_chart, show_table, use_image_charts

use_image_charts()

# %%
lake = os.environ.get("TIEOUT_LAKE", "../demo-data/lake")
day = open_day(os.environ.get("TIEOUT_BUSINESS_DATE"), lake=lake)
month = f"business_date >= DATE '{day.date:%Y-%m}-01' AND business_date <= DATE '{day.date}'"

# %% [markdown]
# ## The month so far
# Charged and due by entry of the rate card. The effective rate is what was charged in per cent of
# the amounts: it moves with the mix of amounts, and it jumps when a card changes.

# %%
totals = day.query(
    "SELECT channel, schedule, currency, sum(lines) AS lines, sum(amount) AS amount,"
    " sum(charged) AS charged, sum(due) AS due, sum(difference) AS difference"
    f" FROM fee_totals WHERE {month} GROUP BY channel, schedule, currency"
    " ORDER BY channel, schedule, currency"
)
rates = [
    f"{charged / amount:.3%}" if amount else ""
    for charged, amount in zip(totals["charged"], totals["amount"], strict=True)
]
money = ["amount", "charged", "due", "difference"]
show_table(totals.assign(effective_rate=rates), *money)

# %% [markdown]
# ## Day by day
# What was charged too much (above zero) or too little (below). One line that is wrong is a mistake;
# a row of equal bars is a wrong rate.

# %%
days = day.query(
    "SELECT business_date, channel, currency, sum(difference) AS difference FROM fee_totals"
    f" WHERE {month} GROUP BY business_date, channel, currency"
)
days = in_major_units(days, ["difference"])
days = days.assign(
    business_date=pd.to_datetime(days["business_date"]), difference=days["difference"].astype(float)
)
show_chart(
    alt.Chart(days, title="Charged less due")
    .mark_bar()
    .encode(
        x=alt.X("yearmonthdate(business_date):O", title=None, axis=alt.Axis(format="%d %b")),
        y=alt.Y("difference:Q", title="major units"),
        color=alt.Color("channel:N", title="channel"),
        row=alt.Row("currency:N", title=None),
    )
    .properties(width=480, height=160)
)

# %% [markdown]
# ## Which lines
# Each with the entry that applies and the working, as it goes into the claim
# (`tieout fees claim --channel ... --month ...`).

# %%
wrong = day.query(f"SELECT * FROM fees_wrong WHERE {month}")
kinds = wrong.groupby(["channel", "result", "currency"], as_index=False).agg(
    lines=("result", "size"), charged_too_much=("charged_too_much", "sum")
)
show_table(kinds)

# %%
columns = ["business_date", "channel", "result", "entry", "currency", "amount", "charged", "due",
           "charged_too_much", "explanation"]  # fmt: skip
size = wrong["charged_too_much"].map(lambda value: abs(value or 0))
show_table(wrong.assign(size=size).sort_values("size", ascending=False)[columns].head(20))
