"""The aging of stored networks, as more than one page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from glassy_core.figures.aging import Column
from glassy_core.figures.palette import colours, flows_apart, turns
from glassy_core.physics.aging.aging import Aging, aging
from glassy_core.physics.aging.fluctuations import Trajectory
from glassy_core.physics.estimate import Estimate
from glassy_core.runs.groups import Member
from glassy_core.runs.measured import trajectory
from glassy_core.runs.run import RunError
from glassy_core.settings import RunConfig
from glassy_core.ui.results import curves


@dataclass(frozen=True)
class AgingNetwork:
    """Runs of one network that differ in the seed alone. id: of its oldest run, for the URL."""

    id: str
    label: str
    members: tuple[Member, ...]

    @property
    def config(self) -> RunConfig:
        """Settings that its runs share, with the first seed."""
        return self.members[0].config

    def standing(self) -> tuple[object, ...]:
        """How far its runs are: what is computed of them holds until this changes."""
        return tuple((m.run.id, (s := m.run.state()).step, s.status) for m in self.members)


@dataclass(frozen=True)
class Measure:
    """How Delta is made of the records: Gamma frozen at tau_w or not, of all weights (kind None) or one kind."""

    frozen: bool = False
    kind: str | None = None


def columns(chosen: Sequence[AgingNetwork], how: Measure) -> tuple[list[Column], list[str]]:
    """Trajectories and aging of the networks as they are now, and a sentence for each run that has nothing to show."""
    configs = {network.id: network.config for network in chosen}
    inks, times, apart = colours(configs), turns(configs), flows_apart(configs)
    out, sentences = [], []
    for network in chosen:
        trajectories, result, missing = _analysed(network.standing(), how, network.members)
        sentences += missing
        if result is not None and result.curves:
            ink, turn, is_apart = inks[network.id], times[network.id], network.id in apart
            out.append(Column(network.label, ink, trajectories, result, turn, is_apart))
    return out, sentences


@st.cache_resource(show_spinner=False, max_entries=32)
def _analysed(
    states: tuple[object, ...], how: Measure, _members: Sequence[Member]
) -> tuple[list[Trajectory], Aging | None, list[str]]:
    trajectories, sentences = [], []
    for member in _members:
        try:
            trajectories.append(trajectory(member.run, curves.series_of))
        except RunError as error:
            sentences.append(str(error))
    usable = [t for t in trajectories if how.kind is None or all(how.kind in waiting.kinds for waiting in t.waiting)]
    return trajectories, aging(usable, how.frozen, how.kind) if usable else None, sentences


def with_interval(estimate: Estimate | None) -> str:
    """An exponent with two decimals and its 95 % interval, as the page writes it."""
    if estimate is None:
        return "not known yet"
    return estimate.text(2, "f")


def described(column: Column) -> str:
    """Waiting times and ends of a network's curves, in words for readers who do not see its figure."""
    curves = [f"tau_w {c.tau_w:.4g}: Delta up to {c.delta[-1]:.3g} at tau {c.tau[-1]:.4g}" for c in column.aging.curves]
    return f"Delta for {column.label}. " + "; ".join(curves) + "."
