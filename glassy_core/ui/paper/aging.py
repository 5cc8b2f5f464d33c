"""Figs. 7 to 9 as the paper draws them, of some runs: aging, the noise along learning, how fluctuations grow.

Each drawer returns False where the runs do not serve.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from glassy_core.figures.aging import Axes, Column, along, fluctuations, growth, sgd_noise
from glassy_core.figures.style import limits
from glassy_core.paper.numbers import FIRST_TAU_W, PAPER_ORIGIN
from glassy_core.paper.task import is_papers
from glassy_core.physics.aging.fluctuations import of_waiting_time
from glassy_core.physics.aging.growth import Growth, logarithm, power
from glassy_core.runs.groups import Member
from glassy_core.ui.paper.look import Look, Members
from glassy_core.ui.results.aging import AgingNetwork, Measure, columns, described, with_interval
from glassy_core.ui.shell.frame import plain
from glassy_core.ui.shell.words import typeset

_MOST_PANELS = 3
_LOG = "A + B log x"
_ALL_TIMES = "to all waiting times"


def by_network(members: Members) -> list[Column]:
    """What the aging of these runs is, the seeds of one network together, narrow ones first."""
    groups: dict[tuple[int, int], list[Member]] = {}
    for member in members:
        groups.setdefault((member.config.depth, member.config.width), []).append(member)
    networks = [
        AgingNetwork(min(m.run.id for m in same), f"d = {depth}, w = {width}", tuple(same))
        for (depth, width), same in sorted(groups.items())
    ]
    return columns(networks, Measure())[0]


def deltas(members: Members, look: Look, mu: float | None = None, log: bool = True) -> bool:
    """A row of Fig. 7: Delta against tau (mu None) or tau / tau_w^mu, a panel a network.

    Logarithmic panels share their axes; a linear one has its own, for a short run would be a dot in the corner.
    """
    shown = by_network(members)[:_MOST_PANELS]
    if not shown:
        return False
    name, note = ("tau" if mu is None else "x") + ("" if log else "-linear"), "" if log else ", linear axes"
    with st.grid(len(shown), min_column_width=300, gap="small"):
        for k, column in enumerate(shown):
            curves = [curve for one in (shown if log else [column]) for curve in one.aging.curves]
            x_range, y_range = limits([along(c, mu) for c in curves], log), limits([c.delta for c in curves], log)
            figure = fluctuations(column, Axes(mu, log, x_range, y_range))
            with st.container():
                st.markdown(f"**{plain(column.label)}**{note}")
                look.show(figure, described(column), f"-{k}-{name}")
    return True


def deltas_by_age(members: Members, look: Look) -> bool:
    """The row of Fig. 7 on which full aging makes one curve of all: against tau / tau_w."""
    return deltas(members, look, 1.0)


def three_views(members: Members, look: Look) -> bool:
    """Fig. 7: Delta against tau, against tau / tau_w, and that on linear axes."""
    return deltas(members, look) and deltas_by_age(members, look) and deltas(members, look, 1.0, log=False)


def gamma(members: Members, look: Look) -> bool:
    """Fig. 8: Gamma against tau."""
    shown = by_network(members)
    if shown:
        look.show(sgd_noise(shown), f"Gamma against tau. {'; '.join(map(_noise, shown))}.")
    return bool(shown)


def _noise(column: Column) -> str:
    noise = column.trajectories[0].noise
    return (
        f"{column.label}: {noise.gamma[0]:.2g} at tau {noise.tau[0]:.3g}, {noise.gamma[-1]:.2g} at {noise.tau[-1]:.4g}"
    )


def growing(members: Members, look: Look) -> bool:
    """Fig. 9, of the narrowest network: Delta against tau / tau_w with a power law and a logarithm.

    The power law is the paper's where the network is: of its first waiting time alone, beginning at PAPER_ORIGIN.
    """
    shown = by_network(members)[:1]
    for column in shown:
        curves = column.aging.curves
        alone = is_papers(members[0].config, "aging")
        first = of_waiting_time(curves, FIRST_TAU_W) if alone else curves
        of_power, of_log = power(first, origin=PAPER_ORIGIN if alone else 0.0), logarithm(first)
        with st.grid(2, min_column_width=380, gap="small"):
            for law, fit in (("power", of_power), ("logarithm", of_log)):
                with st.container():
                    st.markdown(f"**{plain(column.label)}**, {law}")
                    figure = growth(column, fit, law == "logarithm")
                    look.show(figure, f"{described(column)} {_slope(law, fit)}", f"-{law}")
        whose = f"to τ_w = {FIRST_TAU_W:g} alone" if alone else _ALL_TIMES
        left, right = _dashed("Left", _power_words(of_power), of_power, whose), _dashed("Right", _LOG, of_log, whose)
        st.caption(typeset(f"{left} {right}"))
    return bool(shown)


def _power_words(fit: Growth) -> str:
    return f"A (x - {fit.origin:g})ᵇ" if fit.origin else "A xᵇ"


def _dashed(panel: str, law: str, fit: Growth, whose: str) -> str:
    """Which fit a dashed line is."""
    low, high = fit.window
    if fit.slope is None:
        return f"{panel}: no fit is drawn, for no waiting time has records enough {_from_to(low, high)}."
    return f"{panel}, dashed: {law}, fitted {_from_to(low, high)} {whose}."


def _from_to(low: float, high: float) -> str:
    return f"from x = {low:g} on" if np.isinf(high) else f"for x from {low:g} to {high:g}"


def _slope(law: str, fit: Growth) -> str:
    return f"Its {law} has {'b' if law == 'power' else 'B'} = {with_interval(fit.slope)}."
