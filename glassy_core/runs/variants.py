"""Runs of one network that learn the same data in other ways: by another eta, minibatch, gradient, or as a flow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from glassy_core.physics.learning_curves.clock import Beside, beside
from glassy_core.runs.groups import Member
from glassy_core.runs.measured import series_of
from glassy_core.runs.records import Series
from glassy_core.runs.run import Run
from glassy_core.settings import RunConfig

Network = tuple[object, ...]


def variants(members: Iterable[Member]) -> list[list[Member]]:
    """The members by network and data, one a way of learning, its reference first; those with most ways first.

    The reference is the flow, else the run with the smallest eta: the one that tau describes best. What began from
    another run's checkpoint is left out.
    """
    groups: dict[Network, dict[str, Member]] = {}
    for member in members:
        if member.start is None and not member.config.auto_halve:
            ways = groups.setdefault(_network(member), {})
            kept = ways.get(way(member.config))
            if kept is None or member.run.state().tau > kept.run.state().tau:
                ways[way(member.config)] = member
    ordered = [sorted(ways.values(), key=lambda one: _rank(one.config)) for ways in groups.values() if len(ways) > 1]
    return sorted(ordered, key=lambda group: -len(group))


def beside_reference(group: Sequence[Member], read: Callable[[Run], Series] = series_of) -> dict[str, Beside]:
    """By way of learning the curves of one of the groups over its first one's. read: a run's curves."""
    reference, *others = ((way(member.config), read(member.run)) for member in group)
    return {words: beside(one.tau, one.nll, reference[1].tau, reference[1].nll) for words, one in others}


def _network(member: Member) -> Network:
    return (*member.network, member.digest, member.config.chorales, member.config.scaling)


def _rank(config: RunConfig) -> tuple[object, ...]:
    size = 10**9 if config.batch_size == "all" else config.batch_size
    return config.dynamics != "flow", config.gradient == "exact", config.eta, -size


def way(config: RunConfig) -> str:
    """How a run learns, in words."""
    if config.dynamics == "flow":
        return "flow"
    size = "all transitions" if config.batch_size == "all" else f"p = {config.batch_size}"
    return f"eta = {config.eta:g}, {size}" + (", exact gradient" if config.gradient == "exact" else "")
