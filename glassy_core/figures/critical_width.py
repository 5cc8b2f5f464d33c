"""Figures of the learnability transition: 1/tau* against width, w_c against NLL* (Hertz & Tyrcha, Figs. 5-6)."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import plotly.graph_objects as go

from glassy_core.figures.palette import GREY, SHADES, depth_colour
from glassy_core.figures.style import add_band, axis, empty, error_bars, layout
from glassy_core.paper.numbers import PAPER_THRESHOLD, PAPER_W_C
from glassy_core.physics.critical_width.any_threshold import AtThreshold
from glassy_core.physics.critical_width.criticality import Criticality, CriticalWidth, DepthResult
from glassy_core.physics.estimate import Estimate

NONE: Mapping[int, float] = MappingProxyType({})
STEPS = 120  # points of a drawn parabola
DRAGGED_STEPS = 24
DRAGGED: dict[str, dict[str, Any]] = {
    "runs": {"mode": "markers", "marker": {"symbol": "circle-open", "size": 10, "color": GREY, "line": {"width": 2}}},
    "fit": {"mode": "lines", "line": {"color": GREY, "width": 4}},
    "root": {"mode": "markers", "marker": {"symbol": "diamond", "size": 13, "color": GREY}},
}
_NOWHERE = (np.array([]), np.array([]))
LinePoints = Mapping[
    str, Sequence[tuple[Sequence[float | None], Sequence[float | None]]]
]  # x and y of a line, by its uid
ARROW = 9  # pixels, of a run that did not reach a threshold, and from one threshold's arrows to the next one's


def _shade(threshold: float, thresholds: Sequence[float]) -> str:
    """The colour of a threshold among all of them."""
    place = sorted(thresholds).index(threshold)
    return SHADES[round(place * (len(SHADES) - 1) / max(len(thresholds) - 1, 1))]


def transition(
    result: DepthResult,
    shown: Sequence[float],
    paper: bool = False,
    extent: tuple[float, float] | None = None,
    top: float | None = None,
) -> go.Figure:
    """1/tau* against width of one depth: runs, parabolas with 95 % bands, below them w_c, where they are 0 (Fig. 5).

    shown: the thresholds to draw. paper: whether the paper's w_c may stand beside ours. extent: widths along x.
    top: the greatest 1/tau* to draw, None for that of these runs.
    A run that never reached NLL* is an arrow down whose tip is at its bound 1/tau_reached; those of further
    thresholds are stacked on it, the strictest lowest.
    """
    figure = empty()
    every = sorted(result.thresholds)
    drawn = [threshold for threshold in every if threshold in shown]
    low, high = extent or widths([result])
    for row, threshold in enumerate(drawn):
        critical, colour = result.thresholds[threshold], _shade(threshold, every)
        _add_parabola(figure, critical, colour, low, high)
        _add_runs(figure, critical, colour, row * (ARROW + 1))
        if critical.w_c:
            _add_root(figure, critical, critical.w_c, colour, row)
    if paper and result.depth in PAPER_W_C and PAPER_THRESHOLD in shown:
        _add_papers_root(figure, PAPER_W_C[result.depth], drawn.index(PAPER_THRESHOLD))
    if top is None:
        top = greatest_rate([result], drawn)
    revision = f"{result.depth}-{drawn}"
    x = axis("width w (units per layer)", revision=revision, range=[low, high], anchor="y2")
    y = axis("1 / τ* (per unit of proper time)", revision=revision, range=[0, 1.12 * top], domain=[0.24, 1])
    rows = {"domain": [0, 0.19], "range": [max(len(drawn), 1) - 0.4, -0.6], "showticklabels": False, "ticks": ""}
    rows |= {"title": {"text": "w<sub>c</sub>"}, "showgrid": False, "fixedrange": True}
    figure.update_layout(layout(x, y, yaxis2=rows))
    figure.update_layout(legend_title_text="NLL* =")
    return figure


def add_dragged(figure: go.Figure, along: Sequence[AtThreshold], at: float, low: float, high: float) -> LinePoints:
    """Draw one depth at a threshold that the reader moves; what its lines are at each of the others, by uid.

    along: at each threshold. at: the one to draw. low, high: widths along x.
    """
    places: dict[str, list[tuple[list[float | None], list[float | None]]]] = {f"dragged-{k}": [] for k in DRAGGED}
    for one in along:
        seen = np.isfinite(one.rate)
        parts = {"runs": (one.width[seen], one.rate[seen]), "fit": _NOWHERE, "root": _NOWHERE}
        if one.fit is not None and np.isfinite(one.fit.root):
            w = np.linspace(max(one.fit.root, low), high, DRAGGED_STEPS)
            parts |= {"fit": (w, one.fit(w)), "root": (np.array([one.fit.root]), np.zeros(1))}
        for kind, (x, y) in parts.items():
            places[f"dragged-{kind}"].append(([float(f"{v:.4g}") for v in x], [float(f"{v:.4g}") for v in y]))
    here = int(np.argmin([abs(one.threshold - at) for one in along]))
    for kind, style in DRAGGED.items():
        at_x, at_y = places[f"dragged-{kind}"][here]
        figure.add_scatter(
            x=at_x, y=at_y, uid=f"dragged-{kind}", name="dragged", legendgroup="dragged", meta="dragged",
            hoverinfo="skip", showlegend=kind == "fit", cliponaxis=False, **style,
        )  # fmt: skip
    return places


def greatest_rate(results: Iterable[DepthResult], shown: Collection[float]) -> float:
    """The greatest 1/tau* of any run at the thresholds shown, so that panels may share it."""
    fits = [critical for result in results for t, critical in result.thresholds.items() if t in shown]
    return max((time.rate for critical in fits for time in critical.points), default=0.01)


def widths(results: Iterable[DepthResult]) -> tuple[float, float]:
    """The widths to draw along x: those of all runs, and every w_c, with some room."""
    every = [
        float(time.width) for result in results for critical in result.thresholds.values() for time in critical.times
    ]
    roots = [critical.w_c.value for result in results for critical in result.thresholds.values() if critical.w_c]
    low, high = min([*every, *roots], default=0.0), max([*every, *roots], default=1.0)
    room = 0.06 * max(high - low, 4.0)
    return max(low - room, 0.0), high + room


def _uid(group: str) -> str:
    """A threshold in the names of its lines, which Plotly takes for classes of CSS: those have no dots."""
    return "nll-" + group.replace(".", "-")


def _add_parabola(figure: go.Figure, critical: CriticalWidth, colour: str, low: float, high: float) -> None:
    """The fit and its band, from the band's own root on: below it a rate would be negative."""
    if critical.fit is None or not np.isfinite(critical.fit.root):
        return
    start = critical.w_c.low if critical.w_c else critical.fit.root
    w = np.linspace(max(start, low), high, STEPS)
    value, below, above = critical.curve(w)
    group = f"{critical.threshold:g}"
    add_band(figure, w, np.maximum(below, 0), np.maximum(above, 0), colour, group, _uid(group))
    drawn = value >= 0
    figure.add_scatter(
        x=w[drawn], y=value[drawn], mode="lines", line={"color": colour, "width": 2}, showlegend=False,
        legendgroup=group, uid=f"{_uid(group)}-fit", hoverinfo="skip", meta="fit",
    )  # fmt: skip


def _add_runs(figure: go.Figure, critical: CriticalWidth, colour: str, up: float) -> None:
    """The runs that reached NLL*, and those that did not, so many pixels up, or the last would hide all others."""
    group = f"{critical.threshold:g}"
    kinds = (
        ("points", critical.points, {"symbol": "circle", "size": 9}, "τ* = %{customdata[0]:.4g}"),
        (
            "censored",
            critical.censored,
            {"symbol": "arrow", "angle": 180, "standoff": up, "size": ARROW},
            "not reached by τ = %{customdata[0]:.4g}: 1/τ* lies below",
        ),
    )
    for kind, times, marker, words in kinds:
        figure.add_scatter(
            x=[time.width for time in times],
            y=[time.rate for time in times],
            customdata=[[time.tau_star or time.tau_reached, time.seed, html.escape(time.run)] for time in times],
            mode="markers",
            marker={"color": colour, **marker},
            name=group,
            legendgroup=group,
            showlegend=kind == "points",
            uid=f"{_uid(group)}-{kind}",
            meta=kind,
            hovertemplate=f"<b>w = %{{x}}</b>, seed %{{customdata[1]}}, NLL* = {group} bits<br>{words}<br>"
            "1/τ* = %{y:.3g}<br>%{customdata[2]}<extra></extra>",
        )


def _add_root(figure: go.Figure, critical: CriticalWidth, w_c: Estimate, colour: str, row: int) -> None:
    """w_c and its interval, in a row of its own below the curves."""
    group = f"{critical.threshold:g}"
    figure.add_scatter(
        x=[w_c.value], y=[row], yaxis="y2", mode="markers", uid=f"{_uid(group)}-root", legendgroup=group, meta="w_c",
        showlegend=False,
        marker={"color": colour, "symbol": "diamond", "size": 12, "line": {"width": 1, "color": "white"}},
        error_x=error_bars([w_c], 3, 7, color=colour),
        hovertemplate=f"<b>w<sub>c</sub> = {w_c.text(2, 'f')}</b> (95 %) at NLL* = {group} bits<extra></extra>",
    )  # fmt: skip


def _add_papers_root(figure: go.Figure, w_c: float, row: int) -> None:
    figure.add_scatter(
        x=[w_c], y=[row], yaxis="y2", mode="markers", name="the paper's w<sub>c</sub>", uid="paper", meta="paper",
        marker={"symbol": "x", "size": 11, "color": GREY},
        hovertemplate=f"<b>The paper's w<sub>c</sub> = {w_c:g}</b> at NLL* = {PAPER_THRESHOLD} bits<extra></extra>",
    )  # fmt: skip


def critical_widths(criticality: Criticality, papers: Mapping[int, float] = NONE) -> go.Figure:
    """NLL* against w_c, with the linear regression of w_c on NLL* of every depth (Fig. 6).

    papers: the paper's w_c by depth, where it may stand beside ours.
    """
    figure = empty()
    for depth, result in criticality.depths.items():
        colour, name = depth_colour(depth), f"d = {depth}"
        known = {t: critical.w_c for t, critical in sorted(result.thresholds.items()) if critical.w_c}
        estimates = list(known.values())
        figure.add_scatter(
            x=[w_c.value for w_c in estimates], y=list(known), mode="markers", name=name, legendgroup=name,
            uid=f"{depth}-w_c", meta="w_c", marker={"color": colour, "size": 10},
            error_x=error_bars(estimates, 2, 6, color=colour),
            customdata=[[w_c.low, w_c.high] for w_c in estimates],
            hovertemplate=f"<b>{name}</b>, NLL* = %{{y}} bits<br>w<sub>c</sub> = %{{x:.2f}}, "
            "95 %: %{customdata[0]:.2f} to %{customdata[1]:.2f}<extra></extra>",
        )  # fmt: skip
        if (slope := result.line.slope) and (intercept := result.line.intercept):
            at = np.linspace(0, max(result.thresholds) * 1.05, STEPS)
            line = intercept.value + slope.value * at
            figure.add_scatter(
                x=line[line >= 0], y=at[line >= 0], mode="lines", legendgroup=name, showlegend=False,
                line={"color": colour, "width": 2}, uid=f"{depth}-line", hoverinfo="skip", meta="line",
            )  # fmt: skip
        if depth in papers:
            figure.add_scatter(
                x=[papers[depth]], y=[PAPER_THRESHOLD], mode="markers", name=f"the paper's, {name}", meta="paper",
                uid=f"{depth}-paper", marker={"symbol": "x", "size": 11, "color": colour},
            )  # fmt: skip
    x, y = axis("critical width w<sub>c</sub> (units)"), axis("threshold NLL* (bits)", rangemode="tozero")
    figure.update_layout(layout(x, y))
    return figure
