"""Figures of aging: fluctuations after a waiting time, their collapse, the SGD noise (Hertz & Tyrcha, Figs. 7-9)."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from glassy_core.arrays import Floats
from glassy_core.figures.palette import FADED, GREY, WEIGHTS, dash, shades
from glassy_core.figures.style import add_band, axis, empty, error_bars, layout, limits
from glassy_core.physics.aging.aging import Aging
from glassy_core.physics.aging.collapse import Breakdown
from glassy_core.physics.aging.fluctuations import KINDS, DeltaCurve, SgdNoise, Trajectory, Waiting
from glassy_core.physics.aging.growth import Growth
from glassy_core.physics.aging.temperature import Temperature
from glassy_core.wording import whole

EARLIEST = 0.1  # x from which on growth is drawn; the rest is a zoom away
TAU_W = "τ<sub>w</sub>"


@dataclass(frozen=True)
class Column:
    """One network, or several seeds of it: its name, colour, what was measured, and what that says of aging.

    turn: of its colour, apart: a flow beside networks that learn by steps, see palette.
    """

    label: str
    colour: str
    trajectories: Sequence[Trajectory]
    aging: Aging
    turn: int = 0
    apart: bool = False


@dataclass(frozen=True)
class Warm:
    """The effective temperature of one network that learns by steps, a line a seed; the others as a Column's."""

    label: str
    colour: str
    lines: Sequence[Temperature]
    turn: int = 0


@dataclass(frozen=True)
class Axes:
    """How Delta is drawn: against tau / tau_w^mu (mu None: against tau), on logarithmic axes or not; ranges."""

    mu: float | None = None
    log: bool = True
    x_range: list[float] | None = None
    y_range: list[float] | None = None


def along(curve: DeltaCurve, mu: float | None) -> Floats:
    """What is along x: tau, or tau / tau_w^mu."""
    return curve.tau if mu is None else curve.tau / curve.tau_w**mu


def fluctuations(column: Column, axes: Axes, broken: Sequence[Breakdown] = ()) -> go.Figure:
    """Delta of every waiting time of one network, against tau or scaled (one panel of Fig. 7).

    broken: where curves leave the others, in tau / tau_w^mu; drawn as crosses.
    """
    figure, curves = empty(), column.aging.curves
    colours = shades(len(curves))
    for curve, colour in zip(curves, colours, strict=True):
        _add_curve(figure, curve, along(curve, axes.mu), colour)
    if axes.mu is None:
        _add_short_time(figure, column.aging, colours)
    for breakdown, colour in zip(broken, colours, strict=False):
        _add_breakdown(figure, breakdown, curves, axes.mu, colour)
    kind, power = ("log" if axes.log else "linear"), _power(axes.mu)
    along_x = f"τ since {TAU_W} (proper time)" if axes.mu is None else f"x = τ / {TAU_W}{power}"
    x = axis(along_x, kind, power, range=axes.x_range)  # type: ignore[arg-type]
    y = axis("Δ", kind, range=axes.y_range)  # type: ignore[arg-type]
    figure.update_layout(layout(x, y, margin={"l": 64, "r": 12, "t": 64, "b": 56}))
    _name_legend(figure)
    return figure


def scales(column: Column) -> dict[str, float]:
    """The waiting time of each line of `fluctuations`, by its uid: what x is divided by, to the power of mu."""
    return {
        f"{curve.tau_w_step}-{kind}": curve.tau_w
        for curve in column.aging.curves
        for kind in ("delta", "low", "high", "broken")
    }


def _name_legend(figure: go.Figure) -> None:
    """Say that the lines are waiting times, of a single one too."""
    figure.update_layout(legend_title={"text": f"waiting time {TAU_W} =", "side": "top"}, showlegend=True)


def _power(mu: float | None) -> str:
    return "" if mu in (None, 1.0) else f"<sup>{mu:g}</sup>"


def _name(curve: DeltaCurve) -> str:
    return f"{TAU_W} = {curve.tau_w:.4g}"


def _add_curve(figure: go.Figure, curve: DeltaCurve, x: Floats, colour: str, opacity: float = 1.0) -> None:
    group = f"{curve.tau_w_step}"
    add_band(figure, x, curve.low, curve.high, colour, group, group)
    seeds = f", mean of {curve.seeds} seeds" if curve.seeds > 1 else ""
    figure.add_scatter(
        x=x, y=curve.delta, mode="lines+markers", name=f"{curve.tau_w:.4g}", legendgroup=group, uid=f"{group}-delta",
        meta="delta", line={"color": colour, "width": 2}, marker={"color": colour, "size": 4}, opacity=opacity,
        customdata=np.stack([curve.tau, curve.x], axis=1),
        hovertemplate=f"<b>{_name(curve)}</b> (step {whole(curve.tau_w_step)}){seeds}<br>Δ = %{{y:.4g}}<br>"
        f"τ = %{{customdata[0]:.4g}}, τ/{TAU_W} = %{{customdata[1]:.3g}}<extra></extra>",
    )  # fmt: skip


def _add_short_time(figure: go.Figure, aging: Aging, colours: Sequence[str]) -> None:
    """The common power law of short times over its window, through each of the curves that it was fitted to."""
    slope, thin = aging.alpha.slope, {"width": 1.6, "dash": "4px,3px"}
    if slope is None:
        return
    for curve, colour in zip(aging.curves, colours, strict=True):
        line = fitted(curve, aging.alpha, False)
        if line is not None:
            figure.add_scatter(
                x=curve.tau_w * line[0], y=line[1], mode="lines", uid=f"{curve.tau_w_step}-alpha", meta="alpha",
                showlegend=False, legendgroup=f"{curve.tau_w_step}", line={"color": colour} | thin,
                hovertemplate=f"{_name(curve)}: slope α = {slope.text(2, 'f')} (95 %)<extra></extra>",
            )  # fmt: skip
    figure.add_scatter(
        x=[None], y=[None], mode="lines", name="τ<sup>α</sup> at short times", uid="alpha",
        line={"color": GREY} | thin,
    )  # fmt: skip


def _add_breakdown(
    figure: go.Figure, breakdown: Breakdown, curves: Sequence[DeltaCurve], mu: float | None, colour: str
) -> None:
    curve = next(curve for curve in curves if curve.tau_w == breakdown.tau_w)
    if breakdown.x is None:
        return
    y = np.exp(np.interp(np.log(breakdown.x), np.log(along(curve, mu)), np.log(curve.delta)))
    figure.add_scatter(
        x=[breakdown.x], y=[y], mode="markers", showlegend=False, legendgroup=f"{curve.tau_w_step}",
        meta="breakdown", uid=f"{curve.tau_w_step}-broken",
        marker={"symbol": "x-thin", "size": 12, "line": {"color": colour, "width": 3}},
        hovertemplate=f"<b>{_name(curve)}</b> leaves the others<br>from x = {breakdown.x:.3g} on<extra></extra>",
    )  # fmt: skip


def collapse_errors(columns: Sequence[Column], mu: float) -> go.Figure:
    """The collapse error against mu for every network, its minimum with the 95 % interval, and the mu looked at."""
    figure, highest = empty(), 0.0
    for column in columns:
        collapse, name = column.aging.collapse, html.escape(column.label)
        known = np.isfinite(collapse.errors)
        highest = max(highest, float(np.max(collapse.errors[known], initial=0.0)))
        figure.add_scatter(
            x=collapse.mus[known], y=collapse.errors[known], mode="lines", name=name, legendgroup=name,
            uid=f"{name}-error", meta="error",
            line={"color": column.colour, "width": 2.2, "dash": dash(column.turn, column.apart)},
            hovertemplate=f"<b>{name}</b><br>μ = %{{x:.3g}}: error %{{y:.3g}}<extra></extra>",
        )  # fmt: skip
        if collapse.mu and collapse.error is not None:
            figure.add_scatter(
                x=[collapse.mu.value], y=[collapse.error], mode="markers", showlegend=False, legendgroup=name,
                meta="mu", uid=f"{name}-mu", error_x=error_bars([collapse.mu], 2.5, 7, color=column.colour),
                marker={"color": column.colour, "size": 11, "symbol": "diamond"},
                hovertemplate=f"<b>{name}</b>: μ = {collapse.mu.text(2, 'f')} (95 %)<extra></extra>",
            )  # fmt: skip
    figure.add_shape(
        type="line", name="slider", x0=mu, x1=mu, yref="paper", y0=0, y1=1,
        line={"color": GREY, "width": 1.4, "dash": "dot"},
        label={"text": "the slider's μ", "font": {"color": GREY, "size": 12}, "textposition": "end", "textangle": 0,
               "xanchor": "left", "yanchor": "top"},
    )  # fmt: skip
    x = axis("μ (1: full aging, 0: none)", range=[-0.55, 2.05])
    y = axis("scatter of log Δ between curves", range=[0, 1.1 * highest or 1.0])
    figure.update_layout(layout(x, y))
    return figure


def sgd_noise(columns: Sequence[Column]) -> go.Figure:
    """Gamma against proper time for several networks, a line for each seed (Fig. 8)."""
    figure = empty()
    for column in columns:
        name = html.escape(column.label)
        for k, trajectory in enumerate(column.trajectories):
            noise: SgdNoise = trajectory.noise
            started = noise.tau > 0
            figure.add_scatter(
                x=noise.tau[started], y=noise.gamma[started], mode="lines", name=name, legendgroup=name,
                showlegend=k == 0, uid=f"{name}-{k}", meta="gamma",
                line={"color": column.colour, "width": 2, "dash": dash(column.turn, column.apart)},
                opacity=1.0 if len(column.trajectories) == 1 else 0.7,
                hovertemplate=f"<b>{name}</b><br>Γ = %{{y:.3g}} nats²<br>τ = %{{x:.4g}}<extra></extra>",
            )  # fmt: skip
    x, y = axis("proper time τ = Σ η", "log"), axis("Γ (nats²)", "log")
    figure.update_layout(layout(x, y))
    return figure


def effective_temperature(networks: Sequence[Warm]) -> go.Figure:
    """T = eta Gamma / 2 against proper time, a line for each seed."""
    figure = empty()
    for network in networks:
        name = html.escape(network.label)
        for k, line in enumerate(network.lines):
            figure.add_scatter(
                x=line.tau, y=line.T, mode="lines", name=name, legendgroup=name, showlegend=k == 0,
                uid=f"{name}-T-{k}", meta="temperature",
                line={"color": network.colour, "width": 2, "dash": dash(network.turn)},
                opacity=1.0 if len(network.lines) == 1 else 0.7,
                hovertemplate=f"<b>{name}</b><br>T = %{{y:.3g}} nats<br>τ = %{{x:.4g}}<extra></extra>",
            )  # fmt: skip
    figure.update_layout(layout(axis("proper time τ = Σ η", "log"), axis("T = η Γ / 2 (nats)", "log")))
    return figure


def growth(column: Column, fit: Growth, logarithmic_law: bool) -> go.Figure:
    """Delta against x = tau / tau_w with the fit in its window: A x^b, or A + B log x on a linear y (Fig. 9).

    Curves that the fit is not of step back.
    """
    figure, curves = empty(), column.aging.curves
    for curve, colour in zip(curves, shades(len(curves)), strict=True):
        stepping_back = fit.slope is not None and curve.tau_w not in fit.curves
        _add_curve(figure, curve, curve.x, colour, FADED if stepping_back else 1.0)
    for curve in curves:  # above all curves, which may lie on one another
        line = fitted(curve, fit, logarithmic_law)
        if line is not None:
            figure.add_scatter(
                x=line[0], y=line[1], mode="lines", showlegend=False, legendgroup=f"{curve.tau_w_step}", meta="fit",
                uid=f"{curve.tau_w_step}-fit", line={"color": GREY, "width": 4, "dash": "dash"}, hoverinfo="skip",
            )  # fmt: skip
    late = [curve.x >= EARLIEST for curve in curves]
    x_range = limits([curve.x[seen] for curve, seen in zip(curves, late, strict=True)], True)
    y_range = limits([curve.delta[seen] for curve, seen in zip(curves, late, strict=True)], not logarithmic_law)
    y = axis("Δ", "linear" if logarithmic_law else "log", range=y_range)
    figure.update_layout(layout(axis(f"x = τ / {TAU_W}", "log", range=x_range), y))
    _name_legend(figure)
    return figure


def fitted(curve: DeltaCurve, fit: Growth, logarithmic_law: bool) -> tuple[Floats, Floats] | None:
    """One curve's line of a common fit: the slope is shared, the height the curve's own. None where it is not in it."""
    if fit.slope is None or curve.tau_w not in fit.curves:
        return None
    inside = (curve.x >= fit.window[0]) & (curve.x <= fit.window[1]) & (curve.x > fit.origin)
    u = np.log(curve.x[inside] - fit.origin)
    v = curve.delta[inside] if logarithmic_law else np.log(curve.delta[inside])
    # As in the fit: evenly in log (x - origin), whatever the spacing of the records.
    even = np.linspace(u[0], u[-1], 31)
    line = np.mean(np.interp(even, u, v) - fit.slope.value * even) + fit.slope.value * even
    return np.exp(even) + fit.origin, line if logarithmic_law else np.exp(line)


def by_kind(waitings: Sequence[Waiting]) -> go.Figure:
    """D of every kind of weights against tau after one waiting time, a line for each seed."""
    figure = empty()
    for kind in KINDS:
        for k, waiting in enumerate(waitings):
            if kind not in waiting.kinds:
                continue
            figure.add_scatter(
                x=waiting.tau, y=waiting.kinds[kind], mode="lines", name=kind, legendgroup=kind, showlegend=k == 0,
                uid=f"{kind}-{k}", meta="kind", line={"color": WEIGHTS[kind], "width": 2},
                customdata=waiting.step,
                hovertemplate=f"<b>{kind}</b>: D = %{{y:.3g}}<br>τ = %{{x:.4g}}, step %{{customdata:,d}}"
                "<extra></extra>",
            )  # fmt: skip
    x, y = axis(f"τ since {TAU_W} (proper time)", "log"), axis("D of this kind of weights", "log")
    figure.update_layout(layout(x, y))
    return figure
