"""What all figures share: what a curve and a view are, the look, the traces that belong to one legend entry."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import plotly.graph_objects as go

from glassy_core.arrays import Floats
from glassy_core.figures.palette import PAPER_BACKGROUND, TEXT, dash, faint
from glassy_core.physics.estimate import Estimate
from glassy_core.runs.records import Series
from glassy_core.settings import RunConfig
from glassy_core.training.spikes import Spikes
from glassy_core.wording import whole

X_TITLES = {"tau": "proper time τ = Σ η", "step": "learning steps", "seconds": "seconds of training"}
KINDS = ("training", "held-out", "minibatch", "accuracy", "sharpness")
# Above the plot, where no curve can run behind it.
LEGEND = {"orientation": "h", "x": 0, "y": 1.01, "xanchor": "left", "yanchor": "bottom"}
ROOM = 0.05  # of a range, left free at its ends
MARGIN = {"l": 72, "r": 16, "t": 64, "b": 56}  # pixels, of figures whose numbers along y are short

STYLES: dict[str, dict[str, Any]] = {
    "minibatch": {"line": {"width": 1}, "opacity": 0.35},
    "held-out": {"line": {"width": 1.6}},
    "training": {"line": {"width": 2.2}},
    "accuracy": {"line": {"width": 1.6}, "yaxis": "y2"},
    "sharpness": {"line": {"width": 1.6}, "marker": {"size": 5}, "yaxis": "y3"},
}

# Of held-out lines, beside the palette's of the others.
HELD_OUT = ("5px,4px", "5px,3px,1px,3px", "5px,3px,1px,3px,1px,3px", "5px,3px,3px,3px")


def style(kind: str, turn: int, apart: bool = False) -> dict[str, Any]:
    """How a line of one of the KINDS is drawn; turn: of its colour, apart: of a flow beside steps, see palette."""
    if kind == "minibatch":  # too faint and rough for dashes
        return STYLES[kind]
    dashes = HELD_OUT[turn % len(HELD_OUT)] if kind == "held-out" else dash(turn, apart)
    return STYLES[kind] | {"line": STYLES[kind]["line"] | {"dash": dashes}}


class Entry(Protocol):
    """What has an entry in the legend."""

    @property
    def id(self) -> str:
        """Name by which its traces are told apart."""

    @property
    def label(self) -> str:
        """Words in the legend."""

    @property
    def colour(self) -> str:
        """Colour of its line, #RRGGBB."""


@dataclass(frozen=True)
class Curve:
    """One run to draw.

    label: as the legend has it. colour: #RRGGBB; turn: of the colour, see palette.turns. floor: bits, the least NLL
    that is possible on the run's data, None where unknown; data: the name of those data.
    spikes: of its NLL, None where not looked for. apart: it is a flow, and others in the figure learn by steps.
    sharpness: of a run by steps, (step, largest curvature in nats) where it has been measured.
    """

    id: str
    label: str
    colour: str
    config: RunConfig
    series: Series
    floor: float | None
    data: str
    spikes: Spikes | None = None
    turn: int = 0
    apart: bool = False
    sharpness: tuple[tuple[int, float], ...] = ()

    @property
    def is_flow(self) -> bool:
        """Whether it is a flow, which has no learning rate."""
        return self.config.dynamics == "flow"


@dataclass(frozen=True)
class View:
    """How learning curves are looked at: the quantity along x, logarithmic or linear axes, what is shown.

    laws: with the paper's laws and their asymptotes, where there are any for the networks. smooth: the part of x by
    which curves are averaged to either side, 0 for none.
    """

    x: Literal["tau", "step", "seconds"] = "tau"
    x_log: bool = True
    y_log: bool = True
    shown: tuple[str, ...] = ("training", "held-out")
    laws: bool = True
    smooth: float = 0.0

    @property
    def has_nll(self) -> bool:
        """Whether there is a panel of the NLL: unless only what has a panel of its own is shown."""
        return not self.shown or any("yaxis" not in STYLES[kind] for kind in self.shown)


@dataclass(frozen=True)
class Ensemble:
    """Runs drawn and fitted as one, such as the seeds of one setting; a run by itself is an ensemble of one curve."""

    id: str
    label: str
    colour: str
    curves: tuple[Curve, ...]

    @property
    def config(self) -> RunConfig:
        """Of the first run."""
        return self.curves[0].config

    @property
    def turn(self) -> int:
        """Of its colour, see palette.turns."""
        return self.curves[0].turn

    @property
    def apart(self) -> bool:
        """Whether it is a flow, and others in the figure learn by steps."""
        return self.curves[0].apart

    @property
    def floor(self) -> float | None:
        """The least NLL possible on its data, bits; None where unknown."""
        return self.curves[0].floor

    @property
    def data(self) -> str:
        """The name of its data."""
        return self.curves[0].data


def template(theme: Literal["light", "dark"]) -> go.layout.Template:
    """Text, grid and background for a page of that theme."""
    text, background = TEXT[theme], PAPER_BACKGROUND[theme]
    grid, line = {"light": ("#E7E3D9", "#A9A498"), "dark": ("#2B3037", "#5C636C")}[theme]
    axis = {
        "gridcolor": grid,
        "linecolor": line,
        "tickcolor": line,
        "showline": True,
        "ticks": "outside",
        "ticklen": 5,
        "zeroline": False,
        "title": {"standoff": 12},
        "minor": {"ticks": "outside", "ticklen": 3, "tickcolor": line, "showgrid": False},
    }
    return go.layout.Template(
        layout={
            "font": {"color": text, "size": 14},
            "separators": f".{whole(1000)[1]}",  # in counts, on axes and in hover texts
            "paper_bgcolor": background,
            "plot_bgcolor": background,
            "xaxis": axis,
            "yaxis": axis,
            "legend": {"bgcolor": faint(background, 0.8)},
            "hoverlabel": {"bgcolor": background, "font": {"color": text}, "align": "left"},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": line, "activecolor": text},
        }
    )


def named(entry: Entry, kind: str, **properties: Any) -> go.Scatter:
    """A trace that belongs to the legend entry of a run or ensemble."""
    for key in ("line", "marker", "textfont"):
        if key in properties:
            properties[key] = {"color": entry.colour, **properties[key]}
    return go.Scatter(
        name=html.escape(entry.label),
        uid=f"{entry.id}-{kind}",
        legendgroup=entry.id,
        meta=kind,
        **{"showlegend": False} | properties,
    )


def legend_entry(entry: Curve | Ensemble) -> go.Scatter:
    """The legend's line of a run or ensemble: one of its own, so that it stays whatever is shown."""
    line = {"width": 3, "dash": dash(entry.turn, entry.apart)}
    return named(entry, "entry", x=[None], y=[None], showlegend=True, line=line, mode="lines")


def values(curve: Curve, kind: str) -> Floats:
    """One of the KINDS of a curve's columns; accuracy as the share of wrong signs, sharpness where it is new."""
    if kind == "accuracy":
        return 1 - curve.series.accuracy
    if kind == "sharpness":  # it is estimated now and then, and recorded until the next estimate: here once each
        again = np.append(False, np.diff(curve.series.sharpness) == 0)[: len(curve.series)]
        again[-1:] = False
        return np.where(again, np.nan, curve.series.sharpness)
    names = {"training": "nll", "held-out": "nll_valid", "minibatch": "nll_minibatch"}
    return getattr(curve.series, names[kind])


def drawable(x: Floats, y: Floats, view: View) -> Any:
    """Which of the points x, y, (n,) each, the view's axes can show: (n,) bools. A logarithm has none of 0 or below."""
    return np.isfinite(x) & np.isfinite(y) & ((x > 0) | (not view.x_log)) & ((y > 0) | (not view.y_log))


def empty() -> go.Figure:
    """A figure without a template: the page gives it that of its theme."""
    return go.Figure(layout={"template": go.layout.Template()})


def add_band(figure: go.Figure, x: Floats, low: Floats, high: Floats, colour: str, group: str, uid: str) -> None:
    """A faint band between low and high, (n,), where both are known."""
    known = np.isfinite(low) & np.isfinite(high)
    if not np.any(known):
        return
    common = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False, "legendgroup": group}
    figure.add_scatter(x=x[known], y=low[known], uid=f"{uid}-low", **common)
    figure.add_scatter(
        x=x[known], y=high[known], uid=f"{uid}-high", fill="tonexty", fillcolor=faint(colour), meta="band", **common
    )


def error_bars(estimates: Sequence[Estimate], thickness: float, width: float, **more: Any) -> dict[str, Any]:
    """The estimates' 95 % intervals as bars about their values; thickness, width: pixels."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [estimate.high - estimate.value for estimate in estimates],
        "arrayminus": [estimate.value - estimate.low for estimate in estimates],
        "thickness": thickness,
        "width": width,
        **more,
    }


def axis(title: str, kind: Literal["log", "linear"] = "linear", revision: str = "", **more: Any) -> dict[str, Any]:
    """A logarithmic or linear axis with its title; where its ticks are given there are none between them."""
    ticks: dict[str, Any] = {"exponentformat": "power"} | ({"nticks": 6} if kind == "log" else {})
    if "tickvals" in more:  # Plotly would divide unequal stretches into equally many parts
        ticks["minor"] = {"ticks": ""}
    return {"type": kind, "title": {"text": title}, "uirevision": f"{kind}-{revision}"} | ticks | more


def layout(x: dict[str, Any], y: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Room around the plot, the legend above it, where no curve can run behind it."""
    return {
        "uirevision": "kept",
        "hovermode": "closest",
        "margin": {"l": 76, "r": 16, "t": 64, "b": 56},
        "legend": LEGEND,
        "xaxis": x,
        "yaxis": y,
    } | more


def limits(arrays: Sequence[Floats], log: bool) -> list[float] | None:
    """One range [low, high] for several plots of the same quantity; None where there is nothing to show.

    arrays: of any lengths, in the quantity's unit. log: the range is in powers of ten, as Plotly wants it.
    """
    values = np.concatenate([np.asarray(array, dtype=np.float64) for array in arrays]) if arrays else np.array([])
    values = values[np.isfinite(values) & ((values > 0) | (not log))]
    if len(values) == 0:
        return None
    low, high = (np.log10([values.min(), values.max()])) if log else (min(0.0, values.min()), values.max())
    span = max(float(high - low), 0.1 if log else 1e-12)
    return [float(low - ROOM * span) if log or low < 0 else 0.0, float(high + ROOM * span)]
