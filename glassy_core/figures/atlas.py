"""The atlas as a map: number of chorales against width, coloured by what a network has reached; no UI in here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from glassy_core.arrays import Integers
from glassy_core.figures.palette import shades
from glassy_core.figures.style import layout
from glassy_core.music.atlas.files import Atlas
from glassy_core.music.atlas.grid import CHORALES, TAUS, WIDTHS, Coordinates
from glassy_core.music.atlas.learning import Learned

_ENDS = (-3.0, 0.0)  # of the scale, log10 of the NLL
_GRADES = 25


def phase_map(atlas: Atlas, depth: int, tau: float, seed: int = 0) -> go.Figure:
    """NLL at a tau by width and number of chorales; a tick where a network sings as much of all as any one does."""
    at = int(np.searchsorted(TAUS, tau, side="right")) - 1
    rows = [[atlas.networks[Coordinates(n, depth, width, seed)] for width in WIDTHS] for n in CHORALES]
    nll = [[float(network.nll[min(at, len(network.nll) - 1)]) for network in row] for row in rows]
    cells = go.Heatmap(
        x=[str(width) for width in WIDTHS],
        y=[str(n) for n in CHORALES],
        z=np.log10(nll).tolist(),
        customdata=nll,
        text=[_ticks(row, at, _most(atlas, n)) for n, row in zip(CHORALES, rows, strict=True)],
        texttemplate="%{text}",
        textfont={"color": "white"},
        zmin=_ENDS[0],
        zmax=_ENDS[1],
        colorscale=[[k / (_GRADES - 1), ink] for k, ink in enumerate(shades(_GRADES))],
        showscale=False,
        xgap=3,
        ygap=3,
        hovertemplate="w = %{x}, chorales: %{y}<br>NLL %{customdata:.3g} bits<extra></extra>",
    )
    axes = ({"type": "category", "title": {"text": words}} for words in ("width w", "chorales"))
    return go.Figure(cells, layout(*axes, margin={"l": 76, "r": 16, "t": 8, "b": 56}))


def _most(atlas: Atlas, chorales: int) -> Integers:
    """Of each of so many chorales, how many chords any network has by heart at the end."""
    known = [network.counts[-1] for place, network in atlas.networks.items() if place.chorales == chorales]
    return np.max(known, axis=0)


def _ticks(row: Sequence[Learned], at: int, most: Integers) -> list[str]:
    counts = [network.counts[min(at, len(network.counts) - 1)] for network in row]
    return ["✓" if (known >= most).all() else "" for known in counts]
