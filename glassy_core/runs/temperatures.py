"""The effective temperature of stored runs, and what it says of the noise probes that begin at them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from glassy_core.editions.encoding import N_PITCHES
from glassy_core.network.equations import weight_shapes
from glassy_core.physics.aging.fluctuations import SgdNoise
from glassy_core.physics.aging.temperature import Temperature, temperature
from glassy_core.runs.groups import Member
from glassy_core.runs.measured import load_of, series_of
from glassy_core.runs.records import Series
from glassy_core.runs.run import Run
from glassy_core.settings import USUAL, RunConfig
from glassy_core.training.probe import Probe

_READ = Callable[[Run], Series]


def temperature_of(member: Member, read: _READ = series_of) -> Temperature | None:
    """The effective temperature of a run's steps; None of a flow, and where its data are not at hand."""
    P = _transitions(member)
    if P is None or member.config.dynamics == "flow":
        return None
    series = read(member.run)
    return temperature(series.tau, series.gamma, series.eta, _minibatch(member.config, P), P)


@dataclass(frozen=True)
class Lift:
    """By how much the smallest minibatches of a probe lift the loss over the largest, nats a transition.

    small, large: their sizes. measured: the means of the second halves of both traces, one less the other.
    expected: N T / 2, one less the other.
    """

    small: int
    large: int
    measured: float
    expected: float

    def words(self) -> str:
        """The two numbers in one sentence."""
        return (
            f"p = {self.small} lies {self.measured:.3g} nats a transition above p = {self.large}; N T / 2 says "
            f"{self.expected:.3g}."
        )


def lift_of(member: Member, probe: Probe, read: _READ = series_of) -> Lift | None:
    """The lift of a probe of a run; None where it has fewer than two sizes, or Gamma or the data are not known."""
    series, P = read(member.run), _transitions(member)
    sized = sorted((t for t in probe.traces if t.batch_size != "all"), key=lambda trace: int(trace.batch_size))
    if P is None or len(sized) < 2 or not np.any(np.isfinite(series.gamma) & (series.gamma > 0)):
        return None
    gamma = float(SgdNoise.of(series.tau, series.gamma).at(probe.tau)) * _minibatch(member.config, P)  # of p = 1
    N = sum(math.prod(shape) for shape in weight_shapes(member.config.depth, member.config.width).values())
    heights, expected = [], []
    for trace in (sized[0], sized[-1]):
        p = int(trace.batch_size)
        heights.append(float(np.mean(trace.nll[len(trace.nll) // 2 :])) * N_PITCHES * math.log(2))
        expected.append(N * gamma / p * probe.eta * (P - p) / max(P - 1, 1) / 4)
    small, large = (int(trace.batch_size) for trace in (sized[0], sized[-1]))
    return Lift(small, large, heights[0] - heights[1], expected[0] - expected[1])


def _transitions(member: Member) -> int | None:
    load = load_of(member.config.edition, member.config.chorales, member.digest)
    return load.transitions if load else None


def _minibatch(config: RunConfig, P: int) -> int:
    """The p of which Gamma is recorded: that of the steps, of a flow the usual one."""
    size = USUAL.batch_size if config.dynamics == "flow" else config.batch_size
    return P if size == "all" else min(int(size), P)
