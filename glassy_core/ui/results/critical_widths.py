"""The critical widths of stored runs, as more than one page shows them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from glassy_core.physics.critical_width.any_threshold import AtThreshold, along_thresholds
from glassy_core.physics.critical_width.criticality import COPIES, Criticality, DepthResult
from glassy_core.physics.critical_width.learning_times import Recording
from glassy_core.physics.estimate import Estimate
from glassy_core.runs.groups import Member
from glassy_core.runs.measured import criticality, recordings
from glassy_core.ui.results import curves as curve_results

_FEW_COPIES = 200  # artificial sweeps behind an interval that has to be there in a second
MANY = 300  # runs, of which it takes some seconds


def analysed(members: Sequence[Member], beside: Sequence[Recording] = ()) -> Criticality:
    """The critical widths of these runs as they are now; computed anew only where a run has moved.

    beside: curves of the same world that are no runs'; there are many of them, and intervals are made of fewer copies.
    """
    states = [member.run.state() for member in members]
    key = tuple((member.run.id, state.step, state.status) for member, state in zip(members, states, strict=True))
    mark = (len(beside), float(sum(np.sum(curve.nll) for curve in beside)))
    if len(members) < MANY:
        return _analysed(key, mark, list(members), beside)
    with st.spinner(f"Computing the critical widths of {len(members)} runs", show_time=True):
        return _analysed(key, mark, list(members), beside)


@st.cache_resource(show_spinner=False, max_entries=48)  # the map of capacities has twenty of them
def _analysed(
    key: tuple[object, ...], mark: tuple[int, float], _members: list[Member], _beside: Sequence[Recording]
) -> Criticality:
    return criticality(_members, curve_results.series_of, _FEW_COPIES if _beside else COPIES, _beside)


def at_thresholds(members: Sequence[Member], thresholds: Sequence[float]) -> dict[int, list[AtThreshold]]:
    """By depth the runs and their parabola at each of the thresholds; computed anew only where a run has moved."""
    steps = tuple((member.run.id, member.run.state().step) for member in members)
    return _at_thresholds(steps, tuple(thresholds), list(members))


@st.cache_resource(show_spinner=False, max_entries=4)
def _at_thresholds(
    key: tuple[object, ...], thresholds: tuple[float, ...], _members: list[Member]
) -> dict[int, list[AtThreshold]]:
    curves = recordings(_members, curve_results.series_of)
    depths = sorted({curve.depth for curve in curves})
    return {d: along_thresholds([curve for curve in curves if curve.depth == d], thresholds) for d in depths}


def layers(depth: int) -> str:
    """Number of hidden layers in words."""
    return "one layer" if depth == 1 else f"{'two' if depth == 2 else depth} layers"


def with_interval(estimate: Estimate | None) -> str:
    """A critical width or a slope with one decimal and its 95 % interval, as the pages write it."""
    if estimate is None:
        return "–"
    return estimate.text(1, "f")


def described(result: DepthResult) -> str:
    """Critical widths of a depth, in words for readers who do not see its figure."""
    parts = [
        f"NLL* = {t:g}: w_c {with_interval(found.w_c) if found.w_c else 'not known'}, {len(found.points)} runs "
        f"reached it, {len(found.censored)} did not"
        for t, found in result.thresholds.items()
    ]
    return f"Depth {result.depth}, 1/tau* against width. " + "; ".join(parts) + "."
