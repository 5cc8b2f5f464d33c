"""Several seeds of one setting in a learning-curve figure: their mean, and the band that holds them all."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from glassy_core.arrays import Floats
from glassy_core.figures.style import STYLES, Setting, View, drawable, legend_entry, named, rgb, style, values
from glassy_core.figures.thinning import band
from glassy_core.physics.learning_curves.seeds import far_enough

POINTS = 400  # of a band


def band_traces(setting: Setting, view: View) -> list[go.Scatter]:
    """The mean of several seeds and the band from the least to the greatest of them, for each kind that is shown.

    Seeds that are empty, or have hardly begun where the others are far, are left out: the band spans what all have.
    """
    out = [legend_entry(setting, setting.turn)]
    for kind in (kind for kind in STYLES if kind in view.shown):
        parts = []
        for curve in setting.curves:
            x, y = np.asarray(getattr(curve.series, view.x), dtype=np.float64), values(curve, kind)
            rows = np.flatnonzero(drawable(x, y, view) & (x > 0))
            parts.append((x[rows], y[rows]))
        out += _band(setting, kind, parts)
    return out


def _band(setting: Setting, kind: str, parts: Sequence[tuple[Floats, Floats]]) -> list[go.Scatter]:
    far = far_enough([x[-1] if len(x) else 0.0 for x, _ in parts])
    try:
        seeds = band([part for part, good in zip(parts, far, strict=True) if good], POINTS)
    except ValueError:  # nothing in common yet
        return []
    edge = np.concatenate([seeds.tau, seeds.tau[::-1]]), np.concatenate([seeds.high, seeds.low[::-1]])
    axis = {"yaxis": STYLES[kind]["yaxis"]} if "yaxis" in STYLES[kind] else {}
    area = {"fill": "toself", "fillcolor": f"rgba({rgb(setting.colour)},0.22)", "hoverinfo": "skip"} | axis
    words = "share of wrong signs" if kind == "accuracy" else f"mean NLL, {kind}"
    mean = named(
        setting,
        kind,
        x=seeds.tau,
        y=seeds.mean,
        mode="lines",
        customdata=np.stack([seeds.low, seeds.high], axis=1),
        hovertemplate=f"<b>{html.escape(setting.label)}</b><br>{words}: %{{y:.4g}}<br>"
        "the seeds: %{customdata[0]:.4g} to %{customdata[1]:.4g}<extra></extra>",
        **style(kind, setting.turn),
    )
    return [named(setting, f"{kind}-band", x=edge[0], y=edge[1], mode="lines", line={"width": 0}, **area), mean]
