"""Learning curves as a Plotly figure: runs, bands of seeds, and what stands beside them; no UI in here."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from glassy_core.arrays import Floats, Integers
from glassy_core.figures import reference_lines
from glassy_core.figures.palette import faint
from glassy_core.figures.style import (
    MARGIN,
    STYLES,
    X_TITLES,
    Curve,
    Ensemble,
    View,
    drawable,
    empty,
    layout,
    legend_entry,
    named,
    style,
    values,
)
from glassy_core.figures.thinning import band, smoothed, thin
from glassy_core.paper.numbers import PaperCurve, paper_curve
from glassy_core.physics.learning_curves.seeds import far_enough
from glassy_core.runs.records import Series
from glassy_core.training.spikes import Spikes

POINTS = 1500  # drawn of one curve
BAND_POINTS = 400  # of a band
# Kinds with an axis of their own, below that of the NLL, with its title; and the parts of the height, by how many.
_BELOW = {"accuracy": "1 - accuracy", "sharpness": "sharpness"}
_DOMAINS = (([0, 1],), ([0.34, 1], [0, 0.27]), ([0.48, 1], [0.25, 0.43], [0, 0.2]))
_WITHOUT_NLL = (([0, 1],), ([0.99, 1], [0, 1]), ([0.99, 1], [0.54, 1], [0, 0.46]))  # its axis is not seen
_AT_FIRST = {"tau": (0.01, 100.0), "step": (1.0, 1e5), "seconds": (0.1, 100.0), "nll": (0.003, 1.3)}  # before records
_QUANTITIES = {"accuracy": ("wrong signs", ""), "sharpness": ("largest curvature", "")}  # others: NLL, bits
_BAND_WORDS = {"accuracy": "share of wrong signs", "sharpness": "largest curvature"}
MAX_ETA_LABELS = 8  # more of them would cover the curves: then eta is in the hover text only


def learning_curves(curves: Sequence[Curve], view: View, bands: Sequence[Ensemble] = ()) -> go.Figure:
    """NLL (bits) against proper time of any number of runs (Hertz & Tyrcha, Figs. 2 and 3).

    bands: several seeds each, drawn as one band. One legend entry a run or band switches all its
    lines; `uid` and `uirevision` let a page keep zoom and legend while it draws the figure anew. Colours of text
    and grid come from a `template`, which is not set here.
    """
    figure = empty()
    for curve in sorted(curves, key=lambda curve: curve.apart):  # flows over the steps that they follow
        figure.add_traces(_traces(curve, view))
    for ensemble in bands:
        figure.add_traces(band_traces(ensemble, view))
    figure.update_layout(_layout(view))
    if not any(trace.x is not None and np.isfinite(np.asarray(trace.x, dtype=float)).any() for trace in figure.data):
        _say_that_nothing_is_recorded(figure, view)
    if view.has_nll:
        for line in reference_lines.lines([*curves, *(ensemble.curves[0] for ensemble in bands)], view):
            figure.add_shape(line)
    return figure


def _say_that_nothing_is_recorded(figure: go.Figure, view: View) -> None:
    """Axes as they will soon be, and a sentence: without, Plotly makes up its own, around the reference lines."""
    (x0, x1), (y0, y1) = _AT_FIRST[view.x], _AT_FIRST["nll"]
    figure.add_shape(type="line", x0=x0, x1=x1, y0=y0, y1=y1, opacity=0)  # ranges that are given would be kept
    figure.add_annotation(
        text="Nothing is recorded yet:<br>the curves begin within<br>seconds of the runs.", showarrow=False,
        xref="paper", yref="paper", x=0.5, y=0.6, font_size=15,
    )  # fmt: skip


def _traces(curve: Curve, view: View) -> list[go.Scatter]:
    series = curve.series
    x = np.asarray(getattr(series, view.x), dtype=np.float64)
    out = [
        _bound(curve, x, view)
        if kind == "sharpness" and not curve.is_flow
        else _line(curve, kind, x, values(curve, kind), style(kind, curve.turn, curve.apart), view)
        for kind in STYLES
        if kind in view.shown
    ]
    out.insert(0, legend_entry(curve))
    if curve.sharpness and "sharpness" in view.shown and len(series):
        out.append(_measured_sharpness(curve, x, view))
    out += [_eta_changes(curve, x, view)] if len(series.eta_changes) else []
    out += [_spikes(curve, curve.spikes, x, view)] if curve.spikes and len(curve.spikes.peaks) else []
    law = _law(curve, view)
    return [*out, law] if law else out


def _line(curve: Curve, kind: str, x: Floats, y: Floats, style: dict[str, Any], view: View) -> go.Scatter:
    series = curve.series
    y = smoothed(x, y, view.smooth)
    rows = np.flatnonzero(drawable(x, y, view))
    rows = rows[thin(_spaced(x[rows], view.x_log), y[rows], POINTS)]
    what, unit = _QUANTITIES.get(kind, ("NLL", " bits"))
    where, columns = _place(series, curve.is_flow)
    return named(
        curve,
        kind,
        x=x[rows],
        y=y[rows],
        mode="lines+markers" if kind == "sharpness" else "lines",  # it is known at few places
        customdata=columns[rows],
        hovertemplate=f"<b>{html.escape(curve.label)}</b>, {kind}<br>{what} %{{y:.4g}}{unit}<br>{where}<extra></extra>",
        **style,
    )


def _place(series: Series, is_flow: bool) -> tuple[str, Floats]:
    """Where on a run a record is, for its hover text, and the columns that the text names, (records, 3)."""
    if is_flow:
        evaluations = np.nan_to_num(series.evaluations)
        words = "τ = %{customdata[1]:.4g}, a flow<br>%{customdata[0]:,d} steps, %{customdata[2]:,d} evaluations"
        return words, np.stack([series.step, series.tau, evaluations], axis=1)
    words = "step %{customdata[0]:,d}<br>τ = %{customdata[1]:.4g}, η = %{customdata[2]:.3g}"
    return words, np.stack([series.step, series.tau, series.eta], axis=1)


def _bound(curve: Curve, x: Floats, view: View) -> go.Scatter:
    """2/eta along a run by steps: from this curvature of the loss on its steps would be unstable."""
    with np.errstate(divide="ignore"):  # a record without eta has no bound
        bound = 2 / curve.series.eta
    rows = np.flatnonzero(drawable(x, bound, view))
    corners = np.flatnonzero(np.diff(bound[rows]) != 0)
    rows = rows[np.unique([*corners, *(corners + 1), 0, len(rows) - 1])] if len(rows) else rows
    return named(
        curve,
        "bound",
        x=x[rows],
        y=bound[rows],
        mode="lines",
        yaxis=STYLES["sharpness"]["yaxis"],
        line={"width": 1.4, "dash": "2px,3px"},
        hovertemplate=f"<b>{html.escape(curve.label)}</b><br>2/η = %{{y:.4g}}: steps of this η are stable<br>"
        "where the largest curvature is below it<extra></extra>",
    )


def _measured_sharpness(curve: Curve, x: Floats, view: View) -> go.Scatter:
    """The largest curvature where it has been measured along a run by steps."""
    steps, found = np.array(curve.sharpness, dtype=np.float64).T
    at = np.interp(steps, curve.series.step, x)
    rows = drawable(at, found, view)
    return named(
        curve,
        "measured",
        x=at[rows],
        y=found[rows],
        mode="lines+markers",
        customdata=steps[rows],
        hovertemplate=f"<b>{html.escape(curve.label)}</b><br>largest curvature %{{y:.4g}}<br>"
        "step %{customdata:,d}<extra></extra>",
        **STYLES["sharpness"],
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


def band_traces(ensemble: Ensemble, view: View) -> list[go.Scatter]:
    """Mean of several seeds and the band around it, for each kind that is shown.

    The band goes from the least to the greatest of them; over 7, it holds the middle 68 %.
    Seeds that are empty, or have hardly begun where the others are far, are left out: the band spans what all have.
    """
    out = [legend_entry(ensemble)]
    for kind in (kind for kind in STYLES if kind in view.shown):
        if kind == "sharpness" and not ensemble.curves[0].is_flow:
            first = ensemble.curves[0]  # all seeds have one eta
            x = np.asarray(getattr(first.series, view.x), dtype=np.float64)
            out.append(_bound(replace(first, id=ensemble.id, label=ensemble.label), x, view))
            continue
        parts = []
        for curve in ensemble.curves:
            x = np.asarray(getattr(curve.series, view.x), dtype=np.float64)
            y = smoothed(x, values(curve, kind), view.smooth)
            rows = np.flatnonzero(drawable(x, y, view) & (x > 0))
            parts.append((x[rows], y[rows]))
        out += _band(ensemble, kind, parts)
    return out


def _band(ensemble: Ensemble, kind: str, parts: Sequence[tuple[Floats, Floats]]) -> list[go.Scatter]:
    far = far_enough([x[-1] if len(x) else 0.0 for x, _ in parts])
    try:
        seeds = band([part for part, good in zip(parts, far, strict=True) if good], BAND_POINTS)
    except ValueError:  # nothing in common yet
        return []
    edge = np.concatenate([seeds.tau, seeds.tau[::-1]]), np.concatenate([seeds.high, seeds.low[::-1]])
    axis = {"yaxis": STYLES[kind]["yaxis"]} if "yaxis" in STYLES[kind] else {}
    area = {"fill": "toself", "fillcolor": faint(ensemble.colour, 0.22), "hoverinfo": "skip"} | axis
    words = _BAND_WORDS.get(kind, f"mean NLL, {kind}")
    mean = named(
        ensemble,
        kind,
        x=seeds.tau,
        y=seeds.mean,
        mode="lines",
        customdata=np.stack([seeds.low, seeds.high], axis=1),
        hovertemplate=f"<b>{html.escape(ensemble.label)}</b><br>{words}: %{{y:.4g}}<br>"
        "of the runs: %{customdata[0]:.4g} to %{customdata[1]:.4g}<extra></extra>",
        **style(kind, ensemble.turn, ensemble.apart),
    )
    return [named(ensemble, f"{kind}-band", x=edge[0], y=edge[1], mode="lines", line={"width": 0}, **area), mean]


def _law(curve: Curve, view: View) -> go.Scatter | None:
    """The paper's law for this very network, its amplitude matched to ours; None where there is none to match."""
    law = paper_curve(curve.config) if view.laws else None
    if law is None or view.x != "tau" or "training" not in view.shown:
        return None
    rows = _matched(law, curve.series)
    if len(rows) < 10:
        return None
    tau, nll = curve.series.tau[rows], curve.series.nll[rows]
    A = float(np.median((nll - law.nll_inf) * tau**law.exponent))
    # Where a curve matched in its youth would have begun above the untrained network's loss, nothing is drawn.
    x = np.geomspace(tau[0] / 2, 2 * tau[-1], 60)
    x = x[law.nll_inf + A * x**-law.exponent < min(1.0, 1.5 * float(nll[0]))]
    spread = f" ± {law.uncertainty}" if law.uncertainty else ""
    return named(
        curve,
        "paper",
        x=x,
        y=law.nll_inf + A * x**-law.exponent,
        mode="lines",
        line={"width": 2, "dash": "1px,4px"},
        hovertemplate=f"<b>The paper's law</b> for d = {curve.config.depth}, w = {curve.config.width}<br>"
        f"NLL = {law.nll_inf:g} + A τ<sup>-a</sup>, a = {law.exponent}{spread}<br>"
        "only A is matched to this run<extra></extra>",
    )


def _matched(law: PaperCurve, series: Series) -> Integers:
    """Records on which the law should hold: where the paper fitted it, or the last decade of tau from 10 on."""
    tau, nll = series.tau, series.nll
    if law.range:
        return np.flatnonzero((nll >= law.range[0]) & (nll <= law.range[1]) & (tau > 0))
    return np.flatnonzero((tau >= max(10.0, tau[-1] / 10)) & (nll > law.nll_inf)) if len(tau) else np.array([], int)


def _layout(view: View) -> dict[str, Any]:
    kinds = {"log": {"type": "log", "exponentformat": "power"}, "linear": {"type": "linear"}}
    x_kind, y_kind = kinds["log" if view.x_log else "linear"], kinds["log" if view.y_log else "linear"]
    below = [kind for kind in _BELOW if kind in view.shown]
    domains = (_DOMAINS if view.has_nll else _WITHOUT_NLL)[len(below)]
    x = x_kind | {
        "title": {"text": X_TITLES[view.x]},
        "uirevision": f"{view.x}-{view.x_log}",
        "anchor": STYLES[below[-1]]["yaxis"] if below else "y",
    }
    y = y_kind | {
        "title": {"text": "NLL (bits per pitch and chord)"},
        "uirevision": f"{view.y_log}",
        "nticks": 6 if view.y_log else 10,  # so few that a logarithmic axis labels 1, 2 and 5 only
        "domain": domains[0],
        "visible": view.has_nll,
    }
    panels = {
        f"yaxis{STYLES[kind]['yaxis'][1:]}": y_kind
        | {"title": {"text": _BELOW[kind]}, "uirevision": f"{view.y_log}", "nticks": 4, "domain": domain}
        for kind, domain in zip(below, domains[1:], strict=True)
    }
    return layout(x, y, **panels, margin=MARGIN)
