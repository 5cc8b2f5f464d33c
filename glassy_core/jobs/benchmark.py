"""How fast the compiled engine learns: against the peer, as a share of the processor's speed, and what it costs.

All but the comparison of threads runs on one. The rates compared are per second of processor time of this process,
and the engine, the flow, the peer and the matrix product alternate in short rounds of which the medians are reported,
so that other work on the machine disturbs the comparison little.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import N_PITCHES, Chorale, Transitions
from glassy_core.jobs.flow_benchmark import (
    Distance,
    ThreadsCompared,
    distances,
    evaluation,
    threads_compared,
)
from glassy_core.jobs.speed import calls_per_second, rate_of
from glassy_core.network.compiled.learner import CompiledLearner
from glassy_core.network.equations import initial_weights

_BATCH_SIZE = 300
_ETA = 4e-4
SHAPES = ((1, 100), (2, 30), (2, 68), (2, 90), (5, 40))  # (depth, width)
_CLASS_CHORALES, CLASS_WIDTHS = 8, (10, 24, 48)
_COST_CHORALES, COST_WIDTHS, COST_DEPTHS = (10, 20, 40, 80), (10, 20, 30, 45, 68, 90, 120), (1, 2, 3, 5, 10)
_SGEMM_SIZE = 1024
ROUND_SECONDS = 0.25  # processor time given to each of engine, flow, peer and matrix product in a round


@dataclass(frozen=True)
class SpeedRatio:
    """Speed of engine and peer at one depth and width, medians over the rounds; steps per second of processor time."""

    depth: int
    width: int
    steps_per_s: float
    peer_steps_per_s: float
    ratio: float
    flop_share: float  # dense_flops x steps_per_s / the rate of sgemm measured in the same rounds
    evaluations_per_s: float  # of the flow's velocity
    evaluations_per_step: float  # evaluations that take the time of one step


@dataclass(frozen=True)
class Cost:
    """Processor time of one learning step, in milliseconds, at one number of chorales, depth and width."""

    chorales: int
    transitions: int
    depth: int
    width: int
    milliseconds: float


@dataclass(frozen=True)
class Benchmark:
    """The whole measurement; class_world, cost and distances are empty after a quick one."""

    shapes: tuple[SpeedRatio, ...]
    class_world: tuple[SpeedRatio, ...]
    cost: dict[str, tuple[Cost, ...]]  # "chorales", "width", "depth"
    sgemm_gflops: float  # float32 product of two 1024 x 1024 matrices in torch, 1e9 flops per second
    two_threads: ThreadsCompared
    distances: tuple[Distance, ...] = ()
    threads: int = 1  # of all but two_threads

    @property
    def geometric_mean_ratio(self) -> float:
        """Geometric mean over `shapes` of the engine's speed over the peer's, without unit."""
        return float(np.exp(np.mean([np.log(shape.ratio) for shape in self.shapes])))

    def to_json(self) -> dict[str, Any]:
        """A dict of plain JSON values."""
        return {
            "shapes": [asdict(shape) for shape in self.shapes],
            "geometric_mean_ratio": self.geometric_mean_ratio,
            "threads": self.threads,
            "class_world": [asdict(shape) for shape in self.class_world],
            "cost": {name: [asdict(point) for point in points] for name, points in self.cost.items()},
            "sgemm_gflops": self.sgemm_gflops,
            "two_threads": asdict(self.two_threads),
            "distances": [asdict(point) for point in self.distances],
        }

    def table(self) -> str:
        """All results as Markdown tables: rates per second of processor time, shares of sgemm, milliseconds a step."""
        parts = [f"sgemm: {self.sgemm_gflops:.0f} GFLOP/s on one thread"]
        for title, rows in (("Shapes", self.shapes), (f"Class world, {_CLASS_CHORALES} chorales", self.class_world)):
            if rows:
                parts.append(_table(title, _COLUMNS, map(_comparison, rows)))
        parts.append(f"Geometric mean of the ratios of the shapes: {self.geometric_mean_ratio:.1f}")
        parts.append(_table("Threads, rates per second of wall time", _THREADS, _one_and_two(self.two_threads)))
        if self.distances:
            parts.append(_table("From the start to tau, as a flow and by steps", _DISTANCES, map(_way, self.distances)))
        for name, points in self.cost.items():
            parts.append(_table(f"Cost against {name}", "chorales | P | d | w | ms a step", map(_cost, points)))
        return "\n\n".join(parts)


_COLUMNS = "d | w | steps/s | peer steps/s | ratio | share of sgemm | flow evaluations/s | evaluations a step"
_THREADS = "d | w | threads | steps/s | flow evaluations/s"
_DISTANCES = "chorales | P | d | w | tau | flow evaluations | s | eta | steps | steps an evaluation"


def _table(title: str, columns: str, rows: Iterable[str]) -> str:
    head = f"| {columns} |\n|{'---|' * len(columns.split('|'))}"
    return "\n".join([f"{title}\n\n{head}", *(f"| {row} |" for row in rows)])


def _comparison(c: SpeedRatio) -> str:
    rates = f"{c.steps_per_s:.0f} | {c.peer_steps_per_s:.1f} | {c.ratio:.1f} | {100 * c.flop_share:.0f} %"
    return f"{c.depth} | {c.width} | {rates} | {c.evaluations_per_s:.0f} | {c.evaluations_per_step:.2f}"


def _one_and_two(c: ThreadsCompared) -> list[str]:
    pairs = zip((1, 2), c.steps_per_s, c.evaluations_per_s, strict=True)
    rates = [f"{threads} | {steps:.0f} | {evaluations:.0f}" for threads, steps, evaluations in pairs]
    rows = [*rates, f"ratio | {c.steps_ratio:.2f} | {c.evaluations_ratio:.2f}"]
    return [f"{c.depth} | {c.width} | {row}" for row in rows]


def _way(p: Distance) -> str:
    flow = f"{p.evaluations} | {p.seconds:.1f}"
    steps = f"{p.eta:g} | {p.steps} | {p.steps_per_evaluation:.0f}"
    return f"{p.chorales} | {p.transitions} | {p.depth} | {p.width} | {p.tau:g} | {flow} | {steps}"


def _cost(c: Cost) -> str:
    return f"{c.chorales} | {c.transitions} | {c.depth} | {c.width} | {c.milliseconds:.3f}"


def dense_flops(depth: int, width: int, P: int, p: int) -> float:
    """Floating-point operations of one delayed step if every product with a weight matrix were dense.

    Two a multiply-add: for all P transitions the forward products with J, M, K and W and the backward ones with
    K, J and M, and for the p of the minibatch one outer product a matrix. The sparse inputs count as dense; tanh,
    sums and the projection of M are left out.
    """
    d, w = depth, width
    hidden = (2 * d - 1) * w * w  # all M, and the J between layers
    forward = hidden + 2 * w * N_PITCHES + N_PITCHES**2
    backward = hidden + w * N_PITCHES
    return 2.0 * (P * (forward + backward) + p * forward)


def run(chorales: Sequence[Chorale], quick: bool = False) -> Benchmark:
    """Speeds and costs on these chorales: some three minutes; quick: shapes and threads only, some fifteen seconds."""
    rounds, seconds = (3, ROUND_SECONDS / 2) if quick else (5, ROUND_SECONDS)
    with _one_thread():
        data = Transitions.pack(chorales, "per_note")
        shapes, sgemm = zip(*(_compare(d, w, data, rounds, seconds) for d, w in SHAPES), strict=True)
        few = Transitions.pack(chorales[:_CLASS_CHORALES], "per_note")
        class_world = [] if quick else [_compare(2, w, few, rounds, seconds)[0] for w in CLASS_WIDTHS]
        cost = {} if quick else _costs(chorales, seconds)
        compared = threads_compared(data, rounds, seconds)
        ways = () if quick else distances(chorales)
    return Benchmark(shapes, tuple(class_world), cost, float(np.median(sgemm)), compared, ways)


def _compare(depth: int, width: int, data: Transitions, rounds: int, seconds: float) -> tuple[SpeedRatio, float]:
    """Speeds of engine, flow and peer from one start, steps with the same minibatches; and sgemm's rate, GFLOP/s.

    rounds: of which medians are taken. seconds: of processor time for each of the four in a round.
    """
    import torch

    from glassy_core.network.autograd_peer import Peer

    rng = np.random.default_rng(0)
    start = initial_weights(depth, width, rng)
    size = min(_BATCH_SIZE, data.P)
    engine, peer = CompiledLearner([start], data, "delayed"), Peer(start, data)
    A, B, C = (
        torch.rand((_SGEMM_SIZE, _SGEMM_SIZE)),
        torch.rand((_SGEMM_SIZE, _SGEMM_SIZE)),
        torch.empty(_SGEMM_SIZE**2),
    )
    C = C.reshape(_SGEMM_SIZE, _SGEMM_SIZE)

    def batch() -> NDArray[np.int64]:
        return rng.choice(data.P, size, replace=False)

    def learn() -> None:
        engine.evaluate()
        engine.update([_ETA], batch()[None])

    flow = evaluation(start, data)
    trials = (learn, lambda: peer.step(_ETA, batch()), lambda: torch.mm(A, B, out=C), flow)
    for trial in trials:
        calls_per_second(trial, 0.02, time.process_time)
    measured = [[calls_per_second(trial, seconds, time.process_time) for trial in trials] for _ in range(rounds)]
    ours, theirs, products, evaluations = np.array(measured).T
    flops = products * 2.0 * _SGEMM_SIZE**3
    share = ours * dense_flops(depth, width, data.P, size) / flops
    columns = ours, theirs, ours / theirs, share, evaluations, evaluations / ours
    medians = [float(np.median(x)) for x in columns]
    return SpeedRatio(depth, width, *medians), float(np.median(flops)) / 1e9


def _costs(chorales: Sequence[Chorale], seconds: float) -> dict[str, tuple[Cost, ...]]:
    """Cost of a step against the number of chorales, the width and the depth, the others as in d = 2, w = 30.

    seconds: of processor time for each point.
    """
    points = {
        "chorales": [(n, 2, 30) for n in _COST_CHORALES if n <= len(chorales)],
        "width": [(len(chorales), 2, w) for w in COST_WIDTHS],
        "depth": [(len(chorales), d, 30) for d in COST_DEPTHS],
    }

    def cost(n: int, depth: int, width: int) -> Cost:
        data = Transitions.pack(chorales[:n], "per_note")
        engine = CompiledLearner([initial_weights(depth, width, np.random.default_rng(0))], data, "delayed")
        rate = rate_of(engine, data.P, _BATCH_SIZE, seconds, time.process_time)
        return Cost(n, data.P, depth, width, 1e3 / rate)

    return {name: tuple(cost(*point) for point in chosen) for name, chosen in points.items()}


@contextmanager
def _one_thread() -> Iterator[None]:
    """Torch on one thread."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
