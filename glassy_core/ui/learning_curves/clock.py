"""The part of the Learning curves page on whether tau is the clock: one network, learned in other ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from glassy_core.figures.clock import clock_figure
from glassy_core.physics.learning_curves.clock import Beside
from glassy_core.runs.groups import Member
from glassy_core.runs.variants import beside_reference, variants, way
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.results import curves
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell.frame import plain, prose


def clock(candidates: Sequence[Row]) -> None:
    """The part, closed at first; nothing is read before it is opened."""
    part = st.expander("Is τ the right clock?", key="clock", bind="query-params", icon=":material/timer:")
    if not part.open:
        return
    with part:
        groups = {_words(group[0]): group for group in variants(map(curves.member, candidates))}
        if not groups:
            st.info("No network here has learned in two ways: start one again with another η.", icon=":material/info:")
            return
        name = st.selectbox("Network", list(groups), key="clock_network", bind="query-params", width=420)
        found = beside_reference(groups[name], curves.series_of)
        live_figure(clock_figure(found, way(groups[name][0].config)), "clock_figure", _in_words(found), 440, "clock")
        prose(
            "The same network, the same chorales; τ is the sum of η over the steps. Where a line is 1, nothing but "
            "τ matters. What it does not know of: the paper's gradient is one to two steps old, which costs in "
            "proportion to η while the loss falls fast; and late, the noise of small minibatches, which goes as η / p."
        )


def _words(member: Member) -> str:
    config = member.config
    return f"d = {config.depth}, w = {config.width}, seed {config.seed}: {config.data_name()}"


def _in_words(runs: Mapping[str, Beside]) -> str:
    parts = (f"{words}: {one.ratio[-1]:.3g} at tau = {one.tau[-1]:.3g}" for words, one in runs.items() if len(one.tau))
    return plain("NLL over the reference's at the same tau. " + "; ".join(parts) + ".")
