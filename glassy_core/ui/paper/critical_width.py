"""Figs. 5 and 6 as the paper draws them, of some runs: learning times against width, critical widths.

Each drawer returns False where the runs do not serve.
"""

from __future__ import annotations

import streamlit as st

from glassy_core.figures.critical_width import critical_widths, transition, widths
from glassy_core.paper.numbers import paper_widths
from glassy_core.physics.critical_width.criticality import Criticality
from glassy_core.physics.critical_width.learning_times import THRESHOLDS
from glassy_core.ui.paper.look import Look, Members
from glassy_core.ui.results.critical_widths import analysed, described, with_interval


def inverse_times(members: Members, look: Look) -> bool:
    """Fig. 5: 1/tau* against width, a panel a depth."""
    if not members:
        return False
    depths = analysed(members).depths
    begun = {depth: one for depth, one in depths.items() if any(width.points for width in one.thresholds.values())}
    if not begun:
        return False  # axes without a run on them would show numbers of nobody's
    extent, beside = widths(begun.values()), paper_widths(member.config for member in members)
    top = max(time.rate for one in begun.values() for width in one.thresholds.values() for time in width.points)
    with st.grid(min(len(begun), 2), min_column_width=380, gap="medium"):
        for depth, one in begun.items():
            figure = transition(one, THRESHOLDS, depth in beside, extent, top)
            with st.container():
                st.markdown(f"**d = {depth}**")
                look.show(figure, described(one), f"-{depth}")
    return True


def lines(members: Members, look: Look) -> bool:
    """Fig. 6: w_c against NLL*."""
    if not members:
        return False
    found = analysed(members)
    beside = paper_widths(member.config for member in members)
    look.show(critical_widths(found, beside), " ".join(["w_c against NLL*.", *_ends(found)]))
    return True


def _ends(criticality: Criticality) -> list[str]:
    """w_c at the lowest and the highest threshold of each depth."""
    w_c = {d: [(t, w.w_c) for t, w in sorted(one.thresholds.items()) if w.w_c] for d, one in criticality.depths.items()}
    return [
        f"d = {depth}: " + ", ".join(f"{with_interval(value)} at {t:g} bits" for t, value in ends) + "."
        for depth, every in w_c.items()
        if (ends := every[:1] + every[1:][-1:])
    ]
