"""Runs of one network that learn the same data in other ways: by another eta, minibatch, gradient, or as a flow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields

from glassy_core.physics.learning_curves.clock import Beside, beside
from glassy_core.runs.groups import Member, of_data
from glassy_core.runs.measured import series_of
from glassy_core.runs.records import Series
from glassy_core.runs.run import Run
from glassy_core.settings import USUAL, RunConfig, usual

NetworkKey = tuple[object, ...]


def variants(members: Iterable[Member]) -> list[list[Member]]:
    """The members by network and data, one a way of learning, its reference first; those with most ways first.

    The reference is the flow, else the run with the smallest eta: the one that tau describes best. What began from
    another run's checkpoint is left out.
    """
    groups: dict[NetworkKey, dict[RunConfig, Member]] = {}
    for member in members:
        if member.start is None and not member.config.auto_halve:
            ways = groups.setdefault(_network(member), {})
            learning = member.config.only("world", "learning")
            kept = ways.get(learning)
            if kept is None or member.run.state().tau > kept.run.state().tau:
                ways[learning] = member
    ordered = [sorted(ways.values(), key=lambda one: _rank(one.config)) for ways in groups.values() if len(ways) > 1]
    return sorted(ordered, key=lambda group: -len(group))


def beside_reference(group: Sequence[Member], read: Callable[[Run], Series] = series_of) -> dict[str, Beside]:
    """By way of learning the curves of one of the groups over its first one's. read: a run's curves."""
    reference, *others = ((way(member.config), read(member.run)) for member in group)
    return {words: beside(one.tau, one.nll, reference[1].tau, reference[1].nll) for words, one in others}


def _network(member: Member) -> NetworkKey:
    data = (getattr(member.config, name) for name in of_data() if name != "edition")  # of which the digest says more
    return (*member.network, member.digest, *data)


def _rank(config: RunConfig) -> tuple[object, ...]:
    size = 10**9 if config.batch_size == "all" else config.batch_size
    return config.dynamics != "flow", config.gradient == "exact", config.eta, -size


def way(config: RunConfig) -> str:
    """How a run learns, in words: those of another setting than the usual ones follow by its name."""
    known = {"depth", "width", "seed", "dynamics", "eta", "batch_size", "gradient", "auto_halve", *of_data()}
    plain, common = config.only("world", "learning"), usual(config.dynamics).only("world", "learning")
    others = {field.name: getattr(plain, field.name) for field in fields(plain) if field.name not in known}
    unusual = "".join(f", {name} = {value}" for name, value in others.items() if value != getattr(common, name))
    if config.dynamics == "flow":
        return f"flow{unusual}"
    size = "all transitions" if config.batch_size == "all" else f"p = {config.batch_size}"
    gradient = "" if config.gradient == USUAL.gradient else f", {config.gradient} gradient"
    return f"eta = {config.eta:g}, {size}{gradient}{unusual}"
