"""What learning as a flow costs: evaluations of its velocity to given proper times, and what a second thread gives."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from glassy_core.editions.encoding import Chorale, Transitions
from glassy_core.jobs.speed import calls_per_second
from glassy_core.network.compiled.field import CompiledField
from glassy_core.network.compiled.learner import CompiledLearner
from glassy_core.network.compiled.threaded import ThreadedLearner
from glassy_core.network.equations import Weights, initial_weights
from glassy_core.network.flow import Flow
from glassy_core.network.stiff_modes import MODES
from glassy_core.presets import PRESETS
from glassy_core.training.records import fresh

DISTANCE_PRESETS = ("class-over", "paper-d2-under", "paper-d2-over")
TAUS = (40.0, 160.0, 400.0)
THREADED_SHAPE = (2, 90)  # (depth, width)
_BATCH_SIZE = 300
_ETA = 4e-4


@dataclass(frozen=True)
class Distance:
    """What it takes from tau = 0 to a proper time: as a flow, and by steps at the eta of the network's preset."""

    chorales: int
    transitions: int
    depth: int
    width: int
    tau: float
    evaluations: int  # of the flow's velocity, estimates of the stiffest modes included
    seconds: float  # processor time of the flow
    eta: float
    steps: int  # tau / eta
    steps_per_evaluation: float


@dataclass(frozen=True)
class ThreadsCompared:
    """Steps and evaluations per second of wall time on one thread and on two, medians over the rounds.

    The ratios are medians over pairs in alternation. Where other work takes the processor, they fall behind what two
    free cores give.
    """

    depth: int
    width: int
    steps_per_s: tuple[float, float]
    evaluations_per_s: tuple[float, float]
    steps_ratio: float
    evaluations_ratio: float


def evaluation(start: Weights, data: Transitions, threads: int = 1) -> Callable[[], object]:
    """A call that makes one evaluation as nearly all of a flow's are: of five terms, with the stiffest modes slowed."""
    now, velocity, out, modes = 0, 1, 2, range(4, 4 + MODES)
    field = CompiledField(start, data, modes.stop, threads)
    rng = np.random.default_rng(0)
    field.write(now, start)
    for i in modes:
        field.write(i, {name: rng.normal(size=value.shape) for name, value in start.items()})
    directions = field.vectors[modes.start : modes.stop]
    directions[:] = np.linalg.qr(directions.T)[0].T
    field.evaluate(out, (1.0,), (now,), velocity)
    field.slow(modes, (0.5,) * MODES)
    terms, factors = (now, now, now, velocity, velocity), (0.2, 0.5, 0.3, 1e-5, 1e-5)
    return lambda: field.evaluate(out, factors, terms, 3)


def distances(chorales: Sequence[Chorale]) -> tuple[Distance, ...]:
    """Evaluations to TAUS of the networks of DISTANCE_PRESETS on the first of these chorales, as many as they have."""
    return tuple(point for name in DISTANCE_PRESETS for point in _distances(name, chorales))


def _distances(name: str, chorales: Sequence[Chorale]) -> list[Distance]:
    config = PRESETS[name].config
    some = chorales[: config.chorales]
    data = Transitions.pack(some, config.scaling)
    flow = Flow(fresh(config).weights, data)
    begun, out = time.process_time(), []
    for tau in TAUS:
        while flow.tau < tau:
            flow.advance(tau)
        steps = round(tau / config.eta)
        out.append(
            Distance(
                chorales=len(some),
                transitions=data.P,
                depth=config.depth,
                width=config.width,
                tau=tau,
                evaluations=flow.evaluations,
                seconds=time.process_time() - begun,
                eta=config.eta,
                steps=steps,
                steps_per_evaluation=steps / flow.evaluations,
            )
        )
    return out


def threads_compared(data: Transitions, rounds: int, seconds: float) -> ThreadsCompared:
    """One thread against two at THREADED_SHAPE; seconds: of wall time for each of the four in a round."""
    depth, width = THREADED_SHAPE
    rng = np.random.default_rng(0)
    start = initial_weights(depth, width, rng)

    def steps(learner: CompiledLearner | ThreadedLearner) -> Callable[[], object]:
        size = min(_BATCH_SIZE, data.P)
        return lambda: learner.update([_ETA], rng.choice(data.P, size, replace=False)[None])

    one_thread, two_threads = CompiledLearner([start], data, "delayed"), ThreadedLearner([start], data, "delayed")
    trials = [steps(one_thread), steps(two_threads), evaluation(start, data, 1), evaluation(start, data, 2)]
    for trial in trials:
        trial()
    measured = [[calls_per_second(trial, seconds, time.perf_counter) for trial in trials] for _ in range(rounds)]
    rates = np.array(measured)
    one, two, three, four = (float(rate) for rate in np.median(rates, axis=0))
    ratios = np.median(rates[:, 1::2] / rates[:, ::2], axis=0)
    return ThreadsCompared(depth, width, (one, two), (three, four), *(float(ratio) for ratio in ratios))
