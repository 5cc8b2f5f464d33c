"""Whether a run learns what the paper's networks learned, as they learned it; and whether it is of the class world."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, Literal

from glassy_core.presets import PRESETS
from glassy_core.settings import RunConfig, with_dynamics

Measurement = Literal["learning curves", "critical width", "aging"]

VARIED = ("depth", "width", "seed", "eta", "auto_halve")  # within one task, by the paper, too
# Where the paper left its task for a measurement at some depth. Appendix B: the learning runs of Sec. IV with two
# layers were made by full gradient descent, "no significant difference" from minibatches being seen.
DEPARTURES: dict[tuple[Measurement, int], dict[str, Any]] = {("critical width", 2): {"batch_size": "all"}}
# The paper cuts eta until its curves are smooth: the flow is the limit of that.
BY_FLOW: tuple[Measurement, ...] = ("learning curves", "critical width", "aging")


def _task(config: RunConfig, *without: str) -> RunConfig:
    """All that decides what is learned and how, but for what is varied within one task."""
    return config.only("world", "learning", without=(*VARIED, *without))


@cache
def _papers_tasks(measurement: Measurement, depth: int) -> tuple[RunConfig, ...]:
    papers = PRESETS["paper-d2-near"].config
    task = _task(papers)
    flow = (_task(with_dynamics(papers, "flow")),) if measurement in BY_FLOW else ()
    return task, replace(task, **DEPARTURES.get((measurement, depth), {})), *flow


def is_papers(config: RunConfig, measurement: Measurement) -> bool:
    """Whether a run with these settings may stand beside the paper's numbers of a measurement.

    It has the paper's data, scaling, gradient and minibatches (Secs. II, V, App. B), or departs from them as the paper
    did for that measurement at that depth, or is the flow that its steps follow. Depth, width, seed and eta are free:
    which network it is is another matter.
    """
    return _task(config) in _papers_tasks(measurement, config.depth)


def is_class_world(config: RunConfig) -> bool:
    """Whether it learns the class world's eight chorales as its presets do, of an edition whose w_c is known."""
    preset = with_dynamics(PRESETS["class-near"].config, config.dynamics)
    return config.widths_known and _task(config, "edition") == _task(preset, "edition")
