"""Tables and charts of a notebook, in one style; they need the extra `notebooks`."""

from decimal import Decimal
from numbers import Integral
from typing import TYPE_CHECKING, Any

import pandas as pd

from jobs.analysis.amounts import in_major_units

if TYPE_CHECKING:
    import altair as alt


def use_image_charts() -> None:
    """Has Altair draw charts as images: a page of them needs no script and no network."""
    import altair as alt

    alt.renderers.enable("png", scale_factor=2)


def whole_numbers() -> "alt.Axis":
    """An axis that counts: no marks between whole numbers."""
    import altair as alt

    return alt.Axis(labelExpr="datum.value % 1 ? '' : format(datum.value, ',d')")


def show_table(frame: pd.DataFrame, *money: str) -> Any:
    """A frame as a table for people: no index, texts at the left, thousands with commas.

    `money` are columns in minor units of the row's `currency`; they are shown in major units.
    """
    shown = in_major_units(frame, money) if money else frame
    shown = shown.rename(columns=lambda name: name.replace("_", " "))
    numbers = {name for name in shown.columns if _is_number(shown[name])}
    formats: dict[Any, Any] = dict.fromkeys(numbers, "{:,}")
    sides: dict[Any, Any] = {
        name: [{"selector": "", "props": f"text-align: {'right' if name in numbers else 'left'}"}]
        for name in shown.columns
    }
    style = shown.style.hide(axis="index").set_table_styles(sides)
    return style.format(formats, na_rep="", thousands=",")


def _is_number(column: "pd.Series[Any]") -> bool:
    values = column.dropna()
    return not values.empty and all(
        isinstance(value, Decimal | Integral) and not isinstance(value, bool) for value in values
    )


def show_chart(chart: Any) -> Any:
    """A chart, or a note if it has no data."""
    from IPython.display import Markdown

    if chart.data.empty:
        return Markdown("*Nothing to draw.*")  # type: ignore[no-untyped-call]
    return chart
