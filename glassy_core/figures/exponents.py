"""How fast each setting decays: the exponents of all runs against w or w / w_c, one colour a depth (Sec. III)."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

from glassy_core.figures.palette import depth_colour, faint
from glassy_core.figures.style import LEGEND, MARGIN, axis, empty, error_bars, layout, named
from glassy_core.paper.exponents import ExponentPoint
from glassy_core.paper.numbers import CURVES, EXPONENT_RANGE, PAPER_W_C
from glassy_core.physics.estimate import Estimate

MEASURES = {
    "exponent": "exponent a",
    "between": f"a from NLL {EXPONENT_RANGE[1]:g} to {EXPONENT_RANGE[0]:g}",
    "nll_inf": "NLL∞ (bits)",
}
AXES = {"ratio": "w / w_c", "width": "width w"}
_X_TITLES = {"ratio": "width over the critical width, w / w<sub>c</sub>", "width": "width w (hidden units per layer)"}
_TICKS = (0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10)  # of w / w_c
# A symbol a task: of steps, of flows.
_SYMBOLS = {"steps": ("circle", "hexagon", "pentagon"), "flow": ("diamond", "square", "triangle-up", "star")}


@dataclass(frozen=True)
class _Series:
    """The places of one depth, or of one task and depth: an entry of the legend."""

    id: str
    label: str
    colour: str
    symbols: dict[str, str]
    places: list[ExponentPoint]
    of_several: bool = False  # several tasks are shown: a line joins what is of one


def exponent_map(
    places: Sequence[ExponentPoint],
    measure: str = "exponent",
    paper: bool = False,
    against: Literal["ratio", "width"] = "width",
) -> go.Figure:
    """An estimate with its 95 % interval against w or w / w_c, a colour a depth; hollow where the fit is doubtful.

    measure: one of MEASURES; "between" is of places whose law is pure. paper: show the paper's values, crosses, for its
    own data. against "ratio": places whose w_c is not known are left out. Of several tasks each has a symbol and a line
    of its own.
    """
    figure = empty()
    name = "nll_inf" if measure == "nll_inf" else "exponent"
    shown = [one for one in places if getattr(one, name) and (one.w_c or against == "width")]
    for series in _by_depth(shown):
        figure.add_trace(_estimates(series, name, against))
    if paper:
        for depth in sorted({depth for depth, _ in CURVES}):
            figure.add_trace(_papers(depth, measure, against))
    x: dict[str, Any] = {"title": {"text": _X_TITLES[against]}}
    if against == "ratio":
        x = axis(_X_TITLES[against], "log", tickvals=_TICKS, ticktext=[f"{n:g}" for n in _TICKS], range=_range(shown))
    y = {"title": {"text": MEASURES[measure]}, "rangemode": "tozero"}
    legend = LEGEND | {"title": {"text": "depth, chorales:", "side": "top"}} if _several(shown) else LEGEND
    figure.update_layout(layout(x, y, uirevision=f"{measure}-{against}", margin=MARGIN | {"t": 48}, legend=legend))
    return figure


def _by_depth(places: Sequence[ExponentPoint]) -> list[_Series]:
    """By depth, and by task where there are several."""
    symbols = _symbols(places)
    tasks = list(dict.fromkeys(place.task for place in places))
    groups: dict[tuple[int, str], list[ExponentPoint]] = {}
    for place in sorted(places, key=lambda one: (one.config.depth, tasks.index(one.task), one.config.width)):
        groups.setdefault((place.config.depth, place.task if _several(places) else ""), []).append(place)
    return [
        _Series(
            f"d{depth}-{tasks.index(task)}" if task else f"d{depth}",
            f"d = {depth}" + (f", {group[0].config.chorales}" if task else ""),
            depth_colour(depth),
            symbols,
            group,
            bool(task),
        )
        for (depth, task), group in groups.items()
    ]


def _several(places: Iterable[ExponentPoint]) -> bool:
    """Whether they learn different data: the same by steps and as a flow is one task."""
    return len({place.config.data_name() for place in places}) > 1


def _symbols(places: Iterable[ExponentPoint]) -> dict[str, str]:
    """By task and dynamics, of those that differ in what they learn."""
    names: dict[str, dict[str, None]] = {"steps": {}, "flow": {}}
    for place in places:
        names[place.config.dynamics].setdefault(place.config.data_name())
    return {
        f"{dynamics}: {data}": of_dynamics[at % len(of_dynamics)]
        for dynamics, of_dynamics in _SYMBOLS.items()
        for at, data in enumerate(names[dynamics])
    }


def _estimates(series: _Series, name: str, against: str) -> go.Scatter:
    found = [getattr(place, name) for place in series.places]
    x = [_x(place, against) for place in series.places]
    return named(
        series,
        "estimates",
        x=x,
        y=[e.value for e in found],
        mode="lines+markers" if series.of_several else "markers",
        line={"width": 1, "dash": "dot"},
        marker={
            "size": 10,
            "symbol": [_symbol(place, series.symbols) for place in series.places],
            "line": {"width": 1.6},
        },
        error_y=error_bars(found, 1.2, 3) | {"color": series.colour},
        error_x=_shared(series) if against == "ratio" else None,
        customdata=[_words(place) for place in series.places],
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=True,
    )


def _x(place: ExponentPoint, against: str) -> float:
    return place.config.width / place.w_c.value if place.w_c and against == "ratio" else place.config.width


def _shared(series: _Series) -> dict[str, Any]:
    """The error of w_c, which is one for all of a line and task: drawn on its widest network alone."""
    seen = {place.task: at for at, place in enumerate(series.places)}
    bars = [_ratio(one) if seen[one.task] == at else None for at, one in enumerate(series.places)]
    none = [bar or Estimate(0, 0, 0) for bar in bars]
    return error_bars(none, 1, 3) | {"color": faint(series.colour, 0.35)}


def _ratio(place: ExponentPoint) -> Estimate:
    """w / w_c with its interval, whose upper end is far off where w_c may be next to nothing."""
    assert place.w_c
    width, least = place.config.width, 1e-3 * place.w_c.value
    return Estimate(width / place.w_c.value, width / place.w_c.high, width / max(place.w_c.low, least))


def _range(places: Sequence[ExponentPoint]) -> list[float] | None:
    """Of the logarithmic axis: all values, whatever their intervals."""
    values = [math.log10(_x(place, "ratio")) for place in places] + [math.log10(30 / PAPER_W_C[2])]
    return [min(values) - 0.06, max(values) + 0.08]


def _symbol(place: ExponentPoint, symbols: dict[str, str]) -> str:
    """Of its task and dynamics, a flow's a diamond where there is one task; hollow where the fit is doubtful."""
    symbol = symbols[f"{place.config.dynamics}: {place.config.data_name()}"]
    return symbol + ("" if place.fit.reliable else "-open")


def _words(place: ExponentPoint) -> str:
    config, fit = place.config, place.fit
    assert place.exponent is not None
    assert fit.window is not None
    seeds = "1 seed" if len(place.runs) == 1 else f"{len(place.runs)} seeds"
    way = "a flow" if config.dynamics == "flow" else f"η = {config.eta:g}, p = {config.batch_size}"
    lines = [
        f"<b>d = {config.depth}, w = {config.width}</b>, {seeds}, {way}",
        html.escape(config.data_name()),
        *([f"w<sub>c</sub> = {place.w_c.text(3)}"] if place.w_c else []),
        f"a = {place.exponent.text(3)}" + (", a pure power law" if place.pure else ""),
        *([f"NLL∞ = {place.nll_inf.text(3)} bits"] if place.nll_inf else []),
        f"τ from {fit.window[0]:.3g} to {fit.window[1]:.3g}",
    ]
    return "<br>".join([*lines, *([html.escape(f"unreliable: {fit.why}")] if not fit.reliable else [])])


def _papers(depth: int, measure: str, against: str) -> go.Scatter:
    """The paper's values; from one NLL to another it has those that it fitted in that range."""
    name = "nll_inf" if measure == "nll_inf" else "exponent"
    laws = {
        w: law
        for (d, w), law in sorted(CURVES.items())
        if d == depth and getattr(law, name) and (law.range or measure != "between")
    }
    entry = _Series(f"d{depth}", f"d = {depth}", depth_colour(depth), {}, [])
    return named(
        entry,
        "paper",
        x=[w / PAPER_W_C[depth] if against == "ratio" else w for w in laws],
        y=[getattr(law, name) for law in laws.values()],
        customdata=list(laws),
        mode="markers",
        marker={"size": 11, "symbol": "x-thin", "line": {"width": 2.4, "color": entry.colour}},
        hovertemplate=f"<b>The paper</b>, d = {depth}, w = %{{customdata}}: %{{y:.4g}}<extra></extra>",
    )
