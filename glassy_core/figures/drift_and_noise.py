"""Figures of drift and noise: what clones of a network have in common and where they part. Not in the paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from glassy_core.arrays import Floats
from glassy_core.figures.aging import TAU_W
from glassy_core.figures.palette import GREY, shades
from glassy_core.figures.style import axis, empty, layout
from glassy_core.physics.aging.clones import Clones

_X = f"x = τ / {TAU_W}"


@dataclass(frozen=True)
class Straightness:
    """S(x) after one waiting time of one run: x and S (n,)."""

    tau_w: float
    x: Floats
    S: Floats


def split(clones: Clones, colour: str) -> go.Figure:
    """D after one waiting time, and the drift and the noise that it is the sum of, against tau / tau_w."""
    figure = empty()
    parts = {"D": (clones.D, "solid"), "drift": (clones.drift, "dash"), "noise": (clones.noise, "dot")}
    for name, (values, dash) in parts.items():
        known = values > 0
        figure.add_scatter(
            x=clones.x[known], y=values[known], mode="lines+markers", name=name, uid=name, meta=name,
            line={"color": colour if name != "noise" else GREY, "width": 2, "dash": dash}, marker={"size": 4},
            hovertemplate=f"{name} = %{{y:.3g}} at x = %{{x:.3g}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(layout(axis(_X, "log"), axis("mean square change of a weight", "log")))
    return figure


def shares(networks: Sequence[Clones]) -> go.Figure:
    """The noise's share of D against tau / tau_w, one line a waiting time."""
    figure = empty()
    for clones, colour in zip(networks, shades(len(networks)), strict=True):
        figure.add_scatter(
            x=clones.x, y=100 * clones.share, mode="lines+markers", name=f"{clones.tau_w:.4g}", meta="share",
            uid=f"share-{clones.tau_w:g}", line={"color": colour, "width": 2}, marker={"size": 4},
            hovertemplate=f"{TAU_W} = {clones.tau_w:.4g}: %{{y:.3g}} % noise at x = %{{x:.3g}}<extra></extra>",
        )  # fmt: skip
    figure.add_hline(y=50, line={"color": GREY, "width": 1, "dash": "4px,3px"})
    figure.update_layout(layout(axis(_X, "log"), axis("noise, % of D", "log", dtick=1)))
    figure.update_layout(legend_title={"text": f"waiting time {TAU_W} =", "side": "top"}, showlegend=True)
    return figure


def straight(runs: Sequence[Straightness]) -> go.Figure:
    """S(x) after every waiting time, with the line S = 1 of a straight way at even speed."""
    figure = empty()
    times = sorted({f"{run.tau_w:.4g}" for run in runs}, key=float)
    colours = dict(zip(times, shades(len(times)), strict=True))
    for k, run in enumerate(runs):
        time = f"{run.tau_w:.4g}"
        figure.add_scatter(
            x=run.x, y=run.S, mode="lines", name=time, legendgroup=time, uid=f"S-{k}", meta="S",
            showlegend=all(f"{other.tau_w:.4g}" != time for other in runs[:k]),
            line={"color": colours[time], "width": 2},
            hovertemplate=f"{TAU_W} = {time}: S = %{{y:.3g}} at x = %{{x:.3g}}<extra></extra>",
        )  # fmt: skip
    figure.add_hline(y=1, line={"color": GREY, "width": 1, "dash": "4px,3px"})
    figure.update_layout(layout(axis(_X, "log"), axis("S", "linear", range=[0, 2.5])))
    figure.update_layout(legend_title={"text": f"waiting time {TAU_W} =", "side": "top"}, showlegend=True)
    return figure
