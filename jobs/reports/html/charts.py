"""Charts as SVG, drawn by Altair; texts stay text, so that the reader's fonts show them."""

from collections.abc import Sequence
from typing import Any

#: Blue to grey and warm: apart in print, too.
_COLOURS = ("#1f5fa8", "#d98e04", "#2f8f6b", "#b3493e", "#7a5ea8", "#6b7a89", "#3ba3c7", "#a8855e")
_AGES = ("#f3d9b1", "#eebc7a", "#e49a4a", "#d2752a", "#b04f16", "#7c2f0a")
_FONT = "Helvetica Neue, Arial, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"
_WIDTH = 900
_ROW = 24


def draw_columns(rows: Sequence[dict[str, Any]], height: int = 180) -> str:
    """Stacked columns: each row has `day` (text), `name` and `value`."""
    import altair as alt

    days = sorted({row["day"] for row in rows})
    chart = (
        alt.Chart(alt.InlineData(values=list(rows)))
        .mark_bar()
        .encode(
            x=alt.X("day:O", title=None, scale=alt.Scale(domain=days),
                    axis=alt.Axis(labelAngle=0, labelExpr="slice(datum.label, 5)")),
            y=alt.Y("value:Q", title=None, axis=alt.Axis(format="~s", tickCount=5)),
            color=_colour("name", sorted({row["name"] for row in rows}), _COLOURS),
        )
        .properties(width=_WIDTH - 160, height=height)
    )  # fmt: skip
    return _to_svg(chart)


def draw_bars(rows: Sequence[dict[str, Any]], names: Sequence[str], parts: Sequence[str]) -> str:
    """Stacked bars, one for each of `names`: each row has `name`, `part` (an age) and `value`."""
    import altair as alt

    chart = (
        alt.Chart(
            alt.InlineData(values=[{**row, "place": parts.index(row["part"])} for row in rows])
        )
        .mark_bar()
        .encode(
            x=alt.X("value:Q", title=None, axis=alt.Axis(format="~s", tickCount=6)),
            y=alt.Y("name:N", title=None, sort=list(names), axis=alt.Axis(labelLimit=260)),
            color=_colour("part", list(parts), _AGES),
            order=alt.Order("place:Q"),
        )
        .properties(width=_WIDTH - 360, height=max(len(names), 1) * _ROW)
    )
    return _to_svg(chart)


def _colour(field: str, names: Sequence[str], colours: Sequence[str]) -> Any:
    import altair as alt

    shown = [colours[number % len(colours)] for number in range(len(names))]
    scale = alt.Scale(domain=list(names), range=shown)
    return alt.Color(f"{field}:N", title=None, scale=scale, legend=alt.Legend(labelLimit=200))


def _to_svg(chart: Any) -> str:
    import vl_convert

    styled = chart.configure(font=_FONT).configure_view(stroke=None).configure_axis(
        domainColor="#b9c3ce", gridColor="#e6eaef", tickColor="#b9c3ce", labelColor="#1c2733",
        labelFontSize=12,
    ).configure_legend(labelFontSize=12)  # fmt: skip
    return str(vl_convert.vegalite_to_svg(styled.to_dict()))
