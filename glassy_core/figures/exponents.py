"""How fast each setting decays: the exponents of all runs against width, one colour a depth (Sec. III)."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from glassy_core.figures.palette import depth_colour
from glassy_core.figures.style import MARGIN, empty, error_bars, layout, named
from glassy_core.paper.numbers import CURVES
from glassy_core.physics.learning_curves.power_law import PowerLawFit
from glassy_core.settings import RunConfig

MEASURES = {"exponent": "exponent a", "nll_inf": "NLL∞ (bits)"}


@dataclass(frozen=True)
class Place:
    """One setting on the map: its settings, how many seeds were fitted together, the fit, the seeds' ids."""

    config: RunConfig
    fit: PowerLawFit
    runs: tuple[str, ...]


@dataclass(frozen=True)
class _Depth:
    id: str
    label: str
    colour: str


def exponent_map(places: Sequence[Place], measure: str = "exponent", paper: bool = False) -> go.Figure:
    """An estimate with its 95 % interval against w, a colour a depth; hollow where it is not to be relied on.

    measure: one of MEASURES. paper: show the paper's values, crosses, for its own data.
    """
    figure = empty()
    depths = sorted({place.config.depth for place in places} | ({d for d, _ in CURVES} if paper else set()))
    for depth in depths:
        entry = _Depth(f"d{depth}", f"d = {depth}", depth_colour(depth))
        here = sorted((p for p in places if p.config.depth == depth), key=lambda place: place.config.width)
        figure.add_trace(_estimates(entry, [place for place in here if getattr(place.fit, measure)], measure))
        if paper:
            figure.add_trace(_papers(entry, depth, measure))
    x = {"title": {"text": "width w (hidden units per layer)"}}
    y = {"title": {"text": MEASURES[measure]}, "rangemode": "tozero"}
    figure.update_layout(layout(x, y, uirevision=measure, margin=MARGIN | {"t": 48}))
    return figure


def _estimates(entry: _Depth, places: Sequence[Place], measure: str) -> go.Scatter:
    found = [getattr(place.fit, measure) for place in places]
    bars = error_bars(found, 1.2, 3)
    return named(
        entry,
        "estimates",
        x=[place.config.width for place in places],
        y=[e.value for e in found],
        mode="markers",
        marker={
            "size": 10,
            "symbol": [_symbol(place) for place in places],
            "line": {"width": 1.6},
        },
        error_y=bars | {"color": entry.colour},
        customdata=[_words(place) for place in places],
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=True,
    )


def _symbol(place: Place) -> str:
    """A disc, of a flow a diamond; hollow where the fit is not to be relied on."""
    return ("diamond" if place.config.dynamics == "flow" else "circle") + ("" if place.fit.reliable else "-open")


def _words(place: Place) -> str:
    config, fit = place.config, place.fit
    assert fit.exponent is not None
    assert fit.nll_inf is not None
    assert fit.window is not None
    seeds = "1 seed" if len(place.runs) == 1 else f"{len(place.runs)} seeds"
    way = "a flow" if config.dynamics == "flow" else f"η = {config.eta:g}, p = {config.batch_size}"
    lines = [
        f"<b>d = {config.depth}, w = {config.width}</b>, {seeds}, {way}",
        f"a = {fit.exponent.text(3)}",
        f"NLL∞ = {fit.nll_inf.text(3)} bits",
        f"τ from {fit.window[0]:.3g} to {fit.window[1]:.3g}",
    ]
    return "<br>".join([*lines, *([html.escape(f"unreliable: {fit.why}")] if not fit.reliable else [])])


def _papers(entry: _Depth, depth: int, measure: str) -> go.Scatter:
    laws = {w: law for (d, w), law in sorted(CURVES.items()) if d == depth and getattr(law, measure)}
    return named(
        entry,
        "paper",
        x=list(laws),
        y=[getattr(law, measure) for law in laws.values()],
        mode="markers",
        marker={"size": 11, "symbol": "x-thin", "line": {"width": 2.4, "color": entry.colour}},
        hovertemplate=f"<b>The paper</b>, d = {depth}, w = %{{x}}: %{{y:.4g}}<extra></extra>",
    )
