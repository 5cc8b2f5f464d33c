"""What the physics figures share: graded colours, faint bands, the frame of a plot; no UI in here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from glassy_core.arrays import Floats
from glassy_core.figures.palette import SHADES


def shades(n: int) -> list[str]:
    """n graded colours."""
    ends = np.array([_rgb(colour) for colour in SHADES], dtype=np.float64)
    places = np.linspace(0, len(SHADES) - 1, n) if n > 1 else np.zeros(n)
    mixed = np.stack([np.interp(places, np.arange(len(SHADES)), ends[:, k]) for k in range(3)], axis=-1)
    return ["#" + "".join(f"{round(value):02X}" for value in colour) for colour in mixed]


def faint(colour: str, opacity: float = 0.16) -> str:
    """A colour for the inside of a band."""
    return f"rgba({','.join(map(str, _rgb(colour)))},{opacity})"


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


def axis(title: str, kind: Literal["log", "linear"] = "linear", revision: str = "", **more: Any) -> dict[str, Any]:
    """A logarithmic or linear axis with its title."""
    ticks = {"exponentformat": "power", "nticks": 6} if kind == "log" else {"exponentformat": "power"}
    return {"type": kind, "title": {"text": title}, "uirevision": f"{kind}-{revision}"} | ticks | more


def layout(x: dict[str, Any], y: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Room around the plot, the legend above it, where no curve can run behind it."""
    return {
        "uirevision": "kept",
        "hovermode": "closest",
        "margin": {"l": 76, "r": 16, "t": 64, "b": 56},
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "xanchor": "left", "yanchor": "bottom"},
        "xaxis": x,
        "yaxis": y,
    } | more


def limits(arrays: Sequence[Floats], log: bool, room: float = 0.05) -> list[float] | None:
    """One range for several plots of the same quantity, as Plotly wants it; None where there is nothing to show."""
    values = np.concatenate([np.asarray(array, dtype=np.float64) for array in arrays]) if arrays else np.array([])
    values = values[np.isfinite(values) & ((values > 0) | (not log))]
    if len(values) == 0:
        return None
    low, high = (np.log10([values.min(), values.max()])) if log else (min(0.0, values.min()), values.max())
    span = max(float(high - low), 0.1 if log else 1e-12)
    return [float(low - room * span) if log or low < 0 else 0.0, float(high + room * span)]


def _rgb(colour: str) -> tuple[int, int, int]:
    r, g, b = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return r, g, b
