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
# # Channel onboarding
# A new channel: does its page read the statement as it is meant? Set `page` and `statement` to your
# own; `tieout profile new STATEMENT` drafts a page.

# %%
import os
from pathlib import Path

import altair as alt
import pandas as pd
from IPython.display import Markdown

from jobs.analysis import show_chart, show_table, try_page, use_image_charts, whole_numbers

use_image_charts()

# %%
page = os.environ.get("TIEOUT_PAGE", "../demo/config/channels/bankcard.yaml")
statement = os.environ.get("TIEOUT_STATEMENT", "../demo-data/inbox/bankcard/CARD_20261118.txt")
trial = try_page(page, statement, os.environ.get("TIEOUT_BUSINESS_DATE", "2026-11-18"))

# %% [markdown]
# ## Would it be taken in?
# What the command `tieout profile try` says: the totals that the file declares beside those of its
# lines, what is wrong, and the first lines.

# %%
verdict = "Accepted" if trial.is_accepted else "REFUSED"
Markdown(f"**{verdict}**: {Path(statement).name}\n```\n{trial}\n```")

# %% [markdown]
# ## Which kinds and statuses
# A kind that you do not expect, or a status that is everywhere the same, is a word that the page
# maps wrongly.

# %%
lines = trial.rows
kinds = lines.groupby(["kind", "status"], as_index=False).size()
show_table(kinds)

# %%
show_chart(
    alt.Chart(kinds, title="Lines by kind and status")
    .mark_bar()
    .encode(
        x=alt.X("size:Q", title="lines", axis=whole_numbers()),
        y=alt.Y("kind:N", title=None),
        color=alt.Color("status:N", title=None),
    )
    .properties(width=480)
)

# %% [markdown]
# ## Which columns are filled
# A reference that is filled on every line and is different on every line can be matched by. One
# that is mostly empty cannot.

# %%
filled = pd.DataFrame(
    {
        "column": name,
        "filled": int(lines[name].notna().sum()),
        "distinct": int(lines[name].dropna().astype(str).nunique()),
        "example": str(next(iter(lines[name].dropna()), "")),
    }
    for name in lines.columns
    if not name.endswith(("_id", "_norm")) or name.startswith(("merchant", "terminal"))
)
show_table(filled)
