"""Curves of one network at other rates over a reference at the same tau: is tau their clock; no UI in here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from glassy_core.figures.palette import GREY, at_place
from glassy_core.figures.style import MARGIN, axis, empty, layout
from glassy_core.physics.learning_curves.clock import Beside

_DASHES = ("solid", "dash", "dot")


def clock_figure(runs: Mapping[str, Beside], reference: str) -> go.Figure:
    """NLL over the reference's NLL against tau, a line a way of learning; 1 is the reference.

    runs: by the words of the way; reference: the words of the one they are compared with.
    """
    figure = empty()
    for place, (words, one) in enumerate(runs.items()):
        colour, _ = at_place(place)
        figure.add_trace(
            go.Scatter(
                x=one.tau,
                y=one.ratio,
                mode="lines",
                name=words.replace("eta", "η"),
                uid=words,
                meta="clock",
                line={"color": colour, "width": 2, "dash": _DASHES[place % len(_DASHES)]},
                hovertemplate="τ = %{x:.3g}: %{y:.3f}<extra>%{fullData.name}</extra>",
            )
        )
    figure.add_hline(1.0, line={"color": GREY, "dash": "dash"})
    ends = [np.quantile(one.ratio, [0.01, 0.99]) for one in runs.values() if len(one.ratio)]
    span = [min(0.9, *(low for low, _ in ends)), max(1.1, *(high for _, high in ends))] if ends else [0.9, 1.1]
    x = axis("τ (proper time)", "log")
    y = axis(f"NLL / NLL of the {reference.replace('eta', 'η')}", range=[float(end) for end in span])
    figure.update_layout(layout(x, y, uirevision="clock", margin=MARGIN | {"t": 48}))
    return figure
