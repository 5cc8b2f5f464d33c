"""The section of the Aging page on the noise of the gradient: Gamma, and the temperature of steps of eta."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from glassy_core.figures.aging import Column, Warm, effective_temperature, sgd_noise
from glassy_core.figures.palette import key
from glassy_core.physics.aging.temperature import Temperature
from glassy_core.runs.groups import Member
from glassy_core.runs.temperatures import temperature_of
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.results import curves
from glassy_core.ui.results.aging import AgingNetwork, Measure, columns
from glassy_core.ui.shell.frame import plain, prose


def the_noise(chosen: Sequence[AgingNetwork], how: Measure) -> None:
    """Gamma against tau, all networks in one plot (Fig. 8)."""
    shown, _ = columns(chosen, how)
    if not shown:
        return
    ends = [f"{c.label}: {np.median([t.noise.gamma[-1] for t in c.trajectories]):.2g}" for c in shown]
    warm = _temperatures(chosen, shown)
    with st.grid(2 if warm else 1, min_column_width=380, gap="medium"):
        with st.container():
            live_figure(
                sgd_noise(shown), key="noise", height=460, filename="sgd-noise",
                alt="Gamma against tau. At the end: " + "; ".join(ends) + ".",
            )  # fmt: skip
        if warm:
            with st.container():
                live_figure(
                    effective_temperature(warm), key="temperature", height=460, filename="effective-temperature",
                    alt="Effective temperature against tau. At the end: "
                    + "; ".join(f"{one.label}: {one.lines[0].T[-1]:.2g} nats" for one in warm) + ".",
                )  # fmt: skip
    prose(
        "**Γ** is the variance of the minibatch's gradient (Eq. 6): how hard the choice of examples shakes the "
        f"weights. {key(network.config for network in chosen)} "
        f"{' '.join(filter(None, map(_change_of_noise, shown)))} In the paper (Fig. 8) it grows ever more slowly, and "
        "the near-critical network is the noisiest."
    )
    if not warm:
        prose("A flow makes no steps, so Γ shakes none of these: they have no temperature.")
        return
    prose(
        "**T = η Γ / 2**, in nats, is the effective temperature: in proper time, steps of η are a Langevin equation "
        "with the noise √(2 T). Far below the edge of stability the noise lifts the loss by about N T / 2, N weights "
        "together. Others leave out the ½, or the variance: η / p. Minibatches, p of P transitions, are drawn without "
        "replacement, which leaves (P - p) / (P - 1) of the variance: with all of them T is 0."
    )


def _change_of_noise(column: Column) -> str:
    """What Gamma has done since the first waiting time, by the median of the seeds."""
    tau_w = column.aging.curves[0].tau_w
    factors = [factor for seed in column.trajectories if (factor := seed.noise.change(tau_w)) is not None]
    if not factors:
        return ""
    factor = float(np.median(factors))
    if factor > 1.25:
        done = f"has grown {factor:.2g}-fold"
    else:
        done = f"has fallen to {factor:.0%}" if factor < 0.8 else "has stayed about the same"
    return f"{plain(column.label)}: since τ = {tau_w:.3g} it {done}."


def _temperatures(chosen: Sequence[AgingNetwork], shown: Sequence[Column]) -> list[Warm]:
    """The temperature of each network that learns by steps, a line a seed, in its column's colours."""
    by_label = {network.label: network for network in chosen}
    out = []
    for column in shown:
        lines = [found for member in by_label[column.label].members if (found := _temperature(member))]
        if lines:
            out.append(Warm(column.label, column.colour, lines, column.turn))
    return out


def _temperature(member: Member) -> Temperature | None:
    found = temperature_of(member, curves.series_of)
    return found if found is not None and len(found.T) else None
