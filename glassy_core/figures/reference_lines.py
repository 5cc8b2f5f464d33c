"""The horizontal lines of the learning curves: the loss of plausible music, floors of the data, paper's asymptotes."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from glassy_core.figures.palette import GREY
from glassy_core.figures.style import Curve, View
from glassy_core.paper.numbers import PLAUSIBLE_NLL, paper_curve


def lines(curves: Sequence[Curve], view: View) -> list[dict[str, Any]]:
    """The lines with their words, as shapes of the figure."""
    levels = _levels(curves, view)
    lowest = min(level.value for level in levels)
    shapes = [_level_line(level, level.value == lowest, view.y_log) for level in levels]
    # Room for the lowest label: the range takes in an invisible line (autorangeoptions fail on logarithmic axes).
    return [*shapes, _across(0.45 * lowest) | {"opacity": 0}]


class ReferenceLine(NamedTuple):
    """A horizontal line: its value in bits, what it is, its words."""

    value: float
    kind: Literal["music", "floor", "paper"]
    words: str


def _levels(curves: Sequence[Curve], view: View) -> list[ReferenceLine]:
    """The loss of plausible music, the floors of the data, the paper's asymptotes.

    A floor of 0 has no place on a logarithmic axis.
    """
    floors = sorted({(curve.floor, curve.data) for curve in curves if curve.floor is not None})
    laws = {(c.config.depth, c.config.width): law for c in curves if view.laws and (law := paper_curve(c.config))}
    # On a linear axis nothing tells those apart that are close to zero.
    laws = {network: law for network, law in laws.items() if law.nll_inf > (0 if view.y_log else PLAUSIBLE_NLL)}
    # Among the paper's lines, or on a linear axis, there is little room; a single floor is that of the data shown.
    short = (bool(laws) or not view.y_log) and len(floors) == 1
    levels = [
        ReferenceLine(PLAUSIBLE_NLL, "music", f"plausible music: NLL {PLAUSIBLE_NLL:g}"),
        *(
            ReferenceLine(value, "floor", f"floor {value:.3g}" + ("" if short else f": {data}"))
            for value, data in floors
        ),
        *(
            ReferenceLine(law.nll_inf, "paper", f"paper, d = {d}, w = {w}: NLL∞ {law.nll_inf:g}")
            for (d, w), law in sorted(laws.items())
        ),
    ]
    return [level for level in levels if level.value > 0 or not view.y_log]


def _level_line(level: ReferenceLine, lowest: bool, log: bool) -> dict[str, Any]:
    """A level with its words; lowest: of all in the figure."""
    place, below = _place_of_words(level, lowest, log)
    return _across(level.value) | {
        "line": {"color": GREY, "width": 1.4, "dash": "1px,4px" if level.kind == "paper" else "solid"},
        # In the figure's own letters. With an angle that is given, the padding holds along the line, too.
        "label": {
            "text": html.escape(level.words),
            "textposition": place,
            "xanchor": "right" if place == "end" else "left",
            "yanchor": "top" if below else "bottom",
            "textangle": 0,
            "padding": 1 if place == "end" else 6,
        },
    }


def _place_of_words(level: ReferenceLine, lowest: bool, log: bool) -> tuple[Literal["start", "middle", "end"], bool]:
    """Where along its line a level has its words, and whether below it: where no curve runs.

    Curves begin high and end low: there is room at the left; for a line as high as where they pause, below it only.
    """
    if not log:  # those of plausible music apart from the others, which lie close to it
        return "start" if level.kind == "music" else "middle", False
    if level.kind == "floor" and not lowest:  # the paper's lines are close to it
        return "end", False
    if level.kind == "paper":
        return "start", lowest or level.value > PLAUSIBLE_NLL
    return "start", level.kind == "floor"


def _across(value: float) -> dict[str, Any]:
    """A horizontal line over the whole width; above all else, as the grid would strike its label through."""
    line = {"type": "line", "layer": "above", "xref": "paper", "x0": 0, "x1": 1}
    return line | {"yref": "y", "y0": value, "y1": value}
