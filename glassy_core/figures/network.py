"""The network as a picture (Hertz & Tyrcha, Fig. 1): layers of units, the kinds of connections; no UI in here."""

from __future__ import annotations

import math
from itertools import pairwise

from glassy_core.editions.encoding import N_PITCHES
from glassy_core.figures.palette import GREY, TEXT, WEIGHTS
from glassy_core.network.equations import weight_shapes

# The letters have the page's own colour. A picture that is shown narrow has larger ones, and names over the layers.
STYLE = (
    f"text{{fill:{TEXT['light']}}}"
    f"@media (prefers-color-scheme:dark){{text{{fill:{TEXT['dark']}}}}}"
    "@media (max-width:520px){text{font-size:24px}"
    ".name{transform:translate(0,-28px)}.number{transform:translate(-28px)}}"
)
WORDS = {
    "J": "J: from each layer to the next",
    "M": "M: within a layer, from one chord to the next",
    "K": "K: from the last layer to the output",
    "W": "W: from the input straight to the output",
}
MOST_UNITS = 9  # drawn of a layer
MOST_LAYERS = 5  # drawn of a deep network; dots stand for the others
WIDTH, ROW, TOP = 760, 92, 34


def counts(depth: int, width: int) -> dict[str, int]:
    """Elements of each kind of weights, all layers together."""
    out = dict.fromkeys(("J", "M", "K", "W", "h0"), 0)
    for name, shape in weight_shapes(depth, width).items():
        out[name.split(".")[0]] += math.prod(shape)
    return out


def picture(depth: int, width: int) -> str:
    """An SVG of d layers of w units between the chord that sounds, below, and the chord that is predicted, above."""
    shown = list(range(depth)) if depth <= MOST_LAYERS else [0, 1, -1, depth - 2, depth - 1]  # -1: left out
    rows: list[int | str] = ["input", *shown, "output"]
    height = TOP + ROW * len(rows)
    y = {name: height - ROW // 2 - ROW * k for k, name in enumerate(rows)}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="A network of {depth} layers of {width} units" '
        f'font-size="15" font-family="sans-serif"><style>{STYLE}</style>'
    ]
    parts += [_arrow(y[below], y[above], "K" if above == "output" else "J") for below, above in pairwise(rows)]
    parts.append(_past_all(y["input"], y["output"]))
    for row in rows:
        if row == -1:
            parts.append(f'<text x="300" y="{y[row] + 5}" text-anchor="middle">{depth - 4} more layers</text>')
            continue
        layer = isinstance(row, int)
        parts.append(_units(y[row], width if layer else N_PITCHES))
        parts.append(f'<text class="name" x="24" y="{y[row] + 5}">{_name(row)}</text>')
        if layer:
            parts.append(_loop(y[row]))
    return "".join(parts) + "</svg>"


def _name(row: int | str) -> str:
    if isinstance(row, str):
        return "chord S(t)" if row == "input" else "next chord O(t)"
    return f"layer μ<tspan dy='4' font-size='0.75em'>{row}</tspan>"


def _units(y: int, n: int) -> str:
    """Up to MOST_UNITS circles for n units, and their number."""
    drawn = min(n, MOST_UNITS)
    left = 300 - 15 * (drawn - 1)
    circles = [
        f'<circle cx="{left + 30 * k}" cy="{y}" r="9" fill="none" stroke="{GREY}" stroke-width="1.6"/>'
        for k in range(drawn)
    ]
    return "".join(circles) + f'<text class="number" x="468" y="{y + 5}">{"…" if n > drawn else ""}{n}</text>'


def _arrow(below: int, above: int, kind: str) -> str:
    colour, tip = WEIGHTS[kind], above + 18
    head = f'<path d="M300 {tip - 4}l-6 11h12z" fill="{colour}"/>'
    return (
        f'<path d="M300 {below - 16}V{tip}" stroke="{colour}" stroke-width="3"/>{head}'
        f'<text x="312" y="{(below + above) // 2 + 5}">{kind}</text>'
    )


def _loop(y: int) -> str:
    """The recurrent connections of a layer."""
    colour = WEIGHTS["M"]
    return (
        f'<path d="M510 {y - 8}c56 -30 56 46 4 18" fill="none" stroke="{colour}" stroke-width="3"/>'
        f'<path d="M508 {y + 8}l12 -3l-5 11z" fill="{colour}"/><text x="566" y="{y + 5}">M</text>'
    )


def _past_all(bottom: int, top: int) -> str:
    """From the input straight to the output."""
    colour = WEIGHTS["W"]
    return (
        f'<path d="M510 {bottom}H680V{top}H516" fill="none" stroke="{colour}" stroke-width="3"/>'
        f'<path d="M506 {top}l12 -6v12z" fill="{colour}"/>'
        f'<text x="692" y="{(bottom + top) // 2}">W</text>'
    )
