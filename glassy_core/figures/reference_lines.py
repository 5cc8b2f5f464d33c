"""What stands beside a learning curve: the floor, the loss of plausible music, the paper's own law."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from glassy_core.arrays import Integers
from glassy_core.figures.palette import GREY
from glassy_core.figures.style import Curve, View, named
from glassy_core.paper.numbers import PLAUSIBLE_NLL, PaperCurve, paper_curve
from glassy_core.runs.records import Series


def guide(curve: Curve, view: View) -> go.Scatter | None:
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


def levels(curves: Sequence[Curve], view: View) -> list[tuple[float, str]]:
    """Horizontal lines: value in bits and what it is. A floor of 0 has no place on a logarithmic axis."""
    floors = {(curve.floor, curve.data) for curve in curves if curve.floor is not None}
    levels = [(PLAUSIBLE_NLL, f"plausible music: NLL {PLAUSIBLE_NLL:g}")]
    known = [(c.config, law) for c in curves if view.laws and (law := paper_curve(c.config)) and law.nll_inf]
    # On a linear axis nothing tells those apart that are close to zero.
    laws = {(c.depth, c.width): law for c, law in known if view.y_log or law.nll_inf > PLAUSIBLE_NLL}
    # Among the paper's lines, or on a linear axis, there is little room; a single floor is that of the data shown.
    short = (bool(laws) or not view.y_log) and len(floors) == 1
    levels += [(value, f"floor {value:.3g}" + ("" if short else f": {data}")) for value, data in sorted(floors)]
    levels += [(law.nll_inf, f"paper, d = {d}, w = {w}: NLL∞ {law.nll_inf:g}") for (d, w), law in sorted(laws.items())]
    return [(value, html.escape(text)) for value, text in levels if value > 0 or not view.y_log]


def level(value: float, text: str, lowest: bool, log: bool) -> dict[str, Any]:
    """A horizontal line with its words; lowest: of all lines of the figure."""
    # Curves begin high and end low: there is room at the left, for lines as high as where they pause below the line
    # only. A floor with the paper's lines close to it has its words close above, at the right. On a linear axis all
    # words are above their lines, those of the floor and of the paper in the middle.
    paper, floor = text.startswith("paper"), text.startswith("floor")
    among = log and floor and not lowest
    below = log and not among and (floor or (paper and (lowest or value > PLAUSIBLE_NLL)))
    place = "end" if among else "start" if log or not (paper or floor) else "middle"
    return across(value) | {
        "line": {"color": GREY, "width": 1.4, "dash": "1px,4px" if paper else "solid"},
        # In the figure's own letters. With an angle that is given, the padding holds along the line, too.
        "label": {
            "text": text,
            "textposition": place,
            "xanchor": "right" if among else "left",
            "yanchor": "top" if below else "bottom",
            "textangle": 0,
            "padding": 1 if among else 6,
        },
    }


def across(value: float) -> dict[str, Any]:
    """A horizontal line over the whole width; above all else, as the grid would strike its label through."""
    line = {"type": "line", "layer": "above", "xref": "paper", "x0": 0, "x1": 1}
    return line | {"yref": "y", "y0": value, "y1": value}
