"""Learning curves as a Plotly figure: what is drawn, with units and symbols; no UI in here."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from glassy_core.arrays import Floats
from glassy_core.figures.reference_lines import across, guide, level, levels
from glassy_core.figures.seed_bands import band_traces
from glassy_core.figures.style import (
    KINDS,
    STYLES,
    X_TITLES,
    Curve,
    Setting,
    View,
    drawable,
    legend_entry,
    named,
    style,
    template,
    values,
)
from glassy_core.figures.thinning import thin
from glassy_core.training.spikes import Spikes

__all__ = ["KINDS", "POINTS", "X_TITLES", "Curve", "Setting", "View", "learning_curves", "template"]

POINTS = 1500  # drawn of one curve
MAX_ETA_LABELS = 8  # more of them would cover the curves: then eta is in the hover text only


def learning_curves(curves: Sequence[Curve], view: View, bands: Sequence[Setting] = ()) -> go.Figure:
    """NLL against proper time of any number of runs (Hertz & Tyrcha, Figs. 2 and 3).

    bands: settings of several seeds, each drawn as one band. One legend entry a run or setting switches all its
    lines; `uid` and `uirevision` let a page keep zoom and legend while it draws the figure anew. Colours of text
    and grid come from a `template`, which is not set here.
    """
    figure = go.Figure(layout={"template": go.layout.Template()})  # not Plotly's own
    for curve in curves:
        figure.add_traces(_traces(curve, view))
    for setting in bands:
        figure.add_traces(band_traces(setting, view))
    marked = levels([*curves, *(setting.curves[0] for setting in bands)], view)
    figure.update_layout(_layout(view))
    lowest = min(value for value, _ in marked)
    for value, text in marked:
        figure.add_shape(level(value, text, value == lowest, view.y_log))
    # Room for the lowest label: the range takes in an invisible line (autorangeoptions fail on logarithmic axes).
    figure.add_shape(across(0.45 * lowest) | {"opacity": 0})
    return figure


def _traces(curve: Curve, view: View) -> list[go.Scatter]:
    series = curve.series
    x = np.asarray(getattr(series, view.x), dtype=np.float64)
    out = [
        _line(curve, kind, x, values(curve, kind), style(kind, curve.turn), view)
        for kind in STYLES
        if kind in view.shown
    ]
    out.insert(0, legend_entry(curve, curve.turn))
    out += [_eta_changes(curve, x, view)] if len(series.eta_changes) else []
    out += [_spikes(curve, curve.spikes, x, view)] if curve.spikes and len(curve.spikes.peaks) else []
    law = guide(curve, view)
    return [*out, law] if law else out


def _line(curve: Curve, kind: str, x: Floats, y: Floats, style: dict[str, Any], view: View) -> go.Scatter:
    series = curve.series
    rows = np.flatnonzero(drawable(x, y, view))
    rows = rows[thin(_spaced(x[rows], view.x_log), y[rows], POINTS)]
    what = "wrong signs" if kind == "accuracy" else "NLL"
    unit = "" if kind == "accuracy" else " bits"
    return named(
        curve,
        kind,
        x=x[rows],
        y=y[rows],
        mode="lines",
        customdata=np.stack([series.step[rows], series.tau[rows], series.eta[rows]], axis=1),
        hovertemplate=f"<b>{html.escape(curve.label)}</b>, {kind}<br>{what} %{{y:.4g}}{unit}<br>"
        "step %{customdata[0]:,d}<br>τ = %{customdata[1]:.4g}, η = %{customdata[2]:.3g}<extra></extra>",
        **style,
    )


def _spaced(x: Floats, log: bool) -> Floats:
    """What to thin by: x, or where the axis is linear a quantity whose logarithm grows evenly with x."""
    if log or len(x) == 0:
        return x
    return np.exp(10 * (x - x[0]) / max(x[-1] - x[0], 1e-300))


def _eta_changes(curve: Curve, x: Floats, view: View) -> go.Scatter:
    """A mark on the curve where another eta begins."""
    series, rows = curve.series, curve.series.eta_changes
    etas = [f"η = {eta:.3g}" for eta in series.eta[rows]]
    return named(
        curve,
        "eta",
        x=x[rows],
        y=series.nll[rows],
        mode="markers+text" if len(rows) <= MAX_ETA_LABELS else "markers",
        marker={"symbol": "triangle-down", "size": 11, "line": {"width": 1, "color": "white"}},
        text=etas,
        textposition="top center",
        textfont={"size": 12},
        customdata=np.stack([series.step[rows], series.eta[rows - 1], series.eta[rows]], axis=1),
        hovertemplate=f"<b>{html.escape(curve.label)}</b><br>η changed from %{{customdata[1]:.3g}} to "
        "%{customdata[2]:.3g}<br>at step %{customdata[0]:,d}<extra></extra>",
        visible=True if "training" in view.shown else "legendonly",
    )


def _spikes(curve: Curve, spikes: Spikes, x: Floats, view: View) -> go.Scatter:
    """A ring at the top of each chaotic spike (Appendix B)."""
    rows = spikes.peaks[drawable(x[spikes.peaks], curve.series.nll[spikes.peaks], view)]
    return named(
        curve,
        "spikes",
        x=x[rows],
        y=curve.series.nll[rows],
        mode="markers",
        marker={"symbol": "circle-open", "size": 9, "line": {"width": 1.6}},
        customdata=np.stack([curve.series.step[rows], curve.series.eta[rows]], axis=1),
        hovertemplate=f"<b>{html.escape(curve.label)}</b>, chaotic spike<br>NLL %{{y:.4g}} bits<br>"
        "step %{customdata[0]:,d}, η = %{customdata[1]:.3g}<extra></extra>",
        visible=True if "training" in view.shown else "legendonly",
    )


def _layout(view: View) -> dict[str, Any]:
    kinds = {"log": {"type": "log", "exponentformat": "power"}, "linear": {"type": "linear"}}
    x_kind, y_kind = kinds["log" if view.x_log else "linear"], kinds["log" if view.y_log else "linear"]
    second = "accuracy" in view.shown
    layout = {
        "uirevision": "kept",
        "hovermode": "closest",
        "margin": {"l": 72, "r": 16, "t": 64, "b": 56},
        # Above the plot, where no curve can run behind it.
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "xanchor": "left", "yanchor": "bottom"},
        "xaxis": x_kind
        | {
            "title": {"text": X_TITLES[view.x]},
            "uirevision": f"{view.x}-{view.x_log}",
            "anchor": "y2" if second else "y",
        },
        "yaxis": y_kind
        | {
            "title": {"text": "NLL (bits per pitch and chord)"},
            "uirevision": f"{view.y_log}",
            "nticks": 6 if view.y_log else 10,  # so few that a logarithmic axis labels 1, 2 and 5 only
            "domain": [0.34, 1] if second else [0, 1],
        },
    }
    if second:
        layout["yaxis2"] = y_kind | {
            "title": {"text": "1 - accuracy"},
            "uirevision": f"{view.y_log}",
            "nticks": 4,
            "domain": [0, 0.27],
        }
    return layout
