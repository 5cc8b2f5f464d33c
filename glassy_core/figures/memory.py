"""Figures of what weights keep of earlier ones, and of how unlike each other their moves are. Not in the paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from glassy_core.figures.aging import TAU_W
from glassy_core.figures.palette import GREY, dash, shades
from glassy_core.figures.style import axis, empty, error_bars, layout
from glassy_core.physics.aging.overlap import Memory


@dataclass(frozen=True)
class Remembering:
    """One network: its id, label, colour and turn of the colour, as in the palette, and its memory."""

    id: str
    label: str
    colour: str
    turn: int
    memory: Memory


def of_the_start(networks: Sequence[Remembering]) -> go.Figure:
    """C(tau, 0) against tau, a line a network, with what unrelated weights have: twice their standard deviation."""
    figure = empty()
    for one in networks:
        later = one.memory.tau > 0
        figure.add_scatter(
            x=one.memory.tau[later], y=one.memory.overlap[0][later], mode="lines+markers", name=one.label, meta="start",
            uid=f"start-{one.id}", line={"color": one.colour, "width": 2, "dash": dash(one.turn)},
            marker={"size": 7}, hovertemplate="τ = %{x:.4g}: C = %{y:.3f}<extra></extra>",
        )  # fmt: skip
    if networks:
        chance = 2 * max(one.memory.chance for one in networks)
        figure.add_hrect(-chance, chance, fillcolor=GREY, opacity=0.2, line_width=0)
    figure.update_layout(
        layout(axis("proper time τ", "log", dtick=1), axis("overlap with the start, C(τ, 0)", range=[-0.1, 1.03]))
    )
    return figure


def of_moves(networks: Sequence[Remembering]) -> go.Figure:
    """alpha2 of the move from each saved time to the next, with 95 % intervals, against the later one."""
    figure = empty()
    for one in networks:
        figure.add_scatter(
            x=one.memory.tau[1:], y=[part.value for part in one.memory.alpha2], mode="lines+markers", name=one.label,
            error_y=error_bars(one.memory.alpha2, 1.2, 3), meta="moves", uid=f"moves-{one.id}",
            line={"color": one.colour, "width": 2, "dash": dash(one.turn)}, marker={"size": 7},
            customdata=[f"{part.value:.0%}" for part in one.memory.share],
            hovertemplate="to τ = %{x:.4g}: α₂ = %{y:.2f}, carried by %{customdata} of the weights<extra></extra>",
        )  # fmt: skip
    figure.add_hline(y=0, line={"color": GREY, "width": 1, "dash": "4px,3px"})
    figure.update_layout(layout(axis("proper time τ", "log", dtick=1), axis("non-Gaussian parameter α₂ of the moves")))
    return figure


def of_ages(memory: Memory) -> go.Figure:
    """C(tau_w + tau, tau_w) against tau / tau_w of one network, a line a saved time tau_w."""
    figure = empty()
    ages = [k for k, tau_w in enumerate(memory.tau[:-1]) if tau_w > 0]
    for k, colour in zip(ages, shades(len(ages)), strict=True):
        tau_w = memory.tau[k]
        figure.add_scatter(
            x=(memory.tau[k + 1 :] - tau_w) / tau_w, y=memory.overlap[k, k + 1 :], mode="lines+markers", meta="ages",
            name=f"{tau_w:.4g}", uid=f"ages-{k}", line={"color": colour, "width": 2}, marker={"size": 6},
            hovertemplate=f"{TAU_W} = {tau_w:.4g}: C = %{{y:.3f}} at x = %{{x:.3g}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        layout(axis(f"x = τ / {TAU_W}", "log", dtick=1), axis(f"C({TAU_W} + τ, {TAU_W})", range=[0, 1.03]))
    )
    figure.update_layout(legend_title={"text": f"{TAU_W} =", "side": "top"}, showlegend=True)
    return figure
