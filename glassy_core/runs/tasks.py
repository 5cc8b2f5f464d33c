"""The tasks of the capacity map: what the store's runs and other networks learn, and which run tells most next."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import starmap
from typing import Any

import numpy as np

from glassy_core.arrays import Floats
from glassy_core.physics.critical_width.capacity import Load, capacities
from glassy_core.physics.critical_width.criticality import Criticality, CriticalWidth
from glassy_core.physics.critical_width.learning_times import Recording
from glassy_core.physics.critical_width.next_of_map import Offer, best_run, most_telling
from glassy_core.runs.groups import Member, World, at_work, settings_like
from glassy_core.runs.measured import load_of, series_of
from glassy_core.runs.records import Series
from glassy_core.runs.run import Run
from glassy_core.settings import ConfigError, RunConfig

_SLACK = 2.0  # of the time that a run is given, over that by which it should be there
_BELOW = 0.9  # of the threshold: there it ends

Analyse = Callable[[Sequence[Member], Sequence[Recording]], Criticality]


@dataclass(frozen=True)
class Task:
    """What there is to learn, the runs that learn it, and the critical widths of these and of networks beside them."""

    load: Load
    members: Sequence[Member]
    criticality: Criticality


def by_world(
    curves: Iterable[tuple[RunConfig, Iterable[tuple[int, int, int, Floats, Floats]]]], digest: str
) -> dict[World, list[Recording]]:
    """Curves that are no runs', as an atlas gives them with the settings of their world; digest: of their edition."""
    return {World(config, digest): list(starmap(Recording, of_world)) for config, of_world in curves}


def tasks_of(
    groups: Sequence[Sequence[Member]], beside: Mapping[World, Sequence[Recording]], analyse: Analyse
) -> list[Task]:
    """The tasks whose load is known. groups: the runs of a world each; beside: curves that are no runs', by world.

    Runs that began at another one's checkpoint, and have no w_c of their own, make none.
    """
    by_world: dict[World, Sequence[Member]] = {group[0].world: group for group in groups}
    return [
        Task(load, members, analyse(members, beside.get(world, ())))
        for world in dict.fromkeys([*beside, *by_world])
        if (load := load_of(world.config.edition, world.config.chorales, world.digest))
        for members in [by_world.get(world, ())]
    ]


def offers(
    tasks: Sequence[Task], threshold: float, read: Callable[[Run], Series] = series_of
) -> list[tuple[Offer, RunConfig]]:
    """The best run for each interval of the map, with its settings, that of the widest interval first.

    Intervals of which no run was timed are left out. threshold: bits. read: a run's curves.
    """
    settings: dict[Offer, RunConfig] = {}
    for task in tasks:
        for capacity in capacities([(task.load, task.criticality)], threshold):
            at = task.criticality.depths[capacity.depth].thresholds[threshold]
            planned = [(width, seed) for depth, width, seed in at_work(task.members) if depth == capacity.depth]
            offer = best_run(capacity, at, _seconds(task.members, at, read), planned)
            if offer:
                settings[offer] = _settings(task.members, offer)
    return [(offer, settings[offer]) for offer in most_telling(settings)]


def _seconds(members: Sequence[Member], at: CriticalWidth, read: Callable[[Run], Series]) -> dict[str, float]:
    """Seconds of training until the threshold, by run."""
    reached = {time.run: time.tau_star for time in at.points if time.run and time.tau_star}
    found = {}
    for member in members:
        if tau := reached.get(member.run.id):
            series = read(member.run)
            known = np.isfinite(series.seconds)
            if np.any(known):
                found[member.run.id] = float(np.interp(tau, series.tau[known], series.seconds[known]))
    return found


def _settings(members: Sequence[Member], offer: Offer) -> RunConfig:
    """Those of the other runs, with an end by which it should have come to the threshold, and which ends it there."""
    like = settings_like(members, offer.capacity.depth, offer.width, offer.seed)
    tau = math.ceil(_SLACK * offer.tau)
    ends: dict[str, Any] = {"stop_nll": like.stop_nll or round(_BELOW * offer.capacity.threshold, 6)}
    if like.dynamics == "flow" or like.until:
        ends["until"] = max(like.until, tau)
    if like.dynamics == "steps":
        ends["steps"] = max(like.steps, math.ceil(tau / like.eta))
    try:
        return replace(like, **ends)
    except ConfigError:  # more than a run may have: then as long as the others
        return like
