"""Power-law fits as Plotly figures: on the learning curves, as straight lines, with what they leave over."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from glassy_core.arrays import Floats
from glassy_core.figures.learning_curves import learning_curves
from glassy_core.figures.palette import FADED, GREY, faint
from glassy_core.figures.style import MARGIN, X_TITLES, Curve, Ensemble, View, empty, layout, named
from glassy_core.physics.learning_curves.power_law import PowerLawFit

Fits = Sequence[tuple[Ensemble, PowerLawFit]]

POINTS = 200  # of a fitted curve


def fitted_curves(ensembles: Sequence[Ensemble], view: View, fits: Fits) -> go.Figure:
    """Learning curves with their fits: solid inside the window with its 95 % band, thin beyond (Fig. 3).

    A fit that is not to be relied on is dashed and has no band's fill. Settings of one run are drawn as curves,
    those of several as bands.
    """
    single: list[Curve] = [ensemble.curves[0] for ensemble in ensembles if len(ensemble.curves) == 1]
    figure = learning_curves(single, view, [ensemble for ensemble in ensembles if len(ensemble.curves) > 1])
    for trace in figure.data if fits else ():
        if trace.meta in ("training", "held-out"):
            trace.opacity = FADED
    for ensemble, fit in fits:
        figure.add_traces(_fit_traces(ensemble, fit, view))
    return figure


def _fit_traces(ensemble: Ensemble, fit: PowerLawFit, view: View) -> list[go.Scatter]:
    points = fit.points
    if points is None or "training" not in view.shown:
        return []
    low, high = float(points.tau[0]), float(points.tau[-1])
    inside = np.geomspace(low, high, POINTS)
    last = max(float(curve.series.tau[-1]) for curve in ensemble.curves)
    beyond = np.geomspace(high, 1.5 * max(last, high), 30)
    before = np.geomspace(low / 4, low, 20)
    style = _style(fit)
    out = []
    if fit.reliable:
        x, y = _outline(points.tau, points.low, points.high)
        fill = {"fill": "toself", "fillcolor": faint(ensemble.colour, 0.25), "hoverinfo": "skip"}
        out.append(
            named(ensemble, "fit-band", x=_along(ensemble, view, x), y=y, mode="lines", line={"width": 0}, **fill)
        )
    thin = {"mode": "lines", "line": {"width": 1}, "hoverinfo": "skip"}
    if view.x == "tau":  # elsewhere there is no clock beyond the records
        for kind, x in (("fit-before", before), ("fit-beyond", beyond)):
            out.append(named(ensemble, kind, x=x, y=fit.predict(x), **thin))
    out.append(
        named(
            ensemble,
            "fit",
            x=_along(ensemble, view, inside),
            y=fit.predict(inside),
            mode="lines",
            line=style,
            hovertemplate=f"<b>{html.escape(ensemble.label)}</b><br>{_law_words(fit)}<br>"
            f"τ from {low:.3g} to {high:.3g}<extra></extra>",
        )
    )
    return out


def _style(fit: PowerLawFit) -> dict[str, Any]:
    return {"width": 3} if fit.reliable else {"width": 2.4, "dash": "9px,5px"}


def _law_words(fit: PowerLawFit) -> str:
    """The law with its numbers, and whether they are to be relied on."""
    if fit.nll_inf is None or fit.exponent is None or fit.amplitude is None:
        return "no fit"
    words = f"NLL = {fit.nll_inf.value:.3g} + {fit.amplitude.value:.3g} τ<sup>-{fit.exponent.value:.3g}</sup>"
    return words if fit.reliable else f"{words}, unreliable"


def _along(ensemble: Ensemble, view: View, tau: Floats) -> Floats:
    """Where tau lies along the view's x, by the first seed's clock."""
    if view.x == "tau":
        return tau
    series = ensemble.curves[0].series
    x = np.asarray(getattr(series, view.x), dtype=np.float64)
    known = np.isfinite(x)
    return np.interp(tau, series.tau[known], x[known]) if known.any() else np.full_like(tau, np.nan)


def _outline(x: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    return np.concatenate([x, x[::-1]]), np.concatenate([high, low[::-1]])


def straight_lines(fits: Fits) -> go.Figure:
    """NLL - NLL_inf against tau, where a right fit is a straight line of slope -a, and the residuals below it.

    Bars: the ends of NLL_inf's 95 % interval. Hollow: fits that are not to be relied on.
    """
    figure = empty()
    for ensemble, fit in fits:
        if fit.points is not None:
            figure.add_traces([*_straight(ensemble, fit), _residuals(ensemble, fit)])
    figure.update_layout(_straight_layout())
    figure.add_shape(type="line", xref="paper", x0=0, x1=1, yref="y2", y0=0, y1=0, line={"color": GREY, "width": 1.2})
    return figure


def _straight(ensemble: Ensemble, fit: PowerLawFit) -> list[go.Scatter]:
    tau, middle, low, high, line = fit.straight()
    seen = np.isfinite(middle)
    # A lower end near or below zero has no place on the axis: the bar stops a decade down.
    down = np.fmin(middle - low, 0.9 * middle)
    bars = {"type": "data", "symmetric": False, "array": (high - middle)[seen], "arrayminus": down[seen]}
    label = html.escape(ensemble.label)
    points = named(
        ensemble,
        "straight",
        x=tau[seen],
        y=middle[seen],
        mode="markers",
        marker={"size": 6, "symbol": "circle" if fit.reliable else "circle-open"},
        error_y=bars | {"thickness": 0.8, "width": 0, "color": faint(ensemble.colour, 0.45)},
        hovertemplate=f"<b>{label}</b><br>NLL - NLL∞ = %{{y:.4g}} bits<br>τ = %{{x:.4g}}<extra></extra>",
        showlegend=True,
    )
    assert fit.exponent is not None
    law = named(
        ensemble,
        "straight-fit",
        x=tau,
        y=line,
        mode="lines",
        line=_style(fit) | {"width": 2},
        hovertemplate=f"<b>{label}</b><br>slope -a = {-fit.exponent.value:.3g}<extra></extra>",
    )
    return [points, law]


def _residuals(ensemble: Ensemble, fit: PowerLawFit) -> go.Scatter:
    assert fit.points is not None
    return named(
        ensemble,
        "residuals",
        x=fit.points.tau,
        y=100 * fit.points.residuals,
        yaxis="y2",
        mode="lines+markers",
        line={"width": 1},
        marker={"size": 4, "symbol": "circle" if fit.reliable else "circle-open"},
        hovertemplate=f"<b>{html.escape(ensemble.label)}</b><br>NLL / fit - 1 = %{{y:.2g}} %<br>"
        "τ = %{x:.4g}<extra></extra>",
    )


def _straight_layout() -> dict[str, Any]:
    log = {"type": "log", "exponentformat": "power"}
    x = log | {"title": {"text": X_TITLES["tau"]}, "anchor": "y2"}
    y = log | {"title": {"text": "NLL - NLL∞ (bits)"}, "nticks": 6, "domain": [0.34, 1]}
    below = {"title": {"text": "NLL / fit - 1 (%)"}, "nticks": 5, "domain": [0, 0.27]}
    return layout(x, y, yaxis2=below, margin=MARGIN)
