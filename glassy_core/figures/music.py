"""Recall against width and tau, and profiles of what is sung, as Plotly figures; no UI in here."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from glassy_core.figures.palette import GREY, dash
from glassy_core.figures.style import LEGEND, empty, layout
from glassy_core.music.counterpoint import LARGEST_MOVE, Portrait

PITCH_CLASSES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
SHARE = "mean share recalled"
MARGIN = {"l": 64, "r": 16, "t": 48, "b": 56}


@dataclass(frozen=True)
class Point:
    """Recall of one checkpoint: mean share of 0 .. 1, and how many of the chorales to the last chord."""

    name: str
    colour: str
    width: int
    step: int
    tau: float
    share: float
    complete: int
    chorales: int


def recall_by_width(points: Sequence[Point], best: float, w_c: float | None) -> go.Figure:
    """The order parameter against w: one point a run, at its latest checkpoint. best: the largest share possible."""
    figure = _figure("width w (hidden units per layer)", best)
    figure.add_trace(
        go.Scatter(
            x=[point.width for point in points],
            y=[point.share for point in points],
            mode="markers",
            marker={"size": 11, "color": [point.colour for point in points], "line": {"width": 1, "color": "white"}},
            customdata=[[point.step, point.tau, point.complete, point.chorales] for point in points],
            hovertext=[html.escape(point.name) for point in points],
            hovertemplate="<b>%{hovertext}</b>, w = %{x}" + _HOVER,
            showlegend=False,
        )
    )
    if w_c is not None:
        figure.add_vline(
            x=w_c, line={"color": GREY, "dash": "dash", "width": 1.5}, annotation_text=f"w<sub>c</sub> = {w_c:.3g}",
            annotation_font_color=GREY, annotation_position="top",
        )  # fmt: skip
    return figure


def recall_by_tau(runs: Sequence[Sequence[Point]], best: float) -> go.Figure:
    """The order parameter along runs: one line a run, one point a checkpoint; tau = 0 has no place on the axis."""
    figure = _figure("proper time τ = Σ η", best)
    figure.update_xaxes(type="log", exponentformat="power")
    used: list[str] = []
    for points in runs:
        shown = [point for point in points if point.tau > 0]
        if shown:
            name = html.escape(shown[0].name)
            dashes = dash(used.count(shown[0].colour))  # runs of one regime share a colour
            used.append(shown[0].colour)
            figure.add_trace(
                go.Scatter(
                    x=[point.tau for point in shown],
                    y=[point.share for point in shown],
                    mode="lines+markers",
                    name=name,
                    line={"color": shown[0].colour, "width": 2.2, "dash": dashes},
                    marker={"size": 7},
                    customdata=[[point.step, point.tau, point.complete, point.chorales] for point in shown],
                    hovertemplate=f"<b>{name}</b>" + _HOVER,
                    showlegend=True,
                )
            )
    return figure


_HOVER = (
    "<br>mean share %{y:.3f}, %{customdata[2]} of %{customdata[3]} complete"
    "<br>step %{customdata[0]:,d}, τ = %{customdata[1]:.4g}<extra></extra>"
)


def _figure(x_title: str, best: float) -> go.Figure:
    figure = empty()
    figure.update_layout(
        layout({"title": {"text": x_title}}, {"title": {"text": SHARE}, "range": [-0.04, 1.06]}, margin=MARGIN)
    )
    if best < 0.999:
        figure.add_hline(
            y=best, line={"color": GREY, "width": 1.2}, annotation_text=f"no network can have more than {best:.3f}",
            annotation_font_color=GREY, annotation_position="bottom right",
        )  # fmt: skip
    return figure


def profiles(sung: Portrait, learned: Portrait, colour: str, composer: str = "Bach") -> go.Figure:
    """Shares, in per cent, of pitch classes, intervals above the bass and the voices' moves.

    A network's beside those of the chorales it learned.
    """
    figure = empty()
    moves = np.arange(-LARGEST_MOVE, LARGEST_MOVE + 1)
    panels = (
        ("pitch class", list(PITCH_CLASSES), sung.pitch_classes, learned.pitch_classes),
        ("interval above the bass (semitones)", list(range(12)), sung.harmonies, learned.harmonies),
        ("move of a voice (semitones)", moves.tolist(), sung.moves, learned.moves),
    )
    for i, (title, x, of_sung, of_learned) in enumerate(panels, 1):
        axes = {"xaxis": f"x{i}", "yaxis": f"y{i}", "showlegend": i == 1}
        for name, ink, values in (
            ("network", colour, of_sung),
            (f"{composer.capitalize()}, learned chorales", GREY, of_learned),
        ):
            hover = f"{name}<br>%{{x}}: %{{y:.1f}} %<extra></extra>"
            figure.add_trace(
                go.Bar(x=x, y=100 * values, name=name, marker_color=ink, hovertemplate=hover, legendgroup=name, **axes)
            )
        bottom, top = 1 - i / 3 + 0.09, 1 - (i - 1) / 3 - 0.03
        figure.update_layout(
            {
                f"xaxis{i}": {"title": {"text": title}, "anchor": f"y{i}", "dtick": 1 if i < 3 else 3},
                f"yaxis{i}": {"title": {"text": "share (%)"}, "domain": [bottom, top], "anchor": f"x{i}"},
            }
        )
    figure.update_layout(barmode="group", bargap=0.25, margin=MARGIN, legend=LEGEND)
    return figure
