"""How many parameters a network needs for what it has to learn, against how much that is; no UI in here."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from glassy_core.figures.palette import GREY, depth_colour
from glassy_core.figures.style import MARGIN, axis, empty, error_bars, layout
from glassy_core.physics.critical_width.capacity import PER, RANDOM, Capacity

_TICKS = (100, 200, 500, 1000, 2000, 5000, 10_000)


def capacity_figure(capacities: Sequence[Capacity], per: str) -> go.Figure:
    """Parameters at w_c with their 95 % intervals against the transitions to be learned, a colour a depth.

    per: one of PER. For each bit the dashed line is what unrelated patterns need.
    """
    figure = empty()
    for depth in sorted({one.depth for one in capacities}):
        here = [one for one in capacities if one.depth == depth]
        values = [getattr(one, per) for one in here]
        figure.add_trace(
            go.Scatter(
                x=[one.load.transitions for one in here],
                y=[value.value for value in values],
                error_y=error_bars(values, 2, 4),
                customdata=[[one.load.chorales, one.w_c.text(1, "f")] for one in here],
                mode="lines+markers",
                name=f"d = {depth}",
                uid=f"d{depth}",
                meta="capacity",
                line={"color": depth_colour(depth), "width": 1, "dash": "dot"},
                marker={"size": 9},
                hovertemplate="%{customdata[0]} chorales: w<sub>c</sub> = %{customdata[1]}<br>%{y:.3g}<extra></extra>",
            )
        )
    if per == "a_bit" and capacities:
        figure.add_hline(RANDOM, line={"color": GREY, "dash": "dash"})
    x = axis("transitions to be learned", "log", tickvals=_TICKS, ticktext=[f"{n:,}" for n in _TICKS])
    y = axis(PER[per], rangemode="tozero")
    figure.update_layout(layout(x, y, uirevision=per, margin=MARGIN | {"t": 48}))
    return figure
