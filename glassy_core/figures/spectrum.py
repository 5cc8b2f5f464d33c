"""Figures of how the loss is curved: its sharpness along learning, and how many directions are curved how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from glassy_core.figures.palette import GREY, dash, shades
from glassy_core.figures.style import axis, empty, layout
from glassy_core.physics.aging.spectrum import AtCheckpoint


@dataclass(frozen=True)
class Curved:
    """One network: its id, label, colour and turn of the colour, as in the palette, and its spectra by tau."""

    id: str
    label: str
    colour: str
    turn: int
    spectra: Sequence[AtCheckpoint]


def of_sharpness(networks: Sequence[Curved]) -> go.Figure:
    """The largest curvature against tau, a line a network, with 2 / eta of those that learn by steps, dotted."""
    figure = empty()
    for one in networks:
        tau = [at.tau for at in one.spectra]
        figure.add_scatter(
            x=tau, y=[at.spectrum.largest for at in one.spectra], mode="lines+markers", name=one.label,
            uid=f"sharpness-{one.id}", meta="sharpness", legendgroup=one.id, marker={"size": 7},
            line={"color": one.colour, "width": 2, "dash": dash(one.turn)},
            customdata=[at.spectrum.least for at in one.spectra],
            hovertemplate="τ = %{x:.4g}: sharpness %{y:.4g}, least curvature %{customdata:.2g}<extra></extra>",
        )  # fmt: skip
    bounds = sorted({2 / at.eta for one in networks for at in one.spectra if at.eta > 0})
    for bound in bounds:
        figure.add_hline(
            y=bound, line={"color": GREY, "width": 1.4, "dash": "dot"},
            label={"text": f" 2/η = {bound:.4g}", "font": {"color": GREY, "size": 12}, "textposition": "start",
                   "xanchor": "left", "yanchor": "bottom"},
        )  # fmt: skip
    figure.update_layout(layout(axis("proper time τ", "log", dtick=1), axis("largest curvature (nats)", "log")))
    return figure


def of_counts(spectra: Sequence[AtCheckpoint]) -> go.Figure:
    """How many directions are curved more than lambda, a line a checkpoint; dashed those curved less than -lambda."""
    figure = empty()
    for at, colour in zip(spectra, shades(len(spectra)), strict=True):
        values, spectrum = at.spectrum.grid(), at.spectrum
        lines = (("above", "solid", spectrum.above), ("below", "dash", lambda x, of=spectrum: of.below(-x)))
        for kind, style, count in lines:
            counts = np.array([count(x).value for x in values])
            figure.add_scatter(
                x=values, y=np.where(counts >= 0.5, counts, np.nan), mode="lines", meta=kind, uid=f"{kind}-{at.step}",
                name=f"{at.tau:.4g}", legendgroup=f"{at.step}", showlegend=kind == "above",
                line={"color": colour, "width": 2, "dash": style},
                hovertemplate=f"τ = {at.tau:.4g}: %{{y:.0f}} of {spectrum.N} directions curved "
                + ("more than %{x:.3g}" if kind == "above" else "downward by more than %{x:.3g}")
                + " nats<extra></extra>",
            )  # fmt: skip
    figure.update_layout(
        layout(axis("curvature λ (nats)", "log", dtick=1), axis("directions curved more than λ", "log", dtick=1))
    )
    figure.update_layout(legend_title={"text": "τ =", "side": "top"}, showlegend=True)
    return figure
