"""The last sections of the Aging page: how Delta grows, with windows to move, and which kinds of weights move."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from glassy_core.figures.aging import Column, by_kind, growth
from glassy_core.paper.numbers import PAPER_EXPONENT, PAPER_ORIGIN
from glassy_core.physics.aging.fluctuations import Waiting
from glassy_core.physics.aging.growth import LOGARITHM, POWER, logarithm, power
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.results.aging import AgingNetwork, Measure, columns, with_interval
from glassy_core.ui.shell.choice import forget_unless
from glassy_core.ui.shell.frame import plain, prose
from glassy_core.ui.shell.words import number, whole


def the_growth(chosen: Sequence[AgingNetwork], how: Measure) -> None:
    """The power law after the waiting time and the late logarithm, each with its window (Fig. 9)."""
    shown, _ = columns(chosen, how)
    if not shown:
        return
    labels = [column.label for column in shown]
    forget_unless("grown", labels)
    picked = st.selectbox("Network", labels, key="grown", bind="query-params", width=420)
    column = shown[labels.index(picked)]
    with st.grid(2, min_column_width=380, gap="medium"):
        with st.container():
            st.markdown("**Power law**: Δ = A (x - x₀)ᵇ")
            _fit_in_window(column, "power", POWER)
        with st.container():
            st.markdown("**Logarithm**: Δ = A + B log x")
            _fit_in_window(column, "log", LOGARITHM)
    prose(
        f"For x = τ/τ_w from 1 to 6 the paper finds an exponent of {PAPER_EXPONENT}, with x₀ = {PAPER_ORIGIN} (d = 2, "
        "w = 30, 80 chorales, τ_w = 80); later only a logarithm: each doubling of the time adds the same again. Move "
        "the shaded windows, or type their ends."
    )


def _fit_in_window(column: Column, name: str, default: tuple[float, float]) -> None:
    """One plot with a window to drag, its ends in the URL; no end means all there is."""
    low_key, high_key = f"{name}_from", f"{name}_to"
    figure_place = st.container()
    with st.container(horizontal=True):
        low = st.number_input("x from", 0.0, None, default[0], 0.5, key=low_key, bind="query-params", width=140)
        to = None if np.isinf(default[1]) else default[1]
        high = st.number_input(
            "to", 0.0, None, to, 0.5, key=high_key, bind="query-params", placeholder="no end", width=140
        )
        origin = 0.0
        if name == "power":
            origin = st.number_input(
                "x₀", 0.0, 10.0, 0.0, 0.1, key="power_origin", bind="query-params", width=140,
                help="Where the aging regime is taken to begin: 0 is a plain power of x.",
            )  # fmt: skip
    window = (low or 0.0, np.inf if high is None else high)
    curves = column.aging.curves
    try:
        fit = logarithm(curves, window) if name == "log" else power(curves, window, origin or 0.0)
    except ValueError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    end = max(float(curve.x[-1]) for curve in curves)

    def moved(ends: tuple[float, float]) -> None:
        st.session_state[low_key] = round(ends[0], 3)
        st.session_state[high_key] = None if ends[1] >= end else round(ends[1], 3)

    start = max(window[0], min(float(curve.x[0]) for curve in curves))
    symbol = "B" if name == "log" else "b"
    words = f"{symbol} = {with_interval(fit.slope)}" if fit.slope else fit.why
    with figure_place:
        live_figure(
            growth(column, fit, name == "log"), key=f"growth-{name}", alt=f"Delta against x, {column.label}. {words}",
            height=420, filename=f"aging-{name}", window=(start, min(window[1], end)) if start < end else None,
            on_window=moved,
        )  # fmt: skip
        st.markdown(plain(words))


def the_kinds(chosen: Sequence[AgingNetwork], how: Measure) -> None:
    """D of every kind of weights after one waiting time."""
    shown, _ = columns(chosen, how)
    # Flows that have waited for one tau have made different numbers of steps until then.
    in_tau = any(network.config.dynamics == "flow" for network in chosen)

    def waited(waiting: Waiting) -> float:
        return float(f"{waiting.tau_w:.6g}") if in_tau else waiting.tau_w_step

    times = sorted({waited(waiting) for c in shown for t in c.trajectories for waiting in t.waiting})
    if not times:
        return
    forget_unless("waited", times)
    time = st.segmented_control(
        "Waiting time (τ)" if in_tau else "Waiting time (steps)", times, default=times[0], key="waited",
        bind="query-params", required=True, format_func=lambda at: number(at) if in_tau else whole(int(at)),
    )  # fmt: skip
    with st.grid(min(len(shown), 3), min_column_width=320, gap="small"):
        for k, column in enumerate(shown):
            waitings = [w for t in column.trajectories for w in t.waiting if waited(w) == time]
            with st.container():
                st.markdown(f"**{plain(column.label)}**")
                if not waitings:
                    st.caption("This network has no such waiting time yet.")
                    continue
                live_figure(
                    by_kind(waitings), key=f"kinds-{k}", alt=f"D of each kind of weights, {column.label}.", height=400,
                    filename=f"drift-by-kind-{k}",
                )  # fmt: skip
    prose(
        "Which weights move? J: from the input and between layers; M: recurrent, kept orthogonal, so each can only "
        "turn; K: from the last layer to the output; W: straight from input to output; h0: biases. A line a seed."
    )
