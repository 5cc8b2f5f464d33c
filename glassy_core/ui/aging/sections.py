"""The sections of the Aging page: each its controls, its figures, and words for a class."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from glassy_core.figures import tables
from glassy_core.figures.aging import (
    Axes,
    Column,
    along,
    collapse_errors,
    fluctuations,
    scales,
)
from glassy_core.figures.style import limits
from glassy_core.paper.aging import full_aging
from glassy_core.paper.numbers import PAPER_ALPHA
from glassy_core.physics.aging.collapse import BREAK, BREAK_STRETCH, Breakdown, breakdowns
from glassy_core.physics.aging.fluctuations import JOINS, DeltaCurve
from glassy_core.physics.estimate import Estimate
from glassy_core.ui.components.live_figure import DraggedSlider, live_figure
from glassy_core.ui.results.aging import AgingNetwork, Measure, columns, described, with_interval
from glassy_core.ui.shell.frame import plain, prose


def _panels(shown: Sequence[Column], axes: Axes, key: str, crosses: bool = False) -> None:
    """One panel a network, beside each other and on the same axes, as in Fig. 7."""
    curves = [curve for column in shown for curve in column.aging.curves]
    x_range = limits([along(curve, axes.mu) for curve in curves], axes.log)
    y_range = limits([curve.delta for curve in curves], axes.log)
    axes = Axes(axes.mu, axes.log, x_range, y_range)
    with st.grid(min(len(shown), 3) or 1, min_column_width=320, gap="small"):
        for k, column in enumerate(shown):
            with st.container():
                st.markdown(f"**{plain(column.label)}**")
                broken = breakdowns(column.aging.curves, axes.mu) if crosses and axes.mu is not None else ()
                live_figure(
                    fluctuations(column, axes, broken), key=f"{key}-{k}", alt=described(column), height=420,
                    filename=f"aging-{key}-{k}", title=f"Aging, {column.label}", slide=_slide(column, curves, axes),
                )  # fmt: skip


def _slide(column: Column, curves: Sequence[DeltaCurve], axes: Axes) -> DraggedSlider | None:
    """Curves move along x while mu is dragged. curves: of all panels."""
    if axes.mu is None:
        return None
    ends = [(float(x[0]), float(x[-1]), curve.tau_w) for curve in curves for x in [along(curve, axes.mu)]]
    return DraggedSlider("mu", axes.mu, scales(column), tuple(ends), axes.log)


def after_waiting(chosen: Sequence[AgingNetwork], how: Measure) -> None:
    """Delta against tau, and the exponent at short times."""
    shown, missing = columns(chosen, how)
    for sentence in missing:
        st.info(plain(sentence), icon=":material/hourglass_top:")
    if not shown:
        return
    _panels(shown, Axes(), "tau")
    prose(
        "**Δ** is how far the weights have moved since the waiting time τ_w, in units of the gradient's noise Γ (Eqs. "
        "5 and 7). If they only diffused, all curves would lie on one another; where the later ones lie lower, the "
        "network **ages**."
    )
    if any(curve.seeds < len(column.trajectories) for column in shown for curve in column.aging.curves):
        st.caption(f"A seed joins the mean once it has been followed for {JOINS:.0%} of the longest time after τ_w.")
    if any(curve.seeds == 2 for column in shown for curve in column.aging.curves):
        st.caption("Bands: the 95 % interval of the mean over seeds, which is very wide with only two.")
    low, high = shown[0].aging.alpha.window
    prose(
        "At short times Δ grows as a power α of τ (dashed, one α for all curves of a network, through the middle of "
        f"each; fitted for τ/τ_w from {low:g} to {high:g}): "
        + "; ".join(f"{plain(c.label)}: α = {with_interval(c.aging.alpha.slope)}" for c in shown)
        + f". The paper finds {PAPER_ALPHA[0]} ± {PAPER_ALPHA[1]} at all widths; free diffusion would have 1. Beyond "
        "x of about 0.02 nearly all of Δ is drift down the loss: see Drift and noise."
    )


def the_collapse(chosen: Sequence[AgingNetwork], how: Measure) -> None:
    """Delta against tau / tau_w^mu with a slider for mu, and the collapse error."""
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        mu = st.slider(
            "μ, the power of the waiting time in x", -0.5, 2.0, 1.0, 0.05, key="mu", bind="query-params", width=420
        )
        scale = st.segmented_control(
            "Axes", ["logarithmic", "linear"], default="logarithmic", key="axes", required=True, bind="query-params"
        )
    shown, _ = columns(chosen, how)
    if not shown:
        return
    _panels(shown, Axes(mu, scale == "logarithmic"), "collapse", crosses=True)
    prose(
        "Move μ until the curves fall on one another. **μ = 1**: its age is the network's only clock, full aging. "
        "**μ = 0**: no aging."
    )
    live_figure(
        collapse_errors(shown, mu), key="errors", alt=_errors_in_words(shown), height=460, filename="collapse-error",
        slide=DraggedSlider("mu", mu),
    )  # fmt: skip
    for column in shown:
        prose(f"**{plain(column.label)}**: {_verdict(column)} {_broken(column, mu)}")
    prose(
        f"A cross marks where a curve breaks away: from there on, for a stretch of {BREAK_STRETCH:g} in log x or more, "
        f"it differs by more than {BREAK:.0%} from the median of the others."
    )


def _verdict(column: Column) -> str:
    found = column.aging.collapse
    if found.mu is None or found.error is None:
        return plain(found.why)
    window = f"τ/τ_w from {found.window[0]:g}"
    return (
        f"best at μ = {with_interval(found.mu)}, where the curves still scatter by {found.error:.0%} ({window} on). "
        + _kind_of_aging(found.mu, column.aging.drifts)
    )


def _kind_of_aging(mu: Estimate, drifts: bool) -> str:
    """What an exponent of the collapse means, by the Paper page's rule."""
    verdict, doubt = full_aging(mu, drifts)
    if verdict == "open":
        return doubt
    if verdict == "agrees":
        drift = f"The exponent is that of full aging. {plain(doubt)} Clones tell: *Drift and noise*."
        return drift if doubt else "It agrees with full aging."
    if mu.low > 1:
        return "It slows down even more than in proportion to its age."
    if mu.low <= 0 <= mu.high:
        return "It agrees with no aging at all."
    return "It ages, but slows down less than in proportion to its age." if mu.low > 0 else "It speeds up with age."


def _broken(column: Column, mu: float) -> str:
    if len(column.aging.curves) < 2:
        return "One curve has nothing to break away from."
    found = [b for b in breakdowns(column.aging.curves, mu) if b.x is not None]
    if not found:
        return f"At μ = {mu:g} no curve breaks away."
    if len(found) == len(column.aging.curves):
        return f"At μ = {mu:g} the curves lie apart from x = {min(b.x for b in found if b.x):.2g} on."
    return f"At μ = {mu:g}: " + ", ".join(map(_breaks_away, found)) + "."


def _breaks_away(breakdown: Breakdown) -> str:
    back = "" if breakdown.stretches[-1].lasting else ", and comes back"
    return f"τ_w = {breakdown.tau_w:.4g} breaks away at x = {breakdown.x:.2g}{back}"


def _errors_in_words(shown: Sequence[Column]) -> str:
    parts = [f"{column.label}: least at mu {with_interval(column.aging.collapse.mu)}" for column in shown]
    return "Collapse error against mu. " + "; ".join(parts) + "."


def downloads(chosen: Sequence[AgingNetwork], how: Measure) -> None:
    """All curves as CSV and all numbers as JSON, with the settings behind them."""
    shown, _ = columns(chosen, how)
    settings = {network.label: [m.config.to_json() | {"run": m.run.id} for m in network.members] for network in chosen}
    gamma = f"Gamma {'frozen at tau_w' if how.frozen else 'as it changes'}, weights: {how.kind or 'all'}"
    stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
    comments = [gamma, *(f"{label}: {json.dumps(values)}" for label, values in settings.items())]
    results = {column.label: column.aging.to_json() for column in shown}
    with st.container(horizontal=True):
        st.download_button(
            "Δ as CSV", data=lambda: "".join(tables.fluctuations(shown, comments)).encode(),
            file_name=f"aging-{stamp}.csv", mime="text/csv", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Numbers as JSON", data=lambda: json.dumps({"results": results, "settings": settings}).encode(),
            file_name=f"aging-{stamp}.json", mime="application/json", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
