"""Fig. 1 of the paper: the network, drawn for any depth and width."""

from __future__ import annotations

import base64

import streamlit as st

from glassy_core.figures.network import WIDTH, WORDS, counts, picture
from glassy_core.figures.palette import WEIGHTS
from glassy_core.network.equations import parameter_count
from glassy_core.ui.shell.frame import INK, prose
from glassy_core.ui.shell.words import whole


def network(depth: int, width: int) -> None:
    """The picture of one network."""
    drawn = base64.b64encode(picture(depth, width).encode()).decode()
    alt = f"{depth} layers of {width} units between the chord that sounds and the next chord"
    st.html(f'<img src="data:image/svg+xml;base64,{drawn}" alt="{alt}" style="width:100%;max-width:{WIDTH}px">')


def any_network() -> None:
    """The picture of the network whose depth and width the reader sets, and how many parameters it has."""
    with st.container(horizontal=True, gap="large"):
        depth = st.slider("depth d (layers)", 1, 10, 2, key="d", bind="query-params", width=300)
        width = st.slider("width w (units per layer)", 2, 200, 30, key="w", bind="query-params", width=300)
    network(depth, width)
    sizes = counts(depth, width)
    rows = [
        f'<li style="color:{WEIGHTS[kind]}"><span style="color:{INK}">{WORDS[kind]}: {whole(sizes[kind])} weights'
        "</span></li>"
        for kind in WORDS
    ]  # the dot is as the arrow; letters in those colours would be too faint
    st.html(f"<ul>{''.join(rows)}</ul>")
    prose(
        f"With the output's {sizes['h0']} biases: {whole(round(parameter_count(depth, width)))} free parameters, each "
        f"orthogonal M counted as w(w - 1)/2. `python -m glassy_core network --depth {depth} --width {width}` prints "
        "these numbers."
    )
