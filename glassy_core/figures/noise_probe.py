"""The noise probe as a Plotly figure: the traces of Fig. 4, each with its mean and its spread."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from glassy_core.figures.palette import faint, shades
from glassy_core.figures.style import MARGIN, empty, layout, named
from glassy_core.training.probe import MEASURES, Level, Probe
from glassy_core.wording import whole


class LegendEntry(NamedTuple):
    """A legend entry."""

    id: str
    label: str
    colour: str


def noise_traces(probe: Probe, measure: str = "nll") -> go.Figure:
    """NLL of consecutive steps at each minibatch size, linear trend and its spread beside (Hertz & Tyrcha, Fig. 4).

    measure: one of MEASURES.
    """
    figure = empty()
    for trace, colour in zip(probe.traces, shades(len(probe.traces)), strict=True):
        nll = getattr(trace, measure)
        entry, at = LegendEntry(f"p{trace.batch_size}", trace.label, colour), Level.of(nll)
        steps = np.arange(probe.steps)
        ends = [0, probe.steps - 1]
        area = {"fill": "toself", "fillcolor": faint(colour, 0.14), "line": {"width": 0}, "hoverinfo": "skip"}
        trend = np.array([at.mean - at.trend / 2, at.mean + at.trend / 2])
        band = [*(trend - at.spread), *(trend[::-1] + at.spread)]
        figure.add_trace(named(entry, "spread", x=[*ends, *ends[::-1]], y=band, mode="lines", **area))
        hover = f"<b>{entry.label}</b><br>NLL %{{y:.4g}} bits, %{{x:,d}} steps on<extra></extra>"
        line = {"mode": "lines", "line": {"width": 1.1}, "opacity": 0.85, "hovertemplate": hover}
        figure.add_trace(named(entry, "trace", x=steps, y=nll, showlegend=True, **line))
        words = f"<b>{entry.label}</b><br>mean {at.mean:.4g}, spread {at.spread:.2g} bits around it<extra></extra>"
        mean = {"mode": "lines", "line": {"width": 2.4, "dash": "7px,4px"}, "hovertemplate": words}
        figure.add_trace(named(entry, "mean", x=ends, y=trend, **mean))
    figure.update_layout(_layout(probe, measure))
    return figure


def _layout(probe: Probe, measure: str) -> dict[str, Any]:
    x = {"title": {"text": f"learning steps after step {whole(probe.step)}"}, "range": [0, probe.steps - 1]}
    y = {"title": {"text": f"NLL (bits), {MEASURES[measure]}"}, "nticks": 8, "automargin": True}
    return layout(x, y, uirevision=f"{probe.step}-{measure}", margin=MARGIN | {"t": 48})
